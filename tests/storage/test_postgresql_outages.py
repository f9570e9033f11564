"""The server goes away, freezes or loses an answer: nothing is lost, nothing doubled, nobody waits for ever."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from nomoat.errors import CursorMovedError, JournalError, StorageError
from nomoat.journal.facts import Decision
from nomoat.journal.journal import open_store
from nomoat.journal.ports import START, CursorMove
from nomoat.journal.writer import Writer
from nomoat.storage import postgresql_place
from nomoat.storage.postgresql_session import Limits
from nomoat.storage.postgresql_store import PostgreSQLStore
from tests.journal.made import block, decision
from tests.storage import server
from tests.storage.contract import decisions, requests
from tests.storage.line import Line

SHORT = Limits(lock_s=0.2, statement_s=0.6, answer_s=1.0, again_s=0.3)


@pytest.fixture
def url() -> Iterator[str]:
    with server.schema() as url:
        open_store(url).close()
        yield url


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.close()


@contextmanager
def opened(url: str, limits: Limits | None = None) -> Iterator[PostgreSQLStore]:
    with closing(PostgreSQLStore(postgresql_place.read(url), create=False, limits=limits or Limits())) as store:
        yield store


@contextmanager
def head_locked(url: str) -> Iterator[None]:
    """Somebody's own session holds the head of the chain."""
    with psycopg.connect(server.ADDRESS) as other:
        other.execute(f"SELECT FROM {server.schema_of(url)}.store FOR UPDATE")
        yield


def test_a_connection_that_was_ended_is_opened_again(url: str) -> None:
    with opened(url) as store:
        store.append(decisions(2))
        server.end_sessions(url)
        assert ["r0", "r1"] == requests(store)

        server.end_sessions(url)
        store.append(decisions(1, 2))
        assert ["r0", "r1", "r2"] == requests(store)


