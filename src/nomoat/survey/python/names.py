"""Names as Python compares them: letters that look alike by compatibility are one (NFKC, as PEP 3131 says)."""

from __future__ import annotations

import unicodedata
from sys import intern


def name(raw: bytes) -> str:
    """The name that these bytes of source write."""
    text = raw.decode("utf-8", "replace")
    return intern(text if raw.isascii() else unicodedata.normalize("NFKC", text))


def as_compared(source: bytes) -> bytes:
    """The source; where a name may be written in other letters than it has, with all of it once more in those."""
    if source.isascii():
        return source
    text = source.decode("utf-8", "replace")
    if unicodedata.is_normalized("NFKC", text):
        return source
    return source + b"\n" + unicodedata.normalize("NFKC", text).encode("utf-8", "replace")
