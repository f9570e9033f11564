"""Rules of the first kind: questions to the map. Each gives what it found, with the route and the fix there.

The questions between map and policy are asked in `nomoat.policy.questions`; those here need the map and the program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from nomoat.check.questions.asking import Answer, Asked
from nomoat.check.questions.ownership import missing_ownership
from nomoat.check.questions.siblings import guard_never_runs, missing_guard

__all__ = ["QUESTIONS", "Answer", "Asked"]

QUESTIONS: Mapping[str, Callable[[Asked], Iterator[Answer]] | None] = {
    "missing-guard": missing_guard,
    "missing-ownership": missing_ownership,
    "guard-never-runs": guard_never_runs,
    #: Asked of map and policy together (`nomoat.policy.questions`).
    "policy": None,
}
