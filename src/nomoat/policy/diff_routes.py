"""What becomes reachable because a route demands something else: by `routes:`, or because the map says so now.

Routes that demand what they demanded are told with the permissions that they demand, not here.
"""

from __future__ import annotations

from collections.abc import Iterator

from nomoat.appmap import ids
from nomoat.policy.access import NOBODY, NOTHING_NEEDED, Reach, Verdict, compared
from nomoat.policy.bindings import Binding
from nomoat.policy.diff import Caller, Change, Comparison, listed, told

ANONYMOUS = Caller("anonymous callers", "anonymous")
#: Whoever is signed in and has no role that the policy knows.
SIGNED_IN = Caller("callers without a role")
#: From more people to fewer.
_OPENNESS = {"public": 0, "signed-in": 1, "permissions": 2, "unbound": 3, "unknown": 3}


def demands(comparison: Comparison) -> Iterator[Change]:
    """Routes whose demand changed, each with who gains and who loses by it."""
    before, after = dict(comparison.before.bindings), dict(comparison.after.bindings)
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if _of(old) != _of(new):
            yield from _changed(comparison, key, old, new)
        if new is not None and new.decided_in != (old.decided_in if old is not None else ""):
            yield _decided(key, new)


def _of(binding: Binding | None) -> tuple[str, frozenset[str]]:
    """What a demand comes down to: who may pass; a route that nothing binds is denied, as one that is not there."""
    if binding is None or binding.kind in ("unbound", "unknown"):
        return "", frozenset()
    return binding.kind, frozenset(binding.permissions)


def _decided(key: str, new: Binding) -> Change:
    name = _name(key, new)
    if new.decided_in:
        what = f"{name} is left to its handler to decide now, because '{new.because}' ({new.at})"
        return Change("weaker", "route", _id(key, new), what, after="decided_in: handler", at=new.at)
    what = f"{name} is no longer left to its handler to decide"
    return Change("stricter", "route", _id(key, new), what, before="decided_in: handler")


def _changed(comparison: Comparison, key: str, old: Binding | None, new: Binding | None) -> Iterator[Change]:
    shown = new or old
    assert shown is not None
    name, target = _name(key, shown), _id(key, shown)
    was, now = _words(old), _words(new)
    place = f" ({new.at})" if new is not None and new.at else ""
    rest = (was, now, new.at if new is not None else "")
    if new is not None and new.kind in ("public", "signed-in") and _openness(new) < _openness(old):
        yield Change("weaker", "route", target, f"{_opened(name, new)}{place}; before: {was}", _who(new), *rest)
        return
    gaining, losing, untold = _affected(comparison, key, old, new)
    if _of(new)[0] == "":
        why = "nothing binds it" if new is not None else "it is not on the map"
        yield Change("stricter", "route", target, f"nobody may {name} any more: {why}; before: {was}", losing, *rest)
        return
    how = f"it demands {now}{place}; before: {was}"
    if gaining:
        yield Change("weaker", "route", target, f"{listed(gaining)} may now {name}: {how}", gaining, *rest)
    if losing:
        what = f"{listed(losing)} may no longer {name}, or not as before: {how}"
        yield Change("stricter", "route", target, what, losing, *rest)
    for caller, texts in untold:
        permissions = [binding.permissions if binding is not None else () for binding in (old, new)]
        found = comparison.example(caller, permissions[0], permissions[1], texts)
        verdict, example, tried = told(found, "untold")
        what = f"{caller.name} may {name} under other conditions: {how}; {example}"
        yield Change(verdict, "route", target, what, (caller.name,), *rest, (), example, tried)
    if not (gaining or losing or untold):
        yield Change("same", "route", target, f"nobody gains or loses by what {name} demands: {how}", (), *rest)


def _affected(
    comparison: Comparison, key: str, old: Binding | None, new: Binding | None
) -> tuple[tuple[str, ...], tuple[str, ...], list[tuple[Caller, tuple[str, ...]]]]:
    """Who gains, who loses, and of whom it cannot be told, with the conditions that leave it open."""
    service = ids.parse_route(key)
    groups: dict[Verdict, dict[str, None]] = {"weaker": {}, "stricter": {}, "untold": {}, "same": {}}
    untold: list[tuple[Caller, tuple[str, ...]]] = []
    for caller in (ANONYMOUS, SIGNED_IN, *comparison.callers):
        if caller.service and (service is None or caller.service != service.service):
            continue
        before = _reach(comparison, caller, old, 0)
        after = _reach(comparison, caller, new, 1)
        verdict = compared(before, after)
        groups[verdict][caller.name] = None
        if verdict == "untold":
            needs = [access for reach in (before, after) for _, access in reach.needs]
            untold.append((caller, tuple(one.text for access in needs for one in (*access.grants, *access.denies))))
    return tuple(groups["weaker"]), tuple(groups["stricter"]), untold


def _reach(comparison: Comparison, caller: Caller, binding: Binding | None, side: int) -> Reach:
    kind, _ = _of(binding)
    if binding is None or not kind:
        return NOBODY
    if kind == "public":
        return NOTHING_NEEDED
    if caller is ANONYMOUS:
        return NOBODY
    if kind == "signed-in":
        return NOTHING_NEEDED
    return comparison.reaches(caller, binding.permissions)[side]


def _openness(binding: Binding | None) -> int:
    return _OPENNESS[binding.kind] if binding is not None else _OPENNESS["unbound"]


def _opened(name: str, new: Binding) -> str:
    if new.kind == "public":
        return f"anybody may now {name}: public, because '{new.because}'" if new.because else f"anybody may now {name}"
    return f"everybody who is signed in may now {name}"


def _who(new: Binding) -> tuple[str, ...]:
    return ("anybody",) if new.kind == "public" else ("everybody who is signed in",)


def _words(binding: Binding | None) -> str:
    if binding is None:
        return "it was not on the map"
    match binding.kind:
        case "permissions":
            return " and ".join(binding.permissions)
        case "signed-in":
            return "a sign-in"
        case "public":
            return "public"
        case _:
            return "nothing bound it, so it was denied"


def _name(key: str, binding: Binding) -> str:
    """Method and path as the map has them, with the service in front."""
    return _id(key, binding).removeprefix("route:").partition("/")[2]


def _id(key: str, binding: Binding) -> str:
    return binding.routes[0] if binding.routes else key
