"""Events: what detections match. They come from decisions in the journal and from JSON lines.

An event is one frozen record with the contract's fields; a login is the decision of a route that people sign in at.
A line that is no event gives an EventError with what is wrong, never anything else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from nomoat.errors import NomoatError
from nomoat.journal.facts import Decision, Elevation, Outbound, moment

#: The newest format of events that is read.
FORMAT = 1
#: A longer line is refused unread.
MAX_LINE_BYTES = 256 * 1024
_MAX_TEXT = 4096


class EventError(NomoatError):
    """A line that is no event."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `at_s` is `happened_at` as seconds since 1970 (UTC); `count` weighs it; `position` is its fact's."""

    at_s: float
    happened_at: str
    kind: str
    service: str = ""
    route: str = ""
    method: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    subject: str = ""
    credential: str = ""
    client: str = ""
    permissions: tuple[str, ...] = ()
    outcome: str = ""
    reason: str = ""
    status: int = 0
    request: str = ""
    count: int = 1
    source: str = ""
    position: str = ""
    added: Mapping[str, object] = field(default_factory=dict)

    def values(self, name: str) -> tuple[object, ...]:
        """The values of a field: none when it is absent, several for a list. `params` alone is all of them as one."""
        if name == "params":
            return (self.object_id,) if self.params else ()
        if name.startswith("params."):
            value = self.params.get(name[7:])
            return () if value is None else (value,)
        if name in _FIELDS:
            found = getattr(self, name)
            if isinstance(found, tuple):
                return found
            return () if found == "" or (name == "status" and not found) else (found,)
        found = self.added.get(name)
        if isinstance(found, (list, tuple)):
            return tuple(found)
        return () if found is None else (found,)

    @property
    def object_id(self) -> str:
        """All path parameters together: what tells one object of a route from another."""
        return "/".join(f"{name}={self.params[name]}" for name in sorted(self.params))


_FIELDS = frozenset(
    (
        *("happened_at", "kind", "service", "route", "method", "subject", "credential", "client", "permissions"),
        *("outcome", "reason", "status", "request", "count", "source"),
    )
)
#: Fields that a detection may name without being taken for a typing mistake; sources and enrichment add others.
KNOWN_FIELDS = (
    _FIELDS
    | {"params", "map.reads", "map.writes", "policy.knows", "host", "port"}
    | {f"elevation.{name}" for name in ("id", "role", "by", "because", "until")}
)


def from_decision(fact: Decision, *, position: str) -> Event:
    """A decision as it stands."""
    return Event(
        at_s=moment(fact.happened_at).timestamp(),
        happened_at=fact.happened_at,
        kind="decision",
        service=fact.service,
        route=fact.target,
        method=fact.method,
        params=fact.params,
        subject=fact.subject,
        credential=fact.credential,
        client=fact.client,
        permissions=fact.permissions,
        outcome=fact.outcome,
        reason=fact.reason,
        status=fact.status,
        request=fact.request,
        count=max(1, fact.count),
        source=f"journal/{fact.service}",
        position=position,
    )


def from_elevation(fact: Elevation, *, position: str) -> Event:
    """A role for an emergency that was opened for somebody, or ended; its fields are added as `elevation.role`."""
    names = ("role", "by", "because", "until")
    return Event(
        at_s=moment(fact.happened_at).timestamp(),
        happened_at=fact.happened_at,
        kind="elevation",
        subject=fact.subject,
        outcome="deny" if fact.lifted else "allow",
        source="journal/elevations",
        position=position,
        added={"elevation.id": fact.elevation} | {f"elevation.{name}": getattr(fact, name) for name in names},
    )


def from_outbound(fact: Outbound, *, position: str) -> Event:
    """A service's own call of a host."""
    return Event(
        at_s=moment(fact.happened_at).timestamp(),
        happened_at=fact.happened_at,
        kind="outbound",
        service=fact.service,
        route=fact.target,
        subject=fact.subject,
        outcome=fact.outcome,
        reason=fact.reason,
        request=fact.request,
        count=max(1, fact.count),
        source=f"journal/{fact.service}",
        position=position,
        added={"host": fact.host, "port": fact.port},
    )


def as_login(event: Event, *, status: int) -> Event:
    """The login that a decision on a `login: true` route was: failed when its status is 400 or above."""
    outcome = "deny" if status >= 400 or event.outcome == "deny" else "allow"
    return replace(event, kind="login", outcome=outcome, status=status)


def from_line(line: str | bytes, *, source: str, number: int) -> Event:
    """The event of one JSON line. Raises EventError."""
    where = f"{source}:{number}"
    if len(line) > MAX_LINE_BYTES:
        raise EventError(f"a line of {len(line)} bytes is no event", where=where, fix="one event a line, up to 256 KB")
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise EventError("no valid JSON", where=where, fix="one JSON object a line") from error
    if not isinstance(found, dict):
        raise EventError("no JSON object", where=where, fix="one JSON object a line")
    try:
        return _event(found, source)
    except (ValueError, TypeError, OverflowError) as error:
        raise EventError(str(error), where=where, fix="docs/how-to/watch-a-service.md has the fields") from error


def _event(found: dict[str, object], source: str) -> Event:
    if _number(found, "format", FORMAT) > FORMAT:
        raise ValueError(f"format {found['format']} is newer than this nomoat, which reads {FORMAT}")
    happened_at = _text(found, "happened_at")
    at = _time(happened_at)
    params = found.get("params", {})
    if not isinstance(params, dict):
        raise ValueError("params is no object")
    return Event(
        at_s=at.timestamp(),
        happened_at=at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        kind=_text(found, "kind"),
        service=_text(found, "service", ""),
        route=_text(found, "route", "") or _text(found, "target", ""),
        method=_text(found, "method", ""),
        params={str(name)[:_MAX_TEXT]: str(value)[:_MAX_TEXT] for name, value in params.items()},
        subject=_text(found, "subject", ""),
        credential=_text(found, "credential", ""),
        client=_text(found, "client", ""),
        permissions=_texts(found, "permissions"),
        outcome=_text(found, "outcome", ""),
        reason=_text(found, "reason", ""),
        status=_number(found, "status", 0),
        request=_text(found, "request", ""),
        count=max(1, _number(found, "count", 1)),
        source=source,
        added=dict(_added(found)),
    )


_TAKEN = _FIELDS | {"params", "target", "format"}


def _added(found: dict[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in found.items():
        if name not in _TAKEN and isinstance(value, (str, int, float, bool, list)):
            yield name, value


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise ValueError("happened_at is no time: write it as 2026-11-24T23:41:05Z") from None
    if at.tzinfo is None:
        raise ValueError("happened_at has no zone: end it with Z")
    return at


def _text(found: Mapping[str, object], name: str, default: str | None = None) -> str:
    value = found.get(name, default)
    if value is None:
        raise ValueError(f"{name} is missing")
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text")
    return value[:_MAX_TEXT]


def _texts(found: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = found.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{name} is no list of texts")
    return tuple(item[:_MAX_TEXT] for item in value)


def _number(found: Mapping[str, object], name: str, default: int) -> int:
    value = found.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1_000_000_000:
        raise ValueError(f"{name} is no whole number from 0")
    return value
