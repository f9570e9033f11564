"""Serves one decided request: refuses it, or lets its handler answer and holds that answer to the decisions made.

The decision of a write is in the journal before its handler runs; a read's goes there with its status.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from nomoat.appmap.ids import SAFE_METHODS
from nomoat.errors import JournalError
from nomoat.guard.answers import Message, Receive, Scope, Send, close_socket, refuse, refuse_socket, status_of
from nomoat.guard.asked import COMMIT_S, Asked, Denied
from nomoat.guard.routers.table import NOTHING
from nomoat.journal.facts import Decision, Reason, Response

_UPGRADED = 101
_UNWRITTEN: Reason = "journal-unavailable"


async def serve_http(asked: Asked, app: Any, scope: Scope, receive: Receive, send: Send) -> None:
    """One request and its one answer."""
    answer = _Answer(asked, scope, send)
    if asked.is_refused and not answer.is_unserved:
        await answer.refuse_at_once()
        return
    if not (answer.is_safe or answer.is_unserved) and not await answer.commit():
        await answer.refuse_unwritten()
        return
    try:
        await app(scope, receive, answer.send)
    except Exception as error:
        reason = asked.refused or (error.reason if isinstance(error, Denied) and asked.runtime.enforces else None)
        if reason is None or (asked.started and not answer.is_replaced):
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


class _Answer:
    """The way back: looks at the answer's start before it leaves, records it, and replaces what must not leave."""

    __slots__ = ("_asked", "_is_committed", "_is_recorded", "_scope", "_send", "_status", "is_replaced",
                 "is_safe", "is_unserved")  # fmt: skip

    def __init__(self, asked: Asked, scope: Scope, send: Send) -> None:
        self._asked = asked
        self._scope = scope
        self._send = send
        self._status = 0
        self.is_replaced = self._is_committed = self._is_recorded = False
        self.is_safe = scope["method"] in SAFE_METHODS
        #: The framework itself answers; anything but its 404, 405 or slash redirect is replaced.
        self.is_unserved = asked.found is NOTHING and asked.reason == "unknown-route"

    async def commit(self) -> bool:
        """Commits the decision before a handler that may write; False where it must not run then."""
        self._is_committed = await commit(self._asked, self._asked.first())
        return self._is_committed

    async def refuse_at_once(self) -> None:
        """Answers with the refusal that was decided before the handler."""
        asked = self._asked
        self.is_replaced = asked.started = True
        self._record_first(status_of(asked.reason))
        await refuse(self._send, asked.reason)

    async def refuse_unwritten(self) -> None:
        """Refuses what could not be committed in time. It may be yet, so the fact of the refusal stands behind it."""
        asked = self._asked
        self.is_replaced = asked.started = self._is_recorded = True
        asked.runtime.audit.record(asked.last(_UNWRITTEN, status_of(_UNWRITTEN)))
        await refuse(self._send, _UNWRITTEN)

    async def refuse(self, reason: Reason, *, tell: bool = False) -> None:
        """Answers with a later refusal; `tell` where no `require` has written a fact of it."""
        asked = self._asked
        self.is_replaced = asked.started = True
        self._status = status_of(reason)
        self._record_first(self._status)
        if tell:
            asked.runtime.audit.record(asked.last(reason, self._status))
        else:
            self._record_standing_denial(self._status)
        await refuse(self._send, reason)

    def _record_standing_denial(self, status: int) -> None:
        fact = self._asked.last_denial(status)
        if fact is not None:
            self._asked.runtime.audit.record(fact)

    async def send(self, message: Message) -> None:
        """What the application sends, as it may leave."""
        if self.is_replaced:
            return
        asked = self._asked
        if message["type"] == "http.response.start":
            await self._start(message, int(message["status"]))
        elif asked.started:
            self._stop_what_is_no_longer_allowed(message)
            await self._send(message)
        elif message["type"] == "http.response.debug" or not self._is_held_back:
            await self._send(message)

    @property
    def _is_held_back(self) -> bool:
        """True while nothing may leave before the answer's start: early hints and pushes name what is asked for."""
        asked = self._asked
        return asked.refused is not None or (asked.runtime.enforces and bool(asked.pending))

    async def _start(self, message: Message, status: int) -> None:
        asked = self._asked
        self._status = status
        if self.is_unserved and asked.runtime.enforces and not _is_frameworks_own(message, status, self._scope):
            await self.refuse(asked.reason)
            return
        if asked.refused is not None:
            await self.refuse(asked.refused)
            return
        pending = asked.pending
        if pending and status < 400 and asked.runtime.enforces:
            await self.refuse("decision-missing", tell=True)
            return
        asked.started = True
        self._record_how_it_ended(status)
        await self._send(message)

    def _record_how_it_ended(self, status: int) -> None:
        """The decision, and what the handler left open; status 0 where no answer came."""
        self._record_first(status)
        if self._asked.outcome == "deferred":
            self._record_what_would_have_been(self._asked.pending, status)
        self._record_standing_denial(status)

    def _record_what_would_have_been(self, pending: tuple[str, ...], status: int) -> None:
        asked = self._asked
        assert asked.demand is not None and asked.answer is not None
        reason: Reason | None = None
        if asked.demand.never_decides(asked.known.method, asked.answer.needs):
            reason = "undecided-before-write"
        elif pending:
            reason = "decision-missing" if 0 < status < 400 else "not-decided"
        if reason is not None:
            asked.runtime.audit.record(asked.last(reason, status))

    def _stop_what_is_no_longer_allowed(self, message: Message) -> None:
        """An answer that has begun is broken off by a late denial, and a stream when its caller is blocked."""
        asked = self._asked
        if asked.refused is not None:
            raise Denied("what the handler asked late", asked.refused)
        if message.get("more_body") and not asked.runtime.standing.is_empty:
            against = asked.runtime.standing.against(asked.identity, asked.known.client)
            if against is not None:
                raise Denied("this stream", against)

    def failed(self, status: int = 500) -> None:
        """The application raised: its decision is recorded all the same."""
        self._status = self._status or status
        if not self._asked.started:
            self._record_how_it_ended(self._status)
        self.finish()

    def finish(self) -> None:
        """The status of a request whose decision was committed before its handler."""
        asked = self._asked
        if self._is_committed:
            asked.runtime.audit.record(_response(asked, self._status))
        elif not self._is_recorded:
            # The application ended without an answer.
            self._record_how_it_ended(self._status)

    def _record_first(self, status: int) -> None:
        if self._is_committed or self._is_recorded:
            return
        self._is_recorded = True
        asked = self._asked
        fact = asked.first(status)
        if self.is_safe and asked.outcome == "deny":
            asked.runtime.audit.record_denial(fact)
        else:
            asked.runtime.audit.record(fact)


