from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nomoat.errors import CursorMovedError
from nomoat.journal.facts import Alert, Checked, Decision, Episode, FirstUse, OpenFinding, Response, timestamp
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from nomoat.watch import alerts, registry
from nomoat.watch.watcher import Watcher

START = datetime.now(UTC) - timedelta(seconds=30)


@pytest.fixture(autouse=True)
def _begins_now() -> None:
    """What a test records was so a moment before, however long ago this file was read."""
    global START
    START = datetime.now(UTC) - timedelta(seconds=30)


def _decision(number: int, **changed: object) -> Decision:
    fields: dict[str, object] = {
        "happened_at": timestamp(START + timedelta(milliseconds=100 * number)),
        "request": f"r{number}",
        "service": "shop",
        "target": "route:shop/GET /orders/{order_id}",
        "subject": "user:main/mallory",
        "params": {"order_id": str(number)},
        "permissions": ("orders:read",),
        "outcome": "allow",
        "enforced": True,
        "reason": "granted",
    }
    return Decision(**(fields | changed))  # type: ignore[arg-type]  # the fields above with what a test changes


def _watcher(store: Store, *wanted: str) -> Watcher:
    detections = [one for one in registry.load(None) if one.id in wanted]
    return Watcher(store, detections, now=lambda: START + timedelta(seconds=10))


def _facts(store: Store, kind: type[Alert] | type[Episode] | type[FirstUse]) -> list[object]:
    return [entry.fact for entry in store.read(kinds=(kind,))]


def test_an_alert_names_its_events_and_fires_once_an_episode() -> None:
    store = open_store("memory:")
    store.append([(_decision(number), None) for number in range(80)])
    watcher = _watcher(store, "object-enumeration")

    fired = watcher.tick()
    store.append([(_decision(number), None) for number in range(80, 100)])
    again = watcher.tick()

    (alert,) = [one.alert for one in fired]
    assert [] == again
    assert (60, "user:main/mallory", "route:shop/GET /orders/{order_id}", "api-abuse") == (
        alert.observed,
        alert.subject,
        alert.target,
        alert.playbook,
    )
    assert [f"{position}" for position in range(1, 61)] == list(alert.facts)


def test_started_again_it_neither_repeats_nor_forgets() -> None:
    store = open_store("memory:")
    store.append([(_decision(number), None) for number in range(40)])
    assert [] == _watcher(store, "object-enumeration").tick()
    store.append([(_decision(number), None) for number in range(40, 70)])

    second = _watcher(store, "object-enumeration")
    fired = second.tick()
    third = _watcher(store, "object-enumeration")
    store.append([(_decision(number), None) for number in range(70, 80)])

    assert [60] == [one.alert.observed for one in fired], "what was before the cursor refills the window"
    assert [] == third.tick(), "the episode is read from the journal"
    assert 1 == len(_facts(store, Alert))


def test_a_first_use_is_a_fact_while_learning_and_an_alert_after() -> None:
    store = open_store("memory:")
    early = _decision(0, subject="service:billing", permissions=("orders:list",))
    store.append([(early, None)])
    clock = [datetime.now(UTC)]
    detections = [one for one in registry.load(None) if one.id == "first-use"]
    watcher = Watcher(store, detections, now=lambda: clock[0])

    learnt = watcher.tick()
    clock[0] += timedelta(days=8)
    late = timestamp(clock[0])
    store.append([(_decision(1, subject="service:billing", permissions=("customers:read",), happened_at=late), None)])
    fired = watcher.tick()

    assert [] == learnt
    assert ["first use ever: permission customers:read"] == [one.alert.summary for one in fired]
    assert ["permissions=orders:list", "permissions=customers:read"] == [
        fact.of for fact in _facts(store, FirstUse) if isinstance(fact, FirstUse)
    ]


def test_a_login_fails_by_the_status_that_came_after_the_decision() -> None:
    store = open_store("memory:")
    for number in range(20):
        login = _decision(number, login=True, method="POST", subject="anonymous", client="192.0.2.7", params={})
        answer = Response(
            request=f"r{number}", service="shop", target=login.target, status=401, happened_at=login.happened_at
        )
        store.append([(login, None), (answer, None)])

    fired = _watcher(store, "credential-stuffing").tick()

    assert [("192.0.2.7", 20)] == [(one.alert.client, one.alert.observed) for one in fired]
    assert ["192.0.2.7"] == [alerts.who(one.alert) for one in fired], "nobody can look for an anonymous"
    assert fired[0].alert.summary.startswith("20 failed sign-ins in 2 s")


