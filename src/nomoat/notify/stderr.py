"""Prints a message for whoever sits at this terminal."""

from __future__ import annotations

import sys

from nomoat.errors import printable
from nomoat.notify.ports import Channel, Note


def send(note: Note, *, channel: Channel, timeout_s: float) -> str:
    """Prints the note to stderr."""
    print(f"{printable(note.title)}: {printable(note.text)}", file=sys.stderr, flush=True)
    return "printed"
