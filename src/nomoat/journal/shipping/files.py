"""Writes batches as lines: to a stream like stdout, or appended to a file.

A file is opened anew for each batch, so one that was moved away (rotated) is begun again; it is readable by its owner
alone, and on the disk before the batch counts as taken.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from nomoat.errors import printable
from nomoat.journal.shipping import otlp
from nomoat.journal.shipping.ports import UndeliveredError
from nomoat.journal.shipping.records import Record
from nomoat.journal.shipping.syslog import STREAM_BYTES, message

Lines = Callable[[Sequence[Record]], list[str]]


def lines_of(form: str, *, enterprise: int | None = None) -> Lines:
    """How a batch becomes lines: `text`, `json` and `syslog` one a record, `otlp` one request a batch."""
    if form == "otlp":
        return lambda batch: [otlp.request(batch)] if batch else []
    if form == "syslog":
        return lambda batch: [
            message(record, limit=STREAM_BYTES, enterprise=enterprise).decode("ascii") for record in batch
        ]
    if form == "json":
        return lambda batch: [record.json() for record in batch]
    assert form == "text", form
    return lambda batch: [record.line for record in batch]


class Printed:
    """Lines on a stream."""

    def __init__(self, lines: Lines, out: TextIO) -> None:
        self._lines = lines
        self._out = out

    @property
    def name(self) -> str:
        """What it is."""
        return "stdout"

    def take(self, batch: Sequence[Record]) -> str:
        """Prints a batch. BrokenPipeError and a full disk end the command: whoever reads has gone."""
        for one in self._lines(batch):
            print(one, file=self._out)
        self._out.flush()
        return ""

    def close(self) -> None:
        """Leaves the stream open: it is not ours."""


class Appended:
    """Lines at the end of a file."""

    def __init__(self, lines: Lines, path: Path) -> None:
        self._lines = lines
        self._path = path

    @property
    def name(self) -> str:
        """Its path."""
        return printable(str(self._path))

    def take(self, batch: Sequence[Record]) -> str:
        """Appends a batch and waits for the disk; a line that was left unfinished by a kill is ended first."""
        text = "".join(f"{one}\n" for one in self._lines(batch)).encode("utf-8", "backslashreplace")
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "r+b", buffering=0) as out:
                size = out.seek(0, os.SEEK_END)
                if size and os.pread(out.fileno(), 1, size - 1) != b"\n":
                    text = b"\n" + text
                view = memoryview(text)
                while view:
                    view = view[out.write(view) :]
                os.fsync(out.fileno())
        except OSError as error:
            raise UndeliveredError(
                f"cannot append to the file: {error.strerror}", where=self.name, fix="check path, rights and space"
            ) from error
        return ""

    def close(self) -> None:
        """Nothing stays open between batches."""
