"""Looks again where a request goes, inside of what may send it elsewhere after guard has decided.

A mounted application may have middleware of its own, which guard cannot stand behind: it may change method or path
(a method override, a rewritten prefix). So in front of each router that guard has read stands a look: it matches again,
and where that is another route than the one decided about, the request is denied.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from nomoat.guard import asking
from nomoat.guard.answers import Receive, Scope, Send
from nomoat.guard.asked import Denied

if TYPE_CHECKING:
    from starlette.routing import Router


class SecondLook:
    """Stands in front of one router; does nothing for requests that no guard decided about."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self.app = router.middleware_stack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        from nomoat.guard.routers.starlette import Routes

        asked = asking.current(scope)
        routes = asked.runtime.routes if asked is not None else None
        # What a guard of another framework decided about in this thread is no request of this router.
        if asked is not None and isinstance(routes, Routes) and not routes.agrees(self._router, scope, asked.found):
            asked.deny_meanwhile("rerouted")
            if asked.refused is not None:
                raise Denied(f"{scope.get('method', 'WS')} of another route", asked.refused)
        await self.app(scope, receive, send)


def place(routers: Iterable[Any]) -> None:
    """Puts a look in front of each router that has none yet."""
    for router in routers:
        if router_of(router) is not None and not isinstance(router.middleware_stack, SecondLook):
            router.middleware_stack = SecondLook(router)


def stands_innermost(app: Any) -> bool:
    """True where guard runs behind all middleware of an application: as `protect` places it, and nothing after it."""
    from nomoat.guard.asgi import Guard

    middleware: list[Any] = getattr(app, "user_middleware", [])
    return bool(middleware) and getattr(middleware[-1], "cls", None) is Guard


def router_of(app: Any) -> Router | None:
    """The router of an application, or the application where it is one; None where its routing is not known."""
    from starlette.applications import Starlette
    from starlette.routing import Router

    router = app.router if isinstance(app, Starlette) else app
    return router if isinstance(router, Router) and _is_looked_through(router) else None


def _is_looked_through(router: Router) -> bool:
    """True where a look in front of a router sees what its routes see: the framework's own middleware changes nothing.

    A router's middleware is wrapped around a bound method when it is made, so nothing can be put inside of it.
    """
    inner: Any = router.middleware_stack
    while getattr(inner, "__self__", None) is not router:
        module = type(inner).__module__
        if not (isinstance(inner, SecondLook) or module.startswith("starlette.middleware.")):
            return False
        inner = getattr(inner, "app", None)
    return True
