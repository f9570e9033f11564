"""Does the work of one step: collects evidence, runs a command, places a block, sends a message.

What an action did is given back as text; who may call it, and when, is decided elsewhere. Whether a change is in force
is asked of the workers, never assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

from nomoat.errors import NomoatError, StorageError
from nomoat.journal import blocks
from nomoat.journal.facts import Block, Decision, Evidence, Logging, Message, Revocation, moment, timestamp
from nomoat.journal.facts import Step as StepFact
from nomoat.journal.ports import Store
from nomoat.notify import outbox
from nomoat.notify import settings as notify_settings
from nomoat.notify.ports import Note
from nomoat.respond import collecting, execute, values
from nomoat.respond.book import WORKERS_HAVE_IT, Playbook, Step
from nomoat.respond.casework import Case
from nomoat.respond.reaching import reached_objects
from nomoat.respond.saying import short_times
from nomoat.respond.settings import RespondSettings
from nomoat.respond.vault import Vault
from nomoat.settings import Settings

Result: TypeAlias = Literal["done", "failed", "verified", "not-verified", "unsure"]
_SHOWN = 2000
_VERIFY_S = 3.0


@dataclass(frozen=True, slots=True)
class Done:
    """What an action came to; verified, not-verified or unsure for what workers must have."""

    state: Result
    output: str
    evidence: tuple[str, ...] = ()
    command: tuple[str, ...] = ()


class Effect(NamedTuple):
    """A change that a step made: where it is in the journal, what it is, and who ended it before its time."""

    position: str
    said: str
    lifted_by: str = ""
    until: str = ""


@dataclass(slots=True)
class Hands:
    """Everything that actions need: the project, the store, who acts.

    `hurried` while nobody is at the keyboard; `is_played` where answers were recorded, and nobody waits half an hour.
    """

    settings: Settings
    respond: RespondSettings
    store: Store
    by: str
    hurried: bool = False
    is_played: bool = False

    def do(self, step: Step, case: Case, playbook: Playbook, *, text: str = "") -> Done:
        """Does a step; `text` replaces its message. What fails is a result and no exception.

        Raises StorageError: the journal or the evidence cannot be written.
        """
        try:
            if step.kind == "notify":
                return self._notify(step, case, playbook, text)
            actions: Mapping[str, Callable[[Step, Case, Playbook], Done]] = {
                "evidence": self._collect, "block": self._block, "revoke": self._revoke, "logging": self._log_more,
                "run": self._run, "manual": self._run, "monitor": self._monitor,
            }  # fmt: skip
            action = actions.get(step.kind)
            return action(step, case, playbook) if action is not None else Done("done", "")
        except (values.ValueRefusedError, blocks.BlockRefusedError) as error:
            return Done("failed", f"{error.what}; {error.fix}" if error.fix else error.what)
        except StorageError:
            # Nothing can be written down, or evidence not be kept whole: the step waits, and whatever comes after it.
            raise
        except NomoatError as error:
            return Done("failed", error.what)

    # -- evidence ----------------------------------------------------------------------------------------------------

    def _collect(self, step: Step, case: Case, playbook: Playbook) -> Done:
        vault = Vault(self.settings.state)
        changed = any(
            (fact := case.steps.get(one.id)) is not None and fact.state != "open"
            for one in playbook.steps
            if one.is_change
        )
        have = {one.name for one in case.evidence}
        kept: list[str] = []
        said: list[str] = []
        for what in step.collect:
            if f"{step.id}-{what}" in have:
                # It was kept before this step was interrupted, closer to what happened.
                continue
            content, note = collecting.collect(
                what, self.store, self.settings, case, hurried=self.hurried and not changed
            )
            kept.append(self._keep(vault, content, f"{step.id}-{what}", what, case, changed=changed))
            said.append(f"{what}: {note}, sha256 {kept[-1][:12]}")
        if step.command:
            command = values.arguments(step.command, case.values())
            ran = self._ran(command)
            kept.append(self._keep(vault, ran.output.encode(), step.id, " ".join(command), case, changed=changed))
            said.append(f"{ran.why or f'ended with {ran.code}'}, sha256 {kept[-1][:12]}")
            return Done("done" if ran.code == 0 else "failed", "; ".join(said), tuple(kept), tuple(command))
        return Done("done", "; ".join(said), tuple(kept))

    def _keep(self, vault: Vault, content: bytes, name: str, source: str, case: Case, *, changed: bool) -> str:
        sha256 = vault.keep(content)
        fact = Evidence(
            incident=case.number, name=name, sha256=sha256, size_bytes=len(content), source=source[:500], by=self.by,
            changed_before=changed,
        )  # fmt: skip
        self.store.append([(fact, f"evidence:{case.number}:{name}:{sha256}")], durable=True)
        case.evidence.append(fact)
        return sha256

    # -- changes -----------------------------------------------------------------------------------------------------

    def _block(self, step: Step, case: Case, _playbook: Playbook) -> Done:
        whom = values.filled_in(step.target, case.values())
        placed = blocks.place(
            self.store, whom, for_s=step.for_s, because=f"{case.name}: {case.declared.title}"[:300], by=self.by,
            incident=case.number, never_block=self.respond.never_block,
        )  # fmt: skip
        return self.confirmed(Effect(placed.position, f"blocked {whom} until {placed.block.until[11:19]} UTC"))

    def _revoke(self, step: Step, case: Case, _playbook: Playbook) -> Done:
        whom = values.filled_in(step.target, case.values())
        kind, value = blocks.target(whom)
        if kind == "client" or value == "anonymous":
            return Done("failed", f"{whom} has no tokens to take back")
        fact = Revocation(
            what=kind, value=value, issued_before=timestamp(), because=case.name, by=self.by, incident=case.number
        )
        self.store.append([(fact, _key(step, case))], durable=True)
        return self._confirmed_effect(step, case)

    def _log_more(self, step: Step, case: Case, _playbook: Playbook) -> Done:
        whom = values.filled_in(step.target, case.values())
        if blocks.target(whom)[0] != "subject":
            return Done("failed", f"more can be recorded about an account or a service, and {whom} is none: skip this")
        until = timestamp(datetime.now(UTC) + timedelta(seconds=step.for_s))
        fact = Logging(
            subject=whom, until=until, adds=("query", "agent"), because=case.name, by=self.by, incident=case.number
        )
        self.store.append([(fact, _key(step, case))], durable=True)
        return self._confirmed_effect(step, case)

    def _confirmed_effect(self, step: Step, case: Case) -> Done:
        effect = self.effect(step, case)
        assert effect is not None, "it was just committed"
        return self.confirmed(effect)

    def effect(self, step: Step, case: Case) -> Effect | None:
        """What a block, revoke or logging step has changed already; None where it surely changed nothing."""
        if step.kind == "block":
            return self._standing_block(step, case)
        entry = self.store.find(_key(step, case))
        fact = entry.fact if entry is not None else None
        if entry is None or not isinstance(fact, Revocation | Logging):
            return None
        if isinstance(fact, Logging):
            return Effect(entry.position, f"more is recorded about {fact.subject} until {fact.until[11:19]} UTC")
        return Effect(
            entry.position, f"every token of {fact.value} issued until {fact.issued_before[11:19]} is refused"
        )

    def _standing_block(self, step: Step, case: Case) -> Effect | None:
        kind, value = blocks.target(values.filled_in(step.target, case.values()))
        found: Effect | None = None
        for entry in self.store.read(case.position, kinds=(Block,)):
            fact = entry.fact
            if not isinstance(fact, Block) or (fact.what, fact.value) != (kind, value):
                continue
            if fact.lifted and found is not None:
                found = found._replace(lifted_by=fact.by)
            elif not fact.lifted:
                found = Effect(entry.position, f"blocked {value} until {fact.until[11:19]} UTC", "", fact.until)
        return found

    def confirmed(self, effect: Effect, *, deadline_s: float = _VERIFY_S) -> Done:
        """Whether every live worker has a change."""
        if effect.lifted_by:
            return Done("unsure", f"{effect.said}; {effect.lifted_by} has lifted it since")
        if effect.until and effect.until <= timestamp():
            return Done("unsure", f"{effect.said}; that time is over")
        verdict, workers = blocks.verify(self.store, effect.position, deadline_s=deadline_s)
        if verdict == "verified":
            return Done("verified", f"{effect.said}; {workers.live} of {workers.live} workers have it")
        if verdict == "unsure":
            return Done("unsure", f"{effect.said}; no guarded worker is live to confirm it")
        return Done("not-verified", f"{effect.said}; {workers.behind} of {workers.live} workers have not confirmed it")

    # -- people and commands -----------------------------------------------------------------------------------------

    def message(self, step: Step, case: Case, playbook: Playbook) -> str:
        """The text that a notify step sends; what is not known yet reads `unknown`."""
        reached = str(len(reached_objects(self.store, case))) if "{reached}" in playbook.messages[step.message] else ""
        known = {
            **case.values(),
            "reached": reached,
            "commander": case.roles().get("commander", "nobody yet"),
            "containment": containment(case, playbook),
        }
        return short_times(values.sentence(" ".join(playbook.messages[step.message].split()), known))

    def channels(self, step: Step) -> tuple[str, ...]:
        """Where a notify step sends to: its channel, else every channel, else this terminal."""
        found = notify_settings.read(self.settings)
        return (step.channel,) if step.channel else found.names() or (notify_settings.TERMINAL.name,)

    def _notify(self, step: Step, case: Case, playbook: Playbook, text: str) -> Done:
        found = notify_settings.read(self.settings)
        text = text or self.message(step, case, playbook)
        sent: list[Message] = []
        for name in self.channels(step):
            note = Note(
                case.name if playbook.covert else f"{case.name} {playbook.title}", text, self._key_now(case, step, name)
            )
            sent.append(outbox.send(self.store, note, channel=found.channel(name), incident=case.number))
        states = {one.state for one in sent}
        state: Result = "unsure" if "unsure" in states else "failed" if "failed" in states else "done"
        said = (f"{m.channel}: {m.state}" + (f" ({m.receipt})" if m.state != "sent" else "") for m in sent)
        return Done(state, "; ".join(said))

    def _key_now(self, case: Case, step: Step, channel: str) -> str:
        return outbox.attempts(self.store, message_key(self.store, case, step, channel))[0]

    def _ran(self, command: list[str]) -> execute.Ran:
        return execute.run(command, cwd=self.settings.root, secrets=execute.secrets_of(self.settings))

    def _run(self, step: Step, case: Case, _playbook: Playbook) -> Done:
        if not step.command:
            return Done("done", "")
        command = values.arguments(step.command, case.values())
        ran = self._ran(command)
        # A command that a person looks at may end with 1, which is an answer: findings, denied.
        worked = ran.code == 0 or (step.kind == "manual" and ran.code == 1)
        if worked and step.verify and step.kind == "run":
            checked = self.verified_by_command(step, case)
            return Done(checked.state, _cut(f"{ran.text}\n{checked.output}"), command=tuple(command))
        return Done("done" if worked else "failed", _cut(ran.text), command=tuple(command))

    def verified_by_command(self, step: Step, case: Case) -> Done:
        """What the step's own `verify` says: its exit code 0 means that it is so."""
        if not step.verify or step.verify == (WORKERS_HAVE_IT,):
            return Done("unsure", "nothing verifies this step: look, and say what you find")
        ran = self._ran(values.arguments(step.verify, case.values()))
        return Done("verified" if ran.code == 0 else "not-verified", _cut(f"verify {ran.text}"))

    def _monitor(self, step: Step, case: Case, _playbook: Playbook) -> Done:
        """What has happened since the first verified block; it is not over before the step's time is, and was quiet."""
        since = _contained_at(case)
        refused = allowed = others = 0
        for entry in self.store.read(self.store.before(since), kinds=(Decision,)):
            fact = entry.fact
            if not isinstance(fact, Decision) or fact.sequence:
                continue
            if case.declared.subject in (fact.subject, fact.client):
                refused += fact.count if fact.outcome == "deny" else 0
                allowed += fact.count if fact.outcome != "deny" else 0
            elif fact.outcome == "deny" and fact.target in case.targets():
                others += fact.count
        ran = self._ran(values.arguments(step.command, case.values())) if step.command else None
        said = (
            f"since it was contained: this caller was refused {refused} times and let through {allowed} times;"
            f" others were refused {others} times on the same routes"
        )
        over_at = moment(since) + timedelta(seconds=step.for_s)
        state: Result = "failed" if allowed or (ran is not None and ran.code) else "done"
        if state == "done" and not self.is_played and datetime.now(UTC) < over_at:
            state = "unsure"
            said = f"not over yet, look again after {timestamp(over_at)[11:16]} UTC; {said}"
        return Done(state, _cut(f"{said}\n{ran.text}") if ran is not None else said)


