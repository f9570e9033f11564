"""Roles for an emergency: who may be raised to one, for how long, and who is now.

`nomoat.yaml` says what such a role may and who may open it; a fact (`Elevation`) opens it for one person until a time.
It ends by itself, is never prolonged, and counts only while the person holds one of the roles that may open it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from nomoat.errors import NomoatError, UsageError, printable
from nomoat.journal.facts import Elevation, moment, timestamp
from nomoat.journal.ports import Store
from nomoat.policy.decide import GLASS_PREFIX, Decider
from nomoat.policy.model import BreakGlass, Policy

#: Nobody counts the microseconds between a fact's own time and the end that was worked out before.
_SLACK_S = 1.0
_INCIDENT = re.compile(r"\bINC-([0-9]{1,9})\b")


class GlassRefusedError(NomoatError):
    """This cannot be opened, or is open."""


class Opened(NamedTuple):
    """An elevation that is in the journal, and where."""

    position: str
    fact: Elevation


def raised(decider: Decider, roles: tuple[str, ...], standing: Iterable[Elevation]) -> tuple[str, ...]:
    """The roles of a caller with those that are open for it: only such as its own roles may open, for their time."""
    names = (one.role for one in standing if _is_within(decider.policy, one))
    return (*roles, *eligible(decider, roles, names))


def eligible(decider: Decider, roles: tuple[str, ...], names: Iterable[str]) -> tuple[str, ...]:
    """Of roles for an emergency, by their bare names, those that a caller with these roles may open."""
    held = set(decider.with_included(roles))
    found = (decider.policy.glass(name) for name in dict.fromkeys(names))
    return tuple(GLASS_PREFIX + rule.name for rule in found if rule is not None and held & set(rule.roles))


def _is_within(policy: Policy, one: Elevation) -> bool:
    rule = policy.glass(one.role)
    try:
        lasts_s = (moment(one.until) - moment(one.happened_at)).total_seconds()
    except (ValueError, OverflowError):
        return False
    return rule is not None and lasts_s <= rule.for_s + _SLACK_S


def rule_of(policy: Policy, name: str) -> BreakGlass:
    """The rule of a name. Raises UsageError where there is none."""
    found = policy.glass(name)
    if found is None:
        known = ", ".join(rule.name for rule in policy.break_glass)
        fix = f"known: {known}" if known else "write it in break_glass: of nomoat.yaml"
        raise UsageError(f"break_glass: has no '{name}'", fix=fix)
    return found


def opened(store: Store, *, now: str = "") -> tuple[Elevation, ...]:
    """Every elevation that is in force."""
    return store.state(now=now or timestamp()).elevations


def open_for(
    store: Store, rule: BreakGlass, subject: str, *, for_s: float | None = None, because: str, by: str
) -> Opened:
    """Opens a role for a person, on disk before it returns.

    Raises:
        GlassRefusedError: it is open for this person, no reason is given, or it would last too long.
        StorageError: the store cannot be written.
    """
    lasts_s = float(rule.for_s) if for_s is None else for_s
    if not because.strip():
        raise GlassRefusedError("nobody says why", where="break-glass", fix='--because "INC-7: what happened"')
    if not 0 < lasts_s <= rule.for_s:
        raise GlassRefusedError(
            f"{rule.name} is open for {rule.for_s:,} s at most", where=rule.at, fix=f"--for {rule.for_s}s, or less"
        )
    now = datetime.now(UTC)
    for one in opened(store, now=timestamp(now)):
        if (one.subject, one.role) == (subject, rule.name):
            raise GlassRefusedError(
                f"{rule.name} is open for {subject} until {one.until}: {one.because}", where="break-glass",
                fix="it is never prolonged: wait for its end, or end it (--end) and open it again with its own reason",
            )  # fmt: skip
    incident = _INCIDENT.search(because)
    fact = Elevation(
        happened_at=timestamp(now), elevation=uuid.uuid4().hex[:12], subject=subject, role=rule.name,
        until=timestamp(now + timedelta(seconds=lasts_s)), because=because, by=by,
        incident=int(incident.group(1)) if incident else 0,
    )  # fmt: skip
    (position,) = store.append([(fact, f"elevation:{fact.elevation}")], durable=True)
    assert position is not None, "a random id cannot be there already"
    return Opened(position, fact)


def end(store: Store, name: str, subject: str, *, because: str, by: str) -> list[Opened]:
    """Ends every elevation of a person to a role; gives what was ended, empty where nothing was open."""
    standing = [one for one in opened(store) if (one.subject, one.role) == (subject, name)]
    ended = [
        Elevation(
            elevation=one.elevation, subject=one.subject, role=one.role, until=one.until, lifted=True,
            because=because or one.because, by=by, incident=one.incident,
        )
        for one in standing
    ]  # fmt: skip
    positions = store.append([(one, f"elevation-end:{one.elevation}") for one in ended], durable=True) if ended else []
    return [Opened(position, one) for position, one in zip(positions, ended, strict=True) if position is not None]


def lines(found: tuple[Elevation, ...]) -> list[str]:
    """One line for each that is open, or that none is."""
    if not found:
        return ["no break-glass role is open"]
    return [
        printable(f"break-glass {one.role} is open for {one.subject} until {one.until}: {one.because} (by {one.by})")
        for one in found
    ]
