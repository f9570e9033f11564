"""Decides about rows that are not read yet: which library reads them, what is open in them, and what it is handed.

The decision is that of `require` on each row (`policy/filters/`). It is made here and recorded by `Asked.filter`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from nomoat.errors import UsageError
from nomoat.guard.asked import AttributeTypeError, wrong_type
from nomoat.guard.data.keeping import check_not_kept
from nomoat.policy.filters.form import ALWAYS, NEVER, Form, Kind
from nomoat.policy.filters.mistakes import ColumnTypeError, FilterError
from nomoat.policy.filters.residual import RESOURCE, Residual, residual

if TYPE_CHECKING:
    from nomoat.guard.asked import Asked
    from nomoat.journal.facts import Outcome, Reason
    from nomoat.policy.decide import Answer

WHERE = "nomoat.guard.filter"


class Library(Protocol):
    """What a library's module has: `guard/data/sqlalchemy.py`, `django.py`."""

    def is_column(self, value: object) -> bool:
        """True for what it can ask a database for."""

    def is_model(self, value: object) -> bool:
        """True for what its columns belong to."""

    def column_names(self, source: Any) -> frozenset[str]:
        """The names of a model's columns, or of those beside a column, as far as they are known."""

    def columns_of(self, model: Any, names: Iterable[str]) -> dict[str, Any]:
        """The columns of a model by these names, those that it has."""

    def constant(self, holds: bool) -> Any:
        """The expression that is true of every row, or of none."""

    def filtered(self, left: Residual, columns: Mapping[str, Any], model: Any, refuse: Callable[[], None]) -> Filtered:
        """The expression of what is left of a decision; `refuse` records a mistake that only shows later."""


class Filtered(NamedTuple):
    """An expression, and the form that it says; None: that is known when a query is made of it."""

    expression: Any
    form: Form | None


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about rows: the fact's parts, and what the handler gets. `wrong` is a mistake in its call."""

    outcome: Outcome
    reason: Reason
    answer: Answer
    filtered: tuple[str, ...]
    expression: Any
    wrong: Exception | None = None


def library_of(model: object, attributes: Mapping[str, object]) -> Library:
    """The library behind a model or its columns. Raises UsageError (none that guard knows, or two) or FilterError."""
    found = [library for library in _libraries() if _knows(library, model, attributes)]
    if len(found) == 1:
        return found[0]
    # SQLAlchemy hands the lambda of `with_loader_criteria` no model, but what stands for one.
    check_not_kept()
    handed = "columns of two libraries" if found else "no model and no column"
    raise UsageError(
        f"guard.filter was handed {handed}", where=WHERE,
        fix="hand in the model or columns of SQLAlchemy or Django: owner=Order.owner, owner=F('owner')",
    )  # fmt: skip


def decided(asked: Asked, permission: str, library: Library, model: Any, attributes: Mapping[str, Any]) -> Decided:
    """The decision about the rows of a model, or of these columns; nothing is recorded, nothing raised."""
    answer = asked.ask(permission, None)
    try:
        check_not_kept()
        columns, constants = _split(asked, permission, library, model, attributes)
        if answer.outcome != "deferred":
            return _known(answer, library)
        if asked.loaded.asking is not None:
            raise FilterError(
                f"{asked.loaded.asking.title} decides, and its conditions are no query",
                where=WHERE,
                fix="decide row by row: guard.only(...)",
            )
        left = residual(
            asked.loaded.decider, subject=asked.known.subject, roles=asked.known.roles, permission=permission,
            attributes=asked.attributes, constants=constants, columns=columns,
        )  # fmt: skip
        found = library.filtered(left, columns, model, lambda: asked.deny_meanwhile("condition-error"))
    except Exception as error:
        # Whatever a column's own class raises, nothing is known of any row: a condition's error.
        return Decided("deny", "condition-error", answer, _said(False), library.constant(False), error)
    answer = answer._replace(grants=left.granted_by, read=left.read)
    if found.form == ALWAYS:
        return Decided("allow", "granted", answer, _said(True), found.expression)
    if found.form == NEVER:
        return Decided("deny", "condition-false", answer, _said(False), found.expression)
    return Decided("allow", "depends-on-resource", answer, left.conditions, found.expression)


def form_of(left: Residual, kinds: Mapping[str, Kind], cast_of: Callable[[str, str], str]) -> Form:
    """The rows that are allowed, by columns of these types. Raises AttributeTypeError or FilterError."""
    try:
        rows = left.rows(kinds)
    except ColumnTypeError as error:
        cast = cast_of(error.name, error.wanted)
        raise AttributeTypeError(error.what, where=error.where, fix=f"cast it: {cast}") from error
    if rows.form == NEVER and rows.missing:
        names = ", ".join(f"resource.{name}" for name in rows.missing)
        fix = f"hand in its column: {rows.missing[0]}=..."
        raise AttributeTypeError(f"no row could be allowed: the conditions read {names}", where=WHERE, fix=fix)
    return rows.form


def _libraries() -> Iterable[Library]:
    """Those that the service has loaded itself: guard needs neither."""
    if "sqlalchemy" in sys.modules:
        from nomoat.guard.data import sqlalchemy

        yield sqlalchemy
    if "django.db.models" in sys.modules:
        from nomoat.guard.data import django

        yield django


def _knows(library: Library, model: object, attributes: Mapping[str, object]) -> bool:
    return (model is not None and library.is_model(model)) or any(map(library.is_column, attributes.values()))


def _split(
    asked: Asked, permission: str, library: Library, model: Any, attributes: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns and constants by the names of attributes. Raises AttributeTypeError."""
    columns: dict[str, Any] = {}
    if model is not None:
        if not library.is_model(model):
            raise AttributeTypeError(f"{model!r} is no model", where=WHERE, fix="hand in the class or table")
        read = asked.loaded.decider.read_for(permission)
        names = (name.removeprefix(RESOURCE) for name in read if name.startswith(RESOURCE))
        columns = library.columns_of(model, (name for name in names if name not in attributes))
    columns |= {name: value for name, value in attributes.items() if library.is_column(value)}
    constants = {name: value for name, value in attributes.items() if name not in columns}
    wrong = wrong_type(constants)
    if wrong is not None:
        raise wrong
    known = frozenset(
        name for one in (*columns.values(), model) if one is not None for name in library.column_names(one)
    )
    check_texts(constants, known)
    return columns, constants


def check_texts(constants: Mapping[str, object], known: frozenset[str]) -> None:
    """Refuses a text that is the name of a column: in `only` it would mean that.

    As a text it would show every row to whoever is called so.
    """
    for name, value in constants.items():
        if isinstance(value, str) and value in known:
            raise AttributeTypeError(
                f"{name}={value!r} is a text, and a column is called so", where=WHERE, fix="hand in the column itself"
            )


def _known(answer: Answer, library: Library) -> Decided:
    """What does not depend on the row."""
    holds = answer.outcome == "allow"
    return Decided(answer.outcome, answer.reason, answer, _said(holds), library.constant(holds))


def _said(holds: bool) -> tuple[str, ...]:
    return ("true",) if holds else ("false",)
