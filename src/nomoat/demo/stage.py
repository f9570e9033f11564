"""Runs nomoat's own commands for the tour and prints what they print: every line of the demo is real."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from nomoat.demo import leash
from nomoat.demo.project import Project
from nomoat.errors import IncompleteError, printable
from nomoat.terminal import laid_out, width

_LINES = 40
#: A line of a code frame or of a diff.
_CODE = re.compile(r"\s*\d*\s*\||[-+@]")
#: So many lines more are shown and not counted: a cut that saves less hides what matters, the last line.
_SLACK = 6
_AGAIN = "run it again with --keep FOLDER and read the *.log files there; report it if it stays"


@dataclass(slots=True)
class Background:
    """A nomoat command that goes on while the tour does; its output lies in `log`."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def lines(self) -> list[str]:
        """What it has printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace").splitlines()

    def stop(self) -> None:
        """Ends it, gently first."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        if self.process.stdin is not None:
            # Lets go of the leash: what has not ended is ended by it.
            self.process.stdin.close()
        self.process.wait(2 * leash.GRACE_S)


@dataclass(slots=True)
class Stage:
    """Where the tour speaks. Colour is never the only sign, so none is used."""

    project: Project
    number: int = 0
    running: list[Background] = field(default_factory=list)

    def begin(self, title: str) -> None:
        """The heading of the next step."""
        self.number += 1
        heading = laid_out(f"{self.number}/8  {title}", columns=width())
        print(f"\n{heading}\n{'-' * max(map(len, heading.splitlines()))}", flush=True)

    def say(self, text: str) -> None:
        """One line of the tour's own."""
        print(laid_out(f"     {printable(text)}", columns=width()), flush=True)

    def command(self, *arguments: str, shown: int = _LINES, expect: tuple[int, ...] = (0,), quiet: bool = False) -> str:
        """Runs a nomoat command in the project, prints it and what it prints, and gives that.

        Raises IncompleteError when it ends with a code that is not expected: the tour never goes on over a failure.
        """
        print(f"  $ nomoat {' '.join(_quoted(argument) for argument in arguments)}", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", "nomoat", *arguments],
            cwd=self.project.root,
            env=self.project.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
            check=False,
        )
        text = done.stdout.decode("utf-8", "replace")
        if done.returncode not in expect:
            raise IncompleteError(
                f"nomoat {arguments[0]} ended with {done.returncode}: {text[-2000:]}", where=str(self.project.root)
            )
        if not quiet:
            self._print(text, shown)
        return text

    def in_terminal(self, *arguments: str) -> int:
        """Runs a command with the terminal in its hands, for the person to answer."""
        print(f"  $ nomoat {' '.join(arguments)}", flush=True)
        command = [sys.executable, "-m", "nomoat", *arguments]
        return subprocess.run(command, cwd=self.project.root, env=self.project.environment(), check=False).returncode

    def background(self, *arguments: str) -> Background:
        """Starts a command that goes on until `close`."""
        print(f"  $ nomoat {' '.join(arguments)} &", flush=True)
        log = self.project.root / f"{arguments[0]}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                leash.command(sys.executable, "-m", "nomoat", *arguments),
                cwd=self.project.root,
                env=self.project.environment(),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.running.append(Background(f"nomoat {' '.join(arguments)}", process, log))
        return self.running[-1]

    def until(self, condition: Callable[[], bool], *, what: str, deadline_s: float) -> None:
        """Waits for a condition.

        Raises IncompleteError after the deadline, or at once when a command in the background has ended: it says how.
        """
        started = time.monotonic()
        while not condition():
            for one in self.running:
                if one.process.poll() is not None:
                    raise IncompleteError(_ended(one), where=f"waiting for {what}", fix=_AGAIN)
            if time.monotonic() - started > deadline_s:
                raise IncompleteError(f"{what} did not happen within {deadline_s:.0f} s", fix=_AGAIN)
            time.sleep(0.05)

    def close(self) -> None:
        """Ends every command that still runs."""
        while self.running:
            self.running.pop().stop()

    def _print(self, text: str, shown: int) -> None:
        lines = text.rstrip().splitlines()
        shown = len(lines) if len(lines) <= shown + _SLACK else shown
        columns = width()
        for line in lines[:shown]:
            # Code and diffs keep their lines: broken, they are something else.
            is_code = _CODE.match(line) is not None
            print(laid_out(f"    {line}", columns=None if is_code else columns) if line else "", flush=True)
        if len(lines) > shown:
            print(f"    ... {len(lines) - shown} more lines", flush=True)


def _ended(command: Background) -> str:
    said = printable(" ".join(command.lines()[-6:])) or "it said nothing"
    return f"{command.name} ended with {command.process.returncode}: {said}"


def has_terminal() -> bool:
    """True where a person can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("CI") is None


def _quoted(argument: str) -> str:
    return argument if argument and " " not in argument else repr(argument)
