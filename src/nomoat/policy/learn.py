"""Least privilege: what is granted and never used, and a smaller policy that is tried on traffic it did not see.

Learns from the older part of recorded decisions, withdraws what the newer part uses, and proposes nothing where the
traffic is too short or too thin to say anything: a grant that nobody could have used is not an unused one.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from nomoat import datafile, settings
from nomoat.errors import DataFileError
from nomoat.journal.facts import Decision, moment
from nomoat.policy import document, trim
from nomoat.policy.backtest import Backtest, backtest
from nomoat.policy.decide import ROLE_PREFIX, SERVICE_PREFIX, compile_policy
from nomoat.policy.model import CallRule, Grant, Policy, Role, policy_of
from nomoat.policy.trim import Pair
from nomoat.policy.wildcards import covering
from nomoat.settings import Settings

Confidence: TypeAlias = Literal["high", "medium", "low"]

#: The part of the decisions that is learned from; the rest judges what was learned.
LEARNED = 0.8
WEEK_S, MONTH_S = 7 * 86_400, 30 * 86_400


@dataclass(frozen=True, slots=True)
class Need:
    """What one holder was granted and how often that was used. `seen` counts decisions about its bearers."""

    holder: str
    permission: str
    at: str
    uses: int
    last_used: str
    seen: int
    confidence: Confidence
    #: Of a grant with a star, the permissions that it was used for: what could stand in its place.
    instead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lesson:
    """What traffic says of a policy. `why_not` is why nothing is proposed; then `diff` and `text` are empty.

    `withdrawn` were unused in the part that was learned from, used in the rest. `tried` is the proposal on that rest.
    """

    decisions: int
    window_s: float
    needs: tuple[Need, ...] = ()
    proposed: tuple[Need, ...] = ()
    withdrawn: tuple[Need, ...] = ()
    #: Used grants with a star, in whose place the proposal has the permissions that they were used for.
    named: tuple[Need, ...] = ()
    why_not: str = ""
    diff: str = ""
    text: str = ""
    policy: Policy | None = None
    tried: Backtest | None = None


@dataclass(frozen=True, slots=True)
class Threshold:
    """How much traffic it takes to say that something is not used."""

    window_s: float = WEEK_S
    decisions: int = 1000

    @property
    def seen(self) -> int:
        """A holder that was seen less often than this says nothing about what it does not need."""
        return min(30, max(1, self.decisions // 30))


def learn(
    decisions: Callable[[], Iterable[Decision]],
    texts: Mapping[str, str],
    of: Settings,
    *,
    threshold: Threshold | None = None,
) -> Lesson:
    """What the policy of a file grants and nobody uses.

    Args:
        decisions: gives the recorded decisions, in order, each time it is called.
        texts: hash to text of the policies that decided then.
        of: the settings whose file is edited; its path must be readable for a diff.
        threshold: less traffic than this proposes nothing.
    """
    threshold = threshold or Threshold()
    policy = document.read(of)
    total, window_s = _extent(decisions())
    split = int(total * LEARNED)
    traffic = _Traffic(policy)
    for index, decision in enumerate(decisions()):
        traffic.take(decision, is_learned=index < split)
    needs = tuple(traffic.needs(window_s))
    lesson = Lesson(total, window_s, needs)
    if total < threshold.decisions or window_s < threshold.window_s:
        seen, least = _traffic(total, window_s), _traffic(threshold.decisions, threshold.window_s)
        return replace(lesson, why_not=f"{seen} is too little to say: it takes {least}")
    unused = [need for need in needs if traffic.is_unused_in_learned(need) and need.seen >= threshold.seen]
    withdrawn = tuple(need for need in unused if need.uses)
    proposed = tuple(need for need in unused if not need.uses)
    named = tuple(need for need in needs if need.seen >= threshold.seen and _is_plain_star(policy, need))
    lesson = replace(lesson, proposed=proposed, withdrawn=withdrawn, named=named)
    if not proposed and not named:
        return replace(lesson, why_not="everything that is granted to somebody who was seen is used")
    smaller = reduced(policy, {(need.holder, need.permission) for need in proposed}, _instead(lesson))
    tried = backtest((d for index, d in enumerate(decisions()) if index >= split), texts, smaller)
    return _written(replace(lesson, policy=smaller, tried=tried), of)


def reduced(policy: Policy, pairs: set[Pair], instead: Mapping[Pair, tuple[str, ...]] | None = None) -> Policy:
    """The same policy without some grants, and with names in the place of some that end in a star."""

    def kept(holder: str, grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
        found: list[Grant] = []
        for grant in grants:
            pair = (holder, grant.permission)
            if instead and pair in instead:
                found += (Grant(name) for name in instead[pair])
            elif pair not in pairs:
                found.append(grant)
        return tuple(sorted(found))

    roles = (replace(role, grants=kept(ROLE_PREFIX + role.name, role.grants)) for role in policy.roles)
    calls = (replace(call, grants=kept(SERVICE_PREFIX + call.caller, call.grants)) for call in policy.calls)
    # Everything else stays, whatever sections there are.
    ordered = policy_of(roles=roles, calls=calls)
    return replace(policy, roles=ordered.roles, calls=ordered.calls)


def _is_plain_star(policy: Policy, need: Need) -> bool:
    """Whether a used grant ends in a star and stands once, without a condition: names can take its place."""
    owners: tuple[Role | CallRule, ...] = (*policy.roles, *policy.calls)
    grants = [
        grant
        for owner in owners
        if need.holder == (ROLE_PREFIX + owner.name if isinstance(owner, Role) else SERVICE_PREFIX + owner.caller)
        for grant in owner.grants
    ]
    same = [grant for grant in grants if grant.permission == need.permission]
    is_held = any(grant.permission in need.instead for grant in grants)
    return bool(need.instead) and len(same) == 1 and not same[0].when and not is_held


def _instead(lesson: Lesson) -> dict[Pair, tuple[str, ...]]:
    return {(need.holder, need.permission): need.instead for need in lesson.named}


def _extent(decisions: Iterable[Decision]) -> tuple[int, float]:
    """How many decisions there are, and the seconds between the first and the last."""
    total = 0
    first: datetime | None = None
    last: datetime | None = None
    for decision in decisions:
        total += 1
        at = moment(decision.happened_at)
        first = at if first is None or at < first else first
        last = at if last is None or at > last else last
    return total, (last - first).total_seconds() if first and last else 0.0


class _Traffic:
    """Counts, per holder and permission, what was used, and per holder how often its bearers were seen."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._decider = compile_policy(policy)
        self._uses: dict[Pair, int] = {}
        self._last: dict[Pair, str] = {}
        self._learned: set[Pair] = set()
        #: Which permissions a grant with a star was used for.
        self._through: dict[Pair, set[str]] = {}
        self._seen: dict[str, int] = {}
        self._holders: dict[tuple[str, str, tuple[str, ...]], tuple[str, ...]] = {}

    def take(self, decision: Decision, *, is_learned: bool) -> None:
        """Counts one fact."""
        for holder in self._holders_of(decision):
            self._seen[holder] = self._seen.get(holder, 0) + decision.count
        if decision.outcome != "allow":
            return
        for name in decision.grants:
            for asked in decision.permissions:
                for permission in (asked, *covering(asked)):
                    if not name.endswith(f" {permission}"):
                        continue
                    pair = (name[: -len(permission) - 1], permission)
                    if permission != asked:
                        self._through.setdefault(pair, set()).add(asked)
                    self._uses[pair] = self._uses.get(pair, 0) + decision.count
                    self._last[pair] = max(self._last.get(pair, ""), decision.happened_at)
                    if is_learned:
                        self._learned.add(pair)

    def _holders_of(self, decision: Decision) -> tuple[str, ...]:
        key = (decision.subject, decision.service, decision.roles)
        if key not in self._holders:
            roles = tuple(ROLE_PREFIX + role for role in self._decider.with_included(decision.roles))
            is_service = decision.subject.startswith(SERVICE_PREFIX)
            self._holders[key] = (*roles, decision.subject) if is_service else roles
        return self._holders[key]

    def is_unused_in_learned(self, need: Need) -> bool:
        """True when the learned part never used it."""
        return (need.holder, need.permission) not in self._learned

    def needs(self, window_s: float) -> Iterator[Need]:
        """One entry for each holder and permission, in the order of the policy."""
        owners: list[tuple[str, Role | CallRule]] = [(ROLE_PREFIX + role.name, role) for role in self._policy.roles]
        owners += [(SERVICE_PREFIX + call.caller, call) for call in self._policy.calls]
        for holder, owner in owners:
            for grant in {grant.permission: grant for grant in reversed(owner.grants)}.values():
                pair = (holder, grant.permission)
                seen = self._seen.get(holder, 0)
                uses, last = self._uses.get(pair, 0), self._last.get(pair, "")
                through = tuple(sorted(self._through.get(pair, ())))
                yield Need(holder, grant.permission, grant.at, uses, last, seen, _confidence(window_s, seen), through)


