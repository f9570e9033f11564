from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from nomoat import settings
from nomoat.errors import IncompleteError, SettingsError
from nomoat.journal import retention
from nomoat.journal.facts import (
    KINDS,
    Alert,
    Checked,
    Decision,
    Episode,
    Evidence,
    Fact,
    FirstUse,
    Incident,
    Message,
    OpenFinding,
    Pruned,
    Sealed,
    Step,
    Text,
)
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from nomoat.journal.retention import Keeper, Limit, Result, limits, pieces, prune
from tests.journal.made import block, decision
from tests.storage import server

#: Everything is older than this when a test looks at it.
NOW = Limit(keep_s=-60)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "postgresql":
        with server.schema() as url, closing(open_store(url)) as served:
            yield served
        return
    store = open_store("memory:" if request.param == "memory" else f"sqlite:{tmp_path / 'journal.db'}")
    yield store
    store.close()


def append(store: Store, *facts: Fact) -> None:
    store.append([(fact, None) for fact in facts])


def kept(store: Store) -> list[Fact]:
    return [
        entry.fact for entry in store.read() if entry.fact is not None and not isinstance(entry.fact, Pruned | Sealed)
    ]


def alert(summary: str, *facts: str) -> Alert:
    return Alert(
        detection="d", severity="high", summary=summary, first_event_at="", last_event_at="", observed=1, facts=facts
    )


def test_what_is_too_old_goes_and_the_rest_verifies(store: Store) -> None:
    append(store, *(decision(number) for number in range(300)), block(), *(decision(number) for number in range(300)))
    checkpoint = store.head()

    result = prune(store, {"decision": NOW}, holder="test")

    assert (600, 2) == (result.blanked["decision"][0], result.sealed)
    assert ["block"] == [fact.kind for fact in kept(store)]
    assert () == store.verify().problems
    assert ((), True) == (store.verify(checkpoint).problems, store.verify(checkpoint).compared)
    assert (0, 0) == store.usage().kinds.get("decision", (0, 0))


def test_much_goes_a_part_at_a_time_and_a_dry_run_tells_all_of_it(tmp_path: Path) -> None:
    store = open_store(f"sqlite:{tmp_path / 'many.db'}")
    append(store, *(decision(number) for number in range(12_000)))
    told = prune(store, {"decision": NOW}, holder="test", dry_run=True).blanked["decision"]

    done = prune(store, {"decision": NOW}, holder="test").blanked["decision"]

    covers = [entry.fact for entry in store.read(kinds=(Pruned,)) if isinstance(entry.fact, Pruned)]
    assert (12_000, told) == (done[0], done)
    assert all(cover.count <= 2_500 for cover in covers)
    assert 12_000 == sum(cover.count for cover in covers)
    assert ([], ()) == (kept(store), store.verify().problems)
    store.close()


def test_what_is_young_stays(store: Store) -> None:
    append(store, *(decision(number) for number in range(100)))

    prune(store, {"decision": Limit(keep_s=3600)}, holder="test")

    assert 100 == len(kept(store))
    assert [] == list(store.read(kinds=(Pruned,)))


