"""guard within real Litestar applications, with a real SQLite journal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Controller, Litestar, Request, Router, WebSocket, asgi, get, post, websocket
from litestar.connection import ASGIConnection
from litestar.exceptions import PermissionDeniedException
from litestar.middleware.session.client_side import CookieBackendConfig

from nomoat import guard
from nomoat.appmap import codec
from nomoat.appmap.model import Route
from nomoat.guard import Identity
from nomoat.guard.loading import Mode
from nomoat.journal.facts import Decision
from nomoat.journal.journal import open_store
from nomoat.survey.draw import draw
from tests.guard.calling import Answer, handshake, scope_of, serve
from tests.guard.guarded import ANA, POLICY, last, running
from tests.policy.maps import map_of, route

#: Its newest version has another way to declare what stands in a path, which older ones lack.
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated inferred style")

ROUTES = (
    route("GET /orders/{number:int}", binding=("orders:read",), requires=("orders:read",)),
    route("POST /orders/{number:int}", binding=("orders:write",), requires=("orders:write",)),
    route("GET /export", binding=("export:read",)),
    route("GET /me", binding="signed-in"),
    route("GET /forgets", binding=("orders:read",), requires=("orders:read",)),
    route("GET /files/{name:path}", binding=("export:read",)),
    route("ANY /mounted", binding=("export:read",)),
    route("WS /live", binding="signed-in"),
    route("GET /area/inner/deep", binding=("export:read",)),
    route("GET /swallows", binding=("orders:read",), requires=("orders:read",)),
)
RAN: list[str] = []


@get("/orders/{number:int}")
async def order(number: int) -> str:
    RAN.append(f"read {number}")
    guard.require("orders:read", owner="ana" if number == 1 else "ben")
    return f"order {number}"


@post("/orders/{number:int}", sync_to_thread=True)
def write(number: int) -> str:
    guard.require("orders:write", owner="ana" if number == 1 else "ben")
    RAN.append(f"wrote {number}")
    return "written"


@get("/export", sync_to_thread=False)
def export() -> str:
    RAN.append("export")
    return "all"


@get("/me")
async def me() -> str:
    return "you"


@get("/forgets")
async def forgets() -> str:
    return "secret"


@get("/swallows")
async def swallows() -> str:
    try:
        guard.require("orders:read", owner="ben")
    except guard.Denied as denied:
        raise PermissionDeniedException("of ben", extra={"secret": "of ben"}) from denied
    return "secret"


@get("/files/{name:path}")
async def file(name: Path) -> str:
    return str(name)


@get("/hidden")
async def hidden() -> str:
    RAN.append("hidden")
    return "not on the map"


@asgi("/mounted", is_mount=True, copy_scope=False)
async def mounted(scope: Any, receive: Any, send: Any) -> None:
    RAN.append("mounted")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"mounted"})


@websocket("/live")
async def live(socket: WebSocket[Any, Any, Any]) -> None:
    RAN.append("live")
    await socket.accept()
    await socket.close()


class Inner(Controller):
    path = "/inner"

    @get("/deep")
    async def deep(self) -> str:
        return "deep"


HANDLERS: list[Any] = [
    order, write, export, me, forgets, swallows, file, hidden, mounted, live, Router("/area", route_handlers=[Inner]),
]  # fmt: skip


class Served:
    """A folder with policy and map, and an application that is guarded by them."""

    def __init__(
        self,
        root: Path,
        *,
        mode: Mode = "enforce",
        who: Any = ANA,
        routes: tuple[Route, ...] = ROUTES,
        handlers: list[Any] | None = None,
        **options: Any,
    ) -> None:
        self.root = root
        RAN.clear()
        (root / "nomoat.yaml").write_text(POLICY)
        (root / ".nomoat").mkdir(exist_ok=True)
        (root / ".nomoat" / "map.json").write_text(codec.file_text(map_of(*routes)))
        open_store(f"sqlite:{root}/journal.db").close()
        identity = who if callable(who) else lambda _: who
        self.guard = guard.LitestarGuard(mode, config=root / "nomoat.yaml", identity=identity)
        self.app = Litestar(handlers or HANDLERS, on_app_init=[self.guard], openapi_config=None, **options)

    def run(self, asked: Callable[[Any], Any], *, starts: bool = True) -> Any:
        async def served() -> Any:
            if not starts:
                try:
                    return await asked(self.app)
                finally:
                    self.guard.close()
            async with running(self.app):
                return await asked(self.app)

        return asyncio.run(served())

    def ask(self, method: str, target: str, *, starts: bool = True, **also: Any) -> Answer:
        async def asked(app: Any) -> Answer:
            return await serve(app, scope_of(method, target, **also))

        answer: Answer = self.run(asked, starts=starts)
        return answer

    def decisions(self) -> list[Decision]:
        store = open_store(f"sqlite:{self.root}/journal.db")
        found = [entry.fact for entry in store.read(kinds=(Decision,)) if isinstance(entry.fact, Decision)]
        store.close()
        return found


@pytest.mark.parametrize("starts", [True, False], ids=["with a start-up", "without"])
def test_what_the_policy_grants_reaches_its_handler(tmp_path: Path, starts: bool) -> None:
    served = Served(tmp_path)

    answer = served.ask("GET", "/export", starts=starts)

    (fact,) = served.decisions()
    assert (answer.status, answer.body) == (200, b"all")
    assert (fact.outcome, fact.reason, fact.target, fact.subject, fact.status) == (
        "allow", "granted", "route:shop/GET /export", "user:local/ana", 200,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("method", "target", "status", "reason"),
    [
        ("GET", "/orders/1", 200, "granted"),
        ("GET", "/orders/1/", 200, "granted"),
        ("GET", "//orders//1", 200, "granted"),
        ("GET", "/orders/2", 403, "condition-false"),
        ("POST", "/orders/1", 201, "granted"),
        ("POST", "/orders/2", 403, "condition-false"),
        ("GET", "/me", 200, "signed-in"),
        ("GET", "/forgets", 403, "decision-missing"),
        ("GET", "/swallows", 403, "condition-false"),
        ("GET", "/files/a/b", 200, "granted"),
        ("GET", "/hidden", 403, "unknown-route"),
        ("GET", "/mounted/anything", 200, "granted"),
        ("PUT", "/mounted", 200, "granted"),
        ("GET", "/area/inner/deep", 200, "granted"),
        ("OPTIONS", "/export", 204, "unknown-route"),
    ],
)
def test_each_request_is_decided_by_what_litestar_matched(
    tmp_path: Path, method: str, target: str, status: int, reason: str
) -> None:
    served = Served(tmp_path)

    answer = served.ask(method, target)

    assert (status, reason) == (answer.status, last(served.decisions())[1])
    if status == 403:
        assert dict(answer.headers)[b"content-type"] == b"application/problem+json"
        assert b"secret" not in answer.body
        assert b"ben" not in answer.body
        assert "hidden" not in RAN
        assert "wrote 2" not in RAN


@pytest.mark.parametrize(("method", "target", "status"), [("GET", "/nowhere", 404), ("PUT", "/export", 405)])
def test_what_litestar_does_not_serve_it_answers_by_itself(
    tmp_path: Path, method: str, target: str, status: int
) -> None:
    assert status == Served(tmp_path).ask(method, target).status


@pytest.mark.parametrize(("who", "status"), [(None, 401), (Identity("user:local/eve"), 403)])
def test_nobody_and_who_has_no_role_are_refused(tmp_path: Path, who: Any, status: int) -> None:
    answer = Served(tmp_path, who=who).ask("GET", "/export")

    assert status == answer.status
    assert RAN == []


def test_audit_changes_no_answer(tmp_path: Path) -> None:
    for target, body in (("/hidden", b"not on the map"), ("/forgets", b"secret"), ("/orders/2", b"order 2")):
        served = Served(tmp_path, mode="audit", who=None)
        assert (200, body) == ((answer := served.ask("GET", target)).status, answer.body)
        assert last(served.decisions()[-1:])[0] == "deny"


def test_a_websocket(tmp_path: Path) -> None:
    async def asked(app: Any) -> Any:
        return await handshake(app, scope_of("GET", "/live", kind="websocket"))

    assert "websocket.accept" in [one["type"] for one in Served(tmp_path).run(asked)]
    assert ["websocket.close"] == [one["type"] for one in Served(tmp_path, who=None).run(asked)]
    assert RAN == []


def test_sessions_of_the_application_are_there_for_identity(tmp_path: Path) -> None:
    seen: list[Any] = []

    async def who(connection: ASGIConnection[Any, Any, Any, Any]) -> Identity | None:
        seen.append(dict(connection.session))
        return ANA

    sessions = CookieBackendConfig(secret=b"x" * 16).middleware
    answer = Served(tmp_path, who=who, middleware=[sessions]).ask("GET", "/export")

    assert (200, [{}]) == (answer.status, seen)


def test_what_cannot_be_loaded_does_not_start(tmp_path: Path) -> None:
    served = Served(tmp_path)
    (tmp_path / ".nomoat" / "map.json").write_text("{")

    async def asked(app: Any) -> None:
        raise AssertionError("it started")

    with pytest.raises(Exception, match=r"(?s)guard cannot decide|startup"):
        served.run(asked)
    assert 503 == served.ask("GET", "/export", starts=False).status


def test_the_requires_decorator(tmp_path: Path) -> None:
    @get("/export")
    @guard.requires("export:all")
    async def handler() -> str:
        return "all"

    @get("/me", sync_to_thread=True)
    @guard.requires("export:read")
    def sync(request: Request[Any, Any, Any]) -> str:
        return "mine"

    served = Served(tmp_path, handlers=[handler, sync])

    assert (403, 200) == (served.ask("GET", "/export").status, served.ask("GET", "/me").status)


SEGMENTS = st.sampled_from(
    ["orders", "1", "2", "export", "files", "..", ".", "", "EXPORT", "a%2fb", "mounted", "é", "me"]
)


@given(segments=st.lists(SEGMENTS, max_size=4), method=st.sampled_from(["GET", "POST", "OPTIONS", "DELETE", "get"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_path_reaches_a_handler_that_was_not_decided_about(tmp_path: Path, segments: list[str], method: str) -> None:
    served = Served(tmp_path, who=Identity("user:local/eve"))

    served.ask(method, "/" + "/".join(quote(one, safe="%") for one in segments))

    # Eve has no role: nothing but what every signed-in caller may runs, and what asks by itself is refused.
    assert not [one for one in RAN if not one.startswith("read")]


def test_the_map_has_the_keys_that_are_served(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "main.py").write_text(
        "from pathlib import Path\nfrom litestar import Controller, Litestar, Router, asgi, get, post, websocket\n"
        "from nomoat import guard\n"
        '@get("/orders/{number:int}")\nasync def order(number: int) -> str: return ""\n'
        '@get(["/a", "/b/{x:str}"])\nasync def ab(x: str = "") -> str: return ""\n'
        '@get("/files/{name:path}")\nasync def file(name: Path) -> str: return ""\n'
        '@websocket("/live")\nasync def live(socket) -> None: ...\n'
        'class Inner(Controller):\n    path = "/inner"\n'
        '    @post("/deep")\n    async def deep(self) -> str: return ""\n'
        'app = Litestar([order, ab, file, live, Router("/area", route_handlers=[Inner])],\n'
        '    on_app_init=[guard.LitestarGuard("enforce")], openapi_config=None)\n'
    )
    drawn = draw(source).map

    keys = {one.key.partition("/")[2] for one in drawn.routes}
    assert keys == {
        "GET /orders/{:int}", "GET /a", "GET /b/{}", "GET /files/{:path}", "WS /live", "POST /area/inner/deep",
    }  # fmt: skip
    assert ["enforce"] == [one.protected for one in drawn.services]
