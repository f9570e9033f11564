"""Feeds events to detections: sliding windows, first uses, episodes. Pure: events in, alerts and episodes out.

Time is the events' own (`happened_at`); an event more than 60 s behind the newest of its source is only counted.
Memory is bounded: each detection keeps a number of groups, the one that was quiet longest goes first and is counted.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

from nomoat.journal.facts import Alert, Episode, FirstUse, timestamp
from nomoat.watch import alerts
from nomoat.watch.arrivals import LATE_S, Arrivals
from nomoat.watch.events import Event
from nomoat.watch.model import Detection, FirstSeen, Window
from nomoat.watch.windows import Group

Output: TypeAlias = Alert | Episode | FirstUse
GroupKey: TypeAlias = tuple[str, ...]

#: Groups that one detection keeps; one more drops the group that was quiet longest.
MAX_GROUPS = 20_000


@dataclass(slots=True)
class Counts:
    """What was seen, and what could not be judged. `late` and `ahead` are by source."""

    events: int = 0
    late: Counter[str] = field(default_factory=Counter)
    ahead: Counter[str] = field(default_factory=Counter)
    clock_jumps: int = 0
    dropped_groups: int = 0
    failed: Counter[str] = field(default_factory=Counter)


class Engine:
    """All detections over one stream of events."""

    def __init__(
        self,
        detections: Iterable[Detection],
        *,
        learn_from_s: float | None = None,
        now: Callable[[], float] = lambda: math.inf,
    ) -> None:
        """`learn_from_s` is the time of the first fact of the store; None: the first event that comes.

        `now` is our clock, in seconds since 1970: what a source says of the future is judged by it.
        """
        self._detections = list(detections)
        self._groups: dict[str, OrderedDict[GroupKey, Group]] = {one.id: OrderedDict() for one in self._detections}
        # When each open episode was last at its threshold, the one that was quiet longest first.
        self._episodes: dict[str, OrderedDict[GroupKey, float]] = {one.id: OrderedDict() for one in self._detections}
        self._first: dict[tuple[str, str, str], float] = {}
        self._told: dict[tuple[str, str, str], float] = {}
        self._learn_from_s = learn_from_s
        self._by_id = {one.id: one for one in self._detections}
        self._now = now
        self._arrivals = Arrivals()
        self.counts = Counts(late=self._arrivals.late, ahead=self._arrivals.ahead)

    @property
    def longest_s(self) -> float:
        """The longest window: how much history refills the engine after a restart."""
        return max((_window(one).span_s for one in self._detections if one.first_seen is None), default=0.0)

    def remember_first(self, detection: str, of: str, by: str, at_s: float) -> None:
        """A first use that the journal has, or that something was still in use."""
        self._first[detection, of, by] = self._told[detection, of, by] = at_s

    def remember_episode(self, detection: str, group: Mapping[str, str], at_s: float) -> None:
        """An episode that the journal has as open."""
        known = self._by_id.get(detection)
        if known is not None:
            self._episodes[detection][tuple(group.get(name, "") for name in known.by)] = at_s

    def feed(self, event: Event, *, fire: bool = True, earlier: tuple[Event, ...] = ()) -> list[Output]:
        """What an event leads to. With `fire=False` it only refills windows, as after a restart.

        `earlier` are the events of the same request that came before: a request counts once in a window.
        """
        self.counts.events += 1
        now_s = self._now()
        if self._arrivals.is_jump(event, now_s=now_s):
            self._forget_after(now_s + LATE_S)
        if not self._arrivals.counts(event, now_s=now_s):
            return []
        if self._learn_from_s is None:
            self._learn_from_s = event.at_s
        found: list[Output] = []
        for detection in self._detections:
            try:
                found += self._fed(detection, event, earlier, fire=fire)
            except Exception as error:
                # One detection that fails must not silence the others; it is counted and shown.
                self.counts.failed[f"{detection.id}: {type(error).__name__}: {error}"[:500]] += 1
        return found

    def _forget_after(self, at_s: float) -> None:
        """A clock was ahead and is right again: what it put into the future would hide what comes now."""
        self.counts.clock_jumps += 1
        for groups in self._groups.values():
            for group in groups.values():
                group.forget_after(at_s)
        for episodes in self._episodes.values():
            for key, above_s in episodes.items():
                episodes[key] = min(above_s, at_s)

    def _fed(self, detection: Detection, event: Event, earlier: tuple[Event, ...], *, fire: bool) -> list[Output]:
        if not detection.matches(event):
            return []
        if detection.first_seen is not None:
            return self._first_uses(detection, detection.first_seen, event, fire=fire)
        if any(detection.matches(one) for one in earlier):
            return []
        return self._counted(detection, _window(detection), event, fire=fire)

    def _counted(self, detection: Detection, window: Window, event: Event, *, fire: bool) -> list[Output]:
        value = _text(event.values(window.field)) if window.field else ""
        if window.type == "value_count" and not value:
            return []
        key = tuple(_text(event.values(name)) for name in window.by)
        group = self._group(detection, window, key)
        reached = group.add(event, value)
        episodes = self._episodes[detection.id]
        found: list[Output] = []
        above_s = episodes.get(key)
        if above_s is not None and fire and event.at_s - above_s > window.span_s:
            found.append(self._ended(detection, key, above_s + window.span_s))
            above_s = None
        if reached < window.threshold or (above_s is None and not fire):
            return found
        episodes[key] = max(event.at_s, above_s or 0.0)
        episodes.move_to_end(key)
        if above_s is not None:
            return found
        named = dict(zip(window.by, key, strict=True))
        found.append(alerts.over_window(detection, window, named, group, reached))
        found.append(Episode(detection=detection.id, group=named, state="open", happened_at=event.happened_at))
        return found

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
                found += self._used(detection, first, event, (f"{name}={value}", by), fire=fire)
        return found

    def _used(
        self, detection: Detection, first: FirstSeen, event: Event, what: tuple[str, str], *, fire: bool
    ) -> list[Output]:
        of, by = what
        known = self._first.get((detection.id, of, by))
        forget_s = math.inf if first.forget_s is None else first.forget_s
        is_new = known is None or event.at_s - known > forget_s
        if is_new and not fire:
            # What the journal has no first use of was not judged before, whatever the windows are refilled with.
            return []
        self._first[detection.id, of, by] = max(event.at_s, known or 0.0)
        if not is_new and event.at_s - self._told[detection.id, of, by] <= forget_s / 2:
            return []
        if not fire:
            return []
        self._told[detection.id, of, by] = event.at_s
        found: list[Output] = [
            FirstUse(detection=detection.id, of=of, by=by, still=not is_new, happened_at=event.happened_at)
        ]
        began_s = event.at_s if self._learn_from_s is None else self._learn_from_s
        if is_new and event.at_s - began_s >= first.learn_s:
            found.append(alerts.of_first_use(detection, event, {first.by: by, "of": of}))
        return found

    def close_episodes(self, *, now_s: float) -> list[Episode]:
        """The episodes whose window stayed below its threshold for its whole length; they end now."""
        ended: list[Episode] = []
        for name, episodes in self._episodes.items():
            detection = self._by_id[name]
            span_s = _window(detection).span_s
            while episodes:
                key, above_s = next(iter(episodes.items()))
                if now_s - above_s <= span_s:
                    break
                ended.append(self._ended(detection, key, now_s))
        return ended

    def _ended(self, detection: Detection, key: GroupKey, at_s: float) -> Episode:
        del self._episodes[detection.id][key]
        named = dict(zip(detection.by, key, strict=True))
        at = timestamp(datetime.fromtimestamp(at_s, UTC))
        return Episode(detection=detection.id, group=named, state="closed", happened_at=at)


def _window(detection: Detection) -> Window:
    """The window of a detection; one that has none alerts at each first match of a group."""
    return detection.window or Window("event_count", detection.by, 60.0, 1)


def _text(values: tuple[object, ...]) -> str:
    return "" if not values else str(values[0]) if len(values) == 1 else ",".join(sorted(map(str, values)))
