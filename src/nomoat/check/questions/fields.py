"""Which fields of an account a form, a serializer or the model of a body lets the caller write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from nomoat.appmap.ids import SAFE_METHODS
from nomoat.appmap.model import Route
from nomoat.check.flow.sources import dependency
from nomoat.check.model import Confidence
from nomoat.check.questions.asking import Answer, Asked, Place
from nomoat.check.questions.words import PRIVILEGE, is_of_administrators, last_word, name_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope

_SHAPED = frozenset((
    "django.forms.ModelForm", "django.forms.models.ModelForm", "rest_framework.serializers.ModelSerializer",
    "rest_framework.serializers.HyperlinkedModelSerializer",
))  # fmt: skip
#: Privileges that only such a word names: `groups` of anybody are friends, `scopes` are measures.
_FLAGS = re.compile(
    r"\A(is_?|user_?|account_?)?(admin|administrator|staff|superuser|super_?admin|moderator|manager|role|roles"
    r"|access_?level|user_?permissions|verified|approved_by_staff)\Z", re.I
)  # fmt: skip
#: A guard that asks for what only some accounts are.
_ASKED_FOR = re.compile(r"role:(is|has|can)_\w+\Z")
_OF_DJANGO = ("is_superuser", "is_staff", "groups", "user_permissions")
_HAS_META = re.compile(rb"\bclass Meta\b")
_DUMPS = frozenset(("model_dump", "dict", "copy", "model_copy"))
#: What takes a document as it is.
_DOCUMENTS = frozenset(("insert_one", "replace_one"))
_SCHEMAS = frozenset(("marshmallow.Schema", "marshmallow.schema.Schema"))


def writable_privilege(asked: Asked) -> Iterator[Answer]:
    """Forms, serializers and bodies by which whoever is signed in, or anyone, says what an account may do."""
    yield from _shaped(asked)
    for route in asked.routes:
        if route.method not in SAFE_METHODS and not is_left_to_more(route):
            yield from _bodies(asked, route)


def is_left_to_more(route: Route) -> bool:
    """Whether a route asks for more than that somebody has signed in."""
    kinds = {guard.kind for guard in route.guards if guard.runs != "never"}
    return "permission" in kinds or route.verdict == "unknown" or is_of_administrators(route) or bool(route.requires)


# -- forms and serializers ---------------------------------------------------------------------------------------------


def _shaped(asked: Asked) -> Iterator[Answer]:
    program = asked.registrations.program
    used = None
    asked_for = flags(asked)
    for path in program.words.matching(_HAS_META, (b"Meta",)):
        if TEST_FILE.search(path) or "admin" in path.lower():
            continue
        for scope in program.classes(within=program.modules[path]):
            if not program.resolver.classes.is_a(scope, _SHAPED):
                continue
            found = _writable(asked, scope, asked_for)
            if found is None:
                continue
            used = users_of(asked) if used is None else used
            node, names = found
            routes = used.get(scope.name, [])
            opened = [route for route in routes if not is_left_to_more(route) and route.method not in SAFE_METHODS]
            if routes and not opened:
                continue
            confidence: Confidence = "sure" if opened else "low"
            yield Answer(
                opened[0] if opened else None,
                f"whoever uses {scope.name} sets {names[0]}" if not opened else
                f"{names[0]} can be set by {name_of(opened[0])}",
                f"{', '.join(names[:3])} of an account can be written through {scope.name}",
                "", "", confidence, Place(scope.module, node),
            )  # fmt: skip


def flags(asked: Asked) -> frozenset[str]:
    """What guards here ask of whoever calls, by the name of a column that is true or false: `is_dispatcher`."""
    names = (guard.name for route in asked.routes for guard in route.guards if guard.kind == "permission")
    return frozenset(name[5:] for name in names if _ASKED_FOR.match(name))


def _writable(asked: Asked, scope: Scope, asked_for: frozenset[str]) -> tuple[Node, list[str]] | None:
    """The node of `fields` or `exclude`, and what it lets be written of an account's privileges."""
    meta = next((child for child in scope.children.values() if child.is_class and child.name == "Meta"), None)
    if meta is None:
        return None
    model_node = value_of(meta, "model")
    model = asked.registrations.program.resolve(meta, model_node) if model_node is not None else None
    if model is None:
        return None
    is_djangos = model.name.endswith("contrib.auth.models.User") or (
        model.value is not None and model.value[0] == form.CALL and last_word(model.value) == "get_user_model"
    )
    is_user = is_djangos or (model.scope is not None and asked.is_user_class(model.scope))
    # A row beside that of the account may hold what guards ask for: `request.user.driver.is_dispatcher`.
    held = [name for name in model.scope.bindings if name in asked_for] if model.scope is not None else []
    if not is_user and not held:
        return None
    flagged = [name for name in model.scope.bindings if _FLAGS.match(name)] if model.scope is not None else []
    own = list(dict.fromkeys((*(flagged if is_user else ()), *held)))
    has_djangos = is_djangos or (model.scope is not None and asked.inherits_user(model.scope))
    privileges = [*own, *(_OF_DJANGO if has_djangos else ())]
    fields, exclude = value_of(meta, "fields"), value_of(meta, "exclude")
    closed = {*texts_of(value_of(meta, "read_only_fields")), *closed_fields(scope, meta)}
    node = fields or exclude
    if node is None:
        return None
    if fields is not None and form.text_of(fields) != "__all__":
        named = [name for name in texts_of(fields) if name in privileges]
    else:
        named = [name for name in privileges if name not in texts_of(exclude)]
    writable = [name for name in dict.fromkeys(named) if name not in closed]
    return (node, writable) if writable else None


