"""What the conditions of one decision read: gathered once, by name, and what of it is recorded.

The decider says itself who the subject is; everything else comes from whoever asks. Recorded are text, numbers and
booleans; of what `has(...)` asked and is not recorded, whether it was given: `has(subject.groups)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from nomoat.policy.conditions import Condition

if TYPE_CHECKING:
    from nomoat.journal.facts import Attribute

#: Inputs of conditions longer than this are not recorded: cut, one would be another value, and a backtest would be
#: wrong instead of unsure.
MAX_RECORDED = 256
NOTHING: Mapping[str, Attribute] = {}
_ABSENT = object()


def asked(name: str) -> str:
    """How a decision records whether an attribute was given, of which it does not record the value."""
    return f"has({name})"


def asked_for(recorded: str) -> str:
    """The attribute of an `asked`; empty where this is none."""
    return recorded[4:-1] if recorded.startswith("has(") else ""


def bare_subject(subject: str) -> str:
    """`subject.sub`: what stands behind the alias of a user (`user:main/ana` gives `ana`), a service's name."""
    if subject.startswith("user:"):
        alias = subject.find("/")
        return subject[alias + 1 :] if alias >= 0 else ""
    return subject.removeprefix("service:")


def gather(
    condition: Condition,
    subject: str,
    attributes: Mapping[str, object],
    resource: Mapping[str, object],
    values: dict[str, object],
) -> bool:
    """Fills `values` with what `Inputs` gives and records; False where these differ, and it takes `Inputs`."""
    if not values:
        for rest, value in resource.items():
            kind = type(value)
            if (kind is str and len(value) <= MAX_RECORDED) or kind is int or kind is bool:  # type: ignore[arg-type]
                values["resource." + rest] = value
            else:
                return False
    for name, space, rest in condition.beside:
        if not space:
            if rest == "sub" and subject:
                values[name] = bare_subject(subject)
                continue
            if rest != "id" or not subject:
                return False
            value = subject
        else:
            value = attributes.get(name, _ABSENT)
        kind = type(value)
        if (kind is str and len(value) <= MAX_RECORDED) or kind is int or kind is bool:  # type: ignore[arg-type]
            values[name] = value
        elif value is not _ABSENT:
            return False
    for name in condition.given:
        if name not in values:
            values[asked(name)] = False
    return True


class Inputs:
    """The inputs of one decision. `resource` is None where nothing is known of it yet."""

    __slots__ = ("_asked", "_attributes", "_included", "_is_plain", "_resource", "_roles", "_subject", "_values")

    def __init__(
        self,
        included: Callable[[tuple[str, ...]], tuple[str, ...]],
        subject: str,
        roles: tuple[str, ...],
        attributes: Mapping[str, object],
        resource: Mapping[str, object] | None,
    ) -> None:
        self._included = included
        self._subject = subject
        self._roles = roles
        self._attributes = attributes
        self._resource: Mapping[str, object] = resource or NOTHING
        self._values: dict[str, object] = {}
        self._asked: tuple[str, ...] = ()
        #: True while everything that was read is recorded as it is.
        self._is_plain = True

    def of(self, condition: Condition) -> Mapping[str, object]:
        """The attributes that a condition reads, by their flat names; those that were not given are not there."""
        values = self._values
        for name, space, rest in condition.sources:
            if space == "resource":
                value = self._resource.get(rest, _ABSENT)
            elif space:
                value = self._attributes.get(name, _ABSENT)
            else:
                value = self._own(rest)
            if value is not _ABSENT:
                values[name] = value
                kind = type(value)
                if kind is str:
                    if len(value) > MAX_RECORDED:  # type: ignore[arg-type]  # it is text, by the line above
                        self._is_plain = False
                elif kind is not int and kind is not bool:
                    self._is_plain = False
        if condition.given:
            self._asked += condition.given
        return values

    def _own(self, name: str) -> object:
        """What the decider says of a subject by itself, whatever a caller hands in."""
        if name == "roles":
            return self._included(self._roles)
        if not self._subject:
            return _ABSENT
        return self._subject if name == "id" else bare_subject(self._subject)

    def recorded(self) -> Mapping[str, Attribute]:
        """What a decision keeps of everything that was read, and of all that a handler said of its resource."""
        found: dict[str, Attribute] = self._values  # type: ignore[assignment]  # plain: text, numbers and booleans
        if not self._is_plain:
            found = {name: value for name, value in self._values.items() if _is_recorded(value)}  # type: ignore[misc]
        for name in self._asked:
            if name not in found:
                found[asked(name)] = name in self._values
        for name, value in self._resource.items():
            # Kept whole: tomorrow's conditions may read more than today's.
            if _is_recorded(value):
                found["resource." + name] = value  # type: ignore[assignment]
        return found or NOTHING


def _is_recorded(value: object) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and len(value) <= MAX_RECORDED)
