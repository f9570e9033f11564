"""What holds when somebody sets the system's clock, back or ahead, while facts are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nomoat.journal.facts import Gap, timestamp
from nomoat.journal.gaps import tell_gaps
from nomoat.journal.ports import Store
from nomoat.journal.retention import LEASE, LEASE_S
from nomoat.storage import postgresql_place
from nomoat.storage.memory import MemoryStore
from nomoat.storage.postgresql_store import PostgreSQLStore
from nomoat.storage.sqlite import SQLiteStore
from tests.journal.made import block, decision
from tests.storage import server


class Clock:
    """A clock that somebody sets."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> str:
        return timestamp(self.at)

    def turn(self, seconds: float) -> str:
        """Sets it so many seconds ahead (or back), and tells it."""
        self.at += timedelta(seconds=seconds)
        return self()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    if request.param == "postgresql":
        with server.schema() as url, closing(PostgreSQLStore(postgresql_place.read(url), clock=clock)) as served:
            yield served
        return
    made: dict[str, Callable[[], Store]] = {
        "memory": lambda: MemoryStore(clock=clock),
        "sqlite": lambda: SQLiteStore(f"sqlite:{tmp_path / 'state' / 'journal.db'}", clock=clock),
    }
    with closing(made[request.param]()) as opened:
        yield opened


def test_recorded_at_never_decreases_and_is_searched_by_halving_all_the_same(store: Store, clock: Clock) -> None:
    for number, seconds in enumerate([0, 3600, -7200, 1, 0, -86_400, 90_000, 10]):
        clock.turn(seconds)
        store.append([(decision(number), None), (decision(number + 100), None)])

    entries = list(store.read())
    times = [entry.recorded_at for entry in entries]
    assert sorted(times) == times
    assert not store.verify().problems
    for at in {*times, clock.turn(-5), clock.turn(86_400)}:
        assert [entry for entry in entries if entry.recorded_at >= at] == list(store.read(store.before(at)))


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_a_block_ends_by_the_clock_whatever_it_was_when_it_was_placed(store: Store, clock: Clock, jump: float) -> None:
    until = timestamp(clock.at + timedelta(hours=2))
    store.append([(block(until=until), "b")])

    clock.turn(jump)
    store.append([(decision(), None)])
    assert store.state(now=clock()).blocks
    clock.turn(7200 - jump - 1)
    assert store.state(now=clock()).blocks
    clock.turn(1)
    assert not store.state(now=clock()).blocks


def test_who_was_seen_in_the_future_is_not_live_and_who_lives_is_seen_again(store: Store, clock: Clock) -> None:
    for name in ("dead", "alive"):
        store.beat(name, role="guard", service="shop", position="")
    clock.turn(-3600)
    store.beat("alive", role="guard", service="shop", position="")

    assert {"dead": False, "alive": True} == {one.id: one.live for one in store.processes()}


def test_a_lease_of_a_clock_that_was_ahead_is_over(store: Store, clock: Clock) -> None:
    assert store.lease(LEASE, "one", seconds=LEASE_S)
    clock.turn(LEASE_S / 2)
    assert not store.lease(LEASE, "two", seconds=LEASE_S)
    clock.turn(-86_400)

    assert store.lease(LEASE, "two", seconds=LEASE_S)
    assert not store.lease(LEASE, "one", seconds=LEASE_S)


def test_a_gap_is_told_however_long_nobody_was_there_to_tell_it(store: Store, clock: Clock) -> None:
    store.beat("killed", role="guard", service="shop", position="")
    seen_at = clock()
    clock.turn(30 * 86_400)
    tell_gaps(store)
    clock.turn(1)
    tell_gaps(store)

    (gap,) = (entry.fact for entry in store.read(kinds=(Gap,)))
    assert isinstance(gap, Gap)
    assert ("killed", "shop", seen_at) == (gap.process, gap.service, gap.last_seen_at)


def test_who_has_ended_is_forgotten_after_a_day_and_who_was_killed_when_that_was_told(
    store: Store, clock: Clock
) -> None:
    store.beat("ended", role="guard", service="shop", position="", ended=True)
    store.beat("killed", role="guard", service="shop", position="")
    clock.turn(2 * 86_400)
    before = {one.id for one in store.processes()}
    tell_gaps(store)
    clock.turn(2 * 86_400)
    store.beat("next", role="guard", service="shop", position="", ended=True)

    assert {"killed"} == before
    assert {"next"} == {one.id for one in store.processes()}


def test_who_was_taken_for_gone_and_goes_on_is_live_again(store: Store, clock: Clock) -> None:
    store.beat("asleep", role="guard", service="shop", position="")
    clock.turn(2 * 86_400)
    tell_gaps(store)
    store.beat("asleep", role="guard", service="shop", position="3")

    (one,) = store.processes()
    assert (True, False, "3") == (one.live, one.ended, one.position)
