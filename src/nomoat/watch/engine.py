"""Feeds events to detections: sliding windows, first uses, episodes. Pure: events in, alerts and episodes out.

Time is the events' own (`happened_at`); an event more than 60 s behind the newest of its source is only counted.
Memory is bounded: each detection keeps a number of groups, the one that was quiet longest goes first and is counted.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

from nomoat.journal.facts import Alert, Episode, FirstUse, timestamp
from nomoat.watch.events import Event
from nomoat.watch.model import Detection, FirstSeen, Window
from nomoat.watch.windows import Group

Output: TypeAlias = Alert | Episode | FirstUse
GroupKey: TypeAlias = tuple[str, ...]

#: How far an event may be behind the newest one of its source and still count.
LATE_S = 60.0
#: Groups that one detection keeps; one more drops the group that was quiet longest.
MAX_GROUPS = 20_000
#: Positions that an alert names, newest last.
MAX_FACTS = 500


@dataclass(slots=True)
class Counts:
    """What was seen, and what could not be judged."""

    events: int = 0
    late: int = 0
    dropped_groups: int = 0
    failed: Counter[str] = field(default_factory=Counter)


class Engine:
    """All detections over one stream of events."""

    def __init__(self, detections: Iterable[Detection], *, learn_from_s: float | None = None) -> None:
        """`learn_from_s` is the time of the first fact of the store; None: the first event that comes."""
        self._detections = list(detections)
        self._groups: dict[str, OrderedDict[GroupKey, Group]] = {one.id: OrderedDict() for one in self._detections}
        self._episodes: dict[tuple[str, GroupKey], float] = {}
        self._first: dict[tuple[str, str, str], float] = {}
        self._newest: dict[str, float] = {}
        self._learn_from_s = learn_from_s
        self._by_id = {one.id: one for one in self._detections}
        self.counts = Counts()

    @property
    def longest_s(self) -> float:
        """The longest window: how much history refills the engine after a restart."""
        return max((one.window.span_s for one in self._detections if one.window is not None), default=0.0)

    def remember_first(self, detection: str, of: str, by: str, at_s: float) -> None:
        """A first use that the journal has."""
        self._first[detection, of, by] = at_s

    def remember_episode(self, detection: str, group: Mapping[str, str], at_s: float) -> None:
        """An episode that the journal has as open."""
        known = self._by_id.get(detection)
        if known is not None:
            self._episodes[detection, tuple(group.get(name, "") for name in known.by)] = at_s

    def feed(self, event: Event, *, fire: bool = True) -> list[Output]:
        """What an event leads to. With `fire=False` it only refills windows, as after a restart."""
        self.counts.events += 1
        newest = self._newest.get(event.source)
        if newest is not None and event.at_s < newest - LATE_S:
            self.counts.late += 1
            return []
        self._newest[event.source] = event.at_s if newest is None else max(newest, event.at_s)
        if self._learn_from_s is None:
            self._learn_from_s = event.at_s
        found: list[Output] = []
        for detection in self._detections:
            try:
                if detection.matches(event):
                    found += self._matched(detection, event, fire=fire)
            except Exception as error:
                # One detection that fails must not silence the others; it is counted and shown.
                self.counts.failed[f"{detection.id}: {type(error).__name__}: {error}"] += 1
        return found

    def _matched(self, detection: Detection, event: Event, *, fire: bool) -> list[Output]:
        if detection.first_seen is not None:
            return self._first_uses(detection, detection.first_seen, event, fire=fire)
        window = detection.window or Window("event_count", detection.by, 60.0, 1)
        key = tuple(_text(event.values(name)) for name in window.by)
        group = self._group(detection, window, key)
        value = _text(event.values(window.field)) if window.field else ""
        if window.type == "value_count" and not value:
            return []
        reached = group.add(event, value)
        if reached < window.threshold:
            return []
        known = self._episodes.get((detection.id, key))
        self._episodes[detection.id, key] = max(event.at_s, known or 0.0)
        if known is not None or not fire:
            return []
        named = dict(zip(window.by, key, strict=True))
        alert = _alert(detection, window, named, group, reached)
        return [alert, Episode(detection=detection.id, group=named, state="open", happened_at=event.happened_at)]

    def _group(self, detection: Detection, window: Window, key: GroupKey) -> Group:
        groups = self._groups[detection.id]
        group = groups.get(key)
        if group is None:
            if len(groups) >= MAX_GROUPS:
                groups.popitem(last=False)
                self.counts.dropped_groups += 1
            group = groups[key] = Group(window, LATE_S)
        else:
            groups.move_to_end(key)
        return group

    def _first_uses(self, detection: Detection, first: FirstSeen, event: Event, *, fire: bool) -> list[Output]:
        by = _text(event.values(first.by))
        if not by:
            return []
        found: list[Output] = []
        for name in first.of:
            for value in event.values(name):
                of = f"{name}={value}"
                known = self._first.get((detection.id, of, by))
                self._first[detection.id, of, by] = max(event.at_s, known or 0.0)
                forgotten = known is not None and first.forget_s is not None and event.at_s - known > first.forget_s
                if (known is None or forgotten) and fire:
                    found.append(FirstUse(detection=detection.id, of=of, by=by, happened_at=event.happened_at))
                    if event.at_s - (self._learn_from_s or event.at_s) >= first.learn_s:
                        found.append(_first_alert(detection, event, {first.by: by, "of": of}))
        return found

    def close_episodes(self, *, now_s: float) -> list[Episode]:
        """The episodes whose window stayed below its threshold for its whole length; they end now."""
        ended: list[Episode] = []
        for (name, key), above_s in list(self._episodes.items()):
            detection = self._by_id[name]
            span_s = detection.window.span_s if detection.window is not None else 60.0
            if now_s - above_s > span_s:
                del self._episodes[name, key]
                named = dict(zip(detection.by, key, strict=True))
                at = timestamp(datetime.fromtimestamp(now_s, UTC))
                ended.append(Episode(detection=name, group=named, state="closed", happened_at=at))
        return ended

    @property
    def newest_s(self) -> float:
        """The time of the newest event; 0 before the first."""
        return max(self._newest.values(), default=0.0)


def _text(values: tuple[object, ...]) -> str:
    return "" if not values else str(values[0]) if len(values) == 1 else ",".join(sorted(map(str, values)))


def _alert(detection: Detection, window: Window, named: Mapping[str, str], group: Group, observed: int) -> Alert:
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


def _summary(window: Window, events: deque[Event] | list[Event], observed: int) -> str:
    seconds = events[-1].at_s - events[0].at_s
    what = (
        "events"
        if window.type == "event_count"
        else f"different {'objects' if window.field == 'params' else window.field}"
    )
    return (
        f"{observed} {what} in {max(1, round(seconds))} s (at least {window.threshold} in {window.span_s:.0f} s alert)"
    )


def _common(values: Iterable[str]) -> str:
    found = set(values)
    return found.pop() if len(found) == 1 else ""


def _first_alert(detection: Detection, event: Event, named: Mapping[str, str]) -> Alert:
    what, _, value = named["of"].partition("=")
    noun = {"permissions": "permission", "map.reads": "reads", "map.writes": "writes"}.get(what, what)
    return Alert(
        happened_at=event.happened_at,
        detection=detection.id,
        severity=detection.severity,
        summary=f"first use ever: {noun} {value}",
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
