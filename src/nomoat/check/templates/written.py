"""Columns into which the program puts what a caller wrote: what a page shows of them, anybody may have written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.check.questions.requested import Requested
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope
from nomoat.survey.sqltext import columns_set, text_of

_OF_DOCUMENTS = frozenset(("insert_one", "update_one", "replace_one", "find_one_and_update", "update_many"))
_STORING = frozenset(("create", "update", "values", "get_or_create", "update_or_create", "insert", "add"))
_MODELS = frozenset(
    ("pydantic.BaseModel", "pydantic.main.BaseModel", "sqlmodel.SQLModel", "sqlmodel.main.SQLModel", "ninja.Schema",
     "ninja.schema.Schema")
)  # fmt: skip
_WORDS = re.compile(rb"request|form|fields|model_dump|\.dict\(\)|fastapi")


class Written:
    """Answers for one program, which is gone through when a column is asked for first."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._found: dict[str, str] | None = None

    def at(self, column: str) -> str:
        """Where what a caller wrote is put into a column of this name; empty where nothing here does."""
        if self._found is None:
            self._found = {}
            for path in self._program.words.matching(_WORDS):
                if TEST_FILE.search(path):
                    continue
                module = self._program.modules[path]
                for scope in self._program.functions(within=module):
                    for name, node in _in_function(self._program, scope):
                        self._found.setdefault(name, module.at(node))
                    for name, node in _of_bodies(self._program, scope):
                        self._found.setdefault(name, module.at(node))
                for scope in self._program.classes(within=module) if b"class Meta" in module.source else ():
                    for name, node in _in_form(scope):
                        self._found.setdefault(name, module.at(node))
        return self._found.get(column, "")


def _in_function(program: Program, scope: Scope) -> Iterator[tuple[str, Node]]:
    requested = Requested(program, scope, None)
    for node in form.walk_scope(scope.body):
        if node[0] == form.ASSIGN:
            for target in node[3]:
                if target[0] == form.ATTRIBUTE and _is_given(requested, node[4]):
                    yield target[4], node
        elif node[0] == form.CALL:
            if node[4]:
                yield from (
                    (name, node) for name, value in _of_statement(program, scope, node) if _is_given(requested, value)
                )
            for name, value in _of_document(node):
                if _is_given(requested, value):
                    yield name, node
            for name, value in node[5]:
                if name is not None and _is_given(requested, value) and _stores(program, scope, node):
                    yield name, node


def _of_bodies(program: Program, scope: Scope) -> Iterator[tuple[str, Node]]:
    """The fields of a body that are stored as a whole: `insert_one(body.model_dump())`, `Note(**body.dict())`."""
    for parameter in scope.parameters:
        annotation = parameter[form.P_ANNOTATION]
        model = program.annotation(scope, annotation).scope if annotation is not None else None
        if model is None or not program.resolver.classes.is_a(model, _MODELS):
            continue
        texts = [
            name
            for name, bindings in model.bindings.items()
            if any(one.annotation is not None and "str" in model.module.text(one.annotation) for one in bindings)
        ]
        name = parameter[form.P_NAME]
        for node in form.walk_scope(scope.body):
            is_dump = node[0] == form.CALL and node[3][0] == form.ATTRIBUTE and node[3][4] in ("model_dump", "dict")
            if is_dump and node[3][3][0] == form.NAME and node[3][3][3] == name:
                yield from ((one, node) for one in texts)
            is_field = node[0] == form.ASSIGN and node[4][0] == form.ATTRIBUTE and node[4][3][0] == form.NAME
            if is_field and node[4][3][3] == name and node[4][4] in texts:
                # `note.body = given.body`
                yield from ((target[4], node) for target in node[3] if target[0] == form.ATTRIBUTE)
            for key, value in node[5] if node[0] == form.CALL else ():
                # `Note(body=given.body)`
                is_field = value[0] == form.ATTRIBUTE and value[3][0] == form.NAME and value[3][3] == name
                if key is not None and is_field and value[4] in texts and _stores(program, scope, node):
                    yield key, node


def _is_given(requested: Requested, value: Node) -> bool:
    """`request.form["body"]`, `form.body.data`: what a caller wrote, as it was."""
    if requested.item(value) is not None:
        return True
    is_data = value[0] == form.ATTRIBUTE and value[4] == "data" and value[3][0] == form.ATTRIBUTE
    return bool(is_data and value[3][3][0] == form.NAME and "form" in str(value[3][3][3]).lower())


def _of_document(call: Node) -> Iterator[tuple[str, Node]]:
    """The fields of documents that are stored: `insert_one({"body": ...})`, `update_one(..., {"$set": {...}})`."""
    if call[3][0] != form.ATTRIBUTE or call[3][4] not in _OF_DOCUMENTS:
        return
    stack = [one for one in call[4] if one[0] == form.DICT]
    while stack:
        for key, value in stack.pop()[3]:
            name = form.text_of(key) if key is not None else None
            if name and name.startswith("$") and value[0] == form.DICT:
                stack.append(value)
            elif name and not name.startswith(("$", "_")):
                yield name, value


def _stores(program: Program, scope: Scope, call: Node) -> bool:
    callee = call[3]
    last = callee[4] if callee[0] == form.ATTRIBUTE else callee[3] if callee[0] == form.NAME else ""
    return last in _STORING or program.resolve(scope, callee).kind == "class"


def _of_statement(program: Program, scope: Scope, call: Node) -> Iterator[tuple[str, Node]]:
    """The columns that a statement sets, each with the value that is passed beside it."""
    text = text_of(program, scope, call[4][0])
    if not text:
        return
    values = call[4][1:]
    if len(values) == 1 and values[0][0] in (form.TUPLE, form.LIST):
        values = values[0][3]
    for name, value in zip(columns_set(text), values, strict=False):
        if name:
            yield name, value


def _in_form(scope: Scope) -> Iterator[tuple[str, Node]]:
    """`fields` of a form or serializer that is of a model."""
    meta = next((child for child in scope.children.values() if child.is_class and child.name == "Meta"), None)
    bindings = meta.bindings if meta is not None else {}
    if "model" not in bindings or "fields" not in bindings:
        return
    value = bindings["fields"][-1].value
    for one in value[3] if value is not None and value[0] in (form.LIST, form.TUPLE) else ():
        if name := form.text_of(one):
            yield name, one
