"""What middleware does to a request before any guard sees it, beside what the application answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.survey.running import told_and_done

_HEAD = """
import os
import re

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser, requires
from starlette.datastructures import MutableHeaders
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.base import BaseHTTPMiddleware

app = FastAPI(openapi_url=None)

def check(request: Request):
    if not request.headers.get("authorization"): raise HTTPException(401)
def by_parameter(authorization: str | None = Header(None)):
    if authorization is None: raise HTTPException(401)
def signed_in(request: Request):
    if not request.user.is_authenticated: raise HTTPException(401)


"""
_ROUTE = """
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
"""
_FORGED = """
@app.middleware("http")
async def forge(request, call_next):
    request.scope["headers"].append((b"authorization", b"Bearer guest"))
    return await call_next(request)
"""
_BACKEND = """
class Backend(AuthenticationBackend):
    async def authenticate(self, conn):
        if "authorization" not in conn.headers: return {nobody}
        return AuthCredentials(["authenticated"]), SimpleUser("ana")
app.add_middleware(AuthenticationMiddleware, backend=Backend())
"""
_GUEST = _BACKEND.replace("{nobody}", 'AuthCredentials(["authenticated"]), SimpleUser("guest")')
_NOBODY = _BACKEND.replace("{nobody}", "None")
_OPEN = {
    "an answer of the middleware": """
@app.middleware("http")
async def answer(request, call_next):
    if request.url.path == "/d": return JSONResponse({"secret": 1})
    return await call_next(request)
""" + _ROUTE,
    "an answer of plain middleware": """
class Answer:
    def __init__(self, app): self.app = app
    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            await JSONResponse({"secret": 1})(scope, receive, send)
            return
        await self.app(scope, receive, send)
app.add_middleware(Answer)
""" + _ROUTE,
    "a header for everybody": _FORGED + _ROUTE,
    "a header for everybody, as a parameter": _FORGED + _ROUTE.replace("check", "by_parameter"),
    "a header for everybody, for a scheme": _FORGED + _ROUTE.replace("check", "HTTPBearer()"),
    "new headers": """
class Forge:
    def __init__(self, app): self.app = app
    async def __call__(self, scope, receive, send):
        scope["headers"] = [*scope["headers"], (b"authorization", b"guest")]
        await self.app(scope, receive, send)
app.add_middleware(Forge)
""" + _ROUTE,
    "a scope of its own": """
class Forge:
    def __init__(self, app): self.app = app
    async def __call__(self, scope, receive, send):
        await self.app({**scope, "headers": [(b"authorization", b"guest")]}, receive, send)
app.add_middleware(Forge)
""" + _ROUTE,
    "headers that can be written": """
@app.middleware("http")
async def forge(request, call_next):
    MutableHeaders(scope=request.scope)["authorization"] = "guest"
    return await call_next(request)
""" + _ROUTE,
    "headers that can be written, by a method": """
@app.middleware("http")
async def forge(request, call_next):
    MutableHeaders(scope=request.scope).append("authorization", "guest")
    return await call_next(request)
""" + _ROUTE,
    "headers that can be written, several at once": """
@app.middleware("http")
async def forge(request, call_next):
    MutableHeaders(scope=request.scope).update({"host": "here", "authorization": "guest"})
    return await call_next(request)
""" + _ROUTE,
    "a header under a name that is not known": """
@app.middleware("http")
async def forge(request, call_next):
    MutableHeaders(scope=request.scope)[os.environ.get("NAME", "authorization")] = "guest"
    return await call_next(request)
""" + _ROUTE,
    "a header of one's own for everybody": """
@app.middleware("http")
async def forge(request, call_next):
    request.scope["headers"].append((b"authorization", b"guest"))
    return await call_next(request)
""" + _ROUTE,
    "a user for everybody": """
class Known:
    def __init__(self, app): self.app = app
    async def __call__(self, scope, receive, send):
        scope["user"] = SimpleUser("guest")
        await self.app(scope, receive, send)
