"""What a comprehension gives of what it goes through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.trial import queries
from nomoat.survey.trial.demands import OTHER
from nomoat.survey.trial.machine import Limited
from nomoat.survey.trial.values import (
    NOTHING,
    Const,
    Env,
    Items,
    Table,
    Test,
    Thing,
    Value,
    gone_through,
    joined,
    union,
)

if TYPE_CHECKING:
    from nomoat.survey.trial.expressions import Expressions

#: How many elements are gone through one by one; tables of routes may be long.
MAX_ITEMS, MAX_ITEMS_WIRING = 200, 2_000


#: Parts of a request that have names and values.
_PARTS = frozenset(("request.header", "request.cookie", "request.query", "request.session"))


def _is_copied(node: Node) -> bool:
    """Whether a dictionary has what it goes through: `{name.decode(): value.decode() for name, value in headers}`."""
    if node[3] != "dict" or len(node[6]) != 1:
        return False
    target = node[6][0][0]
    names = [one[3] for one in target[3] if one[0] == form.NAME] if target[0] in (form.TUPLE, form.LIST) else []
    if len(names) != len(("name", "value")) or len(target[3]) != len(names):
        return False
    return _names(node[4]) == {names[0]} and _names(node[5]) == {names[1]}


def _names(node: Node) -> set[str]:
    return {one[3] for one in form.walk((node,)) if one[0] == form.NAME and one[3] not in _MAKES_TEXT}


#: What makes a text of a text or of bytes.
_MAKES_TEXT = frozenset(("str", "bytes"))


@dataclass
class _Found:
    """What it has given so far: of a dictionary the keys as well."""

    most: int
    values: list[Value] = field(default_factory=list)
    keys: list[Value] = field(default_factory=list)
    #: Whether there is no more of it, and none of it may be missing.
    is_known: bool = True
    #: Whether its first element is there for sure, whatever may be missing after it.
    begins: bool = False
    #: Why something is left out of it.
    of: frozenset[str] = NOTHING


def given_by(run: Expressions, inner: Env, node: Node, source: Value) -> Value:
    """What a comprehension gives for its first source, in names of its own; `node` has its parts at 3, 4, 5 and 6."""
    if not run.wires and isinstance(source, Thing) and source.name in _PARTS and _is_copied(node):
        return source
    found = _Found(MAX_ITEMS_WIRING if run.wires else MAX_ITEMS)
    _go(run, inner, node, 0, source, found)
    if node[3] == "dict":
        return _table(found)
    # Where it is not known which elements stay, none may.
    is_perhaps = not found.is_known or (isinstance(source, Items) and source.may_be_empty)
    of = found.of if not found.values else NOTHING
    return Items(found.values, is_whole=found.is_known, may_be_empty=is_perhaps, of=of, begins=found.begins)


def _go(run: Expressions, inner: Env, node: Node, clause: int, source: Value, found: _Found) -> None:
    """Goes through one source, and for each element of it through those of the clauses after it."""
    target, _, conditions, _ = node[6][clause]
    for element in _elements(run, source, found):
        run.assign(inner, target, element)
        tests = [run.test(inner, condition) for condition in conditions]
        if not run.wires and any(queries.owns(test.if_true) for test in tests):
            is_asked_for = "input" in union([source, *tests])
            run.record.limited.append(Limited(run.at(inner, node), is_asked_for, tuple(run.path)))
        left_out = [test for test in tests if test.anonymous is False]
        if left_out and (not run.wires or any(not test.marks for test in left_out)):
            found.of |= frozenset().union(*(test.marks for test in left_out))
            continue
        if clause + 1 < len(node[6]):
            more = gone_through(run.ran(run.evaluate(inner, node[6][clause + 1][1])), also_empty=run.wires)
            _go(run, inner, node, clause + 1, more, found)
        elif node[3] == "dict":
            found.keys.append(run.evaluate(inner, node[4]))
            found.values.append(run.evaluate(inner, node[5]))
        else:
            value = run.evaluate(inner, node[4])
            if run.wires and isinstance(value, Const) and isinstance(value.value, str):
                # Parts of a path: which there are is as source has its settings.
                tests = [Test(test.usual, OTHER, OTHER) if test.anonymous is None else test for test in tests]
                if any(test.anonymous is False for test in tests):
                    continue
            found.begins |= not found.values and found.is_known and all(test.anonymous is True for test in tests)
            found.values.append(value)
        found.is_known = found.is_known and all(test.anonymous is not None for test in tests)


def _elements(run: Expressions, source: Value, found: _Found) -> list[Value]:
    left = max(found.most - len(found.values), 0)
    if isinstance(source, Items) and source.is_whole and len(source.values) <= left:
        return list(source.values)
    found.is_known = False
    if not left:
        return []
    if run.wires and isinstance(source, Items) and source.values:
        # What is known of it is gone through one by one, and then whatever else it may hold.
        return [*source.values[:left], Thing()]
    return [run.element(source)]


def _table(found: _Found) -> Table:
    entries: dict[object, Value] = {}
    for key, value in zip(found.keys, found.values, strict=True):
        if not isinstance(key, Const) or key.marks or not isinstance(key.value, (str, int, float, bool, type(None))):
            return Table({}, is_whole=False, other=joined(found.values))
        entries[key.value] = value
    if not found.is_known:
        return Table({}, is_whole=False, other=joined(found.values) if found.values else None)
    return Table(entries)
