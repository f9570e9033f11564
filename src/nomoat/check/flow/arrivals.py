"""What arrives where it must not: the sinks and sanitizers of all flow rules, by the last word of a call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nomoat.check import arguments, names
from nomoat.check.flow.taint import Taint, at_place, merged
from nomoat.check.model import Confidence, Rule, Sink, weaker
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import Scope


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


class Sinks:
    """The sinks and sanitizers of rules, and what has arrived so far."""

    def __init__(self, program: Program, rules: tuple[Rule, ...]) -> None:
        self.arrivals: list[Arrival] = []
        self._program = program
        self._by_word: dict[str, list[tuple[Rule, Sink]]] = {}
        self._sanitizers: list[tuple[tuple[str, ...], frozenset[str]]] = []
        self._sanitizing: set[str] = set()
        self._arrived: set[tuple[str, int, str]] = set()
        for rule in rules:
            assert rule.flow is not None
            for sink in rule.flow.sinks:
                for word in names.last_words(sink.calls):
                    self._by_word.setdefault(word, []).append((rule, sink))
            for sanitizer in rule.flow.sanitizers:
                self._sanitizers.append((sanitizer.calls, sanitizer.removes))
                self._sanitizing |= names.last_words(sanitizer.calls)

    def removed(self, scope: Scope, node: Node, name: str) -> frozenset[str]:
        """The kinds of taint that sanitizers of rules remove from what a CALL of this dotted name gives."""
        removed: frozenset[str] = frozenset()
        callee = node[3]
        word = callee[4] if callee[0] == form.ATTRIBUTE else name.rpartition(".")[2]
        if word in self._sanitizing or name.rpartition(".")[2] in self._sanitizing:
            for calls, kinds in self._sanitizers:
                if names.called(self._program, scope, node, calls):
                    removed |= kinds
        return removed

    def note(self, scope: Scope, node: Node, given: Given) -> frozenset[str]:
        """Notes what arrives; gives the kinds that were reported, so that nothing is told twice."""
        callee = node[3]
        word = callee[4] if callee[0] == form.ATTRIBUTE else callee[3] if callee[0] == form.NAME else ""
        if word not in self._by_word and callee[0] == form.NAME:
            word = self._program.resolve(scope, callee).name.rpartition(".")[2]
        arrived: frozenset[str] = frozenset()
        for rule, sink in self._by_word.get(word, ()):
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
        if rule.flow.kinds <= taint.removed or not names.called(self._program, scope, node, sink.calls):
            return False
        if not arguments.all_hold(self._program, scope, node, sink.tests):
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
        found = self._program.resolve(scope, node[3]).all
        return all(
            one.kind == "external" and one.name.partition(".")[0] not in packages and "." in one.name for one in found
        )


def _arguments(call: Node, sink: Sink, given: Given) -> Iterator[tuple[Node | None, Taint | None]]:
    if sink.argument == "receiver":
        yield (call[3][3] if call[3][0] == form.ATTRIBUTE else None), given.receiver
        return
    for place, (argument, taint) in enumerate(zip(call[4], given.positional, strict=True)):
        if argument[0] == form.STARRED:
            # `execute(*statement)`: what the tuple holds at the place that counts.
            is_before = sink.at is not None and place <= sink.at
            yield argument, at_place(taint, str((sink.at or 0) - place)) if is_before else None
            break
        if (sink.at is None and not sink.argument) or place == sink.at:
            yield argument, taint
    for (name, argument), (_, taint) in zip(call[5], given.named, strict=True):
        if name is not None and name == sink.argument:
            yield argument, taint
