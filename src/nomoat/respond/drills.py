"""Drills: the same playbook, run unattended as its test, in a store of its own and against a process of its own.

`<id>.drill.yaml` has an alert, the answers of a person, and the steps and messages that must come out, in order.
A drill never blocks or counts in the real store.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast, get_args

from nomoat import datafile
from nomoat import settings as settings_file
from nomoat.appmap import codec
from nomoat.appmap.model import Map
from nomoat.datafile import Node, Place, Reader
from nomoat.errors import DataFileError, IncompleteError
from nomoat.journal import blocks
from nomoat.journal.facts import Alert, Message, Severity, timestamp
from nomoat.journal.facts import Step as StepFact
from nomoat.journal.journal import open_store
from nomoat.journal.ports import START, Store
from nomoat.respond import casework
from nomoat.respond import settings as respond_settings
from nomoat.respond.book import FORMAT, Playbook
from nomoat.respond.doing import Hands
from nomoat.respond.leading import Leader, Recorded
from nomoat.respond.stepping import Stepper
from nomoat.respond.unattended import run_automatic
from nomoat.settings import Settings

_ALERT_KEYS = ("detection", "severity", "subject", "target", "service", "client", "summary")


@dataclass(frozen=True, slots=True)
class Drill:
    """A drill file: the alert's fields, the person's answers by step, the steps and messages that must come out."""

    alert: Mapping[str, str]
    answers: Mapping[str, str]
    steps: tuple[tuple[str, str], ...]
    messages: tuple[str, ...]


def path_of(playbook: Playbook) -> Path:
    """Where the drill of a playbook lies: beside it."""
    return Path(playbook.file).with_suffix(".drill.yaml")


def load(path: Path) -> Drill:
    """The drill of a file. Raises DataFileError with every mistake."""
    reader = Reader(DataFileError)
    node = datafile.load(path)
    fields = reader.mapping(node, "a drill", known=("format", "alert", "answers", "expect"))
    if fields is None:
        reader.finish()
        raise AssertionError("a document that is no map is a mistake")
    version = reader.integer(fields.get("format"), "format", least=1)
    if version is not None and version > FORMAT:
        reader.mistake(f"format {version} is newer than this nomoat", fields.get("format") or node, "upgrade nomoat")
    told = reader.mapping(fields.get("alert"), "alert", known=_ALERT_KEYS)
    reader.choice(told.get("severity") if told else None, "severity", get_args(Severity))
    alert = _texts(fields.get("alert"), "alert", reader)
    answers = _texts(fields.get("answers"), "answers", reader)
    expect = reader.mapping(fields.get("expect"), "expect", known=("steps", "messages"))
    steps: list[tuple[str, str]] = []
    for item in reader.sequence(expect.get("steps") if expect else None, "steps"):
        row = reader.mapping(item, "a step", known=("id", "state"))
        if row is not None:
            steps.append((reader.text(row.get("id"), "id") or "", reader.text(row.get("state"), "state") or ""))
    messages = reader.texts(expect.get("messages") if expect else None, "messages")
    if not steps:
        reader.mistake("a drill expects no steps", node, "expect: {steps: [{id: ..., state: ...}]}")
    reader.finish()
    return Drill(alert, answers, tuple(steps), messages)


def _texts(node: Node | None, what: str, reader: Reader) -> dict[str, str]:
    found: dict[str, str] = {}

    def one(name: str, value: Node, _place: Place) -> None:
        text = reader.text(value, f"{what}.{name}")
        if text is not None:
            found[name] = text

    reader.each(node, what, one)
    return found


def run(playbook: Playbook, drill: Drill) -> list[str]:
    """Plays the drill and gives every difference from what it expects; empty when it went as it should."""
    with tempfile.TemporaryDirectory(prefix="nomoat-drill-") as folder:
        settings = _project(Path(folder))
        store = open_store(settings.store_url)
        try:
            with _worker(settings, store):
                _play(settings, store, playbook, drill)
            return _differences(store, playbook, drill)
        finally:
            store.close()


def _project(root: Path) -> Settings:
    """A project of the drill's own: no channel, no people, an empty map."""
    (root / settings_file.FILE_NAME).write_text("format: 1\nservices: {shop: {}}\n", encoding="utf-8")
    settings = settings_file.load(root / settings_file.FILE_NAME)
    settings.map_file.parent.mkdir(parents=True)
    settings.map_file.write_text(codec.file_text(Map()), encoding="utf-8")
    return settings


def _play(settings: Settings, store: Store, playbook: Playbook, drill: Drill) -> None:
    begins = datetime.now(UTC) - timedelta(seconds=31)
    fields = {name: value for name, value in drill.alert.items() if name != "severity"}
    alert = Alert(
        **cast(Any, fields),
        severity=cast(Severity, drill.alert.get("severity", "high")),
        first_event_at=timestamp(begins),
        last_event_at=timestamp(),
        observed=52,
        playbook=playbook.id,
    )
    store.append([(alert, None)])
    (number,) = casework.Intake(store, {playbook.id: playbook}).take()
    hands = Hands(settings, respond_settings.read(settings), store, "the drill", is_played=True)
    list(run_automatic(Stepper(hands, casework.load(store, number), playbook, drill=True)))
    stepper = Stepper(hands, casework.load(store, number), playbook, drill=True)
    Leader(stepper, Recorded(drill.answers)).lead()


@contextmanager
def _worker(settings: Settings, store: Store) -> Iterator[None]:
    """A process that reads blocks and reports as a guarded worker does, so that a block is really verified."""
    command = [sys.executable, "-m", "nomoat.respond.drill_worker", settings.store_url]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        ends = time.monotonic() + 20
        while not blocks.workers(store, START).live:
            if time.monotonic() > ends or process.poll() is not None:
                raise IncompleteError("the drill's guarded process did not start", where="nomoat drill")
            time.sleep(0.02)
        yield
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _differences(store: Store, playbook: Playbook, drill: Drill) -> list[str]:
    came: dict[str, str] = {}
    for entry in store.read(START, kinds=(StepFact,)):
        fact = entry.fact
        if isinstance(fact, StepFact) and fact.state not in ("intent", "open"):
            came.pop(fact.step, None)
            came[fact.step] = fact.state
    wrong: list[str] = []
    expected = list(drill.steps)
    found = list(came.items())
    for number in range(max(len(expected), len(found))):
        want = expected[number] if number < len(expected) else ("nothing", "")
        have = found[number] if number < len(found) else ("nothing", "")
        if want != have:
            wrong.append(f"step {number + 1}: expected {' '.join(want).strip()}, came {' '.join(have).strip()}")
    went = tuple(_sent(store, playbook))
    if went != drill.messages:
        wrong.append(f"expected the messages {_listed(drill.messages)}, sent were {_listed(went)}")
    return wrong


def _sent(store: Store, playbook: Playbook) -> Iterator[str]:
    """The names of the messages that went out, in order."""
    for entry in store.read(START, kinds=(Message,)):
        if isinstance(entry.fact, Message) and entry.fact.state == "sent":
            key = entry.fact.key
            by = (one for one in playbook.steps if one.message and f"-{one.id}-{entry.fact.channel}" in key)
            yield next((step.message for step in by), key)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"
