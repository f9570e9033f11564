"""`nomoat guard report`: what was denied or would have been, which routes nobody asked for yet, when to enforce."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from nomoat import datafile
from nomoat import settings as settings_file
from nomoat.appmap import codec
from nomoat.errors import EXIT_CLEAN, EXIT_FINDINGS, UsageError, printable
from nomoat.journal.facts import Decision, Response, timestamp
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Entry
from nomoat.settings import Settings

_SHOWN = 20
#: What a route asks for that demands a role by its name.
_ROLE = "role:"
#: Answers of the application itself with which enforcing changes nothing for a request that guard would deny.
_REFUSALS = (401, 403)
#: From this status on an application has not served what it was asked for.
_NOT_SERVED = 400
#: Denials that nobody has to settle: they are what guard is there for, in either mode.
_SETTLED = frozenset(("blocked", "revoked", "unknown-route", "not-decided"))
_WORDS = {
    "unbound-route": "you left it denied; somebody uses it",
    "unauthenticated": "nobody was signed in",
    "bad-token": "the token was refused",
    "bad-envelope": "the task's message was forged, altered or too old; the worker's log says why",
    "bad-certificate": "the client certificate was refused; the service's log says why",
    "keys-unavailable": "no keys of the issuer, or no answer, to check the token by",
    "identity-failed": "identity= failed",
    "no-grant": "no role of the caller grants it",
    "out-of-scope": "the caller's token or key is limited to other permissions",
    "condition-false": "the condition of the grant does not hold",
    "condition-error": "a condition could not be evaluated",
    "denied-by-rule": "a deny rule says so",
    "step-up": "they have to sign in again first",
    "decision-missing": "the handler never made the decision that was left to it",
    "undecided-before-write": "the handler never makes the decision that is left to it",
    "decision-late": "the handler asked after its answer had begun; background tasks need guard.carry",
    "rerouted": "a mounted application's middleware sent it to another route",
    "not-decided": "the handler failed before it asked; its answer passes in either mode",
    "unknown-route": "no route of that name",
    "ambiguous-request": "routers read its path, or which method it asks for, differently",
    "rate-limited": "they come more often than limits: allows",
    "blocked": "blocked",
    "revoked": "revoked",
}


class Kind(NamedTuple):
    """Denials that are one line of the report: one decision about one settles all of them."""

    target: str
    who: str
    reason: str
    permissions: str
    has_roles: bool
    #: No route of the map could be meant, no router could be asked, and the application answered it.
    is_served: bool = False

    @property
    def is_settled(self) -> bool:
        """True where nobody has to decide anything."""
        return self.reason in _SETTLED and not self.is_not_on_map and not self.is_served

    @property
    def is_not_on_map(self) -> bool:
        """True for a route that the application serves and the map lacks; a path that nobody serves ends in a star."""
        return self.reason == "unknown-route" and not self.target.endswith(" *")


@dataclass(slots=True)
class Report:
    """What was seen: requests, denials by kind, and the routes that were asked for."""

    requests: int = 0
    denied: Counter[Kind] = field(default_factory=Counter)
    enforced: int = 0
    #: Whether guard enforced the newest of the decisions.
    is_enforcing: bool = False
    #: Of the unsettled kinds, what the application itself refused: enforcing changes nothing for it.
    refused_anyway: Counter[Kind] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    #: The services of which guard could not compare the map with what they serve.
    by_map: set[str] = field(default_factory=set)

    @property
    def open_kinds(self) -> Counter[Kind]:
        """Denials that somebody has to decide about before guard enforces."""
        return Counter({kind: n for kind, n in self.denied.items() if not kind.is_settled}) - self.refused_anyway

    @property
    def settled_kinds(self) -> Counter[Kind]:
        """Denials that nobody has to decide about."""
        return self.denied - self.open_kinds

    @property
    def unsettled(self) -> int:
        """How many denials somebody has to decide about."""
        return self.open_kinds.total()


def collect(entries: Iterable[Entry]) -> Report:
    """The report over decisions, the last of each request; collapsed ones weigh their count.

    The status of a write is in its `Response`, for its decision was written before its handler ran.
    """
    last: dict[str, Decision] = {}
    statuses: dict[str, int] = {}
    for entry in entries:
        fact = entry.fact
        if isinstance(fact, Response):
            statuses[fact.request] = fact.status
        elif isinstance(fact, Decision):
            known = last.get(fact.request)
            if known is None or fact.sequence >= known.sequence:
                last[fact.request] = fact
    report = Report()
    newest = ""
    for fact in last.values():
        report.requests += fact.count
        report.seen.add(fact.target)
        if fact.by_map:
            report.by_map.add(fact.service)
        if fact.happened_at >= newest:
            newest, report.is_enforcing = fact.happened_at, fact.enforced
        if fact.outcome == "deny":
            _count_denied(report, fact, statuses.get(fact.request, fact.status))
    return report


def _count_denied(report: Report, fact: Decision, status: int) -> None:
    is_served = fact.by_map and not fact.enforced and fact.reason == "unknown-route" and status < _NOT_SERVED
    kind = Kind(fact.target, fact.subject, fact.reason, ", ".join(fact.permissions), bool(fact.roles), is_served)
    report.denied[kind] += fact.count
    report.enforced += fact.count if fact.enforced else 0
    is_refused = status in _REFUSALS or (fact.reason == "ambiguous-request" and status >= _NOT_SERVED)
    if is_refused and not fact.enforced and not kind.is_settled:
        report.refused_anyway[kind] += fact.count


def run(arguments: argparse.Namespace) -> int:
    """Runs the command."""
    settings = settings_file.load(arguments.config)
    since_s = datafile.duration_s(arguments.since)
    if since_s is None:
        raise UsageError(f"'{arguments.since}' is no duration", where="--since", fix="write 24h or 7d")
    store = open_store(settings.store_url, create=False)
    try:
        begins = timestamp(datetime.now(UTC) - timedelta(seconds=since_s))
        report = collect(store.read(store.before(begins), kinds=(Decision, Response)))
    finally:
        store.close()
    unseen = _unseen(settings, report)
    if arguments.format == "json":
        _print_json(report, unseen)
    else:
        _print_text(report, unseen, arguments.since, all_unseen=arguments.unseen)
    safe = report.requests > 0 and not report.unsettled
    return EXIT_FINDINGS if arguments.gate and not safe else EXIT_CLEAN


def _unseen(settings: Settings, report: Report) -> list[str]:
    drawn = codec.load(settings.map_file)
    known = [route.id for route in drawn.routes if route.origin == "source"]
    if any(target.startswith("task:") for target in report.seen):
        # Where no task was ever decided about, nobody has put guard before them: none of them will be seen.
        known += [entry.id for entry in drawn.entries if entry.kind == "task"]
    return [one for one in known if one not in report.seen]


def _print_text(report: Report, unseen: list[str], since: str, *, all_unseen: bool) -> None:
    denied = report.denied.total()
    verb = "were denied" if report.enforced == denied else "would have been denied"
    print(f"{report.requests:,} requests in {since}, {denied:,} {verb}" + (":" if denied else "."))
    _print_kinds(report.open_kinds)
    if report.settled_kinds:
        print("  nothing to decide about these:")
        _print_kinds(report.settled_kinds)
    if report.refused_anyway:
        number = report.refused_anyway.total()
        print(f"{number:,} of these the application itself answered with 401 or 403: nothing changes for them.")
    print(_verdict(report))
    if report.by_map:
        print(
            f"{', '.join(sorted(report.by_map))}: guard goes by the map alone, which nobody has compared with what is "
            "served: a route that the map lacks shows above only once somebody has asked for it."
        )
    lacks_roles = any(kind.reason == "no-grant" and not kind.has_roles for kind in report.open_kinds)
    if lacks_roles and not report.is_enforcing:
        print(
            "Who came with no role: `roles:` of the issuer in nomoat.yaml, or identity= of protect(), says who has it."
        )
    if unseen and all_unseen:
        print("Not seen yet:")
        for route in unseen:
            print(f"  {printable(route.partition('/')[2])}")
    elif unseen:
        has_tasks = any(one.startswith("task:") for one in unseen)
        kind = "route or task" if has_tasks else "route"
        routes = f"1 {kind}" if len(unseen) == 1 else f"{len(unseen)} {'routes and tasks' if has_tasks else 'routes'}"
        print(f"Not seen yet: {routes} (nomoat guard report --unseen)")


def _print_kinds(kinds: Counter[Kind]) -> None:
    for kind, number in kinds.most_common(_SHOWN):
        route = printable(kind.target.partition("/")[2])
        print(f"{number:>7}  {route:<32} {printable(kind.who):<24} {printable(_why(kind))}")
    if len(kinds) > _SHOWN:
        print(f"         ... {len(kinds) - _SHOWN} more kinds (--format json)")


def _why(kind: Kind) -> str:
    if kind.is_served:
        return "the application answered it, and no route of the map could be meant"
    if kind.is_not_on_map:
        return "served, and the map lacks it: map --write, or unmapped: true"
    if kind.reason != "no-grant" or not kind.permissions:
        return _WORDS.get(kind.reason, kind.reason)
    none = "" if kind.has_roles else " (came with no role)"
    names = kind.permissions.split(", ")
    if all(name.startswith(_ROLE) for name in names):
        return f"does not have the role {' and '.join(name.removeprefix(_ROLE) for name in names)}{none}"
    return f"no role of {kind.who} may {kind.permissions}{none}"


def _verdict(report: Report) -> str:
    if not report.requests:
        return "Nothing was seen yet: is the service running behind protect(app)?"
    if report.is_enforcing:
        rest = "whoever is refused wrongly needs a grant in nomoat.yaml, or another line under routes"
        return (
            f"guard enforces; {rest if report.unsettled else 'nobody was refused whom somebody has to decide about'}."
        )
    if report.unsettled:
        return "Safe to enforce when these are settled: grant it, change routes:, or find out why somebody tries."
    return "Safe to enforce: nothing was denied that somebody has to decide about."


def _print_json(report: Report, unseen: list[str]) -> None:
    denied = [
        {"target": kind.target, "subject": kind.who, "reason": kind.reason, "permissions": kind.permissions,
         "count": number, "refused_anyway": report.refused_anyway[kind]}
        for kind, number in report.denied.most_common()
    ]  # fmt: skip
    document = {
        "format": 1,
        "requests": report.requests,
        "denied": denied,
        "unsettled": report.unsettled,
        "refused_anyway": report.refused_anyway.total(),
        "unseen": unseen,
        "not_compared": sorted(report.by_map),
        "safe_to_enforce": report.requests > 0 and not report.unsettled,
    }
    print(json.dumps(document, indent=2))
