"""Functions that are handed on to be called: in a thread, of an object, or as what a package makes of them.

`await asyncio.to_thread(check, request)`, `loop.run_in_executor(None, partial(check, request))`,
`types.MethodType(wrapper, self)`, `retrying(check)(request)`. They do there what they do here, and what they raise is
raised where they are waited for.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from nomoat.survey.trial.naming import guards_by_name
from nomoat.survey.trial.values import Env, Function, Object, Thing, Value, options

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls

#: What calls the function that it is given first with what follows.
_RUN = (
    "asyncio.to_thread", "starlette.concurrency.run_in_threadpool", "fastapi.concurrency.run_in_threadpool",
    "anyio.to_thread.run_sync", "trio.to_thread.run_sync", "litestar.concurrency.sync_to_thread",
)  # fmt: skip
#: Names that are for what runs it, not for the function.
_FOR_RUNNERS = frozenset(("cancellable", "abandon_on_cancel", "limiter"))
#: What gives a function that does the same, to be waited for or not.
_SAME = ("asgiref.sync.sync_to_async", "asgiref.sync.async_to_sync", "channels.db.database_sync_to_async")
#: A method of loops that calls the function that it is given second.
_OF_LOOPS = "run_in_executor"
_OF_METHOD = 2


def _in_a_thread(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    if not args or not _is_called(args[0]):
        return None
    own = {name: value for name, value in named.items() if name not in _FOR_RUNNERS}
    return run.call(args[0], args[1:], own, at, env)


def _same(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    return args[0] if args and _is_called(args[0]) else None


def _method_of(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    if len(args) != _OF_METHOD or not isinstance(args[0], Function) or args[0].me is not None:
        return None
    return replace(args[0], me=args[1])


def _is_called(value: Value) -> bool:
    return all(isinstance(one, (Function, Object)) for one in options(value))


def called(run: Calls, callee: Thing, args: tuple[Value, ...], at: str) -> tuple[Value, tuple[Value, ...]] | None:
    """Which function of the tree is called by this, and with what; None where it is none.

    `loop.run_in_executor(None, check, request)` calls the second; what a package made of a function does what that
    does, as far as is known: `retrying(check)(request)`.
    """
    last = callee.trail[-1] if callee.trail else callee.name.rpartition(".")[2]
    if last == _OF_LOOPS and len(args) >= _OF_METHOD and isinstance(args[1], Function):
        return args[1], args[2:]
    made_of = callee.args[0] if callee.is_call and not callee.trail and callee.args else None
    package = callee.name.partition(".")[0]
    if not isinstance(made_of, Function) or not package or package in sys.stdlib_module_names or run.wires:
        return None
    if guards_by_name(last):
        run.record.unknown.append((f"calls {last}() of a package that is not here ({package})", at))
    return made_of, args


SPECIAL = {
    **dict.fromkeys(_RUN, _in_a_thread),
    **dict.fromkeys(_SAME, _same),
    "types.MethodType": _method_of,
}
