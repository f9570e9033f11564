"""What a function gives together stays together: `ok, error = check()`, and where `ok` is False, `error` is there.

Takes a value of several that is taken apart into names; gives one value for each name, each of which knows the way
that its options belong to. What a test leaves of one name, it leaves of those that were taken apart with it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.trial.machine import End, RaisedError
from nomoat.survey.trial.refusals import status_of
from nomoat.survey.trial.values import (
    CALLER,
    Choice,
    Const,
    Env,
    Items,
    Object,
    Table,
    Thing,
    Value,
    joined,
    options,
)

if TYPE_CHECKING:
    from nomoat.survey.trial.bodies import Bodies

#: What a caller has been granted, by the name that it goes by.
_GRANTED = re.compile(r"(^|_)(roles?|groups?|permissions?|perms|scopes?|privileges?|rights|grants?|authorities)$", re.I)
#: More ways than this are not told apart.
_MOST_WAYS = 8


def parts(value: Choice, count: int) -> list[Value] | None:
    """One value for each of so many names; None where it is not known what stands in each place."""
    rows: list[tuple[Value, ...]] = []
    for option in value.options:
        if not isinstance(option, Items) or not option.is_whole or len(option.values) != count:
            return None
        rows.extend(product(*map(options, option.values)))
        if len(rows) > _MOST_WAYS:
            return None
    ways = tuple(range(len(rows)))
    return [Choice(tuple(row[place] for row in rows), value, ways) for place in range(count)]


def missed(run: Bodies, value: Value, targets: tuple[Node, ...]) -> None:
    """Ends where what nobody sent has other parts than it is taken apart into: `kind, token = "".split(" ", 1)`."""
    is_told = run.anonymous and not run.wires and isinstance(value, Items) and value.is_whole
    if not is_told or not isinstance(value, Items) or value.may_be_empty or "caller" not in value.tags:
        return
    if len(value.values) != len(targets) and not any(one[0] == form.STARRED for one in targets):
        fault = Thing("builtins.ValueError")
        raise RaisedError([End(fault, "", tuple(run.conditions), needs_credential=True)])


def without_answers(run: Bodies, value: Value, at: str) -> Value:
    """What is left to be taken apart: an answer is no tuple, and whoever is given one in its place ends in a fault."""
    answers = [] if run.wires else [one for one in options(value) if _is_answer(run, one)]
    if not answers:
        return value
    needs = any(status_of(run, one, run.models.answers) in (401, 403) for one in answers)
    end = End(Thing("builtins.ValueError"), at, tuple(run.conditions), needs_credential=needs)
    rest = [one for one in options(value) if one not in answers]
    if not rest:
        raise RaisedError([end])
    run.pending.append(end)
    return joined(rest)


def _is_answer(run: Bodies, value: Value) -> bool:
    return isinstance(value, Thing) and value.is_call and not value.trail and value.name in run.models.answers


def keep(env: Env, name: str, value: Choice, kept: list[int]) -> None:
    """Leaves of a name only these of its options, and of the names that go with it what belongs to them."""
    ways = {value.ways[place] for place in kept} if value.ways else set()
    for other, held in list(env.names.items()) if ways else ():
        if isinstance(held, Choice) and held.of is value.of and held.ways:
            _leave(env, other, held, [place for place, way in enumerate(held.ways) if way in ways])
    if not ways:
        _leave(env, name, value, kept)


def _leave(env: Env, name: str, value: Choice, kept: list[int]) -> None:
    if len(kept) == 1:
        env.names[name] = value.options[kept[0]]
    elif kept:
        ways = tuple(value.ways[place] for place in kept) if value.ways else ()
        env.names[name] = Choice(tuple(value.options[place] for place in kept), value.of, ways)


def marked(value: Value) -> Value:
    """What a function gives that asked who calls: None, False and `{}` of it are so because there is no credential."""
    if isinstance(value, Const) and "setting" in value.marks:
        return value  # It is so because nobody has set it otherwise.
    if isinstance(value, Const) and not value.value:
        return Const(value.value, CALLER)
    if isinstance(value, Items) and value.is_whole and not value.values:
        return replace(value, of=CALLER)
    if isinstance(value, Table) and value.is_whole and not value.entries and not value.tags:
        return replace(value, of=CALLER)
    if isinstance(value, Items) and value.is_tuple and any(map(_is_no, value.values)):
        return Items([of_nobody(one) for one in value.values], value.is_whole, value.may_be_empty, is_tuple=True)
    if isinstance(value, Object) and value.is_fresh:
        # `Result(valid=False)`, `Guest()`, `Result(user=Guest())`: it stays the one that was made.
        _stand_for_nobody(value)
        for one in [option for held in value.attributes.values() for option in options(held)]:
            if isinstance(one, Object) and one.is_fresh:
                _stand_for_nobody(one)
    return value


def _stand_for_nobody(value: Object) -> None:
    value.attributes.update({name: granted_to_nobody(name, one) for name, one in value.attributes.items()})
    value.is_for_nobody = True


def granted_to_nobody(name: str, value: Value) -> Value:
    """What an object has that stands for nobody: in an empty list of roles, something is missing for that reason."""
    if isinstance(value, Items) and value.is_whole and not value.values and _GRANTED.search(name):
        value.of = CALLER
        return value
    return of_nobody(value)


def of_nobody(value: Value) -> Value:
    """None and False are so because there is no credential."""
    return Const(value.value, CALLER) if _is_no(value) and isinstance(value, Const) else value


def _is_no(value: Value) -> bool:
    return isinstance(value, Const) and (value.value is None or value.value is False) and not value.marks