def test_what_a_handler_decided_later_is_the_same_request() -> None:
    store = open_store("memory:")
    twice = [_decision(number // 2, sequence=number % 2) for number in range(118)]
    store.append([(fact, None) for fact in twice])

    assert [] == _watcher(store, "object-enumeration").tick()


def test_what_a_handler_denies_is_a_denial_whichever_fact_comes_first() -> None:
    store = open_store("memory:")
    for number in range(30):
        deferred = _decision(number, outcome="deferred", reason="depends-on-resource")
        denied = _decision(number, sequence=1, outcome="deny", reason="condition-false")
        store.append([(fact, None) for fact in ((deferred, denied) if number % 2 else (denied, deferred))])

    fired = _watcher(store, "denied-burst").tick()

    assert [("user:main/mallory", 30)] == [(one.alert.subject, one.alert.observed) for one in fired]


def test_a_backlog_of_one_attack_is_one_episode() -> None:
    store = open_store("memory:")
    many = [_decision(number, params={"order_id": str(number % 100)}) for number in range(4500)]
    store.append([(fact, None) for fact in many])
    detections = [one for one in registry.load(None) if one.id == "object-enumeration"]

    fired = Watcher(store, detections, now=lambda: START + timedelta(hours=5)).tick()

    assert 1 == len(fired), "an attack that was read late is not one alert a batch"
    assert ["open", "closed"] == [fact.state for fact in _facts(store, Episode) if isinstance(fact, Episode)]


def test_what_was_used_all_along_is_not_forgotten_by_a_restart() -> None:
    store = open_store("memory:")
    detections = [one for one in registry.load(None) if one.id == "first-use"]
    began = datetime.now(UTC) - timedelta(days=400)
    fired = []
    for day in range(0, 400, 30):
        now = began + timedelta(days=day)
        store.append([(_decision(day, happened_at=timestamp(now)), None)])
        fired += Watcher(store, detections, now=lambda now=now: now).tick()  # type: ignore[misc]  # binds the day

    assert [] == fired
    assert [False, True] == [fact.still for fact in _facts(store, FirstUse) if isinstance(fact, FirstUse)][:2]


def test_a_clock_that_was_ahead_does_not_blind_the_watcher() -> None:
    store = open_store("memory:")
    detections = [one for one in registry.load(None) if one.id == "object-enumeration"]
    clock = [START + timedelta(hours=1)]
    watcher = Watcher(store, detections, now=lambda: clock[0])
    jumped = timestamp(START + timedelta(hours=1))
    store.append([(_decision(number, happened_at=jumped), None) for number in range(10)])
    watcher.tick()
    clock[0] = START + timedelta(seconds=10)
    store.append([(_decision(number), None) for number in range(100, 160)])

    fired = watcher.tick()

    assert [60] == [one.alert.observed for one in fired]
    assert 1 == watcher.engine.counts.clock_jumps
    assert not watcher.engine.counts.late


def test_of_two_watchers_one_goes_on_and_nothing_is_doubled() -> None:
    store = open_store("memory:")
    one, other = _watcher(store, "object-enumeration"), _watcher(store, "object-enumeration")
    store.append([(_decision(number), None) for number in range(80)])

    fired = one.tick()
    with pytest.raises(CursorMovedError):
        other.tick()

    assert 1 == len(fired) == len(_facts(store, Alert))


def test_what_check_recorded_weeks_before_does_not_begin_the_learning() -> None:
    store = open_store("memory:")
    store.append([(Checked(root="/srv/shop", map_hash="sha256:0", open=()), None)])
    later = datetime.now(UTC) + timedelta(days=8)
    detections = [one for one in registry.load(None) if one.id == "first-use"]
    watcher = Watcher(store, detections, now=lambda: later)
    store.append([(_decision(0, subject="service:billing", happened_at=timestamp(later)), None)])

    assert [] == watcher.tick()
    assert _facts(store, FirstUse)


def test_an_alert_says_what_check_found_on_its_route() -> None:
    store = open_store("memory:")
    target = _decision(0).target
    found = OpenFinding(
        fingerprint="3f1c", rule="missing-ownership", severity="high", at="shop/orders.py:40", target=target
    )
    other = replace(found, fingerprint="77aa", rule="missing-guard", target="route:shop/GET /admin/export")
    store.append([(Checked(root="/srv/shop", map_hash="sha256:0", open=(found, other)), None)])
    store.append([(_decision(number), None) for number in range(60)])

    fired = _watcher(store, "object-enumeration").tick()

    assert [("missing-ownership",)] == [one.alert.findings for one in fired]
    assert ["missing-ownership"] == [name for fact in _facts(store, Alert) for name in fact.findings]  # type: ignore[attr-defined]  # Alerts alone.
