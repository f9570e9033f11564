"""What is wrong with a playbook that reads well: the faults that cost somebody the night."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from nomoat.appmap.model import Map
from nomoat.errors import DataFileError, Problem
from nomoat.respond import book
from nomoat.respond.book import Playbook, Step

_LEFT = re.compile(r"\b(TODO|TBD|FIXME|XXX|lorem ipsum)\b|<[a-z][a-z _-]*>", re.IGNORECASE)
_DESTROYS = re.compile(r"\b(shutdown|poweroff|halt|reboot|terminate|terminate-instances|delete|rm|destroy|wipe|kill)\b")


def lint(path: Path, drawn: Map | None) -> list[Problem]:
    """Every problem of a file: what cannot be read, then what should not stand so, in the order of the file."""
    try:
        playbook = book.load(path)
    except DataFileError as error:
        return list(error.problems)
    return list(problems(playbook, drawn))


def problems(playbook: Playbook, drawn: Map | None) -> Iterator[Problem]:
    """What should not stand so."""
    yield from _whole(playbook)
    evidence = False
    for step in playbook.steps:
        yield from _step(step, playbook, evidence_before=evidence)
        evidence = evidence or step.kind == "evidence"
    yield from _named(playbook, drawn)
    for number, line in enumerate(playbook.text.splitlines(), 1):
        if left := _LEFT.search(line):
            yield Problem(
                f"'{left.group()}' is left in the text", f"{playbook.file}:{number}:{left.start() + 1}", "write it out"
            )


def _whole(playbook: Playbook) -> Iterator[Problem]:
    where = f"{playbook.file}:1:1"
    kinds = {step.kind for step in playbook.steps}
    phases = {step.phase for step in playbook.steps}
    if not playbook.escalation:
        yield Problem("nobody is told when nobody acknowledges", where, "escalation: [{after: 15m, to: ...}]")
    if not playbook.severity:
        yield Problem("nothing says how severe it is", where, "severity: [{if: ..., is: high}]")
    if "ask" not in kinds:
        yield Problem("nobody asks whether it is real", where, "add a step of kind ask with the harmless explanations")
    if "notify" not in kinds:
        yield Problem("nobody is told", where, "add a step of kind notify")
    if "evidence" not in kinds:
        yield Problem("nothing is preserved", where, "add a step of kind evidence before the first change")
    if "review" not in phases:
        yield Problem("there is no review", where, "add a step of phase review, within 5 working days")
    if not playbook.recovery:
        yield Problem("nothing says when it is over", where, "recovery: [what a command can check]")
    for role in ("commander", "responder", "communicator", "scribe"):
        if role not in playbook.roles:
            yield Problem(f"nobody is {role}", where, "one person may have several roles: name them all")


def _step(step: Step, playbook: Playbook, *, evidence_before: bool) -> Iterator[Problem]:
    where = str(step.place)
    if step.who not in playbook.roles:
        yield Problem(f"step {step.id}: no role is called '{step.who}'", where, f"roles: {', '.join(playbook.roles)}")
    if not step.why:
        yield Problem(f"step {step.id} does not say why", where, "why: one sentence for somebody woken at night")
    if step.kind in ("run",) and not step.command:
        yield Problem(f"step {step.id} runs nothing", where, "command: [program, argument, ...]")
    if step.kind in ("block", "revoke", "logging") and not step.target:
        yield Problem(f"step {step.id} names nobody", where, 'target: "{subject}"')
    if step.kind == "evidence" and not (step.collect or step.command):
        yield Problem(f"step {step.id} collects nothing", where, f"collect: [{', '.join(book.COLLECTORS)}]")
    if step.auto and step.kind not in book.AUTOMATIC:
        only = ", ".join(sorted(book.AUTOMATIC))
        yield Problem(f"step {step.id} needs a person and is marked auto", where, f"remove auto: it is for {only}")
    if step.is_change:
        yield from _change(step, where, evidence_before=evidence_before)
    if any(_DESTROYS.search(part) for part in step.command) and not (evidence_before or step.urgent):
        yield Problem(
            f"step {step.id} destroys evidence that nobody kept", where, "keep memory or disk first, or urgent: why"
        )


def _change(step: Step, where: str, *, evidence_before: bool) -> Iterator[Problem]:
    if not evidence_before and not step.urgent:
        yield Problem(f"step {step.id} changes something before evidence is kept", where, "move it, or urgent: why not")
    if not step.verify:
        yield Problem(f"step {step.id} changes something and nothing verifies it", where, "verify: [...]")
    if not step.undo:
        yield Problem(f"step {step.id} changes something and says no undo", where, "undo: how, or `cannot be undone`")
    if not step.breaks:
        yield Problem(f"step {step.id} does not say what it breaks", where, "breaks: ...")


def _named(playbook: Playbook, drawn: Map | None) -> Iterator[Problem]:
    """Routes and services that are written out must be on the map."""
    if drawn is None:
        return
    routes = {route.id for route in drawn.routes} | {route.key for route in drawn.routes}
    services = {service.name for service in drawn.services}
    for number, line in enumerate(playbook.text.splitlines(), 1):
        for found in re.finditer(r"route:[^\s\"',\]]+ [^\s\"',\]]+|service:[A-Za-z0-9._-]+", line):
            name = found.group()
            known = name in routes if name.startswith("route:") else name.partition(":")[2] in services
            if not known:
                yield Problem(
                    f"the map has no {name}", f"{playbook.file}:{number}:{found.start() + 1}", "nomoat map shows it"
                )
