"""What tells of a function that nothing restricts to a method whether it is meant to be called by POST, too.

A framework that hands every method to a function says nothing of it: what stands around the function may, and what the
function does. A page that only shows something is a page, whatever else it would answer.
"""

from __future__ import annotations

from collections.abc import Iterator

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.trial.values import Const, Env, Function, Items, Outside, Thing, Value, options

_METHODS = frozenset(("POST", "PUT", "PATCH", "DELETE"))
#: Around a function, this says that it is posted to by who has no form of ours.
_POSTED = "csrf_exempt"
#: Methods that change what they are called on, whatever that is.
_CHANGES = frozenset(
    ("save", "asave", "delete", "adelete", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "commit",
     "delete_one", "delete_many", "insert_one", "insert_many", "update_one", "update_many", "add_all")
)  # fmt: skip
#: Those that do where it is a query, or a list or table of the module.
_CHANGES_KEPT = frozenset(
    ("create", "update", "acreate", "aupdate", "clear", "pop", "popitem", "append", "extend", "insert", "remove", "add",
     "discard", "setdefault")
)  # fmt: skip
_MANAGERS = frozenset(("objects", "_default_manager"))


def told_around(function: Value) -> Iterator[str]:
    """The methods that what stands around a function speaks of: `@csrf_exempt`, `@api("POST")`."""
    if not isinstance(function, Function):
        return
    outer = [one.name for one in function.outer if isinstance(one, (Thing, Outside))]
    written = [form.dotted(node) or "" for node in function.scope.decorators] if function.scope is not None else []
    if any(name.rpartition(".")[2] == _POSTED for name in (*outer, *written)):
        yield "POST"
    made_in: Env | None = function.env
    while made_in is not None and made_in.scope.is_function and made_in.parent is not None:
        for held in made_in.names.values():
            for one in held.values if isinstance(held, Items) else options(held):
                if isinstance(one, Const) and one.value in _METHODS:
                    yield str(one.value)
        made_in = made_in.parent


def changes(function: Function) -> bool:
    """Whether a function changes what outlives the request: a row, or a list or table of its module."""
    if function.scope is None:
        return False
    module = function.scope
    while module.parent is not None:
        module = module.parent
    kept = frozenset(module.bindings) - frozenset(function.scope.bindings)
    return any(_changes(node, kept) for node in form.walk(function.scope.body))


def _changes(node: Node, kept: frozenset[str]) -> bool:
    if node[0] in (form.ASSIGN, form.DELETE, form.AUGMENTED):
        targets = (node[3],) if node[0] == form.AUGMENTED else node[3]
        return any(one[0] == form.SUBSCRIPT and _first(one[3])[0] in kept for one in targets)
    if node[0] != form.CALL or node[3][0] != form.ATTRIBUTE:
        return False
    if node[3][4] in _CHANGES:
        return True
    first, between = _first(node[3][3])
    return node[3][4] in _CHANGES_KEPT and ((first in kept and not between) or bool(_MANAGERS & between))


def _first(node: Node) -> tuple[str, frozenset[str]]:
    """The name that an expression begins with, and the attributes that it goes through."""
    between: set[str] = set()
    while node[0] in (form.ATTRIBUTE, form.CALL, form.SUBSCRIPT):
        if node[0] == form.ATTRIBUTE:
            between.add(node[4])
        node = node[3]
    return (str(node[3]) if node[0] == form.NAME else ""), frozenset(between)