def _is_frameworks_own(message: Message, status: int, scope: Scope) -> bool:
    """Its 404 or 405, or the redirect to the same path with or without the slash at its end."""
    if status in (404, 405):
        return True
    locations = [value for name, value in message.get("headers", ()) if name.lower() == b"location"]
    if status not in (307, 308) or len(locations) != 1:
        return False
    path = unquote(urlsplit(locations[0].decode("latin-1")).path).rstrip("/")
    return path == unquote(scope["path"]).rstrip("/")


async def commit(asked: Asked, fact: Decision) -> bool:
    """Waits until a decision is in the journal. False where it is not and nothing may pass without."""
    runtime = asked.runtime
    passes = not runtime.enforces or runtime.passes_without_journal
    if passes and runtime.audit.failure:
        # Nobody waits for a journal that is known not to answer; the writer goes on trying.
        runtime.audit.record(fact)
        return True
    try:
        await runtime.writer.commit_async([(fact, None)], timeout_s=COMMIT_S)
    except JournalError:
        runtime.count_unwritten()
        return passes
    return True


def _response(asked: Asked, status: int) -> Response:
    return Response(request=asked.request, service=asked.loaded.service, target=asked.known.target, status=status)


# -- websockets --------------------------------------------------------------------------------------------------------


async def serve_socket(asked: Asked, app: Any, scope: Scope, receive: Receive, send: Send) -> None:
    """One websocket. Its decision is committed before the handshake; a block ends it while it is open."""
    if asked.is_refused:
        asked.runtime.audit.record(asked.first(403))
        await refuse_socket(receive, send)
        return
    if not await commit(asked, asked.first()):
        asked.runtime.audit.record(asked.last(_UNWRITTEN, 403))
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
        asked.runtime.audit.record(_response(asked, _UPGRADED if socket.is_open else 403))


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
