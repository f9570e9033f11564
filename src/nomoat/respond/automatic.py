"""`respond --auto`: opens incidents from alerts, does what needs nobody, escalates what nobody takes.

Incidents are handled beside one another, so that a command or a channel that hangs for one never delays the block of
another. A fault of one incident, or a full disk, is said and tried again until it is mended; the responder goes on.
"""

from __future__ import annotations

import contextlib
import sys
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from nomoat.errors import EXIT_CLEAN, EXIT_INCOMPLETE, JournalError, NomoatError, printable, say
from nomoat.journal import workers
from nomoat.journal.facts import moment
from nomoat.journal.gaps import GapTeller
from nomoat.journal.ports import Store
from nomoat.respond import casework
from nomoat.respond import settings as respond_settings
from nomoat.respond.book import Playbook
from nomoat.respond.doing import Hands
from nomoat.respond.stepping import AUTOMATIC, Stepper
from nomoat.respond.unattended import Allowance, escalate, run_automatic
from nomoat.settings import Settings

ROLE = "respond"
NOT_ARMED = "escalation NOT ARMED: no responder runs (nomoat respond --auto)"
POLL_S = 0.1
BEAT_S = 1.0
#: Escalations are looked at this often; they are minutes apart.
_ESCALATE_S = 5.0
_AT_ONCE = 8
#: How long a fault of the store is left alone before the next try, and how long at most one of an incident.
_REST_S = 1.0
_MOST_REST_S = 8.0


def is_armed(store: Store) -> bool:
    """Whether somebody opens incidents and escalates while nobody looks."""
    return any(one.role == ROLE and one.live and not one.ended for one in store.processes())


class _Trouble(NamedTuple):
    """What is in the way of an incident, how long it is left alone now, and until when."""

    said: str
    rest_s: float
    again_at: float


