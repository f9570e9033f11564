"""`requires`: a permission named where the handler is, as a decorator or as a dependency of FastAPI.

The map reads it as what the route demands, so guard has decided it before the handler runs; then nothing is left to do.
Where the policy in force binds the route otherwise, what source says holds as well: the stricter of the two.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from nomoat.errors import UsageError
from nomoat.guard import asking

#: What a decorated function says of itself: a task is decided by it before it runs.
_DEMANDED = "__nomoat_requires__"
Handler = TypeVar("Handler", bound=Callable[..., Any])


def requires(*permissions: str) -> Callable[[Handler], Handler]:
    """Lets a handler run only for callers who have these permissions, all of them.

    `@guard.requires("orders:read")` stands directly above a handler (below the decorator that registers it), sync or
    async, of any framework that guard guards; `Depends(guard.requires("orders:read"))` is the same for FastAPI. A
    permission that depends on the object is left to the handler, which must ask `guard.require` for it.

    Raises:
        UsageError: no permission, one that is no text, or a class in the place of a handler.
        Denied: when a request comes that may not; guard answers it.
        NoRequestError: when the handler is called outside of a request that guard guards.
    """
    if not permissions or not all(isinstance(name, str) and name for name in permissions):
        raise UsageError(
            "requires() names no permission", where="guard.requires", fix='write @guard.requires("orders:read")'
        )

    def both(given: Any) -> Any:
        # FastAPI hands a dependency the connection; anything else is the handler that is decorated.
        connection = asking.carried(given)
        if connection is not None:
            connection.hold(permissions)
            return None
        return _decorated(given, permissions)

    both.__signature__ = _signature()  # type: ignore[attr-defined]
    return both


def _decorated(handler: Any, permissions: tuple[str, ...]) -> Any:
    if isinstance(handler, type) or not callable(handler):
        raise UsageError(
            f"requires() stands above {getattr(handler, '__name__', handler)!s}, which is no handler",
            where="guard.requires",
            fix="put it above what answers; of Django: @method_decorator(guard.requires(...), name='dispatch')",
        )
    if hasattr(handler, "apply_async"):
        raise UsageError(
            "requires() stands above a task's decorator", where="guard.requires",
            fix="put it below: @app.task, then @guard.requires(...), then the function",
        )  # fmt: skip
    if inspect.iscoroutinefunction(handler):

        @functools.wraps(handler)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            asked = _asked(args, kwargs)
            if not asked.holds_already(permissions):
                # It waits for the journal, and the event loop must not.
                await asyncio.to_thread(asked.hold, permissions)
            return await handler(*args, **kwargs)

        return _signed(awaited, handler, permissions)

    @functools.wraps(handler)
    def called(*args: Any, **kwargs: Any) -> Any:
        _asked(args, kwargs).hold(permissions)
        return handler(*args, **kwargs)

    return _signed(called, handler, permissions)


def demanded(function: Any) -> tuple[str, ...]:
    """What `requires` above a function demands of whoever lets it run; empty where none stands there."""
    while isinstance(function, functools.partial):
        function = function.func
    found = getattr(function, _DEMANDED, ())
    return found if isinstance(found, tuple) else ()


def _signed(wrapper: Any, handler: Any, permissions: tuple[str, ...]) -> Any:
    """The wrapper with the handler's own types: older versions of FastAPI look their names up in this module."""
    setattr(wrapper, _DEMANDED, tuple(dict.fromkeys((*permissions, *demanded(handler)))))
    # What is imported for type checking alone cannot be looked up; the framework will say so, as without us.
    with contextlib.suppress(Exception):
        wrapper.__signature__ = inspect.signature(handler, eval_str=True)
    return wrapper


def _asked(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The request at hand: the handler's own argument, where it has one, else what is current."""
    for value in (*args[:2], *kwargs.values()):
        found = asking.carried(value)
        if found is not None:
            return found
    return asking.found(None)


def _signature() -> inspect.Signature:
    """What FastAPI reads of a dependency: it wants the connection."""
    connection: Any = inspect.Parameter.empty
    if "starlette" in sys.modules:
        from starlette.requests import HTTPConnection

        connection = HTTPConnection
    return inspect.Signature(
        [inspect.Parameter("given", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=connection)]
    )
