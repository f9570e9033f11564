"""What the conditions of one decision read: gathered once, by name, and what of it is recorded.

The decider says itself who the subject is; everything else comes from whoever asks. Recorded are text, numbers and
booleans; of what `has(...)` asked and is not recorded, whether it was given: `has(subject.groups)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
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


@lru_cache(maxsize=4096)
def bare_subject(subject: str) -> str:
    """`subject.sub`: what stands behind the alias of a user (`user:main/ana` gives `ana`), a service's name."""
    kind, _, rest = subject.partition(":")
    if kind == "user":
        return rest.partition("/")[2]
    return rest if kind == "service" else subject


def gather(
    condition: Condition,
    subject: str,
    attributes: Mapping[str, object],
    resource: Mapping[str, object],
    values: dict[str, object],
) -> bool:
    """Fills `values` with what `Inputs` gives and records; False where these differ, and it takes `Inputs`."""
    kept = condition.of_resource
    for rest, value in resource.items():
        kind = type(value)
        if kind is str:
            if len(value) > MAX_RECORDED:  # type: ignore[arg-type]  # it is text, by the line above
                return False
        elif kind is not int and kind is not bool:
            return False
        values[kept.get(rest) or "resource." + rest] = value
    for name in condition.of_request:
        value = attributes.get(name, _ABSENT)
        kind = type(value)
        if (kind is str and len(value) <= MAX_RECORDED) or kind is int or kind is bool:  # type: ignore[arg-type]
            values[name] = value
        elif value is not _ABSENT:
            return False
    for rest in condition.of_decider:
        if rest == "roles" or not subject or len(subject) > MAX_RECORDED:
            return False
        if rest == "id":
            values["subject.id"] = subject
        else:
            values["subject.sub"] = bare_subject(subject)
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
        for rest, name in condition.of_resource.items():
            self._take(name, self._resource.get(rest, _ABSENT))
        for name in condition.of_request:
            self._take(name, self._attributes.get(name, _ABSENT))
        for rest in condition.of_decider:
            self._take("subject." + rest, self._own(rest))
        if condition.given:
            self._asked += condition.given
        return self._values

    def _take(self, name: str, value: object) -> None:
        if value is not _ABSENT:
            self._values[name] = value
            self._is_plain = self._is_plain and _is_recorded(value)

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
