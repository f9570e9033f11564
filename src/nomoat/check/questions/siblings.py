"""Routes that ask for less than the routes beside them."""

from __future__ import annotations

from collections.abc import Iterator

from nomoat.appmap.ids import SAFE_METHODS
from nomoat.appmap.model import Guard, Route
from nomoat.check.model import Confidence
from nomoat.check.questions.asking import Answer, Asked
from nomoat.check.questions.words import bare, is_public_by_name, listed, name_of, touched, touches


def missing_guard(asked: Asked) -> Iterator[Answer]:
    """Open routes that stand out: their siblings are guarded, or they write, or they read what others guard."""
    guarded_services = {route.service for route in asked.routes if route.verdict == "guarded"}
    for route in asked.routes:
        if route.verdict != "unguarded" or route.login or is_public_by_name(route):
            continue
        answer = _against_siblings(asked, route) or _against_stores(asked, route)
        if answer is None and route.service in guarded_services and route.method not in SAFE_METHODS and route.writes:
            answer = _answer(asked, route, "other routes of this service refuse an anonymous caller", [], "likely")
        if answer is not None:
            yield answer
    yield from _services_without_guard(asked, guarded_services)


def _against_siblings(asked: Asked, route: Route) -> Answer | None:
    siblings = asked.siblings(route)
    if route.method in SAFE_METHODS:
        # Reading may be open where writing is not; so reading is compared with reading.
        siblings = [other for other in siblings if other.method in SAFE_METHODS]
    guarded = [other for other in siblings if other.verdict == "guarded"]
    if not guarded or len(guarded) * 2 <= len(siblings):
        return None
    place = "this router" if asked.registrations.of(route).router else "this file"
    of = (
        f"the {len(guarded)} other" if len(guarded) == len(siblings) else f"{len(guarded)} of the {len(siblings)} other"
    )
    said = f"{of} routes of {place} {_demand(asked, guarded)}"
    if len(siblings) == 1:
        said = (
            f"the other route of {place}, {name_of(guarded[0])}, {_demand(asked, guarded).replace('refuse', 'refuses')}"
        )
    if route.method in SAFE_METHODS:
        said = said.replace("other route", "other reading route")
    is_sure = bool(touched(route)) and len(guarded) > 1
    return _answer(asked, route, said, guarded, "sure" if is_sure else "likely")


def _against_stores(asked: Asked, route: Route) -> Answer | None:
    """Compared with the routes that write (or read) the same stores."""
    is_writing = route.method not in SAFE_METHODS and bool(route.writes)
    stores = set(route.writes if is_writing else route.reads)
    others = [
        other
        for other in asked.routes
        if other is not route
        and not other.login
        and other.service == route.service
        and stores & set(other.writes if is_writing else other.reads)
    ]
    guarded = [other for other in others if other.verdict == "guarded"]
    if not guarded or len(guarded) * 2 <= len(others) or (not is_writing and len(guarded) < 3):
        return None
    shared = sorted(stores & {s for other in guarded for s in (other.writes if is_writing else other.reads)})
    does = "write" if is_writing else "read"
    count = f"{len(guarded)} other routes that {does}" if len(guarded) > 1 else f"{name_of(guarded[0])}, which {does}s"
    said = f"{count} {listed([bare(s) for s in shared])} {_demand(asked, guarded)}"
    if len(guarded) == 1:
        said = said.replace("refuse ", "refuses ")
    sure: Confidence = "sure" if is_writing and len(guarded) > 1 else "likely"
    return _answer(asked, route, said, guarded, sure)


def _answer(asked: Asked, route: Route, why: str, guarded: list[Route], confidence: Confidence) -> Answer:
    verb = "call" if route.method in SAFE_METHODS or not route.writes else "change data by"
    if route.method in SAFE_METHODS and asked.registrations.asks_who_calls(route):
        # Who is signed in sees more, and somebody thought of those who are not.
        confidence = "likely" if confidence == "sure" else "low"
    does = touches(route)
    label = "nothing refuses an anonymous caller" + (f"; it {does}" if does else "")
    return Answer(route, f"anyone can {verb} {name_of(route)}", label, why, _fix(asked, guarded), confidence)


def _services_without_guard(asked: Asked, guarded: set[str]) -> Iterator[Answer]:
    for service in sorted({route.service for route in asked.routes} - guarded):
        routes = [route for route in asked.routes if route.service == service]
        writing = [r for r in routes if r.verdict == "unguarded" and r.method not in SAFE_METHODS and r.writes]
        writing = [route for route in writing if not is_public_by_name(route)]
        if any(route.verdict == "unknown" for route in routes) or not writing:
            continue
        stores = sorted({store for route in writing for store in route.writes})
        count = f"{len(writing)} routes" if len(writing) > 1 else name_of(writing[0])
        yield Answer(
            writing[0],
            f"no route of {service} refuses an anonymous caller",
            f"nothing refuses an anonymous caller; {count} of {service} write {listed([bare(s) for s in stores])}",
            f"none of the {len(routes)} routes of {service} is guarded",
            "guard them (a dependency of the router that answers 401), or say in nomoat.yaml which are public, and why",
            "likely",
        )


def guard_never_runs(asked: Asked) -> Iterator[Answer]:
    """Guards that stand in the wrong order, so that they never run for a route."""
    for route in asked.routes:
        for guard in route.guards:
            if guard.runs == "never":
                yield Answer(
                    route,
                    f"{guard.name} never runs for {name_of(route)}",
                    f"registered before {guard.name} is put around it ({guard.at})",
                    f"the route is registered with what stands below its decorator; {guard.name} stands above it",
                    f"move {guard.name} below the decorator that registers the route",
                    "sure",
                )


def _demand(asked: Asked, guarded: list[Route]) -> str:
    names = sorted({guard.name for route in guarded for guard in route.guards if guard.kind == "permission"})
    if not _all_ask_for_more(guarded):
        # What one of them demands is not said of all.
        names = []
    if len(names) == 1:
        return f"depend on {names[0]}" if len(guarded) != 1 else f"depends on {names[0]}"
    verb = "demand" if len(guarded) != 1 else "demands"
    return f"{verb} {listed(names)}" if names and len(names) <= 3 else "refuse an anonymous caller"


def _all_ask_for_more(guarded: list[Route]) -> bool:
    """Whether each of these routes demands a permission, and not only that somebody is signed in."""
    return all(any(guard.kind == "permission" for guard in route.guards) for route in guarded)


def _fix(asked: Asked, guarded: list[Route]) -> str:
    or_say = "or say in nomoat.yaml that it is public, and why"
    guards = [guard for route in guarded for guard in route.guards if guard.kind in ("permission", "authentication")]
    if not guards:
        return f"refuse an anonymous caller before the handler runs, {or_say}"

    wanted = "permission" if _all_ask_for_more(guarded) else "authentication"

    def weight(guard: Guard) -> tuple[bool, int]:
        return guard.kind == wanted, sum(other.name == guard.name for other in guards)

    best = max(guards, key=weight)
    # The plainest of them is the one to copy: another may be guarded by more than the rest.
    like = min((route for route in guarded if best in route.guards), key=lambda route: len(route.guards))
    written = asked.registrations.guard_text(like)
    if written:
        return f"{written}   as {name_of(like)} has it; {or_say}"
    return f"guard it as {name_of(like)} is ({best.name}, {best.at}), {or_say}"
