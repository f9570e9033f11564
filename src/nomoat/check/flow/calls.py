"""The taint of calls: what functions of the project, of known packages and methods give back for what they are given.

Each argument is looked at once; sinks, sanitizers and helpers all read the same answers.
"""

from __future__ import annotations

from dataclasses import replace

from nomoat.check.flow import cutting, parts, sources, texts, vocabulary
from nomoat.check.flow.arrivals import FlowRules, Given, Sinks
from nomoat.check.flow.expressions import Expressions
from nomoat.check.flow.formatting import put_in_place
from nomoat.check.flow.objects import is_no_page
from nomoat.check.flow.taint import OF_STRUCTURES, Environment, Step, Taint, merged, path_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.resolved import Resolved
from nomoat.survey.python.symbols import Scope

#: Methods that take one item out of a part of a request.
_ITEMS = frozenset(("get", "getlist", "pop", "getone", "getall", "__getitem__"))
#: Methods of texts, whose result is a text or several.
_TEXT_METHODS = frozenset((
    "format", "format_map", "join", "strip", "lstrip", "rstrip", "lower", "upper", "title", "replace", "split",
    "rsplit", "splitlines", "capitalize", "casefold", "swapcase", "removeprefix", "removesuffix", "partition",
    "rpartition", "zfill", "as_posix", "geturl", "with_suffix", "with_name", "decode", "encode",
))  # fmt: skip


