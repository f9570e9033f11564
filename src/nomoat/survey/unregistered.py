"""Classes and functions that answer where no route was found: somebody registers them, and it was not read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.appmap.model import NotRead
from nomoat.survey.models import Models
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope


def unregistered(program: Program, models: Models) -> Iterator[NotRead]:
    """A note, at the first of them: a map without routes would otherwise look like an application without any.

    A package that has such classes for others is one, too, so that nothing is incomplete for it.
    """
    words = {name.rpartition(".")[2] for name in models.endpoint_classes}
    written = re.compile(rb"^class\s+\w+\s*\([^)]*\b(?:%s)\b" % b"|".join(sorted(map(str.encode, words))), re.M)
    found = [
        cls
        for path in program.words.matching(written, map(str.encode, words))
        if not TEST_FILE.search(path)
        for cls in program.classes(within=program.modules[path])
        if not models.endpoint_classes.keys().isdisjoint(map(_name_of, program.bases(cls)[1:]))
    ]
    if found:
        others = f" and {len(found) - 1} more" if len(found) > 1 else ""
        why = "answer requests, but nothing that was read registers them: their routes are not on the map"
        yield NotRead(found[0].at, f"classes like {found[0].name}{others} {why}", analysed=True)
    yield from _decorated(program)


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
