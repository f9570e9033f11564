"""Draws the map of a tree: parses it once, lays out its routes, judges them, and says what was not read.

Takes a folder and its settings, gives the map and the program behind it; nothing of the tree is ever run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from nomoat.appmap import ids
from nomoat.appmap.model import (
    Coverage,
    Entry,
    Map,
    NotRead,
    Parameter,
    Permission,
    Route,
    Service,
    Store,
    ordered,
)
from nomoat.settings import Settings
from nomoat.survey import edges, identities, services, sqltext
from nomoat.survey.defaults import ByDefault
from nomoat.survey.drawing import Drawing, completed, facts_of
from nomoat.survey.effects import Reach
from nomoat.survey.elsewhere import Wherever
from nomoat.survey.entries import entries
from nomoat.survey.excluding import exclusions
from nomoat.survey.found import Found
from nomoat.survey.guards import Judge
from nomoat.survey.middleware import MiddlewareJudge
from nomoat.survey.models import models
from nomoat.survey.python import program as programs
from nomoat.survey.python.collecting import uncollected
from nomoat.survey.python.program import Program, Region
from nomoat.survey.python.sources import Sources
from nomoat.survey.python.symbols import Scope
from nomoat.survey.python.words import WordIndex
from nomoat.survey.reaching import reaching
from nomoat.survey.readers import manifests
from nomoat.survey.services import Part
from nomoat.survey.trial import resolved
from nomoat.survey.trial.values import Class, Const, Function, Object, Outside, Thing, Value, options
from nomoat.survey.unregistered import unregistered
from nomoat.survey.verdicts import Answer, Verdicts
from nomoat.survey.wiring import Wiring, registering, wire


@uncollected()
def draw(path: Path, *, settings: Settings | None = None) -> Drawing:
    """The map of a folder (or of one file).

    Raises:
        UsageError: the path does not exist or cannot be read.
    """
    program, sources = read(path, settings=settings)
    alone = draw_program(program, sources, path=path, settings=settings)
    return Drawing(completed(alone, map(facts_of, program.modules.values()), sources), program, sources)


def read(
    path: Path,
    *,
    settings: Settings | None = None,
    wanted: Callable[[WordIndex], Mapping[str, Region | None]] = lambda _index: {},
) -> tuple[Program, Sources]:
    """The program that a map is drawn from.

    `wanted` names the files of which the caller will ask the body afterwards, as in `program.read`.

    Raises:
        UsageError: the path does not exist or cannot be read.
    """
    known = models()
    return programs.read(
        path,
        exclude=exclusions(settings),
        wanted=lambda index: {**wanted(index), **dict.fromkeys(registering(known, index))},
    )


def draw_program(program: Program, sources: Sources, *, path: Path, settings: Settings | None = None) -> Map:
    """The map of a program that was parsed already, without what each file says by itself."""
    known = models()
    wiring = wire(program, known)
    judge = Judge(wiring.surroundings)
    parts = services.divide(wiring, judge, path=path, settings=settings)
    _keep_first(parts)
    wiring.surroundings.addresses = resolved.addresses(found for part in parts for found in part.routes)
    middleware = MiddlewareJudge(judge)
    verdicts = Verdicts(judge)
    reach = Reach(program, known)
    routes: list[Route] = []
    guarding: dict[Scope, None] = {}
    # All middleware first: what it leaves in a request, every dependency may find.
    before = {id(found): middleware.around(found) for part in parts for found in part.routes}
    first = {id(found): verdicts.of(found, before[id(found)], if_told=True) for part in parts for found in part.routes}
    by_default = ByDefault(wiring.surroundings, verdicts, [found for part in parts for found in part.routes])
    # What is not known of a prefix need not be unknown of the guard.
    wherever = Wherever(
        lambda found: by_default.of(found, middleware.around(found)),
        [found for part in parts for found in part.routes],
    )
    for part in parts:
        for found in part.routes:
            answer = wherever.of(found, by_default.of(found, before[id(found)], first[id(found)]))
            if answer.serves_nobody:
                continue
            route = _route(part, found, answer)
            routes.append(reaching(route, found, answer, reach, known))
            guarding.update(dict.fromkeys(answer.functions))
    unread = [NotRead(at, why) for part in parts for at, why in part.unread]
    distinct = tuple(routes)
    unread += unregistered(program, known, [found for part in parts for found in part.routes])
    manifested = manifests.read(sources.root, filter(manifests.may_be, sources.texts))
    # A manifest that cannot be read hides no route: it is a note.
    unread += [NotRead(at, why, analysed=True) for at, why in manifested.problems]
    tokens = identities.tokens(program, known, _guarding(guarding, reach))
    # Coverage is that of the way from routes: whom other functions call is found out later.
    coverage = _coverage(reach)
    served = tuple(part.service for part in parts)
    entered = entries(program, known, reach, served)
    drawn = Map(
        services=served,
        entries=entered,
        routes=distinct,
        stores=_stores(program, distinct, reach),
        permissions=_permissions(distinct, entered),
        roles=identities.roles(program, distinct),
        tokens=tokens,
        edges=edges.edges(program, [part.service for part in parts], distinct, reach, manifested),
        not_read=tuple(dict.fromkeys((*unread, *_lost(wiring), *_handed(wiring)))),
        coverage=coverage,
    )
    return ordered(drawn)


def _guarding(functions: Iterable[Scope], reach: Reach) -> list[Scope]:
    """The functions of guards, and everything that they call."""
    reached = reach.reached([reach.standing.frame(one) for one in functions], deciding=True)[1]
    return sorted(reached, key=lambda one: one.at)


def _lost(wiring: Wiring) -> Iterator[NotRead]:
    for at, why in wiring.surroundings.lost.items():
        yield NotRead(at, why)


def _handed(wiring: Wiring) -> Iterator[NotRead]:
    """Notes: routes that code which is not here may add are not on the map; guard denies them until they are.

    Extensions of one file are one note.
    """
    files: dict[str, list[tuple[str, str]]] = {}
    for at, whom in wiring.surroundings.handed.items():
        files.setdefault(at.rpartition(":")[0], []).append((at, whom))
    for given in files.values():
        first, _ = given[0]
        names = list(dict.fromkeys(whom.rpartition(" of ")[2] for _, whom in given))
        whom = given[0][1] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        are = "is given the application and is" if len(names) == 1 else "are given the application and are"
        yield NotRead(first, f"{whom} {are} not here: routes added there are not on the map", analysed=True)


def _route(part: Part, found: Found, answer: Answer) -> Route:
    name = part.service.name
    handler, at = _handler(found)
    return Route(
        id=ids.route_id(name, found.method, found.path),
        key=ids.route_key(name, found.method, found.path),
        service=name,
        method=found.method,
        path=ids.template(found.path),
        handler=handler,
        at=at,
        verdict=answer.verdict,
        registered_at=found.at,
        origin="framework" if found.is_of_framework else "source",
        because=answer.because,
        guards=answer.guards,
        binding=answer.binding,  # type: ignore[arg-type]  # A tuple of names, or the one word.
        parameters=_parameters(found, answer),
    )


def _parameters(found: Found, answer: Answer) -> tuple[Parameter, ...]:
    """What the handler takes, and what stands in the path, whether or not the handler names it."""
    known = {one.name for one in answer.parameters if one.location == "path"}
    in_path = [Parameter(name, "path", kind) for name, kind in ids.path_parameters(found.path) if name not in known]
    return tuple(sorted({*answer.parameters, *in_path}))


def _handler(found: Found) -> tuple[str, str]:
    value: Value = found.original or options(found.handler)[0]
    while isinstance(value, Function) and value.wraps is not None and value.wraps is not value:
        value = value.wraps
    if isinstance(value, Function) and value.scope is not None and value.scope.module.is_library and found.cls:
        value = found.cls
    if isinstance(value, Function) and value.scope is not None and value.scope.module.is_library:
        return _inherited(value, found)
    if isinstance(value, Function) and value.scope is not None:
        return f"{value.scope.module.name}:{value.scope.qualname}", value.at
    if isinstance(value, Object):
        return f"{value.cls.scope.module.name}:{value.cls.scope.qualname}", value.cls.scope.at
    if isinstance(value, Class):
        is_library = value.scope.module.is_library
        return f"{value.scope.module.name}:{value.scope.qualname}", found.at if is_library else value.scope.at
    if isinstance(value, (Thing, Outside)) and value.name:
        return value.name, found.at
    return (found.label or "lambda" if not isinstance(value, Const) or found.label else "unknown"), found.at


def _inherited(function: Function, found: Found) -> tuple[str, str]:
    """What answers where a package describes it: a method that a class of the tree has from there, or it alone."""
    assert function.scope is not None
    cls = function.me.cls.scope if isinstance(function.me, Object) else None
    if cls is not None and not cls.module.is_library:
        return f"{cls.module.name}:{cls.qualname}.{function.name}", cls.at
    return f"{function.scope.module.name}:{function.scope.qualname}", function.at or found.at


def _stores(program: Program, routes: tuple[Route, ...], reach: Reach) -> tuple[Store, ...]:
    names = {store for route in routes for store in (*route.reads, *route.writes)}
    if not names:
        return ()
    created = sqltext.created(program)
    known = {entity.name: entity for entity in reversed(list(reach.standing.tables.entities))}
    found: list[Store] = []
    for service in sorted({route.service for route in routes}):
        prefix = ids.store_id(service, "")
        for name in sorted(one.removeprefix(prefix) for one in names if one.startswith(prefix)):
            entity = known.get(name)
            at = (entity.at if entity is not None else "") or created.get(name, "")
            found.append(Store(f"{prefix}{name}", service, name, entity.kind if entity is not None else "table", at))
    return tuple(found)


def _keep_first(parts: list[Part]) -> None:
    """Each route once, though several places may build the same application: what comes later is not judged."""
    seen: set[tuple[str, str, str]] = set()
    for part in parts:
        kept: list[Found] = []
        for found in part.routes:
            key = (ids.route_key(part.service.name, found.method, found.path), _handler(found)[1], found.at)
            if key not in seen:
                seen.add(key)
                kept.append(found)
        part.routes = kept


def _permissions(routes: Iterable[Route], entered: Iterable[Entry]) -> tuple[Permission, ...]:
    places: dict[str, set[str]] = {}
    for route in routes:
        for guard in route.guards:
            if guard.kind == "permission" and isinstance(route.binding, tuple) and guard.name in route.binding:
                places.setdefault(guard.name, set()).add(guard.at)
        for name in (*(route.requires or ()), *(route.binding if isinstance(route.binding, tuple) else ())):
            places.setdefault(name, set())
    for name in (name for entry in entered for name in entry.requires or ()):
        places.setdefault(name, set())
    return tuple(Permission(name, tuple(sorted(at))) for name, at in sorted(places.items()))


def _coverage(reach: Reach) -> Coverage:
    unresolved: Counter[str] = Counter()
    resolved = 0
    for effects in reach.known.values():
        unresolved.update(effects.unresolved)
        resolved += effects.resolved
    most = tuple(sorted(unresolved.items(), key=lambda one: (-one[1], one[0]))[:10])
    return Coverage(0, 0, resolved, sum(unresolved.values()), most)


__all__ = ["Drawing", "Service", "draw", "draw_program"]
