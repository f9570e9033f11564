"""The review of an incident: what happened, when, what was reached, what it took, and what should change.

Everything comes from the map, the policy and the journal; what was reached is counted from recorded decisions alone.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from nomoat.appmap import codec
from nomoat.appmap.model import Route
from nomoat.errors import MapError, printable
from nomoat.journal.facts import Alert, Decision, Elevation, Evidence, Review, moment, timestamp
from nomoat.journal.ports import Store
from nomoat.respond import timing
from nomoat.respond.book import Playbook
from nomoat.respond.casework import Case
from nomoat.respond.reaching import reached_objects
from nomoat.respond.timing import Durations, spoken
from nomoat.settings import Settings

_SHOWN = 60
#: Methods that only read.
_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
#: Working days in which what was learnt gets an owner (NIST SP 800-61r3 asks for it soon; five days is our choice).
_REVIEW_DAYS = 5
#: What Markdown acts on; an underscore inside a word is none of it (CommonMark, section 6.2).
_FORMATS = re.compile(r"[\\`*\[\]<>|]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|\A[#!+-]")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the timeline."""

    at: str
    who: str
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a review shows; `fact` is its short form in the journal."""

    case: Case
    playbook: Playbook
    durations: Durations
    route: Route | None
    findings: tuple[str, ...]
    timeline: tuple[Row, ...]
    before: tuple[tuple[str, int], ...]
    after: tuple[tuple[str, int], ...]
    reached: tuple[str, ...]
    proposals: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    #: Steps that changed something before evidence was kept, and why their playbook says so.
    urgent: tuple[str, ...] = ()

    @property
    def due(self) -> str:
        """The day by which each proposal has an owner and a date: five working days after the incident ended."""
        ended = self.case.first("closed")
        day = moment(ended[0] if ended is not None else self.case.opened_at).date()
        left = _REVIEW_DAYS
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < 5
        return day.isoformat()

    @property
    def fact(self) -> Review:
        """The review as a fact."""
        found = self.durations
        return Review(
            incident=self.case.number, detected_s=found.detected_s, acknowledged_s=found.acknowledged_s,
            contained_s=found.contained_s, resolved_s=found.resolved_s, reached=len(self.reached),
            proposals=self.proposals,
        )  # fmt: skip


def report(store: Store, settings: Settings, case: Case, playbook: Playbook) -> Report:
    """The review of one incident, as things stand now."""
    route = _route(settings, case)
    findings = tuple(f"{one.rule} at {one.at}" for one in store.findings() if one.target == case.declared.target)
    before, after = _decisions(store, case, playbook)
    return Report(
        case=case,
        playbook=playbook,
        durations=timing.durations(store, case, playbook),
        route=route,
        findings=findings,
        timeline=_timeline(store, case, playbook),
        before=before,
        after=after,
        reached=tuple(reached_objects(store, case)),
        proposals=_proposals(route, case, playbook),
        evidence=tuple(case.evidence),
        urgent=tuple(
            f"{step.title}: {step.urgent}"
            for step in playbook.steps
            if step.urgent and (fact := case.steps.get(step.id)) is not None and fact.state not in ("open", "skipped")
        ),
    )


def _route(settings: Settings, case: Case) -> Route | None:
    try:
        return codec.load(settings.map_file).route(case.declared.target)
    except MapError:
        return None


def _decisions(
    store: Store, case: Case, playbook: Playbook
) -> tuple[tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]]:
    """What the caller was answered before and after the first verified block: outcome and reason, with counts."""
    blocks = {step.id for step in playbook.steps if step.kind == "block"}
    contained = next((at for at, step in case.step_times if step.step in blocks and step.state == "verified"), "")
    first = moment(case.declared.first_event_at or case.opened_at)
    begins = store.before(timestamp(first))
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    for entry in store.read(begins, kinds=(Decision,)):
        fact = entry.fact
        if isinstance(fact, Decision) and fact.sequence == 0 and case.declared.subject in (fact.subject, fact.client):
            side = after if contained and entry.recorded_at > contained else before
            side[f"{fact.outcome} ({fact.reason})"] += fact.count
    return tuple(before.most_common()), tuple(after.most_common())


def _timeline(store: Store, case: Case, playbook: Playbook) -> tuple[Row, ...]:
    rows = (
        [Row(case.declared.first_event_at, case.declared.subject, "first event")]
        if case.declared.first_event_at
        else []
    )
    entry = store.get(case.declared.alert) if case.declared.alert else None
    if entry is not None and isinstance(entry.fact, Alert):
        rows.append(Row(entry.recorded_at, "watch", f"alert {entry.fact.detection}", entry.fact.summary))
    rows.append(Row(case.opened_at, case.declared.by, "incident opened", case.declared.title))
    for at, change in case.changes:
        detail = change.role or change.title or change.note or ("false alarm" if change.false_alarm else "")
        rows.append(Row(at, change.by, change.change, detail))
    rows += _elevations(store, case)
    titles = {step.id: step.title for step in playbook.steps}
    for at, step in case.step_times:
        if step.state not in ("intent", "open"):
            who = f"{step.by}, recorded answer of the drill" if step.drill else step.by
            said = step.output.splitlines()[0] if step.output else step.reason
            rows.append(Row(at, who, f"{titles.get(step.step, step.step)} ({step.state})", said))
    return tuple(sorted(rows, key=lambda row: row.at))


def _elevations(store: Store, case: Case) -> list[Row]:
    """Roles for an emergency that were opened in the name of the incident, or while it was open."""
    ended = case.first("closed")
    ends = ended[0] if ended is not None else timestamp()
    rows: list[Row] = []
    for entry in store.read(store.before(case.opened_at), kinds=(Elevation,)):
        fact = entry.fact
        if not isinstance(fact, Elevation) or (fact.incident != case.number and entry.recorded_at > ends):
            continue
        did = "ended" if fact.lifted else f"opened until {fact.until}"
        rows.append(Row(entry.recorded_at, fact.by, f"break-glass {fact.role} for {fact.subject} {did}", fact.because))
    return rows


def _proposals(route: Route | None, case: Case, playbook: Playbook) -> tuple[str, ...]:
    found: list[str] = []
    if route is not None:
        found += _proposed_for(route)
    for step in playbook.steps:
        fact = case.steps.get(step.id)
        if fact is not None and fact.unclear:
            found.append(f"playbook {playbook.id}: the step '{step.title}' was marked unclear")
        elif fact is not None and fact.state in ("failed", "unsure", "not-verified"):
            found.append(f"playbook {playbook.id}: the step '{step.title}' ended {fact.state}")
    return tuple(found)


def _proposed_for(route: Route) -> list[str]:
    """What would have refused the caller at the route."""
    if route.verdict != "guarded":
        return [f"guard {route.method} {route.path} ({route.at}): nothing refuses an anonymous caller"]
    guards = [guard for guard in route.guards if guard.runs != "never"]
    permission = next((guard.name for guard in guards if guard.kind == "permission"), "")
    takes_object = any(parameter.location == "path" for parameter in route.parameters)
    if any(guard.kind == "ownership" for guard in guards) or not takes_object or permission.startswith("role:"):
        return []
    file, handler = route.at.rpartition(":")[0] or route.at, route.handler.rpartition(":")[2]
    if not permission:
        tables = [one.rpartition("/")[2] for one in (*route.reads, *route.writes)]
        if not tables:
            return []
        permission = f"{tables[0]}:{'read' if route.method in _SAFE else 'write'}"
    asked = f'guard.require("{permission}", owner=...)'
    return [
        f"in {file}, {handler}(): {asked}, or ask the database only for what is the caller's",
        f"in nomoat.yaml: {{permission: {permission}, when: resource.owner == subject.sub}}",
    ]


def markdown(found: Report) -> str:
    """The review as Markdown."""
    case, took = found.case, found.durations
    lines = [f"# {case.name}: {_md(case.declared.title)}", ""]
    lines += [
        f"{case.severity}, playbook {found.playbook.id} ({case.declared.playbook_hash[:19]}),"
        f" about `{_code(case.declared.subject)}` on `{_code(case.declared.target)}`.",
        "",
        f"detected after {spoken(took.detected_s)}, acknowledged {spoken(took.acknowledged_s)},"
        f" contained {spoken(took.contained_s)}, resolved {spoken(took.resolved_s)}."
        f"   {len(found.reached)} objects were reached, by recorded decisions.",
        "",
        "## What the map says",
        "",
        *_map_lines(found),
        "",
        "## Timeline",
        "",
        "| when (UTC) | who | what | |",
        "| --- | --- | --- | --- |",
        *(
            f"| {shown_at(row, found)} | {_md(row.who)} | {_md(row.what)} | {_md(row.detail)} |"
            for row in found.timeline
        ),
        "",
        "## Decisions about the caller",
        "",
        f"before the block: {counts(found.before)}  ",
        f"after it: {counts(found.after)}",
        "",
        "## What was reached",
        "",
        _md(listed(found.reached)),
        "",
        "## Evidence",
        "",
        *(
            f"- `{one.sha256[:16]}` {_md(one.name)}, {one.size_bytes:,} bytes, kept by {_md(one.by)}"
            for one in found.evidence
        ),
        *(f"- changed before evidence was kept: {_md(line)}" for line in found.urgent),
        "",
        "## Proposed",
        "",
        *(f"- {_md(line)}" for line in found.proposals),
        *(["", f"Each gets an owner and a date until {found.due}."] if found.proposals else ["Nothing."]),
    ]
    return "\n".join(lines) + "\n"


def _map_lines(found: Report) -> list[str]:
    route = found.route
    if route is None:
        return ["The map does not have this route."]
    guards = ", ".join(f"{guard.kind} {guard.name} ({guard.at})" for guard in route.guards) or "none"
    touched = ", ".join((*route.reads, *route.writes)) or "nothing that is known"
    rows = [f"- `{_code(route.method)} {_code(route.path)}`, {route.at}, {route.verdict}", f"- guards: {_md(guards)}"]
    rows.append(f"- reaches: {_md(touched)}")
    if not any(guard.kind == "ownership" for guard in route.guards) and route.parameters:
        rows.append("- it never compares the owner")
    rows += [f"- finding: {_md(one)}" for one in found.findings]
    return rows


def shown_at(row: Row, found: Report) -> str:
    """The time of a row; with its day where the incident took more than one."""
    days = {one.at[:10] for one in found.timeline}
    return row.at[11:23] if len(days) == 1 else f"{row.at[:10]} {row.at[11:19]}"


def counts(rows: tuple[tuple[str, int], ...]) -> str:
    """Counts in words."""
    return ", ".join(f"{number:,} x {_md(what)}" for what, number in rows) or "none"


def listed(items: tuple[str, ...]) -> str:
    """What was reached, in words."""
    if not items:
        return "Nothing, as far as recorded decisions tell."
    more = f", and {len(items) - _SHOWN} more (in the evidence)" if len(items) > _SHOWN else ""
    name = items[0].partition(" ")[0]
    if all(one.startswith(f"{name} ") and ", " not in one for one in items):
        return f"{name} " + ", ".join(one.partition(" ")[2] for one in items[:_SHOWN]) + more
    return "; ".join(items[:_SHOWN]) + more


def _md(text: str) -> str:
    """Untrusted text inside of Markdown: nothing in it formats, links or breaks a table."""
    flat = " ".join(printable(text).split())
    return _FORMATS.sub(lambda found: f"\\{found.group()}", flat)


def _code(text: str) -> str:
    return printable(text).replace("`", "'").replace("|", "\\|")
