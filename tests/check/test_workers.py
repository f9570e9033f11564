"""Work that is shared by processes gives what one would have given, whatever becomes of the others."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from nomoat import settings as settings_file
from nomoat.check import registry
from nomoat.check.scan import run
from nomoat.check.workers import Work, processes
from tests.check.projects import TODAY, write

#: Tests run beside threads of their runner, which this does not wait for.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

KEYS = [f"key {number}" for number in range(1_000)]
HERE = os.getpid()


def doubled(key: str) -> str:
    return key * 2


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("keys", [[], KEYS[:1], KEYS[:399], KEYS[:401], KEYS])
def test_every_key_is_done_once_and_in_order(count: int, keys: list[str]) -> None:
    with Work(keys, doubled, count=count) as work:
        done = work.finish()

    assert list(done.items()) == [(key, key * 2) for key in keys]


def test_others_do_some_of_it() -> None:
    with Work(KEYS, lambda _key: os.getpid(), count=2) as work:
        (child,) = work._children
        while not _is_over(child):
            pass  # Nobody else takes anything meanwhile.
        done = work.finish()

    assert set(done.values()) == {child}


@pytest.mark.parametrize("end", ["killed", "failed", "left"])
def test_what_another_process_does_not_bring_back_is_done_here(end: str) -> None:
    def do(key: str) -> str:
        if os.getpid() != HERE and key == "key 77":
            if end == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            if end == "left":
                os._exit(0)
            raise RuntimeError(key)
        return doubled(key)

    with Work(KEYS, do, count=2) as work:
        (child,) = work._children
        while not _is_over(child):
            pass  # It takes every piece until it meets its end.
        done = work.finish()

    assert list(done.items()) == [(key, key * 2) for key in KEYS]


def _is_over(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


@pytest.mark.parametrize("what", ["fork", "pipe"])
def test_where_no_more_processes_may_be_had_one_does_all(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> None:
        raise OSError(11, "no more")

    monkeypatch.setattr(os, what, refused)
    with Work(KEYS, doubled, count=3) as work:
        assert not work._children
        done = work.finish()

    assert list(done) == KEYS


def test_nobody_waits_for_work_that_is_given_up() -> None:
    with pytest.raises(RuntimeError), Work(KEYS, doubled, count=3) as work:
        children = list(work._children)
        raise RuntimeError

    for child in children:
        with pytest.raises(ChildProcessError):
            os.waitpid(child, 0)


def test_a_process_with_threads_works_alone() -> None:
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    try:
        assert processes() == 1
    finally:
        ended.set()
        thread.join()


def test_a_failure_here_is_told() -> None:
    def do(key: str) -> str:
        raise ValueError(key)

    with pytest.raises(ValueError, match="key 0"), Work(KEYS[:3], do, count=2) as work:
        work.finish()


def test_several_processes_find_what_one_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = "import yaml\nfrom shop.helpers import load_{0}\n\n\ndef read(text):\n    return yaml.unsafe_load(text)\n"
    broken = "def broken(:\n"
    files = {f"shop/m{number}.py": broken if number % 100 == 7 else app.format(number) for number in range(450)}
    write(tmp_path, {"shop/__init__.py": "", **files})
    settings, rules = settings_file.empty(tmp_path), registry.load(None)

    results = []
    for count in (1, 3):
        monkeypatch.setattr("nomoat.check.workers.processes", lambda count=count: count)
        results.append(run(tmp_path, settings, today=TODAY, rules=rules))

    one, several = results
    assert one.result.findings == several.result.findings and len(one.result.findings) > 400
    assert one.result.not_analysed == several.result.not_analysed != ()
    assert one.left.facts == several.left.facts
