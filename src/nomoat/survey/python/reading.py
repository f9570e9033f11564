"""Reads source files as Python would: byte order mark, coding cookie, line ends; never fails, always says what it met.

Bytes come in, UTF-8 with `\\n` goes out, so that byte offsets and lines mean the same everywhere behind it.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
import warnings
from dataclasses import dataclass
from pathlib import Path

from nomoat.survey.python.form import Broken

#: Larger files are reported, not analysed: they are generated data, and cost more than they tell.
MAX_BYTES = 2_000_000

# PEP 263; only the first two lines count.
_COOKIE = re.compile(rb"\A(?:[ \t\f]*(?:#[^\n]*)?\n)?[ \t\f]*#[^\n]*?coding[:=][ \t]*([-\w.]+)")
_UTF8 = frozenset(("utf-8", "utf8", "utf-8-sig", "u8", "utf", "utf8-ucs2", "utf8-ucs4", "cp65001", "ascii", "us-ascii"))


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a file as UTF-8, what is wrong with it, and why nothing of it can be analysed (`problem`)."""

    source: bytes = b""
    broken: tuple[Broken, ...] = ()
    problem: str = ""


def read(root: Path, path: str, *, max_bytes: int = MAX_BYTES) -> Text:
    """One file of a tree; `path` is relative to `root`."""
    try:
        # A pipe would block for ever, a device never end.
        handle = os.open(root / path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return Text(problem="no regular file")
            raw = stream.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        return Text(problem=f"cannot be read: {getattr(error, 'strerror', None) or type(error).__name__}")
    if len(raw) > max_bytes:
        return Text(problem=f"larger than {max_bytes / 1_000_000:g} MB, the limit for analysis")
    return decoded(raw)


def decoded(raw: bytes) -> Text:
    """The bytes of a file as UTF-8 with `\\n`."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Text(problem="UTF-16, which Python does not read")
    raw = raw.removeprefix(codecs.BOM_UTF8)
    broken: tuple[Broken, ...] = ()
    if not raw.isascii():
        raw, broken = _recoded(raw)
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    null = raw.find(b"\0")
    if null >= 0:
        broken += (Broken(null, null + 1, True, "a null byte: Python refuses this file"),)
    return Text(raw, broken)


def _recoded(raw: bytes) -> tuple[bytes, tuple[Broken, ...]]:
    found = _COOKIE.match(raw[:1000].replace(b"\r\n", b"\n"))
    encoding = found.group(1).decode("ascii", "replace").lower().replace("_", "-") if found else "utf-8"
    try:
        if encoding in _UTF8:
            raw.decode("utf-8")
            return raw, ()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return raw.decode(encoding).encode("utf-8"), ()
    except UnicodeDecodeError as error:
        why = f"not {encoding.upper()} at this place; read as Latin-1"
        at = len(raw[: error.start].decode("latin-1").encode("utf-8"))
    except (LookupError, UnicodeError, ValueError):
        why, at = f"the coding '{encoding}' is not known; read as Latin-1", found.start(1) if found else 0
    # Names and calls are ASCII nearly everywhere, so what matters stays readable; that Python refuses it is a note.
    return raw.decode("latin-1").encode("utf-8"), (Broken(at, at + 1, False, why),)
