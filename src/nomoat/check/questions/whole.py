"""Whole rows that answers hold: those that were kept for the request, and objects that a framework writes out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.appmap.model import Route
from nomoat.check.questions.asking import Asked
from nomoat.check.questions.words import last_word
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import How, Scope

#: What keeps something for as long as a request lasts.
_KEEPS = re.compile(r"g|flask\.g|request|request\.state|self\.request|req")
_ONE_OR_ALL = frozenset((
    "first", "one", "one_or_none", "scalar_one", "scalar_one_or_none", "scalar", "all", "scalars", "get", "execute",
    "exec",
))  # fmt: skip
_MAX_DEPTH = 4


def kept(asked: Asked, node: Node) -> Iterator[tuple[Scope, Node]]:
    """What is put elsewhere where an expression takes it from: `g.user`, `request["user"]`, `request.state.user`."""
    base = form.dotted(node[3]) if node[0] in (form.ATTRIBUTE, form.SUBSCRIPT) else None
    name = node[4] if node[0] == form.ATTRIBUTE else form.text_of(node[4]) if node[0] == form.SUBSCRIPT else None
    if base is None or not isinstance(name, str) or not _KEEPS.fullmatch(base):
        return
    last, said = base.rpartition(".")[2], name.encode()
    written = rb"\.%s" if node[0] == form.ATTRIBUTE else rb"\[[\"']%s[\"']\]"
    pattern = re.compile(rb"\b%s" % last.encode() + written % re.escape(said) + rb"\s*=(?!=)")
    program = asked.registrations.program
    for path in program.words.matching(pattern, (said,)):
        for scope in program.functions(within=program.modules[path]):
            for one in scope.nodes:
                if one[0] == form.ASSIGN and any(_is_same(target, node[0], last, name) for target in one[3]):
                    yield scope, one[4]


def _is_same(target: Node, kind: int, last: str, name: str) -> bool:
    if target[0] != kind:
        return False
    word = target[4] if kind == form.ATTRIBUTE else form.text_of(target[4])
    return word == name and (form.dotted(target[3]) or "").rpartition(".")[2] == last


def objects(asked: Asked, route: Route, handler: Scope) -> Iterator[tuple[Node, str]]:
    """Objects of rows with a password that FastAPI writes out, column by column: `return user` without a model."""
    call = asked.registrations.of(route).call
    if call is None or handler.node is None or b"fastapi" not in handler.module.source:
        return
    if handler.node[form.F_RETURNS] is not None or form.keyword(call, "response_model") is not None:
        return
    if form.keyword(call, "response_class") is not None or any(name is None for name, _ in call[5]):
        return
    for node in handler.nodes:
        model = _row(asked, handler, node[3], 0) if node[0] == form.RETURN and node[3] is not None else None
        if model is not None and asked.has_password(model) and not asked.is_model_of_body(model):
            yield node, f"every column of {model.name}"


def _row(asked: Asked, scope: Scope, node: Node, depth: int) -> Scope | None:
    """The class of the row, or rows, that an expression gives as they are."""
    while node[0] == form.AWAIT:
        node = node[3]
    if depth > _MAX_DEPTH:
        return None
    if node[0] == form.NAME:
        bindings = scope.bindings.get(node[3], ())
        if len(bindings) != 1:
            return None
        if bindings[0].how is How.PARAMETER:
            return _annotated(asked, scope, bindings[0].node[form.P_ANNOTATION], 0)
        value = bindings[0].value if bindings[0].how is How.VALUE and not bindings[0].path else None
        return _row(asked, scope, value, depth + 1) if value is not None else None
    if node[0] != form.CALL or last_word(node) not in _ONE_OR_ALL:
        return None
    chosen = [one for one in form.walk(node) if one[0] == form.CALL and last_word(one) in ("select", "query", "get")]
    for one in chosen:
        # `select(User.id)` and `query(User.id, User.name)` give columns.
        model = _class(asked, scope, one[4][0]) if one[4] else None
        if model is not None and (last_word(one) == "get" or len(one[4]) == 1):
            return model
    return None


def _annotated(asked: Asked, scope: Scope, node: Node | None, depth: int) -> Scope | None:
    """The class of rows that a parameter is of: `User`, `Annotated[User, Depends(current_user)]`, a name for that."""
    if node is None or depth > _MAX_DEPTH:
        return None
    if node[0] == form.SUBSCRIPT:
        inner = node[4][3][0] if node[4][0] == form.TUPLE and node[4][3] else node[4]
        named = node[3][4] if node[3][0] == form.ATTRIBUTE else node[3][3] if node[3][0] == form.NAME else ""
        return _annotated(asked, scope, inner, depth + 1) if named in ("Annotated", "Optional") else None
    found = asked.registrations.program.resolve(scope, node)
    if found.scope is not None:
        return found.scope if found.scope.is_class and asked.is_row(found.scope) else None
    if found.value is not None and found.where is not None and found.value is not node and len(found.all) == 1:
        return _annotated(asked, found.where, found.value, depth + 1)
    return None


def _class(asked: Asked, scope: Scope, node: Node) -> Scope | None:
    found = asked.registrations.program.resolve(scope, node).scope if node[0] in (form.NAME, form.ATTRIBUTE) else None
    return found if found is not None and found.is_class and asked.is_row(found) else None
