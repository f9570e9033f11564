"""guard in front of a real Django project: functions, classes, the REST framework, the admin, sync and async."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.guard.django_project import GUARD, OUTER, configure, guarded

configure()

from asgiref.sync import sync_to_async  # noqa: E402
from django.conf.urls.i18n import i18n_patterns  # noqa: E402
from django.contrib import admin  # noqa: E402
from django.contrib.auth.models import Group, User  # noqa: E402
from django.http import HttpResponse, StreamingHttpResponse  # noqa: E402
from django.test import AsyncClient, Client  # noqa: E402
from django.urls import include, path, re_path  # noqa: E402
from django.views import View  # noqa: E402
from django.views.decorators.http import require_POST  # noqa: E402
from rest_framework import viewsets  # noqa: E402
from rest_framework.authentication import BasicAuthentication  # noqa: E402
from rest_framework.response import Response as RestResponse  # noqa: E402
from rest_framework.routers import DefaultRouter  # noqa: E402

from nomoat import guard  # noqa: E402
from nomoat.errors import UsageError  # noqa: E402
from nomoat.journal import blocks  # noqa: E402
from nomoat.journal.facts import Decision, Fact  # noqa: E402
from nomoat.journal.journal import open_store  # noqa: E402
from tests.policy.maps import route  # noqa: E402

POLICY = """\
services: {shop: {app: "main:app"}}
roles:
  customer:
    - {permission: orders:read, when: resource.owner == subject.sub}
    - {permission: orders:write, when: resource.owner == subject.sub}
    - export:read
  is_staff: ["role:is_staff"]
