"""Rows of models of Django: what their relations lead to, and what queries of them give.

`group.projects.get(slug=slug)` gives a project, whose methods are those of its class: they say whether it may be seen.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nomoat.survey.storefile import stores
from nomoat.survey.tables import Tables
from nomoat.survey.trial.values import Class, Function, Object, Outside, Thing, Value, options

if TYPE_CHECKING:
    from nomoat.survey.python.symbols import Scope
    from nomoat.survey.trial.attributes import Attributes

_OF_DJANGO = "django.db.models."
#: The name under which an object that looks rows up keeps the class of them, as Django has it.
_MODEL = "model"
_MANAGERS = ("objects", "_default_manager", "_base_manager")
#: Methods of what looks rows up, by what they give.
_GIVES_ONE = frozenset(
    ("get", "aget", "first", "afirst", "last", "alast", "latest", "alatest", "earliest", "aearliest", "create",
     "acreate", "get_object_or_404", "aget_object_or_404")
)  # fmt: skip
_GIVES_SOME = frozenset(
    ("all", "filter", "exclude", "order_by", "select_related", "prefetch_related", "only", "defer", "annotate",
     "distinct", "select_for_update", "using", "reverse", "get_queryset", "get_query_set", "iterator",
     "get_list_or_404", "aget_list_or_404", *_MANAGERS)
)  # fmt: skip


def told(run: Attributes, value: Thing, name: str, at: str) -> Value | None:
    """What an attribute of a row, or of what looks rows up, is; None where no relation of the tree tells."""
    if run.wires:
        return None
    if value.rows is not None:
        return _of_query(run, value, value.rows, name, at)
    if value.cls is None or not _is_model(run, value.cls):
        return None
    entity = _tables(run).of_class(value.cls)
    led = _tables(run).led(entity, name) if entity is not None else None
    if led is None or led.entity.scope is None:
        return None
    own = f"{value.name}.{name}" if value.name else ""
    found = Thing(own, (), {}, value.marks, (*value.trail, name), at)
    return replace(found, rows=led.entity.scope) if led.is_many else replace(found, cls=led.entity.scope)


def _of_query(run: Attributes, value: Thing, rows: Scope, name: str, at: str) -> Value:
    """A method of what looks rows up: of a class of the tree, where the model has such a manager."""
    if name not in _GIVES_ONE | _GIVES_SOME:
        manager = run.attribute(run.class_of(rows), _MANAGERS[0], at)
        method = run.attribute(manager, name, at) if isinstance(manager, Object) else None
        if isinstance(method, Function):
            return method
    own = f"{value.name}.{name}" if value.name else ""
    return Thing(own, (), {}, value.marks, (*value.trail, name), at, rows=rows)


def with_model(run: Attributes, found: Value, cls: Class) -> Value:
    """An object that looks rows up, `objects = OrderManager()` of a model, with the class of those rows."""
    if not isinstance(found, Object) or _MODEL in found.attributes or found.cls.scope.module.is_library:
        return found
    if not any(base.startswith(_OF_DJANGO) for base in run.bases(found.cls.scope)) or not _is_model(run, cls.scope):
        return found
    return replace(found, attributes={**found.attributes, _MODEL: cls})


def given(run: Attributes, callee: Outside | Thing, args: tuple[Value, ...], made: Thing) -> Thing:
    """What a look-up gives, with the class of the row, or of the rows, that it is."""
    if run.wires or made.cls is not None:
        return made
    last = callee.trail[-1] if isinstance(callee, Thing) and callee.trail else callee.name.rpartition(".")[2]
    if last not in _GIVES_ONE and last not in _GIVES_SOME:
        return made
    source = args[0] if last.endswith("_or_404") and args else callee
    classes = {_rows_of(one) for one in options(source)}
    rows = classes.pop() if len(classes) == 1 else None
    if rows is None or not _is_model(run, rows):
        return made
    return replace(made, cls=rows) if last in _GIVES_ONE else replace(made, rows=rows)


def _rows_of(value: Value) -> Scope | None:
    if isinstance(value, Thing):
        return value.rows
    if isinstance(value, Outside) and value.me is not None:
        of_class = isinstance(value.me, Class) and any(f".{one}" in value.name for one in _MANAGERS)
        return value.me.scope if isinstance(value.me, Class) and of_class else _rows_of(value.me)
    if isinstance(value, Object):
        model = value.attributes.get(_MODEL)
        return model.scope if isinstance(model, Class) else None
    return value.scope if isinstance(value, Class) else None


def _is_model(run: Attributes, cls: Scope) -> bool:
    return any(base.startswith(_OF_DJANGO) for base in run.bases(cls))


def _tables(run: Attributes) -> Tables:
    if run.around.tables is None:
        run.around.tables = Tables(run.program, stores())
    return run.around.tables
