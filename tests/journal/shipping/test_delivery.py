from __future__ import annotations

from collections.abc import Sequence

import pytest

from nomoat.errors import CursorMovedError
from nomoat.journal.journal import open_store
from nomoat.journal.ports import START
from nomoat.journal.shipping.delivery import Bookmark, Delivery, Patience
from nomoat.journal.shipping.ports import RefusedError, UndeliveredError
from nomoat.journal.shipping.records import Record
from tests.journal.made import decision
from tests.journal.shipping.made import record


class Moody:
    """A receiver that fails as it is told before it takes a batch."""

    def __init__(self, *errors: Exception, complaint: str = "") -> None:
        self._errors = list(errors)
        self._complaint = complaint
        self.taken: list[str] = []
        self.name = "moody"

    def take(self, batch: Sequence[Record]) -> str:
        if self._errors:
            raise self._errors.pop(0)
        self.taken.extend(one.position for one in batch)
        return self._complaint

    def close(self) -> None:
        pass


class Time:
    """A clock that goes on by sleeping alone."""

    def __init__(self, whole_s: float | None = None) -> None:
        self.now, self.waits = 0.0, list[float]()
        self.patience = Patience(whole_s, self.sleep, lambda: self.now, lambda: 1.0)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


BATCH = [record(decision(1), 1), record(decision(2), 2)]


def test_a_batch_is_tried_until_it_is_taken_with_doubled_waits_or_what_was_asked_for() -> None:
    said, time = list[str](), Time()
    down = [UndeliveredError("down", where="there") for _ in range(9)]
    receiver = Moody(*down, UndeliveredError("busy", retry_after_s=120.0))

    Delivery(receiver, said.append, time.patience).bring(BATCH)
    assert ["1", "2"] == receiver.taken
    assert [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0, 120.0] == time.waits
    # The same trouble is told once a minute, and its end.
    assert "down: there; the facts from position 1 on wait" == said[0]
    assert ("moody takes facts again, from position 1 on", 4) == (said[-1], len(said))


def test_patience_that_ends_is_an_error_and_nothing_is_taken() -> None:
    time = Time(whole_s=10.0)

    with pytest.raises(UndeliveredError):
        Delivery(Moody(*[UndeliveredError("down")] * 99), lambda _: None, time.patience).bring(BATCH)
    assert time.now <= 10.0


def test_what_is_refused_for_good_is_not_tried_again_and_a_refused_part_is_told() -> None:
    said = list[str]()

    with pytest.raises(RefusedError):
        Delivery(Moody(RefusedError("no")), said.append, Time().patience).bring(BATCH)
    delivery = Delivery(Moody(complaint="1 records refused: too old"), said.append, Time().patience)
    delivery.bring(BATCH)
    delivery.bring([])
    assert ["of the facts 1 to 2: 1 records refused: too old"] == said
    assert ["1 records refused: too old"] == delivery.refused


def test_a_bookmark_is_kept_in_the_store_and_belongs_to_one_follower() -> None:
    store = open_store("memory:")
    store.append([(decision(number), None) for number in range(5)])
    one, two, unnamed = Bookmark(store, "siem"), Bookmark(store, "siem"), Bookmark(store, "", begin="4")

    one.move("2")
    assert ("2", START, "4") == (Bookmark(store, "siem").position, two.position, unnamed.position)
    for act in (two.check, lambda: two.move("3")):
        with pytest.raises(CursorMovedError, match="another follower is called siem"):
            act()
    unnamed.check()
    unnamed.move("5")
    one.check()
    # Where it begins counts for a new name alone.
    assert ("2", "3") == (Bookmark(store, "siem", begin="3").position, Bookmark(store, "new", begin="3").position)
    begun = Bookmark(store, "new", begin="3")
    begun.move("4")
    assert "4" == Bookmark(store, "new").position
    store.close()


def test_a_receiver_that_asks_for_no_pause_is_given_one() -> None:
    time = Time()

    Delivery(Moody(*[UndeliveredError("busy", retry_after_s=0.0)] * 3), lambda _: None, time.patience).bring(BATCH)
    assert [0.25, 0.25, 0.25] == time.waits
