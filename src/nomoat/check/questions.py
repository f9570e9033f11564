"""Rules of the first kind: questions to the map. Each function gives what it found, with the route and the fix there.

The questions between map and policy are asked in `nomoat.policy.questions`; those here need the map and the program.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from nomoat.appmap.ids import SAFE_METHODS
from nomoat.appmap.model import Guard, Map, Route
from nomoat.check.model import Confidence
from nomoat.check.registrations import Registrations
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope

# What is open on purpose in nearly every application; judged by words between slashes, dashes and underscores.
_PUBLIC = re.compile(
    r"(?:^|[/_\-.{}:])(log_?in|log_?out|sign_?(in|up|out)|regist(er|ration)|token|refresh|password|forgot|reset|verif(y|ication)"
    r"|confirm|activat(e|ion)|public|callback|(web)?hooks?|oauth2?|oidc|sso|saml|auth|captcha|csrf"
    r"|join|invite[a-z]*|setup|install|onboarding|unsubscribe|\.well-known|jwks[a-z.]*)(?=$|[/_\-.{}:])",
    re.I,
)  # fmt: skip
# Pages are open where they are pages: what reads or writes a store is none, whatever it is called (`/docs/{id}`).
_PAGES = re.compile(
    r"(?:^|[/_\-.{}:])(docs|openapi[a-z.]*|favicon[a-z.]*|robots[a-z.]*|static|assets)(?=$|[/_\-.{}:])", re.I
)
# What tells of the service itself is open where it is the whole of a route; `/orders/{id}/status` tells of an order.
_OF_THE_SERVICE = re.compile(r"health[a-z]*|ping|ready[a-z]*|live[a-z]*|alive|status|version|metrics?", re.I)
_FILLERS = frozenset((
    "get", "read", "show", "is", "check", "api", "app", "application", "endpoint", "handle", "handler", "page", "probe",
    "prometheus", "route", "server", "service", "system", "view",
))  # fmt: skip
_ADMINISTRATORS = ("admin", "staff", "superuser", "support", "owner", "root", "operator", "manage")
_OWNERS = re.compile(
    r"\A(owner|user|author|creator|customer|account|tenant|member|organi[sz]ation|workspace|team|created_by|owned_by|uploaded_by"
    r"|submitted_by|requested_by|uploader)(_?(id|uuid|pk|name|email|sub))?\Z", re.I
)  # fmt: skip


class Answer(NamedTuple):
    """One answer: the route, what is said about it here, beside the code, why, the fix in this code, how sure it is."""

    route: Route
    message: str
    label: str
    why: str
    fix: str
    confidence: Confidence


class Asked:
    """What questions are asked of: the map, and where its routes stand in source."""

    def __init__(self, drawn: Map, registrations: Registrations) -> None:
        self.map = drawn
        self.registrations = registrations
        self.routes = [
            route for route in drawn.routes if route.origin == "source" and not TEST_FILE.search(_file(route))
        ]

    def siblings(self, route: Route) -> list[Route]:
        """The other routes on the same router, or of the same file where there is none."""
        router = self.registrations.of(route).router
        beside = [other for other in self.routes if other is not route and _file(other) == _file(route)]
        on_router = [other for other in beside if self.registrations.of(other).router == router]
        return [other for other in on_router or beside if not _is_public_by_name(other) and not other.login]

    def owner_column(self, route: Route) -> str:
        """`orders.owner_id`: a column of what the route reaches that says whose a row is; empty without one."""
        at = {store.id: store for store in self.map.stores}
        for name in dict.fromkeys((*route.writes, *route.reads)):
            store = at.get(name)
            scope = self._declared(store.at) if store is not None and store.at else None
            for column in scope.bindings if scope is not None else ():
                if _OWNERS.match(column) and store is not None:
                    return f"{store.name}.{column}"
        return ""

    def _declared(self, at: str) -> Scope | None:
        module = self.registrations.program.modules.get(at.rpartition(":")[0])
        if module is None:
            return None
        classes = self.registrations.program.classes(within=module)
        return next((scope for scope in classes if scope.at == at), None)


def missing_guard(asked: Asked) -> Iterator[Answer]:
    """Open routes that stand out: their siblings are guarded, or they write, or they read what others guard."""
    guarded_services = {route.service for route in asked.routes if route.verdict == "guarded"}
    for route in asked.routes:
        if route.verdict != "unguarded" or route.login or _is_public_by_name(route):
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
            f"the other route of {place}, {_name(guarded[0])}, {_demand(asked, guarded).replace('refuse', 'refuses')}"
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
    count = f"{len(guarded)} other routes that {does}" if len(guarded) > 1 else f"{_name(guarded[0])}, which {does}s"
    said = f"{count} {_listed([_bare(s) for s in shared])} {_demand(asked, guarded)}"
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
    return Answer(route, f"anyone can {verb} {_name(route)}", label, why, _fix(asked, guarded), confidence)


def _services_without_guard(asked: Asked, guarded: set[str]) -> Iterator[Answer]:
    for service in sorted({route.service for route in asked.routes} - guarded):
        routes = [route for route in asked.routes if route.service == service]
        writing = [r for r in routes if r.verdict == "unguarded" and r.method not in SAFE_METHODS and r.writes]
        writing = [route for route in writing if not _is_public_by_name(route)]
        if any(route.verdict == "unknown" for route in routes) or not writing:
            continue
        stores = sorted({store for route in writing for store in route.writes})
        count = f"{len(writing)} routes" if len(writing) > 1 else _name(writing[0])
        yield Answer(
            writing[0],
            f"no route of {service} refuses an anonymous caller",
            f"nothing refuses an anonymous caller; {count} of {service} write {_listed([_bare(s) for s in stores])}",
            f"none of the {len(routes)} routes of {service} is guarded",
            "guard them (a dependency of the router that answers 401), or say in nomoat.yaml which are public, and why",
            "likely",
        )


def missing_ownership(asked: Asked) -> Iterator[Answer]:
    """Routes that read or change one object by a parameter of the path and never ask whose it is."""
    for route in asked.routes:
        parameter = _object_parameter(route)
        kinds = {guard.kind for guard in route.guards if guard.runs != "never"}
        if parameter is None or route.verdict != "guarded" or "ownership" in kinds or "authentication" not in kinds:
            continue
        if route.requires is None or route.requires or not touched(route):
            continue
        evidence, confidence = _owned(asked, route)
        if not evidence:
            continue
        permission = next((guard.name for guard in route.guards if guard.kind == "permission"), "")
        stores = [_bare(store) for store in (*route.writes, *route.reads)]
        column = asked.owner_column(route)
        table, _, owner = column.partition(".") if column else (stores[0], "", "")
        asks = permission or f"{table}:{'read' if route.method in SAFE_METHODS else 'write'}"
        who = f"whoever is granted {permission}" if permission else "whoever is signed in"
        yield Answer(
            route,
            f"{_name(route)} never compares the owner",
            f"{who} reaches any {{{parameter}}}; it {touches(route)}",
            evidence,
            f'guard.require("{asks}", owner=str({f"row.{owner}" if owner else "..."})) once the row of {table} is read,'
            f" and in nomoat.yaml {{permission: {asks}, when: resource.owner == subject.sub}}; or filter the query by"
            f" {owner or 'the caller'}",
            confidence,
        )


def _object_parameter(route: Route) -> str | None:
    return next((p.name for p in route.parameters if p.location == "path" and _is_identifier(p.name)), None)


def _owned(asked: Asked, route: Route) -> tuple[str, Confidence]:
    """Why the objects have owners, and how sure it is that this route should ask; empty when nothing says so."""
    stores = set(route.reads) | set(route.writes)
    evidence, confidence = "", "sure"
    for other in asked.routes:
        shared = stores & (set(other.reads) | set(other.writes))
        if other is not route and shared and any(guard.kind == "ownership" for guard in other.guards):
            names = _listed([_bare(store) for store in sorted(shared)])
            evidence = f"{_name(other)} ({other.at}) compares the owner of {names}, this route does not"
            break
    if not evidence:
        column = asked.owner_column(route)
        evidence = f"{column} says whose each row is" if column else ""
        confidence = "sure" if route.method not in SAFE_METHODS and route.writes else "likely"
    if asked.registrations.uses_identity(route):
        # It does something with who is calling: a check may be in there that could not be read.
        confidence = "likely"
    if _is_of_administrators(route):
        # Who may administrate may see everybody's.
        confidence = "low"
    return evidence, confidence  # type: ignore[return-value]  # One of the three words.


def guard_never_runs(asked: Asked) -> Iterator[Answer]:
    """Guards that stand in the wrong order, so that they never run for a route."""
    for route in asked.routes:
        for guard in route.guards:
            if guard.runs == "never":
                yield Answer(
                    route,
                    f"{guard.name} never runs for {_name(route)}",
                    f"registered before {guard.name} is put around it ({guard.at})",
                    f"the route is registered with what stands below its decorator; {guard.name} stands above it",
                    f"move {guard.name} below the decorator that registers the route",
                    "sure",
                )


QUESTIONS: Mapping[str, Callable[[Asked], Iterator[Answer]] | None] = {
    "missing-guard": missing_guard,
    "missing-ownership": missing_ownership,
    "guard-never-runs": guard_never_runs,
    #: Asked of map and policy together (`nomoat.policy.questions`).
    "policy": None,
}


def _file(route: Route) -> str:
    return (route.registered_at or route.at).rpartition(":")[0]


def _is_public_by_name(route: Route) -> bool:
    function = route.handler.rpartition(":")[2]
    if not touched(route) and route.method in SAFE_METHODS and (_PAGES.search(route.path) or _PAGES.search(function)):
        return True
    return bool(_PUBLIC.search(route.path) or _PUBLIC.search(function)) or _is_of_the_service(route, function)


def _is_of_the_service(route: Route, function: str) -> bool:
    last = route.path.rstrip("/").rpartition("/")[2].partition(".")[0]
    return "{" not in route.path and any(_tells_of_the_service(name) for name in (last, function.rpartition(".")[2]))


def _tells_of_the_service(name: str) -> bool:
    words = [word for word in re.split(r"[_\W]+", name.lower()) if word not in _FILLERS]
    return bool(words) and all(_OF_THE_SERVICE.fullmatch(word) for word in words)


def _is_identifier(name: str) -> bool:
    lowered = name.lower()
    return lowered in ("id", "pk", "uuid", "key", "slug", "name", "username") or lowered.endswith(
        ("id", "uuid", "_pk", "_key", "_slug")
    )


def _is_of_administrators(route: Route) -> bool:
    words = [route.path.lower(), *(guard.name.lower() for guard in route.guards if guard.kind == "permission")]
    return any(word in name for name in words for word in _ADMINISTRATORS)


def _name(route: Route) -> str:
    return f"{route.method} {route.path}"


def touched(route: Route) -> tuple[str, ...]:
    """The stores that a route reads or writes."""
    return tuple(dict.fromkeys((*route.reads, *route.writes)))


def _demand(asked: Asked, guarded: list[Route]) -> str:
    names = sorted({guard.name for route in guarded for guard in route.guards if guard.kind == "permission"})
    if not _all_ask_for_more(guarded):
        # What one of them demands is not said of all.
        names = []
    if len(names) == 1:
        return f"depend on {names[0]}" if len(guarded) != 1 else f"depends on {names[0]}"
    verb = "demand" if len(guarded) != 1 else "demands"
    return f"{verb} {_listed(names)}" if names and len(names) <= 3 else "refuse an anonymous caller"


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
        return f"{written}   as {_name(like)} has it; {or_say}"
    return f"guard it as {_name(like)} is ({best.name}, {best.at}), {or_say}"


def touches(route: Route) -> str:
    """What a route reads and writes, in words; empty when nothing is known."""
    said = []
    if route.reads:
        said.append(f"reads {_listed([_bare(store) for store in route.reads])}")
    if route.writes:
        said.append(f"writes {_listed([_bare(store) for store in route.writes])}")
    return " and ".join(said)


def _bare(store: str) -> str:
    return store.partition("/")[2] or store


def _listed(words: list[str]) -> str:
    if len(words) > 4:
        words = [*words[:3], f"{len(words) - 3} more"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
