"""Code of the tree that is called as an application is: with scope, receive and send, around another or by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.asking import REFUSED, status_by_asgi
from tests.survey.running import loaded

_GUARD = """
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse
from somewhere import inner


class SignedIn:
    def __init__(self, app):
        self._app = app

    async def __call__(self, scope, receive, send):
        request = Request(scope, receive)
        if not request.headers.get("authorization"):
            await JSONResponse({}, status_code=401)(scope, receive, send)
            return
        await self._app(scope, receive, send)


class Plain(SignedIn):
    async def __call__(self, scope, receive, send):
        await self._app(scope, receive, send)


app = FastAPI(openapi_url=None)


@app.get("/orders")
def orders():
    return []

"""


def drawn(folder: Path, source: str) -> dict[str, str]:
    """Method and path of each route with its verdict."""
    (folder / "main.py").write_text(source)
    return {f"{one.method} {one.path}": one.verdict for one in draw(folder).map.routes if one.method != "HEAD"}


@pytest.mark.parametrize(
    ("around", "verdict"),
    [
        ("app = SignedIn(app)", "guarded"),
        ("app = Plain(SignedIn(app))", "guarded"),
        ("app = Plain(app)", "unguarded"),
        # Which of the two is served is not said here: the application as it is may be.
        ("closed = SignedIn(app)", "unguarded"),
    ],
)
def test_what_stands_around_an_application_in_its_place_stands_before_its_routes(
    around: str, verdict: str, tmp_path: Path
) -> None:
    assert {"GET /orders": verdict} == drawn(tmp_path, f"{_GUARD}\n{around}\n")


def test_what_a_factory_gives_back_stands_around_what_it_made(tmp_path: Path) -> None:
    made = _GUARD.partition("app = FastAPI")[0] + (
        "def create():\n    app = FastAPI(openapi_url=None)\n    app.add_api_route('/orders', list)\n"
        "    app.add_api_route('/a', lambda: 1)\n    return SignedIn(app)\n"
    )

    assert "guarded" == drawn(tmp_path, made)["GET /a"]


def test_an_application_that_is_mounted_within_a_wrapper_stands_behind_it(tmp_path: Path) -> None:
    source = f"{_GUARD}\nouter = FastAPI(openapi_url=None)\nouter.mount('/shop', SignedIn(app))\n"

    assert {"GET /shop/orders": "guarded"} == drawn(tmp_path, source)
    assert {"GET /shop/orders": "unguarded"} == drawn(tmp_path, source.replace("SignedIn(app)", "Plain(app)"))


@pytest.mark.parametrize(
    ("mounted", "verdict"),
    [
        ("SignedIn(inner)", "guarded"),
        ("Plain(inner)", "unknown"),
        ("closed", "guarded"),
        ("told", "guarded"),
        ("answers", "unguarded"),
        ("either", "unknown"),
    ],
)
def test_what_is_mounted_refuses_answers_or_hands_on_to_what_is_not_here(
    mounted: str, verdict: str, tmp_path: Path
) -> None:
    functions = """
async def closed(scope, receive, send):
    if Request(scope, receive).headers.get("authorization") is None:
        await JSONResponse({}, status_code=401)(scope, receive, send)
        return
    await inner(scope, receive, send)

async def told(scope, receive, send):
    if b"authorization" not in dict(scope["headers"]):
        await send({"type": "http.response.start", "status": 401})
        return
    await send({"type": "http.response.start", "status": 200})

async def answers(scope, receive, send):
    await JSONResponse({})(scope, receive, send)

async def either(scope, receive, send):
    if scope["query_string"] and Request(scope, receive).headers.get("authorization") is None:
        await JSONResponse({}, status_code=401)(scope, receive, send)
        return
    await JSONResponse({})(scope, receive, send)
"""
    found = drawn(tmp_path, f"{_GUARD}\n{functions}\napp.mount('/m', {mounted})\n")

    assert verdict == found["ANY /m"]


_METRICS = """
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse


