"""What functions of a program keep for others: in the request, in `g`, by the decorator of a loader.

Takes the parsed program; gives the values that are assigned to such an attribute anywhere, and functions with a
decorator.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cached_property

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope

_ASSIGNED = re.compile(rb"\b(?:g|request|req)(?:\.state)?\.(\w+)\s*(?::[^=\n]{1,80})?=(?!=)")
_NAMES = frozenset(("g", "request", "req"))
#: What decorates functions that answer requests of their own.
_VIEW = re.compile(r"^(view_config|route|get|post|put|patch|delete|api_view|api_route)$")
#: Methods of a policy that are asked who calls wherever that is asked: what they set is found then.
_SAYS_WHO = frozenset(("authenticated_userid", "unauthenticated_userid", "identity"))


class Kept:
    """Answers for one program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._found: dict[str, list[tuple[Scope, Node]]] = {}

    @cached_property
    def _places(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for module in self._program.holding(_NAMES):
            if not TEST_FILE.search(module.path):
                for name in sorted(set(_ASSIGNED.findall(module.source))):
                    found.setdefault(name.decode(), []).append(module.path)
        return found

    def values(self, name: str) -> list[tuple[Scope, Node]]:
        """Everything that is assigned to this attribute of a request, with the function that does it."""
        if name not in self._found:
            self._found[name] = []
            for path in self._places.get(name, ()):
                for scope in self._program.functions(within=self._program.modules[path]):
                    self._found[name] += _assigned(scope, name)
        return self._found[name]

    def decorated(self, decorator: str) -> list[Scope]:
        """Functions with a decorator of this name, whatever it is a method of."""
        written = re.compile(rb"@[\w.]*\b" + re.escape(decorator.encode()) + rb"\b")
        return [
            scope
            for module in self._program.holding((decorator,))
            if written.search(module.source) and not TEST_FILE.search(module.path)
            for scope in self._program.functions(within=module)
            if any(_last(node) == decorator for node in scope.decorators)
        ]


def alone_keeps(program: Program, scope: Scope, name: str) -> bool:
    """Whether a function sets an attribute, and nothing else in the tree sets one of that name; views may.

    A view that sets it, once it has signed somebody in, answers this request, and stands before no other view; what is
    asked who calls is asked by the function itself.
    """
    written = re.compile(
        rb"\.\s*%s\s*(?::[^=\n]+)?=(?!=)|\bsetattr\([^\n]*[\"']%s[\"']" % ((re.escape(name.encode()),) * 2)
    )
    if scope.node is None or not scope.may_hold(written):
        return False
    return all(
        (path == scope.module.path and scope.node[1] <= found.start() < scope.node[2])
        or _is_in_view(program, path, found.start())
        for path in program.words.matching(written, (name.encode(),))
        for found in written.finditer(program.modules[path].source)
    )


def _is_in_view(program: Program, path: str, place: int) -> bool:
    """Whether a place stands in a function that answers requests, by its decorator, or says who calls, by its name."""
    if TEST_FILE.search(path):
        return True
    around = [
        one
        for one in program.functions(within=program.modules[path])
        if one.node is not None and one.node[1] <= place < one.node[2]
    ]
    return any(one.name in _SAYS_WHO or any(map(_is_view, _beside(one))) for one in around)


def _beside(function: Scope) -> list[Scope]:
    """A function, or all methods of its class."""
    of = function.parent if function.is_method and function.parent is not None else None
    return [function] if of is None else [one for one in of.children.values() if one.is_function]


def _is_view(function: Scope) -> bool:
    return any(_VIEW.match(_last(node)) for node in function.decorators)


def is_called_alone(program: Program, scope: Scope, routing: Collection[str]) -> bool:
    """Whether a function, with all in it, runs only where source calls it or decorates with it, or for a route.

    `routing`: the decorators of handlers.
    """
    while scope.parent is not None and scope.parent.is_function:
        scope = scope.parent
    if scope.parent is None or scope.parent.node is not None:
        return False  # Whoever makes an object of its class may call it.
    if scope.decorators:
        return all(_last(one) in routing for one in scope.decorators)
    paths = [path for path in program.words.files(scope.name.encode()) if not TEST_FILE.search(path)]
    used = [_is_only_applied(program, path, scope.name) for path in paths]
    return True in used and False not in used


def _is_only_applied(program: Program, path: str, name: str) -> bool | None:
    """Whether a file names something that is called so only to call it or to decorate with it; None: it does not."""
    nodes = list(form.walk(program.scope(program.modules[path]).body))
    used = [node[3] for node in nodes if node[0] == form.CALL]
    used += [mark for node in nodes if node[0] == form.FUNCTION for mark in node[form.F_DECORATORS]]
    applied = {id(node) for node in used}
    named = [
        id(node) in applied
        for node in nodes
        if (node[0] == form.NAME and node[3] == name) or (node[0] == form.ATTRIBUTE and node[4] == name)
    ]
    return all(named) if named else None


def is_kept(node: Node) -> bool:
    """Whether an expression is what things are kept in: `g`, `request`, `self.request`, `request.state`."""
    if node[0] == form.NAME:
        return node[3] in _NAMES
    if node[0] != form.ATTRIBUTE:
        return False
    return node[4] in ("request", "req") or (node[4] == "state" and is_kept(node[3]))


def _assigned(scope: Scope, name: str) -> list[tuple[Scope, Node]]:
    return [
        (scope, node[4])
        for node in scope.nodes
        if node[0] == form.ASSIGN
        for target in node[3]
        if target[0] == form.ATTRIBUTE and target[4] == name and is_kept(target[3])
    ]


def _last(node: Node) -> str:
    called = node[3] if node[0] == form.CALL else node
    return (form.dotted(called) or "").rpartition(".")[2]
