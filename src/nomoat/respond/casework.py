"""Incidents and their steps, as facts: opening, joining, acknowledging, closing; what each step has come to.

An incident is opened from an alert and pins its playbook by hash; the playbook's text is in the journal, so that a
change of the file changes no running incident. Everything is read back from the journal, nothing kept in memory alone.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import get_args

from nomoat.errors import CursorMovedError, IncompleteError, NomoatError, UsageError
from nomoat.journal.facts import Alert, Attribute, Evidence, Incident, Severity, Step, Text, timestamp
from nomoat.journal.ports import START, CursorMove, Entry, Store
from nomoat.respond import book
from nomoat.respond.book import Playbook
from nomoat.respond.values import ValueRefusedError, checked

READER = "respond"
_SEVERITIES: tuple[Severity, ...] = get_args(Severity)


@dataclass(slots=True)
class Case:
    """One incident with everything that the journal has about it. `steps` is the newest state of each step."""

    declared: Incident
    opened_at: str
    position: str
    changes: list[tuple[str, Incident]] = field(default_factory=list)
    steps: dict[str, Step] = field(default_factory=dict)
    step_times: list[tuple[str, Step]] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)

    @property
    def number(self) -> int:
        """The incident's number."""
        return self.declared.number

    @property
    def name(self) -> str:
        """As people call it: INC-7."""
        return f"INC-{self.number}"

    def first(self, change: str) -> tuple[str, Incident] | None:
        """The first change of a kind, with when it was recorded."""
        return next(((at, fact) for at, fact in self.changes if fact.change == change), None)

    @property
    def is_open(self) -> bool:
        """True until somebody closed it."""
        return self.first("closed") is None

    @property
    def severity(self) -> Severity:
        """The severity now: the worst of what opened and joined it."""
        found = [self.declared.severity, *(fact.severity for _, fact in self.changes if fact.change == "joined")]
        return max(found, key=_rank)

    def roles(self) -> dict[str, str]:
        """Who has which role now."""
        return {fact.role: fact.by for _, fact in self.changes if fact.change == "role" and fact.role}

    def targets(self) -> frozenset[str]:
        """The routes that the incident is about: of the alert that opened it and of those that joined."""
        return frozenset((self.declared.target, *(fact.target for _, fact in self.changes if fact.change == "joined")))

    def joined_at(self) -> str:
        """When an alert joined last; empty where none did."""
        return max((at for at, fact in self.changes if fact.change == "joined"), default="")

    def values(self) -> dict[str, str]:
        """What steps may put into their arguments."""
        found = {name: str(value) for name, value in self.declared.parameters.items()}
        return {**found, "incident": self.name, "severity": self.severity}


def _rank(severity: str) -> int:
    """How bad it is. A word that only a newer nomoat knows is as bad as can be."""
    return _SEVERITIES.index(severity) if severity in _SEVERITIES else len(_SEVERITIES)


