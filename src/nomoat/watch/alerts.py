"""The words of an alert: who, where, what, and the facts behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nomoat.journal.facts import Alert
from nomoat.watch.events import Event
from nomoat.watch.model import Detection, Window
from nomoat.watch.windows import Group

#: Positions that an alert names, newest last.
MAX_FACTS = 500
_NOUNS = {"permissions": "permission", "map.reads": "reads", "map.writes": "writes"}


def over_window(detection: Detection, window: Window, named: Mapping[str, str], group: Group, observed: int) -> Alert:
    """The alert of a group that reached its threshold."""
    events = group.events()
    last = events[-1]
    return Alert(
        happened_at=last.happened_at,
        detection=detection.id,
        severity=detection.severity,
        summary=_summary(window, events, observed),
        group=named,
        subject=named.get("subject") or _common(event.subject for event in events),
        credential=named.get("credential") or _common(event.credential for event in events),
        client=named.get("client") or _common(event.client for event in events),
        service=named.get("service") or _common(event.service for event in events),
        target=named.get("route") or _common(event.route for event in events),
        first_event_at=events[0].happened_at,
        last_event_at=last.happened_at,
        observed=observed,
        threshold=window.threshold,
        window_s=window.span_s,
        facts=tuple(event.position for event in events if event.position)[-MAX_FACTS:],
        playbook=detection.playbook,
        actions=detection.actions,
    )


def _summary(window: Window, events: list[Event], observed: int) -> str:
    seconds = events[-1].at_s - events[0].at_s
    what = (
        _noun(events)
        if window.type == "event_count"
        else f"different {'objects' if window.field == 'params' else window.field}"
    )
    return (
        f"{observed} {what} in {max(1, round(seconds))} s (at least {window.threshold} in {window.span_s:.0f} s alert)"
    )


def _noun(events: list[Event]) -> str:
    """What was counted, as people call it."""
    kinds, outcomes = {event.kind for event in events}, {event.outcome for event in events}
    if kinds == {"login"}:
        return "failed sign-ins" if outcomes == {"deny"} else "sign-ins"
    if kinds <= {"decision", "request"}:
        return "denied requests" if outcomes == {"deny"} else "requests"
    if kinds == {"outbound"}:
        return "calls of a host"
    return "events"


def who(alert: Alert) -> str:
    """Whom an alert is about, for people: nobody in particular is called by the address that was used."""
    somebody = alert.subject if alert.subject != "anonymous" else ""
    return somebody or alert.client or alert.subject or alert.service


def _common(values: Iterable[str]) -> str:
    found = set(values)
    return found.pop() if len(found) == 1 else ""


def of_first_use(detection: Detection, event: Event, named: Mapping[str, str]) -> Alert:
    """The alert of something that was never used before."""
    what, _, value = named["of"].partition("=")
    return Alert(
        happened_at=event.happened_at,
        detection=detection.id,
        severity=detection.severity,
        summary=f"first use ever: {_NOUNS.get(what, what)} {value}",
        group=named,
        subject=event.subject,
        credential=event.credential,
        client=event.client,
        service=event.service,
        target=event.route,
        first_event_at=event.happened_at,
        last_event_at=event.happened_at,
        observed=1,
        facts=(event.position,) if event.position else (),
        playbook=detection.playbook,
        actions=detection.actions,
    )
