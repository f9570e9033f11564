from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from nomoat.errors import JournalError, StorageError
from nomoat.journal import writer as writer_module
from nomoat.journal.facts import Decision, Fact, Gap
from nomoat.journal.journal import open_store
from nomoat.journal.ports import CursorMove, Store
from nomoat.journal.writer import Writer
from nomoat.storage.memory import MemoryStore
from tests.journal.made import block, decision


class StoreThatCanRefuse(MemoryStore):
    """A store whose disk can be full, or slow."""

    def __init__(self) -> None:
        super().__init__()
        self.refuses = False
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.batches: list[int] = []

    def append(
        self,
        facts: Sequence[tuple[Fact, str | None]],
        *,
        cursor: CursorMove | None = None,
        durable: bool = False,
    ) -> list[str | None]:
        assert self.goes_on.wait(30)
        self._refuse()
        self.batches.append(len(facts))
        return super().append(facts, cursor=cursor, durable=durable)

    def beat(self, process: str, *, role: str, service: str, position: str, ended: bool = False) -> None:
        self._refuse()
        super().beat(process, role=role, service=service, position=position, ended=ended)

    def _refuse(self) -> None:
        if self.refuses:
            raise StorageError("cannot write to the store: the disk is full", where="memory:", fix="free some space")


@pytest.fixture
def store() -> StoreThatCanRefuse:
    return StoreThatCanRefuse()


@pytest.fixture
def writer(store: Store) -> Iterator[Writer]:
    writer = Writer(store, role="guard", service="shop", capacity=100)
    yield writer
    if isinstance(store, StoreThatCanRefuse):
        store.refuses = False
        store.goes_on.set()
    writer.close()


def requests(store: Store) -> list[str]:
    return [entry.fact.request for entry in store.read() if isinstance(entry.fact, Decision)]


