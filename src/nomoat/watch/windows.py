"""A sliding window over the events of one group, in time order whatever the order in which they come."""

from __future__ import annotations

from bisect import insort
from collections import Counter, deque
from typing import NamedTuple

from nomoat.watch.events import Event
from nomoat.watch.model import Window


class _Item(NamedTuple):
    at_s: float
    number: int
    value: str
    event: Event


class Group:
    """The events of one group: those of the window that ends at the newest, and those that a late one may join."""

    __slots__ = ("_before", "_late_s", "_live", "_number", "_total", "_values", "_window")

    def __init__(self, window: Window, late_s: float) -> None:
        self._window = window
        self._late_s = late_s
        self._live: deque[_Item] = deque()
        self._before: deque[_Item] = deque()
        self._total = 0
        self._values: Counter[str] = Counter()
        self._number = 0

    def add(self, event: Event, value: str) -> int:
        """Takes an event in; gives the most that any window which holds it has: a count, or different values."""
        self._number += 1
        item = _Item(event.at_s, self._number, value, event)
        if not self._live or item.at_s >= self._live[-1].at_s:
            self._live.append(item)
            self._count(item, 1)
            self._slide()
            return self._reached()
        return self._add_late(item)

    def events(self) -> list[Event]:
        """The events of the window that ends at the newest, oldest first."""
        return [item.event for item in self._live]

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
        while self._before and self._before[0].at_s <= newest - self._window.span_s - self._late_s:
            self._before.popleft()

    def _reached(self) -> int:
        return len(self._values) if self._window.type == "value_count" else self._total

    def _add_late(self, item: _Item) -> int:
        """An event behind the newest: every window that holds it may have reached its threshold through it."""
        newest = self._live[-1].at_s
        if item.at_s > newest - self._window.span_s:
            self._live = _inserted(self._live, item)
            self._count(item, 1)
        else:
            self._before = _inserted(self._before, item)
        reached = self._reached() if item.at_s > newest - self._window.span_s else 0
        if reached >= self._window.threshold:
            return reached
        return max(reached, self._most_around(item.at_s))

    def _most_around(self, at_s: float) -> int:
        """The most that any window reaches which ends at an event and holds `at_s`."""
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


def _inserted(items: deque[_Item], item: _Item) -> deque[_Item]:
    ordered = list(items)
    insort(ordered, item, key=lambda one: (one.at_s, one.number))
    return deque(ordered)
