"""Reads decisions from the journal and appends alerts, first uses and episodes; its cursor moves with them.

Killed and started again it goes on where its cursor stands: what lies before refills windows and never fires.
Messages go out after the commit, at most once each.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from nomoat.appmap.model import Map
from nomoat.journal.facts import Alert, Decision, Episode, Fact, FirstUse, Response, moment, timestamp
from nomoat.journal.ports import START, CursorMove, Entry, Store
from nomoat.notify import outbox
from nomoat.notify.ports import Channel, Note
from nomoat.settings import Settings
from nomoat.watch import events
from nomoat.watch.engine import LATE_S, Engine, Output
from nomoat.watch.events import Event
from nomoat.watch.model import Detection

READER = "watch"
ROLE = "watch"
#: Entries taken in one turn, so that a long backlog is committed in pieces.
BATCH = 2000
_PENDING_LOGINS = 10_000


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
        channels: tuple[Channel, ...] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`knows` tells whether the policy grants a permission to anybody; without it events are not enriched so."""
        self._store = store
        self._engine = Engine(detections, learn_from_s=_learn_from(store))
        self._enrich = Enrichment(drawn, knows)
        self._channels = channels
        self._now = now
        self._logins: OrderedDict[str, Event] = OrderedDict()
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
        for entry in self._store.read(after, kinds=(Decision, Response), upto=self._cursor):
            for event in self._events(entry):
                self._engine.feed(event, fire=False)

    def tick(self) -> list[Fired]:
        """Handles what was appended since the last tick; gives the alerts, already committed."""
        fired: list[Fired] = []
        while True:
            entries = list(self._store.read(self._cursor, kinds=(Decision, Response), limit=BATCH))
            found: list[Output] = []
            for entry in entries:
                for event in self._events(entry):
                    found += self._engine.feed(event)
            found += self._engine.close_episodes(now_s=self._now().timestamp())
            fired += self._commit(found, entries[-1].position if entries else self._cursor)
            if len(entries) < BATCH:
                return fired

    def _commit(self, found: list[Output], position: str) -> list[Fired]:
        if not found and position == self._cursor:
            return []
        keyed: list[tuple[Fact, str | None]] = [(fact, _key(fact)) for fact in found]
        move = CursorMove(READER, self._cursor, position) if position != self._cursor else None
        positions = self._store.append(keyed, cursor=move)
        self._cursor = position
        fired = [
            Fired(fact, at)
            for fact, at in zip(found, positions, strict=True)
            if isinstance(fact, Alert) and at is not None
        ]
        for one in fired:
            self._notify(one)
        return fired

    def _notify(self, fired: Fired) -> None:
        if "notify" not in fired.alert.actions:
            return
        note = Note(
            f"{fired.alert.severity}: {fired.alert.detection}", described(fired.alert), f"alert-{fired.position}"
        )
        for channel in self._channels:
            outbox.send(self._store, replace(note, key=f"{note.key}-{channel.name}"), channel=channel)

    def _events(self, entry: Entry) -> list[Event]:
        """A decision is an event; where people sign in it is a login too, once its status is known."""
        fact = entry.fact
        if isinstance(fact, Response):
            login = self._logins.pop(fact.request, None)
            return [events.as_login(replace(login, position=entry.position), status=fact.status)] if login else []
        if not isinstance(fact, Decision) or fact.sequence > 0:
            # A request counts once: what its handler decided later is the same request.
            return []
        event = self._enrich(events.from_decision(fact, position=entry.position))
        if not fact.login:
            return [event]
        if fact.status or fact.outcome == "deny":
            return [event, events.as_login(event, status=fact.status)]
        self._logins[fact.request] = event
        if len(self._logins) > _PENDING_LOGINS:
            self._logins.popitem(last=False)
        return [event]

    def beat(self, *, ended: bool = False) -> None:
        """Says that this watcher lives and how far it has read."""
        self._store.beat(self._process, role=ROLE, service="", position=self._cursor, ended=ended)


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
    first = next(iter(store.read(START, limit=1)), None)
    return moment(first.recorded_at).timestamp() if first is not None else None


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


def described(alert: Alert) -> str:
    """An alert in one line: who, where, what."""
    parts = (alert.subject or alert.client or alert.service, alert.target, alert.summary)
    return "   ".join(part for part in parts if part)


def known_permissions(settings: Settings) -> Callable[[str], bool]:
    """Whether the policy of these settings grants a permission to anybody. Raises PolicyError."""
    from nomoat.policy.decide import compile_policy
    from nomoat.policy.document import read

    return compile_policy(read(settings)).is_granted
