from __future__ import annotations

from nomoat.watch.arrivals import Arrivals
from nomoat.watch.events import Event


def _event(at_s: float, source: str = "a") -> Event:
    return Event(at_s=at_s, happened_at="", kind="request", source=source)


def test_an_event_is_late_against_its_own_source_only() -> None:
    arrivals = Arrivals()

    counted = [
        arrivals.counts(_event(at_s, source), now_s=1000.0)
        for at_s, source in ((1000, "a"), (940, "a"), (939, "a"), (10, "b"), (800, "a"))
    ]

    assert [True, True, False, True, False] == counted
    assert {"a": 2} == dict(arrivals.late)


def test_a_forged_event_of_the_future_makes_no_other_late() -> None:
    arrivals = Arrivals()
    seen = []
    for at_s in (1000.0, 9e9, 1001.0):
        event = _event(at_s)
        arrivals.is_jump(event, now_s=1000.0)
        seen.append(arrivals.counts(event, now_s=1000.0))

    assert [True, False, True] == seen
    assert {"a": 1} == dict(arrivals.ahead)


def test_a_source_whose_clock_is_ahead_all_along_is_taken_by_its_clock() -> None:
    arrivals = Arrivals()

    assert [True, True, False] == [arrivals.counts(_event(at_s), now_s=0.0) for at_s in (5000, 5001, 4000)]
