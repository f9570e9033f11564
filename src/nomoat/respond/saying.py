"""How things are said in a terminal: prose is wrapped at words, commands never are, times are short.

Whoever reads this was asleep a minute ago.
"""

from __future__ import annotations

import re
import shutil
import textwrap

from nomoat.errors import printable

_WIDEST = 110
_TIME = re.compile(r"\b(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\.\d{6}Z")


def prose(text: str, *, indent: str = "    ", then: str = "") -> str:
    """Text as lines of the terminal's width; `then` is added to the indent of every line but the first."""
    width = max(40, min(_WIDEST, shutil.get_terminal_size((_WIDEST, 24)).columns))
    flat = " ".join(printable(text).split())
    return textwrap.fill(
        flat, width, initial_indent=indent, subsequent_indent=indent + then, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def short_times(text: str) -> str:
    """The journal's times as people say them: `2026-11-24 23:41:05 UTC`."""
    return _TIME.sub(r"\1 \2 UTC", text)
