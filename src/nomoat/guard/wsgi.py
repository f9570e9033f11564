"""guard in a WSGI application: the outermost call holds the answer, and whoever knows the route decides inside of it.

A framework matches the path by itself; where it has done so it calls `Call.decide`. The answer passes through here on
its way out: one that was refused, or about which nothing was decided, is replaced.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from nomoat.errors import JournalError
from nomoat.guard import asking, deciding
from nomoat.guard.answering import Answering, commit
from nomoat.guard.answers import Refusal, refusal
from nomoat.guard.identity.callers import Connect, identified_now
from nomoat.guard.identity.origin import ENVIRON

if TYPE_CHECKING:
    from nomoat.guard.asked import Asked
    from nomoat.guard.routers.table import Found
    from nomoat.guard.runtime import Runtime
    from nomoat.guard.starting import Starting
    from nomoat.journal.facts import Reason

Environ: TypeAlias = dict[str, Any]
Headers: TypeAlias = list[tuple[str, str]]
StartResponse: TypeAlias = Callable[..., Callable[[bytes], object]]
#: True where a status and headers are the framework's own answer to a request that no route serves.
IsOwn: TypeAlias = Callable[[int, Headers], bool]

CALL_KEY = "nomoat.call"
#: Of an answer that is replaced, these are kept: a browser reads no refusal without them.
_KEPT = ("access-control-", "vary")


def scope_of(environ: Environ) -> dict[str, Any]:
    """A request of WSGI as decisions read it: the shape of an ASGI scope."""
    headers = [
        (name[5:].replace("_", "-").lower().encode("latin-1", "replace"), str(value).encode("latin-1", "replace"))
        for name, value in environ.items()
        if name.startswith("HTTP_")
    ]
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers.append((name.replace("_", "-").lower().encode(), str(environ[name]).encode("latin-1", "replace")))
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    address = environ.get("REMOTE_ADDR", "")
    return {
        "type": "http",
        "method": environ.get("REQUEST_METHOD", "ANY"),
        "path": path.encode("latin-1", "replace").decode("utf-8", "replace"),
        "query_string": environ.get("QUERY_STRING", "").encode("latin-1", "replace"),
        "headers": headers,
        "client": (address, 0) if address else None,
        ENVIRON: environ,
    }


class Call:
    """One request while it is under way: what was decided, and what became of its answer."""

    __slots__ = (
        "_asked",
        "_token",
        "_told",
        "answering",
        "enforces",
        "is_own",
        "is_passing",
        "refused",
        "runtime",
        "scope",
    )

    def __init__(self, runtime: Runtime, scope: dict[str, Any], *, enforces: bool) -> None:
        self.runtime = runtime
        self.scope = scope
        self.enforces = enforces
        self._token: Any = None
        self._asked: Any = None
        #: What a refusal says besides its reason; kept until it has left.
        self._told: Asked | None = None
        self.answering: Answering | None = None
        #: What its answer is replaced by.
        self.refused: Reason | None = None
        #: guard could not decide, and audit lets it pass.
        self.is_passing = False
        self.is_own: IsOwn = lambda status, _: status in (404, 405)

    def decide(self, find: Callable[[], Found | None], connect: Connect, carrier: dict[str, Any]) -> Reason | None:
        """Decides once the framework knows the route; the reason where the handler must not run.

        Args:
            find: where the framework dispatches the request to; NOTHING: it answers by itself; None: who knows.
            connect: what `identity=` is asked with.
            carrier: where the handler finds what was decided, if it passes its request on.
        """
        runtime, scope = self.runtime, self.scope
        identity = None
        try:
            identity, failed = identified_now(runtime, scope, connect)
            asked = deciding.decided(runtime, scope, find(), identity, failed)
            deciding.hold_to_limits(asked)
            self._told = asked
            self.answering = answering = Answering(asked, scope["method"])
        except (Exception, JournalError) as error:
            runtime.count_unwritten()
            runtime.say_once(f"a request could not be decided: {type(error).__name__}: {error}")
            against = deciding.stands_against(runtime, scope, identity)
            if against is None and not self.enforces:
                self.is_passing = True
                self._asked = asking.PASSING
                self._token = asking.enter(asking.PASSING, carrier)
                return None
            self.refused = against or "not-loaded"
            return self.refused
        self._asked = asked
        self._token = asking.enter(asked, carrier)
        self.refused = answering.refused_at_once()
        if self.refused is None and answering.commits_first:
            self.refused = answering.committed(commit(asked, asked.first()))
        return self.refused

    def refusal(self) -> Refusal:
        """What a refused caller is answered."""
        reason, told = self.refused or "unknown-route", self._told
        if told is None:
            return refusal(reason)
        return refusal(reason, retry_after_s=told.retry_after_s, step_up=told.step_up)

    def starts(self, status: int, headers: Headers) -> bool:
        """The answer is about to leave; True where it may, else `refused` says what replaces it."""
        if self.refused is not None:
            return False
        answering = self.answering
        if answering is None:
            # Something answered before the framework came to its routes. What it refuses or fails at may leave.
            if self.is_passing or not self.enforces or status >= 400:
                return True
            self.runtime.say_once("an answer came without a decision: it is denied")
            self.refused = "unknown-route"
            return False
        if answering.asked.started:
            return True
        is_own = answering.is_unserved and self.is_own(status, headers)
        self.refused = answering.starts(status, is_frameworks_own=is_own)
        return self.refused is None

    def fails(self, error: BaseException) -> bool:
        """The application raised; True where its answer is a refusal, else the error is the application's own."""
        answering = self.answering
        if answering is None:
            return self.refused is not None
        reason = answering.refusal_of(error) if isinstance(error, Exception) else None
        if reason is None:
            answering.failed(500 if isinstance(error, Exception) else 0)
            return False
        self.refused = reason if answering.is_replaced else answering.refused(reason)
        return True

    def ends(self) -> None:
        """Nothing more comes."""
        if self.answering is not None:
            self.answering.finish()
            self.answering = None
        self.pauses()
        self._asked = None

    def goes_on(self) -> None:
        """The application runs again: whoever asks from here asks about this request."""
        if self._asked is not None and self._token is None:
            self._token = asking.again(self._asked)

    def pauses(self) -> None:
        """The server has the word: the same thread may serve another request before it comes back."""
        if self._token is not None:
            token, self._token = self._token, None
            asking.leave(token)


