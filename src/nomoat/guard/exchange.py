"""Serves one decided request over ASGI: refuses it, or lets its handler answer and holds that answer to the decisions.

What must become of an answer stands in `answering`; here it is sent.
"""

from __future__ import annotations

from typing import Any

from nomoat.errors import JournalError
from nomoat.guard.answering import UNWRITTEN, Answering, is_not_served, passes_unwritten, response, waits_for_nothing
from nomoat.guard.answers import Message, Receive, Scope, Send, close_socket, refuse, refuse_socket
from nomoat.guard.asked import COMMIT_S, Asked
from nomoat.journal.facts import Decision, Reason

_UPGRADED = 101


async def serve_http(asked: Asked, app: Any, scope: Scope, receive: Receive, send: Send) -> None:
    """One request and its one answer."""
    answer = _Answer(asked, scope, send)
    reason = answer.refused_at_once()
    if reason is None and answer.commits_first:
        reason = answer.committed(await commit(asked, asked.first()))
    if reason is not None:
        await refuse(send, reason, retry_after_s=asked.retry_after_s, step_up=asked.step_up)
        return
    try:
        await app(scope, receive, answer.send)
    except Exception as error:
        reason = answer.refusal_of(error)
        if reason is None:
            answer.failed()
            raise
        if not answer.is_replaced:
            # The application's own error page may have been replaced by the refusal already.
            await answer.refuse(reason)
    except BaseException:
        # The server gave up, or the client went away.
        answer.failed(status=0)
        raise
    if asked.refused is not None and not asked.started:
        await answer.refuse(asked.refused)
    answer.finish()


class _Answer(Answering):
    """The way back: looks at the answer's start before it leaves, and replaces what must not leave."""

    __slots__ = ("_method", "_path", "_send")

    def __init__(self, asked: Asked, scope: Scope, send: Send) -> None:
        super().__init__(asked, scope["method"])
        self._method, self._path = scope["method"], scope["path"]
        self._send = send

    async def refuse(self, reason: Reason) -> None:
        """Answers with a later refusal."""
        await refuse(self._send, self.refused(reason), step_up=self.asked.step_up)

    async def send(self, message: Message) -> None:
        """What the application sends, as it may leave."""
        if self.is_replaced:
            return
        if message["type"] == "http.response.start":
            status = int(message["status"])
            # A framework that lists a route's methods by itself does it where no route serves OPTIONS.
            lists = self._method == "OPTIONS" and status == 204
            is_own = self.is_unserved and (lists or is_not_served(status, _locations(message), self._path))
            reason = self.starts(status, is_frameworks_own=is_own)
            await (self._send(message) if reason is None else refuse(self._send, reason, step_up=self.asked.step_up))
        elif self.asked.started:
            self.check_still_allowed(has_more=bool(message.get("more_body")))
            await self._send(message)
        elif message["type"] == "http.response.debug" or not self.is_held_back:
            await self._send(message)


def _locations(message: Message) -> list[str]:
    return [value.decode("latin-1") for name, value in message.get("headers", ()) if name.lower() == b"location"]


async def commit(asked: Asked, fact: Decision) -> bool:
    """Waits until a decision is in the journal. False where it is not and nothing may pass without."""
    if waits_for_nothing(asked, fact):
        return True
    try:
        await asked.runtime.writer.commit_async([(fact, None)], timeout_s=COMMIT_S)
    except JournalError:
        return passes_unwritten(asked)
    return True


# -- websockets --------------------------------------------------------------------------------------------------------


async def serve_socket(asked: Asked, app: Any, scope: Scope, receive: Receive, send: Send) -> None:
    """One websocket. Its decision is committed before the handshake; a block ends it while it is open."""
    if asked.is_refused:
        asked.runtime.audit.record(asked.first(403))
        await refuse_socket(receive, send)
        return
    if not await commit(asked, asked.first()):
        asked.runtime.audit.record(asked.last(UNWRITTEN, 403))
        await refuse_socket(receive, send)
        return
    socket = _Socket(asked, receive, send)
    try:
        await app(scope, socket.receive, socket.send)
    except Exception:
        if asked.refused is None:
            raise
        await socket.close()
    finally:
        asked.runtime.audit.record(response(asked, _UPGRADED if socket.is_open else 403))


class _Socket:
    """Both ways of a websocket: after a denied `require`, or a block of its caller, it is closed."""

    __slots__ = ("_asked", "_is_closed", "_receive", "_send", "is_open")

    def __init__(self, asked: Asked, receive: Receive, send: Send) -> None:
        self._asked = asked
        self._receive = receive
        self._send = send
        self._is_closed = False
        self.is_open = False

    @property
    def _must_end(self) -> bool:
        asked = self._asked
        standing = asked.runtime.standing
        return asked.refused is not None or (
            not standing.is_empty and standing.against(asked.identity, asked.known.client) is not None
        )

    async def receive(self) -> Message:
        """What the client says."""
        message = await self._receive()
        if message["type"] == "websocket.receive" and self._must_end:
            await self.close()
            return {"type": "websocket.disconnect", "code": 1008}
        return message

    async def send(self, message: Message) -> None:
        """What the handler says."""
        if self._is_closed:
            return
        if self._must_end:
            await self.close()
            return
        if message["type"] == "websocket.accept":
            self.is_open = True
        elif message["type"] == "websocket.close":
            self._is_closed = True
        await self._send(message)

    async def close(self) -> None:
        """Closes it, once."""
        if not self._is_closed:
            self._is_closed = True
            await close_socket(self._send)
