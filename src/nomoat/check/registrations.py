"""Where a route is registered in source: the decorator or call, the router it is registered on, its handler.

A finding about a route points there, and the fix it proposes is taken from how a sibling is guarded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nomoat.appmap.model import Guard, Map, Route
from nomoat.check.flow import sources
from nomoat.check.flow.taint import path_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.parser import Module
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import Scope

_IDENTITY = re.compile(
    r"user|auth|account|principal|identity|claims|token|viewer|actor|caller|member|tenant|owner|\bme\b", re.I
)
#: Where a request carries who calls.
_CREDENTIALS = ("headers", "cookies", "session")
_SCHEMES = re.compile(r"fastapi\.(security\.|Header\Z|Cookie\Z|Security\Z|params\.(Header|Cookie|Security)\Z)")
#: What makes or stores a row, or tells of something, and decides nothing by what it is given.
_NOTING = frozenset(
    ("create", "save", "insert_one", "get_or_create", "bulk_create", "debug", "info", "warning", "error", "exception",
     "send", "jsonify", "render", "render_template", "append")
)  # fmt: skip
#: What decides by what it is given, whatever it is a class of.
_FILTERING = frozenset(("filter", "filter_by", "get", "where", "exclude", "find", "find_one", "first"))
_MAX_DEPTH = 4
#: What a function is called that asks whether somebody may, and what refuses beside `raise`.
_DEMANDS = re.compile(
    r"\A_*(require|check|has|have|ensure|assert|verify|demand|can|may|is|user)_?\w*"
    r"(perm|role|access|right|scope|owner|allowed|authori[sz]|grant|privileg|edit|manage)", re.I
)  # fmt: skip
_REFUSES = re.compile(r"\A_*(abort|deny|forbid|refuse|reject|require|ensure|assert|unauthori[sz]ed|forbidden)", re.I)
_MAX_HELPERS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """One route in source. `call` is the decorator (or the call) that registers it; `router` what it is called on."""

    module: Module | None
    call: Node | None
    router: str
    handler: Scope | None

    @property
    def text(self) -> str:
        """The decorator or call as written, on one line."""
        return self._text(self.call) if self.call is not None else ""

    def _text(self, node: Node) -> str:
        assert self.module is not None
        return " ".join(self.module.text(node).split())


class Registrations:
    """The registrations of all routes of a map."""

    def __init__(self, drawn: Map, program: Program) -> None:
        self.program = program
        #: Where the classes of rows stand.
        self._models = {store.at for store in drawn.stores if store.at}
        self._calls = self._index(drawn, program)
        self._handlers = _Handlers(program)
        self._known: dict[tuple[str, str, str], Registration] = {}
        self._judging: dict[Scope, bool] = {}
        self._calling: dict[Scope, list[Scope]] = {}

    def of(self, route: Route) -> Registration:
        """The registration of a route."""
        key = (route.id, route.at, route.registered_at)
        if key not in self._known:
            at = route.registered_at or route.at
            module = self.program.modules.get(at.rpartition(":")[0])
            call = self._calls.get(at)
            router = path_of(call[3][3]) or "" if call is not None and call[3][0] == form.ATTRIBUTE else ""
            self._known[key] = Registration(module, call, router, self._handlers.of(route))
        return self._known[key]

    @staticmethod
    def _index(drawn: Map, program: Program) -> dict[str, Node]:
        """The outermost call that begins on each line where a route is registered."""
        wanted = {route.registered_at or route.at for route in drawn.routes}
        found: dict[str, Node] = {}
        for path in {at.rpartition(":")[0] for at in wanted}:
            module = program.modules.get(path)
            if module is None:
                continue
            for node in form.walk(module.body):
                if node[0] == form.CALL and (at := module.at(node)) in wanted:
                    known = found.get(at)
                    if known is None or node[2] - node[1] > known[2] - known[1]:
                        found[at] = node
        return found

    def view(self, route: Route) -> Scope | None:
        """The class that answers the route, where no function of the tree does."""
        return self._handlers.view(route)

    def guard_text(self, route: Route) -> str:
        """How a route's guard is written: `dependencies=[Depends(current_user)]`, or the parameter that asks for it."""
        registration = self.of(route)
        if registration.module is None:
            return ""
        if registration.call is not None:
            given = form.keyword(registration.call, "dependencies")
            if given is not None and given[0] == form.LIST and given[3]:
                return f"dependencies={registration._text(given)}"
        handler = registration.handler
        for parameter in handler.parameters if handler is not None else ():
            asked = self._asked(handler, parameter)
            if asked is not None and self._leads_to(asked, route.guards):
                return registration._text(parameter)
        return ""

    def _asked(self, handler: Scope | None, parameter: Node) -> Scope | None:
        assert handler is not None
        annotation = parameter[form.P_ANNOTATION]
        for node in (parameter[form.P_DEFAULT], annotation):
            asked = sources.dependency(self.program, handler, node, annotation)
            if asked is not None:
                return asked.scope
        return None

    def _leads_to(self, asked: Scope, guards: tuple[Guard, ...], depth: int = 0) -> bool:
        if any(guard.name == asked.name or _stands_in(guard.at, asked) for guard in guards):
            return True
        if depth >= _MAX_DEPTH or not asked.is_function:
            return False
        inner = [self._asked(asked, parameter) for parameter in asked.parameters]
        return any(self._leads_to(one, guards, depth + 1) for one in inner if one is not None)

    def uses_identity(self, route: Route) -> bool:
        """Whether the handler does anything with who is calling: hands it on, compares it, filters by it."""
        handler = self.of(route).handler
        if handler is None:
            view = self._handlers.view(route)
            above = self.program.bases(view) if view is not None else ()
            bodies = [one.body for one in above if isinstance(one, Scope) and not one.module.is_library]
            return not bodies or any(_names_caller(node) for body in bodies for node in form.walk(body))
        named = self._named(route, handler)
        every = form.walk(handler.body)
        return any((node[0] == form.NAME and node[3] in named) or _names_caller(node) for node in every)

    def decides_by_caller(self, route: Route) -> bool:
        """Whether who is calling may decide anything: `uses_identity`, and more than noting who made or did something.

        `Order(owner=user)`, `serializer.save(author=request.user)` and `log(user)` note; a comparison, a filter and a
        function that is handed the caller may decide.
        """
        if not self.uses_identity(route):
            return False
        handler = self.of(route).handler
        if handler is None:
            view = self._handlers.view(route)
            above = self.program.bases(view) if view is not None else ()
            scopes = [one for one in above if isinstance(one, Scope) and not one.module.is_library]
            return not scopes or any(
                self._decides(scope, node, frozenset(), route.method)
                for scope in scopes
                for node in scope.body
                if not _is_action(node)
            )
        return any(self._decides(handler, node, self._named(route, handler), route.method) for node in handler.body)

    def asks_in_helper(self, route: Route) -> bool:
        """Whether the handler calls a function of the tree that refuses by who is calling or what they may.

        What the map has as a guard that asks for a sign-in is none: it says nothing of one's own.
        """
        handler = self.of(route).handler
        if handler is None:
            return False
        signing_in = [one.at for one in route.guards if one.kind == "authentication"]
        return any(
            self._judges(one) for one in self.called(handler) if not any(_stands_in(at, one) for at in signing_in)
        )

    def called(self, scope: Scope) -> list[Scope]:
        """The functions of the tree that a function calls."""
        if scope not in self._calling:
            calls = (node for node in form.walk_scope(scope.body) if node[0] == form.CALL)
            found = (self.program.resolve(scope, node[3]).scope for node in calls)
            self._calling[scope] = [
                one for one in found if one is not None and one.is_function and not one.module.is_library
            ]
        return self._calling[scope]

    def _judges(self, scope: Scope, depth: int = 0) -> bool:
        if scope not in self._judging:
            nodes = list(form.walk_scope(scope.body))
            words = [_last_word(node) for node in nodes if node[0] == form.CALL]
            asks = any(map(_names_caller, nodes)) or any(map(_DEMANDS.search, words))
            refuses = any(node[0] == form.RAISE for node in nodes) or any(map(_REFUSES.search, words))
            self._judging[scope] = asks and refuses
        is_near = depth < _MAX_HELPERS
        return self._judging[scope] or (is_near and any(self._judges(one, depth + 1) for one in self.called(scope)))

    def tests_caller(self, route: Route) -> bool:
        """Whether the handler compares who is calling, or hands them to a function of the tree, which may.

        What only picks rows by the caller (`where(User.id == user.id)`) refuses nobody anything in their own.
        """
        handler = self.of(route).handler
        if handler is None:
            return self.uses_identity(route)
        named = self._named(route, handler)
        for node in form.walk(handler.body):
            if node[0] == form.IF:
                asked = [test for test, _ in node[3]]
            elif node[0] in (form.CONDITIONAL, form.ASSERT, form.WHILE):
                asked = [node[3]]
            elif node[0] == form.CALL and (called := self.program.resolve(handler, node[3]).scope) is not None:
                asked = [] if called.module.is_library or called.is_class else list(node[4])
                asked += [] if called.module.is_library or called.is_class else [value for _, value in node[5]]
            else:
                continue
            inside = (inner for one in asked for inner in form.walk(one))
            if any((one[0] == form.NAME and one[3] in named) or _names_caller(one) for one in inside):
                return True
        return False

    def _decides(self, scope: Scope, node: Node, named: frozenset[str], method: str) -> bool:
        """Whether who calls stands in a node anywhere but where it is only noted, or for another method."""
        if node[0] == form.IF:
            branches = [(test, body) for test, body in node[3] if not _is_of_other_method(test, method)]
            inner = [one for test, body in branches for one in (test, *body)] + list(node[4] or ())
            return any(self._decides(scope, one, named, method) for one in inner)
        if _is_plain_caller(node, named):
            return True
        if node[0] == form.CALL and self._notes(scope, node):
            given = [one for each in (*node[4], *(value for _, value in node[5])) for one in _fields(each)]
            return any(self._decides(scope, one, named, method) for one in given if not _is_plain_caller(one, named))
        is_set = node[0] == form.ASSIGN and all(target[0] == form.ATTRIBUTE for target in node[3])
        if is_set and _is_plain_caller(node[4], named):
            # `ticket.author = user`
            return any(self._decides(scope, target[3], named, method) for target in node[3])
        if node[0] == form.CALL and node[3][0] == form.ATTRIBUTE and node[3][4] == "get" and len(node[4]) == 2:
            # `request.args.get("owner", user.id)`: the caller is what stands there where the request says nothing.
            return self._decides(scope, node[3], named, method) or self._decides(scope, node[4][0], named, method)
        if node[0] == form.CLASS or (node[0] == form.FUNCTION and _is_action(node)):
            return False
        return any(self._decides(scope, inner, named, method) for inner in form.children(node))

    def _notes(self, scope: Scope, call: Node) -> bool:
        """Whether a call makes a row, stores one, or tells of something."""
        callee = call[3]
        last = callee[4] if callee[0] == form.ATTRIBUTE else callee[3] if callee[0] == form.NAME else ""
        if last in _FILTERING:
            return False
        if last in _NOTING:
            return True
        found = self.program.resolve(scope, callee)
        return found.scope is not None and found.scope.is_class and found.scope.at in self._models

    def _named(self, route: Route, handler: Scope) -> frozenset[str]:
        """Parameters of a handler that stand for who calls."""
        found = set()
        for parameter in handler.parameters:
            asked = self._asked(handler, parameter)
            if asked is not None and (self._leads_to(asked, route.guards) or _IDENTITY.search(parameter[form.P_NAME])):
                found.add(parameter[form.P_NAME])
        return frozenset(found)

    def asks_who_calls(self, route: Route) -> bool:
        """Whether the handler uses a dependency that reads the caller's credential, if there is one.

        What a dependency loads by the path (`user = Depends(user_of_path)`) says nothing of who calls.
        """
        handler = self.of(route).handler
        used = {node[3] for node in form.walk(handler.body) if node[0] == form.NAME} if handler is not None else set()
        for parameter in handler.parameters if handler is not None else ():
            if parameter[form.P_NAME] in used and _IDENTITY.search(parameter[form.P_NAME]):
                asked = self._asked(handler, parameter)
                if asked is not None and self._reads_credential(asked):
                    return True
        return False

    def _reads_credential(self, asked: Scope, depth: int = 0) -> bool:
        if not asked.is_function or depth >= _MAX_DEPTH:
            return False
        if any(node[0] == form.ATTRIBUTE and node[4] in _CREDENTIALS for node in form.walk(asked.body)):
            return True
        for parameter in asked.parameters:
            for part in (parameter[form.P_DEFAULT], parameter[form.P_ANNOTATION]):
                for node in form.walk(part) if part is not None else ():
                    if node[0] in (form.NAME, form.ATTRIBUTE) and _SCHEMES.match(
                        self.program.resolve(asked, node).name
                    ):
                        return True
            inner = self._asked(asked, parameter)
            if inner is not None and self._reads_credential(inner, depth + 1):
                return True
        return False


