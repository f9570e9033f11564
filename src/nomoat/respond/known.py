"""What map, policy and journal already know of an incident, so that nobody is asked what stands there.

Takes the store and a case; gives short lines: what changed shortly before, who the caller is, what `check` says.
Everything read is bounded: somebody waits at a prompt.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from nomoat.journal.facts import Decision, FirstUse, Text
from nomoat.journal.ports import START, Store
from nomoat.respond.casework import Case
from nomoat.respond.reaching import begins, is_about

#: A deploy this shortly before the first event is the first thing to rule out.
SHORTLY = timedelta(hours=1)
_MOST_FACTS = 20_000
_MOST_ADDRESSES = 3


def known(store: Store, case: Case) -> list[str]:
    """Lines about the change before, the caller and the route; what is not known has none, but for a change."""
    return [_changes(store, case), *_caller(store, case), *_findings(store, case)]


def _changes(store: Store, case: Case) -> str:
    after = store.before(begins(case, before=SHORTLY))
    new = [
        f"{entry.fact.of} at {entry.recorded_at[11:16]}"
        for entry in store.read(after, kinds=(Text,))
        if isinstance(entry.fact, Text) and entry.fact.of in ("map", "policy")
    ]
    if not new:
        return "no new map or policy in the hour before the first event, nor since"
    return f"new since an hour before the first event, so perhaps a deploy: {', '.join(new)} UTC"


def _caller(store: Store, case: Case) -> list[str]:
    caller = case.declared.subject
    first = next(
        (
            entry.recorded_at
            for entry in store.read(START, kinds=(FirstUse,), limit=_MOST_FACTS)
            if isinstance(entry.fact, FirstUse) and entry.fact.by == caller
        ),
        None,
    )
    addresses: Counter[str] = Counter()
    routes: set[str] = set()
    for entry in store.read(store.before(begins(case)), kinds=(Decision,), limit=_MOST_FACTS):
        fact = entry.fact
        if isinstance(fact, Decision) and is_about(case, fact):
            addresses[fact.client] += fact.count
            routes.add(fact.target)
    found = [f"{caller}: first seen {first[:16].replace('T', ' ')} UTC"] if first else []
    if addresses:
        shown = ", ".join(f"{name or 'unknown'} ({count})" for name, count in addresses.most_common(_MOST_ADDRESSES))
        more = f" and {len(addresses) - _MOST_ADDRESSES} more" if len(addresses) > _MOST_ADDRESSES else ""
        count = f"{len(routes)} route{'' if len(routes) == 1 else 's'}"
        found.append(f"since then {addresses.total()} decisions about it on {count}, from {shown}{more}")
    return found


def _findings(store: Store, case: Case) -> list[str]:
    rules = sorted({one.rule for one in store.findings() if one.target == case.declared.target})
    return [f"check calls this route {', '.join(rules)}"] if rules else []