def value_of(scope: Scope, name: str) -> Node | None:
    """What a class gives to a name of its own, last."""
    bindings = scope.bindings.get(name, ())
    return bindings[-1].value if bindings else None


def texts_of(node: Node | None) -> list[str]:
    """The texts of a list that is written out."""
    items = node[3] if node is not None and node[0] in (form.LIST, form.TUPLE, form.SET) else ()
    return [text for one in items if (text := form.text_of(one))]


def closed_fields(scope: Scope, meta: Scope) -> Iterator[str]:
    """Fields that are declared to be read only, by themselves or in `extra_kwargs`."""
    for name in scope.bindings:
        value = value_of(scope, name)
        if value is not None and value[0] == form.CALL:
            given = form.keyword(value, "read_only")
            is_read = (given is not None and given[3:4] == (True,)) or last_word(value) in (
                "SerializerMethodField",
                "ReadOnlyField",
            )
            if is_read:
                yield name
    extra = value_of(meta, "extra_kwargs")
    for key, value in extra[3] if extra is not None and extra[0] == form.DICT else ():
        text = form.text_of(key) if key is not None else None
        pairs = value[3] if value[0] == form.DICT else ()
        if text and any(
            form.text_of(one) == "read_only" and it[3:4] == (True,) for one, it in pairs if one is not None
        ):
            yield text


def users_of(asked: Asked) -> dict[str, list[Route]]:
    """Routes by the names of classes that what answers them mentions."""
    found: dict[str, list[Route]] = {}
    for route in asked.routes:
        handler = asked.handler(route)
        # A class whose methods are not of the tree is gone through as a whole.
        scopes = [handler] if handler is not None else []
        owner = handler.parent if handler is not None and handler.is_method else asked.registrations.view(route)
        named: set[str] = set()
        for scope in scopes:
            named |= {node[3] for node in form.walk(scope.body) if node[0] == form.NAME}
        if owner is not None:
            for name in ("serializer_class", "form_class", "serializer_classes"):
                value = value_of(owner, name)
                named |= {node[3] for node in form.walk(value) if node[0] == form.NAME} if value is not None else set()
            for child in owner.children.values():
                if child.name in ("get_serializer_class", "get_form_class", "get_form"):
                    named |= {node[3] for node in form.walk(child.body) if node[0] == form.NAME}
        for name in named:
            found.setdefault(name, []).append(route)
    return found


# -- bodies ------------------------------------------------------------------------------------------------------------


