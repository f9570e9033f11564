"""Columns into which the program puts what a caller wrote: what a page shows of them, anybody may have written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from nomoat.check.questions.requested import Requested
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.parser import Module
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


#: Words of names that say nothing of which row it is.
_ANY = frozenset((
    "", "form", "schema", "serializer", "model", "object", "obj", "instance", "row", "item", "data", "db", "session",
    "query", "self", "request", "execute", "cursor", "fetchone", "fetchall", "one", "all", "first", "filter", "by",
    "new", "create", "update", "insert", "add", "value", "get", "set", "save", "edit", "of", "in", "out", "base",
))  # fmt: skip
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_TABLE = re.compile(r"\b(?:into|update|from|join)\s+[\"`\[]?(?:\w+\.)?(\w+)", re.I)


class Written:
    """Answers for one program, which is gone through when a column is asked for first."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._found: dict[str, list[tuple[str, frozenset[str]]]] | None = None
        self._declared: dict[str, int] = {}

    def at(self, column: str, names: Iterable[str] = ()) -> str:
        """Where what a caller wrote is put into this column of a row that is called by one of the names, if there are.

        Empty where nothing here does. Where one class alone declares the column, a row of it may be called anything.
        """
        if self._found is None:
            self._found = {}
            for path in self._program.words.matching(_WORDS):
                if not TEST_FILE.search(path):
                    self._read(self._program.modules[path], self._found)
        found = self._found.get(column, [])
        asked = words_of(names)
        named = next((at for at, owner in found if owner & asked), "")
        return named or (found[0][0] if found and (not asked or self._declaring(column) <= 1) else "")

    def _read(self, module: Module, found: dict[str, list[tuple[str, frozenset[str]]]]) -> None:
        for scope in self._program.functions(within=module):
            for name, node in (*_in_function(self._program, scope), *_of_bodies(self._program, scope)):
                found.setdefault(name, []).append((module.at(node), words_of(_owners(node))))
        for scope in self._program.classes(within=module) if b"class Meta" in module.source else ():
            for name, node, model in _in_form(scope):
                found.setdefault(name, []).append((module.at(node), words_of([model])))

    def _declaring(self, column: str) -> int:
        """How many classes declare a column of this name, or something else that is made by a call."""
        if column not in self._declared:
            scopes = (
                scope
                for module in self._program.holding((column,))
                if not TEST_FILE.search(module.path)
                for scope in self._program.classes(within=module)
            )
            self._declared[column] = sum(
                any(one.value is not None and one.value[0] == form.CALL for one in scope.bindings.get(column, ()))
                for scope in scopes
            )
        return self._declared[column]


def words_of(names: Iterable[str]) -> frozenset[str]:
    """The words of names that tell a row from others, in the singular: "blog" and "comment" of `BlogComments`."""
    words = (word.lower() for name in names for word in _WORD.findall(name))
    return frozenset(word.removesuffix("s") for word in words) - _ANY


def _owners(node: Node) -> Iterator[str]:
    """What the row is called where something is put into it: a variable, a class, a table in a statement."""
    if node[0] == form.ASSIGN:
        yield from (one[3] for target in node[3] for one in form.walk(target) if one[0] == form.NAME)
    elif node[0] == form.CALL:
        yield from (one[3] for one in form.walk(node[3]) if one[0] == form.NAME)
        yield from (one[4] for one in form.walk(node[3]) if one[0] == form.ATTRIBUTE)
        yield from tables_of(node)


def tables_of(node: Node) -> Iterator[str]:
    """The tables that statements in a node name."""
    for one in form.walk(node):
        if one[0] == form.CONSTANT and isinstance(one[3], str):
            yield from _TABLE.findall(one[3])


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


def _in_form(scope: Scope) -> Iterator[tuple[str, Node, str]]:
    """`fields` of a form or serializer that is of a model, and the name of the model."""
    meta = next((child for child in scope.children.values() if child.is_class and child.name == "Meta"), None)
    bindings = meta.bindings if meta is not None else {}
    if "model" not in bindings or "fields" not in bindings:
        return
    model = bindings["model"][-1].value
    value = bindings["fields"][-1].value
    for one in value[3] if value is not None and value[0] in (form.LIST, form.TUPLE) else ():
        if name := form.text_of(one):
            yield name, one, (form.dotted(model) or "").rpartition(".")[2] if model is not None else ""
