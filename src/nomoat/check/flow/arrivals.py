"""What arrives where it must not: the sinks and sanitizers of all flow rules, by the last word of a call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nomoat.check import arguments, names
from nomoat.check.flow.reads import Reads
from nomoat.check.flow.taint import Taint, at_place, merged
from nomoat.check.model import Check, Confidence, Maker, Rule, Sink, weaker
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.special import HELD
from nomoat.survey.python.symbols import Scope

#: What `**` hands over.
UNPACKED = "**"
#: A handler's answer, where text is HTML.
ANSWER = "return"
#: `response.headers[name] = value`
HEADER = "headers[]"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Tainted data at a sink: the rule, the call and its scope, the way there, and how sure that is."""

    rule: Rule
    sink: Sink
    scope: Scope
    call: Node
    taint: Taint
    confidence: Confidence

    @property
    def made_at(self) -> str:
        """The function that put text around the data, where the one with the call is handed the whole of it.

        All statements of a project may go through one such call: each that is put together is a fault of its own.
        """
        names = {one[form.P_NAME] for one in self.scope.parameters}
        given = self.call[4] if self.call[0] == form.CALL else ()
        is_handed = any(one[0] == form.NAME and one[3] in names for one in given)
        before = [step.scope for step in self.taint.trail if step.scope is not self.scope]
        return before[-1].at if is_handed and before and self.taint.text.strip() else ""


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


