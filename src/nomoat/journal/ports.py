"""What a store of facts promises: the protocol behind which SQLite, PostgreSQL and memory stand.

Positions and cursors are opaque text outside a store; they compare by `Store.read` order only.
`tests/storage/contract.py` is this protocol as a test that every store must pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from nomoat.journal.facts import Block, Elevation, Fact, Incident, Logging, OpenFinding, Revocation

#: The cursor before the first fact.
START = ""


class Entry(NamedTuple):
    """A fact as stored. `fact` is None where retention blanked its body; `position` is also a cursor."""

    position: str
    recorded_at: str
    kind: str
    key: str | None
    fact: Fact | None


class CursorMove(NamedTuple):
    """A reader's cursor, moved in the same transaction as the facts it led to.

    `expected` is where the reader believes it stands (START for a new one); anything else is CursorMovedError.
    """

    reader: str
    expected: str
    new: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A point of the chain, to be kept outside the store: which store, up to where, and its head there."""

    store: str
    position: str
    head: str
    count: int


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk over the chain found. `problems` is empty when it holds; `compared` is False without a checkpoint."""

    facts: int
    checkpoint: Checkpoint
    blanked: int = 0
    problems: tuple[str, ...] = ()
    compared: bool = False


@dataclass(frozen=True, slots=True)
class ProcessState:
    """A process that uses the store: `position` is how far it has read blocks; `live` within 3 s of `seen_at`."""

    id: str
    host: str
    pid: int
    role: str
    service: str
    started_at: str
    seen_at: str
    position: str
    ended: bool
    live: bool


@dataclass(frozen=True, slots=True)
class State:
    """What is in force now, kept in the same transaction as the facts: never a fold over all history."""

    blocks: tuple[Block, ...] = ()
    revocations: tuple[Revocation, ...] = ()
    logging: tuple[Logging, ...] = ()
    elevations: tuple[Elevation, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """How much a store holds: facts and bytes of bodies by kind, and what it takes on disk."""

    kinds: Mapping[str, tuple[int, int]]
    size_bytes: int


class Body(NamedTuple):
    """A body that retention may blank: where it is, when it was recorded and its size."""

    position: str
    recorded_at: str
    size_bytes: int


class Store(Protocol):
    """A store of facts. Safe to use from several threads; after a fork it opens itself anew."""

    @property
    def id(self) -> str:
        """The store's own random id, fixed when it was made."""

    @property
    def url(self) -> str:
        """The URL it was opened by."""

    def append(
        self,
        facts: Sequence[tuple[Fact, str | None]],
        *,
        cursor: CursorMove | None = None,
        durable: bool = False,
    ) -> list[str | None]:
        """Commits facts in one transaction and gives their positions, None for a key that was there already.

        `durable` waits for the disk (steps, blocks, evidence). Raises StorageError, CursorMovedError; then nothing of
        the batch is in the store.
        """

    def read(
        self,
        after: str = START,
        *,
        kinds: Iterable[type[Fact]] | None = None,
        upto: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Entry]:
        """Facts after a cursor, in order, up to and with `upto`. No transaction stays open between entries."""

    def get(self, position: str) -> Entry | None:
        """One fact."""

    def find(self, key: str) -> Entry | None:
        """The fact that has this idempotency key."""

    def head(self) -> Checkpoint:
        """The newest point of the chain; its `position` is START in an empty store."""

    def cursor(self, reader: str) -> str:
        """Where a reader stands; START for a new one."""

    def before(self, recorded_at: str) -> str:
        """The cursor in front of every fact recorded at or after a time: reading after it gives those facts."""

    def state(self, *, now: str) -> State:
        """Blocks, revocations and extra logging in force at a time."""

    def incidents(self, *, is_open: bool | None = None) -> list[Incident]:
        """The `declared` fact of each incident; with `is_open`, only the open or only the closed ones."""

    def findings(self) -> list[OpenFinding]:
        """The findings that the last `Checked` fact of each root left open."""

    def beat(self, process: str, *, role: str, service: str, position: str, ended: bool = False) -> None:
        """A process says that it lives and how far it has read; the first beat registers it."""

    def processes(self) -> list[ProcessState]:
        """Every process seen within the last day, live or not, and each that never said that it ends."""

    def verify(self, against: Checkpoint | None = None) -> Verification:
        """Walks the whole chain."""

    def usage(self) -> Usage:
        """How much is kept, by kind; cheap, no walk over the facts."""

    def lease(self, name: str, holder: str, *, seconds: float) -> bool:
        """Takes or renews a lease for a while; False while somebody else holds it."""

    def bodies(self, kind: str, *, after: str = START, limit: int) -> list[Body]:
        """Facts of a kind whose body is still there, in order (`nomoat.journal.retention`)."""

    def blank(self, positions: Sequence[str]) -> None:
        """Takes the bodies of these facts away, in one transaction; a `Pruned` fact must cover them before."""

    def skeleton(self, *, after: str = START, limit: int) -> list[tuple[str, bool]]:
        """The next facts: the position of each, and whether its body is gone."""

    def seal(self, first: str, last: str) -> str:
        """Replaces a run of blanked facts by one `Sealed` fact, in one transaction; gives its position."""

    def reclaim(self) -> bool:
        """Gives a little free space back to the disk; True while there is more to give."""

    def close(self) -> None:
        """Ends cleanly; a second call does nothing."""
