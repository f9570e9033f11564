"""What changed between two maps, in words, and whether it got weaker.

Routes are compared by key, guards by kind and name: a renamed parameter, a moved file and another order change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nomoat.appmap.model import SIGNED_IN, Guard, Map, Route

#: From the strictest to the weakest.
_RANK = {"guarded": 0, "unknown": 1, "unguarded": 2}


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One difference. `target` is the id it is about; `is_weaker` means that something opened up."""

    is_weaker: bool
    target: str
    what: str

    def __str__(self) -> str:
        return self.what


def compare(before: Map, after: Map) -> tuple[Change, ...]:
    """Every difference that matters, what got weaker first."""
    changes = [*_routes(before, after), *_services(before, after), *_hosts(before, after), *_edges(before, after)]
    changes += _permissions(before, after)
    return tuple(sorted(set(changes), key=lambda one: (not one.is_weaker, one.target, one.what)))


def is_weaker(changes: Iterable[Change]) -> bool:
    """Whether any change opened something up."""
    return any(change.is_weaker for change in changes)


def _routes(before: Map, after: Map) -> list[Change]:
    old, new = _by_key(before), _by_key(after)
    found: list[Change] = []
    for key, routes in new.items():
        if key not in old:
            found.extend(_added(routes))
        else:
            found.extend(_changed(old[key], routes))
    for key, routes in old.items():
        if key not in new:
            found.append(Change(False, routes[0].id, f"{_name(routes[0])} is gone"))
    return found


def _by_key(drawn: Map) -> dict[str, list[Route]]:
    found: dict[str, list[Route]] = {}
    for route in drawn.routes:
        found.setdefault(route.key, []).append(route)
    return found


def _name(route: Route) -> str:
    return f"{route.method} {route.path or '/'}"


def _weakest(routes: list[Route]) -> Route:
    return max(routes, key=lambda route: (_RANK[route.verdict], -len(_demanded(route))))


def _added(routes: list[Route]) -> list[Change]:
    route = _weakest(routes)
    name = _name(route)
    if route.origin == "framework":
        return [Change(route.verdict != "guarded", route.id, f"{name} is new, added by the framework, {_state(route)}")]
    if route.verdict == "guarded":
        found = [Change(False, route.id, f"{name} is new and needs {_needs(route)}")]
        found += [Change(True, route.id, f"{name} is new and writes {_plain(store)}") for store in route.writes]
        return found
    return [Change(True, route.id, f"{name} is new and {_state(route)}")]


def _state(route: Route) -> str:
    if route.verdict == "unguarded":
        return "open to anyone"
    if route.verdict == "unknown":
        return f"not known to refuse anyone{f' ({route.because})' if route.because else ''}"
    return f"needs {_needs(route)}"


def _needs(route: Route) -> str:
    names = _demanded(route)
    if names:
        return ", ".join(names)
    if route.binding == SIGNED_IN:
        return "a sign-in"
    kinds = sorted({guard.kind for guard in route.guards if guard.runs != "never"})
    return " and ".join(f"a check of {kind}" for kind in kinds) or "a sign-in"


def _demanded(route: Route) -> tuple[str, ...]:
    bound = route.binding if isinstance(route.binding, tuple) else ()
    return tuple(dict.fromkeys((*bound, *(route.requires or ()))))


def _changed(old: list[Route], new: list[Route]) -> list[Change]:
    before, after = _weakest(old), _weakest(new)
    name = _name(after)
    found: list[Change] = []
    lost = [one for one in _demanded(before) if one not in _demanded(after)]
    gained = [one for one in _demanded(after) if one not in _demanded(before)]
    if _RANK[after.verdict] > _RANK[before.verdict]:
        found.append(Change(True, after.id, f"{name} {_opened(before, after)}"))
    elif _RANK[after.verdict] < _RANK[before.verdict]:
        found.append(Change(False, after.id, f"{name} was {_was(before)} and {_now(after)}"))
    else:
        found += _bound(before, after, lost, gained)
    if _RANK[after.verdict] <= _RANK[before.verdict]:
        found += _guards(before, after, lost)
        found += _asked(before, after, lost, gained)
    found += _reached(old, new, name, after.id)
    return found


def _was(route: Route) -> str:
    return "open to anyone" if route.verdict == "unguarded" else "not known to refuse anyone"


def _now(route: Route) -> str:
    return f"now needs {_needs(route)}" if route.verdict == "guarded" else "is now not known"


def _opened(before: Route, after: Route) -> str:
    needed = f" without {_needs(before)}" if before.verdict == "guarded" else ""
    if after.verdict == "unguarded":
        return f"became reachable{needed or ' by anyone'}"
    return f"may be reachable{needed}: {after.because or 'it cannot be told'}"


def _bound(before: Route, after: Route, lost: list[str], gained: list[str]) -> list[Change]:
    name = _name(after)
    found: list[Change] = []
    if lost and gained:
        found.append(Change(True, after.id, f"{name} needs {', '.join(gained)} instead of {', '.join(lost)}"))
    elif lost:
        found.append(Change(True, after.id, f"{name} became reachable without {', '.join(lost)}"))
    elif gained:
        found.append(Change(False, after.id, f"{name} now needs {', '.join(gained)}"))
    elif before.binding is not None and after.binding is None and before.verdict == "guarded":
        found.append(Change(True, after.id, f"{name} no longer surely needs {_needs(before)}"))
    elif before.requires is not None and after.requires is None:
        found.append(Change(True, after.id, f"it can no longer be told what {name} asks of guard"))
    return found


