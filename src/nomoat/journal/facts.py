"""The facts: every kind of record that the journal keeps, as frozen dataclasses.

A published contract (docs/reference/facts.md): fields are added, never renamed or reused; a reader ignores fields it
does not know and keeps kinds it does not know (`Unknown`). Times are RFC 3339, UTC, microseconds, as text.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar, Literal, TypeAlias

Attribute: TypeAlias = str | int | bool
Outcome: TypeAlias = Literal["allow", "deny", "deferred"]
#: Why a decision came out as it did: a closed set; new reasons are new members, never new meanings.
Reason: TypeAlias = Literal[
    "granted",
    "public",
    "signed-in",
    "no-grant",
    "out-of-scope",
    "condition-false",
    "condition-error",
    "denied-by-rule",
    "step-up",
    "depends-on-resource",
    "unknown-route",
    "ambiguous-request",
    "unbound-route",
    "unauthenticated",
    "bad-token",
    "bad-certificate",
    "bad-envelope",
    "keys-unavailable",
    "identity-failed",
    "revoked",
    "blocked",
    "rate-limited",
    "decision-missing",
    "not-decided",
    "decision-late",
    "rerouted",
    "undecided-before-write",
    "journal-unavailable",
    "blocks-unavailable",
    "backend-unavailable",
    "not-loaded",
]
Severity: TypeAlias = Literal["low", "medium", "high", "critical"]


def timestamp(at: datetime | None = None) -> str:
    """A time as the journal writes it: 2026-11-24T23:41:05.000120Z. Now when none is given."""
    if at is None:
        return timestamp_of(time.time_ns() // 1000)
    return f"{at.astimezone(UTC).isoformat(timespec='microseconds')[:-6]}Z"


#: The second that was written last, and its text: one pair, so that threads replace it whole.
_newest_second = (0, "1970-01-01T00:00:00")


def timestamp_of(microseconds: int) -> str:
    """The same of microseconds since 1970. Many times fall into one second, whose text is kept."""
    global _newest_second
    second, rest = divmod(microseconds, 1_000_000)
    known, text = _newest_second
    if known != second:
        text = datetime.fromtimestamp(second, UTC).isoformat()[:-6]
        _newest_second = second, text
    return f"{text}.{rest:06d}Z"


def moment(text: str) -> datetime:
    """The time behind a `timestamp`. Raises ValueError when it is none."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What every fact has: when it happened by the clock of its source (the store adds when it was recorded)."""

    kind: ClassVar[str] = ""
    format: ClassVar[int] = 1
    happened_at: str = field(default_factory=timestamp)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked(Fact):
    """One run of `check`: every open fingerprint with its rule and target, and what is new and gone since the last."""

    kind: ClassVar[str] = "checked"
    root: str
    map_hash: str
    open: tuple[OpenFinding, ...] = ()
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    not_analysed: int = 0


