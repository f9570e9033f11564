"""Takes an incident's steps one by one: a durable intent before each, the result after it.

A step whose intent has no result was interrupted: it is *unsure*. What can be verified is verified and then counts;
anything else waits for a person and is never done a second time by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from nomoat.journal.facts import Step as StepFact
from nomoat.journal.ports import Store
from nomoat.respond import casework
from nomoat.respond.book import Playbook, Step
from nomoat.respond.casework import Case
from nomoat.respond.doing import Done, Hands, Result
from nomoat.respond.turns import turn

#: What a person may say of a step without running it.
Settled: TypeAlias = Literal["skipped", "by-hand", "unsure", "done", "open"]
#: States after which a step needs nobody any more.
FINISHED = frozenset(("done", "verified", "skipped", "by-hand"))
#: States of a step that was done and did not end well.
_TRIED = frozenset(("failed", "unsure", "not-verified"))
#: Who acts where nobody is asked.
AUTOMATIC = "nomoat respond --auto"
_OUTPUT = 2000
_TURN_WAIT_S = 10.0


@dataclass(slots=True)
class Stepper:
    """One incident's steps, done by somebody (or by nomoat itself)."""

    hands: Hands
    case: Case
    playbook: Playbook
    drill: bool = False
    #: How an incident is read again; a responder with many reads each fact once.
    read: Callable[[int], Case] | None = None

    @property
    def store(self) -> Store:
        """The journal."""
        return self.hands.store

    def state(self, step: Step) -> str:
        """What a step has come to; empty when nobody has begun it."""
        fact = self.case.steps.get(step.id)
        return fact.state if fact is not None else ""

    def is_finished(self, step: Step) -> bool:
        """True when nothing is left to do for a step."""
        return self.state(step) in FINISHED

    def is_answered_otherwise(self, step: Step) -> str:
        """What was answered where a step is for another answer; empty where it has to be done, or nobody knows."""
        if step.only_if is None:
            return ""
        asked, wanted = step.only_if
        fact = self.case.steps.get(asked)
        if fact is None or fact.state != "done" or not fact.reason or fact.reason == wanted:
            return ""
        return f"{asked}: {fact.reason}"

    def refresh(self) -> None:
        """Reads the incident again: somebody else may have gone on with it."""
        number = self.case.number
        self.case = self.read(number) if self.read is not None else casework.load(self.store, number)

    def message(self, step: Step) -> str:
        """The text that a notify step would send now."""
        return self.hands.message(step, self.case, self.playbook)

    def run(self, step: Step, *, text: str = "", again: bool = False, settles: bool = True) -> Done:
        """Does a step: intent, action, result; `text` replaces its message. An interrupted one is looked at first.

        `again` does a finished one once more. With `settles=False` what its command said is recorded and the step stays
        open: whoever looks at it has not done it yet.

        Raises BusyError where another process is doing a step of this incident for longer than ten seconds.
        """
        seen = self.case.steps.get(step.id)
        with turn(self.hands.settings.state, self.case.number, wait_s=_TURN_WAIT_S):
            self.refresh()
            before = self.case.steps.get(step.id)
            if before is not None and before.state in FINISHED and not again:
                return Done("done", f"{before.by} has done it: {before.state}")
            if before is not None and before.state in _TRIED and before != seen:
                # Somebody else did it while this one waited: whether to do it again is decided knowing that.
                return Done("unsure", f"{before.by} has just done it: {before.state}. {before.output}".strip())
            if before is not None and before.state == "intent":
                found = self._after_a_crash(step)
                if found is not None:
                    self._write(step, found.state, before.attempt, found)
                    return found
            # The same one goes on with what it began: a disk that is full for an hour adds no intent a second.
            goes_on = before is not None and before.state == "intent" and before.by == self.hands.by
            attempt = 1 if before is None else before.attempt if goes_on else before.attempt + 1
            if not goes_on:
                self._write(step, "intent", attempt)
            done = self.hands.do(step, self.case, self.playbook, text=text)
            self._write(step, done.state if settles else "open", attempt, done)
            return done

    def settle(self, step: Step, state: Settled, *, reason: str = "", unclear: bool = False) -> None:
        """Writes what somebody decided about a step without running it."""
        with turn(self.hands.settings.state, self.case.number, wait_s=_TURN_WAIT_S):
            self.refresh()
            before = self.case.steps.get(step.id)
            if before is not None and before.state in FINISHED:
                # Somebody else has done it while this one thought about it: what was done stands.
                return
            if before is not None and state == "open":
                # Left open says less than anything else that is known of it.
                return
            attempt = 1 if before is None else before.attempt + 1
            self._write(step, state, attempt, reason=reason, unclear=unclear)

    def _write(
        self,
        step: Step,
        state: Settled | Result | Literal["intent"],
        attempt: int,
        done: Done | None = None,
        *,
        reason: str = "",
        unclear: bool = False,
    ) -> None:
        fact = StepFact(
            incident=self.case.number,
            step=step.id,
            attempt=attempt,
            state=state,
            by=self.hands.by,
            reason=reason,
            command=done.command if done is not None else (),
            output=done.output[:_OUTPUT] if done is not None else "",
            evidence=done.evidence if done is not None else (),
            unclear=unclear,
            drill=self.drill,
        )
        casework.record(self.store, fact, f"step:{self.case.number}:{step.id}:{attempt}:{state}")
        self.case.steps[step.id] = fact

    def _after_a_crash(self, step: Step) -> Done | None:
        """What became of a step that was begun and not ended; None where it can safely be done again."""
        if step.kind in ("block", "revoke", "logging"):
            effect = self.hands.effect(step, self.case)
            # Its fact is committed before anything acts on it: where there is none, nothing was changed.
            return self.hands.confirmed(effect) if effect is not None else None
        if step.kind == "run" or step.command:
            found = self.hands.verified_by_command(step, self.case)
            if found.state == "verified":
                return found
            return Done("unsure", f"it was begun and its end was never recorded. {found.output}")
        # Evidence is kept by its hash and messages go out at most once, so both can be asked for again.
        return None
