"""Leads a person through an incident in a terminal: why, what exactly, what it breaks, how to undo it. Then asks.

Answers come from the keyboard or from a drill file; either way each becomes a fact. No transaction is open at a
prompt, and every prompt has a way out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nomoat.errors import NomoatError, printable
from nomoat.journal import blocks
from nomoat.journal.facts import Step as StepFact
from nomoat.respond import casework, values
from nomoat.respond.book import WORKERS_HAVE_IT, Step
from nomoat.respond.doing import Done
from nomoat.respond.known import known
from nomoat.respond.saying import prose, short_times
from nomoat.respond.stepping import Stepper

#: The answer of an `ask` step that ends the incident.
FALSE_ALARM = "false-alarm"
#: Lines of a command's output that are shown at once.
_LINES = 20


class Left(Exception):  # noqa: N818  it is a way out, no error
    """The person leaves; everything so far is recorded."""


class _Closed(Exception):  # noqa: N818  it is a way out, no error
    """The incident was a false alarm and is closed."""


@dataclass(slots=True)
class Keyboard:
    """Answers of the person at this terminal."""

    read: Callable[[str], str] = input

    def ask(self, _about: str, prompt: str, default: str) -> str:
        """One answer; the end of input is a way out."""
        try:
            return self.read(f"    {prompt} ").strip() or default
        except (EOFError, KeyboardInterrupt, OSError):
            print()
            raise Left from None


@dataclass(slots=True)
class Recorded:
    """Answers of a drill file, by the id of a step (or `role`, `false-alarm`): what the person of the drill said."""

    answers: Mapping[str, str]

    def ask(self, about: str, prompt: str, default: str) -> str:
        """The recorded answer, printed as if it were typed."""
        answer = self.answers.get(about, default)
        print(f"    {prompt} {printable(answer)}   (recorded answer)")
        return answer


def _before(state: str, fact: StepFact) -> str:
    """What is known of a step that was begun and has not ended well."""
    by = printable(fact.by)
    if state == "intent":
        return f"begun by {by} {fact.happened_at[11:19]} UTC; how it ended is not recorded yet"
    said = f": {printable(fact.output.splitlines()[0])}" if fact.output else ""
    return f"{state.replace('-', ' ')} when {by} did it {fact.happened_at[11:19]} UTC{said}"


class Leader:
    """One person and one incident."""

    def __init__(self, stepper: Stepper, answers: Keyboard | Recorded) -> None:
        self._stepper = stepper
        self._answers = answers

    def lead(self) -> bool:
        """Goes through the steps that are left; True when none is left open."""
        try:
            self._head()
            self._take_over()
            for number, step in enumerate(self._stepper.playbook.steps, 1):
                if not self._stepper.is_finished(step):
                    self._one(number, step)
                else:
                    self._was(number, step)
        except Left:
            print(f"left; go on with: nomoat respond {self._stepper.case.name}", file=sys.stderr)
            return False
        except _Closed:
            return False
        return self._end()

    def _end(self) -> bool:
        """Says what is left open; True when nothing is."""
        left = [
            (number, step)
            for number, step in enumerate(self._stepper.playbook.steps, 1)
            if not self._stepper.is_finished(step)
        ]
        for number, step in left:
            print(f"still open: {number:>2}  {printable(step.title)} ({self._stepper.state(step) or 'not begun'})")
        if left:
            print(f"go on with: nomoat respond {self._stepper.case.name}")
        return not left

    def _head(self) -> None:
        case, by = self._stepper.case, self._stepper.hands.by
        person = self._stepper.hands.respond.person(by)
        print(f"{case.name}  {case.declared.playbook}, {case.severity}, opened {short_times(case.opened_at)}")
        print(prose(case.declared.title, indent="  "))
        print(f"  about {printable(case.declared.subject)}, {printable(case.declared.target.partition('/')[2])}")
        for line in known(self._stepper.store, case):
            print(prose(line, indent="  > ", then=""))
        table = self._stepper.playbook.severity
        if table:
            print(prose(f"how bad: {'; '.join(f'{level} if {when}' for when, level in table)}", indent="  "))
        print(f"  you are {printable(person.name)}, {person.seniority}")

    def _take_over(self) -> None:
        stepper, case = self._stepper, self._stepper.case
        if case.first("acknowledged") is None:
            casework.acknowledge(stepper.store, case, by=stepper.hands.by)
            print("  acknowledged: you have it")
        roles = case.roles()
        if "commander" not in roles:
            answer = self._answers.ask("role", "Nobody is commander yet: [c] take it, [n] not me, [q] leave:", "c")
            if answer == "q":
                raise Left
            if answer == "c":
                casework.take_role(stepper.store, case, "commander", by=stepper.hands.by)
        print()

    def _was(self, number: int, step: Step) -> None:
        fact = self._stepper.case.steps[step.id]
        said = f": {fact.output.splitlines()[0]}" if fact.output else ""
        print(f" {number:>2}  {printable(step.title)}\n{prose(f'{fact.state} by {fact.by}{said}')}\n")

    def _one(self, number: int, step: Step) -> None:
        state = self._stepper.state(step)
        print(f" {number:>2}  {printable(step.title)}")
        if otherwise := self._stepper.is_answered_otherwise(step):
            self._stepper.settle(step, "skipped", reason=otherwise)
            print(f"{prose(f'skipped, it is not for the answer {otherwise}')}\n")
            return
        print(prose(step.why))
        if state in ("unsure", "not-verified", "failed", "intent"):
            fact = self._stepper.case.steps[step.id]
            print(prose(_before(state, fact)))
        elif state == "open" and (why := self._stepper.case.steps[step.id].reason):
            print(prose(f"left open: {why}"))
        if step.kind == "ask":
            self._question(step)
        elif step.kind == "approve":
            self._approval(step)
        elif step.kind == "manual":
            self._by_a_person(step)
        else:
            self._action(step)
        print()

    def _question(self, step: Step) -> None:
        options = "/".join(step.answers) or "yes/no/unsure"
        answer = self._answers.ask(step.id, f"{printable(step.question)} [{options}, ? explain, q leave]:", "unsure")
        known = step.answers or ("yes", "no", "unsure")
        if answer == "q":
            raise Left
        fits = [one for one in known if one == answer] or [one for one in known if answer and one.startswith(answer)]
        if len(fits) != 1:
            if isinstance(self._answers, Recorded):
                raise NomoatError(f"'{printable(answer)}' is no answer", where=f"step {step.id}", fix=", ".join(known))
            self._explain(step) if answer == "?" else print(f"    answer one of {', '.join(known)}, ? or q")
            self._question(step)
            return
        answer = fits[0]
        self._stepper.settle(step, "done" if answer != "unsure" else "unsure", reason=answer)
        if answer == FALSE_ALARM:
            self._false_alarm()

    def _false_alarm(self) -> None:
        """Nobody is blocked for nothing: offers to lift what the incident has blocked, and to close it."""
        stepper, case = self._stepper, self._stepper.case
        blocked = standing_blocks(stepper)
        lift = f"lift the block of {', '.join(blocked)} and " if blocked else ""
        prompt = printable(f"A false alarm: {lift}close {case.name}? [y] yes, [n] no, go on, [q] leave:")
        while True:
            answer = self._answers.ask(FALSE_ALARM, prompt, "").lower()
            if answer in ("q", "n", "y", "yes", "no"):
                break
            print("    type y, n or q")
        if answer == "q":
            raise Left
        if answer[0] == "y":
            for whom in blocked:
                blocks.lift(stepper.store, whom, because=f"{case.name} was a false alarm", by=stepper.hands.by)
                print(prose(f"lifted the block of {whom}"))
            casework.close(stepper.store, case, by=stepper.hands.by, false_alarm=True)
            print(f"    {case.name} is closed as a false alarm.  nomoat incident review {case.name}")
            raise _Closed

    def _approval(self, step: Step) -> None:
        person = self._stepper.hands.respond.person(self._stepper.hands.by)
        if self._stepper.hands.respond.people and person.seniority != "senior" and not self._stepper.drill:
            print(f"    a senior has to approve this, and you are {person.seniority}. It stays open: ask one to type")
            print(f"    $ nomoat respond {self._stepper.case.name}")
            return
        answer = self._choice(step, "approve? [y] yes, [n REASON] no, [?] explain, [q] leave:", "", "yn")
        word, _, reason = answer.partition(" ")
        if word == "y":
            self._stepper.settle(step, "done", reason="approved")
        elif word == "n":
            self._stepper.settle(step, "skipped", reason=reason or self._reason(step))

    def _choice(self, step: Step, prompt: str, default: str, letters: str) -> str:
        """An answer that begins with one of the letters; `?` explains, `q` leaves, anything else is asked again."""
        while True:
            answer = self._answers.ask(step.id, prompt, default)
            first, _, reason = answer.partition(" ")
            word = {"yes": "y", "no": "n", "skip": "s", "done": "d"}.get(first.lower(), first.lower())
            if word == "q":
                raise Left
            if word == "n" and "n" not in letters and "s" in letters:
                word = "s"
            if word and word in letters and len(word) == 1:
                return f"{word} {reason}".strip()
            if isinstance(self._answers, Recorded):
                raise NomoatError(
                    f"'{printable(first)}' is no answer", where=f"step {step.id}", fix=f"one of {', '.join(letters)}, q"
                )
            if word == "?":
                self._explain(step)
            else:
                print(f"    '{printable(first)}' is no answer here; type one of {', '.join(letters)}, ? or q")

    def _explain(self, step: Step) -> None:
        """What the answers do; why the step is there stands above already."""
        if step.kind == "approve":
            for label, text in (("breaks", step.breaks), ("undo", step.undo)):
                if text:
                    print(prose(f"{label}: {values.sentence(text, self._stepper.case.values())}", then="  "))
        if step.verify:
            said = (
                "every worker is asked whether it has it"
                if step.verify == (WORKERS_HAVE_IT,)
                else " ".join(step.verify)
            )
            print(prose(f"afterwards it is verified: {said}"))
        if step.kind == "ask":
            print(
                prose("your answer stands in the review. unsure leaves the question open: it is asked again next time")
            )
        elif step.kind == "manual":
            print(prose("d says that you have done it. r only runs the command and asks again"))
        elif step.kind != "approve":
            print(prose("y does it now, exactly as it stands above; h says you did it elsewhere"))
        if step.kind not in ("ask", "approve"):
            print(prose("s skips it and asks why; u leaves it open and marks the step unclear"))

    def _by_a_person(self, step: Step) -> None:
        if step.command:
            print(f"    $ {printable(_spelt(step, self._stepper))}")
        run = "[r]un the command, " if step.command else ""
        prompt = f"[d]one, {run}[s]kip, [u]nsure, [?] explain, [q] leave:"
        answer = self._choice(step, prompt, "", "drshu" if step.command else "dshu")
        while answer.startswith("r") and isinstance(self._answers, Keyboard):
            # To look is not to have done it: the person says what came of it.
            self._show(self._stepper.run(step, settles=False))
            answer = self._choice(step, prompt, "", "drshu")
        self._answered(step, answer)

    # Every prompt fits into 80 columns, or its end would be broken in the middle of a word.
    def _action(self, step: Step) -> None:
        if step.kind == "notify":
            print(prose(f"to {', '.join(self._stepper.hands.channels(step))}: {self._stepper.message(step)}"))
        elif spelt := _spelt(step, self._stepper):
            print(f"    $ {printable(spelt)}")
        if step.kind == "monitor":
            for line in self._stepper.playbook.recovery:
                print(prose(f"it is over when {line}", then="  "))
        for label, text in (("breaks:", step.breaks), ("undo:", step.undo)):
            if text:
                print(prose(f"{label} {values.sentence(text, self._stepper.case.values())}", then="  "))
        if step.who == "commander" or step.kind == "revoke":
            print(f"    needs the {step.who}")
        verb = "send? [Y]es, [e]dit" if step.kind == "notify" else "run? [Y]es"
        prompt = f"{verb}, [s]kip, by [h]and, [u]nsure, [?] explain, [q] leave:"
        answer = self._choice(step, prompt, "y", "yrshue" if step.kind == "notify" else "yrshu")
        self._answered(step, "r" if answer == "y" else answer)

    def _answered(self, step: Step, answer: str) -> None:
        word, _, reason = answer.partition(" ")
        if word == "r":
            self._show(self._stepper.run(step))
        elif word == "e":
            text = self._answers.ask(f"{step.id}-text", "write it on one line (empty: as it is above):", "")
            self._show(self._stepper.run(step, text=text))
        elif word in ("d", "h"):
            self._stepper.settle(step, "by-hand" if word == "h" else "done", reason=reason)
        elif word == "s":
            self._stepper.settle(step, "skipped", reason=reason or self._reason(step))
        elif word == "u":
            self._stepper.settle(step, "unsure", reason=reason or "whoever led was not sure", unclear=True)

    def _reason(self, step: Step) -> str:
        while isinstance(self._answers, Keyboard):
            if reason := self._answers.ask("reason", f"why is {step.id} skipped? (it stands in the review):", ""):
                return reason
        return "no reason given"

    def _show(self, done: Done) -> None:
        lines = done.output.splitlines()
        for line in lines[:_LINES]:
            # What a command printed is shown as it is; our own words are prose.
            print(f"    {printable(line)}" if done.command else prose(line))
        if len(lines) > _LINES:
            print(f"    ... and {len(lines) - _LINES} more lines: run it yourself to see them")
        if done.state not in ("done", "verified"):
            print(f"    {done.state}")


def standing_blocks(stepper: Stepper) -> list[str]:
    """Whom this incident's steps have blocked and nobody has lifted."""
    found: list[str] = []
    for step in stepper.playbook.steps:
        if step.kind == "block" and stepper.state(step):
            try:
                effect = stepper.hands.effect(step, stepper.case)
            except NomoatError:
                continue
            if effect is not None and not effect.lifted_by:
                found.append(values.filled_in(step.target, stepper.case.values()))
    return list(dict.fromkeys(found))


def _spelt(step: Step, stepper: Stepper) -> str:
    """Exactly what would be done, as a person could type it."""
    case = stepper.case
    if step.kind == "block":
        whom = values.sentence(step.target, case.values())
        return f"nomoat block {whom} --for {step.for_s / 3600:g}h --because {case.name}"
    if step.kind == "revoke":
        return f"nomoat revoke {values.sentence(step.target, case.values())} --because {case.name}"
    if step.kind == "logging":
        return f"record more about {values.sentence(step.target, case.values())} for {step.for_s / 3600:g}h"
    if step.kind == "evidence" and step.collect:
        return f"keep {', '.join(step.collect)}"
    import shlex

    try:
        return shlex.join(values.arguments(step.command, case.values()))
    except NomoatError as error:
        return f"cannot be run: {error.what}"
