"""Judges recorded decisions again under another policy: the same, newly denied, newly allowed, or cannot be told.

The last fact of a request counts, each weighs its `count`. What was not recorded is never guessed: such a request is
counted as one that cannot be told, with the reason. Alike decisions are judged once, so a million take seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from nomoat.appmap.model import Map
from nomoat.journal.facts import Decision, Outcome, Reason
from nomoat.policy import recorded
from nomoat.policy.backend import ANSWERED_BY
from nomoat.policy.cel.names import OWN
from nomoat.policy.comparisons import NotRecorded
from nomoat.policy.decide import Answer, Decider, compile_policy
from nomoat.policy.demands import Demands, Known
from nomoat.policy.model import Policy, loads

#: Reasons that no policy changes: somebody was refused before, or apart from, what it says.
_APART: frozenset[Reason] = frozenset(
    ("unknown-route", "ambiguous-request", "bad-token", "bad-certificate", "bad-envelope", "keys-unavailable",
     "identity-failed", "revoked", "blocked", "rate-limited", "journal-unavailable", "blocks-unavailable",
     "backend-unavailable", "not-loaded", "decision-late", "rerouted")
)  # fmt: skip
#: Reasons that only what a route demands can change.
_BY_ROUTE: frozenset[Reason] = frozenset(("public", "signed-in", "unbound-route", "unauthenticated"))
#: The handler had been left to decide, and did not.
_UNDECIDED: frozenset[Reason] = frozenset(("decision-missing", "not-decided", "undecided-before-write"))
ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """Requests of one subject that come out differently: `permissions` they needed, one of their targets, and why."""

    subject: str
    permissions: tuple[str, ...]
    reason: str
    target: str
    count: int


@dataclass(frozen=True, slots=True, order=True)
class Untold:
    """Requests whose answer under the other policy cannot be told, and what was not recorded."""

    why: str
    permissions: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Backtest:
    """What another policy would have changed, the largest first. Numbers count requests, not facts."""

    total: int = 0
    same: int = 0
    newly_denied: tuple[Change, ...] = ()
    newly_allowed: tuple[Change, ...] = ()
    untold: tuple[Untold, ...] = ()
    #: Hashes of policies that decided, and whose text the journal does not have.
    unknown_policies: tuple[str, ...] = ()

    @property
    def changed(self) -> int:
        """How many requests come out differently."""
        return sum(change.count for change in (*self.newly_denied, *self.newly_allowed))

    @property
    def cannot_be_told(self) -> int:
        """How many requests cannot be told."""
        return sum(untold.count for untold in self.untold)


def backtest(
    decisions: Iterable[Decision], texts: Mapping[str, str], new: Policy, new_map: Map | None = None
) -> Backtest:
    """Every request of `decisions` under the policy `new`.

    Args:
        decisions: in the order of the journal; the facts of one request need not stand together.
        texts: hash to canonical text of the policies that decided then.
        new: the policy to try.
        new_map: what source demands of routes that a policy no longer mentions.
    """
    bench = _Bench(texts, new, new_map)
    for decision in decisions:
        bench.take(decision)
    return bench.result()


class _Judgement(NamedTuple):
    """What the other policy says of one fact. `unchanged`: nothing that could matter differs, whatever was read."""

    outcome: Literal["unchanged", "allow", "deny", "deferred", "untold"]
    why: str = ""
    needs: tuple[str, ...] = ()


class _Inputs(NamedTuple):
    """What the new conditions of a fact read, and what of that was recorded."""

    reads: tuple[str, ...]
    given: Mapping[str, object]
    resource: Mapping[str, object] | None


class _Situation(NamedTuple):
    """A judged fact, shared by all that are alike."""

    subject: str
    permissions: tuple[str, ...]
    target: str
    outcome: Outcome
    reason: Reason
    judgement: _Judgement


_UNCHANGED = _Judgement("unchanged")


@dataclass(slots=True)
class _Tally:
    same: int = 0
    denied: dict[tuple[str, tuple[str, ...], str], list[int | str]] = field(default_factory=dict)
    allowed: dict[tuple[str, tuple[str, ...], str], list[int | str]] = field(default_factory=dict)
    untold: dict[tuple[str, tuple[str, ...]], int] = field(default_factory=dict)


class _Bench:
    def __init__(self, texts: Mapping[str, str], new: Policy, new_map: Map | None) -> None:
        self._texts = texts
        self._new = new
        self._demands = Demands(new_map)
        self._old: dict[str, Policy | None] = {}
        self._deciders: dict[tuple[str, str], Decider | None] = {}
        self._reads: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}
        self._has: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}
        self._judged: dict[tuple[object, ...], _Situation] = {}
        #: By the number of a fact: what it is, its sequence, its count. A record for each would cost more than judging.
        self._situations: list[_Situation] = []
        self._sequences: list[int] = []
        self._counts: list[int] = []
        #: The facts of a request by their numbers; most have one.
        self._requests: dict[str, int | list[int]] = {}
        self._plans: dict[tuple[str, tuple[str, ...]], tuple[recorded.Source, ...]] = {}
        self._demanded: dict[tuple[str, str], tuple[bool, Known | None]] = {}

    def take(self, decision: Decision) -> None:
        """Judges one fact and keeps it with its request."""
        number = len(self._situations)
        self._situations.append(self._situation(decision))
        self._sequences.append(decision.sequence)
        self._counts.append(decision.count)
        known = self._requests.setdefault(decision.request, number)
        if known is number:
            return
        if isinstance(known, list):
            known.append(number)
        else:
            self._requests[decision.request] = [known, number]

    def result(self) -> Backtest:
        tally = _Tally()
        total = 0
        # Alike facts share their situation, which is kept: its identity is its name.
        kept = {id(situation): situation for situation in self._judged.values()}
        alone = dict.fromkeys(kept, 0)
        for facts in self._requests.values():
            if isinstance(facts, list):
                facts.sort(key=self._sequences.__getitem__)
                count = self._counts[facts[-1]]
                self._settle([self._situations[number] for number in facts], count, tally)
            else:
                count = self._counts[facts]
                alone[id(self._situations[facts])] += count
            total += count
        for name, count in alone.items():
            if count:
                self._settle([kept[name]], count, tally)
        return Backtest(
            total,
            tally.same,
            _changes(tally.denied),
            _changes(tally.allowed),
            tuple(sorted((Untold(*key, n) for key, n in tally.untold.items()), key=lambda one: (-one.count, one))),
            tuple(sorted(digest for digest, policy in self._old.items() if policy is None and digest)),
        )

    # -- one request ---------------------------------------------------------------------------------------------

    def _settle(self, facts: list[_Situation], count: int, tally: _Tally) -> None:
        last = facts[-1]
        if all(fact.judgement.outcome == "unchanged" for fact in facts):
            tally.same += count
            return
        after, decisive = _after(facts)
        if after.outcome == "untold" or (last.outcome == "deferred" and after.outcome != "deny"):
            why = after.why if after.outcome == "untold" else "the request ended before anything was decided"
            key = (why, decisive.permissions)
            tally.untold[key] = tally.untold.get(key, 0) + count
        elif (after.outcome == "deny") == (last.outcome == "deny"):
            tally.same += count
        else:
            into = tally.denied if after.outcome == "deny" else tally.allowed
            kept = into.setdefault((decisive.subject, decisive.permissions, after.why), [0, decisive.target])
            kept[0] = int(kept[0]) + count

    # -- one fact ------------------------------------------------------------------------------------------------

    def _situation(self, d: Decision) -> _Situation:
        is_later = d.sequence > 0
        asked = d.permissions if is_later else self._asked(d)
        plan: tuple[recorded.Source, ...] | None = ()
        if isinstance(asked, tuple):
            plan = self._plans.get((d.service, asked))
            if plan is None:
                plan = self._plan(d.service, asked)
        # What was recorded of the inputs, as it stands: only where that is new they are rebuilt, and judged.
        read = d.read
        inputs = tuple([recorded.kept(d, read, source) for source in plan]) if plan else ()
        told = not is_later and bool(plan) and bool(read) and recorded.resource(d) is not None
        several = is_later and recorded.is_of_several(d)
        key = (
            d.service, d.subject, d.roles, d.permissions, d.target, d.outcome, d.reason, d.policy, is_later, told,
            several, d.only, inputs,
        )  # fmt: skip
        known = self._judged.get(key)
        if known is None:
            judgement = self._judge(d, asked, self._inputs(d, asked))
            known = _Situation(d.subject, d.permissions, d.target, d.outcome, d.reason, judgement)
            self._judged[key] = known
        return known

    def _inputs(self, d: Decision, asked: Known | None) -> _Inputs:
        reads = self._read_by(d.service, asked) if isinstance(asked, tuple) else ()
        told = recorded.resource(d) if reads or d.sequence else None
        given: dict[str, object] = {}
        if reads:
            assert isinstance(asked, tuple)
            given, told = self._given(d, asked, told)
        return _Inputs(reads, given, told)

    def _plan(self, service: str, permissions: tuple[str, ...]) -> tuple[recorded.Source, ...]:
        """Where what the new conditions of these permissions read was recorded."""
        plan = tuple(map(recorded.source, self._read_by(service, permissions)))
        self._plans[service, permissions] = plan
        return plan

    def _given(
        self, d: Decision, asked: tuple[str, ...], told: dict[str, object] | None
    ) -> tuple[dict[str, object], dict[str, object] | None]:
        """The recorded inputs by their flat names, and those of the resource; with what stands for one unrecorded."""
        given = {**recorded.attributes(d), **{f"resource.{name}": value for name, value in (told or {}).items()}}
        for name in self._asked_for(d.service, asked):
            unknown = recorded.whether_given(d, name) if name not in given else None
            if unknown is not None:
                given[name] = unknown
                if name.startswith("resource.") and told is not None:
                    told[name.removeprefix("resource.")] = unknown
        return given, told

    def _asked(self, d: Decision) -> Known | None:
        """What the new policy demands where the old one demanded `d.permissions`; None where only source could say."""
        key = (d.policy, d.target)
        found = self._demanded.get(key)
        if found is None:
            self._demanded[key] = found = self._demands.changed(self._old_policy(d.policy), self._new, d.target)
        changed, demand = found
        return demand if changed else d.permissions

    def _read_by(self, service: str, permissions: tuple[str, ...]) -> tuple[str, ...]:
        """Every recorded input that the new conditions of these permissions read."""
        key = (service, permissions)
        if key not in self._reads:
            decider = self._new_decider(service)
            found = dict.fromkeys(name for one in permissions for name in decider.read_for(one) if name not in OWN)
            self._reads[key] = tuple(found)
        return self._reads[key]

    def _asked_for(self, service: str, permissions: tuple[str, ...]) -> tuple[str, ...]:
        """Every input of which the new conditions of these permissions ask whether it was given."""
        key = (service, permissions)
        if key not in self._has:
            decider = self._new_decider(service)
            found = dict.fromkeys(name for one in permissions for name in decider.asked_for(one) if name not in OWN)
            self._has[key] = tuple(found)
        return self._has[key]

    def _new_decider(self, service: str) -> Decider:
        key = ("", service)
        if key not in self._deciders:
            self._deciders[key] = compile_policy(self._new, service=service)
        found = self._deciders[key]
        assert found is not None
        return found

    def _old_policy(self, digest: str) -> Policy | None:
        if digest not in self._old:
            text = self._texts.get(digest)
            self._old[digest] = loads(text, name=digest) if text is not None else None
        return self._old[digest]

    def _old_decider(self, digest: str, service: str) -> Decider | None:
        key = (digest, service)
        if key not in self._deciders:
            policy = self._old_policy(digest)
            self._deciders[key] = compile_policy(policy, service=service) if policy is not None else None
        return self._deciders[key]

    def _judge(self, d: Decision, asked: Known | None, inputs: _Inputs) -> _Judgement:
        if d.reason in _APART:
            return _UNCHANGED
        if asked is None:
            return _Judgement("untold", "routes: no longer decides this route, and there is no map of what source does")
        if not isinstance(asked, tuple):
            return _of_demand(asked, d)
        if asked == d.permissions and d.reason in _BY_ROUTE:
            return _UNCHANGED
        if ANSWERED_BY in d.read:
            return _Judgement(
                "untold", f"{d.read[ANSWERED_BY]} decided it and not the policy: put its question there again"
            )
        old, new = self._old_decider(d.policy, d.service), self._new_decider(d.service)
        roles = recorded.roles_under(d, old, new)
        if old is not None and asked == d.permissions and _alike(old, new, d, roles):
            return _UNCHANGED
        answer = new.decide(
            subject=d.subject, roles=roles, permissions=asked, attributes=inputs.given, resource=inputs.resource,
            only=d.only,
        )  # fmt: skip
        return _judged(answer, inputs, d)


def _judged(answer: Answer, inputs: _Inputs, d: Decision) -> _Judgement:
    given = inputs.given
    unknown = {name for name in inputs.reads if name not in given or isinstance(given[name], NotRecorded)}
    missing = sorted({failure.missing for failure in answer.failures} & unknown)
    if answer.outcome != "allow" and missing:
        return _Judgement("untold", f"{', '.join(missing)} was not recorded")
    if answer.outcome == "deferred" and recorded.is_of_several(d):
        return _Judgement("untold", "it depends on resources that guard.only and guard.filter do not record")
    return _Judgement(answer.outcome, answer.reason, answer.needs)


def _of_demand(demand: str, d: Decision) -> _Judgement:
    if demand == "public":
        return _Judgement("allow", "public")
    if demand == "signed-in":
        return _Judgement("deny", "unauthenticated") if d.subject == ANONYMOUS else _Judgement("allow", "signed-in")
    return _Judgement("deny", "unbound-route")


def _alike(old: Decider, new: Decider, d: Decision, roles: tuple[str, ...]) -> bool:
    """True when both policies say the same of this caller and these permissions, whatever conditions read."""
    for permission in d.permissions:
        before, after = old.granted(d.subject, d.roles, permission), new.granted(d.subject, roles, permission)
        if {clause.grant.when for clause in before} != {clause.grant.when for clause in after}:
            return False
        rules = ({clause.grant.when for clause in decider.denying(permission)} for decider in (old, new))
        if next(rules) != next(rules):
            return False
    reads_roles = any("subject.roles" in new.read_for(permission) for permission in d.permissions)
    return not reads_roles or set(old.with_included(d.roles)) == set(new.with_included(roles))


def _after(facts: list[_Situation]) -> tuple[_Judgement, _Situation]:
    """What becomes of a request: a denial of any of its facts is one of all, as a denied `require` is sticky."""
    outcome: _Judgement = _Judgement("allow")
    decisive = facts[-1]
    later = {name for fact in facts[1:] for name in fact.permissions}
    for fact in facts:
        judgement = fact.judgement
        if judgement.outcome == "deny" or (judgement.outcome == "unchanged" and fact.outcome == "deny"):
            return _Judgement("deny", judgement.why or fact.reason), fact
        if judgement.outcome == "untold" and outcome.outcome != "untold":
            outcome, decisive = judgement, fact
        elif judgement.outcome == "deferred" and not set(judgement.needs) <= later:
            if facts[-1].reason in _UNDECIDED:
                # Nothing was asked then and the answer was refused; still nothing is.
                return _Judgement("deny", facts[-1].reason), fact
            if outcome.outcome != "untold":
                why = "it depends on the resource now, and the handler told nothing of it"
                outcome, decisive = _Judgement("untold", why), fact
        elif judgement.outcome == "allow" and outcome.outcome == "allow" and not outcome.why:
            outcome = judgement
    return outcome, decisive


def _changes(found: dict[tuple[str, tuple[str, ...], str], list[int | str]]) -> tuple[Change, ...]:
    changes = [Change(*key, str(target), int(count)) for key, (count, target) in found.items()]
    return tuple(sorted(changes, key=lambda change: (-change.count, change)))
