"""Many processes, forks and kills on one server: nothing acknowledged is lost, nothing is doubled, all in order."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections import Counter
from collections.abc import Iterator

import psycopg
import pytest

from nomoat.errors import StorageError
from nomoat.journal.facts import Decision
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from tests.journal.made import decision
from tests.storage import server
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
def url() -> Iterator[str]:
    with server.schema() as url:
        yield url


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
def test_a_killed_writer_loses_nothing_it_acknowledged(url: str, store: Store, durable: bool) -> None:
    for round_ in range(3):
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


def test_a_stopped_process_stops_nobody_else(url: str, store: Store) -> None:
    """It holds no lock while it sleeps, wherever in its work it fell asleep."""
    writers = [_writer(url, f"w{number}", batch=5, count=5 * 5000) for number in range(2)]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.readline()
    for _ in range(10):
        writers[0].send_signal(signal.SIGSTOP)
        assert [None] != store.append(decisions(1))
        writers[0].send_signal(signal.SIGCONT)
        time.sleep(random.uniform(0.0, 0.01))
    for writer in writers:
        writer.kill()
        writer.communicate()

    assert () == store.verify().problems


def test_a_follower_sees_every_position_in_order_whatever_each_commit_takes(url: str, store: Store) -> None:
    """Each transaction sleeps for a random time before it commits, and some are rolled back then."""
    name = server.schema_of(url)
    server.ask(
        f"CREATE FUNCTION {name}.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(random() * 0.01);"
        "IF random() < 0.1 THEN RAISE EXCEPTION 'not this time' USING ERRCODE = '57014'; END IF; RETURN NEW; END $$"
    )
    server.ask(
        f"CREATE CONSTRAINT TRIGGER slow AFTER INSERT OR UPDATE ON {name}.batches DEFERRABLE INITIALLY DEFERRED "
        f"FOR EACH ROW EXECUTE FUNCTION {name}.slow()"
    )
    written: Counter[str] = Counter()

    def write(number: int) -> None:
        with contextlib.closing(open_store(url)) as own:
            for index in range(40):
                batch = [(decision(request=f"w{number}-{index}-{part}"), None) for part in range(1 + index % 3)]
                with contextlib.suppress(StorageError):
                    own.append(batch)
                    written.update(fact.request for fact, _ in batch)

    followed: list[list[str]] = [[], []]
    done = threading.Event()

    def follow(seen: list[str], kinds: tuple[type[Decision], ...] | None) -> None:
        with contextlib.closing(open_store(url)) as own:
            position = ""
            while True:
                is_last = done.is_set()
                for entry in own.read(position, kinds=kinds):
                    position = entry.position
                    seen.append(position)
                if is_last:
                    return

    writers = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    followers = [
        threading.Thread(target=follow, args=(followed[0], (Decision,))),
        threading.Thread(target=follow, args=(followed[1], None)),
    ]
    for thread in (*writers, *followers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in followers:
        thread.join()

    every = [str(number) for number in range(1, store.head().count + 1)]
    assert [every, every] == followed
    assert written == Counter(requests(store))
    server.ask(f"DROP FUNCTION {name}.slow() CASCADE")
    assert () == store.verify().problems


def test_a_fork_opens_the_store_anew_in_both(store: Store) -> None:
    store.append(decisions(1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        children = [os.fork()]
    if children[0] == 0:
        with contextlib.suppress(BaseException):
            store.append(decisions(50, 1))
            store.close()
            os._exit(0 if len(requests(store)) >= 51 else 1)
        os._exit(2)
    store.append(decisions(50, 51))
    _, status = os.waitpid(children[0], 0)

    assert 0 == os.waitstatus_to_exitcode(status)
    assert Counter(f"r{number}" for number in range(101)) == Counter(requests(store))
    assert () == store.verify().problems


def test_a_child_that_ends_as_any_interpreter_does_ends_nothing_of_its_parents(url: str) -> None:
    script = """
import gc, os, sys
from nomoat.journal.journal import open_store
from tests.journal.made import decision
store = open_store(sys.argv[1])
store.append([(decision(), None)])
child = os.fork()
if child == 0:
    gc.collect()
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
assert store.append([(decision(), None)]) == ["2"]
store.close()
"""
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", script, url]
    found = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (0, "") == (found.returncode, found.stderr)


def test_forks_beside_threads_that_write_harm_neither(store: Store) -> None:
    stop = threading.Event()
    written = []

    def write(name: str) -> None:
        number = 0
        while not stop.is_set():
            store.append([(decision(request=f"{name}-{number}"), None)])
            written.append(f"{name}-{number}")
            number += 1

    threads = [threading.Thread(target=write, args=(f"t{number}",)) for number in range(2)]
    for thread in threads:
        thread.start()
    codes = []
    try:
        for number in range(5):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                child = os.fork()
            if child == 0:
                with contextlib.suppress(BaseException):
                    store.append([(decision(request=f"child{number}"), None)])
                    os._exit(0)
                os._exit(1)
            codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    finally:
        stop.set()
        for thread in threads:
            thread.join()

    assert [0] * 5 == codes
    assert Counter([*written, *(f"child{number}" for number in range(5))]) == Counter(requests(store))
    assert () == store.verify().problems


def test_threads_of_one_process_share_two_connections(url: str, store: Store) -> None:
    def write(first: int) -> None:
        for number in range(25):
            store.append(decisions(1, first + number))
            store.head()

    threads = [threading.Thread(target=write, args=(number * 25,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(f"r{number}" for number in range(100)) == Counter(requests(store))
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
    assert [(2,)] == server.ask(query, f"nomoat/{server.schema_of(url)}")


def test_nothing_stays_open_between_the_pages_of_a_reader(url: str, store: Store) -> None:
    store.append(decisions(1200))
    for number, _ in enumerate(store.read()):
        if number == 600:
            break
    store.verify()

    query = "SELECT DISTINCT state FROM pg_stat_activity WHERE application_name = %s"
    assert [("idle",)] == server.ask(query, f"nomoat/{server.schema_of(url)}")


def test_hosts_whose_clocks_differ_have_one_time(url: str, store: Store) -> None:
    """The time is the server's; what happened keeps the time of its source."""
    with psycopg.connect(server.ADDRESS) as other:
        (before,) = other.execute("SELECT now()").fetchone() or (None,)
    store.append([(decision(happened_at="2000-01-01T00:00:00.000000Z"), None)])

    (entry,) = store.read()
    assert isinstance(entry.fact, Decision)
    assert "2000-01-01T00:00:00.000000Z" == entry.fact.happened_at
    assert before is not None and entry.recorded_at > f"{before:%Y-%m-%d}"
