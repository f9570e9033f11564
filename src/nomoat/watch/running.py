"""Runs `nomoat watch run` and `status`: over the journal until it is stopped, or over files of events to their end."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from nomoat import settings as settings_file
from nomoat.appmap import codec
from nomoat.appmap.model import Map
from nomoat.errors import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE, IncompleteError, MapError, printable
from nomoat.journal.facts import Alert
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from nomoat.notify import settings as notify_settings
from nomoat.notify.ports import Channel
from nomoat.settings import Settings
from nomoat.watch import events, registry
from nomoat.watch import settings as watch_settings
from nomoat.watch.engine import Counts, Engine
from nomoat.watch.events import EventError
from nomoat.watch.model import Detection
from nomoat.watch.watcher import ROLE, Enrichment, Watcher, known_permissions

POLL_S = 0.1
BEAT_S = 1.0
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
    engine = Engine(detections)
    enrich = Enrichment(_map(settings), known_permissions(settings) if settings.path else None)
    alerts, broken = 0, 0
    for name in arguments.files:
        for number, line in _lines(name):
            try:
                event = enrich(events.from_line(line, source=name, number=number))
            except EventError as error:
                broken += 1
                if broken <= _SHOWN:
                    print(error, file=sys.stderr)
                continue
            engine.close_episodes(now_s=event.at_s)
            for fact in engine.feed(event):
                if isinstance(fact, Alert):
                    alerts += 1
                    show(fact, arguments.format)
    _show_counts(engine.counts, broken)
    if alerts:
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
    store = open_store(settings.store_url)
    try:
        knows = known_permissions(settings) if settings.path else None
        watcher = Watcher(
            store, detections, drawn=_map(settings), knows=knows, channels=_channels(settings, detections)
        )
        if arguments.once:
            fired = watcher.tick()
            for one in fired:
                show(one.alert, arguments.format)
            _show_counts(watcher.engine.counts, 0)
            return EXIT_FINDINGS if fired else EXIT_CLEAN
        return _until_stopped(watcher, store, settings, arguments.format)
    finally:
        store.close()


def _until_stopped(watcher: Watcher, store: Store, settings: Settings, form: str) -> int:
    print(f"watching {printable(settings.store_url)}; Ctrl-C stops", file=sys.stderr)
    beat_at = 0.0
    shown = 0
    try:
        while True:
            for one in watcher.tick():
                show(one.alert, form)
            if time.monotonic() >= beat_at:
                watcher.beat()
                beat_at = time.monotonic() + BEAT_S
                failed = watcher.engine.counts.failed
                if failed.total() > shown:
                    shown = failed.total()
                    _show_counts(watcher.engine.counts, 0)
            time.sleep(POLL_S)
    except KeyboardInterrupt:
        watcher.beat(ended=True)
        print("stopped", file=sys.stderr)
        return EXIT_CLEAN


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


def show(alert: Alert, form: str) -> None:
    """One alert, as people or programs read it."""
    if form == "json":
        print(json.dumps({"format": 1, **asdict(alert)}), flush=True)
        return
    who = alert.subject or alert.client or alert.service or "everybody"
    route = alert.target.partition("/")[2] if alert.target.startswith("route:") else alert.target
    where = f"   {printable(route)}" if route else ""
    print(f"ALERT {alert.severity}  {alert.detection}   {printable(who)}{where}   {printable(alert.summary)}")
    begins = f"to begin:  nomoat respond (playbook {alert.playbook})" if alert.playbook else "no playbook answers it"
    print(f"  since {alert.first_event_at[11:19]}; {begins}", flush=True)


def _show_counts(counts: Counts, broken: int) -> None:
    said = []
    if broken:
        said.append(f"{broken} lines were no events")
    if counts.late:
        said.append(f"{counts.late} events came over 60 s late and were only counted")
    if counts.dropped_groups:
        said.append(f"{counts.dropped_groups} quiet groups were dropped to bound memory")
    said += [f"detection {name}, {times} times" for name, times in counts.failed.items()]
    for line in said:
        print(f"note: {printable(line)}", file=sys.stderr)


def status(arguments: argparse.Namespace) -> int:
    """Runs `nomoat watch status`."""
    settings = settings_file.load(arguments.config)
    store = open_store(settings.store_url, create=False)
    try:
        live = [one for one in store.processes() if one.role == ROLE and one.live and not one.ended]
        waiting = sum(1 for _ in store.read(store.cursor("watch"), limit=100_000))
        detections = registry.identifiers(settings.root)
        print(f"{len(live)} live, {waiting} facts not looked at yet, {len(detections)} detections:")
        print(f"  {', '.join(detections)}")
        if not live:
            print("NOT ARMED: nobody watches. Start it: nomoat watch run", file=sys.stderr)
        return EXIT_CLEAN if live else EXIT_INCOMPLETE
    finally:
        store.close()
