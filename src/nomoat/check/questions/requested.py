"""What of a request an expression in a handler holds: `request.cookies.get("role")`, a parameter, a name for one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from nomoat.appmap.model import Route
from nomoat.check.flow import parts
from nomoat.survey.models import models
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import How, Scope

_MAX_DEPTH = 4
#: Kinds of what a request holds (`survey.models.SOURCES`) that the caller writes as they like.
_WRITTEN = frozenset(("header", "cookie", "query", "input"))
_TAKING = frozenset(("get", "pop", "getlist", "get_list", "getall"))
#: Methods of Tornado's handlers that give what is asked for, and where that stands.
_ASKED = {"get_argument": "form", "get_body_argument": "form", "get_query_argument": "query", "get_cookie": "cookie"}
#: What a form or serializer has of what was sent, once it has looked at it.
_VALIDATED = frozenset(("validated_data", "cleaned_data"))
#: What only turns one text into another.
_TURNING = frozenset(("strip", "lower", "upper", "int", "str", "bool", "casefold", "title"))


#: What a parameter of a dependency is declared by, and where it stands in the request then.
_DECLARED = {
    f"fastapi{module}.{name}": name.lower()
    for module in ("", ".params", ".param_functions")
    for name in ("Header", "Cookie")
}


class Item(NamedTuple):
    """One thing that the caller writes: where it stands in the request, and its name (empty: all of it)."""

    place: str
    name: str


class Requested:
    """Answers for one handler (or a function that it calls, whose parameters say nothing)."""

    def __init__(
        self, program: Program, scope: Scope, route: Route | None, *, handed: Mapping[str, str] | None = None
    ) -> None:
        """`handed` says of parameters of a function that a handler calls where in the request their values stand."""
        self.program = program
        self._scope = scope
        located: dict[str, str] = {one.name: one.location for one in route.parameters} if route is not None else {}
        self._parameters: dict[str, str] = {name: place for name, place in located.items() if place != "path"}
        # What the map calls as the request does, `x-role`, is called `x_role` here, or as the handler likes.
        self._parameters |= {name.replace("-", "_"): place for name, place in self._parameters.items()}
        for parameter in scope.parameters:
            for declared in (parameter[form.P_DEFAULT], *_annotated(parameter[form.P_ANNOTATION])):
                is_call = declared is not None and declared[0] == form.CALL
                name = program.resolve(scope, declared[3]).name if declared is not None and is_call else ""
                if name in _DECLARED:
                    self._parameters[parameter[form.P_NAME]] = _DECLARED[name]
        self._parameters |= handed or {}

    def items(self, node: Node | None, depth: int = 0) -> Iterator[Item]:
        """What the value of an expression is made of, as far as names bound once in this function lead."""
        if node is None or depth > _MAX_DEPTH:
            return
        direct = self._direct(node, depth)
        if direct is not None:
            yield direct
            return
        if node[0] == form.NAME:
            for binding in self._scope.bindings.get(node[3], ()):
                if binding.how in (How.VALUE, How.UNPACKED) and binding.value is not None:
                    yield from self.items(binding.value, depth + 1)
            return
        for inner in form.children(node):
            yield from self.items(inner, depth + 1)

    def item(self, node: Node | None) -> Item | None:
        """The one thing of the request that an expression is, turned into other text at most."""
        for _ in range(_MAX_DEPTH * 2):
            if node is None:
                return None
            direct = self._direct(node, 0)
            if direct is not None:
                return direct if direct.name else None
            if node[0] == form.NAME:
                bindings = self._scope.bindings.get(node[3], ())
                node = bindings[0].value if len(bindings) == 1 and bindings[0].how is How.VALUE else None
            else:
                node = _turned(node)
        return None

    def _direct(self, node: Node, depth: int) -> Item | None:
        """`request.args["id"]`, `request.args.get("id")`, `request.args`, a parameter or a field of one."""
        kind = node[0]
        if kind == form.NAME and node[3] in self._parameters:
            return Item(self._parameters[node[3]], node[3])
        if kind == form.SUBSCRIPT:
            return self._named(node[3], form.text_of(node[4]), depth)
        if kind == form.CALL and node[3][0] == form.NAME and depth <= _MAX_DEPTH:
            return self._given_by(node)
        if kind == form.CALL and node[3][0] == form.ATTRIBUTE:
            if node[3][4] in _TAKING and node[4]:
                return self._named(node[3][3], form.text_of(node[4][0]), depth)
            if node[3][4] in _ASKED and node[4] and node[3][3][0] == form.NAME and node[3][3][3] == "self":
                # Tornado: `self.get_argument("role")`.
                text = form.text_of(node[4][0])
                return Item(_ASKED[node[3][4]], text) if text else None
            if node[3][4] in ("loads", "json_decode") and node[4]:
                # `json.loads(request.body)`
                whole = self._held(node[4][0], depth + 1)
                return Item("body", "") if whole is not None and not whole.name else None
            if node[3][4] == "parse_args" and not node[4]:
                # Flask-RESTful: what a parser of requests gives.
                return Item("body", "")
            place = self._place(node[3])
            return Item(place, "") if place else None
        if kind == form.ATTRIBUTE:
            place = self._place(node)
            if place:
                return Item(place, "")
            if node[3][0] == form.NAME and node[3][3] == "self" and self._is_of_body(node[4]):
                return Item("body", "")
            if node[4] in _VALIDATED and self.form_of(node[3]) is not None:
                return Item("body", "")
            inner = self._held(node[3], depth)
            # A field of a body; what is called on an item of one is a method.
            is_body = node[3][0] == form.NAME and node[3][3] in self._parameters
            is_whole = inner is not None and (is_body or not inner.name) and inner.place in ("body", "form")
            return Item(inner.place, node[4]) if inner is not None and is_whole else None
        return None

    def _named(self, container: Node, name: str | None, depth: int) -> Item | None:
        is_meta = container[0] == form.ATTRIBUTE and container[4] == "META" and self._is_request(container[3])
        if is_meta and name is not None and name.startswith("HTTP_"):
            # Django: `request.META["HTTP_X_ROLE"]`.
            return Item("header", name.removeprefix("HTTP_").replace("_", "-"))
        inner = self._held(container, depth)
        return Item(inner.place, name) if inner is not None and name is not None else None

    def _held(self, node: Node, depth: int) -> Item | None:
        """The part of a request that a container is: `request.form`, `data` where `data = request.get_json()`."""
        if depth > _MAX_DEPTH:
            return None
        if node[0] == form.AWAIT:
            return self._held(node[3], depth + 1)
        if node[0] == form.BOOLEAN and node[3] == "or":
            return self._held(node[4][0], depth + 1)
        direct = self._direct(node, depth + 1)
        if direct is not None:
            return direct
        bindings = self._scope.bindings.get(node[3], ()) if node[0] == form.NAME else ()
        if len(bindings) == 1 and bindings[0].how is How.LOOP and bindings[0].value is not None:
            # One of a list that the caller sent: `for line in request.json["lines"]`.
            listed = self._held(bindings[0].value, depth + 1) if not bindings[0].path else None
            return Item(listed.place, "") if listed is not None else None
        values = [one.value for one in bindings if one.how is How.VALUE and one.value is not None]
        return self._held(values[0], depth + 1) if len(values) == 1 and len(bindings) == 1 else None

    def form_of(self, node: Node) -> Scope | None:
        """The class of a form or serializer of the tree that was made of the request: `OrderForm(request.POST)`."""
        bindings = self._scope.bindings.get(node[3], ()) if node[0] == form.NAME else ()
        made = bindings[-1].value if bindings and bindings[-1].how is How.VALUE else node
        if made is None or made[0] != form.CALL:
            return None
        given = form.keyword(made, "data") or (made[4][0] if made[4] else None)
        if given is None or (item := self._held(given, 1)) is None or item.name:
            return None
        found = self.program.resolve(self._scope, made[3])
        return found.scope if found.scope is not None and found.scope.is_class else None

    def _given_by(self, call: Node) -> Item | None:
        """What a helper takes of the request as a whole: `def body_of(request): return json.loads(request.body)`."""
        found = self.program.resolve(self._scope, call[3])
        helper = found.scope if found.kind == "function" and not found.alternatives else None
        if helper is None or helper is self._scope or helper.module.is_library or len(call[4]) > 1:
            return None
        inner = Requested(self.program, helper, None)
        for node in form.walk_scope(helper.body):
            if node[0] == form.RETURN and node[3] is not None:
                item = inner._held(node[3], 1)
                return item if item is not None and not item.name else None
        return None

    def _is_of_body(self, name: str) -> bool:
        """Whether a property of one's own gives the body of the request: `return json.loads(self.request.body)`."""
        cls = self._scope.enclosing_class
        members = self.program.resolver.classes.members(cls, name)[0] if cls is not None else ()
        for member in members:
            if member.is_instance or member.binding.node[0] != form.FUNCTION:
                continue
            method = member.scope.child(member.binding.node)
            for node in form.walk_scope(method.body) if method is not self._scope else ():
                if node[0] == form.RETURN and node[3] is not None and method.decorators:
                    item = next(Requested(self.program, method, None).items(node[3]), None)
                    return item is not None and item.place == "body" and not item.name
        return False

    def _place(self, node: Node) -> str:
        """Where `request.args` stands; empty for what is no part of a request that the caller writes."""
        kind = models().request.get(node[4], "")
        if kind not in _WRITTEN or not self._is_request(node[3]):
            return ""
        return "body" if kind == "input" else kind

    def _is_request(self, node: Node) -> bool:
        if node[0] == form.ATTRIBUTE:
            return node[4] == "request" and node[3][0] == form.NAME and node[3][3] in ("self", "info", "context")
        if node[0] != form.NAME:
            return False
        if any(p[form.P_NAME] == node[3] for p in self._scope.parameters):
            return node[3] in parts.REQUEST_NAMES
        return bool({one.name for one in self.program.resolve(self._scope, node).all} & parts.requests())


def _annotated(annotation: Node | None) -> tuple[Node, ...]:
    """What stands behind the type in `Annotated[int, Cookie()]`."""
    is_annotated = annotation is not None and annotation[0] == form.SUBSCRIPT and annotation[4][0] == form.TUPLE
    if annotation is None or not is_annotated or (form.dotted(annotation[3]) or "").rpartition(".")[2] != "Annotated":
        return ()
    return tuple(annotation[4][3][1:])


def _turned(node: Node) -> Node | None:
    """What is only turned into another text: `x` of `x.lower()`, `int(x)`, `x or ""`."""
    if node[0] == form.CALL and node[3][0] == form.ATTRIBUTE and node[3][4] in _TURNING:
        return node[3][3]  # type: ignore[no-any-return]
    is_call = node[0] == form.CALL and node[3][0] == form.NAME and node[3][3] in _TURNING and len(node[4]) == 1
    if is_call or (node[0] == form.BOOLEAN and node[3] == "or" and node[4][1][0] == form.CONSTANT):
        return node[4][0]  # type: ignore[no-any-return]
    return None