class FlowRules:
    """The sinks, sanitizers and checks of all flow rules, by the last word of the call."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.by_word: dict[str, list[tuple[Rule, Sink, frozenset[str]]]] = {}
        self.sanitizers: list[tuple[tuple[str, ...], frozenset[str]]] = []
        self.sanitizing: set[str] = set()
        self.checks: list[Check] = []
        for rule in rules:
            flow = rule.flow
            if flow is None:
                continue
            for sink in flow.sinks:
                for word in names.last_words(sink.calls):
                    self.by_word.setdefault(word, []).append((rule, sink, sink.kinds or flow.kinds))
            for sanitizer in flow.sanitizers:
                self.sanitizers.append((sanitizer.calls, sanitizer.removes))
                self.sanitizing |= names.last_words(sanitizer.calls)
            self.checks += flow.checks
        self._reads: Reads | None = None

    def reads(self, program: Program) -> Reads:
        """Which functions of the program read a request by themselves; found out once for all handlers."""
        if self._reads is None:
            self._reads = Reads(program)
        return self._reads


def is_held(program: Program, arrival: Arrival) -> bool:
    """True where what would be sent goes through `guard.outbound`, which refuses hosts that the map lacks."""
    if arrival.call[0] != form.CALL or arrival.rule.flow is None or arrival.rule.flow.kinds != {"url"}:
        return False
    found = program.resolve(arrival.scope, arrival.call[3]).all
    return all(one.receiver is not None and one.receiver.reason == HELD for one in found)


class Sinks:
    """What has arrived at the sinks of rules."""

    def __init__(self, program: Program, rules: FlowRules) -> None:
        self.arrivals: list[Arrival] = []
        self.rules = rules
        self._program = program
        self._arrived: set[tuple[str, int, str]] = set()

    def removed(self, scope: Scope, node: Node, name: str) -> frozenset[str]:
        """The kinds of taint that sanitizers of rules remove from what a CALL of this dotted name gives."""
        removed: frozenset[str] = frozenset()
        callee = node[3]
        word = callee[4] if callee[0] == form.ATTRIBUTE else name.rpartition(".")[2]
        if word in self.rules.sanitizing or name.rpartition(".")[2] in self.rules.sanitizing:
            for calls, kinds in self.rules.sanitizers:
                if names.called(self._program, scope, node, calls):
                    removed |= kinds
        return removed

    def note(self, scope: Scope, node: Node, given: Given) -> frozenset[str]:
        """Notes what arrives; gives the kinds that were reported, so that nothing is told twice."""
        callee = node[3]
        word = callee[4] if callee[0] == form.ATTRIBUTE else callee[3] if callee[0] == form.NAME else ""
        if word not in self.rules.by_word and callee[0] == form.NAME:
            word = self._program.resolve(scope, callee).name.rpartition(".")[2]
        candidates = self.rules.by_word.get(word, [])
        if any(name is None and taint is not None for name, taint in given.named):
            candidates = [*candidates, *self.rules.by_word.get(UNPACKED, ())]
        arrived: frozenset[str] = frozenset()
        for rule, sink, kinds in candidates:
            if sink.of_data and given.receiver is None:
                continue
            for whole in _arguments(node, sink, given):
                taint = _of_items(whole, sink.items)
                if taint is None or taint.is_request or kinds <= _harmless(taint):
                    continue
                if self._is_called(scope, node, sink) and self._arrives(scope, node, rule, sink, kinds, taint):
                    arrived |= kinds
        return arrived

    def note_value(self, scope: Scope, node: Node, taint: Taint | None, where: str) -> None:
        """Notes data at a place that is no call: what a handler returns (`return`), an item that is set."""
        if taint is None or taint.is_request:
            return
        for rule, sink, kinds in self.rules.by_word.get(where, ()):
            if not kinds <= _harmless(taint):
                self._arrives(scope, node, rule, sink, kinds, taint)

    def _is_called(self, scope: Scope, node: Node, sink: Sink) -> bool:
        callee = node[3]
        if sink.subclasses_of:
            found = self._program.resolve(scope, callee)
            return (
                found.kind == "class"
                and found.scope is not None
                and any(
                    isinstance(base, str) and base in sink.subclasses_of for base in self._program.bases(found.scope)
                )
            )
        # `obj.__dict__.update`: a method of an attribute, whatever has it.
        is_of_attribute = callee[0] == form.ATTRIBUTE and callee[3][0] == form.ATTRIBUTE
        if is_of_attribute and f"*.{callee[3][4]}.{callee[4]}" in sink.calls:
            return True
        if callee[0] == form.NAME and self._program.resolve(scope, callee).kind == "instance":
            # What `import_module(name)` gave is called, not `import_module`.
            return False
        return names.called(self._program, scope, node, sink.calls) or self._is_inherited(scope, callee, sink)

    def _is_inherited(self, scope: Scope, callee: Node, sink: Sink) -> bool:
        """`self.write` of a class that inherits from one of a package, of which only a part is described."""
        if callee[0] != form.ATTRIBUTE or callee[3][0] != form.NAME or callee[3][3] != "self":
            return False
        cls = scope.enclosing_class
        for base in self._program.bases(cls) if cls is not None else ():
            is_own = not isinstance(base, str) and not base.module.is_library
            if not is_own and f"{base if isinstance(base, str) else base.dotted}.{callee[4]}" in sink.calls:
                return True
        return False

    def _arrives(
        self, scope: Scope, node: Node, rule: Rule, sink: Sink, kinds: frozenset[str], taint: Taint
    ) -> bool:  # fmt: skip
        if not arguments.all_hold(self._program, scope, node, sink.tests):
            return False
        if sink.made_by is not None and not self._is_made_by(scope, node, sink.made_by):
            return False
        confidence = weaker(taint.confidence, sink.confidence)
        is_expected = sink.text is not None and bool(sink.text.search(taint.text))
        if sink.needs_text and not is_expected:
            return False
        if sink.text is not None and not is_expected:
            confidence = weaker(confidence, "low" if taint.text.strip() else "likely")
        if not is_expected and self._is_elsewhere(scope, node, sink.packages):
            confidence = weaker(confidence, "low")
        if sink.unless_set and _sets(scope, sink.unless_set):
            confidence = "low"
        if kinds <= taint.doubted:
            confidence = "low"
        key = (rule.id, id(node), taint.source)
        if key not in self._arrived:
            self._arrived.add(key)
            self.arrivals.append(Arrival(rule, sink, scope, node, taint, confidence))
        return True

    def _is_made_by(self, scope: Scope, node: Node, maker: Maker) -> bool:
        """Whether an argument is such a call, or a name that stands for one."""
        given = form.argument(node, maker.argument, maker.at)
        if given is None:
            return False
        if given[0] == form.NAME:
            found = self._program.resolve(scope, given)
            if found.value is None or found.where is None:
                return False
            scope, given = found.where, found.value
        if given[0] != form.CALL or not names.called(self._program, scope, given, maker.calls):
            return False
        return arguments.all_hold(self._program, scope, given, maker.tests)

    def _is_elsewhere(self, scope: Scope, node: Node, packages: tuple[str, ...]) -> bool:
        """Whether a method is known to be of a package that is none of these; False where there are none."""
        if not packages or node[0] != form.CALL:
            return False
        found = self._program.resolve(scope, node[3]).all
        return all(
            one.kind == "external" and one.name.partition(".")[0] not in packages and "." in one.name for one in found
        )


def _arguments(call: Node, sink: Sink, given: Given) -> Iterator[Taint | None]:
    if sink.argument == "receiver":
        yield given.receiver
        return
    for place, (argument, taint) in enumerate(zip(call[4], given.positional, strict=True)):
        if argument[0] == form.STARRED:
            # `execute(*statement)`: what the tuple holds at the place that counts.
            is_before = sink.at is not None and place <= sink.at
            yield at_place(taint, str((sink.at or 0) - place)) if is_before else None
            break
        if (sink.at is None and not sink.argument) or place == sink.at:
            yield taint
    for name, taint in given.named:
        if (name if name is not None else UNPACKED) == sink.argument:
            yield taint


def _sets(scope: Scope, names: tuple[str, ...]) -> bool:
    """Whether a function sets `x.content_type` or `x.headers["Content-Type"]`."""
    for node in scope.nodes:
        for target in node[3] if node[0] == form.ASSIGN else ():
            if target[0] == form.ATTRIBUTE and target[4] in names:
                return True
            if target[0] == form.SUBSCRIPT and (form.text_of(target[4]) or "").lower() in names:
                return True
    return False


def _of_items(taint: Taint | None, items: tuple[str, ...]) -> Taint | None:
    """The taint of these items of a list or dict; of a value whose items are not known, its own."""
    if taint is None or not items:
        return taint
    return next((found for found in (at_place(taint, name) for name in items) if found is not None), None)


def _harmless(taint: Taint) -> frozenset[str]:
    """The kinds that data does not bear here."""
    return taint.removed | {"fields", "html"} if taint.has_fixed_keys else taint.removed
