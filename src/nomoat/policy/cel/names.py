"""The attributes that a condition can name: their five namespaces, and the types of those that have one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

#: `subject` takes any claim beside its own names; `resource`, `params` and `device` take any name.
NAMESPACES = ("subject", "resource", "params", "context", "device")
CONTEXT: Mapping[str, str] = {
    "hour": "number", "now": "timestamp", "client": "text", "method": "text", "peer": "text"
}  # fmt: skip
_SUBJECT: Mapping[str, str] = {"id": "text", "sub": "text", "roles": "list of text"}
#: What the decider itself says of a subject.
OWN = frozenset(("subject.id", "subject.sub", "subject.roles"))
_EXAMPLE = {"subject": "sub", "resource": "owner", "params": "order_id", "context": "hour", "device": "compliant"}


def type_of(name: str) -> str:
    """The type of an attribute, where it is known before it is read; else empty."""
    space, _, rest = name.partition(".")
    if space in ("params", "device"):
        return "text"
    known: Mapping[str, str] = CONTEXT if space == "context" else _SUBJECT if space == "subject" else {}
    return known.get(rest, "")


def mistake(space: str, parts: Sequence[str]) -> tuple[str, str] | None:
    """What is wrong with such a name, and what to write; None where nothing is."""
    if not parts:
        return f"'{space}' alone is no value", f"name an attribute: {space}.{_EXAMPLE[space]}"
    name = ".".join((space, *parts))
    if len(parts) > 1 and space != "subject":
        return f"'{name}' has too many parts", f"write {space}.{parts[0]}"
    if space == "context" and parts[0] not in CONTEXT:
        return f"unknown name '{name}'", "context has " + ", ".join(CONTEXT)
    return None
