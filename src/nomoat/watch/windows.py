"""A sliding window over the events of one group, in time order whatever the order in which they come."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, deque
from dataclasses import replace
from typing import NamedTuple

from nomoat.watch.events import Event
from nomoat.watch.model import Window

#: Events that a group keeps in its window, for a low threshold; for a higher one it is this many times the threshold.
_KEPT, _TIMES = 2_000, 4


class _Item(NamedTuple):
    at_s: float
    value: str
    event: Event


class Group:
    """The events of one group: those of the window that ends at the newest, and those that a late one may join.

    A flood fills no memory: far above the threshold two neighbours count as one event of their weight.
    """

    __slots__ = ("_before", "_late_s", "_live", "_most", "_total", "_values", "_window")

    def __init__(self, window: Window, late_s: float) -> None:
        self._window = window
        self._late_s = late_s
        self._most = max(_KEPT, _TIMES * window.threshold)
        self._live: deque[_Item] = deque()
        self._before: deque[_Item] = deque()
        self._total = 0
        self._values: Counter[str] = Counter()

    def add(self, event: Event, value: str) -> int:
        """Takes an event in; gives the most that any window which holds it has: a count, or different values."""
        item = _Item(event.at_s, value, event)
        if not self._live or item.at_s >= self._live[-1].at_s:
            self._live.append(item)
            self._count(item, 1)
            self._slide()
            reached = self._reached()
            if len(self._live) > self._most:
                self._thin()
            return reached
        if item.at_s <= self._live[-1].at_s - self._window.span_s:
            _insert(self._before, item)
            self._trim(item.at_s)
            return self._most_around(item.at_s)
        _insert(self._live, item)
        self._count(item, 1)
        reached = self._reached()
        if len(self._live) > self._most:
            self._thin()
        return reached if reached >= self._window.threshold else max(reached, self._most_back_to(item.at_s))

    def events(self) -> list[Event]:
        """The events of the window that ends at the newest, oldest first."""
        return [item.event for item in self._live]

    def forget_after(self, at_s: float) -> None:
        """Takes out what a clock that was wrong put behind `at_s`."""
        kept = [item for item in (*self._before, *self._live) if item.at_s <= at_s]
        self._live.clear()
        self._before.clear()
        self._total = 0
        self._values.clear()
        for item in kept:
            self._live.append(item)
            self._count(item, 1)
            self._slide()

    def _thin(self) -> None:
        """Halves the window and keeps what it counts; when an event leaves it moves by the time of a neighbour."""
        items = list(self._live)
        if self._window.type == "value_count":
            # Of a value that came again the newest event says all; beyond that more values than anybody asks for.
            newest = {item.value: item for item in items}
            kept = sorted(newest.values(), key=lambda one: one.at_s)[-self._most // 2 :]
        else:
            kept = [_together(items[at : at + 2]) for at in range(0, len(items), 2)]
        self._live = deque(kept)
        self._total = 0
        self._values.clear()
        for item in kept:
            self._count(item, 1)

    def _count(self, item: _Item, sign: int) -> None:
        self._total += sign * item.event.count
        if self._window.type == "value_count":
            self._values[item.value] += sign
            if not self._values[item.value]:
                del self._values[item.value]

    def _slide(self) -> None:
        newest = self._live[-1].at_s
        while self._live[0].at_s <= newest - self._window.span_s:
            item = self._live.popleft()
            self._count(item, -1)
            self._before.append(item)
        self._trim(newest)

    def _trim(self, at_s: float) -> None:
        while len(self._before) > 2 * self._most:
            self._before.popleft()
        while self._before and self._before[0].at_s <= at_s - self._window.span_s - self._late_s:
            self._before.popleft()

    def _reached(self) -> int:
        return len(self._values) if self._window.type == "value_count" else self._total

    def _most_back_to(self, at_s: float) -> int:
        """The most of the windows that end between `at_s` and the newest event.

        Walks back from the newest: events of several workers come a little out of order all the time, so the cost is
        how far this one is behind, not how many the window holds.
        """
        best, total, distinct = 0, self._total, len(self._values)
        changed: Counter[str] = Counter()
        older = reversed(self._before)
        joining = next(older, None)
        ends = reversed(self._live)
        leaving = next(ends)
        for end in ends:
            if end.at_s < at_s:
                break
            total -= leaving.event.count
            changed[leaving.value] -= 1
            distinct -= self._values[leaving.value] + changed[leaving.value] == 0
            while joining is not None and joining.at_s > end.at_s - self._window.span_s:
                total += joining.event.count
                distinct += self._values[joining.value] + changed[joining.value] == 0
                changed[joining.value] += 1
                joining = next(older, None)
            best = max(best, distinct if self._window.type == "value_count" else total)
            leaving = end
        return best

    def _most_around(self, at_s: float) -> int:
        """The most that any window reaches which ends at an event and holds `at_s`, from scratch."""
        span = self._window.span_s
        items = [item for item in (*self._before, *self._live) if at_s - span < item.at_s < at_s + span]
        best = start = total = 0
        values: Counter[str] = Counter()
        for item in items:
            total += item.event.count
            values[item.value] += 1
            while items[start].at_s <= item.at_s - span:
                total -= items[start].event.count
                values[items[start].value] -= 1
                if not values[items[start].value]:
                    del values[items[start].value]
                start += 1
            if item.at_s >= at_s:
                best = max(best, len(values) if self._window.type == "value_count" else total)
        return best


def _together(items: list[_Item]) -> _Item:
    last = items[-1]
    return last._replace(event=replace(last.event, count=sum(item.event.count for item in items)))


def _insert(items: deque[_Item], item: _Item) -> None:
    """In time order, behind those of the same time."""
    items.insert(bisect_right(items, item.at_s, key=lambda one: one.at_s), item)