app.add_middleware(Known)
""" + _ROUTE.replace("check", "signed_in"),
    "a backend that signs a guest in": _GUEST + _ROUTE.replace("check", "signed_in"),
    "the same, and the framework's own decorator": _GUEST + """
@app.get("/d")
@requires("authenticated")
async def d(request: Request): return 1
""",
    "somebody stands there for nobody": _NOBODY + """
def present(request: Request):
    if not request.user: raise HTTPException(401)
""" + _ROUTE.replace("check", "present"),
    "an exempt path of a class, given by place": """
class Guard(BaseHTTPMiddleware):
    def __init__(self, app, exempt=()):
        super().__init__(app)
        self.exempt = set(exempt)
    async def dispatch(self, request, call_next):
        if request.url.path not in self.exempt and not request.headers.get("authorization"):
            return JSONResponse({}, 401)
        return await call_next(request)
app.add_middleware(Guard, exempt=["/d"])
@app.get("/a")
def a(): return 1
""" + _ROUTE.replace(", dependencies=[Depends(check)]", ""),
}  # fmt: skip
_GUARDED = {
    "the host that a proxy tells": """
class Forwarded:
    def __init__(self, app): self.app = app
    async def __call__(self, scope, receive, send):
        headers = MutableHeaders(scope=scope)
        if "x-forwarded-host" in headers:
            headers.update({"host": headers["x-forwarded-host"]})
            headers["x-request-id"] = str(os.urandom(8))
            scope["headers"] = headers.raw
        await self.app(scope, receive, send)
app.add_middleware(Forwarded)
""" + _ROUTE,
    "a header that tells nobody's name": """
@app.middleware("http")
async def number(request, call_next):
    request.scope["headers"].append((b"x-request-id", b"1"))
    return await call_next(request)
""" + _ROUTE,
    "a token moved from the path": """
@app.middleware("http")
async def move(request, call_next):
    found = re.match("/t/([^/]+)/", request.scope["path"])
    if found: request.scope["headers"].append((b"authorization", found.group(1).encode()))
    return await call_next(request)
""" + _ROUTE,
    "an answer around the one of the route": """
@app.middleware("http")
async def around(request, call_next):
    response = await call_next(request)
    return JSONResponse({}, status_code=response.status_code, headers=dict(response.headers))
""" + _ROUTE,
    "an answer for another path": """
@app.middleware("http")
async def health(request, call_next):
    if request.url.path == "/health": return JSONResponse({"well": True})
    return await call_next(request)
""" + _ROUTE,
    "a guard before the answer": """
@app.middleware("http")
async def answer(request, call_next): return JSONResponse({"secret": 1})
@app.middleware("http")
async def guard(request, call_next):
    if "authorization" not in request.headers: return JSONResponse({}, 401)
    return await call_next(request)
""" + _ROUTE,
    "a backend that signs in who has a header": _NOBODY + _ROUTE.replace("check", "signed_in"),
    "nobody, or who has a header, in the state": """
@app.middleware("http")
async def known(request, call_next):
    request.state.user = None
    if "authorization" in request.headers: request.state.user = "ana"
    return await call_next(request)
def stated(request: Request):
    if not request.state.user: raise HTTPException(401)
""" + _ROUTE.replace("check", "stated"),
}  # fmt: skip


@pytest.mark.parametrize("how", _OPEN)
def test_what_middleware_lets_in_is_not_guarded(how: str, tmp_path: Path) -> None:
    verdict, is_refused = told_and_done(tmp_path, _HEAD + _OPEN[how])

    assert not is_refused
    assert verdict != "guarded"


@pytest.mark.parametrize("how", _GUARDED)
def test_a_guard_behind_harmless_middleware_guards(how: str, tmp_path: Path) -> None:
    assert ("guarded", True) == told_and_done(tmp_path, _HEAD + _GUARDED[how])
