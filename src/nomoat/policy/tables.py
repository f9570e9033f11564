"""Decision tables: what a policy must answer, written beside it, and which of its clauses no row has tried.

    decisions:
      "orders:read":
        - {as: "user:ana", roles: [customer], with: {resource.owner: ana}, expect: allow}
        - {as: "role:customer", expect: depends}

Rows are judged by the same decider that guard runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nomoat import datafile
from nomoat.datafile import Mapping, Node, Place, Reader, Value
from nomoat.errors import PolicyError, UsageError, printable
from nomoat.policy import conditions, explain, subjects
from nomoat.policy.decide import GLASS_PREFIX, ROLE_PREFIX, Answer, Decider
from nomoat.policy.model import Grant

FILE_NAME = "nomoat.tests.yaml"
FORMAT = 1
#: What a row may expect, and the outcome that it names.
_EXPECTED = {"allow": "allow", "deny": "deny", "depends": "deferred"}
_KEYS = ("as", "roles", "with", "expect", "reason")
_FILLED_IN = ("subject.id", "subject.sub", "subject.roles")


@dataclass(frozen=True, slots=True)
class Row:
    """One question and what must be answered."""

    permission: str
    asker: explain.Asker
    attributes: dict[str, object]
    resource: dict[str, object] | None
    expect: str
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """A row that was answered otherwise; `said` explains the answer."""

    row: Row
    said: str


@dataclass(frozen=True, slots=True)
class Untried:
    """A clause of which no row has shown one side: `allows`, `refuses`, `denies` or `lets pass`."""

    clause: str
    side: str
    at: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What a run over a table found. `sides` counts what rows could show: of a condition, both."""

    rows: int
    wrong: tuple[Wrong, ...]
    untried: tuple[Untried, ...]
    sides: int


def read(path: Path, *, aliases: tuple[str, ...]) -> tuple[Row, ...]:
    """The rows of a file. Raises PolicyError with every mistake, DataFileError where it cannot be read."""
    reader = Reader(PolicyError)
    document = reader.mapping(datafile.load(path), path.name, known=("format", "decisions"))
    rows: list[Row] = []

    def one(permission: str, node: Node, _: Place) -> None:
        for item in reader.sequence(node, f"rows of {permission}"):
            found = _row(permission, item, aliases, reader)
            if found is not None:
                rows.append(found)

    if document is not None:
        version = reader.integer(document.get("format"), "format", least=1)
        if version is not None and version > FORMAT:
            reader.mistake(f"format {version} is newer than this nomoat", document, "upgrade nomoat")
        reader.each(document.get("decisions"), "decisions", one)
        if not rows and not reader.problems:
            reader.mistake("there is no decision to try", document, 'decisions: {"orders:read": [...]}')
    reader.finish()
    return tuple(rows)


def _row(permission: str, node: Node, aliases: tuple[str, ...], reader: Reader) -> Row | None:
    fields = reader.mapping(node, f"a row of {permission}", known=_KEYS)
    if fields is None:
        return None
    before = len(reader.problems)
    asker = _asker(fields, aliases, reader)
    attributes, resource = _given(fields.get("with"), reader)
    expect = reader.choice(fields.get("expect"), "expect", _EXPECTED)
    if "expect" not in fields:
        reader.mistake("a row says nothing of what it expects", fields, "expect: allow, deny or depends")
    reason = reader.text(fields.get("reason"), "reason") or ""
    if len(reader.problems) > before or expect is None:
        return None
    return Row(permission, asker, attributes, resource, expect, reason, str(fields.place))


def _asker(fields: Mapping, aliases: tuple[str, ...], reader: Reader) -> explain.Asker:
    """Who asks: `role:NAME`, `user:NAME` with the roles that it claims, `service:NAME`, `anonymous`."""
    who = reader.text(fields.get("as"), "as")
    roles = reader.texts(fields.get("roles"), "roles")
    if who is None:
        if "as" not in fields:
            reader.mistake("a row does not say who asks", fields, 'as: "role:customer", "user:ana", anonymous')
        return explain.Asker()
    if who.startswith(ROLE_PREFIX):
        return explain.Asker("", (who.removeprefix(ROLE_PREFIX), *roles))
    try:
        return explain.Asker(subjects.whole(who, aliases), roles)
    except UsageError as error:
        for problem in error.problems:
            reader.mistake(problem.what, fields.get("as") or fields, problem.fix)
        return explain.Asker()


def _given(node: Node | None, reader: Reader) -> tuple[dict[str, object], dict[str, object] | None]:
    """Attributes by their whole names; those of the resource apart, None where none is given: not loaded yet."""
    attributes: dict[str, object] = {}
    resource: dict[str, object] = {}

    def one(name: str, value: Node, place: Place) -> None:
        space, dot, rest = name.partition(".")
        if not dot or not rest or space not in conditions.NAMESPACES:
            reader.mistake(f"'{name}' is no attribute", place, "write resource.owner, context.hour or subject.region")
        elif name in _FILLED_IN:
            reader.mistake(f"{name} cannot be given", place, "it comes from as: and roles:")
        elif not isinstance(value, Value) or not isinstance(value.data, (str, int, bool)):
            reader.mistake(f"{name} must be text, a whole number, true or false", value)
        elif space == "resource":
            resource[rest] = value.data
        else:
            attributes[name] = value.data

    reader.each(node, "with", one)
    return attributes, resource or None