def _last_word(call: Node) -> str:
    callee = call[3]
    return str(callee[4] if callee[0] == form.ATTRIBUTE else callee[3] if callee[0] == form.NAME else "")


def _is_of_other_method(test: Node, method: str) -> bool:
    """`request.method == "POST"`, where the route answers another."""
    if test[0] != form.COMPARE or test[4] != ("==",) or test[3][0][0] != form.ATTRIBUTE or test[3][0][4] != "method":
        return False
    told = form.text_of(test[3][1])
    return told is not None and told.upper() != method


def _fields(node: Node) -> list[Node]:
    """The values of a dictionary that is handed over; anything else is one value."""
    return [value for _, value in node[3]] if node[0] == form.DICT else [node]


def _is_plain_caller(node: Node, named: frozenset[str]) -> bool:
    """`request.user`, `current_user.id`, `g.user["id"]`, `get_jwt_identity()`: the caller, or something of them."""
    while True:
        if (node[0] == form.NAME and node[3] in named) or _names_caller(node):
            return True
        if node[0] not in (form.ATTRIBUTE, form.SUBSCRIPT) and not (node[0] == form.CALL and not node[4]):
            return False
        node = node[3]


def _is_action(node: Node) -> bool:
    """`@action(detail=True) def archive(...)`: a route of its own."""
    if node[0] != form.FUNCTION:
        return False
    names = (form.dotted(one[3] if one[0] == form.CALL else one) or "" for one in node[form.F_DECORATORS])
    return any(name.rpartition(".")[2] in ("action", "detail_route", "list_route") for name in names)


