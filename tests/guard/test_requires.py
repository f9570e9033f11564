"""`requires`: what source demands above a handler holds, whichever way the policy binds the route."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from fastapi import Depends, FastAPI, Request, WebSocket
from flask import Flask
from flask.views import MethodView
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from nomoat import guard
from nomoat.errors import UsageError
from nomoat.guard import Identity
from nomoat.guard.asking import SCOPE_KEY, NoRequestError
from nomoat.guard.loading import Mode
from nomoat.survey.draw import draw
from tests.guard.guarded import ANA, Guarded, last
from tests.guard.wsgi_calling import Served
from tests.policy.maps import route

EVE = Identity("user:local/eve", ("nothing",))
BOUND = route("GET /export", binding=("export:read",))
#: The policy in force says otherwise than source.
LOOSE = route("GET /export", binding="signed-in")


def _fastapi(form: str) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    if form == "sync":

        @app.get("/export")
        @guard.requires("export:read")
        def sync() -> str:
            return "all"

    elif form == "async":

        @app.get("/export")
        @guard.requires("export:read")
        async def awaited(request: Request) -> str:
            return "all"

    elif form == "parameter":

        @app.get("/export")
        def parameter(_: None = Depends(guard.requires("export:read"))) -> str:
            return "all"

    else:

        @app.get("/export", dependencies=[Depends(guard.requires("export:read"))])
        async def listed() -> str:
            return "all"

    return app


@pytest.mark.parametrize("form", ["sync", "async", "parameter", "listed"])
@pytest.mark.parametrize("bound", [BOUND, LOOSE], ids=["as source says", "by the policy"])
@pytest.mark.parametrize(("who", "status"), [(ANA, 200), (EVE, 403)])
def test_each_form_lets_in_who_has_the_permission(
    tmp_path: Path, form: str, bound: Any, who: Identity, status: int
) -> None:
    answer, facts = Guarded(tmp_path, _fastapi(form), (bound,), who=who).ask("GET", "/export")

    assert status == answer.status, answer.body
    assert ("allow" if status == 200 else "deny") == last(facts)[0]
    if bound is BOUND:
        # What was decided before the handler is not decided twice.
        assert len(facts) == 1


def test_in_audit_mode_it_changes_no_answer_and_says_what_would_have_been(tmp_path: Path) -> None:
    answer, facts = Guarded(tmp_path, _fastapi("sync"), (LOOSE,), mode="audit", who=EVE).ask("GET", "/export")

    assert (200, ("deny", "no-grant")) == (answer.status, last(facts))
    assert not any(fact.enforced for fact in facts)


def test_all_of_several_are_needed(tmp_path: Path) -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/export")
    @guard.requires("export:read", "export:all")
    def handler() -> str:
        return "all"

    answer, facts = Guarded(tmp_path, app, (BOUND,)).ask("GET", "/export")

    assert (403, ("deny", "no-grant"), ("export:all",)) == (
        answer.status,
        last(facts),
        max(facts, key=lambda one: one.sequence).permissions,
    )


@pytest.mark.parametrize(("owner", "status", "reason"), [("ana", 200, "granted"), ("ben", 403, "condition-false")])
def test_what_depends_on_the_object_is_left_to_the_handler(
    tmp_path: Path, owner: str, status: int, reason: str
) -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/export")
    @guard.requires("orders:read")
    def handler() -> str:
        guard.require("orders:read", owner=owner)
        return "order"

    answer, facts = Guarded(tmp_path, app, (LOOSE,)).ask("GET", "/export")

    assert (status, reason) == (answer.status, last(facts)[1])


def test_and_a_handler_that_forgets_to_ask_is_refused(tmp_path: Path) -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/export")
    @guard.requires("orders:read")
    def handler() -> str:
        return "order of ben"

    answer, facts = Guarded(tmp_path, app, (LOOSE,)).ask("GET", "/export")

    assert (403, ("deny", "decision-missing")) == (answer.status, last(facts))
    assert b"ben" not in answer.body


def test_a_websocket_is_closed(tmp_path: Path) -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    ran: list[str] = []

    @app.websocket("/live")
    @guard.requires("live:read")
    async def live(socket: WebSocket) -> None:
        ran.append("live")
        await socket.accept()

    sent, facts = Guarded(tmp_path, app, (route("WS /live", binding="signed-in"),)).connect("/live")

    assert (["websocket.close"], []) == ([message["type"] for message in sent], ran)
    assert last(facts) == ("deny", "no-grant")


def test_what_a_caller_sends_is_never_taken_for_the_request(tmp_path: Path) -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/export")
    @guard.requires("export:all")
    async def handler(body: dict[str, Any]) -> str:
        return "all"

    served = Guarded(tmp_path, app, (route("POST /export", binding="signed-in"),))
    body = b'{"%s": {"hold": 1}, "scope": {"%s": 1}}' % (SCOPE_KEY.encode(), SCOPE_KEY.encode())
    answer, facts = served.ask("POST", "/export", body=body, headers=[("content-type", "application/json")])

    assert (403, ("deny", "no-grant")) == (answer.status, last(facts))


def test_starlettes_own_handlers(tmp_path: Path) -> None:
    @guard.requires("export:all")
    async def handler(request: Any) -> JSONResponse:
        return JSONResponse("all")

    answer, _ = Guarded(tmp_path, Starlette(routes=[Route("/export", handler)]), (LOOSE,)).ask("GET", "/export")

    assert answer.status == 403


def _flask(form: str) -> Flask:
    app = Flask(__name__)
    if form == "function":

        @app.get("/export")
        @guard.requires("export:read")
        def export() -> str:
            return "all"

    else:

        class Export(MethodView):
            decorators = [guard.requires("export:read")]

            def get(self) -> str:
                return "all"

        app.add_url_rule("/export", view_func=Export.as_view("export"))
    return app


@pytest.mark.parametrize("form", ["function", "class"])
@pytest.mark.parametrize(("who", "mode", "status"), [(ANA, "enforce", 200), (EVE, "enforce", 403), (EVE, "audit", 200)])
def test_flask(tmp_path: Path, form: str, who: Identity, mode: Mode, status: int) -> None:
    served = Served(tmp_path, _flask(form), (LOOSE,), mode=mode)
    served.who = who
    try:
        assert status == served.ask("GET", "/export").status
    finally:
        served.close()


@pytest.mark.parametrize("names", [(), ("",), (1,), (("orders:read",),)])
def test_no_permission_is_a_mistake_of_the_source(names: tuple[Any, ...]) -> None:
    with pytest.raises(UsageError, match="names no permission"):
        guard.requires(*names)


@pytest.mark.parametrize("what", [MethodView, "text", None])
def test_so_is_what_is_no_handler(what: Any) -> None:
    with pytest.raises(UsageError, match="no handler"):
        guard.requires("orders:read")(what)


def _plain() -> str:
    return "all"


async def _awaited() -> str:
    return "all"


def test_outside_of_a_request_nothing_runs() -> None:
    with pytest.raises(NoRequestError):
        guard.requires("orders:read")(_plain)()
    with pytest.raises(NoRequestError):
        asyncio.run(guard.requires("orders:read")(_awaited)())


SOURCES = {
    "flask": """\
