"""Rows that SQLAlchemy reads: columns, mapped classes and tables become an expression for `where`.

Every value is a bound parameter, so statements are cached by their form. The SQL stands in `spelling.py`, and is chosen
when a statement is compiled for its database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, assert_never

import sqlalchemy
from sqlalchemy import types
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import RelationshipProperty
from sqlalchemy.sql.elements import ClauseElement, ColumnElement
from sqlalchemy.sql.functions import FunctionElement

from nomoat.guard.asked import AttributeTypeError
from nomoat.guard.data.rows import WHERE, Filtered, form_of
from nomoat.guard.data.spelling import SPELLINGS, Operand, Value, atom, refusal, spelled
from nomoat.policy.filters.form import AllOf, AnyOf, Column, Form, Kind
from nomoat.policy.filters.residual import RESOURCE, Residual

#: What a statement that is only printed is written as.
_PRINTED = {"default": "postgresql"}
_TYPES: Mapping[Kind, type[types.TypeEngine[Any]]] = {
    "text": types.Text,
    "number": types.BigInteger,
    "boolean": types.Boolean,
}
#: A kind of text of which the database holds something else than the service reads.
_NO_TEXT = (types.Enum, types.CHAR, types.NCHAR)
_KINDS: tuple[tuple[type[Any], Kind], ...] = (
    (types.String, "text"),
    (types.Boolean, "boolean"),
    (types.Integer, "number"),
)


def is_column(value: object) -> bool:
    """True for what SQLAlchemy can ask for in a statement."""
    return isinstance(value, ClauseElement) or hasattr(value, "__clause_element__")


def is_model(value: object) -> bool:
    """True for a mapped class, an alias of one, a table, or anything else with columns."""
    return isinstance(value, sqlalchemy.FromClause) or _mapped(value) is not None


def column_names(source: Any) -> frozenset[str]:
    """The names of a model's attributes, or of the columns beside a column."""
    mapped = _mapped(source)
    if mapped is not None:
        return frozenset(mapped.mapper.all_orm_descriptors.keys())
    if isinstance(source, sqlalchemy.FromClause):
        return frozenset(source.c.keys())
    table = getattr(_clause(source), "table", None)
    return frozenset(table.c.keys()) if isinstance(table, sqlalchemy.FromClause) else frozenset()


def columns_of(model: Any, names: Iterable[str]) -> dict[str, Any]:
    """The columns of a model by these names, those that it has."""
    known = column_names(model) & set(names)
    if isinstance(model, sqlalchemy.FromClause):
        return {name: model.c[name] for name in known}
    entity = _mapped(model).entity
    found = {name: getattr(entity, name) for name in known}
    return {name: column for name, column in found.items() if is_column(column) and not _is_relationship(column)}


def constant(holds: bool) -> Any:
    """True of every row, or of none."""
    return sqlalchemy.true() if holds else sqlalchemy.false()


def filtered(left: Residual, columns: Mapping[str, Any], model: Any, refuse: Callable[[], None]) -> Filtered:
    """The expression of what is left of a decision; every mistake shows here, and `refuse` is not needed."""
    form = form_of(left, {name: _kind(name, column) for name, column in columns.items()}, _cast_of)
    return Filtered(_expression(form, {RESOURCE + name: _clause(column) for name, column in columns.items()}), form)


def _expression(form: Form, columns: Mapping[str, Any]) -> Any:
    """The rows that a form holds of; columns by the flat names of their attributes."""
    match form:
        case AllOf(parts):
            return sqlalchemy.and_(constant(True), *(_expression(part, columns) for part in parts))
        case AnyOf(parts):
            return sqlalchemy.or_(constant(False), *(_expression(part, columns) for part in parts))
    question = atom(form)
    if isinstance(question, AllOf | AnyOf):
        return _expression(question, columns)
    return _ATOMS[question.name](*(_operand(one, columns) for one in question.operands))


def _cast_of(name: str, wanted: str) -> str:
    """How a column becomes one of the wanted type, for people."""
    return f"{name}=cast(..., {'BigInteger' if wanted == 'number' else 'String'})"


def _mapped(value: object) -> Any:
    found: Any = sqlalchemy.inspect(value, raiseerr=False)
    is_entity = getattr(found, "is_mapper", False) or getattr(found, "is_aliased_class", False)
    return found if is_entity else None


def _clause(column: Any) -> Any:
    return column.__clause_element__() if hasattr(column, "__clause_element__") else column


def _is_relationship(column: Any) -> bool:
    return isinstance(getattr(column, "property", None), RelationshipProperty)


def _kind(name: str, column: Any) -> Kind:
    clause = _clause(column)
    if _is_relationship(column) or not isinstance(clause, ColumnElement):
        raise AttributeTypeError(f"{name} is no single column", where=WHERE, fix=f"hand in one: {name}=Order.user_id")
    of_type = clause.type
    found = {_kind_of(one) for one in (of_type, *getattr(of_type, "_variant_mapping", {}).values())}
    kind = found.pop() if len(found) == 1 else None
    if kind is None:
        raise AttributeTypeError(
            f"{name} is a column of type {of_type!r}, which no condition can compare", where=WHERE,
            fix=f"compare what the database holds, as text: {name}=cast(..., String)",
        )  # fmt: skip
    return kind


def _kind_of(one: types.TypeEngine[Any]) -> Kind | None:
    # A type of somebody else's may hand the service another value than the database holds.
    if type(one).__module__.partition(".")[0] != "sqlalchemy" or isinstance(one, _NO_TEXT):
        return None
    return next((kind for known, kind in _KINDS if isinstance(one, known)), None)


def _operand(operand: Operand, columns: Mapping[str, Any]) -> Any:
    match operand:
        case Column(name):
            return columns[name]
        case Value(kind, value):
            many = isinstance(value, tuple)
            return sqlalchemy.bindparam(
                None, list(value) if isinstance(value, tuple) else value, _TYPES[kind](), unique=True, expanding=many
            )
        case _:
            assert_never(operand)


if TYPE_CHECKING:
    _Function = FunctionElement[bool]
else:
    # SQLAlchemy 1.4 has no types of its own.
    _Function = FunctionElement


class _Question(_Function):
    """An atom with its operands."""

    type = types.Boolean()
    atom = ""

    def self_group(self, against: Any = None) -> Any:
        """It is true or false as it stands, also where a database has no type of that name."""
        return self


def _made(name: str) -> type[_Question]:
    # The class is what statements are cached by: one for each spelling.
    made = type("Question", (_Question,), {"atom": name, "name": name, "inherit_cache": True})
    compiles(made)(_compiled)
    return made


def _compiled(element: _Question, compiler: Any, **options: Any) -> str:
    dialect = compiler.dialect.name
    spelling = SPELLINGS.get(_PRINTED.get(dialect, dialect))
    if spelling is None:
        raise refusal(dialect)
    operands = list(element.clauses)
    return f"({spelled(spelling[element.atom], lambda index: compiler.process(operands[index], **options))})"


_ATOMS: Mapping[str, type[_Question]] = {
    name: _made(name) for name in sorted({name for spelling in SPELLINGS.values() for name in spelling})
}