def _names_caller(node: Node) -> bool:
    """`request.user`, `current_user`: what stands for who calls."""
    if node[0] == form.ATTRIBUTE:
        return node[4] in ("user", "auth", "subject", "identity", "principal", "current_user")
    return bool(node[0] == form.NAME and node[3] in ("current_user", "get_jwt_identity", "get_current_user"))


def _stands_in(at: str, scope: Scope) -> bool:
    path, _, line = at.rpartition(":")
    if path != scope.module.path or scope.node is None or not line.isdigit():
        return False
    return scope.module.line(scope.node[1]) <= int(line) <= scope.module.line(scope.node[2])


class _Handlers:
    """Finds the function of a route by its name, else by the line of its `def`."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._at: dict[str, dict[str, Scope]] = {}
        self._classes: dict[str, dict[str, Scope]] = {}

    def view(self, route: Route) -> Scope | None:
        """The class that answers the route, where no function of the tree does."""
        path = route.at.rpartition(":")[0]
        module = self._program.modules.get(path)
        if module is None:
            return None
        if path not in self._classes:
            self._classes[path] = {scope.at: scope for scope in self._program.classes(within=module)}
        return self._classes[path].get(route.at)

    def of(self, route: Route) -> Scope | None:
        path = route.at.rpartition(":")[0]
        module = self._program.modules.get(path)
        if module is None:
            return None
        if path not in self._at:
            self._at[path] = {scope.at: scope for scope in self._program.functions(within=module)}
        return self._at[path].get(route.at)
