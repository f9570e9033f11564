"""Objects in objects: whose the outer one is was asked, and the inner one is taken by its own number alone."""

from __future__ import annotations

from collections.abc import Iterator

from nomoat.check.questions.asking import Answer, Asked
from nomoat.check.questions.words import is_identifier, is_of_administrators, last_word, name_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import How, Scope

_BY_KEY = frozenset(("get", "get_or_404", "get_object_or_404", "get_one", "aget", "get_by_id"))
#: What may be done with a row without it being asked whose it is.
_USES = frozenset((
    "delete", "add", "commit", "save", "remove", "refresh", "jsonify", "dump", "to_dict", "dict", "abort", "asave",
    "adelete", "flush", "merge", "expunge",
))  # fmt: skip


def untied(asked: Asked) -> Iterator[Answer]:
    """Routes of two objects, of which only the first is asked for its owner, and the second not for the first."""
    for route in asked.routes:
        handler = asked.handler(route)
        names = [one.name for one in route.parameters if one.location == "path" and is_identifier(one.name)]
        if handler is None or len(names) != 2 or route.verdict != "guarded" or is_of_administrators(route):
            continue
        if not asked.owns(route) or asked.registrations.decides_by_caller(route):
            continue
        outer, inner = sorted(names, key=lambda name: route.path.find(f"{{{name}}}"))
        row = _looked_up_alone(handler, outer, inner)
        if row and not _is_tied(handler, row, outer):
            yield Answer(
                route,
                f"{name_of(route)} never asks whether {{{inner}}} is of {{{outer}}}",
                f"whose {{{outer}}} is was asked; any {{{inner}}} is reached beside it",
                f"{row} is looked up by {inner} alone, and nothing compares it with {outer}",
                f"look it up by both: filter_by(id={inner}, {outer}={outer})",
                "sure",
            )


def _looked_up_alone(handler: Scope, outer: str, inner: str) -> str:
    """The name of a row that only the inner key picks: `found = Comment.query.get_or_404(comment_id)`."""
    for name, bindings in handler.bindings.items():
        value = bindings[0].value if len(bindings) == 1 and bindings[0].how is How.VALUE else None
        while value is not None and value[0] == form.AWAIT:
            value = value[3]
        if value is None or value[0] != form.CALL or last_word(value) not in _BY_KEY:
            continue
        named = {node[3] for node in form.walk(value) if node[0] == form.NAME}
        if inner in named and outer not in named and not _filters(value) and not _is_of_object(handler, value):
            return name
    return ""


def _is_of_object(handler: Scope, call: Node) -> bool:
    """Whether what an object has is looked through: `group.projects.get(pk=project_id)` finds none of another group."""
    base = call[3][3] if call[3][0] == form.ATTRIBUTE else None
    if (
        base is None
        or base[0] != form.ATTRIBUTE
        or base[4] in ("objects", "query", "session")
        or base[3][0] != form.NAME
    ):
        return False
    return any(one.how is How.VALUE for one in handler.bindings.get(base[3][3], ()))


def _filters(call: Node) -> bool:
    """Whether anything but the key narrows a look-up."""
    given = [key for key, _ in call[5] if key not in ("pk", "id", "description")]
    return bool(given) or any(node[0] == form.CALL and last_word(node) in ("filter", "filter_by", "where")
                              for node in form.walk(call[3]))  # fmt: skip


def _is_tied(handler: Scope, row: str, outer: str) -> bool:
    """Whether the row is compared with anything, or handed to what may compare it."""
    for node in form.walk_scope(handler.body):
        if node[0] in (form.COMPARE, form.BOOLEAN) and any(
            inner[0] == form.ATTRIBUTE and inner[3][0] == form.NAME and inner[3][3] == row for inner in form.walk(node)
        ):
            return True
        if node[0] == form.COMPARE and ("in" in node[4] or "not in" in node[4]) and _names(node, row):
            return True
        given = (*node[4], *(value for _, value in node[5])) if node[0] == form.CALL else ()
        if any(one[0] == form.NAME and one[3] == row for one in given) and last_word(node) not in _USES:
            return True
    return False


def _names(node: Node, name: str) -> bool:
    return any(inner[0] == form.NAME and inner[3] == name for inner in form.walk(node))
