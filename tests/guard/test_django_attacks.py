"""What somebody tries against guard in a Django project: ways around it, and what audit must not change."""

from __future__ import annotations

import asyncio
import sys
import types
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.guard.django_project import GUARD, OUTER, configure, guarded

configure()

from asgiref.sync import async_to_sync, sync_to_async  # noqa: E402
from django.http import HttpResponse, StreamingHttpResponse  # noqa: E402
from django.test import AsyncClient, Client  # noqa: E402
from django.urls import include, path, register_converter, resolve  # noqa: E402
from django.views import View  # noqa: E402
from rest_framework import viewsets  # noqa: E402
from rest_framework.authentication import SessionAuthentication  # noqa: E402
from rest_framework.decorators import api_view  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.urlpatterns import format_suffix_patterns  # noqa: E402

from nomoat import guard  # noqa: E402
from nomoat.journal.facts import Decision  # noqa: E402
from tests.guard.test_django import as_user, people  # noqa: E402, F401  the fixture makes the users
from tests.policy.maps import route  # noqa: E402

POLICY = """\
services: {shop: {app: "main:app"}}
roles: {customer: [export:read]}
routes:
  "GET /report": {public: true, because: "anybody may"}
  "POST /open": {public: true, because: "anybody may"}
  "GET /api/orders": {public: true, because: "anybody may"}
journal: {store: "sqlite:journal.db"}
"""
ran: list[str] = []


class Hook(View):  # type: ignore[misc]
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("")

    def dispatch(self, request: Any, *arguments: Any, **keywords: Any) -> HttpResponse:
        ran.append(request.method)
        return HttpResponse("done")


class Otherwise(View):  # type: ignore[misc]
    def http_method_not_allowed(self, request: Any, *arguments: Any, **keywords: Any) -> HttpResponse:
        ran.append(request.method)
        return HttpResponse("done")


class Prepared(View):  # type: ignore[misc]
    def setup(self, request: Any, *arguments: Any, **keywords: Any) -> None:
        super().setup(request, *arguments, **keywords)
        ran.append("prepared")
        self.delete = lambda _: HttpResponse("done")


class Things(viewsets.ViewSet):  # type: ignore[misc]
    def list(self, request: Any) -> Response:
        return Response([])

    def put(self, request: Any) -> Response:
        ran.append("PUT")
        return Response([])


class Open(viewsets.ViewSet):  # type: ignore[misc]
    authentication_classes = [SessionAuthentication]

    def create(self, request: Any) -> Response:
        ran.append(str(request.user))
        return Response([])


def report(request: Any, format: str = "") -> HttpResponse:
    ran.append(f"report {format}")
    return HttpResponse("report")


@api_view(["GET"])
def orders(request: Any, format: str | None = None) -> Response:
    ran.append("orders")
    return Response([])


def plain(request: Any) -> HttpResponse:
    return HttpResponse("plain")


def looks(request: Any) -> HttpResponse:
    return HttpResponse(str(request.user))


def asks(request: Any) -> HttpResponse:
    guard.require("export:read")
    return HttpResponse("asked")


def stream(request: Any) -> StreamingHttpResponse:
    def parts() -> Iterator[str]:
        yield "a"
        guard.require("export:read")
        yield "b"

    return StreamingHttpResponse(parts())


async def stream_later(request: Any) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[str]:
        yield "a"
        guard.require("export:read")
        yield "b"

    return StreamingHttpResponse(parts())


def hidden(request: Any) -> HttpResponse:
    ran.append("hidden")
    return HttpResponse("hidden")


class Odd:
    """A function that cannot be a key, and a parameter that has no text."""

    __hash__ = None  # type: ignore[assignment]

    def __call__(self, request: Any) -> HttpResponse:
        return HttpResponse("odd")

    def __str__(self) -> str:
        raise LookupError("no text")


class OddConverter:
    regex = "[a-z]+"

    def to_python(self, value: str) -> Odd:
        return Odd()

    def to_url(self, value: Odd) -> str:
        return ""


register_converter(OddConverter, "odd")
OTHERS = (path("report", hidden), path("other", plain))


class Switching:
    """A middleware of the project in front of guard."""

    def __init__(self, get_response: Any) -> None:
        self._get_response = get_response

    def __call__(self, request: Any) -> Any:
        if "others" in request.GET:
            request.urlconf = OTHERS
        return self._get_response(request)

    def process_view(self, request: Any, *given: Any) -> None:
        if "match" in request.GET:
            request.resolver_match = resolve("/report")


sys.modules["shop_switching"] = types.ModuleType("shop_switching")
sys.modules["shop_switching"].Switching = Switching  # type: ignore[attr-defined]

PATTERNS = (
    path("hook", Hook.as_view()),
    path("otherwise", Otherwise.as_view()),
    path("prepared", Prepared.as_view()),
    path("things", Things.as_view({"get": "list"})),
    path("open", Open.as_view({"post": "create"})),
    path("report", report),
    path("report/<str:format>", report),
    path("api/", include(format_suffix_patterns([path("all-orders", orders), path("orders", orders)]))),
    path("plain", plain),
    path("looks", looks),
    path("asks", asks),
    path("stream", stream),
    path("stream-later", stream_later),
    path("odd/<odd:thing>", lambda request, thing: HttpResponse("odd")),
    path("odd", Odd()),
)
ROUTES = (
    route("GET /hook", binding=("export:read",)),
    route("GET /things", binding=("export:read",)),
    route("POST /open", verdict="unguarded", binding=()),
    route("GET /report", verdict="unguarded", binding=()),
    route("GET /report/{format}", binding=("export:read",)),
    route("GET /api/orders", verdict="unguarded", binding=()),
    route("GET /api/all-orders", binding=("export:read",)),
    *(
        route(f"GET /{name}", binding="signed-in")
        for name in ("plain", "looks", "asks", "stream", "stream-later", "odd/{thing:odd}", "odd")
    ),
)


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    ran.clear()


