"""Functions that something else than a route of the map calls with what somebody sent: resolvers, events, servers.

For each the names that hold data, and whether it is known that a framework calls it.
"""

from __future__ import annotations

import re

from nomoat.check.flow import parts
from nomoat.check.flow.sources import Handler
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import Scope
from nomoat.survey.python.words import Index

_PACKAGES = (
    b"graphene", b"strawberry", b"ariadne", b"socketio", b"SocketIO", b"BaseHTTPRequestHandler",
    b"SimpleHTTPRequestHandler", b"cherrypy", b"bottle", b"sanic", b"falcon", b"HTTPServer",
)  # fmt: skip
_HANGS = re.compile(rb"@[\w.]*\b(?:route|event)\b")
#: Decorators by which an application has a function called with requests, whatever their paths are.
_HOOKS = frozenset((
    "errorhandler", "app_errorhandler", "before_request", "after_request", "before_app_request", "after_app_request",
    "exception_handler", "context_processor", "middleware", "register_error_handler",
))  # fmt: skip
_NOT_HTML = frozenset(("exception_handler", "middleware", "context_processor"))
_EVENTS = frozenset(("on", "event", "on_event"))
_RESOLVERS = frozenset(("field", "mutation", "subscription"))
#: Decorators of frameworks that are not on the map; the path is their first argument.
_ROUTES = frozenset(("route", "get", "post", "put", "patch", "delete"))
_IN_PATH = re.compile(r"[<{]([^>}]*)[>}]")
_OFF_MAP = frozenset(("bottle", "sanic", "robyn", "blacksheep", "microdot", "chalice", "emmett", "hug", "web"))
_SERVERS = ("http.server.BaseHTTPRequestHandler", "http.server.SimpleHTTPRequestHandler")
#: What the handler of the standard library's server keeps of the request.
_OF_SERVER = ("self.path", "self.headers", "self.rfile")


def files(index: Index) -> set[str]:
    """The files in which there may be such a function."""
    return {*index.holding(_PACKAGES), *index.matching(_HANGS, (b"route", b"event"))}


def handler(program: Program, scope: Scope) -> Handler | None:
    """How such a function is called; None for every other."""
    hooks = _words(scope) & _HOOKS
    if hooks:
        return Handler(scope, given=frozenset(), answers_html=bool(hooks - _NOT_HTML))
    if _is_server(program, scope):
        return Handler(scope, given=frozenset(), kept=frozenset(_OF_SERVER))
    names = _resolved(program, scope) or _sent(program, scope)
    if names is not None:
        return Handler(scope, given=names)
    package = _registered_by(program, scope)
    if package:
        return Handler(scope, given=_in_paths(scope), answers_html=package == "bottle")
    names = _in_paths(scope) or _event(scope)
    return Handler(scope, given=names, is_on_map=False) if names else None


def _words(scope: Scope) -> set[str]:
    return {(form.dotted(_called(node)) or "").rpartition(".")[2] for node in scope.decorators}


def _called(decorator: Node) -> Node:
    called: Node = decorator[3] if decorator[0] == form.CALL else decorator
    return called


def _is_server(program: Program, scope: Scope) -> bool:
    if not scope.is_method or not scope.name.startswith("do_") or scope.parent is None:
        return False
    bases = program.bases(scope.parent)
    return any((base if isinstance(base, str) else base.dotted) in _SERVERS for base in bases)


def _resolved(program: Program, scope: Scope) -> frozenset[str] | None:
    """The arguments of a GraphQL resolver: what the query gives."""
    is_named = scope.name.startswith("resolve_") or scope.name == "mutate"
    if is_named and scope.is_method and scope.parent is not None:
        bases = program.bases(scope.parent)
        if any(isinstance(base, str) and base.startswith("graphene.") for base in bases):
            return _arguments(scope)
    for decorator in scope.decorators:
        found = program.resolve(scope.parent or scope, _called(decorator)).name
        if found.startswith(("strawberry.", "ariadne.")) and found.rpartition(".")[2] in _RESOLVERS:
            return _arguments(scope)
    return None


def _sent(program: Program, scope: Scope) -> frozenset[str] | None:
    """What comes with an event of a socket, and the parameters of a page of CherryPy."""
    for decorator in scope.decorators:
        found = program.resolve(scope.parent or scope, _called(decorator)).name
        package, word = found.partition(".")[0], found.rpartition(".")[2]
        if package in ("flask_socketio", "socketio") and word in _EVENTS:
            return _arguments(scope) - {"sid"}
        if found == "cherrypy.expose":
            return _arguments(scope)
    return None


def _arguments(scope: Scope) -> frozenset[str]:
    names = [parameter[form.P_NAME] for parameter in scope.parameters]
    return frozenset(names) - {"self", "cls", "root", "info", "parent", "_", "_info", "obj"} - parts.REQUEST_NAMES


def _in_paths(scope: Scope) -> frozenset[str]:
    """The parameters that a decorator with a path names, as of a framework that is not on the map."""
    found: set[str] = set()
    for decorator in scope.decorators:
        if decorator[0] != form.CALL or (form.dotted(decorator[3]) or "").rpartition(".")[2] not in _ROUTES:
            continue
        path = form.text_of(decorator[4][0]) if decorator[4] else None
        if path is not None and path.startswith("/"):
            found |= {word for group in _IN_PATH.findall(path) for word in re.findall(r"\w+", group)}
    return frozenset(found)


def _registered_by(program: Program, scope: Scope) -> str:
    """The package of a decorator with a path, where it is of none that the map knows: those it would have found."""
    for decorator in scope.decorators:
        if decorator[0] != form.CALL or (form.dotted(decorator[3]) or "").rpartition(".")[2] not in _ROUTES:
            continue
        found = program.resolve(scope.parent or scope, decorator[3])
        package = found.name.partition(".")[0]
        is_path = bool(decorator[4]) and (form.text_of(decorator[4][0]) or "").startswith("/")
        if is_path and found.kind == "external" and package in _OFF_MAP:
            return package
    return ""


def _event(scope: Scope) -> frozenset[str]:
    """The event of a function that a cloud runs: `def handler(event, context)`."""
    names = [parameter[form.P_NAME] for parameter in scope.parameters]
    return frozenset(("event",)) if names == ["event", "context"] else frozenset()