class Automatic:
    """One responder that asks nobody."""

    def __init__(self, settings: Settings, store: Store, playbooks: Mapping[str, Playbook]) -> None:
        self._settings = settings
        self._store = store
        self._respond = respond_settings.read(settings)
        self._intake = casework.Intake(store, playbooks)
        self._casebook = casework.Casebook(store)
        #: Playbooks by the hash that incidents pinned.
        self._pinned: dict[str, Playbook] = {}
        self._allowance = Allowance(self._respond.max_auto_blocks)
        self._process = uuid.uuid4().hex
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="incident")
        self._running: dict[int, Future[Exception | None]] = {}
        self._waiting: set[int] = set()
        #: Incidents that could not be handled: what was said, and when they are tried again.
        self._troubled: dict[int, _Trouble] = {}
        self._beat_at = self._escalate_at = 0.0
        self._known_since: dict[int, float] = {}
        self._fault = ""
        self._gaps = GapTeller(store)
        self._failed = self._has_ticked = False

    def run(self, *, once: bool) -> int:
        """Runs until it is interrupted; with `once` until what is there is handled."""
        say(f"responding to alerts in {printable(self._settings.store_url)}; Ctrl-C stops", to=sys.stderr)
        # What was interrupted: incidents that are open and have automatic steps left.
        self._waiting.update(declared.number for declared in self._store.incidents(is_open=True))
        with workers.terminated_as_interrupted():
            try:
                while not once or self._running or self._waiting or not self._has_ticked:
                    self._tick()
                    time.sleep(POLL_S if not self._fault else _REST_S)
                code = EXIT_INCOMPLETE if self._failed else EXIT_CLEAN
            except KeyboardInterrupt:
                say("stopped", to=sys.stderr)
                code = EXIT_CLEAN
            finally:
                self._pool.shutdown(cancel_futures=True)
        with contextlib.suppress(JournalError):
            self._beat(ended=True)
        return code

    def _tick(self) -> None:
        self._has_ticked = True
        try:
            self._take_in()
        except NomoatError as error:
            # A full disk or a store that is away: once it is there again, the cursor says where to go on.
            if error.what != self._fault:
                say(f"NOT responding: {error}\nnote: it is tried every second until this is mended", to=sys.stderr)
            self._fault, self._failed = error.what, True
        for number in [number for number, one in self._running.items() if one.done()]:
            self._note_end(number, self._running.pop(number).result())
        now = time.monotonic()
        self._waiting.update(number for number, one in self._troubled.items() if one.again_at <= now)
        for number in sorted(self._waiting - set(self._running)):
            self._waiting.discard(number)
            self._running[number] = self._pool.submit(self._handle, number)
        if time.monotonic() >= self._escalate_at:
            self._escalate()
            self._escalate_at = time.monotonic() + _ESCALATE_S

    def _take_in(self) -> None:
        """Beats, and opens incidents from the alerts since the last time. Raises JournalError."""
        if time.monotonic() >= self._beat_at:
            self._beat()
            self._gaps.tell()
            self._beat_at = time.monotonic() + BEAT_S
            if self._fault:
                say("the journal can be used again", to=sys.stderr)
            self._fault = ""
        self._waiting.update(self._intake.take())
        self._tell_unanswered()

    def _tell_unanswered(self) -> None:
        for alert in self._intake.unanswered:
            called = f"no playbook is called '{printable(alert.playbook)}'"
            say(f"alert {printable(alert.detection)}: NOBODY ANSWERS, {called}", to=sys.stderr)
        self._intake.unanswered.clear()

    def _beat(self, *, ended: bool = False) -> None:
        self._store.beat(self._process, role=ROLE, service="", position=self._intake.position, ended=ended)

    def _stepper(self, number: int) -> Stepper:
        case = self._casebook.case(number)
        hands = Hands(self._settings, self._respond, self._store, AUTOMATIC, hurried=True)
        return Stepper(hands, case, self._playbook(case), read=self._casebook.case)

    def _playbook(self, case: casework.Case) -> Playbook:
        pinned = case.declared.playbook_hash
        if pinned not in self._pinned:
            self._pinned[pinned] = casework.playbook_of(self._store, case)
        return self._pinned[pinned]

    def _handle(self, number: int) -> Exception | None:
        """Does what needs nobody for one incident; gives what was in the way."""
        try:
            stepper = self._stepper(number)
            case = stepper.case
            if not case.steps:
                say(f"{case.name}  {case.severity}  {printable(case.declared.title)}")
            for step, done in run_automatic(stepper, self._allowance):
                said = printable(done.output.splitlines()[0]) if done.output else ""
                say(f"  {case.name} {step.id}: {done.state}  {said}")
        except Exception as error:
            # One incident that cannot be handled must not leave the others alone, nor end the responder.
            return error
        return None

    def _note_end(self, number: int, error: Exception | None) -> None:
        """Says once what is in the way of an incident; it is tried again, each time after twice as long."""
        before = self._troubled.pop(number, _Trouble("", 0.0, 0.0))
        if error is None:
            if before.said:
                say(f"INC-{number}: going on, what was in the way is mended", to=sys.stderr)
            return
        self._failed = True
        fault = f"error: a fault of nomoat's own, please report it: {type(error).__name__}: {error}"
        said = str(error) if isinstance(error, NomoatError) else printable(fault)
        if said != before.said:
            say(f"INC-{number} WAITS and is tried again: {said}", to=sys.stderr)
        rest_s = min(2 * before.rest_s or _REST_S, _MOST_REST_S)
        self._troubled[number] = _Trouble(said, rest_s, time.monotonic() + rest_s)

    def _now_for(self, case: casework.Case) -> datetime:
        """The time now; a clock that was set back puts nobody off who is waited for since this process knows of it."""
        now_s = time.monotonic()
        known_s = now_s - self._known_since.setdefault(case.number, now_s)
        return max(datetime.now(UTC), moment(case.opened_at) + timedelta(seconds=known_s))

    def _escalate(self) -> None:
        try:
            for declared in self._store.incidents(is_open=True):
                stepper = self._stepper(declared.number)
                for sent in escalate(stepper, now=self._now_for(stepper.case)):
                    say(f"INC-{declared.number}: escalated to {printable(sent)}")
        except NomoatError as error:
            say(f"cannot escalate: {error}", to=sys.stderr)
