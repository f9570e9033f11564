"""`nomoat guard report`: what was denied or would have been, which routes nobody asked for yet, when to enforce."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from nomoat import datafile
from nomoat import settings as settings_file
from nomoat.appmap import codec
from nomoat.errors import EXIT_CLEAN, EXIT_FINDINGS, UsageError, printable
from nomoat.journal.facts import Decision, Response, timestamp
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Entry
from nomoat.settings import Settings

_SHOWN = 20
#: Denials that nobody has to settle: they are what guard is there for, in either mode.
_SETTLED = frozenset(("blocked", "revoked", "unknown-route", "not-decided"))
_WORDS = {
    "unbound-route": "you left it denied; somebody uses it",
    "unauthenticated": "nobody was signed in",
    "bad-token": "the token was refused",
    "identity-failed": "identity= failed",
    "no-grant": "no role of the caller grants it",
    "condition-false": "the condition of the grant does not hold",
    "condition-error": "a condition could not be evaluated",
    "denied-by-rule": "a deny rule says so",
    "decision-missing": "the handler never made the decision that was left to it",
    "undecided-before-write": "the handler never makes the decision that is left to it",
    "decision-late": "the handler asked after its answer had begun",
    "rerouted": "a mounted application's middleware sent it to another route",
    "not-decided": "the handler failed before it asked; its answer passes in either mode",
    "unknown-route": "no route of that name",
    "blocked": "blocked",
    "revoked": "revoked",
}


@dataclass(slots=True)
class Report:
    """What was seen: requests, denials by (route, who, reason, permissions), and the routes that were asked for."""

    requests: int = 0
    denied: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    enforced: int = 0
    #: Of the unsettled kinds, what the application itself refused with 401: enforcing changes nothing for it.
    refused_anyway: int = 0
    seen: set[str] = field(default_factory=set)

    @property
    def unsettled(self) -> int:
        """Denials that somebody has to decide about before guard enforces."""
        open_ones = sum(number for (_, _, reason, _), number in self.denied.items() if reason not in _SETTLED)
        return open_ones - self.refused_anyway


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
    for fact in last.values():
        report.requests += fact.count
        report.seen.add(fact.target)
        if fact.outcome == "deny":
            who = "anonymous" if fact.subject == "anonymous" else fact.subject
            report.denied[fact.target, who, fact.reason, ", ".join(fact.permissions)] += fact.count
            report.enforced += fact.count if fact.enforced else 0
            status = statuses.get(fact.request, fact.status)
            if status == 401 and not fact.enforced and fact.reason not in _SETTLED:
                report.refused_anyway += fact.count
    return report


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
    return [route.id for route in drawn.routes if route.origin == "source" and route.id not in report.seen]


def _print_text(report: Report, unseen: list[str], since: str, *, all_unseen: bool) -> None:
    denied = sum(report.denied.values())
    verb = "were denied" if report.enforced == denied else "would have been denied"
    print(f"{report.requests:,} requests in {since}, {denied:,} {verb}" + (":" if denied else "."))
    for (target, who, reason, permissions), number in report.denied.most_common(_SHOWN):
        route = target.partition("/")[2]
        why = _WORDS.get(reason, reason)
        if reason == "no-grant" and permissions:
            why = f"no role of {who} may {permissions}"
        print(f"{number:>7}  {printable(route):<32} {printable(who):<24} {printable(why)}")
    if len(report.denied) > _SHOWN:
        print(f"         ... {len(report.denied) - _SHOWN} more kinds (--format json)")
    if not report.requests:
        print("Nothing was seen yet: is the service running behind protect(app)?")
    elif report.unsettled:
        _print_refused_anyway(report)
        print("Safe to enforce when these are settled: grant it, change routes:, or find out why somebody tries.")
    else:
        _print_refused_anyway(report)
        print("Safe to enforce: nothing was denied that somebody has to decide about.")
    if unseen and all_unseen:
        print("Not seen yet:")
        for route in unseen:
            print(f"  {printable(route.partition('/')[2])}")
    elif unseen:
        print(f"Not seen yet: {len(unseen)} routes (nomoat guard report --unseen)", file=sys.stdout)


def _print_refused_anyway(report: Report) -> None:
    if report.refused_anyway:
        print(f"{report.refused_anyway:,} of these the application itself answered with 401: nothing changes for them.")


def _print_json(report: Report, unseen: list[str]) -> None:
    denied = [
        {"target": target, "subject": who, "reason": reason, "permissions": permissions, "count": number}
        for (target, who, reason, permissions), number in report.denied.most_common()
    ]
    document = {
        "format": 1,
        "requests": report.requests,
        "denied": denied,
        "unsettled": report.unsettled,
        "refused_anyway": report.refused_anyway,
        "unseen": unseen,
        "safe_to_enforce": report.requests > 0 and not report.unsettled,
    }
    print(json.dumps(document, indent=2))