def test_sessions_that_are_ended_at_any_moment_neither_lose_nor_double(url: str) -> None:
    stop, connected = threading.Event(), threading.Barrier(4)
    written: Counter[str] = Counter()

    def write(name: str) -> None:
        with opened(url) as store:
            number = 0
            while not stop.is_set():
                if number == 1:
                    connected.wait(30)
                # Without a key: nothing but the number of its batch tells a second try from a second fact.
                batch = [(decision(request=f"{name}-{number}-{index}"), None) for index in range(3)]
                assert [None] != store.append(batch)
                written.update(fact.request for fact, _ in batch)
                number += 1

    threads = [threading.Thread(target=write, args=(f"w{number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    connected.wait(30)
    for _ in range(40):
        time.sleep(0.02)
        server.end_sessions(url)
    stop.set()
    for thread in threads:
        thread.join()

    with opened(url) as store:
        assert written == Counter(requests(store))
        assert () == store.verify().problems


def test_an_answer_that_was_lost_is_asked_for_again(url: str, line: Line) -> None:
    with opened(line.url(url)) as store:
        store.append(decisions(1))
        line.losing = 1

        positions = store.append([*decisions(2, 1), (decision(3), "k")], cursor=CursorMove("watch", START, "1"))

        assert ["2", "3", "4"] == positions
        assert ["r0", "r1", "r2", "r3"] == requests(store)
        assert "1" == store.cursor("watch")


def test_a_batch_that_was_given_up_and_is_committed_after_all_is_not_doubled(url: str, line: Line) -> None:
    with opened(line.url(url), SHORT) as store:
        store.append(decisions(1))
        line.losing, line.is_refusing = 1, True
        given = decisions(3, 1)
        with pytest.raises(StorageError):
            store.append(given)

        line.is_refusing = False
        again = store.append([given[0], *given[1:], *decisions(1, 4)])

        assert ["2", "3", "4", "5"] == again
        assert [f"r{number}" for number in range(5)] == requests(store)
        # Handed over once more it is meant: what was looked up is forgotten.
        assert ["6"] == store.append(given[:1])
        assert () == store.verify().problems


def test_a_batch_that_was_given_up_never_comes_later(url: str, line: Line) -> None:
    with opened(url) as other, opened(line.url(url), Limits(answer_s=0.2, again_s=0.2)) as store:
        store.append(decisions(1))
        with head_locked(url):
            with pytest.raises(StorageError):
                store.append(decisions(1, 1))
            waiting = (
                f"SELECT count(*) FROM pg_stat_activity WHERE application_name = 'nomoat/{server.schema_of(url)}' "
            )
            waiting += "AND wait_event_type = 'Lock'"
            assert server.ask(waiting)[0][0]
        # Those that still waited for the lock have had their turn now.
        while server.ask(waiting)[0][0]:
            time.sleep(0.01)
        positions = store.append(decisions(1, 2))

        kept = requests(other)
        assert kept in (["r0", "r2"], ["r0", "r1", "r2"])
        assert [str(len(kept))] == positions
        assert () == other.verify().problems


def test_a_writer_goes_on_where_the_server_comes_back(url: str, line: Line) -> None:
    with opened(line.url(url), SHORT) as store:
        writer = Writer(store, role="guard", service="shop")
        writer.start()
        writer.commit(decisions(1))
        line.is_refusing = True
        line.cut()
        for number in range(1, 20):
            writer.enqueue(decision(number))
        with pytest.raises(StorageError):
            writer.commit(decisions(1, 99), timeout_s=2)
        assert writer.failure

        line.is_refusing = False
        deadline = time.monotonic() + 20
        while writer.failure and time.monotonic() < deadline:
            time.sleep(0.05)
        writer.close()

        assert Counter(f"r{number}" for number in range(20)) == Counter(requests(store))
        assert () == store.verify().problems


@pytest.mark.parametrize("verb", ["read", "write"])
def test_a_server_that_is_frozen_is_not_waited_for_for_ever(url: str, line: Line, verb: str) -> None:
    with opened(line.url(url), SHORT) as store:
        store.append(decisions(1))
        store.head()
        line.is_frozen = True

        with pytest.raises(StorageError) as found:
            store.append(decisions(1, 1)) if verb == "write" else store.head()

        assert found.value.fix
        line.is_frozen = False
        line.cut()
        assert store.head().count in (1, 2)


def test_a_head_that_somebody_keeps_locked_is_said(url: str) -> None:
    with opened(url, SHORT) as store:
        with head_locked(url), pytest.raises(StorageError) as found:
            store.append(decisions(1))

        assert "kept it locked" in found.value.what
        assert "pg_stat_activity" in found.value.fix
        assert ["1"] == store.append(decisions(1))


def test_a_server_that_is_not_there_is_said(line: Line) -> None:
    url = line.url(f"{server.ADDRESS}?schema=nomoat")
    line.close()

    with pytest.raises(StorageError) as found:
        open_store(url)

    assert "cannot open the store" in found.value.what
    assert url == found.value.where
    assert found.value.fix


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({":5432/test": ":5432/no_such_database"}, "no_such_database"),
        ({"postgres@": "no_such_role@"}, "no_such_role"),
    ],
)
def test_what_the_server_refuses_is_said(url: str, changed: dict[str, str], said: str) -> None:
    for old, new in changed.items():
        url = url.replace(old, new)

    with pytest.raises(StorageError) as found:
        open_store(url)

    assert said in found.value.what


@contextmanager
def failing(url: str, code: str, times: int) -> Iterator[None]:
    """The next writes fail in the server, in the middle of their transaction."""
    name = server.schema_of(url)
    server.ask(f"CREATE SEQUENCE {name}.tries")
    server.ask(
        f"CREATE FUNCTION {name}.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF nextval('{name}.tries') <= {times} THEN RAISE EXCEPTION 'not now' USING ERRCODE = '{code}'; END IF; "
        "RETURN NEW; END $$"
    )
    server.ask(f"CREATE TRIGGER fails BEFORE INSERT ON {name}.batches FOR EACH ROW EXECUTE FUNCTION {name}.fail()")
    yield
    server.ask(f"DROP FUNCTION {name}.fail() CASCADE")
    server.ask(f"DROP SEQUENCE {name}.tries")


@pytest.mark.parametrize("code", ["40001", "40P01"])
def test_what_the_server_asks_to_try_again_is_tried_again(url: str, code: str) -> None:
    with opened(url) as store, failing(url, code, times=3):
        assert ["1"] == store.append(decisions(1))
    with opened(url) as store:
        with failing(url, code, times=99), pytest.raises(StorageError):
            store.append(decisions(1))

        assert ["r0"] == requests(store)


@pytest.mark.parametrize(
    ("code", "said"),
    [("53100", "disk is full"), ("53200", "short of memory"), ("58030", "disk refuses"), ("XX001", "is damaged")],
)
def test_a_server_that_cannot_write_is_said_and_facts_wait_until_it_can(url: str, code: str, said: str) -> None:
    with opened(url) as store:
        writer = Writer(store, role="guard")
        writer.start()
        with failing(url, code, times=3):
            writer.enqueue(decision(0))
            deadline = time.monotonic() + 20
            while not writer.failure and time.monotonic() < deadline:
                time.sleep(0.001)
            failure = writer.failure
            while writer.failure and time.monotonic() < deadline:
                time.sleep(0.01)
            writer.close(timeout_s=20)

        assert said in failure
        assert ["r0"] == requests(store)
        assert () == store.verify().problems


def test_a_read_only_server_is_said_and_can_be_read(url: str) -> None:
    with opened(url) as store:
        store.append(decisions(1))
        server.ask("CREATE ROLE nomoat_tests_reading LOGIN")
        try:
            server.ask("ALTER ROLE nomoat_tests_reading SET default_transaction_read_only = on")
            for kind in ("USAGE ON", "SELECT ON ALL TABLES IN", "EXECUTE ON ALL FUNCTIONS IN"):
                server.ask(f"GRANT {kind} SCHEMA {server.schema_of(url)} TO nomoat_tests_reading")
            with opened(url.replace("postgres@", "nomoat_tests_reading@")) as standby:
                assert ["r0"] == requests(standby)
                assert () == standby.verify().problems
                with pytest.raises(StorageError) as found:
                    standby.append(decisions(1))
        finally:
            server.ask("DROP OWNED BY nomoat_tests_reading")
            server.ask("DROP ROLE nomoat_tests_reading")

    assert "read-only" in found.value.what
    assert "primary" in found.value.fix


def test_a_store_that_is_not_there_is_not_made_by_reading() -> None:
    with server.schema() as url:
        with pytest.raises(StorageError) as found:
            open_store(url, create=False)
        assert "no journal" in found.value.what
        assert [(0,)] == server.ask("SELECT count(*) FROM pg_namespace WHERE nspname = %s", server.schema_of(url))


def test_a_newer_store_and_one_that_is_none_are_said(url: str) -> None:
    server.ask(f"UPDATE {server.schema_of(url)}.store SET format = 2")
    with pytest.raises(StorageError, match="newer than this nomoat"):
        open_store(url)

    server.ask(f"ALTER TABLE {server.schema_of(url)}.store DROP COLUMN format")
    with pytest.raises(StorageError, match="is no store of nomoat"):
        open_store(url)


def test_another_store_in_the_place_of_the_one_that_is_open_takes_no_facts(url: str) -> None:
    with opened(url) as store:
        store.append(decisions(1))
        server.ask(f"DROP SCHEMA {server.schema_of(url)} CASCADE")
        with pytest.raises(StorageError):
            store.append(decisions(1))
        open_store(url).close()

        with pytest.raises(StorageError, match="in the place of this one"):
            store.append(decisions(1))


def test_a_server_elsewhere_that_speaks_no_tls_is_not_spoken_to(url: str) -> None:
    """The name of a host that is none of this machine's names for itself, though it leads here."""
    with pytest.raises(StorageError) as found:
        open_store(url.replace("@127.0.0.1:", "@0.0.0.0:"))

    assert "SSL" in found.value.what


def test_the_environment_leads_nowhere_else(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOSTADDR", "127.0.0.1,127.0.0.2")
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGOPTIONS", "-c search_path=none")
    monkeypatch.setenv("PGDATABASE", "none")
    with opened(url) as store:
        store.append(decisions(1))

        assert ["r0"] == requests(store)


def test_a_password_that_is_not_there_is_said_and_facts_wait_for_it(url: str, tmp_path: Path) -> None:
    kept = tmp_path / "password"
    kept.write_text("any")
    with opened(f"{url}&password=file:{kept}") as store:
        writer = Writer(store, role="guard")
        writer.start()
        writer.commit(decisions(1))
        kept.unlink()
        server.end_sessions(url)
        writer.enqueue(decision(1))
        with pytest.raises(StorageError, match="cannot read the secret file"):
            writer.commit(decisions(1, 2))
        kept.write_text("another")
        deadline = time.monotonic() + 20
        while writer.failure and time.monotonic() < deadline:
            time.sleep(0.05)
        writer.close()

        assert ["r0", "r1"] == requests(store)


def test_a_head_that_contradicts_the_facts_is_the_stores_fault(url: str) -> None:
    with opened(url) as store:
        store.append(decisions(3))
        server.ask(f"UPDATE {server.schema_of(url)}.store SET position = 1")

        with pytest.raises(StorageError, match="contradicts itself"):
            store.append(decisions(1))


@pytest.mark.parametrize("bad", [decision(happened_at="a\0b"), block(value="x" * 20_000, name="n\0" * 9_000)])
def test_what_postgresql_cannot_keep_harms_no_other_fact(url: str, bad: Decision) -> None:
    with opened(url) as store:
        writer = Writer(store, role="guard")
        writer.start()
        writer.enqueue(bad)
        writer.commit(decisions(1))
        writer.close()

        assert ["r0"] == requests(store)
        assert () == store.verify().problems


def test_a_key_of_any_length_is_a_key(url: str) -> None:
    with opened(url) as store:
        store.append([(decision(), "k" * 100_000)])

        assert [None] == store.append([(decision(), "k" * 100_000)])
        assert store.find("k" * 99_999) is None


def test_a_fact_that_cannot_be_written_is_no_fault_of_the_store(url: str) -> None:
    with opened(url) as store, pytest.raises(JournalError) as found:
        store.append([(decision(happened_at="a\0b"), None)])

    assert not isinstance(found.value, StorageError)


def test_a_cursor_that_moved_says_where_it_stands(url: str) -> None:
    with opened(url) as store:
        store.append([], cursor=CursorMove("watch", START, "5"))

        with pytest.raises(CursorMovedError, match="'watch' is at '5', not at '3'"):
            store.append([], cursor=CursorMove("watch", "3", "6"))


def test_without_the_driver_it_is_said_what_to_install() -> None:
    script = """
import sys
class Without:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "psycopg":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Without())
from nomoat.errors import StorageError
from nomoat.journal.journal import open_store
try:
    open_store("postgresql://shop@127.0.0.1/shop")
except StorageError as error:
    print(error)
"""
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert (
        "error: a store in PostgreSQL needs the driver psycopg 3, which is not installed here\n"
        "  --> postgresql://shop@127.0.0.1/shop\n"
        "  fix: pip install 'nomoat[postgres]'\n"
    ) == found.stdout