class Calls(Expressions):
    """The part of the walker that knows calls."""

    def __init__(self, program: Program, rules: FlowRules) -> None:
        super().__init__(program)
        self.sinks = Sinks(program, rules)
        self.checks = self.sinks.rules.checks

    def call(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        """What a CALL gives back; what it is given may arrive at a sink."""
        callee = node[3]
        path = path_of(node)
        if path is not None and path in env:
            return env[path]
        receiver = None
        if callee[0] != form.NAME:
            # `etree.XPath(path)(tree)`: what is called is itself the result of a call.
            receiver = self.value(scope, callee[3] if callee[0] == form.ATTRIBUTE else callee, env)
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
            return sources.part(scope, callee, given.receiver) if callee[4] in parts.request_data() else None
        found = self.program.resolve(scope, callee)
        handed = self._handed_over(scope, node, given, env)
        tainted = given.any
        if found.kind == "function" and _is_own(found) and found.scope is not None and not found.alternatives:
            return self.helper(scope, found.scope, node, given, env)
        read = self._read(scope, node, found, env) if given.receiver is None else None
        if read is not None:
            return read
        if callee[0] == form.ATTRIBUTE and given.receiver is None and tainted is None:
            return self._of_request(scope, callee, env) or handed
        if tainted is None and given.receiver is None:
            return handed
        return merged([self._of_outside(scope, node, found, given, env), handed])

    def _read(self, scope: Scope, node: Node, found: Resolved, env: Environment) -> Taint | None:
        """What a call takes from the request at hand: `parser.parse_args()`, `self.get_argument("q")`."""
        callee = node[3]
        if found.name in parts.READERS:
            source = parts.READERS[found.name]
            taint = Taint(source, (Step(scope, node, f"the caller writes {source}"),)).less_sure(self.confidence)
            return taint.with_fixed_keys() if "arguments" in source else taint
        if callee[0] != form.ATTRIBUTE:
            return None
        word = callee[4]
        key = form.text_of(node[4][0]) if node[4] else None
        if word in parts.OF_HANDLER and callee[3][0] == form.NAME and callee[3][3] == "self":
            source = f"{word}({key!r})" if key is not None else f"{word}()"
            return Taint(source, (Step(scope, node, f"the caller writes {source}"),)).as_text().less_sure(
                self.confidence
            )  # fmt: skip
        if word == "get" and key is not None:
            # `self.kwargs.get("slug")`, where the whole is not known to hold data but this item is.
            path = path_of(callee[3])
            return env.get(f"{path}[{key!r}]") if path is not None else None
        return None

    def _of_outside(
        self, scope: Scope, node: Node, found: Resolved, given: Given, env: Environment
    ) -> Taint | None:  # fmt: skip
        callee, tainted = node[3], given.any
        name = found.name.removeprefix("builtins.")
        if callee[0] == form.ATTRIBUTE and found.kind == "unresolved" and name in vocabulary.PASSES_ON:
            # A method of something unknown is no function of Python: `request.POST.dict()`.
            name = f".{name}"
        if any(sources.is_converted(self.program, one.name, one.scope) for one in found.all):
            return None
        if name in vocabulary.CONVERTERS:
            return None
        removed = vocabulary.SANITIZERS.get(name, frozenset()) | self.sinks.removed(scope, node, name)
        if found.kind == "class" and found.scope is not None and _is_own(found):
            return self.made(scope, found.scope, node, given, env)
        if callee[0] == form.ATTRIBUTE and callee[4] in parts.VALIDATING and tainted is not None:
            model = self.program.resolve(scope, callee[3])
            if model.kind == "class" and model.scope is not None and not model.alternatives:
                return self._validated(model.scope, tainted)
        if name in vocabulary.UNESCAPED:
            made = self.program.resolve(scope, node[3][3]).value if callee[0] == form.ATTRIBUTE else None
            is_escaping = made is not None and made[0] == form.CALL and form.keyword(made, "autoescape") is not None
            return tainted.as_text() if tainted is not None and not is_escaping else None
        if name == "fastapi.encoders.jsonable_encoder" and tainted is not None and self._is_schema(scope, node[4][0]):
            return tainted.with_fixed_keys()
        if name == "re.sub" and tainted is not None and len(given.positional) >= len(("pattern", "by", "text")):
            return self._substituted(scope, node, given)
        if name in vocabulary.PASSES_ON or name in vocabulary.PARSERS:
            taint = self._joined(scope, node, given) if name in ("os.path.join", "urllib.parse.urljoin") else tainted
            if taint is None:
                return None
            if name in vocabulary.PARSERS:
                return taint.parsed().without(removed)
            return (taint.as_text() if name in vocabulary.MAKES_TEXT else taint.whole()).without(removed)
        if callee[0] == form.ATTRIBUTE:
            return self._of_method(scope, node, found, given, removed, env)
        if tainted is None or (found.kind == "external" and name.partition(".")[0] in ("sqlalchemy", "sqlmodel")):
            return None
        return tainted.whole().without(removed).less_sure("low")

    def _substituted(self, scope: Scope, node: Node, given: Given) -> Taint | None:
        """The result of `re.sub(pattern, by, text)`: made of the text, and of what is put in."""
        subject = given.positional[2]
        kept = (
            cutting.substituted(self.program, scope, (*node[:4], (node[4][0], node[4][2]), ()), subject)
            if subject
            else None
        )
        taint = merged([kept, given.positional[1], given.positional[0]])
        return taint.as_text() if taint is not None else None

    def _validated(self, model: Scope, taint: Taint) -> Taint | None:
        """An object that a model made of data: its fields that hold free text."""
        written = sources.fields(self.program, model)
        if not written:
            return None
        is_text = all(one is not None and one.removed >= OF_STRUCTURES for one in written.values())
        return replace(taint.as_text() if is_text else taint, fields=frozenset(written))

    def made(self, scope: Scope, cls: Scope, call: Node, given: Given, env: Environment) -> Taint | None:
        """An object of a class of the project: which of its fields hold data."""
        fields = frozenset(str(key) for key, taint in given.named if taint is not None and key is not None)
        is_by_name = not any(given.positional) and all(key is not None for key, _ in given.named)
        tainted = given.any
        if tainted is None:
            return None
        made = replace(tainted, fields=fields if is_by_name else None)
        return made.without(("object",)) if is_no_page(self.program, cls) else made

    def _joined(self, scope: Scope, node: Node, given: Given) -> Taint | None:
        first = given.positional[0] if given.positional else None
        if first is not None:
            return given.any
        is_path = (form.dotted(node[3]) or "").endswith("path.join")
        return merged(
            taint.without(vocabulary.URL_KINDS) if taint is not None and is_path else taint
            for taint in given.positional
        )

    def _of_method(
        self, scope: Scope, node: Node, found: Resolved, given: Given, removed: frozenset[str], env: Environment
    ) -> Taint | None:
        method, tainted, receiver = node[3][4], given.any, given.receiver
        if receiver is None and method == "get" and len(given.positional) > 1:
            # `session.get(Order, order_id)` gives a row, and not what stands there where there is none.
            of = self.program.resolve(scope, node[4][0]) if node[4][0][0] in (form.NAME, form.ATTRIBUTE) else None
            return given.positional[1] if of is None or of.kind != "class" else None
        if method in vocabulary.PUTTING and tainted is not None and receiver is None:
            self._put_into(scope, node[3][3], tainted, env)
            return None
        if method in vocabulary.PUTTING and tainted is not None:
            self._put_into(scope, node[3][3], tainted, env)
        if method in ("format", "format_map", "join") and tainted is not None:
            parts = (node[3][3], *node[4], *(value for _, value in node[5]))
            template = form.text_of(node[3][3])
            in_place = put_in_place(node, template) if method == "format" and template is not None else None
            parts = in_place or (parts if method == "format" else _put_between(node))
            built = self._built(scope, parts, env) if parts else tainted.as_text()
            if built is not None and method == "format" and template is not None and in_place is None:
                built = self._formatted(built, template)
            built = merged([receiver, built])
            return built.without(removed) if built is not None else None
        if receiver is not None:
            if method == "keys" and receiver.has_fixed_keys:
                return None
            if method == "model_dump" and self._is_of_unknown_schema(scope, node[3][3]):
                # Whichever model it is, its fields are fixed.
                return receiver.with_fixed_keys()
            if method in ("model_dump", "dict") and (written := self._written_fields(scope, node[3][3])) is not None:
                return replace(receiver, fields=written) if written else None
            if receiver.fields is not None and method in ("get", "pop") and node[4] and node[4][0][0] == form.CONSTANT:
                return receiver.whole() if str(node[4][0][3]) in receiver.fields else None
            if method in vocabulary.OF_RECEIVER:
                # What is looked for is no part of what stands there afterwards.
                put = given.positional[1] if method == "replace" and len(given.positional) > 1 else tainted
                taint = merged([receiver, put if method in vocabulary.OF_ARGUMENTS else None])
                key = node[4][0] if method in _ITEMS and node[4] else None
                if taint is not None and key is not None:
                    kind = form.keyword(node, "type")
                    if kind is not None and sources.is_converted_type(self.program, scope, kind):
                        return None
                    taint = self.read(path_of(node), node[3][3], self.item(scope, node, node[3][3], key, taint), env)
                elif taint is not None and method in _TEXT_METHODS:
                    taint = (
                        cutting.replaced(self.program, scope, node, taint.as_text())
                        if method == "replace"
                        else taint.as_text()
                    )
                return taint.without(removed) if taint is not None else None
            return None if method in vocabulary.FETCHING else receiver.whole().without(removed).less_sure("low")
        if method in ("load", "loads") and found.name.startswith("marshmallow.") and tainted is not None:
            return tainted.with_fixed_keys().without(("structure",))
        if method in vocabulary.OF_ARGUMENTS and tainted is not None:
            return tainted.as_text().without(removed)
        if method in vocabulary.FETCHING or tainted is None:
            return None
        if found.name.partition(".")[0] in ("sqlalchemy", "sqlmodel", "logging", "jwt", "jose", "joserfc", "redis"):
            return None
        return tainted.whole().without(removed).less_sure("low")

    def _written_fields(self, scope: Scope, model: Node) -> frozenset[str] | None:
        """The fields of a model that hold free text; None for anything else, and where a caller may add fields."""
        found = self.program.resolve(scope, model)
        if found.kind != "instance" or not _is_own(found) or found.scope is None or len(found.all) > 1:
            return None
        if _takes_more(self.program, found.scope):
            return None
        return frozenset(sources.fields(self.program, found.scope))

    def _is_of_unknown_schema(self, scope: Scope, model: Node) -> bool:
        found = self.program.resolve(scope, model)
        return found.kind != "instance" and not (found.scope is not None and found.scope.is_class)

    def _is_schema(self, scope: Scope, node: Node) -> bool:
        """Whether a parameter is declared to be of a model, which leaves out what it does not know."""
        parameter = next(
            (one for one in scope.parameters if node[0] == form.NAME and one[form.P_NAME] == node[3]), None
        )
        annotation = parameter[form.P_ANNOTATION] if parameter is not None else None
        model = self.program.annotation(scope.parent or scope, annotation).scope if annotation is not None else None
        return model is not None and model.is_class and not _takes_more(self.program, model)

    @staticmethod
    def _formatted(taint: Taint, template: str) -> Taint:
        before = template.partition("{")[0]
        return taint.without(vocabulary.URL_KINDS) if texts.fixes_host(before) else (
            replace(taint, removed=taint.removed - vocabulary.URL_KINDS) if not before else taint
        )  # fmt: skip

    def _handed_over(self, scope: Scope, node: Node, given: Given, env: Environment) -> Taint | None:
        """`run_in_threadpool(find, q)`, `add_task(send, q)`: a function of the project is called by whoever gets it."""
        for place, argument in enumerate(node[4]):
            if argument[0] not in (form.NAME, form.ATTRIBUTE) or given.positional[place] is not None:
                continue
            found = self.program.resolve(scope, argument)
            if found.kind == "function" and _is_own(found) and found.scope is not None and not found.alternatives:
                rest = Given(None, given.positional[place + 1 :], given.named)
                call = (form.CALL, node[1], node[2], argument, node[4][place + 1 :], node[5])
                return self.helper(scope, found.scope, call, rest, env)
        return None

    def set_item_of(self, scope: Scope, target: Node, name: str, taint: Taint) -> None:
        """Something is put into an item of an attribute of this name: `response.headers["X-Name"]`."""
        self.sinks.note_value(scope, target, taint, f"{name}[]")
        key = form.text_of(target[4])
        if key is not None:
            self.sinks.note_value(scope, target, taint, f"{name}[{key.lower()}]")

    def helper(self, scope: Scope, function: Scope, call: Node, given: Given, env: Environment) -> Taint | None:
        """What a function of the project gives back; the walker goes into it."""
        raise NotImplementedError


def _is_own(found: Resolved) -> bool:
    """Whether a definition is the project's; what is described of a package says nothing of data."""
    return found.scope is not None and not found.scope.module.is_library


def _takes_more(program: Program, model: Scope) -> bool:
    """Whether a model keeps what it does not know: `extra="allow"`."""
    for name in ("model_config", "Config"):
        for member in program.resolver.classes.members(model, name)[0]:
            inner = member.binding.value if name == "model_config" else member.binding.node
            if inner is None or "allow" in {form.text_of(node) for node in form.walk(inner)}:
                return True
    return False


def _put_between(node: Node) -> tuple[Node, ...]:
    """The pieces of `"?".join([path, query])` in order; none where they are not written out."""
    between, listed = node[3][3], node[4][0] if len(node[4]) == 1 and node[3][4] == "join" else None
    if listed is None or listed[0] not in (form.LIST, form.TUPLE) or form.text_of(between) is None:
        return ()
    items = listed[3]
    if not items or any(item[0] == form.STARRED for item in items):
        return ()
    return tuple(piece for item in items for piece in (between, item))[1:]
