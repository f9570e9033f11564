"""What a function has made itself, so that to put something into it changes nothing that others hold.

`row = {}`, `data = json.loads(request.data)`, `for part in request.json["parts"]: part["id"] = 1`,
`calls = {}; calls[index] = {"id": ""}; call = calls[index]; call["id"] = 1`.
"""

from __future__ import annotations

import re

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import How, Scope

#: What reads text into tables that nobody else has.
_READS = frozenset(("json.loads", "json.load", "yaml.safe_load", "ujson.loads", "orjson.loads", "tomllib.loads"))
_COPIES = frozenset(("copy.deepcopy", "deepcopy"))
_TABLES = frozenset(("dict", "list", "set", "defaultdict", "collections.defaultdict", "OrderedDict"))
#: What a request carries, by the names that frameworks give it.
_SENT = re.compile(
    r"(self\.|flask\.)?(request|req)\.(args|body|body_json|cookies|data|files|form|get_data|get_json|headers|json"
    r"|json_body|matchdict|params|post|query|query_params|text|validated|values|GET|POST)\b"
)
#: Methods that put something into what they are called on.
_ADDS = frozenset(("append", "add", "update", "setdefault", "insert", "extend", "appendleft"))


def is_own_table(scope: Scope, node: Node, names: frozenset[str] = frozenset()) -> bool:
    """Whether an expression of a function gives a table that the function has made, whoever made what is in it."""
    kind = node[0]
    if kind in (form.DICT, form.LIST, form.COMPREHENSION):
        return True
    if kind == form.CALL and form.dotted(node[3]) in _TABLES:
        return True
    if kind == form.CONDITIONAL:
        return all(is_own_table(scope, one, names) for one in node[4:6])
    if kind == form.BOOLEAN:
        return all(is_own_table(scope, one, names) for one in node[4])
    if kind == form.NAME and node[3] not in names and _values(scope, node[3]):
        bound = scope.bindings[node[3]]
        inside = names | {node[3]}
        return all(
            _is_own_throughout(scope, one.value, set())
            if one.how is How.LOOP or one.path
            else is_own_table(scope, one.value, inside)
            for one in bound
            if one.value is not None
        )
    return _is_own_throughout(scope, node, set())


def _is_own_throughout(scope: Scope, node: Node, names: set[str]) -> bool:
    """Whether all that can be reached by an expression was made by the function, or sent by who calls.

    `names` are those that were asked about: a name that is made of itself is as its other values are.
    """
    kind = node[0]
    if kind in (form.CONSTANT, form.FSTRING):
        return True
    if kind == form.DICT:
        return all(key is not None and _is_own_throughout(scope, value, names) for key, value in node[3])
    if kind in (form.LIST, form.TUPLE, form.SET):
        return all(_is_own_throughout(scope, one, names) for one in node[3])
    if kind in (form.SUBSCRIPT, form.AWAIT):
        return _is_own_throughout(scope, node[3], names)
    if kind == form.CONDITIONAL:
        return all(_is_own_throughout(scope, one, names) for one in node[4:6])
    if kind == form.BOOLEAN:
        return all(_is_own_throughout(scope, one, names) for one in node[4])
    if kind == form.ATTRIBUTE and _SENT.match(form.dotted(node) or ""):
        return True
    if kind == form.CALL:
        called = form.dotted(node[3])
        if called in _READS or called in _COPIES:
            return True
        if called in _TABLES:
            return all(_is_own_throughout(scope, one, names) for one in node[4])
        # `request.get_json()`, `parts.get("id")`, `parts.values()`: of what is its own.
        of_what = node[3][3] if node[3][0] == form.ATTRIBUTE else None
        is_sent = _SENT.match(called or "") is not None
        return is_sent or (of_what is not None and _is_own_throughout(scope, of_what, names))
    if kind == form.NAME:
        if node[3] in names:
            return True
        names.add(node[3])
        values = _values(scope, node[3])
        every = [*values, *_put_into(scope, node[3])]
        return bool(values) and all(_is_own_throughout(scope, one, names) for one in every)
    return False


def _values(scope: Scope, name: str) -> list[Node]:
    """What a name of a function is bound to, and what it goes through; nothing where that is not all."""
    bindings = scope.bindings.get(name, ())
    values = [one.value for one in bindings if one.how in (How.VALUE, How.LOOP, How.ANNOTATED)]
    found = [one for one in values if one is not None]
    return found if scope.is_function and len(found) == len(bindings) else []


def _put_into(scope: Scope, name: str) -> list[Node]:
    """What a function puts into what it calls by a name."""
    found: list[Node] = []
    for node in scope.nodes:
        if node[0] in (form.ASSIGN, form.AUGMENTED):
            targets = node[3] if node[0] == form.ASSIGN else (node[3],)
            found += [node[4] if node[0] == form.ASSIGN else node[5] for one in targets if _root(one) == name]
        elif node[0] == form.CALL and node[3][0] == form.ATTRIBUTE and node[3][4] in _ADDS:
            found += [*node[4], *(one for _, one in node[5])] if _root(node[3]) == name else []
    return found


def _root(node: Node) -> str:
    """The name of whose part an expression is, where it is one: `rows[0]["id"]` is a part of `rows`."""
    if node[0] not in (form.SUBSCRIPT, form.ATTRIBUTE):
        return ""
    while node[0] in (form.SUBSCRIPT, form.ATTRIBUTE):
        node = node[3]
    return str(node[3]) if node[0] == form.NAME else ""
