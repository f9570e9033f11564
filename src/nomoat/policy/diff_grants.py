"""What a change of roles, assignments, calls and deny rules allows or denies, permission by permission."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nomoat.policy.access import Access, Verdict, When, compared
from nomoat.policy.diff import Caller, Change, Comparison, listed, told, words
from nomoat.policy.model import Deny
from nomoat.policy.wildcards import covers, is_wildcard

#: As many routes are named with a change; the JSON has all.
_MOST_ROUTES = 4
#: Of those whom a changed deny rule concerns, so many are tried out.
_MOST_CONCERNED = 8


@dataclass(frozen=True, slots=True)
class _Alike:
    """What is the same of several classes of callers: they are told in one sentence."""

    permission: str
    service: str
    verdict: Verdict
    before: Access
    after: Access
    holders: tuple[str, ...]


def granted(comparison: Comparison) -> Iterator[Change]:
    """Permissions that somebody may now, no longer, or under another condition."""
    groups: dict[_Alike, list[Caller]] = {}
    # Of many people with the same roles, the same is true: it is found once.
    found: dict[tuple[object, ...], list[_Alike]] = {}
    for caller in comparison.callers:
        key = (caller.before, caller.after, caller.service, caller.subject if caller.service else "")
        if key not in found:
            pairs = (_compared(comparison, caller, permission) for permission in _asked(comparison, caller))
            found[key] = [alike for alike in pairs if alike is not None]
        for alike in found[key]:
            groups.setdefault(alike, []).append(caller)
    for alike, callers in groups.items():
        yield _told(comparison, alike, callers)


def _asked(comparison: Comparison, caller: Caller) -> list[str]:
    """The permissions of which a caller may have more or less than before."""
    known = comparison.before.permissions(caller.subject, caller.before, caller.service)
    known |= comparison.after.permissions(caller.subject, caller.after, caller.service)
    stars = [name for name in known if is_wildcard(name)]
    known |= {name for name in comparison.names for star in stars if covers(star, name)}
    return sorted(known & comparison.touched if comparison.has_same_roles(caller) else known)


def _compared(comparison: Comparison, caller: Caller, permission: str) -> _Alike | None:
    reaches = comparison.reaches(caller, (permission,))
    verdict = compared(*reaches)
    if verdict == "same" or _is_of_deny_rules(comparison, caller, permission):
        return None
    before, after = (reach.needs[0][1] for reach in reaches)
    holders = _holders(before.grants if after.is_denied else after.grants - before.grants or after.grants)
    return _Alike(permission, caller.service, verdict, before, after, holders)


def _is_of_deny_rules(comparison: Comparison, caller: Caller, permission: str) -> bool:
    """Whether only the deny rules differ: then they are told, with who is concerned."""
    old = comparison.granted(comparison.before, caller, permission)
    new = comparison.granted(comparison.after, caller, permission)
    denying = (when for side in (comparison.before, comparison.after) for when in comparison.denied(side, permission))
    # With other roles the same text asks something else, whether it grants or denies.
    reads_roles = any("subject.roles" in one.canonical for one in (*old, *new, *denying))
    changed = _denies(comparison, permission)
    return old == new and bool(changed[0] or changed[1]) and (not reads_roles or comparison.has_same_roles(caller))


def _holders(grants: frozenset[When]) -> tuple[str, ...]:
    found = (", ".join(filter(None, (grant.holder, grant.at))) for grant in sorted(grants))
    return tuple(dict.fromkeys(sorted(found)))


def _told(comparison: Comparison, alike: _Alike, callers: list[Caller]) -> Change:
    who = tuple(caller.name for caller in callers)
    before, after = words(alike.before), words(alike.after)
    named = listed(who)
    does = f"call {alike.service} with {alike.permission}" if alike.service else alike.permission
    where = f" ({listed(alike.holders)})" if alike.holders else ""
    verdict, example, tried = alike.verdict, "", 0
    if alike.before.is_denied:
        condition = "" if after == "always" else f" {after.removeprefix('always, ')}"
        what = f"{named} may now {does}{condition}{where}"
    elif alike.after.is_denied:
        what = f"{named} may no longer {does}; before: {before}{where.replace('(', '(was ', 1)}"
    elif verdict == "untold":
        texts = (one.text for side in (alike.before, alike.after) for one in (*side.grants, *side.denies))
        asked = (alike.permission,)
        verdict, example, tried = told(comparison.example(callers[0], asked, asked, texts), verdict)
        how = "the conditions do not tell" if verdict == "untold" else f"it is {verdict}"
        what = f"{named} may {does}: changed from {before} to {after}{where}; {how}: {example}"
    else:
        what = f"{named} may {does} {after}; before: {before}{where}"
    at = next((one.at for one in sorted(alike.after.grants) if one.at), "")
    routes = _routes(comparison, alike.permission, alike.service)
    if routes and verdict == "weaker":
        what += f"  [{listed(routes, most=_MOST_ROUTES)}]"
    holders = sorted({one.holder for one in (alike.before if alike.after.is_denied else alike.after).grants})
    return Change(
        verdict, "grant", alike.permission, what, who, before, after, at, routes, example, tried, listed(holders),
        alike.service,
    )  # fmt: skip


def _routes(comparison: Comparison, permission: str, service: str) -> tuple[str, ...]:
    """The routes that demand a permission now."""
    found = []
    for _, binding in comparison.after.bindings:
        for route in binding.routes:
            name = route.removeprefix("route:")
            if any(covers(permission, name) for name in binding.permissions) and (
                not service or name.partition("/")[0] == service
            ):
                found.append(name.partition("/")[2])
    return tuple(sorted(found))


def _denies(comparison: Comparison, permission: str) -> tuple[list[When], list[When]]:
    """The conditions of deny rules that are gone, and of those that are new."""
    old, new = (
        {_when(rule): _when(rule) for rule in side.policy.denies if rule.permission == permission}
        for side in (comparison.before, comparison.after)
    )
    return sorted(old.keys() - new.keys()), sorted(new.keys() - old.keys())


def _when(rule: Deny) -> When:
    from nomoat.policy.cel.canonical import canonical

    return When(canonical(rule.when), rule.when, rule.because, rule.at)


def deny_rules(comparison: Comparison) -> Iterator[Change]:
    """Deny rules that are gone, new, or have another condition."""
    sides = (comparison.before, comparison.after)
    for permission in sorted({rule.permission for side in sides for rule in side.policy.denies}):
        gone, new = _denies(comparison, permission)
        if not gone and not new:
            continue
        names = sorted({permission, *(name for name in comparison.names if covers(permission, name))})
        concerned = [(caller, _concerned(comparison, caller, names)) for caller in comparison.callers]
        callers = [(caller, name) for caller, name in concerned if name]
        who = tuple(dict.fromkeys(caller.name for caller, _ in callers))
        of = f" of {permission}"
        concerns = f"; it concerns {listed(who)}" if who else "; nobody is granted it on both sides"
        if gone and new:
            yield _changed(comparison, permission, gone, new, callers)
        elif gone:
            what = f"a deny rule{of} is gone: {_rules(gone)}{concerns}"
            yield Change("weaker", "deny-rule", permission, what, who, _rules(gone), "", "")
        elif new:
            what = f"a new deny rule{of}: {_rules(new)}{concerns} ({new[0].at})"
            yield Change("stricter", "deny-rule", permission, what, who, "", _rules(new), new[0].at)


def _changed(
    comparison: Comparison, permission: str, gone: list[When], new: list[When], callers: list[tuple[Caller, str]]
) -> Change:
    verdict: Verdict = "untold"
    who = tuple(dict.fromkeys(caller.name for caller, _ in callers))
    if any(not one.canonical for one in new):
        verdict, how, tried = "stricter", "it holds always now", 0
    elif any(not one.canonical for one in gone):
        verdict, how, tried = "weaker", "it held always before", 0
    elif not callers:
        how, tried = "nobody is granted it on both sides, so nothing was tried", 0
    else:
        verdict, how, tried = _tried(comparison, [*gone, *new], callers)
    what = f"a deny rule of {permission} changed from {_rules(gone)} to {_rules(new)} ({new[0].at}): {how}"
    return Change(verdict, "deny-rule", permission, what, who, _rules(gone), _rules(new), new[0].at, (), how, tried)


def _tried(comparison: Comparison, rules: list[When], callers: list[tuple[Caller, str]]) -> tuple[Verdict, str, int]:
    """What trying finds for whom a deny rule concerns: the first who gains by it, else what the first one tells."""
    found: list[tuple[Verdict, str, int]] = []
    for caller, name in callers[:_MOST_CONCERNED]:
        texts = [one.text for one in (*rules, *comparison.granted(comparison.after, caller, name))]
        found.append(told(comparison.example(caller, (name,), (name,), texts), "untold"))
        if found[-1][0] == "weaker":
            return found[-1]
    return found[0]


def _concerned(comparison: Comparison, caller: Caller, names: list[str]) -> str:
    """What a caller is granted on both sides of what a deny rule is about; empty for nothing."""
    sides = (comparison.before, comparison.after)
    return next((name for name in names if all(comparison.granted(side, caller, name) for side in sides)), "")


def _rules(rules: list[When]) -> str:
    said = (
        (f"when {one.text}" if one.text else "always") + (f", because '{one.holder}'" if one.holder else "")
        for one in rules
    )
    return " and ".join(said)
