"""Refusals that do not reach the caller as refusals, beside what the application answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import told_and_done

_HEAD = """
from elsewhere import answer
from fastapi import Depends, FastAPI, HTTPException, Request, WebSocket, WebSocketException
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from fastapi.security import APIKeyHeader, HTTPBearer, OAuth2PasswordBearer
from fastapi.security.utils import get_authorization_scheme_param
from starlette.exceptions import HTTPException as Lower

app = FastAPI(openapi_url=None)
key = APIKeyHeader(name="x-key", auto_error=False)

class Denied(Exception): pass
def check(k=Depends(key)):
    if k is None: raise HTTPException(401)
def own(k=Depends(key)):
    if k is None: raise Denied


"""
_ELSEWHERE = """
from fastapi.responses import PlainTextResponse

async def answer(request, error):
    return PlainTextResponse("public")
"""
_ROUTE = """
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
"""
_OWN = _ROUTE.replace("check", "own")
_SOCKET = """
@app.websocket("/d")
async def d(ws: WebSocket):
    await ws.accept()
"""
_OPEN = {
    "a refusal that is told as a success": """
@app.exception_handler(HTTPException)
async def told(request, error): return JSONResponse({"code": error.status_code})
""" + _ROUTE,
    "the same by the name of the framework below": """
@app.exception_handler(Lower)
async def told(request, error): return JSONResponse({"code": error.status_code}, status_code=200)
""" + _ROUTE,
    "by the status": """
@app.exception_handler(401)
async def told(request, error): return PlainTextResponse("public")
""" + _ROUTE,
    "given to the application when it is made": """
async def told(request, error): return PlainTextResponse("public")
app = FastAPI(openapi_url=None, exception_handlers={HTTPException: told})
""" + _ROUTE,
    "by a package": """
app.add_exception_handler(HTTPException, answer)
""" + _ROUTE,
    "an exception of one's own": """
@app.exception_handler(Denied)
async def told(request, error): return PlainTextResponse("public")
""" + _OWN,
    "by a lambda": """
class Refused(Exception):
    def __init__(self, status): self.status = status
app.add_exception_handler(Refused, lambda request, error: JSONResponse({"code": error.status}))
def own(k=Depends(key)):
    if k is None: raise Refused(401)
""" + _OWN,
    "any error": """
@app.exception_handler(Exception)
async def told(request, error): return PlainTextResponse("public")
""" + _OWN,
    "in some cases": """
@app.exception_handler(HTTPException)
async def told(request, error):
    if "text/html" not in request.headers.get("accept", ""): return PlainTextResponse("public")
    return PlainTextResponse("no", status_code=error.status_code)
""" + _ROUTE,
    "an exception that says that all is well": """
def check(k=Depends(key)):
    if k is None: raise HTTPException(200)
""" + _ROUTE,
    "an exception of a class that says so": """
class Guest(HTTPException):
    def __init__(self): super().__init__(status_code=200, detail="guest")
def check(k=Depends(key)):
    if k is None: raise Guest()
""" + _ROUTE,
    "a socket that tells before it asks": _SOCKET + """
    await ws.send_text("secret")
    if ws.headers.get("authorization") is None:
        await ws.close(1008)
        return
""",
    "a socket that answers before it asks": _SOCKET + """
    while True:
        await ws.send_text(await ws.receive_text())
        if ws.query_params.get("token") is None:
            await ws.close(1008)
            return
""",
    "a socket of which a function tells before it asks": """
async def greet(ws): await ws.send_json({"secret": 1})
""" + _SOCKET + """
    await greet(ws)
    if ws.headers.get("authorization") is None:
        await ws.close(1008)
        return
""",
    "a stream that begins to answer before it asks": """
@app.get("/d")
async def d(k: str | None = Depends(key)):
    if k is None: raise HTTPException(401)
    yield {"a": 1}
""",
    "a scheme that is told by a number not to refuse": """
check = HTTPBearer(auto_error=0)
""" + _ROUTE,
    "a scheme that is told so by place": """
check = OAuth2PasswordBearer("t", None, None, None, False)
""" + _ROUTE,
    "a scheme whose subclass takes the header apart, and does not refuse": """
class Apart(APIKeyHeader):
    async def __call__(self, request: Request):
        scheme, found = get_authorization_scheme_param(request.headers.get("authorization"))
        if not scheme: return self.check_api_key(None)
        return found
check = Apart(name="authorization", auto_error=False)
""" + _ROUTE,
    "a scheme that tells itself": """
class Lenient(HTTPBearer):
    def __init__(self):
        super().__init__()
        self.auto_error = False
check = Lenient()
""" + _ROUTE,
    "a part of a query that is no key": """
def check(request: Request):
    if request.query_params.get("page-token-size", "10") == "0": raise HTTPException(401)
