"""Runs `nomoat policy break-glass`: opens a role for an emergency, ends it, shows what is open."""

from __future__ import annotations

import argparse
import getpass
import os
from typing import Any

from nomoat.datafile import Mapping, Value, duration_s
from nomoat.errors import EXIT_CLEAN, EXIT_FINDINGS, UsageError, printable
from nomoat.journal import blocks
from nomoat.journal.facts import Elevation
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from nomoat.policy import break_glass, document, subjects
from nomoat.policy.actions import print_as, settings_of
from nomoat.settings import Settings

_KNOWN = {
    "verified": "every live worker knows it",
    "not-verified": "not every live worker knows it yet",
    "unsure": "no live worker could say that it knows it",
}


def glass_action(arguments: argparse.Namespace) -> int:
    """Opens or ends one role, or says which are open."""
    of = settings_of(arguments.config)
    policy = document.read(of)
    if arguments.name is None:
        if arguments.because or arguments.end or arguments.for_ or arguments.who:
            raise UsageError("break-glass needs a name", fix="nomoat policy break-glass NAME --because TEXT")
        return _show(of, arguments)
    rule = break_glass.rule_of(policy, arguments.name)
    subject = _subject(of, arguments.who)
    if not arguments.end and not (arguments.because or "").strip():
        raise UsageError("break-glass needs a reason", fix='--because "INC-7: what happened"')
    for_s = duration_s(arguments.for_) if arguments.for_ else None
    if arguments.for_ and for_s is None:
        raise UsageError(f"'{arguments.for_}' is no duration", fix="write 15m, 1h")
    store = open_store(arguments.store or of.store_url, create=not arguments.end)
    try:
        if arguments.end:
            return _end(store, arguments, rule.name, subject)
        made = break_glass.open_for(store, rule, subject, for_s=for_s, because=arguments.because, by=_operator())
        verdict, _ = blocks.verify(store, made.position)
    finally:
        store.close()
    said = f"{rule.name} is open for {subject} until {made.fact.until}; {_KNOWN[verdict]}"
    who = " or ".join(rule.roles)
    print_as(arguments.format, _row(made.fact), f"{printable(said)}\nIt counts while {printable(subject)} holds {who}.")
    return EXIT_CLEAN


def _end(store: Store, arguments: argparse.Namespace, name: str, subject: str) -> int:
    ended = break_glass.end(store, name, subject, because=arguments.because or "", by=_operator())
    if not ended:
        raise UsageError(f"{name} is not open for {subject}", fix="nomoat policy break-glass shows what is")
    verdict, _ = blocks.verify(store, ended[-1].position)
    text = f"{name} is ended for {subject}; {_KNOWN[verdict]}"
    print_as(arguments.format, _row(ended[-1].fact), printable(text))
    return EXIT_CLEAN if verdict != "not-verified" else EXIT_FINDINGS


def _show(of: Settings, arguments: argparse.Namespace) -> int:
    store = open_store(arguments.store or of.store_url, create=False)
    try:
        found = break_glass.opened(store)
    finally:
        store.close()
    print_as(arguments.format, {"format": 1, "open": [_row(one) for one in found]}, "\n".join(break_glass.lines(found)))
    return EXIT_CLEAN


def _row(one: Elevation) -> dict[str, Any]:
    names = ("elevation", "role", "subject", "until", "because", "by", "incident", "lifted")
    return {name: getattr(one, name) for name in names}


def _subject(of: Settings, who: str | None) -> str:
    """The person who is raised: who was named, else whoever types, under the name that `people:` gives."""
    if who is None:
        name = _operator()
        people = of.section("people")
        for person, fields in people.items() if isinstance(people, Mapping) else ():
            known = fields.get("os_user") if isinstance(fields, Mapping) else None
            if isinstance(known, Value) and known.data == name:
                name = person
                break
        who = f"user:{name}"
    return subjects.whole(who, subjects.aliases(of))


def _operator() -> str:
    """The operating system's name of whoever types."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