def run(decider: Decider, rows: tuple[Row, ...]) -> Tried:
    """Answers every row, and tells what no row has shown."""
    wrong: list[Wrong] = []
    shown: set[tuple[int, str]] = set()
    for row in rows:
        answer = _answered(decider, row)
        if _EXPECTED[row.expect] != answer.outcome or row.reason not in ("", answer.reason):
            wrong.append(Wrong(row, _said(decider, row, answer)))
        shown |= _shown(decider, row, answer)
    sides = list(_sides(decider))
    untried = tuple(told for key, told in sides if key not in shown)
    return Tried(len(rows), tuple(wrong), untried, len(sides))


def _answered(decider: Decider, row: Row) -> Answer:
    if row.asker.subject == "anonymous":
        # guard asks no policy about a caller that nobody knows.
        return Answer("deny", "unauthenticated", denied=row.permission)
    return decider.decide(
        subject=row.asker.subject,
        roles=decider.roles_of(row.asker.subject, row.asker.roles),
        permissions=(row.permission,),
        attributes=row.attributes,
        resource=row.resource,
    )


def _said(decider: Decider, row: Row, answer: Answer) -> str:
    if answer.reason == "unauthenticated":
        return "denied: nobody is signed in"
    found = explain.explain(decider, row.asker, (row.permission,), attributes=row.attributes, resource=row.resource)
    return found.text if not row.reason else f"{found.text}  ({answer.reason})"


def _shown(decider: Decider, row: Row, answer: Answer) -> set[tuple[int, str]]:
    """The sides of clauses that a row has shown."""
    if answer.reason == "unauthenticated":
        return set()
    granted = decider.granted(row.asker.subject, decider.roles_of(row.asker.subject, row.asker.roles), row.permission)
    tried = {id(grant) for grant in answer.clauses}
    found = {(id(rule.deny), "denies") for rule in decider.denying(row.permission) if rule.deny is answer.denied_by}
    if answer.outcome == "allow":
        found |= {(id(clause.grant), "allows") for clause in granted if id(clause.grant) in tried}
        found |= {(id(rule.deny), "lets pass") for rule in decider.denying(row.permission)}
    elif answer.outcome == "deny" and answer.reason == "condition-false":
        found |= {(id(clause.grant), "refuses") for clause in granted if id(clause.grant) in tried}
        found |= {(id(rule.deny), "lets pass") for rule in decider.denying(row.permission)}
    return found


def _sides(decider: Decider) -> Iterator[tuple[tuple[int, str], Untried]]:
    """Every side of every clause of the policy: what rows could show."""
    policy = decider.policy
    holders: list[tuple[str, tuple[Grant, ...]]] = [(ROLE_PREFIX + role.name, role.grants) for role in policy.roles]
    holders += [(f"service:{call.caller}", call.grants) for call in policy.calls if call.to == decider.service]
    holders += [(GLASS_PREFIX + rule.name, rule.grants) for rule in policy.break_glass]
    for holder, grants in holders:
        for grant in grants:
            yield from _both(id(grant), f"{holder} {grant.permission}", grant.when, grant.at, ("allows", "refuses"))
    for rule in policy.denies:
        yield from _both(id(rule), f"deny {rule.permission}", rule.when, rule.at, ("denies", "lets pass"))


def _both(
    key: int, clause: str, when: str, at: str, sides: tuple[str, str]
) -> Iterator[tuple[tuple[int, str], Untried]]:
    named = f"{clause} when {when}" if when else clause
    for side in sides if when else sides[:1]:
        yield (key, side), Untried(named, side, at)


def as_text(found: Tried, *, most: int = 20) -> str:
    """What was wrong, then what nobody has tried."""
    lines = [f"{found.rows - len(found.wrong)} of {found.rows} decisions are as expected"]
    for one in found.wrong:
        row = one.row
        who = printable(row.asker.shown() or "nobody")
        expected = f"{row.expect}, {row.reason}" if row.reason else row.expect
        lines.append(f"  {printable(row.at)}: {who} and {printable(row.permission)}: expected {expected}")
        lines.append(f"    {printable(one.said)}")
    lines.append(f"{found.sides - len(found.untried)} of {found.sides} sides of the policy's clauses are tried")
    for side in found.untried[:most]:
        lines.append(f"  no row in which it {side.side}: {printable(side.clause)}  ({printable(side.at)})")
    if len(found.untried) > most:
        lines.append(f"  ... {len(found.untried) - most} more (--format json)")
    return "\n".join(lines)


def as_json(found: Tried) -> dict[str, Any]:
    """The same for programs, whole."""
    return {
        "format": 1,
        "rows": found.rows,
        "wrong": [
            {"at": one.row.at, "permission": one.row.permission, "expect": one.row.expect, "said": one.said}
            for one in found.wrong
        ],
        "sides": found.sides,
        "untried": [{"clause": one.clause, "side": one.side, "at": one.at} for one in found.untried],
    }
