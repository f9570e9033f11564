"""What a refused caller sees: 401, 403 or 429 as problem details (RFC 9457), never why it was blocked."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple, TypeAlias

from nomoat.journal.facts import Reason

Message: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

#: Reasons that another credential could mend (RFC 9110, section 15.5.2).
_UNAUTHENTICATED: frozenset[Reason] = frozenset(
    ("unauthenticated", "bad-token", "bad-certificate", "identity-failed", "revoked", "step-up")
)
_UNAVAILABLE: frozenset[Reason] = frozenset(
    ("journal-unavailable", "blocks-unavailable", "keys-unavailable", "backend-unavailable", "not-loaded")
)
#: RFC 6750, section 3.1: a token that is expired, revoked or malformed is `invalid_token`, all alike.
#: One that is good, and not for this, is `insufficient_scope` and answered with 403.
_BAD_TOKEN: frozenset[Reason] = frozenset(("bad-token", "revoked"))
_TITLES = {401: "Unauthorized", 403: "Forbidden", 429: "Too Many Requests", 503: "Service Unavailable"}


def status_of(reason: Reason) -> int:
    """The status of a refusal."""
    if reason in _UNAUTHENTICATED:
        return 401
    if reason == "rate-limited":
        return 429
    return 503 if reason in _UNAVAILABLE else 403


class Refusal(NamedTuple):
    """A whole answer that refuses."""

    status: int
    title: str
    headers: list[tuple[bytes, bytes]]
    body: bytes


def refusal(reason: Reason, *, retry_after_s: int = 1, step_up: str = "") -> Refusal:
    """What a refused caller is answered; `step_up` says how they have to sign in again (RFC 9470, section 3)."""
    status = status_of(reason)
    body = json.dumps({"type": "about:blank", "title": _TITLES[status], "status": status}).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if status == 401:
        headers.append((b"www-authenticate", _challenge(reason, step_up)))
    if reason == "out-of-scope":
        headers.append((b"www-authenticate", b'Bearer error="insufficient_scope"'))
    if status in (429, 503):
        headers.append((b"retry-after", str(retry_after_s).encode()))
    return Refusal(status, _TITLES[status], headers, body)


def _challenge(reason: Reason, step_up: str) -> bytes:
    if reason == "step-up":
        return ", ".join(filter(None, ('Bearer error="insufficient_user_authentication"', step_up))).encode("ascii")
    return b'Bearer error="invalid_token"' if reason in _BAD_TOKEN else b"Bearer"


async def refuse(send: Send, reason: Reason, *, retry_after_s: int = 1, step_up: str = "") -> None:
    """Sends the whole refusal."""
    answer = refusal(reason, retry_after_s=retry_after_s, step_up=step_up)
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})


async def refuse_socket(receive: Receive, send: Send) -> None:
    """Closes a websocket before its handshake: servers answer the upgrade with 403."""
    message = await receive()
    if message["type"] == "websocket.connect":
        await close_socket(send)


async def close_socket(send: Send) -> None:
    """Closes a websocket because of the policy (RFC 6455, section 7.4.1: 1008)."""
    await send({"type": "websocket.close", "code": 1008})
