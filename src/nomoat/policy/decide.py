"""Answers what somebody may do: allow, deny or deferred, from a policy that was compiled once.

Nothing is read, written or asked of the clock here; what is unknown, or fails, denies.
A decision costs a look-up for each role of the caller, however many roles the policy has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from nomoat.policy import conditions
from nomoat.policy.comparisons import ConditionFailure
from nomoat.policy.conditions import Condition
from nomoat.policy.inputs import Inputs, bare_subject, gather
from nomoat.policy.model import Deny, Grant, Policy
from nomoat.policy.wildcards import covers, is_wildcard, meant

if TYPE_CHECKING:
    from nomoat.journal.facts import Attribute, Outcome, Reason

__all__ = ["ROLE_PREFIX", "SERVICE_PREFIX", "Answer", "Clause", "Decider", "bare_subject", "compile_policy"]

#: How an answer names who is granted something: `role:customer orders:read`, `service:billing orders:list`.
ROLE_PREFIX = "role:"
SERVICE_PREFIX = "service:"
#: Roles for an emergency (`break-glass:oncall-admin orders:refund`): no token brings one, guard adds what is open.
GLASS_PREFIX = "break-glass:"
_NOTHING: Mapping[str, Attribute] = {}


class Answer(NamedTuple):
    """One answer. `grants` name what granted (`role:customer orders:read`), `read` the inputs that conditions read.

    `needs` are the permissions that a deferred answer leaves to the handler; `denied_by` is the deny rule that decided;
    `denied` is the permission it failed at; `failures` say which conditions could not be evaluated, and why.
    """

    outcome: Outcome
    reason: Reason
    grants: tuple[str, ...] = ()
    read: Mapping[str, Attribute] = _NOTHING
    denied_by: Deny | None = None
    needs: tuple[str, ...] = ()
    denied: str = ""
    failures: tuple[ConditionFailure, ...] = ()
    clauses: tuple[Grant, ...] = ()


class Clause(NamedTuple):
    """A grant or deny rule, compiled. `name` is how an answer names it."""

    name: str
    condition: Condition | None
    grant: Grant
    answer: Answer
    deny: Deny | None = None


_NO_ROLE: Mapping[str, tuple[Clause, ...]] = {}


class Decider:
    """A compiled policy, for one service. Safe to share between threads."""

    def __init__(self, policy: Policy, service: str) -> None:
        self.policy = policy
        self.service = service or (policy.services[0] if len(policy.services) == 1 else "")
        self._includes = {role.name: role.includes for role in policy.roles}
        self._own: dict[str, dict[str, tuple[Clause, ...]]] = {}
        self._effective: dict[str, dict[str, tuple[Clause, ...]]] = {}
        self._closures: dict[str, tuple[str, ...]] = {}
        self._assigned: dict[str, tuple[str, ...]] = {}
        self._calls: dict[str, dict[str, tuple[Clause, ...]]] = {}
        self._denies: dict[str, tuple[Clause, ...]] = {}
        #: The names that the policy says, and those of them that end in a star: these stand for names it does not say.
        self._names = self._said()
        self._wildcards = frozenset(filter(is_wildcard, self._names))
        self._index()
        #: Every attribute that some condition reads: a caller need not gather any other.
        self.reads: frozenset[str] = frozenset(self._all_reads())

    def _said(self) -> frozenset[str]:
        """Every permission that the policy names."""
        found = {grant.permission for role in self.policy.roles for grant in role.grants}
        calls = (call for call in self.policy.calls if call.to == self.service)
        found.update(grant.permission for call in calls for grant in call.grants)
        found.update(grant.permission for rule in self.policy.break_glass for grant in rule.grants)
        found.update(rule.permission for rule in self.policy.denies)
        found.update(name for rule in self.policy.routes if not isinstance(rule.demand, str) for name in rule.demand)
        return frozenset(found)

    def _covered(self, permission: str) -> Iterable[str]:
        """The names that a clause is about: its own, and those that its star covers."""
        if not is_wildcard(permission):
            return (permission,)
        return sorted(name for name in self._names if covers(permission, name))

    def _meant(self, permission: str) -> str:
        """The name under which clauses about a permission are found: its own, else the narrowest star that covers it.

        Stars that cover one name lie within one another, so the clauses of the narrowest are those of all.
        """
        return meant(permission, self._names) if self._wildcards else permission

    def _index(self) -> None:
        for role in self.policy.roles:
            for grant in role.grants:
                clause = _clause(ROLE_PREFIX + role.name, grant)
                for permission in self._covered(grant.permission):
                    self._add(self._own.setdefault(permission, {}), role.name, clause)
        for permission in self._own:
            self._effective[permission] = {}
        self._index_glass()
        for role_name, subjects in self.policy.assign:
            for subject in subjects:
                self._assigned[subject] = (*self._assigned.get(subject, ()), role_name)
        for call in self.policy.calls:
            if call.to == self.service:
                caller = SERVICE_PREFIX + call.caller
                for grant in call.grants:
                    clause = _clause(caller, grant)
                    for permission in self._covered(grant.permission):
                        self._add(self._calls.setdefault(caller, {}), permission, clause)
        # What another sign-in would mend is said last: who is refused for good need not come back.
        for rule in sorted(self.policy.denies, key=lambda one: bool(one.step_up)):
            compiled = _clause("deny", Grant(rule.permission, rule.when, rule.at))._replace(deny=rule)
            for permission in self._covered(rule.permission):
                self._add(self._denies, permission, compiled)

    def _index_glass(self) -> None:
        for rule in self.policy.break_glass:
            role = GLASS_PREFIX + rule.name
            self._includes[role] = ()
            for grant in rule.grants:
                clause = _clause(role, grant)
                for permission in self._covered(grant.permission):
                    self._add(self._own.setdefault(permission, {}), role, clause)
                    self._effective.setdefault(permission, {})

    @staticmethod
    def _add(into: dict[str, tuple[Clause, ...]], key: str, clause: Clause) -> None:
        into[key] = (*into.get(key, ()), clause)

    def read_for(self, permission: str) -> frozenset[str]:
        """Every attribute that some condition of a permission reads."""
        found = (clause.condition for clause in self._about(permission) if clause.condition is not None)
        return frozenset(name for condition in found for name in condition.reads)

    def asked_for(self, permission: str) -> frozenset[str]:
        """Every attribute of which some condition of a permission asks whether it was given."""
        found = (clause.condition for clause in self._about(permission) if clause.condition is not None)
        return frozenset(name for condition in found for name in condition.given)

    def _about(self, permission: str) -> Iterable[Clause]:
        permission = self._meant(permission)
        groups = [*self._own.get(permission, {}).values(), self.denying(permission)]
        groups += [calls.get(permission, ()) for calls in self._calls.values()]
        return (clause for group in groups for clause in group)

    def _all_reads(self) -> Iterable[str]:
        groups = [self._denies, *self._calls.values(), *self._own.values()]
        clauses = (clause for group in groups for many in group.values() for clause in many)
        return (name for clause in clauses if clause.condition is not None for name in clause.condition.reads)

    def roles_of(self, subject: str, claimed_roles: Iterable[str] = ()) -> tuple[str, ...]:
        """The roles of a subject: those the policy assigns, then those it claims; a role that is both stands twice.

        Claimed roles that the policy does not know are kept, and grant nothing; one for an emergency nobody claims.
        `assigned` is the length of the first part, so a decision that records these roles can be judged under a policy
        that assigns others.
        """
        claimed: tuple[str, ...] = ()
        if claimed_roles:
            claimed = tuple(dict.fromkeys([role for role in claimed_roles if isinstance(role, str)]))
            if self.policy.break_glass and subject:
                claimed = tuple([role for role in claimed if not role.startswith(GLASS_PREFIX)])
        assigned = self._assigned.get(subject)
        return claimed if assigned is None else assigned + claimed

    def assigned(self, subject: str) -> tuple[str, ...]:
        """The roles that the policy itself assigns to a subject."""
        return self._assigned.get(subject, ())

    def with_included(self, roles: Iterable[str]) -> tuple[str, ...]:
        """These roles and all they include, each once: what `subject.roles` holds."""
        found: dict[str, None] = {}
        for role in roles:
            found.update(dict.fromkeys(self._closure(role)))
        return tuple(found)

    def _closure(self, role: str) -> tuple[str, ...]:
        known = self._closures.get(role)
        if known is not None:
            return known
        if role not in self._includes:
            return (role,)
        found: dict[str, None] = {role: None}
        waiting = list(self._includes[role])
        while waiting:
            name = waiting.pop()
            if name not in found and name in self._includes:
                found[name] = None
                waiting.extend(self._includes[name])
        self._closures[role] = closure = tuple(found)
        return closure

    def clauses(self, role: str, permission: str) -> tuple[Clause, ...]:
        """What a role is granted of a permission, also through what it includes; one without condition stands alone."""
        permission = self._meant(permission)
        holders = self._own.get(permission)
        if holders is None:
            return ()
        cache = self._effective[permission]
        known = cache.get(role)
        if known is not None:
            return known
        if role not in self._includes:
            return ()
        found = [clause for name in self._closure(role) for clause in holders.get(name, ())]
        always = next((clause for clause in found if clause.condition is None), None)
        cache[role] = result = (always,) if always is not None else tuple(found)
        return result

    def decide(
        self,
        *,
        subject: str,
        roles: tuple[str, ...],
        permissions: tuple[str, ...],
        attributes: Mapping[str, object] = _NOTHING,
        resource: Mapping[str, object] | None = None,
        only: Collection[str] | None = None,
    ) -> Answer:
        """May `subject` with these roles (of `roles_of`) use all of these permissions?

        Args:
            subject: the whole id (`user:main/ana`); empty where nobody in particular is meant.
            roles: what `roles_of` gave; what they include is added here.
            permissions: all are needed; none at all is denied.
            attributes: flat, `params.<name>`, `context.<name>`, `subject.<claim>`; `subject.id`, `.sub` and `.roles`
                are filled in here and cannot be given.
            resource: the attributes of what is asked for (`owner`), without their namespace. None: not known yet, then
                what depends on them is deferred. Given, also when empty: the answer is final.
            only: what the caller's credential may at most; None: it has no limit of its own.
        """
        if only is not None and (outside := out_of_scope(permissions, only)) is not None:
            return outside
        if len(permissions) == 1:
            permission = permissions[0]
            name = meant(permission, self._names) if self._wildcards else permission
            denying = self._denies.get(name, ())
            found: tuple[Clause, ...] = ()
            is_usual = subject not in self._calls
            cached = self._effective.get(name)
            if cached is not None:
                for role in roles:
                    clauses = cached.get(role)
                    if clauses is None:
                        clauses = self.clauses(role, name)
                    if clauses:
                        if clauses[0].condition is None:
                            if not denying and not resource:
                                return clauses[0].answer
                            found, is_usual = clauses, True
                            break
                        is_usual = is_usual and not found
                        found = clauses
            if is_usual and found:
                answer = _usual(denying, found, permission, subject, attributes, resource)
                if answer is not None:
                    return answer
            elif is_usual and not resource:
                return Answer("deny", "no-grant", denied=permission)
        return _Question(self, subject, roles, attributes, resource).answer(permissions)

    def granted(self, subject: str, roles: tuple[str, ...], permission: str) -> tuple[Clause, ...]:
        """Every clause that grants a permission to these roles and this subject, whatever its condition says."""
        found: dict[int, Clause] = {}
        permission = self._meant(permission)
        for role in roles:
            for clause in self.clauses(role, permission):
                if clause.condition is None:
                    return (clause,)
                found[id(clause)] = clause
        calls = self._calls.get(subject)
        for clause in calls.get(permission, ()) if calls is not None else ():
            if clause.condition is None:
                return (clause,)
            found[id(clause)] = clause
        return tuple(found.values())

    def denying(self, permission: str) -> tuple[Clause, ...]:
        """The deny rules of a permission."""
        return self._denies.get(self._meant(permission), ())

    def holders(self, permission: str) -> tuple[str, ...]:
        """The roles that are granted a permission by themselves, sorted."""
        return tuple(sorted(self._own.get(self._meant(permission), ())))

    def is_granted(self, permission: str) -> bool:
        """True when some role or service is granted a permission, under whatever condition."""
        name = self._meant(permission)
        return bool(self._own.get(name)) or any(name in calls for calls in self._calls.values())

    def may_defer(self, permission: str) -> bool:
        """True when some grant or deny rule of the permission reads `resource`."""
        return any(name.startswith("resource.") for name in self.read_for(permission))


def compile_policy(policy: Policy, *, service: str = "") -> Decider:
    """The decider of a policy. Raises PolicyError when a condition does not compile.

    `service` is whose requests are decided: `calls:` grant only what goes to it. Without one it is the only service of
    the policy; where there are several, calls grant nothing.
    """
    return Decider(policy, service)


def out_of_scope(permissions: Iterable[str], only: Collection[str]) -> Answer | None:
    """The denial of a credential that is limited to `only`; None where all of the permissions are among it.

    A limit only narrows: what is among it is still the policy's to grant.
    """
    for permission in permissions:
        if permission not in only:
            return Answer("deny", "out-of-scope", denied=permission)
    return None


def _usual(
    denying: tuple[Clause, ...],
    granting: tuple[Clause, ...],
    permission: str,
    subject: str,
    attributes: Mapping[str, object],
    resource: Mapping[str, object] | None,
) -> Answer | None:
    """What `_Question` answers of one role's grants where no deny rule holds, sooner; None where it takes more."""
    values: dict[str, Any] = {}
    known: Mapping[str, object] = _NOTHING if resource is None else resource
    for clause in (*denying, *granting) if denying else granting:
        condition = clause.condition
        if condition is None:
            if clause.deny is not None or (known and not values):
                return None
            result: bool | ConditionFailure = True
        elif (resource is None and condition.reads_resource) or not gather(
            condition, subject, attributes, known, values
        ):
            return None
        else:
            result = condition.evaluate(values)
        if result is True and clause.deny is None:
            answer = clause.answer
            parts = ("allow", "granted", answer.grants, values or _NOTHING, None, (), "", (), answer.clauses)
            return tuple.__new__(Answer, parts)
        if result is not False:
            return None
    tried = tuple([clause.grant for clause in granting])
    parts = ("deny", "condition-false", (), values or _NOTHING, None, (), permission, (), tried)
    return tuple.__new__(Answer, parts)


