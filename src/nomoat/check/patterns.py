"""Rules of the second kind: calls with certain arguments, through constants, defaults and imports.

All rules are looked for in one pass: a call whose last word no rule names is never resolved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from nomoat.check import afterwards, arguments, logged, names
from nomoat.check.model import Confidence, Pattern, Rule
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import Scope


class Match(NamedTuple):
    """A call that fits a pattern of a rule."""

    rule: Rule
    pattern: Pattern
    scope: Scope
    call: Node
    confidence: Confidence


class Patterns:
    """The patterns of many rules, by the last word of the calls that they name."""

    def __init__(self, program: Program, rules: Iterable[Rule]) -> None:
        self._program = program
        self._by_word: dict[str, list[tuple[Rule, Pattern]]] = {}
        for rule in rules:
            for pattern in rule.patterns:
                for word in names.last_words(pattern.calls):
                    self._by_word.setdefault(word, []).append((rule, pattern))

    def candidates(self, scope: Scope) -> Iterator[tuple[Node, Rule, Pattern]]:
        """Each call that stands directly in the scope and may fit, with the pattern; `match` decides."""
        aliases = self._aliases(scope)
        for node in scope.nodes:
            if node[0] != form.CALL:
                continue
            callee = node[3]
            if callee[0] == form.ATTRIBUTE:
                word = callee[4]
            elif callee[0] == form.NAME:
                word = aliases.get(callee[3], callee[3])
            else:
                continue
            for rule, pattern in self._by_word.get(word, ()):
                yield node, rule, pattern

    def _aliases(self, scope: Scope) -> dict[str, str]:
        """`from jwt import decode as d` and `run = subprocess.run`, as names of this scope and those around it."""
        found: dict[str, str] = {}
        outer: Scope | None = scope
        while outer is not None:
            for name, bindings in outer.bindings.items():
                for binding in bindings:
                    taken = binding.imported.name if binding.imported is not None else None
                    if taken is None and binding.value is not None and binding.value[0] == form.ATTRIBUTE:
                        taken = binding.value[4]
                    if taken is not None:
                        found.setdefault(name, taken)
            outer = outer.parent
        return found

    def match(self, scope: Scope, node: Node, rule: Rule, pattern: Pattern) -> Match | None:
        """The match of a candidate; None when it does not fit."""
        if not self._fits(scope, node, pattern):
            return None
        confidence = pattern.confidence
        is_unused = pattern.if_used and logged.only_logged(self._program, scope, node)
        is_excused = bool(pattern.unless) and self._is_excused(scope, node, pattern)
        if is_unused or is_excused or self._is_made_good(scope, node, pattern):
            confidence = "low"
        return Match(rule, pattern, scope, node, confidence)

    def _fits(self, scope: Scope, node: Node, pattern: Pattern) -> bool:
        if not names.called(self._program, scope, node, pattern.calls):
            return False
        return arguments.all_hold(self._program, scope, node, pattern.tests)

    def _is_made_good(self, scope: Scope, call: Node, pattern: Pattern) -> bool:
        def fits(other: Node) -> bool:
            return any(self._fits(scope, other, one) for one in pattern.unless_then)

        return bool(pattern.unless_then) and afterwards.surely_followed(scope, call, fits)

    def _is_excused(self, scope: Scope, call: Node, pattern: Pattern) -> bool:
        others = [node for node in scope.nodes if node[0] == form.CALL and node is not call]
        return any(self._fits(scope, other, unless) for unless in pattern.unless for other in others)
