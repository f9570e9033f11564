"""Classes and functions that answer and are on no route of the map: somebody registers them, and it was not read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from nomoat.appmap.model import NotRead
from nomoat.survey.found import Found
from nomoat.survey.models import Models
from nomoat.survey.python import form
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial.values import Class, Function, Object, Value, options

#: A tree with more classes that answer than this has them registered by something that somebody will notice.
_MOST_CLASSES = 400
#: How often classes are made of one another.
_MOST_LAYERS = 6


def unregistered(program: Program, models: Models, routes: Iterable[Found] = ()) -> Iterator[NotRead]:
    """A note, at the first of them: what nobody speaks of would look like an application without it.

    A package that has such classes for others is one, too, so that nothing is incomplete for it.
    """
    placed = _placed(program, routes)
    found = [one for one in _answering(program, models, placed) if one not in placed]
    if found:
        others = f" and {len(found) - 1} more" if len(found) > 1 else ""
        why = "answer requests, but nothing that was read registers them: their routes are not on the map"
        yield NotRead(found[0].at, f"classes like {found[0].name}{others} {why}", analysed=True)
    yield from _handed(program, models, placed)
    if not placed:
        yield from _decorated(program)


# -- classes --------------------------------------------------------------------------------


def _answering(program: Program, models: Models, placed: set[Scope]) -> list[Scope]:
    """Classes that answer; where some routes are there, without those that others of the tree are made of."""
    known: dict[Scope, None] = {}
    above: set[Scope] = set()
    words = {name.rpartition(".")[2].encode() for name in models.endpoint_classes}
    for _ in range(_MOST_LAYERS):
        new = [one for one in _made_of(program, models, words) if one not in known]
        known.update(dict.fromkeys(new))
        words = {one.name.encode() for one in new}
        if not new or len(known) > _MOST_CLASSES:
            break
    for cls in known:
        above.update(base for base in program.bases(cls)[1:] if not isinstance(base, str))
    return [one for one in known if not placed or (one not in above and _has_method(program, models, one))]


def _made_of(program: Program, models: Models, words: set[bytes]) -> Iterator[Scope]:
    written = re.compile(rb"^[ \t]*class\s+\w+\s*\([^)]*\b(?:%s)\b" % b"|".join(sorted(words)), re.M)
    for path in program.words.matching(written, words):
        if not TEST_FILE.search(path):
            for cls in program.classes(within=program.modules[path]):
                if not models.endpoint_classes.keys().isdisjoint(map(_name_of, program.bases(cls)[1:])):
                    yield cls


def _has_method(program: Program, models: Models, cls: Scope) -> bool:
    """Whether code of the tree answers there: what has no method of its own is mostly a mixin."""
    names = {name for base in program.bases(cls) if not isinstance(base, str) and not base.module.is_library
             for name in base.bindings}  # fmt: skip
    answering = {one.lower() for model in models.endpoint_classes.values() for one in model.methods}
    return not names.isdisjoint(answering)


# -- functions --------------------------------------------------------------------------------


def _handed(program: Program, models: Models, placed: set[Scope]) -> Iterator[NotRead]:
    """A note, at the first function that a decorator makes a route of, which nobody lists: `@get("/orders")`."""
    decorating = {name for name, verb in models.listed.items() if verb.decorates}
    words = {name.rpartition(".")[2].encode() for name in decorating}
    written = re.compile(rb"^[ \t]*@(?:\w+\.)?(?:%s)\(" % b"|".join(sorted(words)), re.M)
    packages = {name.partition(".")[0].encode() for name in decorating}
    naming = set(program.words.holding(packages))
    found = [
        scope
        for path in program.words.matching(written, words)
        if path in naming and not TEST_FILE.search(path)
        for scope in program.functions(within=program.modules[path])
        if scope not in placed and _makes_route(program, scope, decorating)
    ]
    if found:
        others = f" and {len(found) - 1} more" if len(found) > 1 else ""
        why = "are handed to something that cannot be read: their routes are not on the map"
        yield NotRead(found[0].at, f"handlers like {found[0].name}{others} {why}", analysed=False)


def _makes_route(program: Program, scope: Scope, decorating: set[str]) -> bool:
    outer = scope.parent
    for node in scope.decorators if outer is not None else ():
        called = node[3] if node[0] == form.CALL else node
        named = program.resolve(outer, called)  # type: ignore[arg-type]  # Only where it is there.
        if named.name in decorating:
            return True
    return False


#: A route by its decorator: `@server.routes.get("/orders")`.
_DECORATED = re.compile(
    rb"^@([\w.]+)\.(?:get|post|put|delete|patch|route)\(\s*r?[\"']/[^\n]*\n(?:@[^\n]*\n)*(?:async )?def", re.M
)
_VERBS = (b"get", b"post", b"put", b"delete", b"patch", b"route")


def _decorated(program: Program) -> Iterator[NotRead]:
    """A note, at the first function that is registered on something that is not here."""
    for path in program.words.matching(_DECORATED, _VERBS):
        every = () if TEST_FILE.search(path) else _DECORATED.finditer(program.modules[path].source)
        # `@bottle.route`: a whole package that is not known here, of which somebody would say so for each file.
        imported = _imported(program, path)
        found = next((one for one in every if one.group(1).decode() not in imported), None)
        if found is not None:
            line = program.modules[path].source.count(b"\n", 0, found.start()) + 1
            why = "routes are registered here on a router that cannot be read: they are not on the map"
            yield NotRead(f"{path}:{line}", why, analysed=False)
            return


# -- what is on the map --------------------------------------------------------------------------------


def _placed(program: Program, routes: Iterable[Found]) -> set[Scope]:
    """The functions and classes that answer on a route, with what the classes are made of."""
    found: set[Scope] = set()
    classes: set[Scope] = set()
    for route in routes:
        if route.cls is not None:
            classes.add(route.cls.scope)
        for value in (route.handler, route.original, route.messages):
            _take(value, found, classes)
    for cls in classes:
        found.update(base for base in program.bases(cls) if not isinstance(base, str))
    return found


def _take(value: Value | None, functions: set[Scope], classes: set[Scope]) -> None:
    seen: list[Value] = []
    left = list(options(value)) if value is not None else []
    while left:
        one = left.pop()
        if any(one is other for other in seen):
            continue
        seen.append(one)
        if isinstance(one, Function):
            functions.update([one.scope] if one.scope is not None else [])
            left += [other for other in (one.wraps, one.me, one.set_on_it("view_class"), one.set_on_it("cls")) if other]
        elif isinstance(one, (Object, Class)):
            classes.add(one.cls.scope if isinstance(one, Object) else one.scope)


def _name_of(base: Scope | str) -> str:
    return base if isinstance(base, str) else f"{base.module.name}.{base.qualname}"


def _imported(program: Program, path: str) -> set[str]:
    """The names that `import` gives to modules in a file."""
    bindings = program.scope(program.modules[path]).bindings
    return {
        name
        for name, bound in bindings.items()
        if any(one.imported is not None and one.imported.name is None for one in bound)
    }
