"""The taint of expressions: what text is built of, what calls give back, what arrives at a sink.

Each argument is looked at once; sinks, sanitizers and helpers all read the same answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from nomoat.check import arguments, names
from nomoat.check.flow import proofs, sources, vocabulary
from nomoat.check.flow.taint import Environment, Step, Taint, assign, clean, look_up, merged, path_of
from nomoat.check.model import Confidence, Rule, Sink, weaker
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.resolved import Resolved
from nomoat.survey.python.symbols import Scope

_MAX_STEPS = 60_000


class OverBudgetError(Exception):
    """A handler is too large to be followed; it is reported, not dropped."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Tainted data at a sink: the rule, the call and its scope, the way there, and how sure that is."""

    rule: Rule
    sink: Sink
    scope: Scope
    call: Node
    argument: Node | None
    taint: Taint
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Given:
    """The taints of a call: of what it is called on, and of each argument."""

    receiver: Taint | None
    positional: tuple[Taint | None, ...]
    named: tuple[tuple[str | None, Taint | None], ...]

    @property
    def any(self) -> Taint | None:
        """Of all arguments together."""
        return merged([*self.positional, *(taint for _, taint in self.named)])


class Expressions:
    """The half of the walker that knows expressions."""

    def __init__(self, program: Program, rules: tuple[Rule, ...]) -> None:
        self.program = program
        self.arrivals: list[Arrival] = []
        self._sinks_by_word: dict[str, list[tuple[Rule, Sink]]] = {}
        self._sanitizers: list[tuple[tuple[str, ...], frozenset[str]]] = []
        self._sanitizing: set[str] = set()
        self._arrived: set[tuple[str, int, str]] = set()
        self._steps = 0
        for rule in rules:
            assert rule.flow is not None
            for sink in rule.flow.sinks:
                for word in names.last_words(sink.calls):
                    self._sinks_by_word.setdefault(word, []).append((rule, sink))
            for sanitizer in rule.flow.sanitizers:
                self._sanitizers.append((sanitizer.calls, sanitizer.removes))
                self._sanitizing |= names.last_words(sanitizer.calls)

    # -- values ------------------------------------------------------------------------------------------------------

    def value(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        """The taint of an expression; what it calls and binds on the way takes effect."""
        self._steps += 1
        if self._steps > _MAX_STEPS:
            raise OverBudgetError
        kind = node[0]
        if kind == form.CONSTANT or kind == form.LAMBDA or kind == form.UNKNOWN:
            return None
        if kind == form.NAME:
            return look_up(env, node[3])
        handler = _HANDLERS.get(kind)
        if handler is not None:
            return handler(self, scope, node, env)
        return merged([self.value(scope, inner, env) for inner in form.children(node)])

    def _attribute(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        path = path_of(node)
        if path is not None and path in env:
            return env[path]
        taint = self.value(scope, node[3], env)
        if taint is None:
            return self._of_request(scope, node, env)
        name = node[4]
        if taint.is_request:
            return self._taken(scope, node, taint) if name in vocabulary.request_data() else None
        if taint.fields is not None and name not in taint.fields:
            return None
        if name in vocabulary.NOT_DATA or self._is_converted_field(scope, node):
            return None
        return taint.whole()

    def _of_request(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        # A request that came in some other way, as `self.request`.
        if node[4] not in vocabulary.request_data() or node[3][0] not in (form.NAME, form.ATTRIBUTE, form.CALL):
            return None
        if any(one.name in vocabulary.requests() for one in self.program.resolve(scope, node[3]).all):
            return self._taken(scope, node, None)
        return None

    def _taken(self, scope: Scope, node: Node, request: Taint | None) -> Taint:
        source = f"request.{node[4]}"
        return Taint(source, (Step(scope, node, f"the caller writes {source}"),))

    def _is_converted_field(self, scope: Scope, node: Node) -> bool:
        base = self.program.resolve(scope, node[3])
        if base.kind == "instance" and base.scope is not None:
            members, _ = self.program.resolver.classes.members(base.scope, node[4])
            for member in members:
                annotation = member.binding.annotation
                if annotation is None:
                    continue
                if sources.is_converted_type(self.program, member.scope, annotation):
                    return True
                return sources.is_matched(self.program, member.scope, member.binding.value)
        found = self.program.resolve(scope, node)
        return found.kind == "instance" and all(
            sources.is_converted(self.program, one.name, one.scope) for one in found.all
        )

    def _subscript(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        path = path_of(node)
        self.value(scope, node[4], env)
        if path is not None and path in env:
            return env[path]
        taint = self.value(scope, node[3], env)
        if taint is None or taint.is_request:
            return None
        if taint.fields is not None and node[4][0] == form.CONSTANT and str(node[4][3]) not in taint.fields:
            return None
        return self._of_item(scope, node, taint.whole())

    @staticmethod
    def _of_item(scope: Scope, node: Node, taint: Taint) -> Taint:
        """`request.query_params["name"]` is called so, not by the whole."""
        if taint.source.startswith("request.") and "[" not in taint.source and node[4][0] == form.CONSTANT:
            named = f"{taint.source}[{node[4][3]!r}]"
            return replace(taint, source=named, trail=(Step(scope, node, f"the caller writes {named}"),))
        return taint

    def _built(self, scope: Scope, parts: tuple[Node, ...], env: Environment) -> Taint | None:
        """Text that is put together: the constant text around data, and whether it fixes the host of an URL."""
        found: list[Taint] = []
        prefix, texts, is_fixed = "", [], False
        for part in parts:
            inner = part[3] if part[0] == form.FORMATTED else part
            taint = self.value(scope, inner, env)
            if taint is not None and not taint.is_request:
                taint = taint.whole()
                found.append(taint.without(("url",)) if is_fixed or proofs.fixes_host(prefix) else taint)
                prefix += "\0"
                continue
            known = self.program.constant(scope, inner) if inner[0] != form.CONSTANT else None
            text = inner[3] if inner[0] == form.CONSTANT else known.value if known is not None else None
            if isinstance(text, bytes):
                text = text.decode("latin-1")
            if isinstance(text, str):
                prefix += text
                texts.append(text)
            elif not found and inner[0] != form.CONSTANT:
                # Something else of the program, as `settings.API`, stands in front.
                is_fixed = is_fixed or not prefix or "://" in prefix
        taint = merged(found)
        return taint.within(" ".join(texts)) if taint is not None else None

    def _fstring(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        return self._built(scope, node[3], env)

    def _binary(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        if node[3] == "+":
            return self._built(scope, node[4], env)
        if node[3] == "%":
            template = form.string_parts(node[4][0])
            given = [
                item for operand in node[4][1:] for item in (operand[3] if operand[0] == form.TUPLE else (operand,))
            ]
            if template is not None and len(template) == 1 and isinstance(template[0][3], str):
                return self._built(scope, tuple(_interleaved(template[0], given)), env)
        taints = [self.value(scope, operand, env) for operand in node[4]]
        return merged(taint.whole() if taint is not None else None for taint in taints)

    def _compare(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        for operand in node[3]:
            self.value(scope, operand, env)
        return None

    def _unary(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        taint = self.value(scope, node[4], env)
        return None if node[3] == "not" else taint

    def _boolean(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        found: list[Taint | None] = []
        inside = dict(env)
        for operand in node[4]:
            found.append(self.value(scope, operand, inside))
            self.prove(scope, operand, inside, holds=node[3] == "and")
        return merged(found)

    def _conditional(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        self.value(scope, node[3], env)
        inside, outside = dict(env), dict(env)
        self.prove(scope, node[3], inside, holds=True)
        self.prove(scope, node[3], outside, holds=False)
        return merged([self.value(scope, node[4], inside), self.value(scope, node[5], outside)])

    def _comprehension(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        inside = dict(env)
        for target, iterable, conditions, _ in node[6]:
            taint = self.value(scope, iterable, inside)
            self.bind_each(scope, target, iterable, taint, inside)
            for condition in conditions:
                self.value(scope, condition, inside)
                self.prove(scope, condition, inside, holds=True)
        found = [self.value(scope, node[4], inside)]
        if node[5] is not None:
            found.append(self.value(scope, node[5], inside))
        return merged(found)

    def _walrus(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        taint = self.value(scope, node[4], env)
        self.bind(scope, node[3], taint, env)
        return taint

    def _tuple(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        """A tuple knows which of its places hold data, counted from both ends; no list does, for it changes."""
        found = [self.value(scope, item, env) for item in node[3]]
        taint = merged(found)
        if taint is None or any(item[0] == form.STARRED for item in node[3]):
            return taint.whole() if taint is not None else None
        places = [place for place, one in enumerate(found) if one is not None]
        return replace(taint, fields=frozenset(str(p) for place in places for p in (place, place - len(found))))

    def _dict(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        found: list[Taint] = []
        fields: set[str] | None = set()
        for key, value in node[3]:
            taint = merged([self.value(scope, value, env), self.value(scope, key, env) if key is not None else None])
            if taint is None:
                continue
            found.append(taint)
            if fields is None or key is None or key[0] != form.CONSTANT:
                fields = None
            else:
                fields.add(str(key[3]))
        taint = merged(found)
        return replace(taint, fields=frozenset(fields) if fields is not None else None) if taint is not None else None

    def prove(self, scope: Scope, test: Node, env: Environment, *, holds: bool) -> None:
        """Notes in an environment what a test proves."""
        for proof in proofs.proved(self.program, scope, test, holds=holds):
            taint = look_up(env, proof.path)
            if proof.by_source and taint is not None:
                for path, other in list(env.items()):
                    if other is not None and other.source == taint.source:
                        env[path] = other.without(proof.kinds or ())
            else:
                clean(env, proof.path, proof.kinds)

    def bind_each(self, scope: Scope, target: Node, iterable: Node, taint: Taint | None, env: Environment) -> None:
        """Gives the target of a loop its taint; keys that source wrote hold no data, whatever stands behind them."""
        is_pair = target[0] in (form.TUPLE, form.LIST)
        of = iterable
        is_items = iterable[0] == form.CALL and iterable[3][0] == form.ATTRIBUTE and iterable[3][4] == "items"
        if is_items:
            of = iterable[3][3]
        owner = self.value(scope, of, dict(env)) if is_items else taint
        if owner is None or not owner.has_fixed_keys or is_items != is_pair:
            self.bind(scope, target, taint.whole() if taint is not None else None, env)
        else:
            self.bind(scope, target, replace(owner, fields=frozenset(("1", "-1"))) if is_pair else None, env)

    def bind(self, scope: Scope, target: Node, taint: Taint | None, env: Environment) -> None:
        """Gives the targets of an assignment their taint."""
        kind = target[0]
        if kind in (form.TUPLE, form.LIST):
            is_placed = not any(item[0] == form.STARRED for item in target[3])
            for place, item in enumerate(target[3]):
                self.bind(scope, item, _at_place(taint, str(place)) if is_placed else _at_place(taint, None), env)
            return
        if kind == form.STARRED:
            self.bind(scope, target[3], taint, env)
            return
        path = path_of(target)
        if path is not None:
            goes = (
                taint.then(scope, target, f"goes into {path}") if taint is not None and not taint.is_request else taint
            )
            assign(env, path, goes)
        elif kind == form.SUBSCRIPT:
            # `columns[name] = ...`: whoever goes through the keys gets the name.
            put = merged([taint, self.value(scope, target[4], env)])
            if put is not None:
                self._put_into(scope, target[3], put, env)

    def _put_into(self, scope: Scope, container: Node, taint: Taint, env: Environment) -> None:
        path = path_of(container)
        if path is not None and not taint.is_request:
            together = merged([look_up(env, path), taint.whole().then(scope, container, f"goes into {path}")])
            env[path] = together

    # -- calls -------------------------------------------------------------------------------------------------------

    def _call(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        callee = node[3]
        receiver = self.value(scope, callee[3], env) if callee[0] == form.ATTRIBUTE else None
        given = Given(
            receiver,
            tuple(self.value(scope, argument, env) for argument in node[4]),
            tuple((name, self.value(scope, value, env)) for name, value in node[5]),
        )
        arrived = self._sinks(scope, node, given)
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
        removed = self._removed(scope, node, name)
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

    def _removed(self, scope: Scope, node: Node, name: str) -> frozenset[str]:
        removed = vocabulary.SANITIZERS.get(name, frozenset())
        callee = node[3]
        word = callee[4] if callee[0] == form.ATTRIBUTE else name.rpartition(".")[2]
        if word in self._sanitizing or name.rpartition(".")[2] in self._sanitizing:
            for calls, kinds in self._sanitizers:
                if names.called(self.program, scope, node, calls):
                    removed |= kinds
        return removed

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

    # -- sinks -------------------------------------------------------------------------------------------------------

    def _sinks(self, scope: Scope, node: Node, given: Given) -> frozenset[str]:
        """Notes what arrives; gives the kinds that were reported, so that nothing is told twice."""
        callee = node[3]
        word = callee[4] if callee[0] == form.ATTRIBUTE else callee[3] if callee[0] == form.NAME else ""
        if word not in self._sinks_by_word and callee[0] == form.NAME:
            word = self.program.resolve(scope, callee).name.rpartition(".")[2]
        arrived: frozenset[str] = frozenset()
        for rule, sink in self._sinks_by_word.get(word, ()):
            for argument, taint in _arguments(node, sink, given):
                if (
                    taint is not None
                    and not taint.is_request
                    and self._arrives(scope, node, rule, sink, argument, taint)
                ):
                    assert rule.flow is not None
                    arrived |= rule.flow.kinds
        return arrived

    def _arrives(
        self, scope: Scope, node: Node, rule: Rule, sink: Sink, argument: Node | None, taint: Taint
    ) -> bool:  # fmt: skip
        assert rule.flow is not None
        if rule.flow.kinds <= taint.removed or not names.called(self.program, scope, node, sink.calls):
            return False
        if not arguments.all_hold(self.program, scope, node, sink.tests):
            return False
        confidence = weaker(taint.confidence, sink.confidence)
        if sink.text is not None and not sink.text.search(taint.text):
            is_low = bool(taint.text.strip()) or self._is_elsewhere(scope, node, sink.packages)
            confidence = weaker(confidence, "low" if is_low else "likely")
        key = (rule.id, id(node), taint.source)
        if key not in self._arrived:
            self._arrived.add(key)
            self.arrivals.append(Arrival(rule, sink, scope, node, argument, taint, confidence))
        return True

    def _is_elsewhere(self, scope: Scope, node: Node, packages: tuple[str, ...]) -> bool:
        """Whether a method is known to be of a package that is none of these; False where there are none."""
        if not packages:
            return False
        found = self.program.resolve(scope, node[3]).all
        return all(
            one.kind == "external" and one.name.partition(".")[0] not in packages and "." in one.name for one in found
        )


def _at_place(taint: Taint | None, place: str | None) -> Taint | None:
    """The taint of one place of a tuple; without a place, or when no place is known, that of the whole."""
    if taint is None or (place is not None and taint.fields is not None and place not in taint.fields):
        return None
    return taint.whole()


def _arguments(call: Node, sink: Sink, given: Given) -> Iterator[tuple[Node | None, Taint | None]]:
    if sink.argument == "receiver":
        yield (call[3][3] if call[3][0] == form.ATTRIBUTE else None), given.receiver
        return
    for place, (argument, taint) in enumerate(zip(call[4], given.positional, strict=True)):
        if argument[0] == form.STARRED:
            # `execute(*statement)`: what the tuple holds at the place that counts.
            is_before = sink.at is not None and place <= sink.at
            yield argument, _at_place(taint, str((sink.at or 0) - place)) if is_before else None
            break
        if (sink.at is None and not sink.argument) or place == sink.at:
            yield argument, taint
    for (name, argument), (_, taint) in zip(call[5], given.named, strict=True):
        if name is not None and name == sink.argument:
            yield argument, taint


def _interleaved(template: Node, given: list[Node]) -> Iterator[Node]:
    """The pieces of `"a %s b" % x` in order."""
    pieces = template[3].split("%s")
    if len(pieces) != len(given) + 1:
        yield template
        yield from given
        return
    for place, piece in enumerate(pieces):
        yield (form.CONSTANT, template[1], template[2], piece)
        if place < len(given):
            yield given[place]


_HANDLERS = {
    form.CALL: Expressions._call,
    form.ATTRIBUTE: Expressions._attribute,
    form.SUBSCRIPT: Expressions._subscript,
    form.FSTRING: Expressions._fstring,
    form.BINARY: Expressions._binary,
    form.BOOLEAN: Expressions._boolean,
    form.COMPARE: Expressions._compare,
    form.UNARY: Expressions._unary,
    form.CONDITIONAL: Expressions._conditional,
    form.COMPREHENSION: Expressions._comprehension,
    form.WALRUS: Expressions._walrus,
    form.DICT: Expressions._dict,
    form.TUPLE: Expressions._tuple,
}
