"""The hash chain: what each link covers, and the walk that checks it.

Every store extends the same chain, so one walk verifies them all. A link covers the link before it, position, kind,
format, both times, key, and the digest of salt + body: a body can be blanked and the rest still verifies.
"""

from __future__ import annotations

import contextlib
import os
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

from nomoat.errors import JournalError
from nomoat.journal.codec import EncodedDecision, encode
from nomoat.journal.facts import Fact, Pruned, Sealed
from nomoat.journal.ports import START, Checkpoint, Verification

SALT_BYTES = 16
#: Makes a named tuple without the Python function in front of it: both loops below run once a request.
_new = tuple.__new__

#: Problems that a verification lists; the rest is counted.
MOST_PROBLEMS = 100


class Row(NamedTuple):
    """A fact as a store keeps it. `salt` and `body` are None where retention blanked it."""

    position: int
    kind: str
    format: int
    happened_at: str
    recorded_at: str
    key: str | None
    salt: bytes | None
    digest: bytes
    link: bytes
    body: str | None


class Segment(NamedTuple):
    """A range of facts that one `Sealed` fact replaced: `head` is the link of its last fact."""

    first: int
    last: int
    head: bytes
    sealed_at: int


class Cover(NamedTuple):
    """What one `Pruned` fact covers of its kind: behind a position and up to another, but those that were kept."""

    after: int
    upto: int
    kept: frozenset[int]


def genesis(store_id: str) -> bytes:
    """The link before the first fact; it differs from store to store."""
    return sha256(f"nomoat journal 1 {store_id}".encode()).digest()


def digest(salt: bytes, body: str) -> bytes:
    """What a link covers of a body; the salt keeps a blanked body from being guessed."""
    return sha256(salt + body.encode("ascii")).digest()


def tail(kind: str, format_: int, happened_at: str, key: str | None) -> bytes:
    """What a link covers that is known before its position is. The lengths in front keep it unambiguous."""
    length = "-" if key is None else len(key)
    return f"{format_} {len(kind)} {len(happened_at)} {length} {kind}{happened_at}{key or ''}".encode()


def link(before: bytes, position: int, recorded_at: str, digest: bytes, tail: bytes) -> bytes:
    """The link of one fact."""
    return sha256(b"%b%b%d %d %b%b" % (before, digest, position, len(recorded_at), recorded_at.encode(), tail)).digest()


class Prepared(NamedTuple):
    """A fact made ready outside the write transaction: everything but its position, `recorded_at` and link."""

    fact: Fact
    kind: str
    format: int
    happened_at: str
    key: str | None
    salt: bytes
    digest: bytes
    body: str
    tail: bytes


def prepare(facts: Sequence[tuple[Fact, str | None]]) -> list[Prepared]:
    """Encodes and digests facts. Raises JournalError where one cannot be written; then none of them is."""
    salts = os.urandom(SALT_BYTES * len(facts))
    prepared = []
    ends = 0
    for fact, key in facts:
        salt = salts[ends : (ends := ends + SALT_BYTES)]
        # guard's own facts come encoded, and there is one a request: this loop spells out what it can.
        body = fact.body if type(fact) is EncodedDecision else encode(fact)
        kind, format_, happened_at = fact.kind, fact.format, fact.happened_at
        try:
            covered = tail(kind, format_, happened_at, key)
        except UnicodeEncodeError as error:
            raise JournalError(f"the key or time of a {kind} is no text") from error
        digested = sha256(salt + body.encode("ascii")).digest()
        prepared.append(_new(Prepared, (fact, kind, format_, happened_at, key, salt, digested, body, covered)))
    return prepared


def without_known(
    prepared: Sequence[Prepared], is_known: Callable[[str], bool]
) -> tuple[list[Prepared], list[int | None]]:
    """Facts whose key is new, and for each fact its place among them: None for a key that is there already."""
    if all(fact.key is None for fact in prepared):
        return list(prepared), list(range(len(prepared)))
    fresh: list[Prepared] = []
    places: list[int | None] = []
    seen: set[str] = set()
    for fact in prepared:
        if fact.key is not None and (fact.key in seen or is_known(fact.key)):
            places.append(None)
            continue
        if fact.key is not None:
            seen.add(fact.key)
        places.append(len(fresh))
        fresh.append(fact)
    return fresh, places


