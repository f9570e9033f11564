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
from types import FrameType

#: How long the command may take to end by itself.
GRACE_S = 5.0


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
    return process.wait()


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
    sys.exit(main())
