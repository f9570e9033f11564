"""`outbound`: a client of httpx or requests that calls only hosts which the service's map declares, or a person listed.

    client = guard.outbound(httpx.AsyncClient(base_url="https://api.stripe.com"))

An attacker who makes a service fetch an address of theirs (server-side request forgery) is refused, and told on.
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from nomoat.errors import NomoatError, UsageError
from nomoat.guard import asking, starting

if TYPE_CHECKING:
    from nomoat.guard.runtime import Runtime
    from nomoat.guard.service_token import ServiceToken

Client = TypeVar("Client")

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class OutboundError(NomoatError):
    """This service may not call that host; nothing was sent."""


def outbound(client: Client, *, token: ServiceToken | None = None) -> Client:
    """Makes a client call only what this service may call; gives the same client.

    Each request is looked at just before it is sent, redirects too. The caller's trace id goes along (`traceparent`),
    so that the journals of both services tell of one request.

    Args:
        client: an httpx.Client, httpx.AsyncClient or requests.Session. Hooks that are added later run after guard's.
        token: what this service shows of itself to the other services of its map (where an edge leads), to nobody else
            and not in the place of a credential that a request has already.

    Raises:
        UsageError: it is none of these. The client itself raises OutboundError at a request that may not be sent, and
            ServiceTokenError where its issuer gives no token.
    """
    httpx, requests = sys.modules.get("httpx"), sys.modules.get("requests")
    if httpx is not None and isinstance(client, httpx.AsyncClient):
        _hook(client, partial(_look_async, token=token))
    elif httpx is not None and isinstance(client, httpx.Client):
        _hook(client, partial(_look, token=token))
    elif requests is not None and isinstance(client, requests.Session):
        _wrap(client, token)
    else:
        raise UsageError(
            f"outbound() was given {type(client).__name__}", where="guard.outbound",
            fix="give it an httpx.Client, an httpx.AsyncClient or a requests.Session",
        )  # fmt: skip
    return client


def _hook(client: Any, look: Any) -> None:
    hooks = client.event_hooks
    client.event_hooks = {**hooks, "request": [*hooks.get("request", ()), look]}


def _look(request: Any, *, token: ServiceToken | None) -> None:
    shows = _check(request.url.scheme, request.url.raw_host.decode("ascii"), request.url.port, request.headers)
    if token is not None and shows:
        request.headers["Authorization"] = f"Bearer {token.get()}"


async def _look_async(request: Any, *, token: ServiceToken | None) -> None:
    shows = _check(request.url.scheme, request.url.raw_host.decode("ascii"), request.url.port, request.headers)
    if token is not None and shows:
        known = token.known or await asyncio.to_thread(token.get)
        request.headers["Authorization"] = f"Bearer {known}"


def _wrap(session: Any, token: ServiceToken | None) -> None:
    """Each redirect of a session goes through its `send` again."""
    send = session.send

    def checked(request: Any, **options: Any) -> Any:
        parts = urlsplit(request.url)
        if _check(parts.scheme, parts.hostname or "", parts.port, request.headers) and token is not None:
            request.headers["Authorization"] = f"Bearer {token.get()}"
        return send(request, **options)

    session.send = checked


def _check(scheme: str, host: str, port: int | None, headers: Any) -> bool:
    """True where the service may show its own token there. Raises OutboundError where it may not call at all."""
    asked = asking.at_hand()
    runtime = asked.runtime if asked is not None else _only_runtime()
    at = port or _PORTS.get(scheme, 0)
    spelled = f"[{host}]" if ":" in host and not host.startswith("[") else host
    loaded = asked.loaded if asked is not None else runtime.loaded
    if not runtime.calls_out.decide(loaded, asked, spelled, at, enforces=runtime.enforces):
        raise OutboundError(
            f"{loaded.service} may not call {spelled}:{at}: its map does not have it", where="guard.outbound",
            fix=f"nomoat map --write where source calls it; else outbound: [{{host: {spelled}, because: ...}}]",
        )  # fmt: skip
    if asked is not None and asked.known.trace and "traceparent" not in headers:
        # A span of its own: guard records no spans, and what is called must not take it for the caller's.
        headers["traceparent"] = f"00-{asked.known.trace}-{asked.request[-16:].rjust(16, '0')}-01"
    return loaded.hosts is not None and loaded.hosts.is_service(spelled, at) and "authorization" not in headers


def _only_runtime() -> Runtime:
    """Outside of a request: the guard of this process, where there is one."""
    running = starting.running()
    if len(running) != 1:
        said = "no guard runs in this process" if not running else "several guards run in this process"
        raise OutboundError(
            f"{said}, so that nobody knows what may be called outside of a request", where="guard.outbound",
            fix="protect(app) must have started; call from within a request, or after the application has started",
        )  # fmt: skip
    return running[0]
