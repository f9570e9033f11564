"""What map, policy and journal already know of an incident, so that nobody is asked what stands there.

Takes the store and a case; gives short lines: what changed shortly before, who the caller is and what it was answered,
which accounts were used from its address, what `check` says.
Everything read is bounded: somebody waits at a prompt.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from nomoat.journal.facts import Decision, FirstUse, Response, Text
from nomoat.journal.ports import START, Store
from nomoat.respond.casework import Case
from nomoat.respond.reaching import begins, is_about

#: A deploy this shortly before the first event is the first thing to rule out.
SHORTLY = timedelta(hours=1)
_MOST_FACTS = 20_000
_MOST_ADDRESSES = 3
_MOST_ACCOUNTS = 10


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
    facts = [
        entry.fact
        for entry in store.read(store.before(begins(case)), kinds=(Decision, Response), limit=_MOST_FACTS)
        if isinstance(entry.fact, Decision | Response)
    ]
    about = [fact for fact in facts if isinstance(fact, Decision) and fact.sequence == 0 and is_about(case, fact)]
    for fact in about:
        addresses[fact.client] += fact.count
        routes.add(fact.target)
    found = [f"{caller}: first seen {first[:16].replace('T', ' ')} UTC"] if first else []
    if addresses:
        shown = ", ".join(f"{name or 'unknown'} ({count})" for name, count in addresses.most_common(_MOST_ADDRESSES))
        more = f" and {len(addresses) - _MOST_ADDRESSES} more" if len(addresses) > _MOST_ADDRESSES else ""
        count = f"{len(routes)} route{'' if len(routes) == 1 else 's'}"
        found.append(f"since then {addresses.total()} decisions about it on {count}, from {shown}{more}")
        found.append(_answers(about, facts))
        found += _accounts(case, about, facts)
    return found


def _answers(about: list[Decision], facts: list[Decision | Response]) -> str:
    """By status: how much of it succeeded is the first thing that anybody asks."""
    later = {fact.request: fact.status for fact in facts if isinstance(fact, Response)}
    statuses: Counter[str] = Counter()
    for fact in about:
        statuses[str(fact.status or later.get(fact.request) or "no status recorded")] += fact.count
    tokens = {fact.credential for fact in about} - {""}
    said = ", ".join(f"{status} ({count})" for status, count in sorted(statuses.items()))
    return f"it was answered {said}; it used {len(tokens)} token{'' if len(tokens) == 1 else 's'}"


def _accounts(case: Case, about: list[Decision], facts: list[Decision | Response]) -> list[str]:
    """Where sign-ins were tried: how many got through, and whose accounts were used from the address since."""
    later = {fact.request: fact.status for fact in facts if isinstance(fact, Response)}
    statuses = [(fact.status or later.get(fact.request, 0), fact.count) for fact in about if fact.login]
    if not statuses:
        return []
    through = sum(count for status, count in statuses if 200 <= status < 400)
    failed = sum(count for status, count in statuses if status >= 400)
    clients = {fact.client for fact in about}
    used = sorted(
        {fact.subject for fact in facts if isinstance(fact, Decision) and fact.client in clients} - {"", "anonymous"}
    )
    whose = ", ".join(used[:_MOST_ACCOUNTS]) + (
        f" and {len(used) - _MOST_ACCOUNTS} more" if used[_MOST_ACCOUNTS:] else ""
    )
    accounts = f"; accounts used from there since, to be reset if they are not its own: {whose}" if used else ""
    return [f"sign-ins from there: {failed} failed, {through} got through{accounts}"]


def _findings(store: Store, case: Case) -> list[str]:
    rules = sorted({one.rule for one in store.findings() if one.target == case.declared.target})
    return [f"check calls this route {', '.join(rules)}"] if rules else []