journal: {store: "sqlite:journal.db"}
"""
OWNERS = {1: "ana", 2: "ben"}
ran: list[str] = []


class Order(View):  # type: ignore[misc]
    def get(self, request: Any, number: int) -> HttpResponse:
        ran.append(f"read {number}")
        guard.require("orders:read", owner=OWNERS[number])
        return HttpResponse("order")

    def post(self, request: Any, number: int) -> HttpResponse:
        guard.require("orders:write", owner=OWNERS[number])
        ran.append(f"wrote {number}")
        return HttpResponse("written")

    def delete(self, request: Any, number: int) -> HttpResponse:
        ran.append(f"deleted {number}")
        return HttpResponse("")


def export(request: Any, number: str = "") -> HttpResponse:
    ran.append("export")
    return HttpResponse("all")


def hidden(request: Any) -> HttpResponse:
    ran.append("hidden")
    return HttpResponse("not on the map")


def forgets(request: Any) -> HttpResponse:
    return HttpResponse("secret")


def swallows(request: Any) -> HttpResponse:
    with contextlib.suppress(Exception):
        guard.require("orders:read", owner="ben")
    return HttpResponse("secret", headers={"X-Secret": "1"})


def stream(request: Any) -> StreamingHttpResponse:
    return StreamingHttpResponse(str(number) for number in range(5))


@require_POST
def only_post(request: Any) -> HttpResponse:
    return HttpResponse("posted")


async def later(request: Any) -> HttpResponse:
    await asyncio.sleep(0)
    guard.require("orders:read", owner="ana")
    return HttpResponse("later")


async def stream_later(request: Any) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[str]:
        for number in range(3):
            yield str(number)

    return StreamingHttpResponse(parts())


class Things(viewsets.ViewSet):  # type: ignore[misc]
    authentication_classes = [BasicAuthentication]

    def list(self, request: Any, format: str | None = None) -> RestResponse:
        ran.append(f"things of {request.user}")
        return RestResponse([])


_router = DefaultRouter()
_router.register("things", Things, basename="thing")
PATTERNS = (
    path("orders/<int:number>/", Order.as_view()),
    path("export", export),
    path("hidden", hidden),
    path("forgets", forgets),
    path("swallows", swallows),
    path("stream", stream),
    path("posted", only_post),
    path("later", later),
    path("stream-later", stream_later),
    path("api/", include([re_path(r"^old/(?P<number>\d+)$", export), path("", include(_router.urls))])),
    path("admin/", admin.site.urls),
    *i18n_patterns(path("spoken", export)),
)
_ORDERS = "orders/{number:int}/"
ROUTES = (
    route(f"GET /{_ORDERS}", binding=("orders:read",), requires=("orders:read",)),
    route(f"HEAD /{_ORDERS}", binding=("orders:read",), requires=("orders:read",)),
    route(f"POST /{_ORDERS}", binding=("orders:write",), requires=("orders:write",)),
    route(f"DELETE /{_ORDERS}", binding=("orders:write",)),
    route("GET /export", binding=("export:read",)),
    route("POST /export", binding=("export:read",)),
    route("GET /forgets", binding=("orders:read",), requires=("orders:read",)),
    route("GET /swallows", binding=("orders:read",), requires=("orders:read",)),
    route("GET /stream", binding="signed-in"),
    route("POST /posted", binding="signed-in"),
    route("GET /later", binding=("orders:read",), requires=("orders:read",)),
    route("GET /stream-later", binding="signed-in"),
    route("GET /api/old/{number:int}", binding=("export:read",)),
    route("GET /api/things/", binding="signed-in"),
    route("ANY /admin", binding=("role:is_staff",)),
    route("GET /admin/auth/group/", binding=("export:read",)),
    route("GET /en/spoken", binding="signed-in"),
)


@pytest.fixture(autouse=True)
def people() -> Iterator[None]:
    ran.clear()
    customer, _ = Group.objects.get_or_create(name="customer")
    for name, groups, is_staff in (("ana", (customer,), False), ("eve", (), False), ("kim", (), True)):
        user, _ = User.objects.get_or_create(username=name, is_staff=is_staff)
        user.set_password("a word")
        user.save()
        user.groups.set(groups)
    yield


@pytest.fixture
def facts(tmp_path: Path) -> Iterator[Callable[[], list[Fact]]]:
    with guarded(tmp_path, PATTERNS, ROUTES, POLICY) as end:
        yield end


def as_user(name: str | None) -> Client:
    client = Client(raise_request_exception=False)
    if name is not None:
        client.force_login(User.objects.get(username=name))
    return client


def _last(facts: list[Fact]) -> tuple[str, str]:
    fact = max((one for one in facts if isinstance(one, Decision)), key=lambda one: one.sequence)
    return fact.outcome, fact.reason


def test_a_signed_in_user_is_known_by_name_groups_and_flags(facts: Callable[[], list[Fact]]) -> None:
    answer = as_user("ana").get("/export")

    (fact,) = facts()
    assert isinstance(fact, Decision)
    assert (answer.status_code, answer.content) == (200, b"all")
    assert (fact.outcome, fact.reason, fact.target, fact.subject, fact.roles, fact.status) == (
        "allow", "granted", "route:shop/GET /export", "user:local/ana", ("customer",), 200,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("who", "target", "status", "reason"),
    [
        (None, "/export", 401, "unauthenticated"),
        ("eve", "/export", 403, "no-grant"),
        ("ana", "/hidden", 403, "unknown-route"),
        ("ana", "/orders/2/", 403, "condition-false"),
        ("ana", "/forgets", 403, "decision-missing"),
        ("ana", "/swallows", 403, "condition-false"),
        ("ana", "/admin/", 403, "no-grant"),
        (None, "/en/spoken", 401, "unauthenticated"),
    ],
)
def test_everything_else_is_refused_as_problem_details(
    facts: Callable[[], list[Fact]], who: str | None, target: str, status: int, reason: str
) -> None:
    answer = as_user(who).get(target)

    assert (answer.status_code, answer["content-type"]) == (status, "application/problem+json")
    assert "X-Secret" not in answer
    assert ran == (["read 2"] if target == "/orders/2/" else [])
    assert _last(facts()) == ("deny", reason)


@pytest.mark.parametrize(
    ("who", "target", "status"),
    [("ana", "/orders/1/", 200), ("ana", "/api/old/7", 200), ("kim", "/admin/", 200), ("kim", "/admin/auth/user/", 403),
     ("ana", "/en/spoken", 200), ("ana", "/de/spoken", 200), ("ana", "/nowhere", 404), ("ana", "/stream", 200)],
)  # fmt: skip
def test_what_is_granted_gets_the_applications_own_answer(
    facts: Callable[[], list[Fact]], who: str, target: str, status: int
) -> None:
    answer = as_user(who).get(target)

    assert answer.status_code == status
    assert answer.headers.get("content-type") != "application/problem+json"
    if target == "/stream":
        assert b"".join(answer.streaming_content) == b"01234"


def test_what_the_map_has_of_the_admin_by_itself_is_bound_by_itself(facts: Callable[[], list[Fact]]) -> None:
    assert as_user("kim").get("/admin/auth/group/")["content-type"] == "application/problem+json"
    # guard lets pass; the admin asks for its own staff.
    assert as_user("ana").get("/admin/auth/group/").status_code == 302
    assert [fact.target for fact in facts() if isinstance(fact, Decision)] == ["route:shop/GET /admin/auth/group/"] * 2


def test_a_write_is_in_the_journal_before_its_view_runs(facts: Callable[[], list[Fact]]) -> None:
    answer = as_user("ana").post("/export")

    assert answer.status_code == 200
    assert [type(fact).__name__ for fact in facts()] == ["Decision", "Response"]


def test_writes_are_decided_on_the_object_or_refused_before_they_run(facts: Callable[[], list[Fact]]) -> None:
    client = as_user("ana")

    answers = [client.post("/orders/1/"), client.post("/orders/2/"), client.delete("/orders/1/")]

    assert [one.status_code for one in answers] == [200, 403, 403]
    assert ran == ["wrote 1"]


def test_what_a_class_does_not_answer_the_framework_refuses(facts: Callable[[], list[Fact]]) -> None:
    client = as_user("ana")

    assert client.patch("/orders/1/").status_code == 405
    options = client.options("/orders/1/")
    assert (options.status_code, "GET" in options["allow"]) == (200, True)
    assert ran == []


def test_a_method_that_a_function_answers_and_the_map_lacks_is_denied(facts: Callable[[], list[Fact]]) -> None:
    assert as_user("ana").put("/export").status_code == 403
    assert ran == []


def test_the_rest_frameworks_view_says_how_its_caller_is_known(facts: Callable[[], list[Fact]]) -> None:
    import base64

    def basic(word: str) -> str:
        return "Basic " + base64.b64encode(f"ana:{word}".encode()).decode()

    # A session is no credential of this view: nobody has signed in to it.
    assert as_user("kim").get("/api/things/").status_code == 401
    assert Client().get("/api/things/", headers={"authorization": basic("another")}).status_code == 401
    assert Client().get("/api/things/", headers={"authorization": basic("a word")}).status_code == 200
    assert Client().get("/api/things.json", headers={"authorization": basic("a word")}).status_code == 200
    assert ran == ["things of ana", "things of ana"]
    decisions = [fact for fact in facts() if isinstance(fact, Decision)]
    assert {fact.target for fact in decisions} == {"route:shop/GET /api/things/"}


def test_what_stands_in_front_of_guard_may_answer(facts: Callable[[], list[Fact]]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(username="ana"))

    assert client.post("/export").status_code == 403
    assert ran == []
    assert facts() == []


@pytest.mark.parametrize("target", ["/export", "/hidden", "/forgets", "/nowhere", "/api/things/", "/admin/"])
def test_audit_changes_no_answer(tmp_path: Path, target: str) -> None:
    with guarded(tmp_path, PATTERNS, ROUTES, POLICY, mode="audit") as end:
        answer = as_user(None).get(target)
        found = end()
    with guarded(tmp_path, PATTERNS, ROUTES, POLICY, middleware=OUTER):
        plain = as_user(None).get(target)

    assert (answer.status_code, answer.content) == (plain.status_code, plain.content)
    assert _last(found)[0] == "deny"


def test_a_stream_ends_when_its_caller_is_blocked(facts: Callable[[], list[Fact]], tmp_path: Path) -> None:
    from nomoat.guard import on_django

    client = as_user("ana")
    parts = iter(client.get("/stream").streaming_content)
    assert next(parts) == b"0"
    store = open_store(f"sqlite:{tmp_path}/journal.db")
    blocks.place(store, "user:local/ana", for_s=60, because="a test", by="somebody", never_block=())
    store.close()
    runtime = on_django._made[0][2].runtime
    assert runtime is not None
    runtime.standing.look()

    with pytest.raises(guard.Denied):
        next(parts)
    assert client.get("/stream").status_code == 403


def test_async_projects_are_guarded_too(facts: Callable[[], list[Fact]]) -> None:
    async def story() -> list[tuple[int, bytes]]:
        client = AsyncClient(raise_request_exception=False)
        await sync_to_async(client.force_login)(await User.objects.aget(username="ana"))
        found = []
        for target in ("/later", "/export", "/forgets", "/hidden", "/nowhere", "/stream-later"):
            answer = await client.get(target)
            body = b"".join([part async for part in answer]) if answer.streaming else answer.content
            found.append((answer.status_code, body[:5]))
        anonymous = await AsyncClient().get("/later")
        return [*found, (anonymous.status_code, b"")]

    found = asyncio.run(story())

    assert [status for status, _ in found] == [200, 200, 403, 403, 404, 200, 401]
    assert [found[0][1], found[5][1]] == [b"later", b"012"]
    assert {fact.subject for fact in facts() if isinstance(fact, Decision)} == {"user:local/ana", "anonymous"}


def test_guard_that_is_not_last_or_cannot_load_does_not_start(tmp_path: Path) -> None:
    with (
        guarded(tmp_path, PATTERNS, ROUTES, POLICY, middleware=(GUARD, *OUTER)),
        pytest.raises(UsageError, match="not the last"),
    ):
        Client().get("/export")
    with (
        guarded(tmp_path, PATTERNS, ROUTES, POLICY, config=tmp_path / "absent.yaml"),
        pytest.raises(UsageError, match=r"absent\.yaml"),
    ):
        Client().get("/export")
    with guarded(tmp_path, PATTERNS, ROUTES, POLICY, mode="audit", config=tmp_path / "absent.yaml"):
        assert Client().get("/export").status_code == 200
    with guarded(tmp_path, PATTERNS, ROUTES, POLICY, modus="audit"), pytest.raises(UsageError, match="modus"):
        Client().get("/export")


def test_differences_are_said_at_start(facts: Callable[[], list[Fact]], capsys: pytest.CaptureFixture[str]) -> None:
    as_user("ana").get("/export")

    said = capsys.readouterr().err
    assert "denied   ANY /hidden: the map lacks it" in said
    assert "may answer without it: SessionMiddleware, LocaleMiddleware, CommonMiddleware" in said
    for known in ("/export", "/orders", "/admin", "OPTIONS", "/posted"):
        assert f"denied   {known}" not in said.replace("ANY ", "").replace("GET ", "")
