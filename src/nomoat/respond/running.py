"""Runs `nomoat respond`, `playbook` and `drill`."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from nomoat import settings as settings_file
from nomoat.appmap import codec
from nomoat.appmap.model import Map
from nomoat.errors import EXIT_CLEAN, EXIT_FINDINGS, IncompleteError, MapError, NomoatError, UsageError, printable
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from nomoat.respond import book, casework, drills, linting
from nomoat.respond import settings as respond_settings
from nomoat.respond.automatic import NOT_ARMED, Automatic, is_armed
from nomoat.respond.book import Playbook
from nomoat.respond.doing import Hands
from nomoat.respond.leading import Keyboard, Leader, Recorded
from nomoat.respond.saying import prose
from nomoat.respond.stepping import Stepper
from nomoat.respond.timing import spoken
from nomoat.settings import Settings


def respond(arguments: argparse.Namespace) -> int:
    """Runs `nomoat respond`."""
    settings = settings_file.load(arguments.config)
    store = open_store(settings.store_url, create=arguments.auto)
    try:
        if arguments.auto:
            return Automatic(settings, store, playbooks(settings)).run(once=arguments.once)
        return _lead(settings, store, arguments)
    finally:
        store.close()


def operator() -> str:
    """The operating system's name of whoever types."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def playbooks(settings: Settings) -> dict[str, Playbook]:
    """Every playbook that reads; one that does not is said and left out, and its alerts stay unanswered."""
    found: dict[str, Playbook] = {}
    for name, path in book.files(settings.root).items():
        try:
            found[name] = book.load(path)
        except NomoatError as error:
            print(f"playbook {name} cannot be used:\n{error}", file=sys.stderr)
    return found


def _lead(settings: Settings, store: Store, arguments: argparse.Namespace) -> int:
    # Where nobody else opens incidents, whoever comes first does.
    casework.Intake(store, playbooks(settings)).take()
    case = _chosen(store, arguments.incident)
    playbook = casework.playbook_of(store, case)
    hands = Hands(settings, respond_settings.read(settings), store, operator(), is_played=bool(arguments.answers))
    answers: Keyboard | Recorded = Keyboard()
    if arguments.answers:
        path = (
            drills.path_of(book.find(playbook.id, settings.root))
            if arguments.answers == "drill"
            else Path(arguments.answers)
        )
        answers = Recorded(drills.load(path).answers)
    elif not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask in", where="nomoat respond", fix="--auto, or --answers FILE")
    if not is_armed(store):
        print(NOT_ARMED, file=sys.stderr)
    done = Leader(Stepper(hands, case, playbook, drill=bool(arguments.answers)), answers).lead()
    if done:
        print(f"every step is done.  nomoat incident close {case.name}   nomoat incident review {case.name}")
    return EXIT_CLEAN


def _chosen(store: Store, name: str | None) -> casework.Case:
    if name is not None:
        return casework.load(store, casework.parse_name(name))
    still = [case for case in casework.load_all(store) if case.is_open]
    if not still:
        raise IncompleteError("no incident is open", where=store.url, fix="nomoat incident list; nomoat watch status")
    return still[-1]


def _map(settings: Settings) -> Map | None:
    try:
        return codec.load(settings.map_file)
    except MapError:
        return None


def lint_all(arguments: argparse.Namespace) -> int:
    """Runs `nomoat playbook lint`."""
    settings = settings_file.load(arguments.config)
    if arguments.path:
        path = Path(arguments.path)
        files = [p for p in sorted(path.glob("*.yaml")) if not p.stem.endswith(".drill")] if path.is_dir() else [path]
    else:
        files = list(book.files(settings.root).values())
    wrong = 0
    for file in files:
        found = linting.lint(file, _map(settings))
        wrong += len(found)
        for problem in found:
            print(str(problem).replace("error:", "problem:", 1))
    print(f"{len(files)} playbook{'' if len(files) == 1 else 's'}, {wrong} problem{'' if wrong == 1 else 's'}")
    return EXIT_FINDINGS if wrong else EXIT_CLEAN


def show(arguments: argparse.Namespace) -> int:
    """Runs `nomoat playbook show`."""
    playbook = book.find(arguments.name, settings_file.load(arguments.config).root)
    if arguments.format == "json":
        document = asdict(playbook)
        document.pop("text")
        print(json.dumps({**document, "hash": playbook.hash}, indent=2, default=str))
        return EXIT_CLEAN
    print(f"{playbook.id}: {printable(playbook.title)}\n{prose(playbook.summary, indent='  ')}\n")
    for when, level in playbook.severity:
        print(prose(f"{level} if {when}", indent="  "))
    for rule in playbook.escalation:
        print(prose(f"nobody acknowledged after {spoken(rule.after_s)}: tell {rule.to}", indent="  "))
    print()
    for number, step in enumerate(playbook.steps, 1):
        marks = [step.kind, *(["auto"] if step.auto else []), *(["gate"] if step.gate else []), f"by the {step.who}"]
        print(f" {number:>2}  {printable(step.title)}   [{step.phase}: {', '.join(marks)}]")
        print(prose(step.why, indent="     "))
        for label, text in (("changes something before evidence because", step.urgent), ("breaks", step.breaks),
                            ("undo", step.undo), ("verified by", " ".join(step.verify))):  # fmt: skip
            if text:
                print(prose(f"{label}: {text}", indent="     ", then="  "))
    print()
    for line in playbook.recovery:
        print(prose(f"it is over when {line}", indent="  ", then="  "))
    for name, text in playbook.messages.items():
        print(prose(f"message {name}: {text}", indent="  ", then="  "))
    return EXIT_CLEAN


def drill(arguments: argparse.Namespace) -> int:
    """Runs `nomoat drill`."""
    playbook = book.find(arguments.name, settings_file.load(arguments.config).root)
    wrong = drills.run(playbook, drills.load(drills.path_of(playbook)))
    for line in wrong:
        print(f"differs: {printable(line)}")
    print(f"drill {playbook.id}: {'failed' if wrong else 'as expected'}")
    return EXIT_FINDINGS if wrong else EXIT_CLEAN