def _bodies(asked: Asked, route: Route) -> Iterator[Answer]:
    """`User(**body.model_dump())` where the model of the body has a field that says what an account may do."""
    handler = asked.handler(route)
    if handler is None:
        return
    for parameter in handler.parameters:
        annotation = parameter[form.P_ANNOTATION]
        model = asked.registrations.program.annotation(handler, annotation).scope if annotation is not None else None
        if model is None or not model.is_class or not asked.is_model_of_body(model):
            continue
        field = _privilege_of(asked.fields(model))
        call = _takes_all(asked, handler, parameter[form.P_NAME]) if field else None
        if call is None and field and is_row_sent(asked, handler, parameter, model):
            call = adds_as_sent(handler, parameter[form.P_NAME])
        if call is not None:
            yield _taken(route, handler, call, field, model.name)
    for name, described, fields in _described(asked, handler):
        field = _privilege_of(fields)
        call = _takes_all(asked, handler, name, is_dictionary=True) if field else None
        if call is not None:
            yield _taken(route, handler, call, field, described)


def is_row_sent(asked: Asked, handler: Scope, parameter: Node, model: Scope) -> bool:
    """Whether a parameter is a row that the body is read into, and none that a dependency gives."""
    if not asked.is_row(model) or not asked.is_model_of_body(model):
        return False
    program, annotation = asked.registrations.program, parameter[form.P_ANNOTATION]
    return all(dependency(program, handler, one, annotation) is None for one in (parameter[form.P_DEFAULT], annotation))


def adds_as_sent(handler: Scope, name: str) -> Node | None:
    """Where a row that the caller sent as it is gets into the store: `rows.add(user)`; nothing of it is set before."""
    for node in form.walk_scope(handler.body):
        is_set = node[0] == form.ASSIGN and any(
            target[0] == form.ATTRIBUTE and target[3][0] == form.NAME and target[3][3] == name for target in node[3]
        )
        if is_set:
            return None
        is_added = node[0] == form.CALL and last_word(node) in ("add", "merge", "save", "insert")
        if is_added and any(one[0] == form.NAME and one[3] == name for one in node[4]):
            return node
    return None


def _privilege_of(fields: Iterable[str]) -> str:
    return next((name for name in fields if _FLAGS.match(name) and PRIVILEGE.match(name)), "")


def _taken(route: Route, handler: Scope, call: Node, field: str, described: str) -> Answer:
    return Answer(
        route,
        f"{field} can be set by {name_of(route)}",
        f"{described} has the field {field}, and all of its fields are taken",
        "", "", "sure", Place(handler.module, call),
    )  # fmt: skip


def _described(asked: Asked, handler: Scope) -> Iterator[tuple[str, str, list[str]]]:
    """Names of dictionaries that a parser or a schema makes of a request, by what, and the fields that this names."""
    for name, bindings in handler.bindings.items():
        made = bindings[0].value if len(bindings) == 1 else None
        if made is None or made[0] != form.CALL or made[3][0] != form.ATTRIBUTE:
            continue
        if made[3][4] == "parse_args" and not made[4]:
            parser = form.dotted(made[3][3]) or ""
            yield name, parser.rpartition(".")[2], _arguments(asked, handler, parser.rpartition(".")[2])
        elif made[3][4] == "load" and made[3][3][0] == form.CALL:
            found = asked.registrations.program.resolve(handler, made[3][3][3])
            schema = found.scope if found.scope is not None and found.scope.is_class else None
            if schema is not None and asked.registrations.program.resolver.classes.is_a(schema, _SCHEMAS):
                shown = [one for one in schema.bindings if not _only_shown(value_of(schema, one))]
                yield name, schema.name, shown


def _arguments(asked: Asked, handler: Scope, parser: str) -> list[str]:
    """What a parser of Flask-RESTful takes, by the calls beside it: `parser.add_argument("role")`."""
    outer = handler.parent
    bodies = [
        handler.body,
        outer.body if outer is not None and outer.is_class else (),
        asked.registrations.program.scope(handler.module).body,
    ]
    return [
        text
        for body in bodies
        for node in form.walk_scope(body)
        if node[0] == form.CALL and last_word(node) == "add_argument" and node[4] and node[3][0] == form.ATTRIBUTE
        if (form.dotted(node[3][3]) or "").rpartition(".")[2] == parser and (text := form.text_of(node[4][0]))
    ]