def containment(case: Case, playbook: Playbook) -> str:
    """What the blocks of an incident came to, for people who are told of it: never more than what was confirmed."""
    facts = [case.steps.get(step.id) for step in playbook.steps if step.kind == "block"]
    said = [_contained(one) for one in facts if one is not None]
    return "; ".join(said) or "NOT CONTAINED: nothing is blocked"


def _contained(block: StepFact) -> str:
    if block.state == "verified":
        return block.output
    # A block that was placed is one, though nobody could say yet that it is in force.
    is_placed = block.state in ("unsure", "not-verified") and block.output.startswith("blocked ")
    return f"NOT {'CONFIRMED' if is_placed else 'CONTAINED'}: {block.output or block.reason or block.state}"


def _cut(text: str) -> str:
    """Text as it is kept in a fact; what was left out is said."""
    if len(text) <= _SHOWN:
        return text
    mark = f"\n... cut: {len(text):,} characters in all"
    return text[: _SHOWN - len(mark)] + mark


def _contained_at(case: Case) -> str:
    return next((at for at, step in case.step_times if step.state == "verified"), case.opened_at)


def _key(step: Step, case: Case) -> str:
    return f"{step.kind}:{case.number}:{step.id}"


def message_key(store: Store, case: Case, step: Step, channel: str) -> str:
    """The idempotency key of a step's message: it goes out at most once to a channel."""
    return f"{store.id}-{case.number}-{step.id}-{channel}"
