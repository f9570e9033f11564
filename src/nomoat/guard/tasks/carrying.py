"""`carry`: a function that runs as the caller of the request it was handed on in; `as_service`: as the service."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from nomoat.appmap import ids
from nomoat.errors import UsageError
from nomoat.guard import asking
from nomoat.guard.asked import Asked
from nomoat.guard.asking import NoRequestError, Passing
from nomoat.guard.identity.model import Identity
from nomoat.guard.requiring import demanded
from nomoat.guard.starting import running
from nomoat.guard.tasks.run import OnBehalf, TaskRun, course, decided, on_behalf

if TYPE_CHECKING:
    from nomoat.guard.loading import Loaded
    from nomoat.guard.runtime import Runtime

Function = TypeVar("Function", bound=Callable[..., Any])


class _Service(NamedTuple):
    """That work is handed on as the service, in the course of one request (None: of none) and of nothing inside it."""

    within: Asked | Passing | None


_service: ContextVar[_Service | None] = ContextVar("nomoat_as_service", default=None)


@contextmanager
def as_service() -> Iterator[None]:
    """What is handed on inside (`carry`, Celery's `delay`) runs as `service:<name>`, whoever calls.

    It holds for the request, or the script, in which it is said: a request that is answered and a task that runs
    inside of it have their own callers. What a service may is what `calls:` lets it do at itself.
    """
    token = _service.set(_Service(asking.innermost()))
    try:
        yield
    finally:
        _service.reset(token)


def act_as_service() -> None:
    """The same from here on, for a process that acts for nobody else."""
    _service.set(_Service(None))


def is_service() -> bool:
    """True where work is handed on as the service."""
    said = _service.get()
    return said is not None and said.within is asking.innermost()


def caller_at_hand(service: str) -> OnBehalf:
    """For whom work is handed on now: the caller of what runs, the service where the code says so, else nobody."""
    asked = asking.at_hand()
    behalf = on_behalf(asked) if asked is not None else OnBehalf(None)
    if is_service():
        # Not from where the caller is, and by no credential: a block of the service's name holds.
        return replace(behalf, identity=Identity(ids.service_id(service)), client="")
    return behalf


def carry(function: Function, *, request: Any = None) -> Function:
    """The same function, which runs as the caller of this request whenever and wherever it is called.

    `background.add_task(guard.carry(send), order)`, `pool.submit(guard.carry(count), order)`,
    `asyncio.create_task(guard.carry(tell)(order))`. Each call is a run of a task (`task:<service>/<module.name>`):
    decided by the policy in force then, and recorded. It demands what `@guard.requires` above the function says, else
    that somebody is known; inside, `require`, `only`, `filter` and `may` ask as that caller.

    Args:
        function: sync or async; no generator.
        request: the request that is meant, where no context variable says it.

    Raises:
        NoRequestError: here, outside of a request, in both modes: there is nobody to run as. (`as_service` says so.)
        UsageError: what is given cannot be called once and be done.
        Denied: of the function, when it is called and may not run (enforce; blocks and revocations in both modes).
    """
    _check(function)
    carried = _carried(request)
    permissions = demanded(function)

    def begun() -> TaskRun | Passing:
        if carried is None:
            return asking.PASSING
        runtime, behalf = carried
        run = decided(runtime, behalf, _target(runtime.loaded, function), permissions)
        run.begin()
        return run

    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None)):  # noqa: B004

        @functools.wraps(function)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            # It waits for the journal, and the event loop must not.
            with course(await asyncio.to_thread(begun)):
                return await function(*args, **kwargs)

        return awaited  # type: ignore[return-value]  # It is called as the function is.

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        with course(begun()):
            return function(*args, **kwargs)

    return called  # type: ignore[return-value]


def _check(function: Any) -> None:
    if not callable(function) or isinstance(function, type):
        raise UsageError(
            f"carry() is given {type(function).__name__}, which is no function", where="guard.carry",
            fix="carry the function, and call what you get: guard.carry(send)(order)",
        )  # fmt: skip
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        # Calling it runs nothing; what runs later would run outside of what was decided.
        raise UsageError(
            "carry() is given a generator", where="guard.carry", fix="carry a function that goes through it"
        )


def _carried(request: Any) -> tuple[Runtime, OnBehalf] | None:
    """Who decides, and for whom; None where guard decides nothing in audit mode. Raises NoRequestError."""
    if request is None and is_service():
        runtime = asked.runtime if (asked := asking.at_hand()) is not None else _only_one()
        return runtime, caller_at_hand(runtime.loaded.service)
    found = asking.found(request)
    return None if isinstance(found, Passing) else (found.runtime, on_behalf(found))


def _only_one() -> Runtime:
    """What guards in this process, where that is one service."""
    found = running()
    if len({one.loaded.service for one in found}) != 1:
        raise NoRequestError(
            "guard does not know as which service", where="guard.carry",
            fix="one application must be protected and started here: outside of a request nothing else says which",
        )  # fmt: skip
    return found[0]


def _target(loaded: Loaded, function: Any) -> str:
    """The id of the task that a function is: the map's where it has it."""
    while isinstance(function, functools.partial):
        function = function.func
    named = function if hasattr(function, "__qualname__") else type(function)
    module, name = str(named.__module__), str(named.__qualname__).replace(".<locals>", "")
    return _mapped(loaded, module, name) or ids.entry_id("task", loaded.service, f"{module}.{name}")


def _mapped(loaded: Loaded, module: str, name: str) -> str | None:
    """The map's id; a service's root may be cut from the module there."""
    exact = loaded.tasks.get(f"{module}:{name}")
    if exact is not None:
        return exact
    found = set()
    for handler, target in loaded.tasks.items():
        other, _, own = handler.partition(":")
        if own.replace(".<locals>", "") == name and (
            f".{module}".endswith(f".{other}") or other.endswith(f".{module}")
        ):
            found.add(target)
    return found.pop() if len(found) == 1 else None