def _guards(before: Route, after: Route, lost: list[str]) -> list[Change]:
    name = _name(after)
    found: list[Change] = []
    old = {(guard.kind, _guard_name(guard)): guard for guard in before.guards}
    new = {(guard.kind, _guard_name(guard)): guard for guard in after.guards}
    kept = {guard.kind for guard in after.guards if guard.runs != "never"}
    for key, guard in old.items():
        now = new.get(key)
        if now is None and guard.runs != "never" and guard.name not in lost and guard.kind not in kept:
            found.append(Change(True, after.id, f"{name} lost its check of {guard.kind} ({guard.name})"))
        elif now is not None and guard.runs != "never" and now.runs == "never":
            found.append(Change(True, after.id, f"{guard.name} no longer runs on {name}: it stands in the wrong order"))
    for key, guard in new.items():
        if key not in old and guard.runs != "never" and guard.kind not in {one.kind for one in before.guards}:
            found.append(Change(False, after.id, f"{name} gained a check of {guard.kind} ({guard.name})"))
    return found


def _asked(before: Route, after: Route, lost: list[str], gained: list[str]) -> list[Change]:
    """What the handler asks of guard about the object itself, where the route went on demanding the same permission.

    A route that keeps its binding and loses `guard.require` in its handler still looks guarded, and no longer compares.
    """
    if before.requires is None or after.requires is None:
        return []
    name = _name(after)
    dropped = [one for one in before.requires if one not in after.requires and one not in lost]
    added = [one for one in after.requires if one not in before.requires and one not in gained]
    found = [Change(True, after.id, f"{name} no longer asks guard for {one} itself") for one in dropped]
    return [*found, *(Change(False, after.id, f"{name} now asks guard for {one} itself") for one in added)]


def _guard_name(guard: Guard) -> str:
    return guard.name if guard.kind == "permission" else ""


def _reached(old: list[Route], new: list[Route], name: str, target: str) -> list[Change]:
    found: list[Change] = []
    for verb, attribute, weakens in (("writes", "writes", True), ("reads", "reads", False)):
        before = {store for route in old for store in getattr(route, attribute)}
        after = {store for route in new for store in getattr(route, attribute)}
        found += [Change(weakens, target, f"{name} now {verb} {_plain(store)}") for store in sorted(after - before)]
        found += [Change(False, target, f"{name} no longer {verb} {_plain(store)}") for store in sorted(before - after)]
    return found


def _plain(store: str) -> str:
    return store.removeprefix("store:").partition("/")[2] or store


def _services(before: Map, after: Map) -> list[Change]:
    old = {service.name: service for service in before.services}
    new = {service.name: service for service in after.services}
    found: list[Change] = []
    rank = {None: 0, "audit": 1, "enforce": 2}
    for name in sorted(old.keys() | new.keys()):
        if name not in old or name not in new:
            found.append(Change(False, f"service:{name}", f"the service {name} is {'new' if name in new else 'gone'}"))
            continue
        was, now = old[name].protected, new[name].protected
        if was != now:
            change = (
                f"the service {name} was protected by guard in mode {was}" if was else f"the service {name} was not"
            )
            what = f"{change}, now {'in mode ' + now if now else 'it is not'}"
            found.append(Change(rank[now] < rank[was], f"service:{name}", what))
    return found


def _hosts(before: Map, after: Map) -> list[Change]:
    old, new = _called(before), _called(after)
    found = [Change(True, f"service:{service}", f"{service} now calls {host}") for service, host in sorted(new - old)]
    gone = [
        Change(False, f"service:{service}", f"{service} no longer calls {host}") for service, host in sorted(old - new)
    ]
    return [*found, *gone]


def _edges(before: Map, after: Map) -> list[Change]:
    """Which service calls which, as manifests and source say together."""
    old, new = ({(edge.caller, edge.callee) for edge in drawn.edges} for drawn in (before, after))
    found = [Change(True, f"service:{caller}", f"{caller} now calls {callee}") for caller, callee in sorted(new - old)]
    gone = sorted(old - new)
    return [*found, *(Change(False, f"service:{one}", f"{one} no longer calls {other}") for one, other in gone)]


def _called(drawn: Map) -> set[tuple[str, str]]:
    return {
        (route.service, call.host or f"the host in {call.setting}" if call.host or call.setting else "an unknown host")
        for route in drawn.routes
        for call in route.calls
    }


def _permissions(before: Map, after: Map) -> list[Change]:
    """A role to which source grants more."""
    old = {role.name: set(role.permissions) for role in before.roles}
    found: list[Change] = []
    for role in after.roles:
        for permission in sorted(set(role.permissions) - old.get(role.name, set())):
            found.append(Change(True, f"permission:{permission}", f"the role {role.name} may {permission} now"))
        for permission in sorted(old.get(role.name, set()) - set(role.permissions)):
            found.append(Change(False, f"permission:{permission}", f"the role {role.name} may no longer {permission}"))
    return found