""" + _ROUTE,
}  # fmt: skip
_GUARDED = {
    "told with its own status": """
@app.exception_handler(HTTPException)
async def told(request, error): return JSONResponse({}, status_code=error.status_code)
""" + _ROUTE,
    "told by the framework": """
@app.exception_handler(HTTPException)
async def told(request, error): return await http_exception_handler(request, error)
""" + _ROUTE,
    "sent to where one signs in": """
@app.exception_handler(401)
async def told(request, error): return RedirectResponse("/login")
""" + _ROUTE,
    "an exception of one's own": """
@app.exception_handler(Denied)
async def told(request, error): return PlainTextResponse("no", 403)
""" + _OWN,
    "by a lambda": """
class Refused(Exception):
    def __init__(self, status): self.status = status
app.add_exception_handler(Refused, lambda request, error: JSONResponse({}, error.status))
def own(k=Depends(key)):
    if k is None: raise Refused(401)
""" + _OWN,
    "another error that is told as a success": """
@app.exception_handler(ValueError)
async def told(request, error): return PlainTextResponse("public")
""" + _ROUTE,
    "a scheme of which a subclass takes the header apart": """
class Apart(APIKeyHeader):
    async def __call__(self, request: Request):
        scheme, found = get_authorization_scheme_param(request.headers.get("authorization"))
        if not scheme: return self.check_api_key(None)
        return found
check = Apart(name="authorization")
""" + _ROUTE,
    "a key in the query, whose name has dashes": """
def check(request: Request):
    if not request.query_params.get("api-key"): raise HTTPException(401)
""" + _ROUTE,
    "a socket that tells why": _SOCKET + """
    if ws.query_params.get("token") is None:
        await ws.close(code=1008, reason="no token")
        return
    await ws.send_text("secret")
""",
}  # fmt: skip


@pytest.mark.parametrize("how", _OPEN)
def test_a_refusal_that_no_caller_sees_guards_nothing(how: str, tmp_path: Path) -> None:
    verdict, is_refused = told_and_done(tmp_path, _HEAD + _OPEN[how], elsewhere=_ELSEWHERE)

    assert not is_refused
    assert verdict != "guarded"


@pytest.mark.parametrize("how", _GUARDED)
def test_a_refusal_that_the_caller_sees_guards(how: str, tmp_path: Path) -> None:
    assert ("guarded", True) == told_and_done(tmp_path, _HEAD + _GUARDED[how], elsewhere=_ELSEWHERE)


_CLASS = """
from pydoc import locate

from django.contrib.auth.views import LoginView
from django.http import HttpResponse
from django.urls import path
from django.views.generic import ListView, TemplateView, View


def signed_out(request):
    return HttpResponse("hello")


def sign_in(request):
    return LoginView.as_view(template_name="sign_in.html")(request)


class Asks:
    def dispatch(self, request, *args, **kwargs):
        if not {allowed}:
            return {otherwise}(request)
        return super().dispatch(request, *args, **kwargs)


class Page(Asks, View):
    def get(self, request):
        return HttpResponse()

    def delete(self, request):
        return HttpResponse()


class Rows(Asks, ListView):
    pass


class Welcome(LoginView):
    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            return HttpResponse("welcome")
        return super().dispatch(request, *args, **kwargs)


urlpatterns = [path("page/", Page.as_view()), path("rows/", Rows.as_view()), path("in/", Welcome.as_view())]
"""
_SETTINGS = 'ROOT_URLCONF = "urls"\n'


@pytest.mark.parametrize(
    ("allowed", "otherwise", "verdict"),
    [
        ("request.user.is_staff", "sign_in", "guarded"),
        ("request.user.is_staff", 'locate("urls.sign_in")', "guarded"),
        ("request.user.is_staff", "signed_out", "unknown"),
        ("(request.user.is_staff or request.GET.get('shared'))", "sign_in", "unknown"),
        ("request.GET.get('shared')", "sign_in", "unguarded"),
    ],
)
def test_a_class_that_asks_may_show_the_page_to_sign_in(
    allowed: str, otherwise: str, verdict: str, tmp_path: Path
) -> None:
    (tmp_path / "settings.py").write_text(_SETTINGS)
    (tmp_path / "urls.py").write_text(_CLASS.format(allowed=allowed, otherwise=otherwise))
    routes = draw(tmp_path).map.routes
    found = {one.path: one.verdict for one in routes if one.method == "GET"}

    assert verdict != "guarded" or "role:is_staff" in {guard.name for one in routes for guard in one.guards}
    assert otherwise == "signed_out" or {verdict} == {one.verdict for one in routes if one.method == "DELETE"}
    assert {"/page/": verdict, "/in/": "unguarded"} == {path: found[path] for path in ("/page/", "/in/")}
    assert otherwise == "signed_out" or verdict == found["/rows/"]
