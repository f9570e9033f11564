"""What a caller must meet not to be refused, read from the tests on the way to each refusal.

One refusal may stand behind another: who is not signed in is sent away, and only then the permission is asked for. The
way out of the second that leads into the first is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nomoat.appmap.model import Runs
from nomoat.survey.trial import demands
from nomoat.survey.trial.demands import AUTHENTICATION, OTHER, Demand
from nomoat.survey.trial.machine import Condition, End

_REFUSALS = frozenset((401, 403, 407, 498, 1008, 3000, 4001, 4003, 4401, 4403))
#: Of more refusals than so many, each stands for itself.
_MOST_TOGETHER = 60


class Refusal(NamedTuple):
    """An end that a caller may see: by which status, and what refuses there."""

    end: End
    status: int
    name: str
    at: str
    runs: Runs


def demanded(refusals: Sequence[Refusal]) -> Iterator[tuple[Refusal, Demand]]:
    """Those that refuse for who is calling, each with what a caller must meet not to end there."""
    found = [one for one in refusals if _is_refusal(one)]
    for one, way in zip(found, _without_ways_into_others([_undecided(one.end) for one in found]), strict=True):
        yield one, _escape(one.end, way)


def _is_refusal(one: Refusal) -> bool:
    way = _undecided(one.end)
    demand = _escape(one.end, way)
    return demand.is_about_caller and (one.status in _REFUSALS or _is_quiet(demand, one, way))


def _escape(end: End, way: Sequence[Condition]) -> Demand:
    ways = [condition.escape for condition in way]
    if end.is_caught or (end.needs_credential and not end.conditions):
        ways.append(Demand("signature") if end.kind == "signature" else AUTHENTICATION)
    return demands.either(ways) if ways else OTHER


def _undecided(end: End) -> tuple[Condition, ...]:
    """The conditions on the way but for what source fixes."""
    return tuple(one for one in end.conditions if one.test.anonymous is None or one.test.marks)


def _without_ways_into_others(ways: list[tuple[Condition, ...]]) -> list[tuple[Condition, ...]]:
    """The ways to refusals, each without a condition of which the opposite leads into another of them.

    Refused is who does not meet A, and who meets A and does not meet B: who does not meet A, and who does not meet B.
    """
    if len(ways) > _MOST_TOGETHER:
        return ways
    changed = True
    while changed:
        changed = False
        for place, way in enumerate(ways):
            needless = next((one for one in way if _is_needless(one, way, ways)), None)
            if needless is not None:
                ways[place] = tuple(one for one in way if one is not needless)
                changed = True
    return ways


def _is_needless(condition: Condition, way: tuple[Condition, ...], ways: list[tuple[Condition, ...]]) -> bool:
    rest = {(id(one.test), one.answer) for one in way if one is not condition}
    opposite = (id(condition.test), not condition.answer)
    each = ({(id(one.test), one.answer) for one in other} for other in ways if other is not way)
    return any(opposite in other and other - {opposite} <= rest for other in each)


def _is_quiet(demand: Demand, one: Refusal, way: Sequence[Condition]) -> bool:
    """A refusal that hides behind another status: 404 for what is somebody else's, 400, an error, a redirect."""
    kinds = {leaf.kind for leaf in demand.leaves()}
    if one.status == 404:
        return "ownership" in kinds or "permission" in kinds
    if one.status in (0, 400):
        # In a function that only some come to, something is missing or malformed as often as not.
        own = [condition for condition in one.end.conditions[one.end.before :] if condition in way] or way[-1:]
        return not way or any(condition.escape.is_about_caller for condition in own)
    return 300 <= one.status < 400