def _only_shown(value: Node | None) -> bool:
    given = form.keyword(value, "dump_only") if value is not None and value[0] == form.CALL else None
    return given is not None and given[3:4] == (True,)


def _takes_all(asked: Asked, handler: Scope, name: str, *, is_dictionary: bool = False) -> Node | None:
    """The call that makes a row of everything in the body: `User(**body.dict())`, by way of a name at most."""
    dumped = {name}
    model = "" if is_dictionary else name
    nodes = list(form.walk_scope(handler.body))
    for node in nodes:
        if node[0] == form.ASSIGN and _is_dump(node[4], name):
            dumped |= {target[3] for target in node[3] if target[0] == form.NAME}
    excluded = any(
        node[0] == form.CALL and last_word(node) in ("pop", *_DUMPS) and _names_privilege(node) for node in nodes
    )
    if excluded or (is_dictionary and any(_sets_privilege(node, name) for node in nodes)):
        return None
    for node in nodes:
        if node[0] == form.FOR and _is_items_of(node[4], dumped, model):
            setting = (one for one in form.walk(node[5]) if one[0] == form.CALL and last_word(one) == "setattr")
            call = next(setting, None)
            if call is not None and not any(one[0] == form.IF for one in form.walk(node[5])):
                return call
        if node[0] == form.CALL and any(_is_whole(value, dumped, model) for value in _given_whole(node)):
            found = asked.registrations.program.resolve(handler, node[3])
            if found.scope is None or not found.scope.is_class or not asked.is_model_of_body(found.scope):
                return node
    return None


def _given_whole(call: Node) -> Iterator[Node]:
    """What gives a call all that is set: `**x`, a document, what a query sets, `{"$set": x}`."""
    yield from (value for key, value in call[5] if key is None)
    if call[3][0] == form.ATTRIBUTE and call[3][4] in (*_DOCUMENTS, "sqlmodel_update", "update_from_dict"):
        yield from call[4][:1]
    if call[3][0] == form.ATTRIBUTE and call[3][4] in ("update", "values") and _is_of_query(call[3][3]):
        yield from call[4][:1]
    if call[3][0] == form.ATTRIBUTE and call[3][4] in ("update_one", "update_many", "find_one_and_update"):
        for pair in (pair for one in call[4][1:2] if one[0] == form.DICT for pair in one[3]):
            if pair[0] is not None and form.text_of(pair[0]) == "$set":
                yield pair[1]


def _is_of_query(node: Node) -> bool:
    """`session.query(User).filter(...)`, `update(User).where(...)`, `insert(User)`."""
    return node[0] == form.CALL and last_word(node) in ("filter", "filter_by", "where", "update", "insert", "query")


def _is_whole(value: Node, dumped: set[str], model: str) -> bool:
    is_named = value[0] == form.NAME and value[3] in dumped and value[3] != model
    return is_named or (bool(model) and _is_dump(value, model))


def _sets_privilege(node: Node, name: str) -> bool:
    """`args["role"] = "user"`: what was sent is written over."""
    return node[0] == form.ASSIGN and any(
        target[0] == form.SUBSCRIPT and target[3][0] == form.NAME and target[3][3] == name
        and _FLAGS.match(form.text_of(target[4]) or "")
        for target in node[3]
    )  # fmt: skip


def _is_items_of(node: Node, dumped: set[str], name: str) -> bool:
    """`body.model_dump().items()`, `data.items()`."""
    if node[0] != form.CALL or node[3][0] != form.ATTRIBUTE or node[3][4] != "items":
        return False
    return _is_whole(node[3][3], dumped, name)


def _names_privilege(call: Node) -> bool:
    given = (*call[4], *(value for _, value in call[5]))
    return any(_FLAGS.match(form.text_of(inner) or "") for one in given for inner in form.walk(one))


def _is_dump(node: Node, name: str) -> bool:
    if node[0] != form.CALL or node[3][0] != form.ATTRIBUTE or node[3][4] not in _DUMPS:
        return False
    return bool(node[3][3][0] == form.NAME and node[3][3][3] == name)
