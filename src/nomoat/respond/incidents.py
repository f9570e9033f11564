"""Runs `nomoat incident list|show|ack|close|review` and `nomoat evidence export|verify`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nomoat import settings as settings_file
from nomoat.errors import EXIT_CLEAN, EXIT_FINDINGS, NomoatError, printable
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from nomoat.respond import casework, htmlpage, reviewing, timing, vault
from nomoat.respond.automatic import NOT_ARMED, is_armed
from nomoat.respond.book import Playbook
from nomoat.respond.casework import Case
from nomoat.respond.running import operator
from nomoat.settings import Settings


@contextmanager
def _opened(arguments: argparse.Namespace) -> Iterator[tuple[Settings, Store]]:
    settings = settings_file.load(arguments.config)
    store = open_store(settings.store_url, create=False)
    try:
        yield settings, store
    finally:
        store.close()


def _case(store: Store, arguments: argparse.Namespace) -> Case:
    return casework.load(store, casework.parse_name(arguments.incident))


def listed(arguments: argparse.Namespace) -> int:
    """Every incident, the open ones first; says when nobody would answer a new one."""
    with _opened(arguments) as (_, store):
        cases = sorted(casework.load_all(store), key=lambda case: (not case.is_open, -case.number))
        for case in cases:
            state = "open" if case.is_open else "closed"
            who = case.first("acknowledged")
            taken = f"taken by {printable(who[1].by)}" if who else "nobody has it"
            line = f"{case.name:<8} {state:<7} {case.severity:<9} {case.opened_at[:19]}  {taken:<24}"
            print(f"{line} {printable(case.declared.title)}")
        if not cases:
            print("no incidents")
        _print_means(store, cases)
        if not is_armed(store):
            print(NOT_ARMED, file=sys.stderr)
    return EXIT_CLEAN


def _print_means(store: Store, cases: list[Case]) -> None:
    """The mean times over every incident that was none of the false alarms."""
    real = [case for case in cases if (closed := case.first("closed")) is None or not closed[1].false_alarm]
    if len(real) < 2:
        return
    playbooks: dict[str, Playbook] = {}
    for case in real:
        if case.declared.playbook_hash not in playbooks:
            playbooks[case.declared.playbook_hash] = casework.playbook_of(store, case)
    took = timing.means(timing.durations(store, case, playbooks[case.declared.playbook_hash]) for case in real)
    print(
        f"mean of {len(real)}: detected after {timing.spoken(took.detected_s)} (MTTD), acknowledged"
        f" {timing.spoken(took.acknowledged_s)} (MTTA), contained {timing.spoken(took.contained_s)}, resolved"
        f" {timing.spoken(took.resolved_s)} (MTTR)"
    )


def show(arguments: argparse.Namespace) -> int:
    """One incident with its steps and times."""
    with _opened(arguments) as (_, store):
        case = _case(store, arguments)
        playbook = casework.playbook_of(store, case)
        took = timing.durations(store, case, playbook)
        print(f"{case.name}  {'open' if case.is_open else 'closed'}, {case.severity}, playbook {playbook.id}")
        print(f"  {printable(case.declared.title)}")
        print(f"  about {printable(case.declared.subject)}   {printable(case.declared.target)}")
        roles = ", ".join(f"{role}: {printable(who)}" for role, who in case.roles().items()) or "nobody has a role"
        print(f"  {roles}")
        print(
            f"  detected after {timing.spoken(took.detected_s)}, acknowledged {timing.spoken(took.acknowledged_s)},"
            f" contained {timing.spoken(took.contained_s)}, resolved {timing.spoken(took.resolved_s)}"
        )
        for number, step in enumerate(playbook.steps, 1):
            fact = case.steps.get(step.id)
            state = fact.state if fact is not None else "-"
            said = f"  {printable(fact.output.splitlines()[0])}" if fact is not None and fact.output else ""
            said = said or (f"  {printable(fact.reason)}" if fact is not None and fact.reason else "")
            print(f"  {number:>2} {state:<12} {printable(step.title)}{said}"[:160])
    return EXIT_CLEAN


def ack(arguments: argparse.Namespace) -> int:
    """Somebody takes it."""
    with _opened(arguments) as (_, store):
        case = _case(store, arguments)
        casework.acknowledge(store, case, by=operator())
        print(f"{case.name} is yours")
    return EXIT_CLEAN


def close(arguments: argparse.Namespace) -> int:
    """Somebody ends it."""
    with _opened(arguments) as (_, store):
        case = _case(store, arguments)
        casework.close(store, case, by=operator(), note=arguments.note, false_alarm=arguments.false_alarm)
        print(f"{case.name} is closed.  nomoat incident review {case.name}")
    return EXIT_CLEAN


def review(arguments: argparse.Namespace) -> int:
    """Writes the review, and keeps its figures in the journal."""
    with _opened(arguments) as (settings, store):
        case = _case(store, arguments)
        report = reviewing.report(store, settings, case, casework.playbook_of(store, case))
        store.append([(report.fact, None)])
    text = htmlpage.render(report) if arguments.html else reviewing.markdown(report)
    if arguments.output:
        _write(Path(arguments.output), text)
        print(f"wrote {printable(arguments.output)}")
    else:
        print(text, end="")
    return EXIT_CLEAN


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise NomoatError(f"cannot write: {error.strerror}", where=str(path), fix="check path and rights") from error


def export(arguments: argparse.Namespace) -> int:
    """Writes the evidence of an incident as one bundle."""
    with _opened(arguments) as (settings, store):
        case = _case(store, arguments)
        head = store.head()
        number = vault.bundle(
            vault.Vault(settings.state), case.name, case.evidence, f"{head.store} {head.position} {head.head}",
            Path(arguments.output),
        )  # fmt: skip
        bundle = printable(arguments.output)
        print(f"{number} files of {case.name} in {bundle}.  nomoat evidence verify {bundle}")
    return EXIT_CLEAN


def verify(arguments: argparse.Namespace) -> int:
    """Verifies a bundle; needs no project."""
    path = Path(arguments.bundle)
    if not path.exists():
        raise NomoatError("there is no such bundle", where=str(path), fix="nomoat evidence export INC -o FILE")
    problems = vault.verify(path)
    for problem in problems:
        print(f"problem: {printable(problem)}")
    print("the bundle holds" if not problems else "this is NOT what was kept")
    return EXIT_FINDINGS if problems else EXIT_CLEAN
