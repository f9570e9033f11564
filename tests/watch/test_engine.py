from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nomoat.journal.facts import Alert, Episode
from nomoat.watch.engine import MAX_GROUPS, Engine
from nomoat.watch.events import Event
from nomoat.watch.model import Detection, Window


def _detection(matches: Callable[[Event], bool] = lambda event: True, threshold: int = 3) -> Detection:
    window = Window("event_count", ("subject",), 60.0, threshold)
    return Detection("many", "Many", "low", "", matches, window)


def _event(at_s: float, *, subject: str = "ana", count: int = 1) -> Event:
    return Event(at_s=at_s, happened_at="2026-11-24T23:41:05Z", kind="request", subject=subject, count=count)


def _alerts(engine: Engine, *events: Event) -> int:
    return sum(isinstance(fact, Alert) for event in events for fact in engine.feed(event))


def test_a_count_weighs_and_a_threshold_means_at_least() -> None:
    assert 0 == _alerts(Engine([_detection()]), _event(0, count=2))
    assert 1 == _alerts(Engine([_detection()]), _event(0, count=3))


def test_a_second_attack_after_a_quiet_window_is_a_second_alert_within_one_batch() -> None:
    engine = Engine([_detection()])
    found = [fact for at_s in (0, 500) for fact in engine.feed(_event(at_s, count=3))]

    states = [fact.state for fact in found if isinstance(fact, Episode)]
    assert ["open", "closed", "open"] == states
    assert 2 == sum(isinstance(fact, Alert) for fact in found)


def test_history_never_fires_and_what_comes_next_does_when_the_threshold_was_lowered() -> None:
    engine = Engine([_detection()])
    refilled = [fact for at_s in range(5) for fact in engine.feed(_event(at_s), fire=False)]

    assert [] == refilled
    assert 1 == _alerts(engine, _event(5)), "nobody was told of this before"


def test_a_detection_that_fails_is_counted_and_silences_no_other() -> None:
    def fails(_event: Event) -> bool:
        raise ValueError("no")

    engine = Engine([replace(_detection(fails), id="broken"), _detection(threshold=1)])

    assert 1 == _alerts(engine, _event(0))
    assert {"broken: ValueError: no": 1} == dict(engine.counts.failed)


def test_a_flood_of_callers_has_a_bound_and_is_counted() -> None:
    engine = Engine([_detection()])
    for number in range(MAX_GROUPS + 5):
        engine.feed(_event(0, subject=str(number)))

    assert 5 == engine.counts.dropped_groups
