from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from nomoat.demo import leash

_SAYS_WHO_IT_IS = "import os, sys, time; print(os.getpid(), flush=True); time.sleep(60)"


def _started(*command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        leash.command(*command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )


@pytest.mark.parametrize("how", ["the starter is gone", "it is told to end"])
def test_the_command_ends_with_its_starter(how: str) -> None:
    with _started(sys.executable, "-c", _SAYS_WHO_IT_IS) as held:
        assert held.stdin is not None
        assert held.stdout is not None
        assert int(held.stdout.readline()) != held.pid
        if how == "the starter is gone":
            held.stdin.close()
        else:
            held.terminate()
        held.wait(20)

        # The end of its output: nobody holds it any more, the command neither.
        assert b"" == held.stdout.read()


def test_what_does_not_end_by_itself_is_ended() -> None:
    stubborn = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {_SAYS_WHO_IT_IS}"
    with _started(sys.executable, "-c", stubborn) as held:
        assert held.stdin is not None
        assert held.stdout is not None
        assert held.stdout.readline()
        held.stdin.close()

        assert -9 == held.wait(20)
        assert b"" == held.stdout.read()


def test_the_exit_code_is_the_commands_own() -> None:
    with _started(sys.executable, "-c", "raise SystemExit(7)") as held:
        assert 7 == held.wait(20)


@pytest.mark.parametrize("stubborn", ["", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "])
def test_what_a_killed_command_leaves_behind_ends_too(stubborn: str) -> None:
    child = f"{stubborn}print('ready', flush=True); import time; time.sleep(60)"
    parent = (
        f"import os, subprocess, sys; subprocess.Popen([sys.executable, '-c', {child!r}]); "
        "print(os.getpid(), flush=True); import time; time.sleep(60)"
    )
    with _started(sys.executable, "-c", parent) as held:
        assert held.stdout is not None
        said = {held.stdout.readline().strip(), held.stdout.readline().strip()}
        os.kill(int(next(iter(said - {b"ready"}))), signal.SIGKILL)

        assert 256 - 9 == held.wait(20)
        # The end of its output: nobody holds it any more, the child neither.
        assert b"" == held.stdout.read()
