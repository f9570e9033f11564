"""Runs an argument list for a step: own process group, a deadline, bounded output, nothing of our environment.

Gives the exit code and what was printed, without what looks like (or is known to be) a secret. Nothing becomes shell.
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from nomoat import datafile
from nomoat import settings as settings_file
from nomoat.errors import NomoatError
from nomoat.journal.redact import without_credentials
from nomoat.settings import Settings

DEADLINE_S = 60.0
MAX_OUTPUT_BYTES = 1024 * 1024
#: Exit codes of shells for what never ended and what never began (POSIX.1-2017, 2.8.2; timeout(1)).
LATE, NOT_STARTED, FLOODED = 124, 127, 125
#: What a command gets of the environment: enough to run, nothing of the responder's own secrets.
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "NOMOAT_CONFIG")
_NAMED_SECRETS = re.compile(r"(?i)(\b(?:token|authorization|x-api-key)\b[\"']?\s*[=:]\s*[\"']?)([^\s\"',;]+)")
#: A value shorter than this would blank ordinary words.
_SECRET_LENGTH = 6


class Ran(NamedTuple):
    """How a command ended: its code, what it printed, and why it was ended by force (empty where it was not)."""

    code: int
    output: str
    why: str = ""

    @property
    def text(self) -> str:
        """All of it in words, the code first."""
        return "\n".join(part for part in (self.why or f"ended with {self.code}", self.output) if part)


def spelt(command: Sequence[str]) -> list[str]:
    """What is really executed: `nomoat` is this nomoat, and no module of the working directory is ever imported."""
    return [sys.executable, "-P", "-m", "nomoat", *command[1:]] if command[0] == "nomoat" else list(command)


def run(command: Sequence[str], *, cwd: Path, deadline_s: float = DEADLINE_S, secrets: Iterable[str] = ()) -> Ran:
    """Runs an argument list. Its whole process group ends at the deadline, or when it prints more than 1 MiB."""
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    try:
        process = subprocess.Popen(
            spelt(command), cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        return Ran(NOT_STARTED, "", f"cannot be started: {type(error).__name__}")
    output = bytearray()
    why = ""
    try:
        why = _read(process, output, time.monotonic() + deadline_s, deadline_s)
    finally:
        code = _end(process)
    if why:
        code = FLOODED if len(output) > MAX_OUTPUT_BYTES else LATE
    return Ran(code, without_secrets(output[:MAX_OUTPUT_BYTES].decode("utf-8", "replace"), secrets), why)


def _read(process: subprocess.Popen[bytes], output: bytearray, ends: float, deadline_s: float) -> str:
    """Reads until the command ended; gives why it has to be ended by force, empty when it need not."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        is_open = True
        while True:
            if time.monotonic() >= ends:
                return f"killed: it had not ended after {deadline_s:g} s"
            if len(output) > MAX_OUTPUT_BYTES:
                return f"killed: it printed more than {MAX_OUTPUT_BYTES // 1024} KiB"
            if is_open and selector.select(0.05):
                chunk = os.read(process.stdout.fileno(), 65_536)
                output += chunk
                is_open = bool(chunk)
                continue
            # A child that it left behind may hold the pipe open: once it has ended itself, it has ended.
            if process.poll() is not None:
                return ""
            if not is_open:
                time.sleep(0.01)


def _end(process: subprocess.Popen[bytes]) -> int:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    code = process.wait()
    if process.stdout is not None:
        process.stdout.close()
    return code


def without_secrets(text: str, known: Iterable[str] = ()) -> str:
    """Text without credentials: those that are known by value, and what looks like one."""
    for value in sorted((one for one in known if len(one) >= _SECRET_LENGTH), key=len, reverse=True):
        text = text.replace(value, "[secret]")
    return _NAMED_SECRETS.sub(lambda found: f"{found.group(1)}[secret]", without_credentials(text))


def secrets_of(settings: Settings) -> list[str]:
    """The values behind every reference (`env:`, `file:`) of nomoat.yaml; what cannot be read is no secret of ours."""
    found: list[str] = []
    for reference in _references(datafile.plain(settings.document)):
        with contextlib.suppress(NomoatError, OSError, ValueError):
            found.append(settings_file.secret(reference, root=settings.root))
    return found


def _references(value: object) -> Iterable[str]:
    if isinstance(value, str) and value.partition(":")[0] in ("env", "file"):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _references(inner)
