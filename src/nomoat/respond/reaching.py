"""What a caller reached: counted from recorded decisions and their path parameters, never more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from nomoat.journal.facts import Decision, Response, moment, timestamp
from nomoat.journal.ports import Store
from nomoat.respond.casework import Case


@dataclass(slots=True)
class _Request:
    last: Decision
    status: int = 0

    @property
    def was_answered(self) -> bool:
        """The caller surely got it: the status is recorded, and nothing that was enforced refused it."""
        refused = self.last.enforced and self.last.outcome == "deny"
        return 200 <= self.status < 400 and not refused


def reached_objects(store: Store, case: Case) -> list[str]:
    """Which objects of the incident's routes its caller got, in the order in which they were first asked for.

    A request without a recorded status is not counted: nobody knows how it was answered.
    """
    requests: dict[str, _Request] = {}
    targets = case.targets()
    for entry in store.read(store.before(begins(case)), kinds=(Decision, Response)):
        fact = entry.fact
        if isinstance(fact, Response) and fact.request in requests:
            requests[fact.request].status = fact.status
        elif isinstance(fact, Decision) and fact.params and fact.target in targets and is_about(case, fact):
            known = requests.setdefault(fact.request, _Request(fact))
            known.status = fact.status or known.status
            if fact.sequence >= known.last.sequence:
                known.last = fact
    got = (request.last for request in requests.values() if request.was_answered)
    return list(dict.fromkeys(", ".join(f"{name} {value}" for name, value in sorted(f.params.items())) for f in got))


def is_about(case: Case, fact: Decision) -> bool:
    """True for a decision about the caller of the incident; where there is none, for all of its service."""
    subject = case.declared.subject
    if subject in (fact.subject, fact.client):
        return True
    return subject == f"service:{fact.service}" and subject not in case.declared.parameters.values()


def begins(case: Case, *, before: timedelta = timedelta(seconds=1)) -> str:
    """A time a little before the incident's first event."""
    return timestamp(moment(case.declared.first_event_at or case.opened_at) - before)
