"""Runs `nomoat watch run` and `status`: over the journal until it is stopped, or over files of events to their end."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from nomoat import settings as settings_file
from nomoat.appmap import codec
from nomoat.appmap.model import Map
from nomoat.errors import (
    EXIT_CLEAN,
    EXIT_FINDINGS,
    EXIT_INCOMPLETE,
    CursorMovedError,
    IncompleteError,
    MapError,
    StorageError,
    printable,
    say,
)
from nomoat.journal import workers
from nomoat.journal.facts import Alert
from nomoat.journal.gaps import GapTeller
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from nomoat.notify import outbox
from nomoat.notify import settings as notify_settings
from nomoat.notify.ports import Channel
from nomoat.settings import Settings
from nomoat.watch import alerts, events, registry
from nomoat.watch import settings as watch_settings
from nomoat.watch.engine import Counts, Engine
from nomoat.watch.events import EventError
from nomoat.watch.model import Detection
from nomoat.watch.telling import Teller
from nomoat.watch.watcher import READ, READER, ROLE, Enrichment, Watcher, known_permissions

POLL_S = 0.1
BEAT_S = 1.0
#: How often a watcher says what it could not judge, where that has changed.
_NOTES_S = 10.0
#: Lines that are shown of those that were no events; all are counted.
_SHOWN = 5


def run(arguments: argparse.Namespace) -> int:
    """Runs the command."""
    settings = settings_file.load(arguments.config)
    detections = watch_settings.apply(registry.load(settings.root), watch_settings.read(settings))
    if arguments.files:
        return _over_files(arguments, settings, detections)
    return _over_journal(arguments, settings, detections)


def _over_files(arguments: argparse.Namespace, settings: Settings, detections: list[Detection]) -> int:
    engine = Engine(detections, now=time.time)
    enrich = Enrichment(_map(settings), known_permissions(settings) if settings.path else None)
    fired, broken = 0, 0
    for name in arguments.files:
        for number, line in _lines(name):
            try:
                event = enrich(events.from_line(line, source=name, number=number))
            except EventError as error:
                broken += 1
                if broken <= _SHOWN:
                    print(error, file=sys.stderr)
                continue
            for fact in engine.feed(event):
                if isinstance(fact, Alert):
                    fired += 1
                    print(shown(fact, arguments.format), flush=True)
    _show_counts(engine.counts, broken)
    if fired:
        return EXIT_FINDINGS
    incomplete = broken or engine.counts.failed
    return EXIT_INCOMPLETE if incomplete and not arguments.allow_incomplete else EXIT_CLEAN


def _lines(name: str) -> Iterator[tuple[int, bytes]]:
    """The lines of a file, none longer than an event may be (plus one byte, so that it is refused and not cut)."""
    limit = events.MAX_LINE_BYTES + 1
    try:
        opened = sys.stdin.buffer if name == "-" else Path(name).open("rb")  # noqa: SIM115  closed by `with` below
        with opened as stream:
            number = 0
            while line := stream.readline(limit):
                number += 1
                rest = line
                while not rest.endswith(b"\n") and len(rest) == limit:
                    rest = stream.readline(limit)
                if line.strip():
                    yield number, line
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise IncompleteError(f"cannot read the events: {reason}", where=name, fix="check path and rights") from error


def _over_journal(arguments: argparse.Namespace, settings: Settings, detections: list[Detection]) -> int:
    knows = known_permissions(settings) if settings.path else None
    drawn, channels = _map(settings), _channels(settings, detections)
    store = open_store(settings.store_url)
    try:
        _alone(store)

        def begin() -> Watcher:
            return Watcher(store, detections, drawn=drawn, knows=knows)

        teller = Teller(store, channels)
        if arguments.once:
            return _once(begin(), teller, arguments)
        return _until_stopped(begin, teller, store, arguments.format)
    except CursorMovedError as error:
        raise CursorMovedError(
            "another `nomoat watch run` reads this journal: this one stops, the other goes on",
            where=store.url,
            fix="keep one; `nomoat watch status` says whether it lives",
        ) from error
    finally:
        store.close()


def _alone(store: Store) -> None:
    """Two readers of one name would take the cursor from one another, and the one that watches all day might lose."""
    for one in store.processes():
        # In a container every process has the same number: one with ours is our predecessor, and gone.
        is_gone = workers.is_gone(one.host, one.pid) or (one.host, one.pid) == (workers.host(), os.getpid())
        if one.role == ROLE and one.live and not is_gone:
            raise IncompleteError(
                f"this journal is being watched already, by process {one.pid} on {one.host}",
                where=store.url,
                fix="let it: its alerts are in the journal (`nomoat journal show --kind alert`); or stop it first",
            )


def _once(watcher: Watcher, teller: Teller, arguments: argparse.Namespace) -> int:
    watcher.beat()
    try:
        fired = watcher.tick()
    finally:
        watcher.beat(ended=True)
    for one in fired:
        print(shown(one.alert, arguments.format), flush=True)
    teller.tell()
    counts = watcher.engine.counts
    _show_counts(counts, 0)
    if fired:
        return EXIT_FINDINGS
    return EXIT_INCOMPLETE if counts.failed and not arguments.allow_incomplete else EXIT_CLEAN


def _until_stopped(begin: Callable[[], Watcher], teller: Teller, store: Store, form: str) -> int:
    watcher = begin()
    say(f"watching {printable(store.url)}; Ctrl-C stops", to=sys.stderr)
    turns = _Turns(watcher, teller, store, form)
    with workers.terminated_as_interrupted():
        try:
            while True:
                try:
                    turns.take()
                    time.sleep(POLL_S)
                except StorageError as error:
                    # A full disk is full for a while, and nobody would watch when it is not any more. What this one
                    # has counted and could not commit is read again: it begins anew from the cursor.
                    turns.failed(error)
                    time.sleep(BEAT_S)
                    with contextlib.suppress(StorageError):
                        turns.watcher = begin()
        except KeyboardInterrupt:
            teller.wait(outbox.TIMEOUT_S)
            with contextlib.suppress(StorageError):
                turns.watcher.beat(ended=True)
            say("stopped", to=sys.stderr)
            return EXIT_CLEAN


class _Turns:
    """The turns of a watcher that runs for long: alerts, beats, and from time to time what could not be judged."""

    def __init__(self, watcher: Watcher, teller: Teller, store: Store, form: str) -> None:
        self.watcher = watcher
        self._teller = teller
        self._gaps = GapTeller(store)
        self._form = form
        self._beat_at = self._note_at = 0.0
        self._noted: tuple[int, ...] = ()
        self._failure = ""

    def take(self) -> None:
        """One turn. Raises StorageError, CursorMovedError."""
        for one in self.watcher.tick():
            say(shown(one.alert, self._form))
        self._teller.meanwhile()
        now = time.monotonic()
        if now >= self._beat_at:
            self.watcher.beat()
            self._gaps.tell()
            self._beat_at = now + BEAT_S
            if self._failure:
                say("the journal can be used again", to=sys.stderr)
            self._failure = ""
        if now >= self._note_at:
            self._note_at = now + _NOTES_S
            counts = self.watcher.engine.counts
            known = tuple(map(_total, (counts.late, counts.ahead, counts.failed)))
            known += (counts.dropped_groups, counts.clock_jumps)
            if known != self._noted and any(known):
                _show_counts(counts, 0)
            self._noted = known

    def failed(self, error: StorageError) -> None:
        """Says once what is wrong, until it works again."""
        if error.what != self._failure:
            say(f"{error}\nnote: NOT WATCHING until this is mended; it is tried every second", to=sys.stderr)
        self._failure = error.what


def _total(counter: Counter[str]) -> int:
    return counter.total()


def _channels(settings: Settings, detections: list[Detection]) -> tuple[Channel, ...]:
    """Where `notify` goes: every channel of the file; none means stderr and the journal, where the alert is anyway."""
    if not any("notify" in detection.actions for detection in detections):
        return ()
    found = notify_settings.read(settings)
    return tuple(found.channel(name) for name in found.names()) or (notify_settings.TERMINAL,)


def _map(settings: Settings) -> Map | None:
    try:
        return codec.load(settings.map_file)
    except MapError as error:
        if settings.path is not None:
            print(f"note: events are not joined to the map: {error.what} ({error.where})", file=sys.stderr)
        return None


def shown(alert: Alert, form: str) -> str:
    """One alert, as people or programs read it."""
    if form == "json":
        return json.dumps({"format": 1, **asdict(alert)})
    who = alerts.who(alert) or "everybody"
    route = alert.target.partition("/")[2] if alert.target.startswith("route:") else alert.target
    where = f"   {printable(route)}" if route else ""
    head = (
        f"ALERT {alert.severity}  {printable(alert.detection)}   {printable(who)}{where}   {printable(alert.summary)}"
    )
    begins = (
        f"to begin:  nomoat respond (playbook {printable(alert.playbook)})"
        if alert.playbook
        else "no playbook answers it"
    )
    called = f"check calls this route {', '.join(alert.findings)}; " if alert.findings else ""
    return f"{head}\n  since {printable(alert.first_event_at[11:19])}; {printable(called)}{begins}"


def _show_counts(counts: Counts, broken: int) -> None:
    said = []
    if broken:
        said.append(f"{broken} lines were no events")
    for source, times in counts.late.most_common(_SHOWN):
        said.append(f"{times} events of {source} came over 60 s late and were only counted")
    for source, times in counts.ahead.most_common(_SHOWN):
        said.append(f"{times} events of {source} said a time that is yet to come and were only counted")
    if counts.clock_jumps:
        said.append("the clock of a source was ahead and is right again; what it said of the future was forgotten")
    if counts.dropped_groups:
        said.append(f"{counts.dropped_groups} quiet groups were dropped to bound memory")
    said += [f"detection {name}, {times} times" for name, times in counts.failed.items()]
    for line in said:
        say(f"note: {printable(line)}", to=sys.stderr)


def status(arguments: argparse.Namespace) -> int:
    """Runs `nomoat watch status`."""
    settings = settings_file.load(arguments.config)
    store = open_store(settings.store_url, create=False)
    try:
        live = [one for one in store.processes() if one.role == ROLE and one.live and not one.ended]
        waiting = sum(1 for _ in store.read(store.cursor(READER), kinds=READ, limit=100_000))
        detections = registry.identifiers(settings.root)
        print(f"{len(live)} live, {waiting} decisions not looked at yet, {len(detections)} detections:")
        print(f"  {', '.join(detections)}")
        if not live:
            print("NOT ARMED: nobody watches. Start it: nomoat watch run", file=sys.stderr)
        return EXIT_CLEAN if live else EXIT_INCOMPLETE
    finally:
        store.close()
