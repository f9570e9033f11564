"""`nomoat respond --auto` where the disk is full: loud, patient, and nothing is done twice or claimed."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from nomoat.demo.servers import Receiver
from nomoat.errors import StorageError
from nomoat.journal import blocks
from nomoat.journal.facts import Block, Evidence, Message, Step
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from nomoat.respond import book
from nomoat.respond.automatic import Automatic
from nomoat.respond.unattended import run_automatic
from nomoat.respond.vault import Vault
from tests.journal.made import decision
from tests.respond.project import alert, project

_RESPOND = "from nomoat.cli.main import main; sys.exit(main(['respond', '--auto']))"
_LIMITED = (
    "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    "resource.setrlimit(resource.RLIMIT_FSIZE, (16384, resource.RLIM_INFINITY));"
)

#: Frees the disk when the test says so, and saves what was kept on the mount that ends with the process.
_MENDED = """
import os, shutil, sys, threading, time

def mend():
    while not os.path.exists({answer!r}):
        time.sleep(0.02)
    os.remove({evidence!r} + "/filler")

threading.Thread(target=mend, daemon=True).start()
from nomoat.cli.main import main
try:
    code = main(["respond", "--auto"])
finally:
    shutil.copytree({evidence!r}, {saved!r})
sys.exit(code)
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver().open()
    yield opened
    opened.close()