def _clause(holder: str, grant: Grant) -> Clause:
    name = f"{holder} {grant.permission}"
    condition = conditions.compile(grant.when) if grant.when else None
    return Clause(name, condition, grant, Answer("allow", "granted", (name,), clauses=(grant,)))


class _Question:
    """One decision that needs more than a look-up: gathers what its conditions read."""

    __slots__ = ("_decider", "_inputs", "_is_known", "_roles", "_subject")

    def __init__(
        self,
        decider: Decider,
        subject: str,
        roles: tuple[str, ...],
        attributes: Mapping[str, object],
        resource: Mapping[str, object] | None,
    ) -> None:
        self._decider = decider
        self._subject = subject
        self._roles = roles
        self._inputs = Inputs(decider.with_included, subject, roles, attributes, resource)
        self._is_known = resource is not None

    def answer(self, permissions: tuple[str, ...]) -> Answer:
        if not permissions:
            return Answer("deny", "no-grant")
        answers: list[Answer] = []
        for permission in permissions:
            answer = self._one(permission)
            if answer.outcome == "deny":
                return self._recorded(answer)
            answers.append(answer)
        if len(answers) == 1:
            return self._recorded(answers[0])
        needs = tuple(need for answer in answers for need in answer.needs)
        failures = tuple(failure for answer in answers for failure in answer.failures)
        grants = tuple(dict.fromkeys(name for answer in answers for name in answer.grants))
        clauses = tuple(dict.fromkeys(clause for answer in answers for clause in answer.clauses))
        if needs:
            joined = Answer("deferred", "depends-on-resource", grants, needs=needs, failures=failures, clauses=clauses)
        else:
            joined = Answer("allow", "granted", grants, failures=failures, clauses=clauses)
        return self._recorded(joined)

    def _recorded(self, answer: Answer) -> Answer:
        read = self._inputs.recorded()
        return answer._replace(read=read) if read else answer

    def _one(self, permission: str) -> Answer:
        granted = self._decider.granted(self._subject, self._roles, permission)
        if not granted:
            return Answer("deny", "no-grant", denied=permission)
        denied, waits = self._denied(permission)
        if denied is not None and denied.reason != "step-up":
            return denied
        answer = self._granted(permission, granted)
        if denied is not None:
            return answer if answer.outcome == "deny" else denied
        if waits and answer.outcome == "allow":
            return answer._replace(outcome="deferred", reason="depends-on-resource", needs=(permission,))
        return answer

    def _denied(self, permission: str) -> tuple[Answer | None, bool]:
        """The denial of a deny rule, and whether one of them waits for the resource."""
        waits = False
        for clause in self._decider.denying(permission):
            if clause.condition is None:
                return Answer("deny", "denied-by-rule", denied_by=clause.deny, denied=permission), False
            if clause.condition.reads_resource and not self._is_known:
                waits = True
                continue
            result = self._evaluated(clause.condition)
            failures = (result,) if isinstance(result, ConditionFailure) else ()
            if failures or result:
                reason: Reason = "condition-error" if failures else "denied-by-rule"
                if clause.deny is not None and clause.deny.step_up:
                    reason = "step-up"
                return Answer("deny", reason, denied_by=clause.deny, denied=permission, failures=failures), False
        return None, waits

    def _granted(self, permission: str, granted: tuple[Clause, ...]) -> Answer:
        waiting: list[Clause] = []
        failures: list[ConditionFailure] = []
        for clause in granted:
            if clause.condition is None:
                return clause.answer
            if clause.condition.reads_resource and not self._is_known:
                waiting.append(clause)
                continue
            result = self._evaluated(clause.condition)
            if isinstance(result, ConditionFailure):
                failures.append(result)
            elif result:
                return clause.answer._replace(failures=tuple(failures))
        tried = tuple(clause.grant for clause in waiting or granted)
        if waiting:
            return Answer(
                "deferred", "depends-on-resource", needs=(permission,), failures=tuple(failures), clauses=tried
            )
        reason: Reason = "condition-error" if failures else "condition-false"
        return Answer("deny", reason, denied=permission, failures=tuple(failures), clauses=tried)

    def _evaluated(self, condition: Condition) -> bool | ConditionFailure:
        return condition.evaluate(self._inputs.of(condition))
