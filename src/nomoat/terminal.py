"""How wide the terminal is, and sentences laid out in it: broken at a space, the next line below its first word.

Only talk is laid out: tables, code, commands and whatever a program reads keep their lines, so that what is copied from
a terminal is what was meant.
"""

from __future__ import annotations

import os
import shutil
import sys

#: Narrower than this nothing can be laid out; wider, lines become hard to read.
_LEAST, _MOST = 40, 120


def width() -> int | None:
    """Columns to write in; None where no terminal reads along, and lines stay whole."""
    if not sys.stdout.isatty() and not os.environ.get("COLUMNS", "").isdecimal():
        return None
    return min(max(shutil.get_terminal_size().columns, _LEAST), _MOST)


def laid_out(text: str, *, columns: int | None) -> str:
    """Text with long lines broken at spaces; what goes on stands two columns right of where its line begins."""
    if columns is None:
        return text
    return "\n".join(row for line in text.split("\n") for row in _rows(line, columns))


def _rows(line: str, columns: int) -> list[str]:
    line = line.rstrip() or line
    indent = " " * (_lead(line) + 2)
    rows = []
    while len(line) > columns:
        cut = line.rfind(" ", _lead(line) + 1, columns + 1)
        if cut < 0:
            # One long word: it is somebody's name or path, and is never taken apart.
            cut = line.find(" ", columns)
        if cut < 0 or not line.strip():
            break
        rows.append(line[:cut].rstrip())
        line = indent + line[cut:].lstrip()
    return [*rows, line]


def _lead(line: str) -> int:
    return len(line) - len(line.lstrip())