class WSGIGuard:
    """Stands around a WSGI application whose framework calls `Call.decide`."""

    def __init__(self, inner: Callable[..., Iterable[bytes]], starting: Starting) -> None:
        self._inner = inner
        self.starting = starting

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serves one request."""
        runtime = self.starting.runtime or self._loaded()
        enforces = self.starting.mode == "enforce"
        if runtime is None:
            if enforces:
                return _refused(start_response, refusal("not-loaded"), [])
            return _passed(self._inner, environ, start_response)
        if runtime.writer.is_behind:
            runtime.writer.keep_pace_now()
        call = environ[CALL_KEY] = Call(runtime, scope_of(environ), enforces=enforces)
        way = _Way(call, start_response)
        try:
            parts = self._inner(environ, way.start_response)
        except BaseException as error:
            is_refused = call.fails(error)
            call.ends()
            if not is_refused:
                raise
            return way.refusal()
        try:
            return way.out(parts)
        finally:
            call.pauses()

    def _loaded(self) -> Runtime | None:
        runtime = self.starting.load()
        if runtime is not None:
            runtime.say_differences()
        return runtime


def dispatched_inside(starting: Starting) -> Reason | None:
    """A request that the application dispatches within another one never passed guard: nobody decided about it."""
    runtime = starting.runtime
    if runtime is None:
        return None
    runtime.say_once("a request was dispatched inside the application, around guard")
    return "unknown-route" if runtime.enforces else None


class _Way:
    """The way out of one answer."""

    __slots__ = ("_call", "_headers", "_is_started", "_start_response")

    def __init__(self, call: Call, start_response: StartResponse) -> None:
        self._call = call
        self._start_response = start_response
        self._is_started = False
        self._headers: Headers = []

    def start_response(self, status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], object]:
        """What the application says first; passed on where it may leave."""
        self._is_started = True
        if not self._call.starts(_status(status), headers):
            self._headers = headers
            return _nowhere
        return self._start_response(status, headers, *([exc_info] if exc_info is not None else []))

    def out(self, parts: Iterable[bytes]) -> Iterable[bytes]:
        """The answer's body, or the refusal in its place."""
        if self._is_started and self._call.refused is None:
            return _Parts(parts, iter(parts), self._call)
        if self._is_started:
            return self._replaced(parts)
        # An application may begin its answer with its first part only.
        ahead = iter(parts)
        first: list[bytes] = []
        try:
            first += itertools.islice(ahead, 1)
        except BaseException as error:
            _close(parts)
            is_refused = self._call.fails(error)
            self._call.ends()
            if not is_refused:
                raise
            return self.refusal()
        # Without a word an answer that has no part either is none: the connection was taken over (a websocket).
        may_say_nothing = not first or not self._call.enforces
        if self._call.refused is not None or not (self._is_started or may_say_nothing):
            return self._replaced(parts)
        return _Parts(parts, itertools.chain(first, ahead), self._call)

    def _replaced(self, parts: Iterable[bytes]) -> Iterable[bytes]:
        _close(parts)
        self._call.ends()
        return self.refusal()

    def refusal(self) -> Iterable[bytes]:
        """The refusal as an answer."""
        kept = [(name, value) for name, value in self._headers if name.lower().startswith(_KEPT)]
        return _refused(self._start_response, self._call.refusal(), kept)