def number(cursor: str) -> int:
    """The position behind a cursor of ours. Raises JournalError for text that is none."""
    if not cursor:
        return 0
    if cursor.isascii() and cursor.isdigit() and len(cursor) < 19:
        return int(cursor)
    raise JournalError(f"'{cursor[:40]}' is no position of this journal", fix="nomoat journal show tells positions")


def cursor(position: int) -> str:
    """A position as text; START for none."""
    return str(position) if position else START


def segments_of(facts: Iterable[tuple[int, Sealed]]) -> dict[int, Segment]:
    """Sealed segments by their first position."""
    found = {}
    for position, fact in facts:
        # One that was written by no nomoat explains nothing.
        with contextlib.suppress(JournalError, ValueError):
            segment = Segment(number(fact.first), number(fact.last), bytes.fromhex(fact.head), position)
            found[segment.first] = segment
    return found


def covers_of(facts: Iterable[Pruned]) -> dict[str, list[Cover]]:
    """What pruned facts cover, by kind, in the order of `upto`."""
    covers: dict[str, list[Cover]] = {}
    for fact in facts:
        with contextlib.suppress(JournalError):
            kept = frozenset(map(number, fact.kept))
            covers.setdefault(fact.of, []).append(Cover(number(fact.after), number(fact.upto), kept))
    return {kind: sorted(found, key=lambda cover: cover.upto) for kind, found in covers.items()}


def sealed(rows: Sequence[Row], span: range) -> Sealed:
    """The fact that takes the place of a run of blanked facts. Raises JournalError where one still has its body."""
    if [row.position for row in rows] != list(span) or any(row.body is not None for row in rows):
        raise JournalError(
            f"facts {span.start} to {span.stop - 1} cannot be sealed: some are not blanked, or not there",
            fix="nomoat journal verify tells what is missing",
        )
    return Sealed(first=str(span.start), last=str(span.stop - 1), head=rows[-1].link.hex(), count=len(rows))


def rows(prepared: Iterable[Prepared], *, position: int, before: bytes, recorded_at: str) -> list[Row]:
    """The facts as rows behind `position` and its link."""
    made = []
    time = b"%d %b" % (len(recorded_at), recorded_at.encode())
    for _, kind, format_, happened_at, key, salt, digested, body, covered in prepared:
        position += 1
        # `link`, with what all of them share made once.
        before = sha256(b"%b%b%d %b%b" % (before, digested, position, time, covered)).digest()
        made.append(_new(Row, (position, kind, format_, happened_at, recorded_at, key, salt, digested, before, body)))
    return made


def _tail(row: Row) -> bytes:
    try:
        return tail(row.kind, row.format, row.happened_at, row.key)
    except UnicodeEncodeError:
        return b""


