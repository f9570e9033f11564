"""Tells people of alerts, after they were committed and beside the watching: a receiver that hangs blinds nobody.

A cursor of its own says which alerts people were told of, so what a killed watcher left unsent is sent by the next one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from nomoat.errors import NomoatError
from nomoat.journal.facts import Alert, timestamp
from nomoat.journal.ports import CursorMove, Store
from nomoat.notify import outbox
from nomoat.notify.ports import Channel, Note
from nomoat.watch import alerts

#: The reader whose cursor says which alerts people were told of, and how old an alert may be to be news to them.
READER = "watch-tell"
_NEWS_S = 3600.0
#: Alerts that are told before the cursor is committed.
_AT_ONCE = 20


class Teller:
    """Sends the messages of alerts, each at most once."""

    def __init__(
        self,
        store: Store,
        channels: tuple[Channel, ...],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._channels = channels
        self._now = now
        self._told = store.cursor(READER)
        self._thread: threading.Thread | None = None
        self._failure: NomoatError | None = None

    def tell(self) -> None:
        """Sends the messages of alerts that nobody was told of yet: of this watcher, or of one that was killed.

        What is older than an hour is no news, and not sent. Raises JournalError: then it is tried at the next call.
        """
        while entries := list(self._store.read(self._told, kinds=(Alert,), limit=_AT_ONCE)):
            news_from = timestamp(self._now() - timedelta(seconds=_NEWS_S))
            for entry in entries:
                if isinstance(entry.fact, Alert) and entry.recorded_at >= news_from:
                    self._notify(entry.fact, entry.position)
            self._store.append([], cursor=CursorMove(READER, self._told, entries[-1].position))
            self._told = entries[-1].position

    def meanwhile(self) -> None:
        """Tells in a thread of its own, one at a time. Raises what stopped the last one: JournalError, NomoatError."""
        if self._thread is not None and self._thread.is_alive():
            return
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
        if next(iter(self._store.read(self._told, kinds=(Alert,), limit=1)), None) is not None:
            self._thread = threading.Thread(target=self._run, name="tell", daemon=True)
            self._thread.start()

    def wait(self, timeout_s: float) -> None:
        """Lets a message that is on its way arrive."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            self.tell()
        except NomoatError as error:
            self._failure = error

    def _notify(self, alert: Alert, position: str) -> None:
        if "notify" not in alert.actions:
            return
        note = Note(f"{alert.severity}: {alert.detection}", described(alert), f"alert-{position}")
        for channel in self._channels:
            outbox.send(self._store, replace(note, key=f"{note.key}-{channel.name}"), channel=channel)


def described(alert: Alert) -> str:
    """An alert in one line: who, where, what, and the hole in source, where `check` knows one."""
    called = f"check calls this route {', '.join(alert.findings)}" if alert.findings else ""
    parts = (alerts.who(alert), alert.target, alert.summary, called)
    return "   ".join(part for part in parts if part)