class _Parts:
    """The parts of a body. Between them the caller may be blocked, or the handler may have asked too late."""

    __slots__ = ("_ahead", "_call", "_is_first", "_parts")

    def __init__(self, parts: Iterable[bytes], ahead: Iterator[bytes], call: Call) -> None:
        self._parts = parts
        self._ahead = ahead
        self._call = call
        self._is_first = True

    def __iter__(self) -> _Parts:
        return self

    def __next__(self) -> bytes:
        self._call.goes_on()
        try:
            part = next(self._ahead)
        except StopIteration:
            # All has been said: who asks afterwards, before the server closes, is in no request any more.
            self._call.ends()
            raise
        finally:
            self._call.pauses()
        answering = self._call.answering
        if answering is not None:
            answering.check_still_allowed(has_more=not self._is_first)
        self._is_first = False
        return part

    def close(self) -> None:
        """The server has sent it all, or given up."""
        self._call.goes_on()
        try:
            _close(self._parts)
        finally:
            self._call.ends()


def _passed(app: Callable[..., Iterable[bytes]], environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """An answer that audit passes while guard cannot be loaded: what is asked in its parts says nothing, too."""
    token = asking.enter(asking.PASSING, environ)
    try:
        parts = app(environ, start_response)
    finally:
        asking.leave(token)
    return _PassedParts(parts)


class _PassedParts:
    """The parts of such an answer."""

    __slots__ = ("_ahead", "_parts")

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = parts
        self._ahead = iter(parts)

    def __iter__(self) -> _PassedParts:
        return self

    def __next__(self) -> bytes:
        token = asking.again(asking.PASSING)
        try:
            return next(self._ahead)
        finally:
            asking.leave(token)

    def close(self) -> None:
        """The server has sent it all, or given up."""
        token = asking.again(asking.PASSING)
        try:
            _close(self._parts)
        finally:
            asking.leave(token)


def _status(text: str) -> int:
    """The number of a status; an application may name one without (`"teapot"`)."""
    number = text[:3]
    return int(number) if number.isdecimal() and number.isascii() else 0


def _close(parts: Iterable[bytes]) -> None:
    close = getattr(parts, "close", None)
    if close is not None:
        close()


def _nowhere(_: bytes) -> None:
    """Takes what an application writes after its answer was replaced."""


def _refused(start_response: StartResponse, answer: Refusal, kept: Headers) -> Iterable[bytes]:
    headers = [(name.decode("ascii"), value.decode("ascii")) for name, value in answer.headers]
    start_response(f"{answer.status} {answer.title}", [*headers, *kept])
    return [answer.body]
