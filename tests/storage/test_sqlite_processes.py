"""Many processes, forks and kills: nothing acknowledged is lost, nothing is doubled."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from nomoat.journal.facts import Decision
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from tests.journal.made import decision
from tests.storage.contract import decisions, requests

_WRITER = """
import sys
from nomoat.journal.journal import open_store
from tests.journal.made import decision
url, name, batch, count, durable = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5] == "full"
store = open_store(url)
for start in range(0, count, batch):
    names = [f"{name}-{number}" for number in range(start, start + batch)]
    store.append([(decision(request=one), one) for one in names], durable=durable)
    print(start + batch, flush=True)
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:{tmp_path / 'journal.db'}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = open_store(url)
    yield store
    store.close()


def _writer(url: str, name: str, *, batch: int, count: int, durable: bool = False) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _WRITER, url, name, str(batch), str(count), "full" if durable else "normal"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_that_make_and_write_one_store_at_once_lose_nothing(url: str) -> None:
    writers = [_writer(url, f"w{number}", batch=10, count=100) for number in range(4)]
    for writer in writers:
        writer.communicate(timeout=60)

    assert [0, 0, 0, 0] == [writer.returncode for writer in writers]
    store = open_store(url, create=False)
    expected = {f"w{writer}-{number}" for writer in range(4) for number in range(100)}
    assert Counter(expected) == Counter(requests(store))
    for name in range(4):
        own = [request for request in requests(store) if request.startswith(f"w{name}-")]
        assert [f"w{name}-{number}" for number in range(100)] == own
    assert () == store.verify().problems
    store.close()


@pytest.mark.parametrize("durable", [False, True], ids=["normal", "durable"])
def test_a_killed_writer_loses_nothing_it_acknowledged(url: str, durable: bool) -> None:
    """Five kills: each run goes on where the last was acknowledged, with the same keys."""
    store = open_store(url)
    for round_ in range(5):
        name = f"w{round_}"
        writer = _writer(url, name, batch=7, count=7 * 5000, durable=durable)
        assert writer.stdout is not None
        for _ in range(3 + round_ * 5):
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        acknowledged = max([7 * (3 + round_ * 5), *map(int, writer.stdout.read().split("\n")[:-1])])
        writer.stdout.close()
        assert -signal.SIGKILL == writer.wait()

        own = [request for request in requests(store) if request.startswith(f"{name}-")]
        assert [f"{name}-{number}" for number in range(len(own))] == own
        assert len(own) >= acknowledged
        assert 0 == len(own) % 7
    assert () == store.verify().problems
    store.close()


def test_a_fork_opens_the_store_anew_in_both(store: Store) -> None:
    store.append(decisions(1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            store.append(decisions(50, 1))
            os._exit(0 if len(requests(store)) >= 51 else 1)
        os._exit(2)
    store.append(decisions(50, 51))
    _, status = os.waitpid(child, 0)

    assert 0 == os.waitstatus_to_exitcode(status)
    assert Counter(f"r{number}" for number in range(101)) == Counter(requests(store))
    assert () == store.verify().problems


def test_a_fork_beside_threads_that_write_harms_neither(store: Store) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            store.append([(decision(), None)])

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        children = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            for number in range(5):
                child = multiprocessing.get_context("fork").Process(target=_append_as, args=(store, f"child{number}"))
                child.start()
                children.append(child)
        for child in children:
            child.join(30)
    finally:
        stop.set()
        for thread in threads:
            thread.join()

    assert [0] * 5 == [child.exitcode for child in children]
    assert {f"child{number}" for number in range(5)} == {request for request in requests(store) if request != "r0"}
    assert () == store.verify().problems


def test_threads_that_fork_at_once_do_not_wait_for_one_another_for_ever(store: Store) -> None:
    store.append(decisions(1))
    ended: list[int] = []

    def fork(number: int) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                _append_as(store, f"child{number}")
                os._exit(0)
            os._exit(1)
        ended.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

    threads = [threading.Thread(target=fork, args=(number,), daemon=True) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert [0] * 8 == ended
    assert {"r0", *(f"child{number}" for number in range(8))} == set(requests(store))


def test_nothing_is_open_while_a_process_forks(store: Store) -> None:
    """A child that inherited SQLite's table of locks would believe to hold locks that it does not hold."""
    store.append(decisions(1))
    path = store.url.partition(":")[2]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            inherited = [str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
            os._exit(1 if any(name.startswith(path) for name in inherited) else 0)
        os._exit(2)
    _, status = os.waitpid(child, 0)

    assert 0 == os.waitstatus_to_exitcode(status)


def _append_as(store: Store, name: str) -> None:
    store.append([(decision(request=name), None)])


def test_threads_of_one_process_share_a_store(store: Store) -> None:
    def write(first: int) -> None:
        for number in range(25):
            store.append(decisions(1, first + number))

    threads = [threading.Thread(target=write, args=(number * 25,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(f"r{number}" for number in range(100)) == Counter(requests(store))


def test_a_reader_that_follows_sees_every_fact_once_and_in_order(url: str, store: Store) -> None:
    writers = [_writer(url, f"w{number}", batch=3, count=150) for number in range(2)]
    seen: list[str] = []
    position, deadline = "", time.monotonic() + 60
    while len(seen) < 300 and time.monotonic() < deadline:
        for entry in store.read(position, kinds=(Decision,)):
            position = entry.position
            seen.append(position)
    for writer in writers:
        writer.communicate(timeout=60)

    assert [str(number) for number in range(1, 301)] == seen


def test_waiting_for_the_store_leaves_the_callers_random_numbers_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    store = open_store(f"sqlite:{path}")
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    ending = threading.Timer(0.05, other.execute, ("COMMIT",))
    ending.start()
    before = random.getstate()

    store.append([(decision(), None)])

    ending.join()
    assert random.getstate() == before
    other.close()
    store.close()
