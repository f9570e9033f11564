"""Runs the examples beside detections: `<id>.jsonl`, where events that must alert carry `"expect": true`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from nomoat import settings as settings_file
from nomoat.errors import EXIT_CLEAN, EXIT_FINDINGS, DataFileError, NomoatError, printable
from nomoat.journal.facts import Alert
from nomoat.watch import events, registry, sigma
from nomoat.watch.engine import Engine
from nomoat.watch.model import Detection


def run(arguments: argparse.Namespace) -> int:
    """Runs `nomoat watch test`."""
    if arguments.path:
        files = sorted(Path(arguments.path).glob("*.yaml"))
        if not files:
            raise NomoatError("no detections here", where=str(arguments.path), fix="name a folder with *.yaml files")
    else:
        files = registry.files(settings_file.load().root)
    failures = 0
    for path in files:
        wrong = check(path)
        failures += bool(wrong)
        print(f"{'FAIL' if wrong else 'ok  '} {path.stem}")
        for line in wrong:
            print(f"     {printable(line)}")
    print(f"{len(files)} detections, {failures} failed")
    return EXIT_FINDINGS if failures else EXIT_CLEAN


def check(path: Path) -> list[str]:
    """What is wrong with a detection and its examples; empty when all is right."""
    try:
        detection = sigma.load(path)
    except DataFileError as error:
        return str(error).splitlines()
    example = path.with_suffix(".jsonl")
    if not example.exists():
        return [f'{example.name} is missing: events, those that must alert with "expect": true']
    return _differences(detection, example)


def _differences(detection: Detection, example: Path) -> list[str]:
    engine = Engine([detection])
    wrong: list[str] = []
    expected = 0
    for number, line in enumerate(example.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        event = events.from_line(line, source=example.name, number=number)
        wanted = json.loads(line).get("expect") is True
        expected += wanted
        alerted = any(isinstance(fact, Alert) for fact in engine.feed(event))
        if alerted != wanted:
            said = "must alert and does not" if wanted else "alerts and must not"
            wrong.append(f"{example.name}:{number} {said}")
    wrong += [f"the detection failed: {name}" for name in engine.counts.failed]
    if not expected:
        wrong.append(f"{example.name} expects no alert: an example must show one")
    return wrong
