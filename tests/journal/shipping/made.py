"""Records for tests, as a store of this id would give them."""

from __future__ import annotations

from nomoat.journal.facts import Fact
from nomoat.journal.ports import Entry
from nomoat.journal.redact import Redactor
from nomoat.journal.shipping.records import Record, Recorder

STORE = "0123456789abcdef"
AT = "2026-11-24T23:41:05.000120Z"
KEY = b"k" * 32


def record(
    fact: Fact | None, position: int = 1, *, kind: str = "", key: str | None = None, plain: bool = True
) -> Record:
    """The record of a fact at a position; `fact` is None for a blanked one."""
    entry = Entry(str(position), AT, kind or (fact.kind if fact is not None else "decision"), key, fact)
    return Recorder(STORE, Redactor(key=None if plain else KEY))(entry)