from flask import Flask
from flask.views import MethodView
from nomoat import guard
app = Flask(__name__)
@app.get("/a")
@guard.requires("a:read")
def a(): return ""
class B(MethodView):
    decorators = [guard.requires("b:read")]
    def get(self): return ""
    @guard.requires("b:write")
    def post(self): return ""
app.add_url_rule("/b", view_func=B.as_view("b"))
""",
    "fastapi": """\
from typing import Annotated
from fastapi import APIRouter, Depends, FastAPI
from nomoat.guard import requires
needs_b = requires("b:read")
app = FastAPI(openapi_url=None)
router = APIRouter(dependencies=[Depends(needs_b)])
@app.get("/a")
@requires("a:read")
async def a(): return ""
@router.get("/b")
async def b(): return ""
@router.post("/b")
async def write(_: Annotated[None, Depends(requires("b:write"))]): return ""
app.include_router(router)
""",
    "django": """\
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from nomoat import guard
@guard.requires("a:read")
def a(request): return None
@method_decorator(guard.requires("b:read"), name="dispatch")
class B(View):
    def get(self, request): return None
    @method_decorator(guard.requires("b:write"))
    def post(self, request): return None
urlpatterns = [path("a", a), path("b", B.as_view())]
""",
}


@pytest.mark.parametrize("framework", SOURCES)
def test_the_map_says_what_source_demands(tmp_path: Path, framework: str) -> None:
    name = "urls.py" if framework == "django" else "main.py"
    (tmp_path / name).write_text(SOURCES[framework])
    if framework == "django":
        (tmp_path / "settings.py").write_text('ROOT_URLCONF = "urls"\n')
        (tmp_path / "manage.py").write_text('import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n')

    drawn = {one.key.partition("/")[2]: one for one in draw(tmp_path).map.routes}

    needed = {key: sorted(g.name for g in one.guards if g.kind == "permission") for key, one in drawn.items()}
    assert needed.get("GET /a") == ["a:read"]
    assert needed.get("GET /b") == ["b:read"]
    assert needed.get("POST /b") == ["b:read", "b:write"]
    assert {one.verdict for key, one in drawn.items() if key in ("GET /a", "GET /b", "POST /b")} == {"guarded"}
