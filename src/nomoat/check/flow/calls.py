"""The taint of calls: what functions of the project, of known packages and methods give back for what they are given.

Each argument is looked at once; sinks, sanitizers and helpers all read the same answers.
"""

from __future__ import annotations

from dataclasses import replace

from nomoat.check.flow import proofs, sources, vocabulary
from nomoat.check.flow.arrivals import Given, Sinks
from nomoat.check.flow.expressions import Expressions
from nomoat.check.flow.taint import Environment, Taint, merged
from nomoat.check.model import Rule
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.resolved import Resolved
from nomoat.survey.python.symbols import Scope


class Calls(Expressions):
    """The part of the walker that knows calls."""

    def __init__(self, program: Program, rules: tuple[Rule, ...]) -> None:
        super().__init__(program)
        self.sinks = Sinks(program, rules)

    def call(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        """What a CALL gives back; what it is given may arrive at a sink."""
        callee = node[3]
        receiver = self.value(scope, callee[3], env) if callee[0] == form.ATTRIBUTE else None
        given = Given(
            receiver,
            tuple(self.value(scope, argument, env) for argument in node[4]),
            tuple((name, self.value(scope, value, env)) for name, value in node[5]),
        )
        arrived = self.sinks.note(scope, node, given)
        result = self._result(scope, node, given, env)
        return result.without(arrived) if result is not None and arrived else result

    def _result(self, scope: Scope, node: Node, given: Given, env: Environment) -> Taint | None:
        callee = node[3]
        if given.receiver is not None and given.receiver.is_request and callee[0] == form.ATTRIBUTE:
            return self._taken(scope, callee, given.receiver) if callee[4] in vocabulary.request_data() else None
        found = self.program.resolve(scope, callee)
        handed = self._handed_over(scope, node, given, env)
        tainted = given.any
        if found.kind == "function" and found.scope is not None and not found.alternatives:
            return self.helper(scope, found.scope, node, given, env)
        if callee[0] == form.ATTRIBUTE and given.receiver is None and tainted is None:
            return self._of_request(scope, callee, env) or handed
        if tainted is None and given.receiver is None:
            return handed
        return merged([self._of_outside(scope, node, found, given, env), handed])

    def _of_outside(
        self, scope: Scope, node: Node, found: Resolved, given: Given, env: Environment
    ) -> Taint | None:  # fmt: skip
        callee, tainted = node[3], given.any
        name = found.name.removeprefix("builtins.")
        if any(sources.is_converted(self.program, one.name, one.scope) for one in found.all):
            return None
        if name in vocabulary.CONVERTERS:
            return None
        removed = vocabulary.SANITIZERS.get(name, frozenset()) | self.sinks.removed(scope, node, name)
        if found.kind == "class" and found.scope is not None:
            fields = frozenset(str(key) for key, taint in given.named if taint is not None and key is not None)
            is_by_name = not any(given.positional) and all(key is not None for key, _ in given.named)
            return replace(tainted, fields=fields if is_by_name else None) if tainted is not None else None
        if name in vocabulary.PASSES_ON:
            taint = self._joined(scope, node, given) if name in ("os.path.join", "urllib.parse.urljoin") else tainted
            return taint.whole().without(removed) if taint is not None else None
        if callee[0] == form.ATTRIBUTE:
            return self._of_method(scope, node, found, given, removed, env)
        if tainted is None or (found.kind == "external" and name.partition(".")[0] in ("sqlalchemy", "sqlmodel")):
            return None
        return tainted.whole().without(removed).less_sure("low")

    def _joined(self, scope: Scope, node: Node, given: Given) -> Taint | None:
        first = given.positional[0] if given.positional else None
        if first is not None:
            return given.any
        is_path = (form.dotted(node[3]) or "").endswith("path.join")
        return merged(taint.without(("url",)) if taint is not None and is_path else taint for taint in given.positional)

    def _of_method(
        self, scope: Scope, node: Node, found: Resolved, given: Given, removed: frozenset[str], env: Environment
    ) -> Taint | None:
        method, tainted, receiver = node[3][4], given.any, given.receiver
        if receiver is None and method == "get" and len(given.positional) > 1:
            return given.positional[1]
        if method in vocabulary.PUTTING and tainted is not None and receiver is None:
            self._put_into(scope, node[3][3], tainted, env)
            return None
        if method in vocabulary.PUTTING and tainted is not None:
            self._put_into(scope, node[3][3], tainted, env)
        if method in ("format", "format_map", "join") and tainted is not None:
            parts = (node[3][3], *node[4], *(value for _, value in node[5]))
            built = self._built(scope, parts, env) if method == "format" else tainted.whole()
            template = form.text_of(node[3][3])
            if built is not None and method == "format" and template is not None:
                built = self._formatted(built, template)
            return merged([receiver, built])
        if receiver is not None:
            if method == "keys" and receiver.has_fixed_keys:
                return None
            if method in ("model_dump", "dict") and (written := self._written_fields(scope, node[3][3])) is not None:
                return replace(receiver, fields=written) if written else None
            if receiver.fields is not None and method in ("get", "pop") and node[4] and node[4][0][0] == form.CONSTANT:
                return receiver.whole() if str(node[4][0][3]) in receiver.fields else None
            if method in vocabulary.OF_RECEIVER:
                taint = merged([receiver, tainted if method in vocabulary.OF_ARGUMENTS else None])
                item = node[4][0] if method in ("get", "getlist") and node[4] else None
                if taint is not None and item is not None and item[0] == form.CONSTANT:
                    taint = self._of_item(scope, (form.SUBSCRIPT, node[1], node[2], node[3][3], item), taint)
                return taint.without(removed) if taint is not None else None
            return None if method in vocabulary.FETCHING else receiver.whole().without(removed).less_sure("low")
        if method in vocabulary.OF_ARGUMENTS and tainted is not None:
            return tainted.whole().without(removed)
        if method in vocabulary.FETCHING or tainted is None:
            return None
        if found.name.partition(".")[0] in ("sqlalchemy", "sqlmodel", "logging", "jwt", "jose", "joserfc", "redis"):
            return None
        return tainted.whole().without(removed).less_sure("low")

    def _written_fields(self, scope: Scope, model: Node) -> frozenset[str] | None:
        """The fields of a model that hold free text; None for anything else, and where a caller may add fields."""
        found = self.program.resolve(scope, model)
        if found.kind != "instance" or found.scope is None or len(found.all) > 1:
            return None
        for name in ("model_config", "Config"):
            for member in self.program.resolver.classes.members(found.scope, name)[0]:
                inner = member.binding.value if name == "model_config" else member.binding.node
                if inner is None or "allow" in {form.text_of(node) for node in form.walk(inner)}:
                    return None
        return frozenset(sources.fields(self.program, found.scope))

    @staticmethod
    def _formatted(taint: Taint, template: str) -> Taint:
        before = template.partition("{")[0]
        return taint.without(("url",)) if proofs.fixes_host(before) else (
            replace(taint, removed=taint.removed - {"url"}) if "url" in taint.removed and not before else taint
        )  # fmt: skip

    def _handed_over(self, scope: Scope, node: Node, given: Given, env: Environment) -> Taint | None:
        """`run_in_threadpool(find, q)`, `add_task(send, q)`: a function of the project is called by whoever gets it."""
        for place, argument in enumerate(node[4]):
            if argument[0] not in (form.NAME, form.ATTRIBUTE) or given.positional[place] is not None:
                continue
            found = self.program.resolve(scope, argument)
            if found.kind == "function" and found.scope is not None and not found.alternatives:
                rest = Given(None, given.positional[place + 1 :], given.named)
                call = (form.CALL, node[1], node[2], argument, node[4][place + 1 :], node[5])
                return self.helper(scope, found.scope, call, rest, env)
        return None

    def helper(self, scope: Scope, function: Scope, call: Node, given: Given, env: Environment) -> Taint | None:
        """What a function of the project gives back; the walker goes into it."""
        raise NotImplementedError
