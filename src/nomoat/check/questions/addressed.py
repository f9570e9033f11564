"""Which rows a request picks: the classes that a handler looks up by what the request says."""

from __future__ import annotations

from nomoat.check.questions.asking import Asked
from nomoat.check.questions.words import last_word
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import Scope

_LOOKS_UP = frozenset((
    "get", "aget", "get_or_404", "get_object_or_404", "aget_object_or_404", "first_or_404", "get_one", "filter",
    "filter_by", "where", "one", "one_or_404", "exclude",
))  # fmt: skip
#: What only turns a key into another text or number.
_TURNS = frozenset(("int", "str", "UUID", "abort", "url_for", "redirect", "reverse", "ObjectId"))


def addressed(asked: Asked, handler: Scope, name: str) -> list[Scope]:
    """The classes of rows that a parameter picks; empty where it goes anywhere that could not be read."""
    found: list[Scope] = []
    for node in form.walk_scope(handler.body):
        if node[0] != form.CALL or not any(is_named(given, name) for given in given_to(node)):
            continue
        if last_word(node) in _TURNS:
            continue
        model = looked_up(asked, handler, node) if last_word(node) in _LOOKS_UP else None
        if model is None:
            return []
        found.append(model)
    return list(dict.fromkeys(found))


def given_to(call: Node) -> list[Node]:
    """What a call is given, by place or by name."""
    return [*call[4], *(value for _, value in call[5])]


def is_named(node: Node, name: str) -> bool:
    """Whether it is the parameter, by itself or compared: `Order.id == order_id`."""
    if node[0] == form.COMPARE:
        return any(is_named(one, name) for one in node[3])
    if node[0] == form.CALL and last_word(node) in _TURNS and node[4]:
        return is_named(node[4][0], name)
    return bool(node[0] == form.NAME and node[3] == name)


def looked_up(asked: Asked, handler: Scope, call: Node) -> Scope | None:
    """The one class that a look-up names: in what it is called on, or as its first argument."""
    program = asked.registrations.program
    spoken = [*form.walk(call[3]), *(call[4][:1] if len(given_to(call)) > 1 else ())]
    named = [node for node in spoken if node[0] in (form.NAME, form.ATTRIBUTE)]
    compared = (one for given in call[4] if given[0] == form.COMPARE for side in given[3] for one in form.walk(side))
    named += [node for node in compared if node[0] == form.NAME]
    classes = [program.resolve(handler, node).scope for node in named]
    models = {one for one in classes if one is not None and one.is_class and asked.is_row(one)}
    return models.pop() if len(models) == 1 else None
