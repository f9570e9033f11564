"""Verifies a PostgreSQL store: the chain, what stands, and the schema.

A page at a time, each in a short transaction of its own; nothing stays open between them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, TypeVar

from nomoat.errors import NomoatError, StorageError
from nomoat.journal import chain
from nomoat.journal.codec import decode
from nomoat.journal.facts import Fact, Pruned, Sealed
from nomoat.journal.ports import START, Checkpoint, Verification
from nomoat.journal.standing import STANDING_KINDS, Standing
from nomoat.storage import postgresql_schema
from nomoat.storage.postgresql_session import Session
from nomoat.storage.replay import differences, replay

PAGE = 5000
_LAST = 1 << 62
COLUMNS = ", ".join(chain.Row._fields)
_Kind = TypeVar("_Kind", bound=Fact)


def row(found: tuple[Any, ...]) -> chain.Row:
    """A row as every store has it. A key that is no text fails its link."""
    position, kind, format_, happened_at, recorded_at, key, *rest = found
    text = None if key is None else key.decode("utf-8", "surrogateescape")
    return chain.Row(position, kind, format_, happened_at, recorded_at, text, *rest)


def verify(session: Session, against: Checkpoint | None) -> Verification:
    """The result of one whole walk."""
    ((store_id,),) = session.rows("SELECT id FROM store")
    walk = chain.Walk(
        store_id,
        against,
        lambda: chain.segments_of(_readable(session, Sealed)),
        lambda: chain.covers_of(fact for _, fact in _readable(session, Pruned)),
    )
    with session.snapshot() as reader:
        changed = list(postgresql_schema.changes(reader, session.place.schema))
    try:
        head = _take_all(session, walk)
        changed += _standing(session)
    except StorageError:
        if not changed:
            raise
        # The tables cannot even be walked any more, and this is why.
        return Verification(walk.facts, Checkpoint(store_id, START, "", 0), problems=tuple(changed))
    for problem in changed:
        walk.problem(problem)
    return walk.end(head)


def _take_all(session: Session, walk: chain.Walk) -> Checkpoint:
    """Walks until no fact is left; gives the head as it was with the last page."""
    position = -(1 << 62)
    while True:
        with session.snapshot() as reader:
            query = f"SELECT {COLUMNS} FROM facts WHERE position > %s ORDER BY position LIMIT %s"  # noqa: S608
            rows = reader.execute(query, [position, PAGE]).fetchall()
            ((store_id, last, link),) = reader.execute("SELECT id, position, link FROM store").fetchall()
        walk.take(map(row, rows))
        if len(rows) < PAGE:
            return Checkpoint(store_id, chain.cursor(last), link.hex(), last)
        position = rows[-1][0]


def _readable(session: Session, kind: type[_Kind]) -> Iterator[tuple[int, _Kind]]:
    """Facts of a kind that can be read; one that cannot fails its digest in the walk."""
    query = postgresql_schema.by_kind("position, format, happened_at, body", "body IS NOT NULL")
    for position, format_, happened_at, body in session.rows(query, [[kind.kind], 0, _LAST, _LAST, _LAST]):
        with contextlib.suppress(NomoatError):
            fact = decode(kind.kind, format_, happened_at, body)
            if isinstance(fact, kind):
                yield position, fact


def _standing(session: Session) -> Iterator[str]:
    """What is in force, replayed from the facts and compared with the table that readers trust."""
    replayed: dict[tuple[str, str], Standing] = {}
    names = [kind.kind for kind in STANDING_KINDS]
    query = postgresql_schema.by_kind("position, kind, format, happened_at, body")
    position, table = 0, []
    while True:
        with session.snapshot() as reader:
            rows = reader.execute(query, [names, position, _LAST, PAGE, PAGE]).fetchall()
            if len(rows) < PAGE:
                table = reader.execute("SELECT topic, name, position, until, is_open FROM standing").fetchall()
        replay(rows, replayed)
        if len(rows) < PAGE:
            break
        position = rows[-1][0]
    yield from differences(replayed, [Standing(*one) for one in table])
