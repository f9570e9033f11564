"""Says in words why somebody may or may not: which grant or rule decided, where it stands, and what it depends on.

Works on the same decider that guard runs, for a question that somebody types and for a decision out of the journal.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from nomoat.datafile import did_you_mean
from nomoat.journal.facts import Decision, Reason
from nomoat.policy import conditions, recorded
from nomoat.policy.decide import ROLE_PREFIX, SERVICE_PREFIX, Answer, Decider
from nomoat.policy.model import Deny, Grant

#: Decisions that no policy makes, or not alone.
REASONS: Mapping[Reason, str] = {
    "public": "the route is public",
    "signed-in": "the route asks for a signed-in caller and nothing else",
    "unknown-route": "the route is not on the map",
    "ambiguous-request": "routers read its path, or which method it asks for, differently",
    "unbound-route": "nothing says what the route demands: neither source, as far as it can be read, nor routes:",
    "unauthenticated": "the caller was not signed in",
    "bad-token": "the token did not verify",
    "bad-envelope": "the message of the task was forged, altered, moved to another task, or had expired",
    "bad-certificate": "the client certificate was forged, did not verify, or names nobody",
    "out-of-scope": "the credential is limited to other permissions, whatever the caller's roles grant",
    "keys-unavailable": "the token could not be checked: its issuer gave neither keys nor an answer",
    "identity-failed": "the service's own identity= failed",
    "revoked": "the credential, or the subject's tokens of that time, had been revoked",
    "blocked": "the caller was blocked",
    "rate-limited": "the caller came more often than limits: allows",
    "decision-missing": "the handler answered without asking for what the policy left to it",
    "not-decided": "the handler failed before it asked for what the policy left to it",
    "decision-late": "the handler asked after its answer had begun",
    "rerouted": "a middleware of a mounted application sent the request to another route after it was decided about",
    "undecided-before-write": "the handler would have written before anything was decided",
    "journal-unavailable": "decisions could not be recorded",
    "blocks-unavailable": "the list of blocks was out of date",
    "backend-unavailable": "the backend that is asked gave no answer that can be used",
    "not-loaded": "guard had not loaded its policy",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """An answer in words. `depends_on` names the attributes that would have to be known."""

    verdict: Literal["allowed", "denied", "depends"]
    text: str
    answer: Answer | None = None
    depends_on: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """True only for a plain yes."""
        return self.verdict == "allowed"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who is asked about: a subject, the roles it claims, or both."""

    subject: str = ""
    roles: tuple[str, ...] = ()

    def shown(self, assigned: tuple[str, ...] = ()) -> str:
        """`support`, `user:main/ana (customer)`."""
        roles = ", ".join(dict.fromkeys((*assigned, *self.roles)))
        if not self.subject:
            return roles or "nobody"
        return f"{self.subject} ({roles})" if roles else self.subject


def explain(
    decider: Decider,
    asker: Asker,
    permissions: tuple[str, ...],
    *,
    attributes: Mapping[str, object] | None = None,
    resource: Mapping[str, object] | None = None,
    only: Collection[str] | None = None,
) -> Explanation:
    """Why `asker` may or may not use all of these permissions, with a credential limited to `only` (None: not)."""
    answer = decider.decide(
        subject=asker.subject,
        roles=decider.roles_of(asker.subject, asker.roles),
        permissions=permissions,
        attributes=attributes or {},
        resource=resource,
        only=only,
    )
    return _in_words(decider, asker, permissions, answer)


