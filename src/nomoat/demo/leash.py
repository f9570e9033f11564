"""Runs a command that ends when whoever started it ends, however that ends: `python -m nomoat.demo.leash COMMAND...`.

Standard input is the leash: a pipe whose other end its starter holds. The system closes it when the starter is gone, by
kill -9 too, and then the command and all of its process group end. A SIGTERM is handed on.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from types import FrameType

#: How long the command may take to end by itself.
GRACE_S = 5.0
_AFTER = "--after"


def command(*arguments: str) -> list[str]:
    """The argument list that runs a command on a leash: start it with a pipe as input, in a session of its own."""
    return [sys.executable, "-m", "nomoat.demo.leash", *arguments]


def main() -> int:
    """Runs the command of the command line; gives its exit code."""
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)

    def hand_on(number: int, _frame: FrameType | None) -> None:
        process.send_signal(number)

    signal.signal(signal.SIGTERM, hand_on)
    signal.signal(signal.SIGINT, hand_on)
    threading.Thread(target=_hold, args=(process,), daemon=True).start()
    code = process.wait()
    if os.getpgid(0) == os.getpid():
        _end_the_rest(os.getpid())
    return code


def _end_the_rest(group: int) -> None:
    """Ends what the command has left behind in its group: kill -9 of a server leaves its workers on its port."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(group, signal.SIGTERM)
    # What does not end by itself is ended from outside of the group: this process has its command's code to hand on.
    subprocess.Popen([sys.executable, "-m", "nomoat.demo.leash", _AFTER, str(group)], start_new_session=True)


def _sweep(group: int) -> int:
    """Ends a process group whose leader has gone."""
    ends = time.monotonic() + GRACE_S
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < ends:
            os.killpg(group, 0)
            time.sleep(0.05)
        os.killpg(group, signal.SIGKILL)
    return 0


def _hold(process: subprocess.Popen[bytes]) -> None:
    """Waits for the end of the pipe, then ends everything."""
    with contextlib.suppress(OSError):
        while os.read(sys.stdin.fileno(), 1024):
            pass
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_S)
    os.killpg(os.getpgid(0), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(_sweep(int(sys.argv[2])) if sys.argv[1:2] == [_AFTER] else main())
