"""Reads decisions from the journal and appends alerts, first uses and episodes; its cursor moves with them.

Killed and started again it goes on where its cursor stands: what lies before refills windows and never fires.
Messages go out after the commit (`telling`), and are no business of this module.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from nomoat.appmap.model import Map
from nomoat.journal.facts import (
    Alert,
    Decision,
    Elevation,
    Episode,
    Fact,
    FirstUse,
    Outbound,
    Response,
    moment,
    timestamp,
)
from nomoat.journal.ports import START, CursorMove, Entry, Store
from nomoat.settings import Settings
from nomoat.watch import events
from nomoat.watch.arrivals import LATE_S
from nomoat.watch.engine import Engine, Output
from nomoat.watch.events import Event
from nomoat.watch.model import Detection

_Kept = TypeVar("_Kept")

READER = "watch"
ROLE = "watch"
#: Entries taken in one turn, so that a long backlog is committed in pieces.
BATCH = 2000
#: What is looked at.
READ: tuple[type[Fact], ...] = (Decision, Response, Elevation, Outbound)
#: Requests whose events are remembered: their login's status, and what their handlers decide, may come later.
_REQUESTS = 10_000
#: Events of one request that are remembered.
_A_REQUEST = 16


@dataclass(frozen=True, slots=True)
class Fired:
    """An alert with the position it has in the journal."""

    alert: Alert
    position: str


class Watcher:
    """One reader of the journal. `tick` does what there is to do and returns; whoever calls it decides how often."""

    def __init__(
        self,
        store: Store,
        detections: list[Detection],
        *,
        drawn: Map | None = None,
        knows: Callable[[str], bool] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`knows` tells whether the policy grants a permission to anybody; without it events are not enriched so."""
        self._store = store
        self._engine = Engine(detections, learn_from_s=_learn_from(store), now=lambda: now().timestamp())
        self._enrich = Enrichment(drawn, knows)
        self._now = now
        self._logins: OrderedDict[str, Event] = OrderedDict()
        self._requests: OrderedDict[str, tuple[int, tuple[Event, ...]]] = OrderedDict()
        self._process = uuid.uuid4().hex
        self._cursor = store.cursor(READER)
        self._refill()

    @property
    def engine(self) -> Engine:
        """The engine, for its counts."""
        return self._engine

    def _refill(self) -> None:
        for entry in self._store.read(START, kinds=(FirstUse, Episode)):
            fact = entry.fact
            if isinstance(fact, FirstUse):
                self._engine.remember_first(fact.detection, fact.of, fact.by, moment(fact.happened_at).timestamp())
        for name, group, at_s in _open_episodes(self._store):
            self._engine.remember_episode(name, group, at_s)
        if self._cursor == START:
            return
        last = self._store.get(self._cursor)
        if last is None:
            return
        begins = moment(last.recorded_at) - timedelta(seconds=self._engine.longest_s + LATE_S)
        after = self._store.before(timestamp(begins))
        for entry in self._store.read(after, kinds=READ, upto=self._cursor):
            self._feed(entry, fire=False)

    def tick(self) -> list[Fired]:
        """Handles what was appended since the last tick; gives the alerts, already committed."""
        fired: list[Fired] = []
        while True:
            entries = list(self._store.read(self._cursor, kinds=READ, limit=BATCH))
            found: list[Output] = []
            for entry in entries:
                found += self._feed(entry)
            found += self._engine.close_episodes(now_s=self._quiet_until(entries))
            fired += self._commit(found, entries[-1].position if entries else self._cursor)
            if len(entries) < BATCH:
                return fired

    def _commit(self, found: list[Output], position: str) -> list[Fired]:
        if not found and position == self._cursor:
            return []
        found = _with_findings(found, self._store)
        keyed: list[tuple[Fact, str | None]] = [(fact, _key(fact)) for fact in found]
        move = CursorMove(READER, self._cursor, position) if position != self._cursor else None
        positions = self._store.append(keyed, cursor=move)
        self._cursor = position
        return [
            Fired(fact, at)
            for fact, at in zip(found, positions, strict=True)
            if isinstance(fact, Alert) and at is not None
        ]

    def _quiet_until(self, entries: list[Entry]) -> float:
        """The time up to which everything was looked at: now, or within a backlog the time of what was read last."""
        now_s = self._now().timestamp()
        if len(entries) < BATCH:
            return now_s
        return min(now_s, moment(entries[-1].recorded_at).timestamp())

    def _feed(self, entry: Entry, *, fire: bool = True) -> list[Output]:
        """A decision is an event; where people sign in it is a login too, once its status is known."""
        fact = entry.fact
        if isinstance(fact, Response):
            login = self._logins.pop(fact.request, None)
            if login is None:
                return []
            return self._engine.feed(
                events.as_login(replace(login, position=entry.position), status=fact.status), fire=fire
            )
        if isinstance(fact, Elevation):
            return self._engine.feed(events.from_elevation(fact, position=entry.position), fire=fire)
        if isinstance(fact, Outbound):
            return self._engine.feed(events.from_outbound(fact, position=entry.position), fire=fire)
        if not isinstance(fact, Decision):
            return []
        event = self._enrich(events.from_decision(fact, position=entry.position))
        highest, earlier = self._requests.get(fact.request, (-1, ()))
        # A request is one event however often it is decided. What its handler asked for is committed before the first
        # decision of a safe request, whose status is known last: a deferral behind its own answer says nothing more.
        is_settled = fact.sequence < highest and fact.outcome == "deferred"
        found = [] if is_settled else self._engine.feed(event, fire=fire, earlier=earlier)
        _remember(self._requests, fact.request, (max(highest, fact.sequence), (*earlier, event)[-_A_REQUEST:]))
        if fact.login and fact.sequence == 0:
            if fact.status or fact.outcome == "deny":
                found += self._engine.feed(events.as_login(event, status=fact.status), fire=fire)
            else:
                _remember(self._logins, fact.request, event)
        return found

    def beat(self, *, ended: bool = False) -> None:
        """Says that this watcher lives and how far it has read."""
        self._store.beat(self._process, role=ROLE, service="", position=self._cursor, ended=ended)