def explain_decision(decider: Decider, decision: Decision) -> Explanation:
    """Why a recorded decision came out as it did, replayed under the policy that made it."""
    asker = Asker(decision.subject, decision.roles[len(decider.assigned(decision.subject)) :])
    if words := REASONS.get(decision.reason):
        text = f"{_said(decision)}: {words}.{_limit(decision)}"
        return Explanation("allowed" if decision.outcome == "allow" else "denied", text)
    answer = decider.decide(
        subject=decision.subject,
        roles=decision.roles,
        permissions=decision.permissions,
        attributes=recorded.attributes(decision),
        resource=recorded.resource(decision),
        only=decision.only,
    )
    found = _in_words(decider, asker, decision.permissions, answer)
    if answer.outcome == decision.outcome:
        verdict = found.verdict
        return Explanation(verdict, found.text, answer, found.depends_on)
    why = " of several resources at once" if recorded.is_of_several(decision) else ""
    text = f"{_said(decision)}{why} ({decision.reason}).  Asked again with what was recorded: {found.text}"
    return Explanation("allowed" if decision.outcome == "allow" else "denied", text, answer, found.depends_on)


def _limit(decision: Decision) -> str:
    """Which permission was out of a credential's scope, and what that scope was."""
    if decision.reason != "out-of-scope" or decision.only is None:
        return ""
    outside = ", ".join(name for name in decision.permissions if name not in decision.only)
    return f"  {outside} is not among {', '.join(decision.only) or 'them: it may use nothing'}."


def _said(decision: Decision) -> str:
    return {"allow": "allowed", "deny": "denied", "deferred": "left to the handler"}[decision.outcome]


def _in_words(decider: Decider, asker: Asker, permissions: tuple[str, ...], answer: Answer) -> Explanation:
    if answer.outcome == "allow":
        return Explanation("allowed", f"allowed: {_grants(answer)}.{_values(answer)}", answer)
    missing = tuple(dict.fromkeys(failure.missing for failure in answer.failures if failure.missing))
    if answer.outcome == "deferred":
        needed = _of_resource(decider, asker, answer.needs)
        text = f"depends on {', '.join(needed)}: {_clauses(decider, answer.clauses, answer.needs)}."
        return Explanation("depends", text, answer, needed)
    if answer.reason == "condition-error" and missing:
        basis = _forbids(answer.denied_by) if answer.denied_by else _clauses(decider, answer.clauses, (answer.denied,))
        text = f"depends on {', '.join(missing)}: {basis}."
        return Explanation("depends", text, answer, missing)
    return Explanation("denied", f"denied: {_denial(decider, asker, permissions, answer)}", answer)


def _forbids(rule: Deny) -> str:
    if rule.step_up:
        return f"{rule.permission} asks for {rule.step_up.words}{_place(rule.at)}"
    return f"a deny rule forbids {rule.permission}{_when(rule.when)}{_place(rule.at)}"


def _denial(decider: Decider, asker: Asker, permissions: tuple[str, ...], answer: Answer) -> str:
    if answer.denied_by is not None:
        rule = answer.denied_by
        failed = f"  It could not be evaluated: {answer.failures[0].what}." if answer.failures else ""
        because = f": {rule.because}" if rule.because else ""
        return f"{_forbids(rule)}{because}.{failed}{_values(answer)}"
    if answer.reason == "out-of-scope":
        return f"{answer.denied} is not among what the credential is limited to, whatever the caller's roles grant."
    if answer.reason == "condition-error":
        what = ", ".join(failure.what for failure in answer.failures)
        return f"{_clauses(decider, answer.clauses, (answer.denied,))}, which failed: {what}.{_values(answer)}"
    if answer.reason == "condition-false":
        return f"{_clauses(decider, answer.clauses, (answer.denied,))}, which does not hold.{_values(answer)}"
    if not permissions:
        return "nothing was asked for."
    return _nobody(decider, asker, answer.denied)