@dataclass(frozen=True, slots=True)
class OpenFinding:
    """A finding as a `Checked` fact names it. `target` is a map id, or empty."""

    fingerprint: str
    rule: str
    severity: Severity
    at: str
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Fact):
    """One answer of guard. A request has one, and one for each `require`, `only` or `filter`; readers count the last.

    `only` are the permissions that the credential was limited to; None where it had no limit of its own.
    `count` weighs collapsed denials. `allowed` and `withheld` are of an `only`. `filtered` is of a `filter`: each
    condition that it handed to the database, or `true` or `false`. `read` has the inputs of conditions. `also` has what
    a `Logging` fact asked for; of a task, the `request` in whose course it was handed on, and its id in the queue.
    The method of a task is `TASK`. `by_map`: the router could not be asked, so its
    target is what the map alone says.
    """

    kind: ClassVar[str] = "decision"
    request: str
    sequence: int = 0
    service: str
    target: str
    method: str = ""
    subject: str
    credential: str = ""
    roles: tuple[str, ...] = ()
    params: Mapping[str, str] = field(default_factory=dict)
    permissions: tuple[str, ...] = ()
    outcome: Outcome
    enforced: bool
    reason: Reason
    grants: tuple[str, ...] = ()
    read: Mapping[str, Attribute] = field(default_factory=dict)
    policy: str = ""
    map: str = ""
    client: str = ""
    trace: str = ""
    status: int = 0
    login: bool = False
    count: int = 1
    allowed: int = 0
    withheld: int = 0
    only: tuple[str, ...] | None = None
    filtered: tuple[str, ...] = ()
    by_map: bool = False
    also: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response(Fact):
    """The status that an unsafe request ended with; its Decision was committed before the handler started."""

    kind: ClassVar[str] = "response"
    request: str
    service: str
    target: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound(Fact):
    """A service called a host: its map declares it, a person listed it, or neither. `count` such calls, one fact.

    `target` and `subject` are of the request in whose course it was called first; empty outside of one.
    """

    kind: ClassVar[str] = "outbound"
    service: str
    host: str
    port: int
    target: str = ""
    subject: str = ""
    request: str = ""
    outcome: Literal["allow", "deny"]
    enforced: bool
    reason: Literal["declared", "listed", "undeclared"]
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Fact):
    """The text behind a hash that decisions carry, stored at its first use. `of` is what it is: policy or map."""

    kind: ClassVar[str] = "text"
    of: Literal["policy", "map", "playbook"]
    hash: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstUse(Fact):
    """The first time that `of` (a permission, a table) was used by `by`; kept through retention.

    `still` says that it is no first use: it goes on, told now and then so that a restart does not take it as forgotten.
    """

    kind: ClassVar[str] = "first-use"
    detection: str
    of: str
    by: str
    still: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert(Fact):
    """Something should not have happened. `facts` are positions of the events behind it, oldest first.

    `findings` are the rules by which the last `check` calls the target faulty, when it rang.
    """

    kind: ClassVar[str] = "alert"
    detection: str
    severity: Severity
    summary: str
    group: Mapping[str, str] = field(default_factory=dict)
    subject: str = ""
    credential: str = ""
    client: str = ""
    service: str = ""
    target: str = ""
    first_event_at: str
    last_event_at: str
    observed: int
    threshold: int = 0
    window_s: float = 0
    facts: tuple[str, ...] = ()
    playbook: str = ""
    actions: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode(Fact):
    """An alert's episode began or ended: no second alert of (detection, group) fires while it is open."""

    kind: ClassVar[str] = "episode"
    detection: str
    group: Mapping[str, str]
    state: Literal["open", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident(Fact):
    """A change of an incident's state. `number` counts from 1: INC-7 is number 7."""

    kind: ClassVar[str] = "incident"
    number: int
    change: Literal["declared", "joined", "acknowledged", "role", "closed"]
    title: str = ""
    severity: Severity = "medium"
    playbook: str = ""
    playbook_hash: str = ""
    subject: str = ""
    target: str = ""
    alert: str = ""
    by: str = ""
    role: str = ""
    first_event_at: str = ""
    false_alarm: bool = False
    note: str = ""
    parameters: Mapping[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Fact):
    """A step of an incident, before (`intent`) and after. `attempt` counts from 1. `drill` marks recorded answers."""

    kind: ClassVar[str] = "step"
    incident: int
    step: str
    attempt: int = 1
    state: Literal["intent", "done", "failed", "skipped", "by-hand", "unsure", "verified", "not-verified", "open"]
    by: str = ""
    reason: str = ""
    command: tuple[str, ...] = ()
    output: str = ""
    evidence: tuple[str, ...] = ()
    unclear: bool = False
    drill: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence(Fact):
    """A file that was preserved: its content's hash is its name."""

    kind: ClassVar[str] = "evidence"
    incident: int
    name: str
    sha256: str
    size_bytes: int
    source: str
    by: str
    changed_before: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(Fact):
    """A subject, token, service or address is refused until a time, or no longer (`lifted`)."""

    kind: ClassVar[str] = "block"
    block: str
    what: Literal["subject", "credential", "client"]
    value: str
    until: str = ""
    lifted: bool = False
    because: str
    by: str
    incident: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation(Fact):
    """A credential by fingerprint or `jti`, or every token of a subject issued before a time, is refused for good."""

    kind: ClassVar[str] = "revocation"
    what: Literal["credential", "jti", "subject"]
    value: str
    issued_before: str = ""
    because: str
    by: str
    incident: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Logging(Fact):
    """guard records more about a subject until a time: no worker is restarted for it."""

    kind: ClassVar[str] = "logging"
    subject: str
    until: str
    adds: tuple[str, ...] = ()
    because: str
    by: str
    incident: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Elevation(Fact):
    """A person may use a role for an emergency until a time, or no longer (`lifted`): break-glass."""

    kind: ClassVar[str] = "elevation"
    elevation: str
    subject: str
    role: str
    until: str
    lifted: bool = False
    because: str
    by: str
    incident: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Fact):
    """A message to people, before (`intent`) and after. `key` is its idempotency key: it goes out at most once."""

    kind: ClassVar[str] = "message"
    key: str
    channel: str
    state: Literal["intent", "sent", "failed", "unsure"]
    text: str = ""
    incident: int = 0
    receipt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review(Fact):
    """The review of an incident: durations in seconds (None: not reached), counts and proposals."""

    kind: ClassVar[str] = "review"
    incident: int
    detected_s: float | None = None
    acknowledged_s: float | None = None
    contained_s: float | None = None
    resolved_s: float | None = None
    reached: int = 0
    proposals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap(Fact):
    """A process ended uncleanly, or could not write: what it had not committed is not in the journal."""

    kind: ClassVar[str] = "gap"
    process: str
    service: str = ""
    last_seen_at: str = ""
    lost: int = 0
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned(Fact):
    """Bodies of a kind, behind `after` and up to `upto`, were blanked by retention, but those `kept`.

    The chain still covers their digests.
    """

    kind: ClassVar[str] = "pruned"
    of: str
    upto: str
    count: int
    after: str = ""
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed(Fact):
    """A whole old segment was removed: its range, the chain's head at its end, and how many facts it held."""

    kind: ClassVar[str] = "sealed"
    first: str
    last: str
    head: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown(Fact):
    """A fact of a kind or format that this version does not know: kept, counted, shown as it is."""

    kind: ClassVar[str] = "unknown"
    stored_kind: str
    stored_format: int
    body: Mapping[str, object]


#: Every kind by its name; `Unknown` is no kind that can be written.
KINDS: Mapping[str, type[Fact]] = {
    fact.kind: fact
    for fact in (
        Checked, Decision, Response, Outbound, Text, FirstUse, Alert, Episode, Incident, Step, Evidence,
        Block, Revocation, Logging, Elevation, Message, Review, Gap, Pruned, Sealed,
    )
}  # fmt: skip
