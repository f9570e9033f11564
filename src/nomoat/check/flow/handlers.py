"""The functions in which request data begins: those that answer a route, then those that read a request by themselves.

What the map does not lead to is followed too, so that a route which was not found hides no injection. Only what its
own request holds is data there, and no finding is sure: perhaps nobody can call it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.appmap.model import Map, Route
from nomoat.check.flow import entries
from nomoat.check.flow.reads import Reads
from nomoat.check.flow.sources import Handler, is_whole
from nomoat.check.registrations import Registrations
from nomoat.survey.python import form
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope

#: Frameworks that fill the parameters of a handler from query and body, too.
_INJECTS = re.compile(r"FastAPI|Starlette|Litestar|connexion", re.I)
#: Frameworks that let through only what the description of the API says.
_DESCRIBED = re.compile(r"connexion", re.I)
_NARROW = frozenset(("integer", "number", "boolean", "enum"))
#: Frameworks that send text which a handler returns as HTML.
_ANSWERS_HTML = re.compile(r"Flask|Quart|Bottle", re.I)
_PARAMETER = re.compile(r"\{(\w+)")
_CONVERTER = re.compile(r"\{:?(\w*)\}")


def handlers(drawn: Map, program: Program, registrations: Registrations) -> Iterator[tuple[Route | None, Handler]]:
    """Each function that answers a route, once, in the order of the map; then every other that reads a request."""
    seen: set[str] = set()
    frameworks = {service.name: service.framework for service in drawn.services}
    for route in drawn.routes:
        scope = registrations.of(route).handler
        if scope is None or scope.at in seen or TEST_FILE.search(scope.module.path):
            continue
        seen.add(scope.at)
        yield route, _of_route(program, route, scope, frameworks.get(route.service, ""))
    views = _views(drawn, program, registrations)
    reads = Reads(program)
    entering = entries.files(program.words)
    for path in sorted(entering | reads.files):
        if TEST_FILE.search(path):
            continue
        module, may_enter = program.modules[path], path in entering
        for scope in program.functions(within=module):
            if scope.at in seen:
                continue
            handler = entries.handler(program, scope) if may_enter or scope.decorators else None
            if handler is not None and handler.is_on_map:
                yield None, handler
            elif reads.request(scope) or handler is not None:
                of_view = views.get(scope.parent.at) if scope.parent is not None else None
                given = handler.given if handler is not None else frozenset[str]()
                yield of_view, Handler(scope, given=given, is_on_map=of_view is not None)


def _views(drawn: Map, program: Program, registrations: Registrations) -> dict[str, Route]:
    """The classes that answer routes, and those they inherit from: what they define is called by the framework."""
    found: dict[str, Route] = {}
    classes: dict[str, Scope] = {}
    for route in drawn.routes:
        handler = registrations.of(route).handler
        if handler is not None:
            cls = handler.parent if handler.is_method else None
        else:
            module = program.modules.get(route.at.rpartition(":")[0])
            if module is not None and module.path not in classes:
                classes |= {one.at: one for one in program.scopes(within=module) if one.is_class}
                classes[module.path] = program.scope(module)
            cls = classes.get(route.at)
        if cls is not None and cls.is_class and cls.at not in found:
            found |= {base.at: route for base in program.bases(cls) if isinstance(base, Scope) and base.at not in found}
            found.setdefault(cls.at, route)
    return found


def _of_route(program: Program, route: Route, scope: Scope, framework: str) -> Handler:
    # The path names the parameters, its key has the converters in the same order.
    typed = list(zip(_parameters(route, scope), _CONVERTER.findall(route.key), strict=False))
    converted = frozenset(name for name, kind in typed if kind in ("int", "float", "uuid", "slug"))
    bound = frozenset(name for name, kind in typed if kind != "path")
    named = None if _INJECTS.search(framework) else frozenset(_parameters(route, scope))
    is_described = bool(_DESCRIBED.search(framework))
    narrow = frozenset(one.name for one in route.parameters if is_described and _is_narrow(one.type))
    return Handler(
        scope,
        bound,
        converted | narrow,
        named,
        # `object {name, phone}`
        closed=frozenset(one.name for one in route.parameters if is_described and one.type.startswith("object {")),
        answers_html=_answers_html(program, scope, framework),
    )


def _is_narrow(described: str) -> bool:
    """Whether a description of an API lets no free text through: a number, one of a list, what a pattern matches."""
    kind, _, pattern = described.partition(" ")
    return kind in _NARROW or (kind == "string" and pattern != "" and is_whole(pattern))


def _parameters(route: Route, scope: Scope) -> list[str]:
    """What the path names, in its order; groups without a name go to the parameters in theirs."""
    own = [p[form.P_NAME] for p in scope.parameters if p[form.P_NAME] not in ("self", "cls", "request")]
    names = _PARAMETER.findall(route.path)
    return [
        own[place] if re.fullmatch(r"arg\d+", name) and place < len(own) and name not in own else name
        for place, name in enumerate(names)
    ]


def _answers_html(program: Program, scope: Scope, framework: str) -> bool:
    """Whether text that a handler returns is sent as HTML: always, or because its decorator says so."""
    for decorator in scope.decorators:
        given = form.keyword(decorator, "response_class") if decorator[0] == form.CALL else None
        if given is not None:
            return any(one.name.endswith(".HTMLResponse") for one in program.resolve(scope, given).all)
        kind = form.keyword(decorator, "media_type") if decorator[0] == form.CALL else None
        if kind is not None:
            is_text = kind[0] == form.CONSTANT and "html" in str(kind[3])
            return is_text or any(one.name.endswith(".MediaType.HTML") for one in program.resolve(scope, kind).all)
    return bool(_ANSWERS_HTML.search(framework)) and (not scope.is_method or _is_view(program, scope))


def _is_view(program: Program, scope: Scope) -> bool:
    """Whether a method is one of a class of views; those of resources are made JSON, whatever they are."""
    cls = scope.parent if scope.is_method else None
    bases = program.bases(cls) if cls is not None else ()
    names = [base if isinstance(base, str) else base.dotted for base in bases]
    is_view = any(name.startswith(("flask", "quart")) and not name.startswith("flask_rest") for name in names)
    return is_view and not any(name.endswith("Resource") for name in names)
