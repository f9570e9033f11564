"""What a class of callers may, as something that compares: grants and deny rules with the canonical text of conditions.

`Reach` says what it takes to pass a permission, or a route that demands several; `compared` says whether one reach lets
more through than another, as far as the texts of conditions prove it. What they do not prove is never called the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from nomoat.policy.cel.canonical import canonical, conjuncts
from nomoat.policy.decide import ROLE_PREFIX, Clause, Decider

#: Of what came after, against what was before: it lets more through, or less, or which is not known.
Verdict: TypeAlias = Literal["same", "weaker", "stricter", "untold"]


@dataclass(frozen=True, slots=True, order=True)
class When:
    """A condition: equal where its canonical text is; `text` as somebody wrote it. Without text: always."""

    canonical: str
    text: str = field(default="", compare=False)
    holder: str = field(default="", compare=False)
    at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Access:
    """One permission: some grant must hold, and no deny rule may hold or fail.

    `roles` are those that `subject.roles` has, where some condition reads it: the same text asks something else then.
    """

    grants: frozenset[When] = frozenset()
    denies: frozenset[When] = frozenset()
    roles: frozenset[str] = frozenset()

    @property
    def is_denied(self) -> bool:
        """Whatever is asked."""
        return not self.grants

    @property
    def is_always(self) -> bool:
        """Whatever is asked."""
        return not self.denies and any(not one.canonical for one in self.grants)

    @property
    def reads_resource(self) -> bool:
        """Whether the handler has to be asked."""
        return any("resource." in one.canonical for one in (*self.grants, *self.denies))

    def implies(self, other: Access) -> bool:
        """True where it is sure that whoever has this access has the other one, too."""
        if self.is_denied or other.is_always:
            return True
        if (other.roles and self.roles != other.roles) or not other.denies <= self.denies:
            return False
        # A grant with more conjuncts never holds where one with some of them does not.
        wider = [conjuncts(one.text) for one in other.grants]
        return all(any(less <= conjuncts(one.text) for less in wider) for one in self.grants)


DENIED = Access()


@dataclass(frozen=True, slots=True)
class Reach:
    """All of these are needed; none at all: nothing is."""

    needs: tuple[tuple[str, Access], ...] = ()

    @property
    def is_denied(self) -> bool:
        """Whatever is asked."""
        return any(access.is_denied for _, access in self.needs)

    @property
    def is_always(self) -> bool:
        """Whatever is asked."""
        return all(access.is_always for _, access in self.needs)

    @property
    def state(self) -> Literal["denied", "allowed", "when", "deferred"]:
        """`deferred`: the handler has to be asked. `when`: what is known of the request decides."""
        if self.is_denied:
            return "denied"
        if self.is_always:
            return "allowed"
        return "deferred" if any(access.reads_resource for _, access in self.needs) else "when"

    def implies(self, other: Reach) -> bool:
        """True where it is sure that whoever passes here passes there, too."""
        if self.is_denied:
            return True
        return all(access.is_always or any(mine.implies(access) for _, mine in self.needs) for _, access in other.needs)


NOTHING_NEEDED = Reach()
NOBODY = Reach((("", DENIED),))


def compared(before: Reach, after: Reach) -> Verdict:
    """Whether `after` lets more through than `before`."""
    more, less = before.implies(after), after.implies(before)
    if more and less:
        return "same"
    if more or less:
        return "weaker" if more else "stricter"
    return "untold"


def access(decider: Decider, subject: str, roles: tuple[str, ...], permission: str) -> Access:
    """What somebody with these roles may of a permission."""
    granted = decider.granted(subject, roles, permission)
    denying = decider.denying(permission)
    if not granted or any(clause.condition is None for clause in denying):
        return DENIED
    clauses = (*granted, *denying)
    reads_roles = any(clause.condition and "subject.roles" in clause.condition.reads for clause in clauses)
    included = frozenset(decider.with_included(roles)) if reads_roles else frozenset[str]()
    return Access(_whens(granted), _whens(denying), included)


def _whens(clauses: Iterable[Clause]) -> frozenset[When]:
    return frozenset(when_of(clause) for clause in clauses)


def when_of(clause: Clause) -> When:
    """The condition of a clause, with who holds it and where it stands."""
    holder = clause.name.removesuffix(f" {clause.grant.permission}")
    shown = f"role {holder.removeprefix(ROLE_PREFIX)}" if holder.startswith(ROLE_PREFIX) else holder
    return When(canonical(clause.grant.when), clause.grant.when, shown, clause.grant.at)
