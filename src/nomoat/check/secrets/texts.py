"""The text of files in which secrets stand beside Python: settings, manifests, scripts, notebooks.

A notebook is taken apart into the lines of its cells, each with the line of the file that it stands on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

#: A file past this is data, not settings.
MAX_BYTES = 1_000_000


class Line(NamedTuple):
    """A line of text: its number in the file from 1, the column at which it begins there from 0, and itself."""

    number: int
    column: int
    text: str


def lines(path: str, text: str, wanted: frozenset[int]) -> Iterator[Line]:
    """The lines of a file with these numbers; of a notebook, what stands in its cells there."""
    if not wanted:
        return
    for number, line in enumerate(text.split("\n"), 1):
        if number not in wanted:
            continue
        if path.endswith(".ipynb"):
            yield from _of_notebook(number, line)
        else:
            yield Line(number, 0, line.rstrip("\r"))


def _of_notebook(number: int, line: str) -> Iterator[Line]:
    """A line of a cell, or of what it gave: it stands as one text of JSON on a line of its own."""
    stripped = line.strip().rstrip(",")
    if not (stripped.startswith('"') and stripped.endswith('"') and len(stripped) > 2):
        return
    try:
        written = json.loads(stripped)
    except ValueError:
        return
    if isinstance(written, str):
        yield Line(number, len(line) - len(line.lstrip()) + 1, written.rstrip("\n"))
