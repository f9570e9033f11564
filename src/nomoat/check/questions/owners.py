"""Whose something is, said by the caller: rows that are made for anybody, and lists of whomever the request names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.appmap.ids import SAFE_METHODS
from nomoat.appmap.model import Route
from nomoat.check.model import Confidence
from nomoat.check.questions.asking import Answer, Asked, Place
from nomoat.check.questions.fields import adds_as_sent, closed_fields, is_row_sent, texts_of, value_of
from nomoat.check.questions.requested import Item, Requested
from nomoat.check.questions.words import asks_for_more, bare, is_of_administrators, last_word, name_of, touched
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import Scope

#: Columns that say who made a row: whom it is for is rightly said by who makes it.
_MADE_BY = re.compile(
    r"\A(owner|author|creator|sender|created_by|owned_by|uploaded_by|submitted_by|posted_by)(_?(id|pk|uuid))?\Z", re.I
)
#: Columns that say whose rows are.
_WHOSE = re.compile(
    r"\A(owner|user|account|tenant|customer|organi[sz]ation|org|workspace|company|created_by|owned_by)(_?(id|pk|uuid))?\Z",
    re.I,
)
_FILTERS = frozenset(("filter", "filter_by"))
_DOCUMENTS = frozenset(("find", "find_one", "count_documents", "delete_many", "update_many", "aggregate"))
_FINDS = _FILTERS | _DOCUMENTS
#: What a handler calls who is calling.
_CALLERS = frozenset(("user", "current_user", "account", "principal", "me", "viewer", "identity"))
_OF_KEY = re.compile(r"_+(id|uuid|pk)\Z")
#: Methods of views of REST framework that say what they are about.
_OF_VIEWS = frozenset(("get_queryset", "get_object", "perform_create", "filter_queryset"))
_CREATES = re.compile(r"\.(CreateAPIView|ListCreateAPIView|ModelViewSet|CreateModelMixin)\Z")


def named_by_caller(asked: Asked) -> Iterator[Answer]:
    """Routes by which whoever is signed in makes something in the name of others, or lists what is theirs."""
    for route in asked.routes:
        kinds = {guard.kind for guard in route.guards if guard.runs != "never"}
        if route.verdict != "guarded" or "ownership" in kinds or "authentication" not in kinds:
            continue
        if route.requires or is_of_administrators(route) or any(asks_for_more(guard) for guard in route.guards):
            continue
        for scope in _scopes(asked, route):
            yield from _in_calls(asked, route, scope)
        if route.method == "POST":
            yield from _in_serializer(asked, route)
            yield from _in_row(asked, route)


def named_as_callers(asked: Asked) -> Iterator[Answer]:
    """Routes that read rows by a key that the request says, where others take that key from who is calling.

    `Loan.objects.filter(branch=request.GET["branch"])` beside `Loan.objects.filter(branch=request.user.branch)`.
    """
    own = _keys_of_callers(asked)
    for route in asked.routes if own else ():
        kinds = {guard.kind for guard in route.guards if guard.runs != "never"}
        if route.verdict != "guarded" or "ownership" in kinds or "authentication" not in kinds or route.requires:
            continue
        if is_of_administrators(route) or any(asks_for_more(guard) for guard in route.guards):
            continue
        if asked.registrations.decides_by_caller(route):
            continue
        for scope in _scopes(asked, route):
            requested = Requested(asked.registrations.program, scope, route)
            for node, key, value in _conditions(scope):
                item = next(requested.items(value), None)
                other = next((own[store, key] for store in touched(route) if (store, key) in own), None)
                if other is None or item is None or not item.name or item.place not in ("query", "body", "form"):
                    continue
                yield Answer(
                    route,
                    f"{name_of(route)} gives what belongs to whomever {item.name} of the request names",
                    f"{item.name}, which the caller writes, says whose rows are read",
                    f"{name_of(other)} ({other.at}) takes {key} from who is calling, this route from the request",
                    f"take {key} from who is calling, or ask whether they may see {item.name}",
                    "sure", Place(scope.module, node), told_once=True,
                )  # fmt: skip
                break


def _keys_of_callers(asked: Asked) -> dict[tuple[str, str], Route]:
    """Stores and the keys that routes find rows of theirs by, where the value is who is calling, or is theirs."""
    found: dict[tuple[str, str], Route] = {}
    for route in asked.routes:
        if route.verdict != "guarded":
            continue
        for scope in _scopes(asked, route):
            for _, key, value in _conditions(scope):
                if _is_of_caller(route, scope, key, value):
                    for store in touched(route):
                        found.setdefault((store, key), route)
    return found


def _conditions(scope: Scope) -> Iterator[tuple[Node, str, Node]]:
    """What rows are found by: the call, the key without `_id`, and the value."""
    for node in form.walk_scope(scope.body):
        if node[0] != form.CALL or last_word(node) not in (*_FINDS, "where"):
            continue
        pairs = [(name, value) for name, value in node[5] if name is not None]
        if last_word(node) in _DOCUMENTS:
            documents = [one for one in node[4][:1] if one[0] == form.DICT]
            pairs = [(form.text_of(k), v) for one in documents for k, v in one[3] if k is not None]
        for given in node[4]:
            # `where(Message.recipient_id == me.id)`
            is_equal = given[0] == form.COMPARE and given[4] == ("==",) and given[3][0][0] == form.ATTRIBUTE
            pairs += [(given[3][0][4], given[3][1])] if is_equal else []
        for name, value in pairs:
            key = _OF_KEY.sub("", name or "")
            if key not in ("", "pk", "id", "uuid", "_id"):
                yield node, key, value


def _is_of_caller(route: Route, scope: Scope, key: str, value: Node) -> bool:
    """`request.user`, `user["_id"]`, `me().group_id`, `request.user.member.branch` for `branch`."""
    while value[0] == form.CALL and len(value[4]) == 1 and value[3][0] == form.NAME:
        value = value[4][0]  # `ObjectId(user["_id"])`
    last = ""
    if value[0] == form.ATTRIBUTE:
        last, base = value[4], value[3]
    elif value[0] == form.SUBSCRIPT and (text := form.text_of(value[4])) is not None:
        last, base = text, value[3]
    else:
        base = value
    if last not in ("", "id", "pk", "_id", "uuid", "user") and _OF_KEY.sub("", last) != key.rpartition("__")[2]:
        return False
    return any(_names_caller(route, scope, one) for one in (value, *form.walk(base)))


def _names_caller(route: Route, scope: Scope, node: Node) -> bool:
    if node[0] == form.ATTRIBUTE:
        return node[4] == "user" and node[3][0] in (form.NAME, form.ATTRIBUTE)
    if node[0] == form.SUBSCRIPT:
        return form.text_of(node[4]) == "user" and form.dotted(node[3]) in ("request", "self.request")
    if node[0] != form.NAME or node[3] not in _CALLERS:
        return False
    # A row that the handler found itself, and one that the path names, may be anybody's.
    if any(one.name == node[3] for one in route.parameters):
        return False
    return node[3] == "current_user" or any(one[form.P_NAME] == node[3] for one in scope.parameters)


def _scopes(asked: Asked, route: Route) -> list[Scope]:
    handler = asked.handler(route)
    if handler is not None:
        return [handler]
    view = asked.registrations.view(route)
    return [one for one in view.children.values() if one.name in _OF_VIEWS] if view is not None else []


def _in_calls(asked: Asked, route: Route, scope: Scope) -> Iterator[Answer]:
    requested = Requested(asked.registrations.program, scope, route)
    for node in form.walk_scope(scope.body):
        for name, value in node[5] if node[0] == form.CALL else ():
            item = requested.item(value) if name is not None else None
            if item is None or name is None or item.place not in ("query", "body", "form"):
                continue
            model = _row_of(asked, scope, node)
            if last_word(node) in _FILTERS and _WHOSE.match(name) and route.method in SAFE_METHODS:
                yield from _listed(asked, route, scope, node, name, item)
            elif model is not None and _MADE_BY.match(name) and _is_made(node):
                keys = (name, name.removesuffix("_id"))
                if any(asked.is_key_of_user(model, one) for one in keys):
                    yield _made(route, Place(scope.module, node), name, item.name)


def _is_made(call: Node) -> bool:
    return last_word(call) == "create" or call[3][0] == form.NAME or last_word(call)[:1].isupper()


def _row_of(asked: Asked, scope: Scope, call: Node) -> Scope | None:
    """The class of rows that a call makes one of, or asks for."""
    for node in form.walk(call[3]):
        found = (
            asked.registrations.program.resolve(scope, node).scope if node[0] in (form.NAME, form.ATTRIBUTE) else None
        )
        if found is not None and found.is_class and asked.is_row(found):
            return found
    return None


def _listed(asked: Asked, route: Route, scope: Scope, node: Node, name: str, item: Item) -> Iterator[Answer]:
    stores = set(touched(route))
    other = next(
        (one for one in asked.routes if one is not route and stores & set(touched(one)) and asked.owns(one)), None
    )
    if not stores or asked.registrations.decides_by_caller(route):
        return
    table = bare(sorted(stores)[0])
    confidence: Confidence = "sure" if other is not None else "likely"
    yield Answer(
        route,
        f"{name_of(route)} gives what belongs to whomever {item.name} of the request names",
        f"{item.name}, which the caller writes, says whose rows of {table} are read",
        f"{name_of(other)} ({other.at}) compares the owner, this route does not" if other is not None else "",
        f"filter by who is calling: {name}=<the one who is signed in>, or ask whether they may see {item.name}",
        confidence, Place(scope.module, node),
    )  # fmt: skip


def _made(route: Route, place: Place, column: str, item: str) -> Answer:
    return Answer(
        route,
        f"{name_of(route)} makes rows in the name of anybody",
        f"{item} of the request becomes {column}",
        f"whoever is signed in says that somebody else is the {column.removesuffix('_id')}",
        f"set {column} to who is calling, and take it from nobody",
        "sure", place,
    )  # fmt: skip


def _in_row(asked: Asked, route: Route) -> Iterator[Answer]:
    """A row that the body is, with who made it, and that is kept as it was sent: `def send(row: Message): add(row)`."""
    handler = asked.handler(route)
    for parameter in handler.parameters if handler is not None else ():
        annotation = parameter[form.P_ANNOTATION]
        if handler is None or annotation is None:
            continue
        model = asked.registrations.program.annotation(handler, annotation).scope
        if model is None or not model.is_class or not is_row_sent(asked, handler, parameter, model):
            continue
        column = next((one for one in model.bindings if _MADE_BY.match(one)), "")
        call = adds_as_sent(handler, parameter[form.P_NAME]) if column else None
        if call is not None:
            yield _made(route, Place(handler.module, call), column, column)


def _in_serializer(asked: Asked, route: Route) -> Iterator[Answer]:
    """A serializer that lets the caller write who made the row, in a view that sets nobody."""
    view = asked.registrations.view(route)
    program = asked.registrations.program
    bases = program.bases(view) if view is not None else ()
    if view is None or not any(_CREATES.search(one if isinstance(one, str) else f".{one.dotted}") for one in bases):
        return
    given = value_of(view, "serializer_class")
    serializer = program.resolve(view, given).scope if given is not None else None
    if serializer is None or {"perform_create", "create", "get_serializer_class"} & set(view.bindings):
        return
    meta = next((one for one in serializer.children.values() if one.is_class and one.name == "Meta"), None)
    model_node = value_of(meta, "model") if meta is not None else None
    model = program.resolve(meta, model_node).scope if meta is not None and model_node is not None else None
    if meta is None or model is None or {"create", "save", "validate"} & set(serializer.bindings):
        return
    closed = {*texts_of(value_of(meta, "read_only_fields")), *closed_fields(serializer, meta)}
    for name in texts_of(value_of(meta, "fields")):
        is_own = name in closed or name in serializer.bindings
        if _MADE_BY.match(name) and not is_own and asked.is_key_of_user(model, name):
            node = value_of(meta, "fields")
            assert node is not None
            yield _made(route, Place(meta.module, node), name, name)
            return
