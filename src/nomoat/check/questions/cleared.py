"""Routes by which whoever is signed in deletes every row there is, be it somebody else's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.appmap.model import Route
from nomoat.check.questions.asking import Answer, Asked, Place
from nomoat.check.questions.fields import is_left_to_more
from nomoat.check.questions.words import bare, is_of_administrators, last_word, name_of, touched
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import Scope
from nomoat.survey.sqltext import text_of

_NARROWS = frozenset(("where", "filter", "filter_by", "exclude"))
_ALL = re.compile(r"\A\s*(?:delete\s+from|truncate(?:\s+table)?)\s+[\"`]?(\w+)[\"`]?\s*;?\s*\Z", re.I)
_MANAGERS = frozenset(("objects", "query"))


def cleared(asked: Asked) -> Iterator[Answer]:
    """Routes that delete all rows of a table, of which each is somebody's, for whoever is signed in."""
    for route in asked.routes:
        handler = asked.handler(route)
        kinds = {guard.kind for guard in route.guards if guard.runs != "never"}
        if handler is None or route.verdict != "guarded" or not route.writes or "authentication" not in kinds:
            continue
        if "ownership" in kinds or route.requires is None or is_left_to_more(route) or is_of_administrators(route):
            continue
        for node, table, owner in _deleted(asked, route, handler):
            is_compared = any(
                other is not route and asked.owns(other) and table in {bare(one) for one in touched(other)}
                for other in asked.routes
            )
            yield Answer(
                route,
                f"{name_of(route)} deletes every row of {table}, whoever's it is",
                f"no condition says which rows of {table} are deleted",
                f"{owner} says whose each row is" if owner else f"other routes ask whose a row of {table} is",
                f"delete those of who is calling, or demand the permission of those who may empty {table}",
                "sure" if is_compared else "likely", Place(handler.module, node),
            )  # fmt: skip
            break


def _deleted(asked: Asked, route: Route, handler: Scope) -> Iterator[tuple[Node, str, str]]:
    """Where all rows are deleted: the place, the table, and the column that says whose each is."""
    nodes = list(form.walk_scope(handler.body))
    # `delete(Order).where(...)`: what a method is called on that narrows it.
    narrowed = {
        id(inner)
        for node in nodes
        if node[0] == form.CALL and node[3][0] == form.ATTRIBUTE and node[3][4] in _NARROWS
        for inner in form.walk(node[3][3])
    }
    stores = {bare(one) for one in route.writes}
    for node in nodes:
        if node[0] != form.CALL or id(node) in narrowed:
            continue
        model = _model(asked, handler, node)
        if model is not None:
            table = next((bare(one) for one in route.writes if asked.model(one) is model), "")
            owner = asked.owner_through(model)
            if table and owner:
                yield node, table, f"{table}.{owner}"
            continue
        found = _ALL.match(text_of(asked.registrations.program, handler, node[4][0]) or "") if node[4] else None
        if found is not None and found[1] in stores:
            store = next(one for one in route.writes if bare(one) == found[1])
            owner = asked.owner_of_store(store)
            if owner:
                yield node, found[1], owner


def _model(asked: Asked, handler: Scope, call: Node) -> Scope | None:
    """The class of rows that a call deletes all of: `delete(Order)`, `Order.objects.all().delete()`."""
    if last_word(call) not in ("delete", "adelete"):
        return None
    program = asked.registrations.program
    if call[4] and not call[5] and len(call[4]) == 1 and call[3][0] == form.NAME:
        found = program.resolve(handler, call[4][0]).scope
        is_sqlalchemy = program.resolve(handler, call[3]).name.startswith("sqlalchemy.")
        return found if is_sqlalchemy and found is not None and found.is_class and asked.is_row(found) else None
    if call[4] or call[5] or call[3][0] != form.ATTRIBUTE:
        return None
    base = call[3][3]
    if base[0] == form.CALL and last_word(base) == "query" and len(base[4]) == 1:
        found = program.resolve(handler, base[4][0]).scope
        return found if found is not None and found.is_class and asked.is_row(found) else None
    if base[0] == form.CALL and last_word(base) == "all" and not base[4] and base[3][0] == form.ATTRIBUTE:
        base = base[3][3]
    if base[0] != form.ATTRIBUTE or base[4] not in _MANAGERS:
        return None
    found = program.resolve(handler, base[3]).scope
    return found if found is not None and found.is_class and asked.is_row(found) else None