def is_metrics(scope):
    root = scope.get("root_path", "")
    path = scope["path"]
    if root and (path == root or path.startswith(root + "/")):
        path = path[len(root):]
    return path == "/metrics"


class Metrics:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or not is_metrics(scope):
            await self.app(scope, receive, send)
            return
        if Request(scope, receive).headers.get("authorization") is None:
            await JSONResponse({}, status_code=401)(scope, receive, send)
            return
        await self.app(scope, receive, send)


api = FastAPI(openapi_url=None)
api.add_middleware(Metrics)
app = FastAPI(openapi_url=None)
app.mount("/api", api)


@api.get("/metrics")
def metrics():
    return []


@api.get("/orders/{number}")
def orders(number):
    return []
"""


def test_middleware_knows_where_its_application_is_mounted(tmp_path: Path) -> None:
    assert {"GET /api/metrics": "guarded", "GET /api/orders/{number}": "unguarded"} == drawn(tmp_path, _METRICS)


def test_middleware_that_does_too_much_refuses_nobody_for_sure(tmp_path: Path) -> None:
    deep = "\n".join(f"        a{number} = request.headers.get('x-user-{number}')" for number in range(9_000))
    source = f"""
from fastapi import FastAPI
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse

class Long(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        if request.query_params.get("old") and request.headers.get("authorization") is None:
            return JSONResponse({{}}, status_code=401)
{deep}
        return await call_next(request)

app = FastAPI(openapi_url=None)
app.add_middleware(Long)

@app.get("/orders")
def orders():
    return []
"""

    assert {"GET /orders": "unknown"} == drawn(tmp_path, source)


_BACKENDS = """
from fastapi import FastAPI, Request
from somewhere import AuthGuard, Sessions, Timed
from starlette.authentication import AuthCredentials, AuthenticationBackend, AuthenticationError, SimpleUser
from starlette.authentication import UnauthenticatedUser, requires
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.cors import CORSMiddleware


class Refuses(AuthenticationBackend):
    async def authenticate(self, conn):
        if "Authorization" not in conn.headers:
            raise AuthenticationError("who are you?")
        return AuthCredentials(["authenticated"]), SimpleUser("somebody")


class Finds(AuthenticationBackend):
    async def authenticate(self, conn):
        if "Authorization" not in conn.headers:
            return AuthCredentials(), UnauthenticatedUser()
        return AuthCredentials(["authenticated"]), SimpleUser("somebody")


class Guests(AuthenticationBackend):
    async def authenticate(self, conn):
        return AuthCredentials(["authenticated"]), SimpleUser("guest")


api = FastAPI(openapi_url=None)


@api.get("/orders")
def orders():
    return []


@api.get("/mine")
@requires("authenticated")
def mine(request: Request):
    return []


app = FastAPI(openapi_url=None)
"""


@pytest.mark.parametrize(
    ("around", "orders", "mine"),
    [
        ("AuthenticationMiddleware(api, backend=Refuses())", "guarded", "guarded"),
        ("AuthenticationMiddleware(app=api, backend=Finds())", "unguarded", "guarded"),
        ("AuthenticationMiddleware(app=api, backend=Guests())", "unguarded", "unknown"),
        ("AuthenticationMiddleware(app=api, backend=Sessions())", "unknown", "guarded"),
        ("CORSMiddleware(Timed(AuthenticationMiddleware(api, backend=Refuses())))", "guarded", "guarded"),
        ("CORSMiddleware(app=api, allow_origins=['*'])", "unguarded", "guarded"),
        ("AuthGuard(api)", "unknown", "guarded"),
        ("Timed(api)", "unguarded", "guarded"),
    ],
)
def test_what_a_class_that_is_not_here_is_put_around_is_mounted_all_the_same(
    around: str, orders: str, mine: str, tmp_path: Path
) -> None:
    expected = {"GET /api/orders": orders, "GET /api/mine": mine}

    assert expected == drawn(tmp_path, f"{_BACKENDS}\napp.mount('/api', {around})\n")
    assert {path.replace("/api", ""): verdict for path, verdict in expected.items()} == drawn(
        tmp_path, f"{_BACKENDS}\ndel app\napi = {around}\n"
    )


@pytest.mark.parametrize(("made", "verdict"), [("Asks()", "guarded"), ("Logs()", "unguarded"), ("Logs", "unguarded")])
def test_an_object_that_is_called_dispatches_as_a_function_does(made: str, verdict: str, tmp_path: Path) -> None:
    source = f"""
from fastapi import FastAPI
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse

class Asks:
    async def __call__(self, request, call_next):
        if request.headers.get("authorization") is None:
            return JSONResponse({{}}, status_code=401)
        return await call_next(request)

class Logs:
    async def __call__(self, request, call_next):
        return await call_next(request)

app = FastAPI(openapi_url=None)
app.add_middleware(BaseHTTPMiddleware, dispatch={made})

@app.get("/orders")
def orders():
    return []
"""

    assert {"GET /orders": verdict} == drawn(tmp_path, source)


_MOUNTED = """
from starlette.applications import Starlette
from starlette.authentication import AuthenticationBackend, requires
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route, Router


class Nobody(AuthenticationBackend):
    async def authenticate(self, conn):
        return None


async def answer(request):
    return JSONResponse({})


@requires([])
async def everybody(request):
    return JSONResponse({})


@requires(["staff"])
async def staff(request):
    return JSONResponse({})


class Asks:
    def __init__(self, app, skip=()):
        self.app, self.skip = app, skip

    async def __call__(self, scope, receive, send):
        conn = HTTPConnection(scope)
        if conn.url.path in self.skip:
            return await self.app(scope, receive, send)
        if not conn.cookies.get("session"):
            return await PlainTextResponse("who?", status_code=401)(scope, receive, send)
        await self.app(scope, receive, send)


def keyed(app, *, keys, methods=None):
    async def wrapped(scope, receive, send):
        if methods is None or scope["method"] in methods:
            given = dict(scope["headers"]).get(b"x-key", b"").decode()
            if given not in keys:
                await PlainTextResponse("which key?", status_code=401)(scope, receive, send)
                return
        await app(scope, receive, send)

    return wrapped


def noted(app):
    async def wrapped(scope, receive, send):
        scope["noted"] = True
        await app(scope, receive, send)

    return wrapped


def parts():
    return Router([Route("/a", answer), Route("/b", answer, methods=["GET", "PUT"])])


parts_of_two = Router([Route("/a", answer)])
app = Starlette(
    False,
    [
        Route("/everybody", everybody), Route("/staff", staff),
        Mount("/plain", parts()), Mount("/asks", Asks(parts(), skip=("/asks/a",))),
        Mount("/keyed", keyed(parts(), keys={"k"})), Mount("/some", keyed(parts(), keys={"k"}, methods={"PUT"})),
        Mount("/noted", noted(parts())), Mount("/both", noted(keyed(parts(), keys={"k"}))),
        Mount("/one", parts_of_two), Mount("/other", noted(parts_of_two)),
    ],
    [Middleware(AuthenticationMiddleware, backend=Nobody())],
)
"""


def test_routers_that_are_mounted_within_classes_or_functions_stand_behind_them(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_MOUNTED)

    routes = draw(tmp_path).map.routes
    found = {(one.method, one.path): one.verdict for one in routes}

    with loaded(tmp_path) as app:
        told = {key: "guarded" if status_by_asgi(app, *key) in REFUSED else "unguarded" for key in found}
    assert told == found
    mounted = {f"{place}/{end}" for place in ("/plain", "/asks", "/keyed", "/some", "/noted", "/both") for end in "ab"}
    assert {path for _, path in found} == {"/everybody", "/staff", "/one/a", "/other/a", *mounted}
    assert found["GET", "/some/b"] == "unguarded" and found["PUT", "/some/b"] == "guarded"
