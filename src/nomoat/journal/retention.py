"""Shortens the journal: old bodies are blanked, then runs of blanked facts become one `Sealed` fact.

What may go is decided here, how in the store. It runs in pieces of a few milliseconds, by whoever holds the
maintenance lease, and each piece leaves a journal that verifies: a kill in the middle costs nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from nomoat.datafile import did_you_mean
from nomoat.errors import IncompleteError, Problem, SettingsError
from nomoat.journal.facts import KINDS, Alert, Checked, Episode, Incident, Pruned, timestamp
from nomoat.journal.ports import START, Body, Store
from nomoat.journal.workers import seconds_from
from nomoat.settings import Settings

LEASE = "maintenance"
LEASE_S = 60.0
#: How often a `Keeper` begins anew.
EVERY_S = 3600.0
#: The kinds that may be shortened. Incidents, evidence, steps, messages, blocks, revocations, first uses, texts and
#: reviews are what a later question is about: they stay.
PRUNABLE = ("decision", "response", "checked", "alert", "episode", "gap")
#: Facts of one sealed segment: its removal must not hold the write lock for long.
SEGMENT = 500
#: Shorter runs of blanked facts stay: a `Sealed` fact would be larger than they are.
LEAST_SEGMENT = 50
_PAGE = 500
#: Bodies of which one `Pruned` fact tells, and which are looked for in one piece.
_CHUNK = 2_000
#: Facts blanked in one transaction, to begin with, and how long it should take: 50 ms is the promise.
_FIRST_CHUNK, _AIM_S = 100, 0.015


@dataclass(frozen=True, slots=True)
class Limit:
    """How long and how much of a kind is kept; None means without end."""

    keep_s: float | None = None
    at_most_bytes: int | None = None


@dataclass(slots=True)
class Result:
    """What one run did, or with `dry_run` would do: facts blanked and bytes freed by kind, segments sealed."""

    blanked: dict[str, tuple[int, int]] = field(default_factory=dict)
    sealed: int = 0


def limits(settings: Settings) -> dict[str, Limit]:
    """The limits of `journal.retention`, by kind; `decisions` and `decision` are the same.

    Raises SettingsError with every kind that does not exist or is always kept.
    """
    journal = settings.journal
    found: dict[str, Limit] = {}
    problems = []
    for name in dict.fromkeys([*journal.keep_s, *journal.at_most_bytes]):
        kind = name if name in KINDS else name.removesuffix("s")
        if kind in PRUNABLE:
            found[kind] = Limit(journal.keep_s.get(name), journal.at_most_bytes.get(name))
        elif kind in KINDS:
            fix = f"take it out; {', '.join(PRUNABLE)} can be shortened"
            problems.append(Problem(f"{name} are always kept", f"{settings.file}: journal.retention", fix))
        else:
            fix = did_you_mean(name, [f"{one}s" for one in PRUNABLE])
            problems.append(Problem(f"'{name}' is no kind of fact", f"{settings.file}: journal.retention", fix))
    if problems:
        raise SettingsError(problems[0].what, problems=problems)
    return found


def prune(store: Store, limited: Mapping[str, Limit], *, holder: str, dry_run: bool = False) -> Result:
    """Shortens the journal now, from beginning to end.

    Raises IncompleteError where another process is at it.
    """
    result = Result()
    if not dry_run and not store.lease(LEASE, holder, seconds=LEASE_S):
        raise IncompleteError(
            "another process is shortening this journal", where=store.url, fix="wait a minute and look again"
        )
    for _ in pieces(store, limited, result, dry_run=dry_run):
        if not dry_run:
            store.lease(LEASE, holder, seconds=LEASE_S)
    return result


class Keeper:
    """Shortens the journal beside other work: `tick` does one small piece at most, and nothing most of the time."""

    def __init__(self, store: Store, limited: Mapping[str, Limit], *, holder: str) -> None:
        self._store = store
        self._limits = dict(limited)
        self._holder = holder
        self._next_at = 0.0
        self._running: Iterator[None] | None = None

    def tick(self) -> bool:
        """One piece; True while there is more to do. Raises StorageError as the store does."""
        if not self._limits or (self._running is None and time.monotonic() < self._next_at):
            return False
        try:
            if not self._store.lease(LEASE, self._holder, seconds=LEASE_S):
                self._running, self._next_at = None, time.monotonic() + LEASE_S
                return False
            if self._running is None:
                self._running = pieces(self._store, self._limits, Result())
            next(self._running)
        except StopIteration:
            self._running, self._next_at = None, time.monotonic() + EVERY_S
            return False
        except BaseException:
            self._running, self._next_at = None, time.monotonic() + LEASE_S
            raise
        return True


def pieces(store: Store, limited: Mapping[str, Limit], result: Result, *, dry_run: bool = False) -> Iterator[None]:
    """The work of one run: each step is one small transaction, `result` tells what was done so far."""
    last: dict[str, str] = {}
    for entry in store.read(kinds=(Pruned,)):
        if isinstance(entry.fact, Pruned):
            last[entry.fact.of] = entry.fact.upto
    for kind, limit in limited.items():
        result.blanked[kind] = (0, 0)
        for old, kept in _old(store, kind, limit):
            count, size_bytes = result.blanked[kind]
            result.blanked[kind] = count + len(old), size_bytes + sum(body.size_bytes for body in old)
            yield
            if dry_run:
                continue
            after, upto = last.get(kind, START), old[-1].position
            if int(upto) > int(after or 0):
                held = tuple(sorted((p for p in kept if int(after or 0) < int(p) <= int(upto)), key=int))
                # The fact stands before the first body goes: a kill between the two leaves nothing unexplained.
                store.append([(Pruned(of=kind, upto=upto, count=len(old), after=after, kept=held), None)])
                last[kind] = upto
            yield from _blank(store, old)
    if not dry_run:
        yield from _seal(store, max(map(int, last.values()), default=0), result)
        while store.reclaim():
            yield


def _old(store: Store, kind: str, limit: Limit) -> Iterator[tuple[list[Body], frozenset[str]]]:
    """The bodies that are too old, or too many, some at a time; with each what stays although it is."""
    until, too_much = 0, 0
    if limit.keep_s is not None:
        until = int(store.before(seconds_from(timestamp(), -limit.keep_s)) or 0)
    if limit.at_most_bytes is not None:
        too_much = store.usage().kinds.get(kind, (0, 0))[1] - limit.at_most_bytes
    found: list[Body] = []
    kept = _kept(store, kind)
    after = START
    while page := store.bodies(kind, after=after, limit=_PAGE):
        after = page[-1].position
        for body in page:
            if int(body.position) > until and too_much <= 0:
                after = ""
                break
            if body.position not in kept:
                found.append(body)
                too_much -= body.size_bytes
        if not after:
            break
        if len(found) >= _CHUNK:
            yield found, kept
            # Looked up again: an incident that was declared meanwhile keeps what it stands on.
            found, kept = [], _kept(store, kind)
    if found:
        yield found, kept


def _kept(store: Store, kind: str) -> frozenset[str]:
    """Positions of a kind that stay although they are old: what incidents and open findings stand on."""
    kept: set[str] = set()
    if kind in ("alert", "decision"):
        for entry in store.read(kinds=(Incident,)):
            named = entry.fact.alert if isinstance(entry.fact, Incident) else ""
            alert = (store.get(named) if named.isdigit() else store.find(named)) if named else None
            if alert is not None and isinstance(alert.fact, Alert):
                kept |= {alert.position} if kind == "alert" else {one for one in alert.fact.facts if one.isdigit()}
    elif kind in ("checked", "episode"):
        newest: dict[object, str] = {}
        for entry in store.read(kinds=(Checked, Episode)):
            if isinstance(entry.fact, Checked):
                newest[entry.fact.root] = entry.position
            elif isinstance(entry.fact, Episode):
                newest[(entry.fact.detection, *sorted(entry.fact.group.items()))] = entry.position
        kept = set(newest.values())
    return frozenset(kept)


def _blank(store: Store, old: list[Body]) -> Iterator[None]:
    at, size = 0, _FIRST_CHUNK
    while at < len(old):
        began = time.monotonic()
        store.blank([body.position for body in old[at : at + size]])
        at += size
        took_s = time.monotonic() - began
        size = max(10, size // 2) if took_s > _AIM_S else min(1000, size + size // 4)
        yield


def _seal(store: Store, upto: int, result: Result) -> Iterator[None]:
    """Runs of blanked facts up to a position become one fact each."""
    run: list[str] = []
    after = START
    while page := store.skeleton(after=after, limit=_PAGE):
        for position, is_blank in page:
            is_next = is_blank and int(position) <= upto and (not run or int(position) == int(run[-1]) + 1)
            if run and (not is_next or len(run) == SEGMENT):
                yield from _seal_run(store, run, result)
                run = []
            if is_blank and int(position) <= upto:
                run.append(position)
        after = page[-1][0]
        if int(after) > upto:
            break
        yield
    yield from _seal_run(store, run, result)


def _seal_run(store: Store, run: list[str], result: Result) -> Iterator[None]:
    if len(run) >= LEAST_SEGMENT:
        store.seal(run[0], run[-1])
        result.sealed += 1
        yield
