"""What a comprehension gives of what it goes through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.survey.python.form import Node
from nomoat.survey.trial import queries
from nomoat.survey.trial.machine import Limited
from nomoat.survey.trial.values import Env, Items, Table, Thing, Value, union

if TYPE_CHECKING:
    from nomoat.survey.trial.expressions import Expressions

#: How many elements are gone through one by one.
MAX_ITEMS = 200


def gone_through(run: Expressions, inner: Env, node: Node, source: Value) -> Value:
    """What a comprehension gives for one source, in names of its own; `node` has its parts at 3, 4 and 6."""
    target, _, conditions, _ = node[6][0]
    is_known = isinstance(source, Items) and source.is_whole and len(node[6]) == 1
    elements = source.values[:MAX_ITEMS] if is_known and isinstance(source, Items) else [run.element(source)]
    if run.wires and isinstance(source, Items) and source.values and not is_known and len(node[6]) == 1:
        # What is known of it is gone through one by one, and then whatever else it may hold.
        elements = [*source.values[:MAX_ITEMS], Thing()]
    found: list[Value] = []
    for element in elements:
        run.assign(inner, target, element)
        for more, further, _, _ in node[6][1:]:
            run.assign(inner, more, run.element(run.evaluate(inner, further)))
        tests = [run.test(inner, condition) for condition in conditions]
        if not run.wires and any(queries.owns(test.if_true) for test in tests):
            is_asked_for = "input" in union([source, *tests])
            run.record.limited.append(Limited(run.at(inner, node), is_asked_for, tuple(run.path)))
        if any(test.anonymous is False and not test.marks for test in tests):
            continue
        value = run.evaluate(inner, node[4])
        found.append(value)
        is_known = is_known and all(test.anonymous is not None for test in tests)
    if node[3] == "dict":
        return Table({}, is_whole=False, other=found[0] if found else None)
    # Where it is not known which elements stay, none may.
    is_perhaps = not is_known or (isinstance(source, Items) and source.may_be_empty)
    return Items(found, is_whole=is_known, may_be_empty=is_perhaps)