@dataclass(slots=True)
class Walk:
    """Checks rows in order, a page at a time.

    Segments (by first position) and covers are read anew where one is missing: retention goes on beside it.
    """

    store_id: str
    against: Checkpoint | None = None
    read_segments: Callable[[], Mapping[int, Segment]] = dict
    read_covers: Callable[[], Mapping[str, Sequence[Cover]]] = dict
    before: bytes = b""
    next: int = 1
    facts: int = 0
    blanked: int = 0
    more: int = 0
    recorded_at: str = ""
    problems: list[str] = field(default_factory=list)
    compared: bool = False
    _segments: Mapping[int, Segment] = field(default_factory=dict)
    _covers: Mapping[str, Sequence[Cover]] = field(default_factory=dict)
    _are_reread: bool = False

    def __post_init__(self) -> None:
        self.before = genesis(self.store_id)
        self._segments = self.read_segments()
        self._covers = self.read_covers()
        if self.against is not None and self.against.store != self.store_id:
            self.problem(f"the checkpoint is of store {self.against.store}, this is store {self.store_id}")
            self.against = None
            self.compared = True

    def problem(self, text: str) -> None:
        """Notes one problem; beyond the limit they are only counted."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(text)
        else:
            self.more += 1

    def take(self, rows: Iterable[Row]) -> None:
        """The next rows, in the order of their positions."""
        aim = int(self.against.position or 0) if self.against is not None else -1
        self._are_reread = False
        for row in rows:
            if row.position != self.next:
                self._jump(row.position)
            try:
                self._check(row)
            except (TypeError, ValueError, AttributeError):
                # In a damaged file a column can hold any type, and text that is none.
                self.problem(f"position {row.position}: this fact is damaged: its columns are not of their types")
            self.before = row.link if type(row.link) is bytes else b""
            self.next = row.position + 1
            self.facts += 1
            if row.position == aim:
                self._compare(row.link)

    def _check(self, row: Row) -> None:
        position = row.position
        if row.body is None or row.salt is None:
            self.blanked += 1
            self._check_blank(row)
        else:
            try:
                is_whole = digest(row.salt, row.body) == row.digest
            except UnicodeEncodeError:
                is_whole = False
            if not is_whole:
                self.problem(f"position {position}: the body of this {row.kind} was edited")
        if link(self.before, position, row.recorded_at, row.digest, _tail(row)) != row.link:
            self.problem(
                f"position {position}: this {row.kind} was edited, moved or inserted, or the one before it was"
            )
        if row.recorded_at < self.recorded_at:
            self.problem(f"position {position}: recorded before the fact in front of it")
        self.recorded_at = row.recorded_at

    def _check_blank(self, row: Row) -> None:
        if self._is_covered(row):
            return
        if not self._are_reread:
            self._covers, self._are_reread = self.read_covers(), True
        if not self._is_covered(row):
            self.problem(f"position {row.position}: the body of this {row.kind} is gone, and no pruned fact says why")

    def _is_covered(self, row: Row) -> bool:
        covers = self._covers.get(row.kind, ())
        # They stand in the order of `upto`: the first that reaches this far is the one that could cover it.
        index = bisect_left(covers, row.position, key=lambda cover: cover.upto)
        if index == len(covers):
            return False
        return covers[index].after < row.position and row.position not in covers[index].kept

    def _jump(self, position: int) -> None:
        """Over positions that are not there: sealed segments, or a problem."""
        reread = False
        while self.next < position:
            segment = self._segments.get(self.next)
            if segment is None and not reread:
                self._segments, reread = self.read_segments(), True
                continue
            if segment is None or segment.last >= position or segment.sealed_at <= segment.last:
                until = min((first for first in self._segments if self.next < first < position), default=position)
                self.problem(f"positions {self.next} to {until - 1} are missing")
                self.next = until
                continue
            self._cross(segment)
        if position < self.next:
            self.problem(f"position {position}: inserted, or its number was changed")

    def _cross(self, segment: Segment) -> None:
        aim = int(self.against.position or 0) if self.against is not None else -1
        if segment.last == aim:
            self._compare(segment.head)
        elif segment.first <= aim < segment.last:
            self.problem(
                f"the checkpoint at position {aim} lies inside facts {segment.first} to {segment.last}, "
                "which retention sealed: compare with a newer one"
            )
            self.compared = True
        self.before, self.next = segment.head, segment.last + 1

    def _compare(self, found: bytes) -> None:
        self.compared = True
        if self.against is not None and found.hex() != self.against.head:
            self.problem(
                f"position {self.against.position}: not the fact that the checkpoint saw: history was rewritten"
            )

    def end(self, head: Checkpoint) -> Verification:
        """The result, once every row was taken. `head` is what the store believes to be its newest point."""
        last = int(head.position or 0)
        if last >= self.next:
            self._jump(last + 1)
        if last < self.next - 1:
            self.problem(f"the store says it ends at position {last}, and facts stand behind it")
        elif self.before.hex() != head.head:
            self.problem(f"position {last}: the newest link is not the one that the store last wrote")
        if self.against is not None and not self.compared:
            if not self.against.position:
                self._compare(genesis(self.store_id))
            else:
                self.compared = True
                self.problem(
                    f"the checkpoint saw position {self.against.position}, and the store ends at {last}: "
                    "newer facts were cut off, or an older copy was put back"
                )
        problems = [*self.problems, *([f"and {self.more} more"] if self.more else [])]
        return Verification(self.facts, head, self.blanked, tuple(problems), self.compared)
