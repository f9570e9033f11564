"""How long it took: to detect, to acknowledge, to contain, to resolve. Durations are None where it was not reached."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from nomoat.journal.facts import Alert, moment
from nomoat.journal.ports import Store
from nomoat.respond.book import Playbook
from nomoat.respond.casework import Case


@dataclass(frozen=True, slots=True)
class Durations:
    """Seconds. Detect: first event to alert. Acknowledge: alert to ack. Contain: first event to verified block.

    Resolve: first event to close.
    """

    detected_s: float | None
    acknowledged_s: float | None
    contained_s: float | None
    resolved_s: float | None


def durations(store: Store, case: Case, playbook: Playbook) -> Durations:
    """The durations of one incident."""
    first = case.declared.first_event_at or case.opened_at
    entry = store.get(case.declared.alert) if case.declared.alert else None
    alerted = entry.recorded_at if entry is not None and isinstance(entry.fact, Alert) else case.opened_at
    acknowledged, closed = case.first("acknowledged"), case.first("closed")
    blocks = {step.id for step in playbook.steps if step.kind == "block"}
    contained = next((at for at, step in case.step_times if step.step in blocks and step.state == "verified"), None)
    return Durations(
        _between(first, alerted),
        _between(alerted, acknowledged[0] if acknowledged else None),
        _between(first, contained),
        _between(first, closed[0] if closed else None),
    )


def means(found: Iterable[Durations]) -> Durations:
    """The mean of each, over those incidents in which it was reached: MTTD, MTTA, time to contain, MTTR."""
    every = list(found)

    def mean(of: Callable[[Durations], float | None]) -> float | None:
        reached = [seconds for one in every if (seconds := of(one)) is not None]
        return sum(reached) / len(reached) if reached else None

    return Durations(
        mean(lambda one: one.detected_s),
        mean(lambda one: one.acknowledged_s),
        mean(lambda one: one.contained_s),
        mean(lambda one: one.resolved_s),
    )


def _between(begins: str, ends: str | None) -> float | None:
    if ends is None:
        return None
    return max(0.0, (moment(ends) - moment(begins)).total_seconds())


def spoken(seconds: float | None) -> str:
    """A duration as people say it; `not yet` where it was not reached."""
    if seconds is None:
        return "not yet"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
