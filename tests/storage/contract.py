"""What every store of facts must do: a new store passes by one subclass with a `store` fixture."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nomoat.errors import CursorMovedError, JournalError
from nomoat.journal.facts import (
    Checked,
    Decision,
    Elevation,
    Fact,
    Incident,
    Logging,
    OpenFinding,
    Pruned,
    Response,
    Revocation,
    Sealed,
    Unknown,
    timestamp,
)
from nomoat.journal.ports import START, CursorMove, Store
from tests.journal.made import any_fact, block, decision, keys

# One test serves every store, so examples of one are not replayed on another.
_on_one_store = settings(
    max_examples=25,
    deadline=None,
    database=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.differing_executors,
    ],
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Later(Fact):
    """A kind that only a newer version knows."""

    kind: ClassVar[str] = "later"
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterResponse(Fact):
    """A known kind in a newer format."""

    kind: ClassVar[str] = "response"
    format: ClassVar[int] = 2
    codes: tuple[int, ...] = ()


def decisions(count: int, first: int = 0) -> list[tuple[Fact, str | None]]:
    return [(decision(number), None) for number in range(first, first + count)]


def requests(store: Store, after: str = START) -> list[str]:
    return [entry.fact.request for entry in store.read(after) if isinstance(entry.fact, Decision)]


class StoreContract:
    """The contract of `nomoat.journal.ports.Store`."""

    @_on_one_store
    @given(facts=st.lists(st.tuples(any_fact, st.none()), max_size=3))
    def test_every_fact_is_read_as_it_was_appended(self, store: Store, facts: list[tuple[Fact, None]]) -> None:
        before = store.head().position

        positions = store.append(facts)

        entries = list(store.read(before))
        assert [fact for fact, _ in facts] == [entry.fact for entry in entries]
        assert positions == [entry.position for entry in entries]
        assert [store.get(entry.position) for entry in entries] == entries
        assert () == store.verify().problems

    def test_an_empty_store_has_nothing_and_verifies(self, store: Store) -> None:
        assert START == store.head().position
        assert [] == list(store.read())
        assert store.get("1") is None
        assert store.find("key") is None
        assert START == store.before(timestamp())
        assert [] == store.append([])
        assert (0, (), False) == (store.verify().facts, store.verify().problems, store.verify().compared)

    @_on_one_store
    @given(named=st.lists(keys, max_size=8))
    def test_a_key_is_in_the_store_once(self, store: Store, named: list[str]) -> None:
        known = {entry.key for entry in store.read()}

        positions = store.append([(decision(), key) for key in named])

        fresh = [key for index, key in enumerate(named) if key not in known and key not in named[:index]]
        assert fresh == [key for key, position in zip(named, positions, strict=True) if position is not None]
        assert all(store.find(key) is not None for key in named)
        assert [] == [position for position in store.append([(decision(), key) for key in named]) if position]

    def test_positions_rise_and_times_never_fall(self, store: Store) -> None:
        for _ in range(3):
            store.append(decisions(4))

        entries = list(store.read())
        assert [str(number) for number in range(1, 13)] == [entry.position for entry in entries]
        assert sorted(entry.recorded_at for entry in entries) == [entry.recorded_at for entry in entries]

    @pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1200])
    def test_reading_gives_every_page(self, store: Store, count: int) -> None:
        store.append(decisions(count))

        assert [f"r{number}" for number in range(count)] == requests(store)

    def test_reading_is_bounded_by_after_upto_kind_and_limit(self, store: Store) -> None:
        store.append([(decision(1), None), (block(), None), (decision(2), None), (decision(3), None)])

        assert ["2", "3", "4"] == [entry.position for entry in store.read("1")]
        assert ["1", "2"] == [entry.position for entry in store.read(upto="2")]
        assert ["1", "3", "4"] == [entry.position for entry in store.read(kinds=(Decision,))]
        assert ["3"] == [entry.position for entry in store.read("1", kinds=[Decision], upto="3")]
        assert ["1", "2"] == [entry.position for entry in store.read(limit=2)]
        assert ["1"] == [entry.position for entry in store.read(kinds=(Decision, Response), limit=1)]
        assert [] == list(store.read(kinds=()))
        assert [] == list(store.read(limit=0))

    def test_kinds_are_merged_in_order_over_pages(self, store: Store) -> None:
        mixed: list[tuple[Fact, str | None]] = [(block(f"b{n}") if n % 3 else decision(n), None) for n in range(1300)]
        store.append([*mixed, (Response(request="r", service="s", target="t", status=200), None)])

        found = [entry.position for entry in store.read(kinds=(Decision, type(block()), Pruned))]
        assert [str(number) for number in range(1, 1301)] == found

    def test_facts_may_be_appended_between_two_entries_of_a_read(self, store: Store) -> None:
        store.append(decisions(3))

        found = []
        for entry in store.read(upto="5"):
            found.append(entry.position)
            store.append(decisions(1))
        assert ["1", "2", "3", "4", "5"][: len(found)] == found
        assert len(found) >= 3

    def test_kinds_and_formats_of_a_newer_version_are_kept_as_they_are(self, store: Store) -> None:
        store.append([(Later(more=("a",)), "k"), (LaterResponse(codes=(1, 2)), None), (decision(), None)])

        first, second, _ = (entry.fact for entry in store.read())
        assert isinstance(first, Unknown) and isinstance(second, Unknown)
        assert ("later", 1, {"more": ["a"]}) == (first.stored_kind, first.stored_format, first.body)
        assert ("response", 2, {"codes": [1, 2]}) == (second.stored_kind, second.stored_format, second.body)
        assert ["later"] == [entry.kind for entry in store.read(kinds=(Unknown,))]
        assert () == store.verify().problems

    def test_an_unknown_fact_cannot_be_appended(self, store: Store) -> None:
        with pytest.raises(JournalError):
            store.append([(Unknown(stored_kind="x", stored_format=1, body={}), None)])

    @pytest.mark.parametrize(
        "bad",
        [
            decision(params={"x": object()}),
            decision(read={"x": float("nan")}),
            block(until="tomorrow"),
            decision(happened_at="\ud800"),
        ],
    )
    def test_one_fact_that_cannot_be_written_leaves_none_of_its_batch(self, store: Store, bad: Fact) -> None:
        with pytest.raises(JournalError):
            store.append([(decision(1), "one"), (bad, None)], cursor=CursorMove("reader", START, "7"))

        assert START == store.head().position
        assert START == store.cursor("reader")
        assert store.find("one") is None

    @pytest.mark.parametrize("text", ["-1", "x", "1.0", "9" * 30, "\u0661"])
    def test_text_that_is_no_position_is_refused(self, store: Store, text: str) -> None:
        with pytest.raises(JournalError):
            list(store.read(text))
        with pytest.raises(JournalError):
            store.get(text)


class CursorContract:
    """A reader's cursor moves with the facts it led to, or not at all."""

    def test_a_cursor_moves_with_its_facts(self, store: Store) -> None:
        store.append(decisions(2))

        store.append([(block(), None)], cursor=CursorMove("watch", START, "2"))

        assert "2" == store.cursor("watch")
        assert START == store.cursor("respond")

    def test_a_cursor_moves_without_facts(self, store: Store) -> None:
        store.append([], cursor=CursorMove("watch", START, "5"))

        assert "5" == store.cursor("watch")

    @_on_one_store
    @given(moves=st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 4), st.integers(0, 4)), max_size=12))
    def test_only_the_reader_that_knows_where_it_stands_moves(
        self, store: Store, moves: Sequence[tuple[str, int, int]]
    ) -> None:
        stands = {name: store.cursor(name) for name in "ab"}
        for name, expected, new in moves:
            count, move = store.head().count, CursorMove(name, str(expected or ""), str(new or ""))
            if stands[name] == move.expected:
                store.append([(decision(), None)], cursor=move)
                stands[name] = move.new
                assert count + 1 == store.head().count
            else:
                with pytest.raises(CursorMovedError):
                    store.append([(decision(), None)], cursor=move)
                assert count == store.head().count
            assert stands[name] == store.cursor(name)

    def test_of_many_readers_with_one_name_one_wins(self, store: Store) -> None:
        won: list[int] = []

        def move(number: int) -> None:
            try:
                store.append([(decision(number), None)], cursor=CursorMove("watch", START, "1"))
            except CursorMovedError:
                return
            won.append(number)

        threads = [threading.Thread(target=move, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [f"r{won[0]}"] == requests(store)


class StandingContract:
    """What is in force is kept with the facts."""

    NOW = "2026-11-24T12:00:00.000000Z"

    def test_a_block_stands_until_its_end(self, store: Store) -> None:
        short = block("short", until="2026-11-24T13:00:00+01:00")
        long = block("long", until="2026-11-24T12:00:01Z")
        store.append([(short, None), (long, None)])

        assert (long,) == store.state(now=self.NOW).blocks
        assert () == store.state(now="2026-11-24T12:00:01.000000Z").blocks
        assert (short, long) == store.state(now="2026-11-24T11:00:00.000000Z").blocks

    def test_a_lifted_block_no_longer_stands_and_can_come_again(self, store: Store) -> None:
        store.append([(block("b"), None), (block("other"), None)])
        store.append([(block("b", lifted=True), None)])
        assert ["other"] == [one.block for one in store.state(now=self.NOW).blocks]

        store.append([(block("b", because="again"), None)])
        assert ["other", "b"] == [one.block for one in store.state(now=self.NOW).blocks]

    def test_revocations_never_end(self, store: Store) -> None:
        late, early = (
            Revocation(what="subject", value="user:main/ana", issued_before=at, because="x", by="kim")
            for at in ("2026-11-24T10:00:00.000000Z", "2026-11-23T10:00:00.000000Z")
        )
        store.append([(late, None), (early, None)])

        assert (late, early) == store.state(now="2999-01-01T00:00:00.000000Z").revocations

    def test_the_newest_logging_of_a_subject_counts(self, store: Store) -> None:
        first = Logging(subject="user:main/ana", until="2100-01-01T00:00:00Z", because="x", by="kim")
        second = Logging(subject="user:main/ana", until="2026-01-01T00:00:00Z", because="enough", by="kim")
        store.append([(first, None)])
        assert (first,) == store.state(now=self.NOW).logging

        store.append([(second, None)])
        assert () == store.state(now=self.NOW).logging

    def test_elevations_stand_for_themselves_until_they_end_or_are_ended(self, store: Store) -> None:
        one, two, over = (
            Elevation(elevation=name, subject="user:main/ana", role="oncall", until=until, because="x", by="kim")
            for name, until in zip("abc", (f"{year}-01-01T00:00:00Z" for year in (2100, 2101, 2026)), strict=True)
        )
        store.append([(one, None), (two, None), (over, None)])
        both = store.state(now=self.NOW).elevations
        store.append([(replace(one, lifted=True), None)])

        assert ((one, two), (two,)) == (both, store.state(now=self.NOW).elevations)

    def test_incidents_are_open_until_they_are_closed(self, store: Store) -> None:
        one, two, ten = (Incident(number=number, change="declared", title=f"no {number}") for number in (1, 2, 10))
        store.append([(ten, None), (one, None), (two, None), (Incident(number=2, change="joined"), None)])
        store.append([(Incident(number=2, change="closed"), None), (Incident(number=1, change="declared"), None)])

        assert [one, ten] == store.incidents(is_open=True)
        assert [two] == store.incidents(is_open=False)
        assert [one, two, ten] == store.incidents()

    def test_findings_are_those_of_the_newest_run_of_each_root(self, store: Store) -> None:
        old, new, other = (OpenFinding(f, "rule", "high", "a.py:1") for f in ("old", "new", "other"))
        store.append([(Checked(root="a", map_hash="", open=(old,)), None)])
        store.append([(Checked(root="b", map_hash="", open=(other,)), None)])
        store.append([(Checked(root="a", map_hash="", open=(new,)), None)])

        assert {new, other} == set(store.findings())

    def test_a_process_lives_until_it_ends(self, store: Store) -> None:
        store.beat("p1", role="guard", service="shop", position="3")
        store.beat("p2", role="watch", service="", position=START)
        store.beat("p1", role="guard", service="shop", position="9")
        store.beat("p2", role="watch", service="", position="4", ended=True)

        first, second = store.processes()
        assert ("p1", "guard", "shop", "9", False, True) == (
            first.id, first.role, first.service, first.position, first.ended, first.live
        )  # fmt: skip
        assert ("p2", "4", True, False) == (second.id, second.position, second.ended, second.live)
        assert first.started_at <= first.seen_at

    def test_a_lease_has_one_holder(self, store: Store) -> None:
        assert store.lease("maintenance", "a", seconds=60)
        assert not store.lease("maintenance", "b", seconds=60)
        assert store.lease("maintenance", "a", seconds=-1)
        assert store.lease("maintenance", "b", seconds=60)
        assert store.lease("other", "a", seconds=60)

    def test_usage_counts_facts_and_bytes_by_kind(self, store: Store) -> None:
        store.append([*decisions(3), (block(), None)])

        kinds = store.usage().kinds
        assert {"decision": 3, "block": 1} == {kind: facts for kind, (facts, _) in kinds.items()}
        assert all(size > 20 for _, size in kinds.values())

    def test_before_finds_the_position_of_a_time(self, store: Store) -> None:
        for number in range(5):
            store.append(decisions(2, number))
        times = [entry.recorded_at for entry in store.read()]

        for at in (*times, "2000-01-01T00:00:00.000000Z", "2999-01-01T00:00:00.000000Z"):
            expected = sum(time < at for time in times)
            assert str(expected or "") == store.before(at)


class ChainContract:
    """The chain tells what a checkpoint can tell, and bodies may go without breaking it."""

    def test_a_checkpoint_is_part_of_what_came_after(self, store: Store) -> None:
        empty = store.head()
        store.append(decisions(3))
        middle = store.head()
        store.append(decisions(2))

        for checkpoint in (empty, middle, store.head()):
            found = store.verify(checkpoint)
            assert ((), True) == (found.problems, found.compared)

    def test_another_stores_checkpoint_does_not_fit(self, store: Store, second: Store) -> None:
        second.append(decisions(1))
        store.append(decisions(1))

        found = store.verify(second.head())
        assert 1 == len(found.problems)
        assert found.compared

    def test_blanked_bodies_verify_where_a_pruned_fact_covers_them(self, store: Store) -> None:
        store.append([*decisions(3), (block(), None)])
        store.append([(Pruned(of="decision", upto="3", count=2, kept=("2",)), None)])

        store.blank(["1", "3"])
        found = store.verify()
        assert ((), 2) == (found.problems, found.blanked)
        assert [None, "r1", None] == [
            entry.fact.request if isinstance(entry.fact, Decision) else None for entry in store.read(kinds=(Decision,))
        ]

        store.blank(["2"])
        assert 1 == len(store.verify().problems)

    def test_blanked_bodies_without_a_pruned_fact_are_reported(self, store: Store) -> None:
        store.append([*decisions(2), (Response(request="r", service="s", target="t", status=200), None)])
        store.append([(Pruned(of="decision", upto="1", count=1), None)])

        store.blank(["1", "2", "3"])

        assert ["position 2", "position 3"] == [text[:10] for text in store.verify().problems]

    def test_a_sealed_segment_verifies_and_gives_its_keys_back(self, store: Store) -> None:
        store.append([(decision(number), f"k{number}") for number in range(6)])
        inside, end = store.verify().checkpoint, store.head()
        store.append([(Pruned(of="decision", upto="6", count=6), None)])
        store.blank([str(number) for number in range(1, 7)])

        position = store.seal("2", "6")

        sealed = store.get(position)
        assert sealed is not None and isinstance(sealed.fact, Sealed)
        assert (("2", "6", 5), end.head) == ((sealed.fact.first, sealed.fact.last, sealed.fact.count), sealed.fact.head)
        assert ["1", "7", "8"] == [entry.position for entry in store.read()]
        assert () == store.verify(end).problems
        assert () == store.verify(inside).problems
        assert [None, "9"] == store.append([(decision(), "k0"), (decision(), "k3")])
        assert () == store.verify().problems

    def test_what_still_has_its_body_cannot_be_sealed(self, store: Store) -> None:
        store.append(decisions(3))
        store.blank(["1", "3"])

        for first, last in (("1", "2"), ("1", "3"), ("3", "4")):
            with pytest.raises(JournalError):
                store.seal(first, last)
        assert ["1", "2", "3"] == [entry.position for entry in store.read()]

    def test_a_checkpoint_inside_a_sealed_segment_says_that_it_cannot_be_compared(self, store: Store) -> None:
        store.append(decisions(2))
        checkpoint = store.head()
        store.append(decisions(3))
        store.append([(Pruned(of="decision", upto="5", count=5), None)])
        store.blank(["1", "2", "3", "4", "5"])
        store.seal("1", "5")

        problems = store.verify(checkpoint).problems

        assert 1 == len(problems)
        assert "sealed" in problems[0]
        assert () == store.verify().problems


class Contract(StoreContract, CursorContract, StandingContract, ChainContract):
    """All of it."""
