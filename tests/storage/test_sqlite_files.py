"""The file of a SQLite store: who may use it, and what is said when it cannot be used."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from nomoat.errors import SettingsError, StorageError
from nomoat.journal.facts import timestamp
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from nomoat.storage.sqlite import SQLiteStore
from tests.journal.made import block, decision
from tests.storage.contract import decisions, requests

NOBODY = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:{path}")
    yield store
    store.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_store_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "state" / "journal.db"
    store = open_store(f"sqlite:{path}")
    store.append(decisions(1))

    assert 0o700 == mode(path.parent)
    assert {"journal.db": 0o600, "journal.db-wal": 0o600, "journal.db-shm": 0o600} == {
        file.name: mode(file) for file in path.parent.iterdir()
    }
    store.close()


def test_a_store_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / ".nomoat" / "state" / "journal.db"
    open_store(f"sqlite:{path}").close()
    path.chmod(0o644)
    path.parent.chmod(0o755)

    open_store(f"sqlite:{path}").close()

    assert (0o600, 0o700) == (mode(path), mode(path.parent))


def test_a_folder_that_is_not_ours_keeps_its_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    open_store(f"sqlite:{tmp_path / 'journal.db'}").close()

    assert 0o755 == mode(tmp_path)


def test_a_store_gives_space_back_from_the_first_file_on(path: Path, store: Store) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert (2,) == connection.execute("PRAGMA auto_vacuum").fetchone()
        assert ("wal",) == connection.execute("PRAGMA journal_mode").fetchone()


def test_a_store_that_is_not_there_is_made_only_where_that_is_asked_for(path: Path) -> None:
    with pytest.raises(StorageError) as caught:
        open_store(f"sqlite:{path}", create=False)

    assert str(path) == caught.value.where
    assert caught.value.fix
    assert not path.exists()


@pytest.mark.parametrize("url", ["sqlite:", "sqlite:/"])
def test_a_url_without_a_file_is_refused(url: str) -> None:
    with pytest.raises(SettingsError):
        open_store(url)


def _foreign(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")


def _newer(path: Path) -> None:
    open_store(f"sqlite:{path}").close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 2")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.write_bytes(b"\x00\xff garbage" * 1000), "no store of nomoat"),
        (lambda path: path.write_bytes(b""), "no store of nomoat"),
        (lambda path: path.mkdir(), "no journal here"),
        (_foreign, "no store of nomoat"),
        (_newer, "newer"),
    ],
    ids=["garbage", "empty", "folder", "foreign", "newer"],
)
def test_a_file_that_is_no_store_is_refused_and_kept(path: Path, make: object, said: str) -> None:
    assert callable(make)
    make(path)
    before = path.read_bytes() if path.is_file() else b""

    with pytest.raises(StorageError) as caught:
        open_store(f"sqlite:{path}")

    assert said in caught.value.what
    assert (str(path), True) == (caught.value.where, bool(caught.value.fix))
    assert before == (path.read_bytes() if path.is_file() else b"")


def test_a_damaged_file_is_an_error_and_never_a_wrong_answer(path: Path, store: Store) -> None:
    store.append(decisions(200))
    store.close()
    content = bytearray(path.read_bytes())
    for at in range(5 * 4096, len(content), 4096):
        content[at : at + 512] = b"\xa5" * 512
    path.write_bytes(content)

    with contextlib.closing(open_store(f"sqlite:{path}")) as damaged, pytest.raises(StorageError) as caught:
        list(damaged.read())
    assert caught.value.fix


def test_a_locked_store_is_said_to_be_locked(path: Path, store: Store) -> None:
    impatient = SQLiteStore(f"sqlite:{path}", busy_s=0.05)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(StorageError) as caught:
            impatient.append(decisions(1))
        assert "locked" in caught.value.what
        assert "" == impatient.head().position

    impatient.append(decisions(1))
    assert "1" == impatient.head().position
    impatient.close()


def test_a_full_disk_leaves_what_was_committed(path: Path, store: Store) -> None:
    store.append(decisions(10))
    writer = getattr(store, "_session")._writer  # noqa: B009 (the limit is of this connection alone)
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    writer.execute(f"PRAGMA max_page_count = {pages + 2}")

    with pytest.raises(StorageError) as caught:
        store.append(decisions(100, 10))
    assert "full" in caught.value.what
    assert caught.value.fix
    assert [f"r{number}" for number in range(10)] == requests(store)

    writer.execute("PRAGMA max_page_count = 1000000")
    store.append(decisions(1, 10))
    assert (11, ()) == (store.head().count, store.verify().problems)


_LIMITED = """
import resource, sys
from nomoat.errors import SettingsError, StorageError
from nomoat.journal.journal import open_store
from tests.journal.made import decision
store = open_store(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
done = 0
try:
    while done < 5000:
        store.append([(decision(done), None)])
        done += 1
        print(done, flush=True)
except StorageError as error:
    print(error, file=sys.stderr)
    sys.exit(3)
"""


def test_a_file_that_may_not_grow_is_an_error_and_loses_nothing(path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _LIMITED, f"sqlite:{path}"], capture_output=True, text=True, check=False
    )

    assert 3 == ended.returncode, ended.stderr
    assert "-->" in ended.stderr and "fix:" in ended.stderr
    acknowledged = int(ended.stdout.split()[-1])
    store = open_store(f"sqlite:{path}", create=False)
    assert [f"r{number}" for number in range(acknowledged)] == requests(store)
    assert () == store.verify().problems
    store.close()


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_vanished_is_an_error_and_not_silence(path: Path, store: Store, replaced: bool) -> None:
    store.append(decisions(1))
    path.unlink()
    if replaced:
        with contextlib.closing(SQLiteStore(f"sqlite:{path}.other")) as other:
            other.append([(block(), None)])
        Path(f"{path}.other").rename(path)

    with pytest.raises(StorageError) as caught:
        store.append(decisions(1))
    assert "removed or replaced" in caught.value.what


def test_another_store_in_the_place_of_this_one_is_refused_when_opened_again(path: Path, store: Store) -> None:
    store.append(decisions(1))
    store.close()
    path.unlink()
    open_store(f"sqlite:{path}").close()

    with pytest.raises(StorageError) as caught:
        store.head()
    assert "another store" in caught.value.what


def test_a_clock_that_goes_back_does_not_take_the_journal_with_it(path: Path, store: Store) -> None:
    store.append(decisions(1))
    later = "2099-01-01T00:00:00.000000Z"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE store SET recorded_at = ?", (later,))

    store.append(decisions(2))

    assert timestamp() < later
    assert [later, later] == [entry.recorded_at for entry in store.read("1")]


def test_a_closed_store_opens_itself_again(store: Store) -> None:
    store.append(decisions(1))
    store.close()
    store.close()

    store.append(decisions(1, 1))
    assert ["r0", "r1"] == requests(store)


_AS_NOBODY = """
import os, sys
import nomoat.journal.codec, nomoat.storage.sqlite, pwd
from nomoat.errors import SettingsError, StorageError
from nomoat.journal.journal import open_store
from tests.journal.made import decision
if os.geteuid() == 0:
    os.setgroups([]); os.setgid({nobody}); os.setuid({nobody})
try:
    open_store(sys.argv[1]).append([(decision(), None)])
except StorageError as error:
    print(error)
    sys.exit(3)
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach; pytest's own are closed."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for place in (folder, *folder.rglob("*")):
        with contextlib.suppress(OSError):
            place.chmod(0o700)
    shutil.rmtree(folder)


def _as_another_user(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _AS_NOBODY.format(nobody=NOBODY), f"sqlite:{path}"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_folder_that_cannot_be_written_is_an_error(open_folder: Path) -> None:
    if os.geteuid() == 0:
        os.chown(open_folder, NOBODY, NOBODY)
    open_folder.chmod(0o500)

    ended = _as_another_user(open_folder / "journal.db")

    assert 3 == ended.returncode, ended.stderr
    assert str(open_folder) in ended.stdout and "fix:" in ended.stdout


def test_a_store_that_cannot_be_written_is_an_error(open_folder: Path) -> None:
    path = open_folder / "journal.db"
    open_store(f"sqlite:{path}").close()
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
        os.chown(open_folder, NOBODY, NOBODY)
    open_folder.chmod(0o500)

    ended = _as_another_user(path)

    assert 3 == ended.returncode, ended.stderr
    assert "fix:" in ended.stdout


@pytest.mark.parametrize("closed", [True, False], ids=["closed folder", "open folder"])
def test_another_users_store_names_its_owner(open_folder: Path, closed: bool) -> None:
    """As root the child becomes another user; otherwise the store is given a folder that belongs to root."""
    if os.geteuid() != 0:
        with pytest.raises(StorageError, match="belongs to the user root"):
            open_store("sqlite:/root/nomoat-test/journal.db")
        return
    path = open_folder / "state" / "journal.db"
    with contextlib.closing(open_store(f"sqlite:{path}")) as store:
        store.append([(decision(), None)])
    if not closed:
        path.parent.chmod(0o755)

    ended = _as_another_user(path)

    assert 3 == ended.returncode, ended.stderr
    assert "belongs to the user root" in ended.stdout
    assert "run as root" in ended.stdout


@pytest.mark.parametrize(("durable", "synchronous"), [(True, 2), (False, 1), (True, 2)])
def test_what_is_durable_is_synced_and_nothing_else_waits_for_the_disk(
    path: Path, durable: bool, synchronous: int
) -> None:
    """2 is FULL (the log is synced at each commit), 1 is NORMAL: https://sqlite.org/pragma.html#pragma_synchronous."""
    with contextlib.closing(SQLiteStore(f"sqlite:{path}")) as store:
        store.append(decisions(1), durable=not durable)
        store.append([(decision(2), "2")], durable=durable)

        writer = store._session._writer
        assert writer is not None
        assert (synchronous,) == writer.execute("PRAGMA synchronous").fetchone()
