"""Rows that Django reads: a model's fields and expressions become a condition for `filter`.

Names of fields mean something only in a query, so types may be judged as late as there: a mistake then is raised and
recorded at once. Every value is a parameter; the SQL stands in `spelling.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, assert_never

from django.core.exceptions import FieldError
from django.db.models import BooleanField, CharField, F, Field, ForeignObject, IntegerField, Model, Q, TextField
from django.db.models.expressions import BaseExpression, Col, Combinable, Expression
from django.db.models.sql import Query

from nomoat.guard.asked import AttributeTypeError
from nomoat.guard.data.rows import WHERE, Filtered, check_texts, form_of
from nomoat.guard.data.spelling import SPELLINGS, Operand, Value, atom, refusal, spelled
from nomoat.policy.filters.form import ALWAYS, NEVER, AllOf, AnyOf, Column, Form, Kind
from nomoat.policy.filters.residual import RESOURCE, Residual

_KINDS: tuple[tuple[type[Any], Kind], ...] = (
    (CharField, "text"),
    (TextField, "text"),
    (BooleanField, "boolean"),
    (IntegerField, "number"),
)


def is_column(value: object) -> bool:
    """True for `F("owner")` and every other expression."""
    return isinstance(value, (Combinable, BaseExpression))


def is_model(value: object) -> bool:
    """True for the class of a model."""
    return isinstance(value, type) and issubclass(value, Model)


def column_names(source: Any) -> frozenset[str]:
    """The names of a model's fields; those of an expression are known in a query."""
    return _names(source) if is_model(source) else frozenset()


def columns_of(model: Any, names: Iterable[str]) -> dict[str, Any]:
    """The fields of a model by the names that their values have on an object: of a foreign key, `user_id`."""
    known = {field.attname for field in model._meta.concrete_fields}
    return {name: F(name) for name in names if name in known}


def constant(holds: bool) -> Any:
    """True of every row, or of none."""
    return Q(_Allowed(None, {}, form=ALWAYS if holds else NEVER))


def filtered(left: Residual, columns: Mapping[str, Any], model: Any, refuse: Callable[[], None]) -> Filtered:
    """The condition of what is left of a decision; without a model it is judged when a query is made of it."""
    form: Form | None = None
    if model is not None:
        query = Query(model)
        try:
            resolved = {name: column.resolve_expression(query) for name, column in columns.items()}
        except FieldError:
            # It may be an annotation, which only the query knows.
            pass
        else:
            form = _judged(left, resolved, query)
    return Filtered(Q(_Allowed(left, columns, refuse=refuse)), form)


class _Allowed(Expression):  # type: ignore[misc]  # Django has no types
    """The rows that are allowed: an expression with the columns as its sources."""

    conditional = True

    def __init__(
        self,
        left: Residual | None,
        columns: Mapping[str, Any],
        *,
        form: Form | None = None,
        refuse: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(output_field=BooleanField())
        self._left = left
        self._form = form
        self._refuse = refuse
        self._columns = dict(columns)

    @property
    def identity(self) -> tuple[Any, ...]:
        """What two equal expressions have in common."""
        return (type(self), id(self._left), self._form, tuple(self._columns.items()))

    def get_source_expressions(self) -> list[Any]:
        """The columns."""
        return list(self._columns.values())

    def set_source_expressions(self, exprs: Iterable[Any]) -> None:
        """The columns, resolved or with other aliases."""
        self._columns = dict(zip(self._columns, exprs, strict=True))

    def resolve_expression(self, query: Any = None, *args: Any, **options: Any) -> Any:
        """The same in a query, whose columns are known and judged."""
        try:
            found = super().resolve_expression(query, *args, **options)
            if self._left is not None:
                found._form = _judged(self._left, found._columns, query)
        except Exception:
            if self._refuse is not None:
                self._refuse()
            raise
        return found

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """The condition, for a database that can be asked exactly. Raises FilterError for any other."""
        spelling = SPELLINGS.get(connection.vendor)
        if spelling is None:
            raise refusal(connection.vendor)
        assert self._form is not None, "it is resolved before it is compiled"
        return _Writer(compiler, spelling, self._columns).written(self._form)


class _Writer:
    """Writes forms as SQL with its parameters, in their order."""

    def __init__(self, compiler: Any, spelling: Mapping[str, str], columns: Mapping[str, Any]) -> None:
        self._compiler = compiler
        self._spelling = spelling
        self._columns = columns
        self._parameters: list[Any] = []

    def written(self, form: Form) -> tuple[str, list[Any]]:
        """The whole, in parentheses."""
        return self._form(form), self._parameters

    def _form(self, form: Form) -> str:
        match form:
            case AllOf(parts):
                return f"({' AND '.join(map(self._form, parts)) or '1 = 1'})"
            case AnyOf(parts):
                return f"({' OR '.join(map(self._form, parts)) or '1 = 0'})"
        question = atom(form)
        if isinstance(question, AllOf | AnyOf):
            return self._form(question)
        return f"({spelled(self._spelling[question.name], lambda index: self._operand(question.operands[index]))})"

    def _operand(self, operand: Operand) -> str:
        match operand:
            case Column(name):
                sql, parameters = self._compiler.compile(self._columns[name.removeprefix(RESOURCE)])
                self._parameters += parameters
                return str(sql)
            case Value(_, tuple() as values):
                self._parameters += values
                return f"({', '.join(['%s'] * len(values))})"
            case Value(_, value):
                self._parameters.append(value)
                return "%s"
            case _:
                assert_never(operand)


def _judged(left: Residual, columns: Mapping[str, Any], query: Any) -> Form:
    """What a query is asked, by the types of its columns."""
    if query is None or query.model is None:
        raise AttributeTypeError("a filter stands in a query of a model", where=WHERE, fix="use it in .filter(...)")
    check_texts(left.constants, _names(query.model))
    for name, column in columns.items():
        _check_single(name, column, query)
    return form_of(left, {name: _kind(name, column) for name, column in columns.items()}, _cast_of)


def _names(model: Any) -> frozenset[str]:
    return frozenset(name for field in model._meta.concrete_fields for name in (field.name, field.attname))


def _check_single(name: str, column: Any, query: Any) -> None:
    """Refuses what a row has several of: which of them would be meant?"""
    for part in column.flatten():
        alias = part.alias if isinstance(part, Col) else None
        while alias is not None and alias in query.alias_map:
            join = query.alias_map[alias]
            if getattr(getattr(join, "join_field", None), "multiple", False):
                raise AttributeTypeError(
                    f"{name} stands in a relation of which a row has several", where=WHERE,
                    fix="hand in one: a field of the row, of what it belongs to, or a Subquery of one value",
                )  # fmt: skip
            alias = getattr(join, "parent_alias", None)


def _kind(name: str, column: Any) -> Kind:
    field = column.output_field
    while isinstance(field, ForeignObject):
        field = field.target_field
    kind = _kind_of(field)
    if kind is None:
        raise AttributeTypeError(
            f"{name} is a {type(field).__name__}, which no condition can compare", where=WHERE,
            fix=f"compare what the database holds, as text: {name}=Cast(..., CharField())",
        )  # fmt: skip
    return kind


def _kind_of(field: Field) -> Kind | None:
    # A field of somebody else's may hand the service another value than the database holds.
    if type(field).__module__.partition(".")[0] != "django":
        return None
    return next((kind for known, kind in _KINDS if isinstance(field, known)), None)


def _cast_of(name: str, wanted: str) -> str:
    """How a column becomes one of the wanted type, for people."""
    return f"{name}=Cast(..., {'BigIntegerField' if wanted == 'number' else 'CharField'}())"
