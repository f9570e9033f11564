"""What is made of a list one after another: `functools.reduce(lambda view, wrap: wrap(view), decorators, view)`.

And one list of several: `itertools.chain(shop_urls, api_urls)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.survey.trial.values import SPREAD, Env, Items, Value

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
    parts = [run.ran(one) for one in args]
    if SPREAD in named or not all(isinstance(one, Items) for one in parts):
        return None
    lists = [one for one in parts if isinstance(one, Items)]
    values = [value for one in lists for value in one.values]
    # Where one of them may hold nothing, what it holds may be missing.
    return Items(values, all(one.is_whole for one in lists), may_be_empty=any(one.may_be_empty for one in lists))


def _chained_of(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    source = run.ran(args[0]) if args else None
    is_known = isinstance(source, Items) and source.is_whole and not source.may_be_empty
    return _chained(run, tuple(source.values), {}, at, env) if is_known and isinstance(source, Items) else None


SPECIAL = {
    **dict.fromkeys(("functools.reduce", "builtins.reduce"), _reduced),
    "itertools.chain": _chained,
    "itertools.chain.from_iterable": _chained_of,
}
