"""What functions cost while what registers routes is run, so that one that registers nothing does not use it all up.

A reader of configuration that goes through files, the environment and secrets for each key costs thousands of steps
a call, and gives nothing that source fixes. What makes or registers a route is followed however dear it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from nomoat.survey.python.symbols import Scope

#: A function that took so many steps altogether, and so many a call, is not entered again.
_MAX_TOGETHER, _MAX_A_CALL = 60_000, 1_000


@dataclass(slots=True)
class _Cost:
    steps: int = 0
    calls: int = 0
    has_wired: bool = False


@dataclass
class Costs:
    """Of one run; `wired` grows with everything that is registered, or made to be."""

    wired: int = 0
    #: What was registered, by its place and texts, that made up for steps.
    paid: set[object] = field(default_factory=set)
    _known: dict[Scope, _Cost] = field(default_factory=dict)

    def is_too_dear(self, scope: Scope) -> bool:
        """Whether entering a function again is worth less than what it costs."""
        known = self._known.get(scope)
        if known is None or known.has_wired or known.steps < _MAX_TOGETHER:
            return False
        return known.steps > _MAX_A_CALL * known.calls

    def note(self, scope: Scope, steps: int, wired: int) -> None:
        """Takes note of a call that began with so much wired."""
        known = self._known.setdefault(scope, _Cost())
        known.steps += max(0, steps)
        known.calls += 1
        known.has_wired |= self.wired > wired
