"""Commands in a project that cannot be written: a read-only mount, and another user's folder."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from nomoat.cli.main import main

_APP = """\
from fastapi import FastAPI

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


@app.get("/health")
def health() -> str:
    return "ok"
"""
#: Runs commands and prints what each gave. To become another user it first runs them in a copy, so that every module is
#: loaded: the interpreter may lie where only root can read.
_DRIVER = """
import contextlib, io, json, os, sys
from nomoat.cli.main import main

def run(command):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(command.split())
    return [code, out.getvalue(), err.getvalue()]

commands, warm, project, user = json.load(sys.stdin)
if user:
    os.chdir(warm)
    for command in commands:
        run(command)
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
os.chdir(project)
json.dump({command: run(command) for command in commands}, sys.stdout)
"""
_NOBODY = 65534
#: Each command with the exit code it has where everything can be read, and nothing has to be written.
_READING = {
    "map": 0, "map --check": 0, "map --format json": 0, "map diff": 0, "check": 0, "check --format sarif": 0,
    "policy check": 0, "policy explain --as anonymous --may orders:read": 1, "playbook lint": 0, "rules test": 0,
    "watch test": 0, "explain missing-guard": 0,
}  # fmt: skip
#: What needs the journal, or writes: a clear error.
_OF_THE_JOURNAL = (
    "journal show",
    "journal verify",
    "incident list",
    "watch status",
    "watch run --once",
    "guard report",
)
#: A copy that lies where it can be written, as the error advises.
_COPY = ("journal show --store sqlite:../copy/journal.db", "journal verify --store sqlite:../copy/journal.db")
_WRITING = ("map --write", "policy learn -o x.yaml", "respond --auto --once")

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("unshare") is None, reason="only root may mount a folder read-only"
)


class Ran(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A project that has everything: settings, a map, and a journal with a fact; everybody can come near it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        root = Path(folder) / "shop"
        root.mkdir(mode=0o755)
        (root / "app.py").write_text(_APP)
        with contextlib.chdir(root):
            assert 0 == main(["init", "--yes"])
            assert 0 == main(["check", "--store", "sqlite:.nomoat/state/journal.db"])
        shutil.copytree(root / ".nomoat/state", Path(folder) / "copy")
        yield root


@pytest.fixture(scope="module")
def mounted(made: Path) -> dict[str, Ran]:
    """Every command where the project is a read-only mount, which is the process's own and ends with it."""
    mount = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'
    return _ran(made, 0, "unshare", "-m", "sh", "-c", mount, "sh", str(made))


@pytest.fixture(scope="module")
def as_nobody(made: Path) -> dict[str, Ran]:
    """Every command as a user to whom the project does not belong."""
    return _ran(made, _NOBODY)


def _ran(root: Path, user: int, *prefix: str) -> dict[str, Ran]:
    warm = root.parent / "warm"
    shutil.copytree(root, warm, dirs_exist_ok=True)
    given = json.dumps([[*_READING, *_OF_THE_JOURNAL, *_COPY, *_WRITING, "doctor"], str(warm), str(root), user])
    command = [*prefix, sys.executable, "-c", _DRIVER]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command, input=given, capture_output=True, text=True, check=False, timeout=900, env=environment
    )
    assert 0 == done.returncode, done.stderr
    ran = {name: Ran(*one) for name, one in json.loads(done.stdout).items()}
    for name, one in ran.items():
        assert "Traceback" not in one.err, name
        assert "fault of its own" not in one.err, name
    return ran


@pytest.mark.parametrize("command", _READING)
@pytest.mark.parametrize("where", ["mounted", "as_nobody"])
def test_what_only_reads_gives_its_result(command: str, where: str, request: pytest.FixtureRequest) -> None:
    ran: Ran = request.getfixturevalue(where)[command]

    assert (_READING[command], True) == (ran.code, bool(ran.out)), ran.err


def test_check_says_that_its_run_is_not_in_the_journal(mounted: dict[str, Ran], as_nobody: dict[str, Ran]) -> None:
    for ran in (mounted["check"], as_nobody["check"]):
        assert "this run is not in the journal" in ran.err


@pytest.mark.parametrize("command", _OF_THE_JOURNAL)
def test_a_journal_that_cannot_be_written_is_an_error_that_says_how_to_go_on(
    command: str, mounted: dict[str, Ran], as_nobody: dict[str, Ran]
) -> None:
    assert (3, 3) == (mounted[command].code, as_nobody[command].code)
    assert "its folder is read-only" in mounted[command].err
    assert "--store sqlite:COPY/journal.db" in mounted[command].err
    assert "this store belongs to the user root" in as_nobody[command].err


@pytest.mark.parametrize("command", _COPY)
def test_a_copy_of_the_journal_can_be_read_as_the_error_says(command: str, mounted: dict[str, Ran]) -> None:
    assert (0, "") == (mounted[command].code, mounted[command].err)


@pytest.mark.parametrize("command", _WRITING)
def test_what_has_to_write_says_that_it_cannot(
    command: str, mounted: dict[str, Ran], as_nobody: dict[str, Ran]
) -> None:
    for ran in (mounted[command], as_nobody[command]):
        assert ran.code in (2, 3)
        assert "error: " in ran.err


def test_doctor_names_what_cannot_be_written(mounted: dict[str, Ran], as_nobody: dict[str, Ran]) -> None:
    assert (1, 1) == (mounted["doctor"].code, as_nobody["doctor"].code)
    assert "its folder is read-only" in mounted["doctor"].out
    assert "belongs to the user root" in as_nobody["doctor"].out
