"""What is done for an incident where nobody is asked, and who is told when nobody takes it.

Takes one incident's stepper; gives what was done. A block that could hit people who did nothing is left to a person.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from nomoat.errors import NomoatError
from nomoat.journal.facts import Block, Decision, moment, timestamp
from nomoat.journal.ports import Store
from nomoat.notify import outbox
from nomoat.notify import settings as notify_settings
from nomoat.notify.ports import Channel, Note
from nomoat.respond import values
from nomoat.respond.book import AUTOMATIC as AUTOMATIC_KINDS
from nomoat.respond.book import Step
from nomoat.respond.casework import Case
from nomoat.respond.doing import Done
from nomoat.respond.stepping import AUTOMATIC, Stepper

#: An address from which so many others were let in lately is an office, a mobile network, or a proxy nobody declared.
SHARED_BY = 3
_SHARED_WITHIN = timedelta(minutes=15)
#: How long may be looked who else uses an address; a block of an account never waits for this.
_LOOK_S = 2.0
#: An address that carried so many requests, and a third of all, before anything happened may be a proxy.
_MANY = 20
_MOST_TRIES = 10


class Allowance:
    """How many blocks may be placed by itself in an hour, counted over every thread of this process."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._placing: set[tuple[int, str]] = set()

    @contextmanager
    def one(self, stepper: Stepper, value: str, *, now: datetime | None = None) -> Iterator[bool]:
        """True where one more block of `value` stays within the allowance; it is counted from now on."""
        key = (stepper.case.number, value)
        with self._lock:
            allowed = self._placed(stepper, now or datetime.now(UTC)) + len(self._placing) < self._most
            if allowed:
                self._placing.add(key)
        try:
            yield allowed
        finally:
            with self._lock:
                self._placing.discard(key)

    def _placed(self, stepper: Stepper, now: datetime) -> int:
        store = stepper.store
        begins = store.before(timestamp(now - timedelta(hours=1)))
        found = (entry.fact for entry in store.read(begins, kinds=(Block,)))
        return sum(
            isinstance(one, Block) and not one.lifted and one.by == AUTOMATIC
            and (one.incident, one.value) not in self._placing
            for one in found
        )  # fmt: skip


def run_automatic(stepper: Stepper, allowance: Allowance | None = None) -> Iterator[tuple[Step, Done]]:
    """Does what is marked `auto: true`, in order; leaves the rest open and goes on, but stops at an open gate."""
    allowance = allowance or Allowance(stepper.hands.respond.max_auto_blocks)
    for step in stepper.playbook.steps:
        again = _came_back(stepper, step)
        if stepper.is_finished(step) and not again:
            continue
        if not step.auto or step.kind not in AUTOMATIC_KINDS or step.only_if is not None:
            if not stepper.state(step):
                stepper.settle(step, "open")
            if step.gate:
                return
            continue
        if stepper.state(step) in ("failed", "unsure", "not-verified"):
            continue
        done = _block(stepper, step, allowance, again=again) if step.kind == "block" else stepper.run(step)
        if done is not None:
            yield step, done


def _block(stepper: Stepper, step: Step, allowance: Allowance, *, again: bool) -> Done | None:
    if stepper.state(step) == "intent":
        return stepper.run(step)
    target = values.sentence(step.target, stepper.case.values())
    with allowance.one(stepper, target) as allowed:
        why = "" if allowed else "max_auto_blocks an hour is reached: a person decides"
        why = why or _hits_others(stepper, target)
        if not why:
            return stepper.run(step, again=again)
    before = stepper.case.steps.get(step.id)
    if before is not None and before.state == "open":
        return None
    if not again:
        stepper.settle(step, "open", reason=why)
    return Done("unsure", f"NOT BLOCKED: {why}")


def _came_back(stepper: Stepper, step: Step) -> bool:
    """True where an alert joined after this step's own block had ended by itself: the caller goes on."""
    case, fact = stepper.case, stepper.case.steps.get(step.id)
    if step.kind != "block" or not step.auto or fact is None or fact.state != "verified" or fact.by != AUTOMATIC:
        return False
    at = next(at for at, one in reversed(case.step_times) if one.step == step.id)
    if case.joined_at() <= at:
        return False
    effect = stepper.hands.effect(step, case)
    # One that somebody lifted was lifted deliberately.
    return effect is not None and not effect.lifted_by and effect.until <= timestamp()