def test_what_is_too_much_goes_oldest_first(store: Store) -> None:
    append(store, *(decision(number) for number in range(100)))
    size = store.usage().kinds["decision"][1]

    prune(store, {"decision": Limit(at_most_bytes=size // 2)}, holder="test")

    left = [fact.request for fact in kept(store) if isinstance(fact, Decision)]
    assert 48 <= len(left) <= 52
    assert [f"r{number}" for number in range(100 - len(left), 100)] == left
    assert store.usage().kinds["decision"][1] <= size // 2
    assert () == store.verify().problems


def test_a_second_run_goes_on_where_the_first_ended(store: Store) -> None:
    for _ in range(3):
        append(store, *(decision(number) for number in range(60)))
        prune(store, {"decision": NOW}, holder="test")

    assert [] == kept(store)
    assert 3 == len(list(store.read(kinds=(Sealed,))))
    assert () == store.verify().problems
    assert 0 == prune(store, {"decision": NOW}, holder="test").blanked["decision"][0]
    assert 3 == len(list(store.read(kinds=(Pruned,))))


def test_what_incidents_stand_on_stays(store: Store) -> None:
    append(store, *(decision(number) for number in range(10)))
    store.append([(alert("of an incident", "3", "5", "line 7 of a file"), "alert:1"), (alert("of nothing", "4"), None)])
    append(store, Incident(number=1, change="declared", alert="alert:1"))

    prune(store, {"decision": NOW, "alert": NOW}, holder="test")

    assert ["r2", "r4"] == [fact.request for fact in kept(store) if isinstance(fact, Decision)]
    assert ["of an incident"] == [fact.summary for fact in kept(store) if isinstance(fact, Alert)]
    assert () == store.verify().problems


def test_the_newest_run_of_check_and_the_newest_episode_stay(store: Store) -> None:
    finding = OpenFinding("f", "rule", "high", "a.py:1")
    append(store, Checked(root="a", map_hash="1"), Checked(root="b", map_hash="2", open=(finding,)))
    append(store, Checked(root="a", map_hash="3"))
    append(
        store, *(Episode(detection="d", group={"subject": "s"}, state=state) for state in ("open", "closed", "open"))
    )

    prune(store, {"checked": NOW, "episode": NOW}, holder="test")

    assert ["2", "3"] == [fact.map_hash for fact in kept(store) if isinstance(fact, Checked)]
    assert ["open"] == [fact.state for fact in kept(store) if isinstance(fact, Episode)]
    assert [finding] == store.findings()
    assert () == store.verify().problems


def test_what_later_questions_are_about_cannot_be_limited() -> None:
    always: tuple[type[Fact], ...] = (Incident, Step, Evidence, Message, FirstUse, Text)

    assert [] == [kind.kind for kind in always if kind.kind in retention.PRUNABLE]
    assert set(retention.PRUNABLE) < set(KINDS)


def test_a_kill_between_any_two_pieces_leaves_a_journal_that_verifies(store: Store) -> None:
    append(store, *(decision(number) for number in range(400)))
    checkpoint = store.head()

    for _ in pieces(store, {"decision": NOW}, Result()):
        assert () == store.verify(checkpoint).problems
        break
    work = pieces(store, {"decision": NOW}, Result())
    for _ in range(4):
        next(work)
        assert () == store.verify(checkpoint).problems
    work.close()  # type: ignore[attr-defined]  # a generator behind its protocol
    for _ in pieces(store, {"decision": NOW}, Result()):
        assert () == store.verify(checkpoint).problems

    assert [] == kept(store)


def test_a_dry_run_changes_nothing(store: Store) -> None:
    append(store, *(decision(number) for number in range(100)))
    before = store.head()

    result = prune(store, {"decision": NOW}, holder="test", dry_run=True)

    assert 100 == result.blanked["decision"][0]
    assert result.blanked["decision"][1] > 10_000
    assert (before, 100) == (store.head(), len(kept(store)))


def test_one_process_at_a_time_shortens(store: Store) -> None:
    store.lease(retention.LEASE, "somebody else", seconds=60)
    append(store, decision())

    with pytest.raises(IncompleteError):
        prune(store, {"decision": NOW}, holder="test")
    assert not Keeper(store, {"decision": NOW}, holder="test").tick()
    assert 1 == len(kept(store))


def test_a_keeper_works_in_small_pieces_beside_other_work(store: Store) -> None:
    append(store, *(decision(number) for number in range(500)))
    keeper = Keeper(store, {"decision": NOW}, holder="test")

    ticks = 0
    while keeper.tick():
        ticks += 1
        append(store, block(f"b{ticks}"))

    assert ticks > 3
    assert {"block"} == {fact.kind for fact in kept(store)}
    assert not keeper.tick()
    assert () == store.verify().problems


def test_space_goes_back_to_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    store = open_store(f"sqlite:{path}")
    for _ in range(10):
        append(store, *(decision(number) for number in range(300)))
    store.close()
    before = path.stat().st_size

    prune(store, {"decision": NOW}, holder="test")
    store.close()

    assert path.stat().st_size < before / 5
    assert () == store.verify().problems
    store.close()


def test_limits_are_read_from_the_settings(tmp_path: Path) -> None:
    text = "journal: {retention: {decisions: {keep: 30d, at_most: 5GB}, response: {keep: 1h}}}"

    found = limits(settings.parse(text, root=tmp_path))

    assert {"decision": Limit(30 * 86400, 5 * 10**9), "response": Limit(3600, None)} == found


def test_every_limit_that_cannot_be_is_said_at_once(tmp_path: Path) -> None:
    text = "journal: {retention: {decisons: {keep: 1d}, incidents: {keep: 1d}, alerts: {keep: 1d}}}"

    with pytest.raises(SettingsError) as caught:
        limits(settings.parse(text, root=tmp_path))

    assert ["'decisons' is no kind of fact", "incidents are always kept"] == [p.what for p in caught.value.problems]
    assert "did you mean 'decisions'?" == caught.value.fix