def _nobody(decider: Decider, asker: Asker, permission: str) -> str:
    assigned = decider.assigned(asker.subject)
    known = [role.name for role in decider.policy.roles]
    unknown = [role for role in asker.roles if decider.policy.role(role) is None]
    roles = (*assigned, *asker.roles)
    if unknown and len(unknown) == len(roles):
        hint = did_you_mean(unknown[0], known)
        return f"the policy has no role {', '.join(unknown)}" + (f": {hint}" if hint else ".")
    who = asker.shown(assigned)
    if roles:
        text = f"no role of {who} grants {permission}."
    elif asker.subject.startswith(SERVICE_PREFIX):
        if decider.service:
            return f"no call rule lets {who} use {permission} at {decider.service}."
        return f"no call rule lets {who} use {permission}.  Which service is asked? (--service)"
    else:
        text = f"{who} has no role."
    holders = decider.holders(permission)
    if not holders:
        hint = did_you_mean(permission, decider.policy.permissions) if len(decider.policy.permissions) <= 1000 else ""
        hint = f"  {hint[0].upper()}{hint[1:]}" if hint.startswith("did") else ""
        return f"{text}  No role grants {permission}.{hint}"
    if text.endswith("has no role."):
        text = f"{text[:-1]} that grants {permission}."
    if len(holders) == 1:
        return f"{text}  {holders[0]} does{_place(_where(decider, holders[0], permission))}."
    places = [f"{name}{_place(_where(decider, name, permission))}" for name in holders[:5]]
    more = f" and {len(holders) - 5} more" if len(holders) > 5 else ""
    return f"{text}  {', '.join(places)}{more} do."


def _where(decider: Decider, role: str, permission: str) -> str:
    clauses = decider.clauses(role, permission)
    return clauses[0].grant.at if clauses else ""


def _of_resource(decider: Decider, asker: Asker, needs: tuple[str, ...]) -> tuple[str, ...]:
    roles = decider.roles_of(asker.subject, asker.roles)
    found: dict[str, None] = {}
    for permission in needs:
        for clause in (*decider.granted(asker.subject, roles, permission), *decider.denying(permission)):
            if clause.condition is not None:
                found.update((name, None) for name in clause.condition.reads if name.startswith("resource."))
    return tuple(found)


def _grants(answer: Answer) -> str:
    if not answer.clauses:
        return ", ".join(answer.grants)
    parts = []
    for name, clause in zip(answer.grants, answer.clauses, strict=False):
        holder = name.removesuffix(f" {clause.permission}")
        parts.append(f"{_holder(holder)} may {clause.permission}{_when(clause.when)}{_place(clause.at)}")
    return ", ".join(parts)


def _holder(holder: str) -> str:
    return f"role {holder.removeprefix(ROLE_PREFIX)}" if holder.startswith(ROLE_PREFIX) else holder


def _clauses(decider: Decider, clauses: tuple[Grant, ...], permissions: tuple[str, ...]) -> str:
    """Grants and deny rules with their conditions: `role customer may orders:read only when ... (nomoat.yaml:18)`."""
    owners = {id(grant): role.name for role in decider.policy.roles for grant in role.grants}
    parts = []
    for clause in clauses:
        owner = owners.get(id(clause))
        subject = f"role {owner} may" if owner else "may"
        parts.append(f"{subject} {clause.permission}{_when(clause.when, only=True)}{_place(clause.at)}")
    for permission in permissions:
        for rule in decider.denying(permission):
            if rule.condition is not None and rule.condition.reads_resource:
                assert rule.deny is not None
                parts.append(_forbids(rule.deny))
    return ", ".join(dict.fromkeys(parts))


def _when(when: str, *, only: bool = False) -> str:
    return f"{' only' if only else ''} when {when}" if when else ""


def _place(at: str) -> str:
    return f" ({at})" if at else ""


def _values(answer: Answer) -> str:
    """The inputs that decided: `  resource.owner is "ana", subject.sub is "ben".`"""
    named = [name for clause in answer.clauses if clause.when for name in conditions.compile(clause.when).reads]
    if answer.denied_by is not None and answer.denied_by.when:
        named += conditions.compile(answer.denied_by.when).reads
    shown = [f"{name} is {_shown(answer.read[name])}" for name in dict.fromkeys(named) if name in answer.read]
    return f"  {', '.join(shown)}." if shown else ""


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)
