"""Verifies a SQLite store: the chain, and everything beside it that readers trust.

The tables of what stands are replayed from the chain and compared, and the schema must be ours to the letter: a
trigger or a changed index could hide facts without touching one.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Iterator
from typing import Any, TypeVar

from nomoat.errors import NomoatError
from nomoat.journal import chain
from nomoat.journal.codec import decode
from nomoat.journal.facts import Fact, Pruned, Sealed
from nomoat.journal.ports import Checkpoint, Verification
from nomoat.journal.standing import STANDING_KINDS, Standing
from nomoat.storage import sqlite_schema
from nomoat.storage.replay import differences, replay
from nomoat.storage.sqlite_session import Session, store_row

PAGE = 5000
_Kind = TypeVar("_Kind", bound=Fact)


def verify(session: Session, against: Checkpoint | None) -> Verification:
    """The result of one whole walk."""
    with session.read() as reader:
        store_id, _, _, _ = store_row(reader)
    walk = chain.Walk(
        store_id,
        against,
        lambda: chain.segments_of(_readable(session, Sealed)),
        lambda: chain.covers_of(fact for _, fact in _readable(session, Pruned)),
    )
    head = _take_all(session, walk)
    for problem in (*_schema(session), *_standing(session)):
        walk.problem(problem)
    return walk.end(head)


def _take_all(session: Session, walk: chain.Walk) -> Checkpoint:
    """Walks until no fact is left; gives the head as it was with the last page."""
    query = "SELECT * FROM facts WHERE position > ? ORDER BY position LIMIT ?"
    position = -(1 << 62)
    while True:
        with session.read() as reader:
            reader.execute("BEGIN")
            try:
                rows = _rows(reader, query, (position, PAGE))
                hidden = list(_hidden(reader, rows, position))
                store_id, last, link, _ = store_row(reader)
            finally:
                reader.execute("COMMIT")
        walk.take(map(chain.Row._make, rows))
        for problem in hidden:
            walk.problem(problem)
        if len(rows) < PAGE:
            return Checkpoint(store_id, chain.cursor(last), link.hex(), last)
        position = rows[-1][0]


def _hidden(reader: sqlite3.Connection, rows: list[tuple[Any, ...]], after: int) -> Iterator[str]:
    """Facts that stand in the table and not in its indexes: readers, who go by them, would never see those."""
    if not rows:
        return
    first, last = rows[0][0], rows[-1][0]
    counted = "SELECT count(*) FROM facts WHERE kind = ? AND position > ? AND position <= ?"
    for kind, count in Counter(row[1] for row in rows).items():
        if (
            type(kind) is str
            and kind.isprintable()
            and reader.execute(counted, (kind, after, last)).fetchone() != (count,)
        ):
            yield f"positions {first} to {last}: the index of kinds hides or invents facts of kind '{kind}'"
    for row in rows:
        key = row[5]
        if type(key) is str and key.isprintable():
            found = reader.execute("SELECT position FROM facts WHERE key = ?", (key,)).fetchall()
            if found != [(row[0],)]:
                yield f"position {row[0]}: the index of keys does not lead to this fact"


def _rows(reader: sqlite3.Connection, query: str, values: tuple[str | int, ...]) -> list[tuple[Any, ...]]:
    """Rows even where somebody put bytes that are no text into them: those then fail their digest."""
    try:
        return reader.execute(query, values).fetchall()
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):
            raise
    reader.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    try:
        return reader.execute(query, values).fetchall()
    finally:
        reader.text_factory = str


def _readable(session: Session, kind: type[_Kind]) -> Iterator[tuple[int, _Kind]]:
    """Facts of a kind that can be read; one that cannot fails its digest in the walk."""
    query = "SELECT position, format, happened_at, body FROM facts WHERE kind = ? AND body IS NOT NULL"
    with session.read() as reader:
        rows = _rows(reader, f"{query} AND 0 < ?", (kind.kind, 1))
    for position, format_, happened_at, body in rows:
        with contextlib.suppress(NomoatError):
            fact = decode(kind.kind, format_, happened_at, body)
            if isinstance(fact, kind):
                yield position, fact


def _schema(session: Session) -> Iterator[str]:
    with session.read() as reader:
        found = sqlite_schema.objects(reader)
    expected = sqlite_schema.expected_objects()
    for kind, name, _ in sorted(found - expected):
        yield f"the store has a {kind} '{name}' that is not of nomoat's making"
    for kind, name, _ in sorted(expected - found):
        yield f"the {kind} '{name}' of the store is gone or was changed"


def _standing(session: Session) -> Iterator[str]:
    """What is in force, replayed from the facts and compared with the table that readers trust."""
    replayed: dict[tuple[str, str], Standing] = {}
    names = [kind.kind for kind in STANDING_KINDS]
    marks = ", ".join("?" * len(names))
    query = f"SELECT position, kind, format, happened_at, body FROM facts WHERE kind IN ({marks}) "  # noqa: S608
    query += "AND position > ? ORDER BY position LIMIT ?"
    position = 0
    while True:
        with session.read() as reader:
            reader.execute("BEGIN")
            try:
                rows = _rows(reader, query, (*names, position, PAGE))
                table = reader.execute("SELECT * FROM standing").fetchall() if len(rows) < PAGE else []
            finally:
                reader.execute("COMMIT")
        replay(rows, replayed)
        if len(rows) < PAGE:
            break
        position = rows[-1][0]
    kept = [Standing(topic, name, at, until, bool(is_open)) for topic, name, at, until, is_open in table]
    yield from differences(replayed, kept)
