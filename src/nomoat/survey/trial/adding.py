"""What code adds to lists and sets: where it is not sure that it runs, what is added may not be there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.survey.trial.usually import perhaps
from nomoat.survey.trial.values import Items, Value, holds, one_list

if TYPE_CHECKING:
    from nomoat.survey.trial.machine import Machine

_OF_SETS = frozenset(("add", "update"))
#: How many values a list holds to which trials of many routes may add one each: what a module keeps is theirs together.
_MOST_ADDED = 64


def add(run: Machine, me: Items, name: str, given: Value) -> None:
    """`me.append(given)`, `extend`, `insert`, `add` or `update`, by its name."""
    given = one_list(given) if run.wires and name in ("extend", "update") else given
    # A list may be added to itself.
    values = list(given.values) if name in ("extend", "update") and isinstance(given, Items) else [given]
    known = next((place for place, one in enumerate(run.conditions, 1) if one is me.under), 0)
    undecided = any(condition.test.anonymous is None for condition in run.conditions[known:])
    if not me.values or not run.unsure:
        me.may_be_empty = bool(run.unsure)
    for value in values:
        is_late = undecided or (me.is_used and run.wires)
        if is_late and not run.wires and len(me.values) >= _MOST_ADDED:
            me.is_whole = False
        elif not (name in _OF_SETS or (is_late and not run.wires)) or not holds(me, value, perhaps=is_late):
            me.values.append(perhaps(value, run.conditions[known:]) if is_late else value)
    if name in ("extend", "update") and not isinstance(given, Items):
        me.is_whole = False
