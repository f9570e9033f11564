"""What retention does to a SQLite store, in transactions small enough that nobody waits.

Bodies are blanked, runs of blanked facts removed, free pages given back; what may go is decided in
`nomoat.journal.retention`.
"""

from __future__ import annotations

import sqlite3

from nomoat.journal import chain
from nomoat.journal.facts import Sealed
from nomoat.journal.ports import Body

#: Pages given back in one transaction: a few milliseconds.
RECLAIM_PAGES = 128


def bodies(reader: sqlite3.Connection, kind: str, after: int, limit: int) -> list[Body]:
    """Facts of a kind behind a position whose body is there."""
    query = "SELECT position, recorded_at, length(body) FROM facts "
    query += "WHERE kind = ? AND position > ? AND body IS NOT NULL ORDER BY position LIMIT ?"
    return [Body(str(position), at, size) for position, at, size in reader.execute(query, (kind, after, limit))]


def blank(writer: sqlite3.Connection, positions: list[int]) -> None:
    """Takes bodies and salts away, so that the digests that stay tell nothing."""
    for position in positions:
        query = "SELECT kind, length(body) FROM facts WHERE position = ? AND body IS NOT NULL"
        found = writer.execute(query, (position,)).fetchone()
        if found is not None:
            writer.execute("UPDATE facts SET salt = NULL, body = NULL WHERE position = ?", (position,))
            writer.execute("UPDATE store SET bytes = bytes - ? WHERE kind = ?", (found[1], found[0]))


def skeleton(reader: sqlite3.Connection, after: int, limit: int) -> list[tuple[str, bool]]:
    """Positions behind a position, and whether each body is gone."""
    query = "SELECT position, body IS NULL FROM facts WHERE position > ? ORDER BY position LIMIT ?"
    return [(str(position), bool(gone)) for position, gone in reader.execute(query, (after, limit))]


def remove(writer: sqlite3.Connection, span: range) -> Sealed:
    """Removes a run of blanked facts; gives the fact to append in its place, in the same transaction."""
    query = "SELECT * FROM facts WHERE position >= ? AND position < ? ORDER BY position"
    rows = [chain.Row._make(row) for row in writer.execute(query, (span.start, span.stop))]
    fact = chain.sealed(rows, span)
    writer.execute("DELETE FROM facts WHERE position >= ? AND position < ?", (span.start, span.stop))
    for kind in {row.kind for row in rows}:
        count = sum(row.kind == kind for row in rows)
        writer.execute("UPDATE store SET facts = facts - ? WHERE kind = ?", (count, kind))
    return fact


def reclaim(writer: sqlite3.Connection) -> bool:
    """Gives some free pages back; True while more are left."""
    for _ in range(RECLAIM_PAGES):
        # One page each: the driver takes a single step of this statement, whatever number it is given.
        writer.execute("PRAGMA incremental_vacuum(1)")
    (free,) = writer.execute("PRAGMA freelist_count").fetchone()
    return bool(free > 0)
