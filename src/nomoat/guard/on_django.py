"""guard in a Django project: the last of MIDDLEWARE, deciding where Django has resolved the path.

MIDDLEWARE = [..., "nomoat.guard.DjangoGuard"]
NOMOAT = {"mode": "audit"}      # later: "enforce"; also config, service, identity (a dotted name)
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from nomoat.errors import UsageError
from nomoat.guard import asking
from nomoat.guard.answers import Refusal, refusal
from nomoat.guard.asked import Denied
from nomoat.guard.identity.django_users import caller, unseen
from nomoat.guard.identity.origin import ENVIRON, SCOPE
from nomoat.guard.routers.django import Routes
from nomoat.guard.routers.table import NOTHING
from nomoat.guard.starting import Starting
from nomoat.guard.wsgi import CALL_KEY, Call, scope_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from nomoat.guard.answering import Answering
    from nomoat.guard.routers.table import Found
    from nomoat.journal.facts import Reason

_OPTIONS = ("mode", "config", "service", "identity")
_NAME = "nomoat.guard.DjangoGuard"


class DjangoGuard:
    """The middleware. It stands last: what runs before it may answer without it, and nothing runs behind it."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        """Raises UsageError: it is not the last, NOMOAT is wrong, or (enforce) policy, map or store cannot be read."""
        from asgiref.sync import iscoroutinefunction, markcoroutinefunction

        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)
        self._routes, self._starting = _of_this_process()
        if self._starting.load() is None and self._starting.mode == "enforce":
            raise UsageError(self._starting.failed, where=f"settings.MIDDLEWARE: {_NAME}", fix="or NOMOAT mode audit")

    def __call__(self, request: HttpRequest) -> Any:
        """Serves one request."""
        if self._is_async:
            return self._served(request)
        call = self._begun(request)
        if call is None:
            token = asking.enter(asking.PASSING, request.META)
            try:
                response = self._get_response(request) if self._passes else None
            finally:
                asking.leave(token)
        else:
            response = self._get_response(request)
        return self._ended(request, call, response)

    async def _served(self, request: HttpRequest) -> HttpResponseBase:
        call = self._begun(request)
        if call is None:
            token = asking.enter(asking.PASSING, request.META)
            try:
                response = await self._get_response(request) if self._passes else None
            finally:
                asking.leave(token)
        else:
            response = await self._get_response(request)
        if request.resolver_match is not None:
            return self._ended(request, call, response)
        from asgiref.sync import sync_to_async

        # Who calls has not been asked yet, and that may ask the database.
        ended: HttpResponseBase = await sync_to_async(self._ended)(request, call, response)
        return ended

    def process_view(self, request: HttpRequest, view: Any, arguments: Any, keywords: Any) -> HttpResponseBase | None:
        """Decides: Django has resolved the path, and the view runs next."""
        call = request.META.get(CALL_KEY)
        if not isinstance(call, Call):
            return None
        reason = self._decide(call, request, view)
        return None if reason is None else _answered(call.refusal())

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """A denial that a view did not catch."""
        return _refused(error.reason) if isinstance(error, Denied) else None

    # ----------------------------------------------------------------------------------------------------------------

    @property
    def _passes(self) -> bool:
        return self._starting.mode == "audit"

    def _begun(self, request: HttpRequest) -> Call | None:
        """The call, not decided yet; None while guard cannot be loaded."""
        runtime = self._starting.runtime or self._starting.load()
        if runtime is None:
            return None
        runtime.say_differences()
        if runtime.writer.is_behind:
            runtime.writer.keep_pace_now()
        scope = {**scope_of(request.META), "path": request.path, "method": request.method or "ANY"}
        if (asgi := getattr(request, "scope", None)) is not None:
            # Headers as they came: in META a name with underscores is another's.
            scope[SCOPE] = asgi
            del scope[ENVIRON]
        call = request.META[CALL_KEY] = Call(runtime, scope, enforces=not self._passes)
        return call

    def _decide(self, call: Call, request: HttpRequest, view: Any = None) -> Reason | None:
        def connect(verified: Any) -> HttpRequest:
            request.META["nomoat.verified"] = verified
            return request

        def find() -> Found | None:
            found = self._routes.found(request)
            if found is NOTHING and request.method == "OPTIONS":
                call.is_own = lambda status, _: status in (200, 204, 404, 405)
            # What stands in front may have written another match into the request than the view that runs.
            return found if request.resolver_match is None or request.resolver_match.func is view else None

        # Somebody's own `identity` may keep what it has seen where a view finds it: then the answer does vary.
        is_quiet = self._passes and call.runtime.identity is caller
        with unseen(request) if is_quiet else nullcontext():
            return call.decide(find, connect, request.META)

    def _ended(self, request: HttpRequest, call: Call | None, response: Any) -> HttpResponseBase:
        if call is None:
            if response is None:
                return _refused("not-loaded")
            if getattr(response, "streaming", False):
                _watch(response, asking.PASSING, None)
            return response
        if call.answering is None and call.refused is None and request.resolver_match is None:
            # No view runs where nothing was resolved; that somebody asked for it is recorded all the same.
            self._decide(call, request)
        if call.answering is not None:
            is_allowed = call.starts(response.status_code, list(response.items()))
        else:
            # What stands in front of guard answered when the path was resolved, or audit passes what it cannot decide.
            is_allowed = call.refused is None
        answering = call.answering
        if is_allowed and getattr(response, "streaming", False):
            if answering is not None:
                _watch(response, answering.asked, answering)
            elif call.is_passing:
                _watch(response, asking.PASSING, None)
        call.ends()
        if is_allowed:
            return response
        response.close()
        return _answered(call.refusal())


_lock = threading.Lock()
_made: list[tuple[Any, Routes, Starting]] = []


def _of_this_process() -> tuple[Routes, Starting]:
    """One for all handlers of a process that are configured alike: Django makes the middleware anew for each."""
    from django.conf import settings
    from django.utils.module_loading import import_string

    if not settings.MIDDLEWARE or settings.MIDDLEWARE[-1] != _NAME:
        raise UsageError(
            "guard is not the last of MIDDLEWARE: what stands behind it could answer without a decision",
            where="settings.MIDDLEWARE",
            fix=f"move {_NAME} to the end",
        )
    given = dict(getattr(settings, "NOMOAT", {}))
    unknown = sorted(set(given) - set(_OPTIONS))
    if unknown:
        raise UsageError(f"NOMOAT has no '{unknown[0]}'", where="settings.NOMOAT", fix="it has " + ", ".join(_OPTIONS))
    with _lock:
        for options, routes, starting in _made:
            if options == given:
                return routes, starting
        routes = Routes()
        identity = given.get("identity", "nomoat.guard.identity.django_users.caller")
        starting = Starting(
            lambda: routes,
            given.get("mode", "audit"),
            service=given.get("service"),
            config=given.get("config"),
            identity=import_string(identity) if isinstance(identity, str) else identity,
            ends_at_exit=True,
        )
        _made.append((given, routes, starting))
        return routes, starting


def _refused(reason: Reason) -> HttpResponseBase:
    return _answered(refusal(reason))


def _answered(answer: Refusal) -> HttpResponseBase:
    from django.http import HttpResponse

    response = HttpResponse(answer.body, status=answer.status)
    for name, value in answer.headers:
        response[name.decode("ascii")] = value.decode("ascii")
    return response


def _watch(response: Any, asked: Any, answering: Answering | None) -> None:
    """Between the parts of a stream its caller may be blocked, and what makes them may ask (too late)."""
    parts = response.streaming_content

    def check(number: int) -> None:
        if answering is not None:
            answering.check_still_allowed(has_more=number > 0)

    if getattr(response, "is_async", False):

        async def watched_async() -> AsyncIterator[bytes]:
            ahead = aiter(parts)
            for number in itertools.count():
                token = asking.again(asked)
                try:
                    part = await anext(ahead)
                except StopAsyncIteration:
                    return
                finally:
                    asking.leave(token)
                check(number)
                yield part

        response.streaming_content = watched_async()
        return

    def watched() -> Iterator[bytes]:
        ahead = iter(parts)
        for number in itertools.count():
            token = asking.again(asked)
            try:
                part = next(ahead)
            except StopIteration:
                return
            finally:
                asking.leave(token)
            check(number)
            yield part

    response.streaming_content = watched()