def parse_name(text: str) -> int:
    """The number of INC-7 or 7. Raises UsageError."""
    digits = text.upper().removeprefix("INC-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise UsageError(f"'{text}' is no incident", where="incident", fix="name it as INC-7")
    return int(digits)


def load(store: Store, number: int) -> Case:
    """One incident. Raises IncompleteError where there is none of this number."""
    declared = next((one for one in store.incidents() if one.number == number), None)
    entry = store.find(_opened_by(declared.alert)) if declared is not None and declared.alert else None
    # Facts from the incident's own opening on are enough; what came before is about others.
    after = store.before(entry.recorded_at) if entry is not None else START
    case = _cases(store, after).get(number)
    if case is None:
        raise IncompleteError(f"there is no INC-{number}", where=store.url, fix="nomoat incident list")
    return case


def load_all(store: Store) -> list[Case]:
    """Every incident, oldest first."""
    return list(_cases(store, START).values())


def _opened_by(alert: str) -> str:
    return f"incident:alert:{alert}"


def _cases(store: Store, after: str) -> dict[int, Case]:
    cases: dict[int, Case] = {}
    for entry in store.read(after, kinds=(Incident, Step, Evidence)):
        _take_in(cases, entry)
    return cases


def _take_in(cases: dict[int, Case], entry: Entry) -> None:
    fact = entry.fact
    if isinstance(fact, Incident):
        if fact.change == "declared":
            cases[fact.number] = Case(fact, entry.recorded_at, entry.position)
        elif fact.number in cases:
            cases[fact.number].changes.append((entry.recorded_at, fact))
    elif isinstance(fact, Step) and fact.incident in cases:
        cases[fact.incident].steps[fact.step] = fact
        cases[fact.incident].step_times.append((entry.recorded_at, fact))
    elif isinstance(fact, Evidence) and fact.incident in cases:
        cases[fact.incident].evidence.append(fact)


class Casebook:
    """The open incidents of one responder, each fact read once: many at a time must not cost many times many.

    What it gives is the caller's own copy; several threads may ask.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._cases: dict[int, Case] = {}
        self._position: str | None = None

    def case(self, number: int) -> Case:
        """One incident as the journal has it now. Raises IncompleteError, StorageError."""
        with self._lock:
            if self._position is None:
                self._position = self._begins()
            for entry in self._store.read(self._position, kinds=(Incident, Step, Evidence)):
                _take_in(self._cases, entry)
                self._position = entry.position
                if isinstance(entry.fact, Incident) and entry.fact.change == "closed":
                    self._cases.pop(entry.fact.number, None)
            found = self._cases.get(number)
            if found is not None:
                return replace(
                    found, changes=list(found.changes), steps=dict(found.steps), step_times=list(found.step_times),
                    evidence=list(found.evidence),
                )  # fmt: skip
        return load(self._store, number)

    def _begins(self) -> str:
        opened = [self._store.find(_opened_by(one.alert)) for one in self._store.incidents(is_open=True) if one.alert]
        return self._store.before(min((one.recorded_at for one in opened if one is not None), default=timestamp()))


def playbook_of(store: Store, case: Case) -> Playbook:
    """The playbook that the incident pinned, as it was then."""
    entry = store.find(f"text:playbook:{case.declared.playbook_hash}")
    if entry is None or not isinstance(entry.fact, Text):
        raise IncompleteError(
            f"the playbook of {case.name} is not in the journal", where=store.url, fix="nomoat journal verify"
        )
    return book.parse(entry.fact.text, id=case.declared.playbook)


class Intake:
    """Reads alerts with a cursor and opens incidents, or joins them, in the same transaction as the cursor moves."""

    def __init__(self, store: Store, playbooks: Mapping[str, Playbook]) -> None:
        self._store = store
        self._playbooks = playbooks
        self._cursor = store.cursor(READER)
        #: Alerts that name a playbook which is not there: somebody has to be told.
        self.unanswered: list[Alert] = []

    @property
    def position(self) -> str:
        """How far alerts have been read."""
        return self._cursor

    def take(self) -> list[int]:
        """Handles the alerts since the last time; gives the numbers of incidents that were opened or joined."""
        touched: list[int] = []
        for entry in list(self._store.read(self._cursor, kinds=(Alert,), limit=200)):
            try:
                touched += self._one(entry)
            except CursorMovedError:
                # Somebody else (a person's `nomoat respond`) took these alerts: go on from where they stand.
                self._cursor = self._store.cursor(READER)
                break
        return touched

    def _one(self, entry: Entry) -> list[int]:
        alert = entry.fact
        move = CursorMove(READER, self._cursor, entry.position)
        playbook = self._playbooks.get(alert.playbook) if isinstance(alert, Alert) else None
        if not isinstance(alert, Alert) or playbook is None:
            self._store.append([], cursor=move)
            self._cursor = entry.position
            if isinstance(alert, Alert) and alert.playbook:
                self.unanswered.append(alert)
            return []
        fact = self._joined(alert, entry) or self._declared(alert, entry, playbook)
        text = Text(of="playbook", hash=playbook.hash, text=playbook.text)
        facts = [(text, f"text:playbook:{playbook.hash}"), (fact, _opened_by(entry.position))]
        self._store.append(facts if fact.change == "declared" else facts[1:], cursor=move, durable=True)
        self._cursor = entry.position
        return [fact.number]

    def _joined(self, alert: Alert, entry: Entry) -> Incident | None:
        for known in self._store.incidents(is_open=True):
            if known.playbook == alert.playbook and known.subject == _who(alert):
                return Incident(
                    number=known.number, change="joined", title=alert.summary, severity=alert.severity,
                    playbook=alert.playbook, subject=known.subject, target=alert.target, alert=entry.position,
                    first_event_at=alert.first_event_at, by="nomoat",
                )  # fmt: skip
        return None

    def _declared(self, alert: Alert, entry: Entry, playbook: Playbook) -> Incident:
        number = max((known.number for known in self._store.incidents()), default=0) + 1
        return Incident(
            number=number,
            change="declared",
            title=f"{alert.detection}: {alert.summary}",
            severity=alert.severity,
            playbook=playbook.id,
            playbook_hash=playbook.hash,
            subject=_who(alert),
            target=alert.target,
            alert=entry.position,
            by="nomoat",
            first_event_at=alert.first_event_at,
            parameters=parameters(playbook, alert),
        )


def _caller(alert: Alert) -> str:
    """Who did it: the subject, where it is somebody; else the address; empty where it was nobody in particular."""
    return alert.subject if alert.subject not in ("", "anonymous") else alert.client


def _who(alert: Alert) -> str:
    """Whom an incident is about: the caller, else the whole service."""
    return _caller(alert) or f"service:{alert.service}"


def parameters(playbook: Playbook, alert: Alert) -> dict[str, Attribute]:
    """The playbook's parameters from the alert; one whose value is not of its type is left for a person."""
    found: dict[str, Attribute] = {"summary": alert.summary, "detected_at": alert.last_event_at}
    for parameter in playbook.parameters.values():
        if not parameter.source:
            continue
        value = _caller(alert) if parameter.source == "subject" else str(getattr(alert, parameter.source, ""))
        try:
            found[parameter.name] = checked(parameter.name, parameter.type, value)
        except ValueRefusedError:
            continue
    return found


def record(store: Store, fact: Step | Incident | Evidence, key: str | None = None) -> str | None:
    """Commits a fact about an incident, on disk before it returns; gives its position, None where the key was there."""
    return store.append([(fact, key)], durable=True)[0]


def acknowledge(store: Store, case: Case, *, by: str) -> None:
    """Somebody has taken the incident. Again it changes nothing."""
    record(store, change(case, "acknowledged", by=by), f"incident:{case.number}:acknowledged")


def close(store: Store, case: Case, *, by: str, note: str = "", false_alarm: bool = False) -> None:
    """Ends the incident. Raises NomoatError where it is closed already."""
    if not case.is_open:
        raise NomoatError(f"{case.name} is closed", where="incident close", fix="nomoat incident show")
    closed = replace(change(case, "closed", by=by), note=note, false_alarm=false_alarm)
    record(store, closed, f"incident:{case.number}:closed")


def take_role(store: Store, case: Case, role: str, *, by: str) -> None:
    """Somebody takes a role."""
    record(store, replace(change(case, "role", by=by), role=role))


def change(case: Case, what: str, *, by: str) -> Incident:
    """A change of the incident that keeps what it is about."""
    assert what in ("acknowledged", "closed", "role")
    declared = case.declared
    return Incident(
        number=case.number,
        change="acknowledged" if what == "acknowledged" else "closed" if what == "closed" else "role",
        severity=case.severity,
        playbook=declared.playbook,
        subject=declared.subject,
        target=declared.target,
        by=by,
    )
