"""What is made of a list one after another: `functools.reduce(lambda view, wrap: wrap(view), decorators, view)`.

And one list of several: `itertools.chain(shop_urls, api_urls)`; or what is made of each row: `map(path_of, rows)`.
Where routes are registered, what is known of a list stays when another part of it is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nomoat.survey.trial.values import SPREAD, Env, Items, Value, one_list

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls

#: Who puts together more than this decorates no view.
_MOST = 100


def _reduced(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    source = run.ran(args[1]) if len(args) > 1 else None
    if not isinstance(source, Items) or not source.is_whole or source.may_be_empty or len(source.values) > _MOST:
        return None
    left = list(source.values)
    initial = args[2] if len(args) > 2 else named.get("initial")
    if initial is None and not left:
        return None
    found: Value = initial if initial is not None else left.pop(0)
    for one in left:
        found = run.call(args[0], (found, one), {}, at, env)
    return found


def _chained(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    parts = [run.ran(one_list(one) if run.wires else one) for one in args]
    return _together(run, parts, is_whole=SPREAD not in named)


def _together(run: Calls, parts: Sequence[Value], *, is_whole: bool) -> Value | None:
    """One list of several, of which some may not be known where routes are registered."""
    lists = [one for one in parts if isinstance(one, Items)]
    is_whole = is_whole and len(lists) == len(parts)
    if not is_whole and not (run.wires and lists):
        return None
    values = [value for one in lists for value in one.values]
    # Where one of them may hold nothing, what it holds may be missing.
    return Items(
        values, is_whole and all(one.is_whole for one in lists), may_be_empty=any(one.may_be_empty for one in lists)
    )


def _chained_of(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    return _of_each(run, args[0], ()) if args else None


def _summed(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`sum(lists, [])`: of numbers nobody asks."""
    start = args[1] if len(args) > 1 else named.get("start")
    return _of_each(run, args[0], (start,)) if isinstance(start, Items) else None


def _of_each(run: Calls, lists: Value, start: tuple[Value, ...]) -> Value | None:
    source = run.ran(lists)
    if not isinstance(source, Items) or source.may_be_empty or not (source.is_whole or run.wires):
        return None
    parts = [run.ran(one_list(one) if run.wires else one) for one in source.values]
    return _together(run, [*start, *parts], is_whole=source.is_whole)


def _mapped(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    return _made_of_each(run, args, at, env, is_spread=False)


def _mapped_spread(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    return _made_of_each(run, args, at, env, is_spread=True)


def _made_of_each(run: Calls, args: tuple[Value, ...], at: str, env: Env, *, is_spread: bool) -> Value | None:
    """A list of what a function makes of each element; it is called there and then, where routes are registered."""
    rows = run.ran(args[1]) if run.wires and len(args) == 2 else None
    if not isinstance(rows, Items) or rows.may_be_empty or len(rows.values) > _MOST:
        return None
    made, is_whole = [], rows.is_whole
    for row in rows.values:
        if is_spread and not (isinstance(row, Items) and row.is_whole):
            is_whole = False
            continue
        given = tuple(row.values) if is_spread and isinstance(row, Items) else (row,)
        made.append(run.call(args[0], given, {}, at, env))
    return Items(made, is_whole)


SPECIAL = {
    **dict.fromkeys(("functools.reduce", "builtins.reduce"), _reduced),
    "itertools.chain": _chained,
    "itertools.chain.from_iterable": _chained_of,
    "itertools.starmap": _mapped_spread,
    "builtins.map": _mapped,
    "builtins.sum": _summed,
}
