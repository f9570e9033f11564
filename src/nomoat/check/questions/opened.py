"""Routes that somebody opened on purpose: `AllowAny`, and queries for what is published."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.appmap.ids import SAFE_METHODS
from nomoat.appmap.model import Route
from nomoat.check.questions.asking import Asked
from nomoat.check.questions.fields import value_of
from nomoat.check.questions.words import last_word
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import Scope

#: Classes that say for a view that everybody may.
_EVERYBODY = frozenset(("rest_framework.permissions.AllowAny", "ninja_extra.permissions.AllowAny"))
#: Columns that say of a row that it is for everybody, where they are true.
_PUBLIC = re.compile(r"\A(is_?)?(public|published|listed|public_?visible|publicly_visible)\Z", re.I)
#: Columns whose value says so, and those values.
_STATES = re.compile(r"(\A|_)(status|state|visibility|access|audience)\Z", re.I)
_SHOWN = frozenset(("public", "published", "everyone", "everybody", "anyone", "open_to_all"))
_FILTERS = frozenset((
    "filter", "filter_by", "where", "get_object_or_404", "get_list_or_404", "aget_object_or_404", "get", "aget",
    "get_or_404", "find", "find_one",
))  # fmt: skip
_CREATES = frozenset(("rest_framework.generics.CreateAPIView", "rest_framework.mixins.CreateModelMixin"))


def says_everybody(asked: Asked, route: Route) -> bool:
    """Whether the view itself says that everybody may, where its framework has another word for the usual."""
    program = asked.registrations.program
    for scope, node in _permissions(asked, route):
        if any(program.resolve(scope, one).name in _EVERYBODY for one in form.walk(node) if _is_name(one)):
            return True
    return False


def joins(asked: Asked, route: Route) -> bool:
    """Whether a view makes an account for whoever asks, and says that everybody may ask: nobody joins otherwise."""
    view = asked.registrations.view(route)
    if view is None or route.method != "POST" or any(one.location == "path" for one in route.parameters):
        return False
    bases = {base if isinstance(base, str) else base.dotted for base in asked.registrations.program.bases(view)}
    return (
        bool(bases & _CREATES)
        and any(asked.is_account(store) for store in route.writes)
        and says_everybody(asked, route)
    )


def shows_what_is_public(asked: Asked, route: Route) -> bool:
    """Whether a reading route asks only for rows that say of themselves that they are for everybody."""
    if route.method not in SAFE_METHODS:
        return False
    handler, view = asked.handler(route), asked.registrations.view(route)
    scopes = [one for one in (handler, view) if one is not None]
    if view is not None:
        scopes += [one for one in view.children.values() if one.is_function and one.name.startswith("get")]
    return any(_asks_for_public(node) for scope in scopes for node in scope.nodes if node[0] == form.CALL)


def _asks_for_public(call: Node) -> bool:
    if last_word(call) not in _FILTERS:
        return False
    if any(name is not None and _is_public(name.rpartition("__")[2] or name, value) for name, value in call[5]):
        return True
    for given in call[4]:
        for node in form.walk(given):
            if node[0] == form.COMPARE and node[4] in (("==",), ("is",)) and node[3][0][0] == form.ATTRIBUTE:
                if _is_public(node[3][0][4], node[3][1]):
                    return True
            elif node[0] == form.DICT and any(
                key is not None and _is_public(form.text_of(key) or "", value) for key, value in node[3]
            ):
                return True
    return False


def _is_public(column: str, value: Node) -> bool:
    if _PUBLIC.match(column):
        return value[0] == form.CONSTANT and value[3] is True
    if not _STATES.search(column):
        return False
    said = str(value[3]) if value[0] == form.CONSTANT else str(value[4]) if value[0] == form.ATTRIBUTE else ""
    return said.lower() in _SHOWN


def _permissions(asked: Asked, route: Route) -> Iterator[tuple[Scope, Node]]:
    """Where a view says by itself what is asked for."""
    handler = asked.handler(route)
    view = asked.registrations.view(route) or (handler.enclosing_class if handler is not None else None)
    if view is not None and (node := value_of(view, "permission_classes")) is not None:
        yield view, node
    for node in handler.decorators if handler is not None else ():
        if node[0] == form.CALL and last_word(node) in ("permission_classes", "action") and handler is not None:
            yield handler, node


def _is_name(node: Node) -> bool:
    return node[0] in (form.NAME, form.ATTRIBUTE)
