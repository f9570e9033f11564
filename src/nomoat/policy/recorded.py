"""What a recorded decision says about its inputs, so that it can be judged again: by the same policy, or by another.

Everything that conditions can read is rebuilt from the fact, or named as not recorded; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Literal, NamedTuple

from nomoat.journal.facts import Attribute, Decision, moment
from nomoat.policy.break_glass import eligible
from nomoat.policy.comparisons import NotRecorded
from nomoat.policy.decide import GLASS_PREFIX, Decider
from nomoat.policy.inputs import asked, asked_for

#: Path parameters are kept up to this many characters: one of that length may have been longer.
PARAMETER_LENGTH = 64


class Source(NamedTuple):
    """Where an attribute is recorded: under its name or its `has` in `read`, else in a field, as `kind` says."""

    name: str
    asked: str
    kind: Literal["read", "params", "hour", "now", "client", "method"]
    rest: str


def source(name: str) -> Source:
    """The source of an attribute."""
    space, _, rest = name.partition(".")
    kinds: Mapping[str, Literal["hour", "now", "client", "method"]] = {
        "context.hour": "hour", "context.now": "now", "context.client": "client", "context.method": "method"
    }  # fmt: skip
    return Source(name, asked(name), "params" if space == "params" else kinds.get(name, "read"), rest)


def kept(decision: Decision, read: Mapping[str, Attribute], of: Source) -> object:
    """What is recorded of an attribute: two decisions of which it is equal have the same input.

    The type is a part of it: 1 and true are equal in Python and are not here.
    """
    value = read.get(of.name)
    if value is not None:
        return (value, type(value))
    kind = of.kind
    given: object = None
    if kind == "params":
        given = decision.params.get(of.rest)
    elif kind == "hour":
        at = decision.happened_at
        given = at[11:13] if len(at) == 27 and at[26] == "Z" else at
    elif kind == "now":
        given = decision.happened_at if decision.sequence == 0 else None
    elif kind != "read":
        given = decision.client if kind == "client" else decision.method
    return (read.get(of.asked), given, kind)


def attributes(decision: Decision) -> dict[str, object]:
    """The flat attributes of a decision, without those of its resource."""
    found: dict[str, object] = {
        f"params.{name}": value for name, value in decision.params.items() if len(value) < PARAMETER_LENGTH
    }
    with suppress(ValueError):
        found["context.hour"] = moment(decision.happened_at).hour
        if decision.sequence == 0:
            # Later facts of a request stand at their own time; conditions read that of its arrival.
            found["context.now"] = decision.happened_at
    if decision.client:
        found["context.client"] = decision.client
    if decision.method:
        found["context.method"] = decision.method
    for name, value in decision.read.items():
        attribute = asked_for(name)
        if attribute:
            if value and not attribute.startswith("resource."):
                found.setdefault(attribute, NotRecorded(attribute, was_given=True))
        elif not name.startswith("resource."):
            found[name] = value
    return found


def resource(decision: Decision) -> dict[str, object] | None:
    """What the handler said of its resource; None where the decision was about none, or about several (`only`)."""
    found: dict[str, object] = {}
    for name, value in decision.read.items():
        if name.startswith("resource."):
            found[name[len("resource.") :]] = value
        elif value and (attribute := asked_for(name)).startswith("resource."):
            found[attribute[len("resource.") :]] = NotRecorded(attribute, was_given=True)
    if is_of_several(decision) or (decision.sequence == 0 and not found):
        return None
    return found


def whether_given(decision: Decision, name: str) -> NotRecorded | None:
    """What stands for an attribute that is not recorded, where `has` asks for it; None: it is known to be absent."""
    if decision.read.get(asked(name)) is False:
        return None
    space, _, rest = name.partition(".")
    if space == "params":
        return NotRecorded(name, was_given=True) if rest in decision.params else None
    return NotRecorded(name, was_given=space == "context" and rest != "peer")


def is_of_several(decision: Decision) -> bool:
    """True for the fact of an `only` or `filter`: it speaks of several resources at once and records none of them."""
    return decision.sequence > 0 and (decision.allowed > 0 or decision.withheld > 0 or bool(decision.filtered))


def roles_under(decision: Decision, then: Decider | None, now: Decider) -> tuple[str, ...]:
    """The roles this caller would have: those it claimed then, and those that the policy of `now` assigns to it.

    `then` is the policy of the decision; where that text is not known, every recorded role counts as claimed.
    """
    assigned = then.assigned(decision.subject) if then is not None else ()
    head = len(assigned)
    claimed = decision.roles[head:] if decision.roles[:head] == assigned else decision.roles
    roles = now.roles_of(decision.subject, claimed)
    raised = [role.removeprefix(GLASS_PREFIX) for role in claimed if role.startswith(GLASS_PREFIX)]
    return (*roles, *eligible(now, roles, raised)) if raised else roles
