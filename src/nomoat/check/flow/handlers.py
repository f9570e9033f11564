"""The functions in which request data begins: those that answer a route, then those that read a request by themselves.

What the map does not lead to is followed too, so that a route which was not found hides no injection. Only what its
own request holds is data there, and no finding is sure: perhaps nobody can call it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.appmap.model import Map, Route
from nomoat.check.flow import vocabulary
from nomoat.check.flow.sources import Handler
from nomoat.check.registrations import Registrations
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.parser import Module
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope

#: Frameworks that fill the parameters of a handler from query and body, too.
_INJECTS = re.compile(r"FastAPI|Starlette|Litestar|connexion", re.I)
#: Frameworks that send text which a handler returns as HTML.
_ANSWERS_HTML = re.compile(r"Flask|Quart|Bottle", re.I)
_PARAMETER = re.compile(r"\{(\w+)")
_CONVERTER = re.compile(r"\{:?(\w*)\}")
#: A module without one of these words reads no request.
_MAY_READ = re.compile(rb"\b(request|req|get_\w*argument|RequestParser|FlaskForm|websocket)\b")


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
    for module in program.modules.values():
        if TEST_FILE.search(module.path) or not _MAY_READ.search(module.source):
            continue
        reads = _Reads(program, module)
        for scope in program.functions(within=module):
            if scope.at not in seen and reads.request(scope):
                is_of_view = scope.parent is not None and scope.parent.at in views
                yield (
                    views.get(scope.parent.at) if is_of_view and scope.parent is not None else None,
                    _of_function(scope, is_of_view=is_of_view),
                )


#: Decorators by which an application has a function called with requests, whatever their paths are.
_HOOKS = frozenset((
    "errorhandler", "app_errorhandler", "before_request", "after_request", "before_app_request", "after_app_request",
    "exception_handler", "context_processor", "middleware", "register_error_handler",
))  # fmt: skip


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


def _of_function(scope: Scope, *, is_of_view: bool) -> Handler:
    words = {(form.dotted(d[3] if d[0] == form.CALL else d) or "").rpartition(".")[2] for d in scope.decorators}
    hooks = words & _HOOKS
    is_flask = bool(hooks - {"exception_handler", "middleware", "context_processor"})
    return Handler(scope, given=frozenset(), answers_html=is_flask, is_on_map=bool(hooks) or is_of_view)


def _of_route(program: Program, route: Route, scope: Scope, framework: str) -> Handler:
    # The path names the parameters, its key has the converters in the same order.
    typed = list(zip(_PARAMETER.findall(route.path), _CONVERTER.findall(route.key), strict=False))
    converted = frozenset(name for name, kind in typed if kind in ("int", "float", "uuid", "slug"))
    bound = frozenset(name for name, kind in typed if kind != "path")
    named = None if _INJECTS.search(framework) else frozenset(_PARAMETER.findall(route.path))
    return Handler(
        scope,
        bound,
        converted,
        named,
        answers_html=_answers_html(program, scope, framework),
    )


def _answers_html(program: Program, scope: Scope, framework: str) -> bool:
    """Whether text that a handler returns is sent as HTML: always, or because its decorator says so."""
    for decorator in scope.decorators:
        given = form.keyword(decorator, "response_class") if decorator[0] == form.CALL else None
        if given is not None:
            return any(one.name.endswith(".HTMLResponse") for one in program.resolve(scope, given).all)
    return bool(_ANSWERS_HTML.search(framework)) and "restful" not in framework and not _is_resource(program, scope)


def _is_resource(program: Program, scope: Scope) -> bool:
    """Whether a handler is a method of a class whose answers are made JSON, whatever they are."""
    cls = scope.parent if scope.is_method else None
    names = (base if isinstance(base, str) else base.name for base in program.bases(cls)) if cls is not None else ()
    return any(name.endswith("Resource") for name in names)


class _Reads:
    """Which functions of a module read a request that somebody sends."""

    def __init__(self, program: Program, module: Module) -> None:
        self._program = program
        self._known: dict[str, bool] = {}

    def request(self, scope: Scope) -> bool:
        """Whether a function has a parameter that is a request, or takes something of one."""
        if any(self._is_request(scope, parameter) for parameter in scope.parameters):
            return True
        return any(self._takes(scope, node) for node in scope.nodes if node[0] == form.ATTRIBUTE)

    def _is_request(self, scope: Scope, parameter: Node) -> bool:
        annotation = parameter[form.P_ANNOTATION]
        if annotation is None:
            return parameter[form.P_NAME] in vocabulary.REQUEST_NAMES
        words = {node[4] if node[0] == form.ATTRIBUTE else node[3] for node in form.walk(annotation) if node[0] in (
            form.NAME, form.ATTRIBUTE)}  # fmt: skip
        if not any(isinstance(word, str) and word.endswith(("Request", "WebSocket")) for word in words):
            return False
        found = self._program.annotation(scope.parent or scope, annotation)
        return any(one.name in vocabulary.requests() for one in found.all)

    def _takes(self, scope: Scope, node: Node) -> bool:
        of = node[3]
        if of[0] == form.NAME and of[3] == "self":
            return node[4] == "request" or node[4] in vocabulary.OF_HANDLER
        if of[0] == form.NAME and node[4] in vocabulary.request_data():
            if of[3] not in self._known or of[3] in scope.bindings:
                found = self._program.resolve(scope, of).all
                self._known[of[3]] = any(one.name in vocabulary.requests() for one in found)
            return self._known[of[3]]
        return bool(node[4] == "parse_args" or (node[4] == "data" and of[0] == form.ATTRIBUTE))