@pytest.mark.parametrize(
    ("method", "target"),
    [("POST", "/hook"), ("PURGE", "/hook"), ("DELETE", "/otherwise"), ("DELETE", "/prepared"), ("PUT", "/things"),
     ("GET", "/report/json"),
     ("GET", "/api/all-orders.json")],
)  # fmt: skip
def test_nothing_runs_for_somebody_unknown(tmp_path: Path, method: str, target: str) -> None:
    with guarded(tmp_path, PATTERNS, ROUTES, POLICY) as end:
        answer = Client(raise_request_exception=False).generic(method, target)
        (fact,) = end()

    assert answer["content-type"] == "application/problem+json"
    assert ran == []
    assert isinstance(fact, Decision)
    assert fact.outcome == "deny"


@pytest.mark.parametrize("target", ["/report", "/api/orders", "/api/orders.json"])
def test_the_twins_of_a_path_are_bound_as_it_is(tmp_path: Path, target: str) -> None:
    with guarded(tmp_path, PATTERNS, ROUTES, POLICY):
        assert Client().get(target).status_code == 200


@pytest.mark.parametrize(("target", "status"), [("/report?others", 403), ("/plain?match", 403), ("/report", 200)])
def test_what_stands_in_front_of_guard_swaps_no_view(tmp_path: Path, target: str, status: int) -> None:
    middleware = (*OUTER, "shop_switching.Switching", GUARD)
    with guarded(tmp_path, PATTERNS, ROUTES, POLICY, middleware=middleware):
        answer = Client().get(target)

    assert answer.status_code == status
    assert "hidden" not in ran


def test_a_configuration_of_the_requests_own_is_held_to_the_map(tmp_path: Path) -> None:
    middleware = (*OUTER, "shop_switching.Switching", GUARD)
    routes = (*ROUTES, route("GET /other", binding="signed-in"))
    with guarded(tmp_path, PATTERNS, routes, POLICY, middleware=middleware):
        assert as_user("ana").get("/other?others").content == b"plain"
        assert as_user(None).get("/other?others").status_code == 401


@pytest.mark.parametrize("target", ["/plain", "/looks", "/odd", "/odd/thing", "/nowhere", "/asks", "/stream"])
@pytest.mark.parametrize("is_loaded", [True, False])
@pytest.mark.parametrize("who", ["ana", None])
def test_audit_changes_no_header_and_no_part(tmp_path: Path, target: str, is_loaded: bool, who: str | None) -> None:
    options: dict[str, Any] = {} if is_loaded else {"config": tmp_path / "absent.yaml"}
    with guarded(tmp_path, PATTERNS, ROUTES, POLICY, mode="audit", **options):
        answer = as_user(who).get(target)
        body = b"".join(answer)
    with guarded(tmp_path, PATTERNS, ROUTES, POLICY, middleware=OUTER):
        without = as_user(who).get(target)
        if target not in ("/asks", "/stream"):
            assert (answer.status_code, body) == (without.status_code, b"".join(without))
            assert answer.items() == without.items()
        else:
            assert (answer.status_code, body) == (200, b"asked" if target == "/asks" else b"ab")


@pytest.mark.parametrize("mode", ["audit", "enforce"])
def test_a_part_of_a_stream_asks_too_late(tmp_path: Path, mode: str) -> None:
    async def later() -> bytes:
        client = AsyncClient()
        await sync_to_async(client.force_login)(await _ana())
        return b"".join([part async for part in await client.get("/stream-later")])

    def now() -> bytes:
        return b"".join(as_user("ana").get("/stream"))

    with guarded(tmp_path, PATTERNS, ROUTES, POLICY, mode=mode) as end:
        for read in (now, lambda: asyncio.run(later())):
            if mode == "audit":
                assert read() == b"ab"
            else:
                with pytest.raises(guard.Denied):
                    read()
        facts = [(one.outcome, one.reason) for one in end() if isinstance(one, Decision)]

    assert facts == [("allow", "signed-in"), ("deny", "decision-late")] * 2


@pytest.mark.parametrize("mode", ["audit", "enforce"])
def test_a_session_without_its_token_is_the_views_to_refuse(tmp_path: Path, mode: str) -> None:
    with guarded(tmp_path, PATTERNS, ROUTES, POLICY, mode=mode):
        client = Client(enforce_csrf_checks=True)
        client.force_login(async_to_sync(_ana)())
        answer = client.post("/open")

    assert (answer.status_code, ran) == (403, [])
    assert b"CSRF" in answer.content


async def _ana() -> Any:
    from django.contrib.auth.models import User

    return await User.objects.aget(username="ana")


def test_a_fault_of_the_projects_own_is_no_answer_of_its_own(tmp_path: Path) -> None:
    with guarded(tmp_path, PATTERNS, ROUTES, POLICY):
        client = as_user("ana")
        assert client.get("/odd/thing").status_code == 503
        assert client.get("/odd").status_code == 200