def _confidence(window_s: float, seen: int) -> Confidence:
    if window_s >= MONTH_S and seen >= 1000:
        return "high"
    return "medium" if window_s >= WEEK_S and seen >= 100 else "low"


def _written(lesson: Lesson, of: Settings) -> Lesson:
    """The lesson with the edited file and its diff, where the edited text says exactly what is meant."""
    by_hand = "the file's form is not one that can be edited safely: remove the grants above by hand"
    if of.path is None:
        return replace(lesson, why_not="there is no file to edit")
    try:
        # As it stands, line ends too: what is not edited must not change.
        text = of.path.read_bytes().decode("utf-8")
        parsed = datafile.parse(text, name=of.file)
    except (OSError, UnicodeDecodeError, DataFileError):
        return replace(lesson, why_not=f"{of.file} cannot be read")
    pairs = {(need.holder, need.permission) for need in lesson.proposed}
    edited = trim.without(text, parsed, pairs, _instead(lesson)) if isinstance(parsed, datafile.Mapping) else None
    if edited is None or not _says(edited, lesson.policy, of):
        return replace(lesson, why_not=by_hand)
    name = of.path.name
    lines = difflib.unified_diff(text.splitlines(True), edited.splitlines(True), f"a/{name}", f"b/{name}")
    return replace(lesson, text=edited, diff=_joined(lines))


def _joined(lines: Iterable[str]) -> str:
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _says(text: str, meant: Policy | None, of: Settings) -> bool:
    try:
        return document.read(settings.parse(text, root=of.root, name=of.file)) == meant
    except DataFileError:
        return False


def _traffic(decisions: int, window_s: float) -> str:
    return f"{decisions:,} {'decision' if decisions == 1 else 'decisions'} over {_days(window_s)}"


def _days(seconds: float) -> str:
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"