def _with_findings(found: list[Output], store: Store) -> list[Output]:
    """The alerts with what the last `check` says of their target: the hole in source that is being used."""
    if not any(isinstance(fact, Alert) for fact in found):
        return found
    known = store.findings()

    def joined(fact: Output) -> Output:
        if not isinstance(fact, Alert) or not fact.target:
            return fact
        return replace(fact, findings=tuple(sorted({one.rule for one in known if one.target == fact.target})))

    return [joined(fact) for fact in found]


def _remember(kept: OrderedDict[str, _Kept], request: str, value: _Kept) -> None:
    if not request:
        return
    kept[request] = value
    kept.move_to_end(request)
    if len(kept) > _REQUESTS:
        kept.popitem(last=False)


class Enrichment:
    """Adds what map and policy know of an event: `map.reads`, `map.writes`, `policy.knows`."""

    def __init__(self, drawn: Map | None, knows: Callable[[str], bool] | None) -> None:
        self._routes = {route.id: route for route in drawn.routes} if drawn is not None else {}
        self._knows = knows

    def __call__(self, event: Event) -> Event:
        """The event with what is known added."""
        added = dict(event.added)
        route = self._routes.get(event.route)
        if route is not None:
            added["map.reads"] = route.reads
            added["map.writes"] = route.writes
        if self._knows is not None and event.permissions:
            added["policy.knows"] = all(self._knows(name) for name in event.permissions)
        return replace(event, added=added) if added else event


def _learn_from(store: Store) -> float | None:
    """The time of the first decision, from which on there is something to learn.

    Retention may have taken it away, and keeps the first uses. What `check` recorded weeks before guard decided
    anything is no reason to take the traffic of the first day for news.
    """
    first = next(iter(store.read(START, kinds=(Decision, FirstUse), limit=1)), None)
    return None if first is None else moment(first.recorded_at).timestamp()


def _open_episodes(store: Store) -> list[tuple[str, dict[str, str], float]]:
    """The episodes that the journal has as open, with the last time they were seen so."""
    state: dict[tuple[str, tuple[tuple[str, str], ...]], float | None] = {}
    for entry in store.read(START, kinds=(Episode,)):
        fact = entry.fact
        if isinstance(fact, Episode):
            key = (fact.detection, tuple(sorted(fact.group.items())))
            state[key] = moment(fact.happened_at).timestamp() if fact.state == "open" else None
    return [(name, dict(group), at_s) for (name, group), at_s in state.items() if at_s is not None]


def _key(fact: Output) -> str:
    """What makes a fact the same fact after a crash between reading and committing."""
    group = {"of": fact.of, "by": fact.by} if isinstance(fact, FirstUse) else fact.group
    state = fact.state if isinstance(fact, Episode) else ""
    text = "\x00".join((fact.detection, state, fact.happened_at, *(f"{k}={v}" for k, v in sorted(group.items()))))
    return f"{fact.kind}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def known_permissions(settings: Settings) -> Callable[[str], bool]:
    """Whether the policy of these settings grants a permission to anybody. Raises PolicyError."""
    from nomoat.policy.decide import compile_policy
    from nomoat.policy.document import read

    return compile_policy(read(settings)).is_granted
