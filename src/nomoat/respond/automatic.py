"""`respond --auto`: opens incidents from alerts, does what needs nobody, escalates what nobody takes.

Incidents are handled beside one another, so that a command or a channel that hangs for one never delays the block of
another. A fault of one incident, or a full disk, is said and tried again; it never ends the responder.
"""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime

from nomoat.errors import EXIT_CLEAN, EXIT_INCOMPLETE, NomoatError, printable
from nomoat.journal.ports import Store
from nomoat.respond import casework
from nomoat.respond import settings as respond_settings
from nomoat.respond.book import Playbook
from nomoat.respond.doing import Hands
from nomoat.respond.stepping import AUTOMATIC, Stepper
from nomoat.respond.unattended import Allowance, escalate, run_automatic
from nomoat.settings import Settings

ROLE = "respond"
POLL_S = 0.1
BEAT_S = 1.0
#: Escalations are looked at this often; they are minutes apart.
_ESCALATE_S = 5.0
_AT_ONCE = 8
#: How long a fault of the store is left alone before the next try.
_REST_S = 1.0


class Automatic:
    """One responder that asks nobody."""

    def __init__(self, settings: Settings, store: Store, playbooks: Mapping[str, Playbook]) -> None:
        self._settings = settings
        self._store = store
        self._respond = respond_settings.read(settings)
        self._intake = casework.Intake(store, playbooks)
        self._allowance = Allowance(self._respond.max_auto_blocks)
        self._process = uuid.uuid4().hex
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="incident")
        self._running: dict[int, Future[bool]] = {}
        self._waiting: set[int] = set()
        self._beat_at = self._escalate_at = 0.0
        self._fault = ""
        self._failed = False

    def run(self, *, once: bool) -> int:
        """Runs until it is interrupted; with `once` until what is there is handled."""
        print(f"responding to alerts in {printable(self._settings.store_url)}; Ctrl-C stops", file=sys.stderr)
        # What was interrupted: incidents that are open and have automatic steps left.
        self._waiting.update(declared.number for declared in self._store.incidents(is_open=True))
        try:
            while True:
                self._tick()
                if once and not self._running and not self._waiting:
                    return EXIT_INCOMPLETE if self._failed else EXIT_CLEAN
                time.sleep(POLL_S if not self._fault else _REST_S)
        except KeyboardInterrupt:
            self._beat(ended=True)
            print("stopped", file=sys.stderr)
            return EXIT_CLEAN
        finally:
            self._pool.shutdown(cancel_futures=True)

    def _tick(self) -> None:
        try:
            if time.monotonic() >= self._beat_at:
                self._beat()
                self._beat_at = time.monotonic() + BEAT_S
            self._waiting.update(self._intake.take())
            self._tell_unanswered()
            self._fault = ""
        except NomoatError as error:
            # A full disk or a store that is away: once it is there again, the cursor says where to go on.
            if error.what != self._fault:
                print(f"NOT responding: {error}", file=sys.stderr, flush=True)
            self._fault, self._failed = error.what, True
        for number in [number for number, one in self._running.items() if one.done()]:
            self._failed |= not self._running.pop(number).result()
        for number in sorted(self._waiting - set(self._running)):
            self._waiting.discard(number)
            self._running[number] = self._pool.submit(self._handle, number)
        if time.monotonic() >= self._escalate_at:
            self._escalate()
            self._escalate_at = time.monotonic() + _ESCALATE_S

    def _tell_unanswered(self) -> None:
        for alert in self._intake.unanswered:
            print(
                f"alert {printable(alert.detection)}: NOBODY ANSWERS, no playbook is called"
                f" '{printable(alert.playbook)}'",
                file=sys.stderr, flush=True,
            )  # fmt: skip
        self._intake.unanswered.clear()

    def _beat(self, *, ended: bool = False) -> None:
        self._store.beat(self._process, role=ROLE, service="", position=self._intake.position, ended=ended)

    def _stepper(self, number: int) -> Stepper:
        case = casework.load(self._store, number)
        hands = Hands(self._settings, self._respond, self._store, AUTOMATIC, hurried=True)
        return Stepper(hands, case, casework.playbook_of(self._store, case))

    def _handle(self, number: int) -> bool:
        """Does what needs nobody for one incident; False where it could not."""
        try:
            stepper = self._stepper(number)
            case = stepper.case
            if not case.steps:
                print(f"{case.name}  {case.severity}  {printable(case.declared.title)}", flush=True)
            for step, done in run_automatic(stepper, self._allowance):
                said = printable(done.output.splitlines()[0]) if done.output else ""
                print(f"  {case.name} {step.id}: {done.state}  {said}", flush=True)
        except NomoatError as error:
            # One incident that cannot be handled must not leave the others alone.
            print(f"INC-{number}: {error}", file=sys.stderr, flush=True)
            return False
        return True

    def _escalate(self) -> None:
        try:
            for declared in self._store.incidents(is_open=True):
                for sent in escalate(self._stepper(declared.number), now=datetime.now(UTC)):
                    print(f"INC-{declared.number}: escalated to {printable(sent)}", flush=True)
        except NomoatError as error:
            print(f"cannot escalate: {error}", file=sys.stderr, flush=True)