def _hits_others(stepper: Stepper, target: str) -> str:
    """Why a block would hit people who did nothing; empty where it would not, or names no address."""
    try:
        address = ipaddress.ip_address(target)
    except ValueError:
        return ""
    if not address.is_global:
        return f"{target} is an address of an inner network, maybe a proxy's: a person decides"
    return used_by_others(stepper.store, target, began=stepper.case.declared.first_event_at)


def used_by_others(store: Store, target: str, *, began: str, within_s: float = _LOOK_S) -> str:
    """Why an address is surely or maybe shared: by who was let in from it, and by its part of the traffic before."""
    ends = time.monotonic() + within_s
    others: set[str] = set()
    before = of_it = 0
    begins = store.before(timestamp(datetime.now(UTC) - _SHARED_WITHIN))
    for entry in store.read(begins, kinds=(Decision,)):
        fact = entry.fact
        if isinstance(fact, Decision) and fact.outcome == "allow":
            is_it = fact.client == target
            if fact.happened_at < began:
                before += fact.count
                of_it += fact.count if is_it else 0
            others |= {fact.subject} - {"", "anonymous"} if is_it else set()
        if len(others) >= SHARED_BY:
            return f"{len(others)} or more others were let in from {target} in the last 15 minutes: a person decides"
        if time.monotonic() > ends:
            # Whoever floods us decides how long this takes; not knowing is no reason to block everybody.
            return f"too much happens to tell in {within_s:.0f} s who else uses {target}: a person decides"
    if of_it >= _MANY and of_it * 3 >= before:
        return f"{of_it} of {before} requests came from {target} before it began, maybe a proxy: a person decides"
    return ""


def escalate(stepper: Stepper, *, now: datetime) -> list[str]:
    """Tells the next one where nobody has acknowledged; each rule once, tried again while it surely failed.

    A rule that names no channel goes to every channel, and to this terminal where there is none. Gives what was sent.
    """
    case = stepper.case
    if not case.is_open or case.first("acknowledged") is not None:
        return []
    waited = (now - moment(case.opened_at)).total_seconds()
    rules = [(rule.after_s, rule.to) for rule in stepper.hands.respond.escalate]
    rules += [(rule.after_s, rule.to) for rule in stepper.playbook.escalation]
    known = notify_settings.read(stepper.hands.settings)
    sent: list[str] = []
    for after_s, to in dict.fromkeys(rules):
        if waited < after_s:
            continue
        everybody = () if stepper.playbook.covert else known.names()
        names = (to,) if to in known.names() else everybody or (notify_settings.TERMINAL.name,)
        for name in names:
            try:
                said = _tell(stepper, known.channel(name), after_s, to, waited)
            except NomoatError as error:
                said = f"{name}: failed ({error.what})"
            sent += [said] if said else []
    return sent


def _tell(stepper: Stepper, channel: Channel, after_s: float, to: str, waited: float) -> str:
    case: Case = stepper.case
    key, failed = outbox.attempts(
        stepper.store, f"{stepper.store.id}-{case.number}-escalation-{after_s:.0f}-{to}-{channel.name}"
    )
    # Each try waits twice as long as the one before: 30 s, 1 min, 2 min ...
    is_due = failed < _MOST_TRIES and waited >= after_s + 30 * (2**failed - 1)
    if not is_due or outbox.result_of(stepper.store, key) is not None:
        return ""
    text = f"{case.name} ({case.severity}) was opened {waited / 60:.0f} minutes ago and nobody has acknowledged it."
    whom = "" if to == channel.name else f" This is for the {to}."
    note = Note(f"{case.name}: nobody is on it", f"{text}{whom} nomoat respond {case.name}", key)
    return f"{channel.name}: {outbox.send(stepper.store, note, channel=channel, incident=case.number).state}"