def until(claim: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not claim():
        assert time.monotonic() < deadline, "it did not become true in 20 s"
        time.sleep(0.005)


def test_what_was_enqueued_is_committed_in_order(store: Store, writer: Writer) -> None:
    for number in range(90):
        assert writer.enqueue(decision(number))
    writer.flush()

    assert [f"r{number}" for number in range(90)] == requests(store)


def test_commit_returns_when_its_facts_are_committed(store: Store, writer: Writer) -> None:
    positions = writer.commit([(block(), "b"), (decision(1), None)], durable=True)

    assert ["1", "2"] == positions
    assert ["1", "2"] == [entry.position for entry in store.read()]
    assert [None] == writer.commit([(block(), "b")])


def test_facts_that_piled_up_share_a_transaction(store: StoreThatCanRefuse, writer: Writer) -> None:
    writer.start()
    store.goes_on.clear()
    writer.enqueue(decision(0))
    until(lambda: not writer._waiting)
    for number in range(1, 40):
        writer.enqueue(decision(number))
    assert 39 == writer.health().waiting
    store.goes_on.set()
    writer.flush()

    assert [1, 39] == store.batches
    assert 40 == len(requests(store))


def test_while_the_writer_is_behind_a_request_waits_for_it(store: StoreThatCanRefuse, writer: Writer) -> None:
    async def run() -> bool:
        waiting = asyncio.ensure_future(writer.keep_pace())
        await asyncio.sleep(0)
        waited = not waiting.done()
        store.goes_on.set()
        await waiting
        return waited

    assert not writer.is_behind
    writer.start()
    store.goes_on.clear()
    writer.enqueue(decision(0))
    until(lambda: writer.is_behind)

    assert asyncio.run(run())
    writer.flush()
    assert not writer.is_behind


def test_many_coroutines_wait_for_their_facts_while_the_loop_goes_on(store: Store, writer: Writer) -> None:
    async def run() -> list[list[str | None]]:
        return await asyncio.gather(*(writer.commit_async([(decision(number), None)]) for number in range(60)))

    positions = asyncio.run(run())

    assert [[str(number)] for number in range(1, 61)] == positions
    assert 60 == len(requests(store))


def test_the_event_loop_is_not_blocked_by_a_slow_store(store: StoreThatCanRefuse, writer: Writer) -> None:
    async def run() -> int:
        store.goes_on.clear()
        waiting = asyncio.ensure_future(writer.commit_async([(decision(), None)]))
        turns = 0
        while turns < 100:
            await asyncio.sleep(0)
            turns += 1
        assert not waiting.done()
        store.goes_on.set()
        await waiting
        return turns

    assert 100 == asyncio.run(run())


def test_a_commit_that_the_store_refuses_raises_and_leaves_nothing(store: StoreThatCanRefuse, writer: Writer) -> None:
    writer.start()
    store.refuses = True

    with pytest.raises(StorageError, match="disk is full"):
        writer.commit([(decision(1), None)])
    with pytest.raises(StorageError, match="disk is full"):
        asyncio.run(writer.commit_async([(decision(2), None)]))
    assert "disk is full" in writer.failure

    store.refuses = False
    until(lambda: not writer.failure)
    writer.commit([(decision(3), None)])
    assert ["r3"] == requests(store)


def test_what_was_enqueued_is_kept_until_the_store_takes_it(store: StoreThatCanRefuse, writer: Writer) -> None:
    writer.start()
    store.refuses = True
    for number in range(5):
        writer.enqueue(decision(number))
    until(lambda: writer.failure)
    assert 5 == writer.health().waiting

    store.refuses = False
    until(lambda: not writer.health().waiting)
    assert [f"r{number}" for number in range(5)] == requests(store)
    assert ("", 0) == (writer.failure, writer.health().lost)


def test_a_store_that_fails_without_traffic_is_noticed(store: StoreThatCanRefuse, writer: Writer) -> None:
    writer.start()
    store.refuses = True

    until(lambda: writer.failure)


def test_a_fact_that_waits_for_over_a_second_is_a_failure(store: StoreThatCanRefuse, writer: Writer) -> None:
    writer.start()
    store.goes_on.clear()
    writer.enqueue(decision())

    until(lambda: "old" in writer.failure)
    assert writer.health().oldest_s > 1
    store.goes_on.set()
    until(lambda: not writer.failure)


def test_more_than_it_holds_is_counted_and_told_as_a_gap(store: StoreThatCanRefuse, writer: Writer) -> None:
    writer.start()
    store.goes_on.clear()
    taken = [writer.enqueue(decision(0))]
    until(lambda: not writer._waiting)
    taken += [writer.enqueue(decision(number)) for number in range(1, 131)]
    assert 131 - sum(taken) == writer.health().lost == 30

    store.goes_on.set()
    writer.flush()
    until(lambda: any(isinstance(entry.fact, Gap) for entry in store.read()))
    (gap,) = (entry.fact for entry in store.read(kinds=(Gap,)))
    assert isinstance(gap, Gap)
    assert (writer.process, "shop", writer.health().lost) == (gap.process, gap.service, gap.lost)
    assert sum(taken) == len(requests(store))


def test_a_fact_that_cannot_be_written_does_not_take_others_with_it(store: StoreThatCanRefuse, writer: Writer) -> None:
    writer.start()
    store.goes_on.clear()
    writer.enqueue(decision(0))
    until(lambda: not writer._waiting)
    for number in range(1, 6):
        writer.enqueue(decision(number, params={"x": object()}) if number == 3 else decision(number))
    store.goes_on.set()
    writer.flush()

    assert ["r0", "r1", "r2", "r4", "r5"] == requests(store)
    assert 1 == writer.health().lost
    with pytest.raises(JournalError):
        writer.commit([(decision(params={"x": object()}), None)])
    assert "" == writer.failure


def test_a_commit_that_takes_too_long_is_withdrawn(store: StoreThatCanRefuse, writer: Writer) -> None:
    writer.start()
    store.goes_on.clear()
    writer.enqueue(decision(0))
    until(lambda: not writer._waiting)

    with pytest.raises(StorageError, match="not committed within"):
        writer.commit([(decision(1), None)], timeout_s=0.01)
    with pytest.raises(StorageError, match="not committed within"):
        asyncio.run(writer.commit_async([(decision(2), None)], timeout_s=0.01))
    store.goes_on.set()
    writer.flush()

    assert ["r0"] == requests(store)


def test_a_process_is_registered_beats_and_ends(store: Store) -> None:
    read = ["7"]
    writer = Writer(store, role="guard", service="shop", position=lambda: read[0])
    writer.start()
    (process,) = store.processes()
    assert (writer.process, "guard", "shop", "7", True) == (
        process.id, process.role, process.service, process.position, process.live
    )  # fmt: skip

    read[0] = "9"
    writer.beat_soon()
    until(lambda: store.processes()[0].position == "9")
    assert store.processes()[0].seen_at > process.seen_at
    writer.close()
    assert (True, False) == (store.processes()[0].ended, store.processes()[0].live)
    writer.close()


def test_closing_commits_what_waits(store: Store) -> None:
    writer = Writer(store, role="guard")
    for number in range(50):
        writer.enqueue(decision(number))

    writer.close()

    assert 50 == len(requests(store))


def test_closing_says_what_could_not_be_committed(store: StoreThatCanRefuse) -> None:
    writer = Writer(store, role="guard")
    writer.start()
    store.refuses = True
    writer.enqueue(decision())

    with pytest.raises(StorageError, match="1 facts could not be committed"):
        writer.close()
    assert not store.processes()[0].ended


def test_a_store_that_cannot_be_written_is_an_error_at_the_start(store: StoreThatCanRefuse) -> None:
    store.refuses = True

    with pytest.raises(StorageError):
        Writer(store, role="guard").start()


_DIES = """
import sys
from nomoat.journal.journal import open_store
from nomoat.journal.writer import Writer
from tests.journal.made import decision
writer = Writer(open_store(sys.argv[1]), role="guard", service="shop")
for number in range(10_000):
    writer.commit([(decision(number), None)])
    print(number, flush=True)
"""


def test_the_next_start_tells_a_gap_of_a_process_that_was_killed(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'journal.db'}"
    process = subprocess.Popen([sys.executable, "-c", _DIES, url], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(20):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    acknowledged = 20 + len(process.stdout.read().split("\n")[:-1])
    process.stdout.close()
    process.wait()
    store = open_store(url)
    (killed,) = store.processes()

    first, second = Writer(store, role="guard"), Writer(store, role="watch")
    for writer in (first, second):
        writer.start()
        writer.close()

    assert len(requests(store)) >= acknowledged
    (gap,) = (entry.fact for entry in store.read(kinds=(Gap,)))
    assert isinstance(gap, Gap)
    assert (killed.id, "shop", killed.seen_at) == (gap.process, gap.service, gap.last_seen_at)
    store.close()


def test_a_process_that_ended_without_closing_still_commits_what_it_enqueued(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'journal.db'}"
    script = _DIES.replace("writer.commit([(decision(number), None)])", "writer.enqueue(decision(number))")
    script = script.replace("10_000", "500")

    subprocess.run([sys.executable, "-c", script, url], stdout=subprocess.DEVNULL, check=True, timeout=60)

    store = open_store(url, create=False)
    assert 500 == len(requests(store))
    assert store.processes()[0].ended
    store.close()


def test_a_forked_child_begins_anew_and_leaves_the_parents_facts_to_the_parent(tmp_path: Path) -> None:
    store = open_store(f"sqlite:{tmp_path / 'journal.db'}")
    writer = Writer(store, role="guard")
    writer.commit([(decision(0), None)])
    for number in range(1, 50):
        writer.enqueue(decision(number))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            writer.commit([(decision(100), None)])
            writer.close()
            os._exit(0)
        except BaseException:
            os._exit(1)
    writer.commit([(decision(50), None)])
    _, status = os.waitpid(child, 0)

    assert 0 == os.waitstatus_to_exitcode(status)
    assert sorted([*(f"r{number}" for number in range(51)), "r100"]) == sorted(requests(store))
    assert 2 == len(store.processes())
    writer.close()
    assert () == store.verify().problems
    store.close()


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "LINGER_S", 3600.0)
    monkeypatch.setattr(writer_module, "BEAT_S", 3600.0)


@pytest.mark.usefixtures("unhurried")
def test_facts_that_nobody_waits_for_share_a_transaction(writer: Writer, store: StoreThatCanRefuse) -> None:
    writer.start()
    for number in range(60):
        writer.enqueue(decision(number))

    writer.flush()
    assert 60 == sum(store.batches)
    # The first may have gone alone, before the thread was at rest.
    assert len(store.batches) <= 2


@pytest.mark.usefixtures("unhurried")
def test_nobody_who_waits_is_kept_waiting_by_those_that_do_not(writer: Writer, store: StoreThatCanRefuse) -> None:
    writer.start()
    for number in range(20):
        writer.enqueue(decision(number))
        assert [f"{2 * number + 2}"] == writer.commit([(decision(100 + number), None)])

    assert 40 == sum(store.batches)


@pytest.mark.usefixtures("unhurried")
def test_more_than_one_transaction_takes_goes_on_at_once(store: StoreThatCanRefuse) -> None:
    writer = Writer(store, role="guard", service="shop")
    store.goes_on.clear()
    writer.start()
    for number in range(2 * writer_module.BATCH):
        writer.enqueue(decision(number))
    threading.Timer(0.2, store.goes_on.set).start()

    writer.commit([(decision(1), None)])
    assert 2 * writer_module.BATCH + 1 == sum(store.batches)
    writer.close()


@pytest.mark.usefixtures("unhurried")
def test_an_end_waits_for_no_others(writer: Writer, store: StoreThatCanRefuse) -> None:
    writer.start()
    writer.enqueue(decision(1))
    writer.close()

    assert 1 == sum(store.batches)