@pytest.fixture
def root(tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOOK", receiver.url)
    (tmp_path / "nomoat.yaml").write_text("format: 1\nservices: {shop: {}}\nnotify: {team: {webhook: 'env:HOOK'}}\n")
    return tmp_path


def _store(root: Path) -> Store:
    return open_store(f"sqlite:{root / '.nomoat/state/journal.db'}")


def _steps(store: Store) -> list[tuple[str, str]]:
    return [(e.fact.step, e.fact.state) for e in store.read(kinds=(Step,)) if isinstance(e.fact, Step)]


def _blocks(store: Store) -> list[str]:
    return [e.fact.value for e in store.read(kinds=(Block,)) if isinstance(e.fact, Block)]


def _kept_whole(root: Path, store: Store) -> int:
    """How many pieces of evidence are recorded; each of them lies there whole."""
    kept = [e.fact for e in store.read(kinds=(Evidence,)) if isinstance(e.fact, Evidence)]
    for one in kept:
        content = Vault(root / ".nomoat/state").read(one.sha256)
        assert (one.size_bytes, one.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert len({one.name for one in kept}) == len(kept)
    return len(kept)


@contextmanager
def _bounded(running: subprocess.Popen[bytes], seconds: float = 30.0) -> Iterator[None]:
    """Ends the process after a while, so that a test whose claim is false fails and does not wait for ever."""
    watchdog = threading.Timer(seconds, running.kill)
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()
        running.kill()


def _until(said: Iterator[bytes], wanted: bytes) -> None:
    heard: list[bytes] = []
    for line in said:
        heard.append(line)
        if wanted in line:
            return
    raise AssertionError(f"{wanted!r} was never said: {b''.join(heard).decode()[-3000:]}")


class _Worker:
    """A guarded worker that lives, so that a block can be verified."""

    def __init__(self, store: Store) -> None:
        self._stop = threading.Event()
        self._store = store
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._stop.wait(0.2):
            self._store.beat("w", role=blocks.GUARD_ROLE, service="shop", position="999999")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def _assert_done_once(root: Path, store: Store, receiver: Receiver) -> None:
    states = Counter(_steps(store))
    assert states["block-caller", "verified"] == 1
    assert states["tell-the-team", "done"] == 1
    assert not [one for one in states if one[1] in ("failed", "unsure", "not-verified")]
    assert _blocks(store) == ["user:main/mallory"]
    assert len(receiver.messages) == 1
    assert _kept_whole(root, store) == 5
    assert not store.verify().problems


def test_a_full_disk_is_said_and_every_step_is_done_once_when_there_is_space(root: Path, receiver: Receiver) -> None:
    with closing(_store(root)) as store, _Worker(store):
        store.append([(decision(number), None) for number in range(100)])
        store.append([(alert(), None)])
        command = [sys.executable, "-c", _LIMITED + _RESPOND]
        with (
            subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as running,
            _bounded(running),
        ):
            assert running.stderr is not None
            _until(running.stderr, b"NOT responding")
            assert running.poll() is None, "it must not end: nobody would respond once there is space again"
            assert [] == _steps(store)
            resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            _until(running.stderr, b"can be used again")
            while ("tell-the-team", "done") not in _steps(store) and running.poll() is None:
                pass
            running.send_signal(signal.SIGTERM)
            assert running.wait(20) == 0

        _assert_done_once(root, store, receiver)


def test_evidence_on_a_disk_that_is_really_full_is_kept_whole_later_and_nothing_changes_before(
    root: Path, receiver: Receiver
) -> None:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root may mount a small file system")
    evidence = root / ".nomoat/state/evidence"
    evidence.mkdir(parents=True)
    (root / ".nomoat/state").chmod(0o700)
    # The mount is the process's own and goes with it; the file in it is what fills it.
    mounted = f"mount -t tmpfs -o size=64k tmpfs {evidence} && head -c 65536 /dev/zero >{evidence}/filler; exec "
    answer = root / "go-on"
    mended = _MENDED.format(answer=str(answer), evidence=str(evidence), saved=str(root / "saved"))
    command = ["unshare", "-m", "sh", "-c", f'{mounted} "$@"', "sh", sys.executable, "-c", mended]
    with closing(_store(root)) as store, _Worker(store):
        store.append([(alert(), None)])
        piped = subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        with piped as running, _bounded(running):
            assert running.stderr is not None
            _until(running.stderr, b"evidence cannot be kept: No space left on device")
            assert [("keep-evidence", "intent")] == [one for one in _steps(store) if one[1] != "open"]
            kept = [e.fact for e in store.read(kinds=(Evidence,)) if isinstance(e.fact, Evidence)]
            # Nothing has happened yet, and nothing has room on a full disk.
            assert [] == _blocks(store)
            assert [] == [one for one in kept if one.size_bytes]
            answer.touch()
            _until(running.stderr, b"going on")
            running.send_signal(signal.SIGTERM)
            assert running.wait(20) == 0
        (root / "saved/filler").unlink(missing_ok=True)
        shutil.rmtree(evidence)
        shutil.move(root / "saved", evidence)

        _assert_done_once(root, store, receiver)


def test_a_log_that_cannot_be_written_does_not_end_the_responder(root: Path, receiver: Receiver) -> None:
    with closing(_store(root)) as store, _Worker(store), Path("/dev/full").open("wb") as full:
        store.append([(alert(), None)])
        command = [sys.executable, "-c", "import sys;" + _RESPOND]
        with subprocess.Popen(command, cwd=root, stdout=full, stderr=full) as running, _bounded(running):
            while ("tell-the-team", "done") not in _steps(store) and running.poll() is None:
                pass
            assert running.poll() is None

        _assert_done_once(root, store, receiver)


def test_while_evidence_cannot_be_kept_no_attempt_is_added_and_nothing_is_recorded_as_kept(tmp_path: Path) -> None:
    made = project(tmp_path)
    (tmp_path / ".nomoat/state").mkdir(parents=True)
    (tmp_path / ".nomoat/state/evidence").write_text("in the way")
    stepper = made.stepper()
    for _ in range(3):
        with pytest.raises(StorageError, match="evidence cannot be kept"):
            list(run_automatic(stepper))

    began = [one for one in _steps(made.store) if one[1] != "open"]
    assert [("keep-evidence", "intent")] == began
    assert [] == list(made.store.read(kinds=(Evidence, Block, Message)))


def test_an_incident_that_could_not_be_handled_is_incomplete_and_not_forgotten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = project(tmp_path)
    (tmp_path / ".nomoat/state").mkdir(parents=True)
    blocked = tmp_path / ".nomoat/state/evidence"
    blocked.write_text("in the way")
    made.store.append([(alert(), None)])
    made.store.beat("w", role=blocks.GUARD_ROLE, service="shop", position="999999")
    books = {"api-abuse": book.find("api-abuse", None)}

    assert 3 == Automatic(made.settings, made.store, books).run(once=True)
    assert "INC-1 WAITS and is tried again" in capsys.readouterr().err
    blocked.unlink()
    assert 0 == Automatic(made.settings, made.store, books).run(once=True)
    assert ["user:main/mallory"] == _blocks(made.store)


def test_two_incidents_keep_the_same_content_at_once(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        for number in range(20):
            content = bytes([number]) * 200_000
            kept = set(pool.map(vault.keep, [content] * 8))

            assert {hashlib.sha256(content).hexdigest()} == kept


def test_content_that_lies_there_cut_is_put_right_when_it_is_kept_again(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    path = vault.path(vault.keep(b"what happened"))
    path.chmod(0o600)
    path.write_bytes(b"what")

    assert b"what happened" == vault.read(vault.keep(b"what happened"))
