"""What stands against callers, as one process knows it: read when something is new or has ended, and not else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nomoat.guard.identity.model import Identity
from nomoat.guard.standing import Standing
from nomoat.journal.facts import Block, Elevation, Logging, Revocation, timestamp
from nomoat.journal.journal import open_store
from nomoat.journal.ports import State, Store
from tests.journal.made import decision

ANA, BEN = (Identity(f"user:main/{name}") for name in ("ana", "ben"))


class Clock:
    """A clock that somebody sets."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> str:
        return timestamp(self.at)

    def until(self, seconds: float) -> str:
        return timestamp(self.at + timedelta(seconds=seconds))


class Counted:
    """A real store, and how often everything that stands was read from it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.times = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def state(self, *, now: str) -> State:
        self.times += 1
        return self._store.state(now=now)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Counted]:
    with closing(open_store(f"sqlite:{tmp_path}/journal.db")) as opened:
        yield Counted(opened)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def standing(store: Counted, clock: Clock) -> Standing:
    found = Standing(store, clock=clock)
    found.look()
    return found


def _append(store: Counted, *facts: Any) -> str:
    return str(store.append([(fact, None) for fact in facts])[-1])


def _block(clock: Clock, seconds: float, value: str = "user:main/ana") -> Block:
    return Block(block=value, what="subject", value=value, until=clock.until(seconds), because="x", by="y")


def test_without_news_nothing_is_read_again_and_the_position_goes_on(standing: Standing, store: Counted) -> None:
    _append(store, *(Revocation(what="jti", value=str(number), because="x", by="y") for number in range(50)))
    standing.look()
    before = store.times
    for number in range(20):
        position = _append(store, decision(number))
        standing.look()

    assert before == store.times
    assert position == standing.position
    assert standing.age_s < 5


def test_a_block_holds_from_the_next_look_until_its_end(standing: Standing, store: Counted, clock: Clock) -> None:
    position = _append(store, _block(clock, 60), _block(clock, 120, "user:main/ben"))
    standing.look()
    seen = [(standing.against(ANA, ""), standing.against(BEN, ""), standing.position)]
    for _ in range(2):
        clock.at += timedelta(seconds=60)
        standing.look()
        seen.append((standing.against(ANA, ""), standing.against(BEN, ""), standing.position))

    assert [("blocked", "blocked", position), (None, "blocked", position), (None, None, position)] == seen
    assert standing.is_empty


def test_a_block_is_in_force_again_when_the_clock_is_set_back(standing: Standing, store: Counted, clock: Clock) -> None:
    _append(store, _block(clock, 60))
    clock.at += timedelta(seconds=61)
    standing.look()
    ended = standing.against(ANA, "")
    clock.at -= timedelta(seconds=30)
    standing.look()

    assert (None, "blocked") == (ended, standing.against(ANA, ""))


def test_a_block_that_is_lifted_is_gone_at_the_next_look(standing: Standing, store: Counted, clock: Clock) -> None:
    _append(store, _block(clock, 60))
    standing.look()
    lifted = Block(block="user:main/ana", what="subject", value="user:main/ana", lifted=True, because="x", by="y")
    _append(store, lifted)
    standing.look()

    assert None is standing.against(ANA, "")


def test_more_logging_begins_and_ends(standing: Standing, store: Counted, clock: Clock) -> None:
    _append(store, Logging(subject="user:main/ana", until=clock.until(60), adds=("path",), because="x", by="y"))
    standing.look()
    during = standing.adds("user:main/ana")
    clock.at += timedelta(seconds=60)
    standing.look()

    assert (("path",), (), False) == (during, standing.adds("user:main/ana"), standing.logs)


def test_who_changes_nothing_wakes_nobody(store: Counted, clock: Clock) -> None:
    told: list[str] = []
    standing = Standing(store, on_change=lambda: told.append("changed"), clock=clock)
    standing.look()
    _append(store, decision(1))
    standing.look()
    _append(store, _block(clock, 60))
    standing.look()

    assert ["changed"] == told


# -- roles for an emergency ------------------------------------------------------------------------------------------


def _elevation(clock: Clock, seconds: float, name: str = "e1", *, lifted: bool = False) -> Elevation:
    return Elevation(
        happened_at=clock(), elevation=name, subject="user:main/ana", role="oncall", until=clock.until(seconds),
        because="INC-7", by="ana", lifted=lifted,
    )  # fmt: skip


def _open(standing: Standing) -> list[str]:
    standing.look()
    return [one.elevation for one in standing.elevated("user:main/ana")]


@pytest.fixture
def now(clock: Clock) -> Clock:
    """A clock that stands at what the store takes for now: it records by its own."""
    clock.at = datetime.now(UTC) + timedelta(seconds=1)
    return clock


def test_a_role_for_an_emergency_is_open_from_the_next_look_until_its_end(store: Counted, now: Clock) -> None:
    standing = Standing(store, clock=now)
    _append(store, _elevation(now, 60))
    during = (_open(standing), standing.elevates, standing.elevated("user:main/ben"))
    now.at += timedelta(seconds=60)

    assert ((["e1"], True, ()), []) == (during, _open(standing))
    assert not standing.elevates


def test_it_is_gone_at_the_next_look_when_it_is_ended(store: Counted, now: Clock) -> None:
    standing = Standing(store, clock=now)
    _append(store, _elevation(now, 60), _elevation(now, 60, "e2"))
    both = _open(standing)
    _append(store, _elevation(now, 60, lifted=True))

    assert (["e1", "e2"], ["e2"]) == (both, _open(standing))


def test_a_clock_that_is_set_back_opens_nothing_again(store: Counted, now: Clock) -> None:
    standing = Standing(store, clock=now)
    _append(store, _elevation(now, 60))
    _open(standing)
    now.at += timedelta(seconds=61)
    ended = _open(standing)
    now.at -= timedelta(seconds=50)

    assert ([], []) == (ended, _open(standing))


def test_a_clock_that_is_set_back_makes_none_longer(
    store: Counted, now: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = [1000.0]
    monkeypatch.setattr("nomoat.guard.standing.time.monotonic", lambda: ticks[0])
    standing = Standing(store, clock=now)
    _append(store, _elevation(now, 60))
    before = _open(standing)
    now.at -= timedelta(hours=5)
    ticks[0] += 59
    still = _open(standing)
    ticks[0] += 2

    assert (["e1"], ["e1"], []) == (before, still, _open(standing))


def test_a_process_that_starts_with_a_clock_that_is_behind_goes_by_the_journal(store: Counted, now: Clock) -> None:
    _append(store, _elevation(now, -30))
    now.at -= timedelta(hours=5)

    assert [] == _open(Standing(store, clock=now))


def test_what_is_not_known_to_be_current_opens_nothing(
    store: Counted, now: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing = Standing(store, clock=now)
    _append(store, _elevation(now, 3600))
    ticks = [1000.0]
    monkeypatch.setattr("nomoat.guard.standing.time.monotonic", lambda: ticks[0])
    known = _open(standing)
    ticks[0] += 11

    assert (["e1"], ()) == (known, standing.elevated("user:main/ana"))
