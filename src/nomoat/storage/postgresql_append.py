"""Appends facts to a PostgreSQL store: what is handed to the server's function `append`, and what is done when its
answer is lost.

A batch has a number, the server remembers the newest one of each writer. Who was told that a batch failed may hand the
same facts over again: those that were committed after all are not committed twice.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import psycopg

from nomoat.errors import CursorMovedError, StorageError
from nomoat.journal import chain
from nomoat.journal.facts import Fact
from nomoat.journal.ports import CursorMove
from nomoat.journal.standing import STANDING_NAMES, change
from nomoat.storage.postgresql_arrays import Array, bytestrings, integers, texts
from nomoat.storage.postgresql_errors import AnswerLostError
from nomoat.storage.postgresql_session import Session

_APPEND = "SELECT * FROM append(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
_SEAL = "SELECT * FROM seal(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
#: Facts whose batch was given up and then found committed are remembered so many at a time.
_MOST_FOUND = 20_000


class Appender:
    """Appends for one process; numbers its batches."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._forget()

    def _forget(self) -> None:
        self._writer = self._session.writer_id
        self._number = 0
        self._lost: tuple[int, list[Fact]] | None = None
        #: By identity: the same objects handed over again. The facts are held, so that no other can take their place.
        self._found: dict[int, tuple[Fact, str | None]] = {}

    def append(
        self,
        facts: Sequence[tuple[Fact, str | None]],
        *,
        cursor: CursorMove | None,
        durable: bool,
        now: str | None,
    ) -> list[str | None]:
        """Commits facts; gives their positions, None for a key that is there already."""
        prepared = chain.prepare(facts)
        changes = _changes(prepared)
        with self._session.write_lock:
            self._begin()
            if self._found and any(id(fact) in self._found for fact, _ in facts):
                return self._append_rest(facts, cursor=cursor, durable=durable, now=now)
            values = [self._session.sync[durable], now, *_columns(prepared), changes, *_move(cursor)]
            try:
                first, skipped = self._call(_APPEND, [self._session.store_id, self._writer, self._number, *values])
            except AnswerLostError:
                self._lost = (self._number, [fact for fact, _ in facts])
                raise
            except StorageError as error:
                if (moved := self._moved(error, cursor)) is not None:
                    raise moved from error.__cause__
                raise
        return _positions(len(prepared), first, skipped)

    def _append_rest(
        self, facts: Sequence[tuple[Fact, str | None]], *, cursor: CursorMove | None, durable: bool, now: str | None
    ) -> list[str | None]:
        """Facts of which some are committed already."""
        done = {index: self._found[id(fact)][1] for index, (fact, _) in enumerate(facts) if id(fact) in self._found}
        rest = [index for index in range(len(facts)) if index not in done]
        for index in done:
            self._found.pop(id(facts[index][0]), None)
        made = self.append([facts[index] for index in rest], cursor=cursor, durable=durable, now=now)
        positions = {**done, **dict(zip(rest, made, strict=True))}
        return [positions[index] for index in range(len(facts))]

    def seal(self, span: range, count: int, prepared: chain.Prepared, *, now: str | None) -> str:
        """Puts one fact in the place of a run of them; gives its position."""
        with self._session.write_lock:
            self._begin()
            store = [self._session.store_id, self._writer, self._number, now]
            fact = [prepared.happened_at, prepared.salt, prepared.format, prepared.body]
            first, _ = self._call(_SEAL, [span.start, span.stop - 1, count, *store, *fact])
        return str(first)

    def _begin(self) -> None:
        """The next number; before it, what became of the batch whose answer was lost."""
        if self._writer != self._session.writer_id:
            self._forget()
        if not self._session.store_id:
            self._session.rows("SELECT 1")
        if self._lost is not None:
            number, facts = self._lost
            is_kept, first, skipped = self._call("SELECT * FROM settle(%s, %s)", [self._writer, number])
            self._lost = None
            if is_kept:
                positions = _positions(len(facts), first, skipped)
                self._found |= {id(fact): (fact, at) for fact, at in zip(facts, positions, strict=True)}
                for old in list(self._found)[:-_MOST_FOUND]:
                    del self._found[old]
        self._number += 1

    def _call(self, query: str, values: list[Any]) -> tuple[Any, ...]:
        return self._session.write(query, values)

    def _moved(self, error: StorageError, cursor: CursorMove | None) -> CursorMovedError | None:
        cause = error.__cause__
        if cursor is None or not isinstance(cause, psycopg.Error) or cause.sqlstate != "NM001":
            return None
        stands = cause.diag.message_primary or "0"
        return CursorMovedError(
            f"reader '{cursor.reader}' is at '{'' if stands == '0' else stands}', not at '{cursor.expected}'",
            where=self._session.place.url,
            fix="stop the second reader of this name",
        )


def _columns(prepared: Sequence[chain.Prepared]) -> list[Array]:
    """Kind, format, time, key, salt and body: one array each."""
    keys = [None if fact.key is None else fact.key.encode() for fact in prepared]
    return [
        texts([fact.kind for fact in prepared]),
        integers([fact.format for fact in prepared]),
        texts([fact.happened_at for fact in prepared]),
        bytestrings(keys if any(key is not None for key in keys) else []),
        bytestrings([fact.salt for fact in prepared]),
        texts([fact.body for fact in prepared]),
    ]


def _changes(prepared: Sequence[chain.Prepared]) -> str | None:
    """What the facts change of what stands, as JSON. The server knows their positions."""
    found = []
    for index, one in enumerate(prepared, 1):
        if one.kind in STANDING_NAMES and (made := change(0, one.fact)) is not None:
            stands = made.standing
            found.append(
                {"fact": index, "how": made.how, "topic": stands.topic, "name": stands.name, "until": stands.until}
            )
    return json.dumps(found) if found else None


def _move(cursor: CursorMove | None) -> list[Any]:
    if cursor is None:
        return [None, None, None]
    return [cursor.reader, chain.number(cursor.expected), chain.number(cursor.new)]


def _positions(count: int, first: int | None, skipped: Sequence[int]) -> list[str | None]:
    """The position of each fact of a batch; the server counts from 1."""
    gone, at = set(skipped), first or 0
    positions: list[str | None] = []
    for index in range(1, count + 1):
        if index in gone:
            positions.append(None)
        else:
            positions.append(str(at))
            at += 1
    return positions
