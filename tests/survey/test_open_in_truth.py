"""Small applications that let anybody in though something looks like a guard, beside what they really answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import is_refused, loaded

_HEAD = """
import functools
import logging
import os
from contextlib import contextmanager, suppress

from fastapi import APIRouter, BackgroundTasks, Cookie, Depends, FastAPI, Header, HTTPException, Request, WebSocket
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader, HTTPBearer, OAuth2PasswordBearer

app = FastAPI(openapi_url=None)
oauth = OAuth2PasswordBearer(tokenUrl="t", auto_error=False)
key_header = APIKeyHeader(name="x-key", auto_error=False)
log = logging.getLogger(__name__)


"""
_OPEN = {
    "a check that runs by itself": """
import asyncio
async def inner(t):
    if t is None: raise HTTPException(401)
async def check(t=Depends(oauth)):
    asyncio.create_task(inner(t))
@app.get("/d", dependencies=[Depends(check)])
async def d(): return 1
""",
    "a check whose failure is a result": """
import asyncio
async def inner(t):
    if t is None: raise HTTPException(401)
async def check(t=Depends(oauth)):
    await asyncio.gather(inner(t), return_exceptions=True)
@app.get("/d", dependencies=[Depends(check)])
async def d(): return 1
""",
    "a scheme whose refusal its subclass catches": """
class Lenient(HTTPBearer):
    async def __call__(self, request: Request):
        try:
            return await super().__call__(request)
        except HTTPException:
            return None
@app.get("/d", dependencies=[Depends(Lenient())])
def d(): return 1
""",
    "no key, and no setting of it": """
def check(k=Depends(key_header)):
    if k != os.environ.get("NOT_SET_ANYWHERE"): raise HTTPException(401)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
""",
    "no key, among settings of which one is not there": """
KEYS = [os.getenv("NOT_SET_ANYWHERE")]
def check(k=Depends(key_header)):
    if k not in KEYS: raise HTTPException(401)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
""",
    "an empty header, and a setting that is empty unless set": """
KEY = os.getenv("NOT_SET_ANYWHERE", "")
def check(k: str = Header("")):
    if k != KEY: raise HTTPException(401)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
""",
    "the same, compared in constant time": """
import hmac
def check(request: Request):
    if not hmac.compare_digest(request.headers.get("x-key", ""), os.getenv("NOT_SET_ANYWHERE", "")):
        raise HTTPException(401)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
""",
    "an empty signature, and a secret that is an empty text": """
import hmac
def check(request: Request):
    if not hmac.compare_digest(request.headers.get("x-signature", ""), ""):
        raise HTTPException(401)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
""",
    "an empty signature that is asked for by hand": """
def check(request: Request):
    if request.headers.get("x-signature", "") != "":
        raise HTTPException(401)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
""",
    "an empty key, and a secret that is an empty text": """
import hmac
def check(request: Request):
    if not hmac.compare_digest(request.headers.get("x-key", ""), ""):
        raise HTTPException(401)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
""",
    "a header that is taken to be the key when it is not sent": """
def check(x_key: str = Header("secret")):
    if x_key != "secret": raise HTTPException(401)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
""",
    "a cookie that is somebody when it is not sent": """
def check(session: str = Cookie("guest")):
    if not session: raise HTTPException(401)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
""",
    "a default for a header that is asked for by hand": """
def check(request: Request):
    k = request.headers.get("authorization", "guest")
    if not k: raise HTTPException(401)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
""",
    "a refusal that is suppressed": """
def check(t=Depends(oauth)):
    with suppress(HTTPException):
        if t is None: raise HTTPException(401)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
""",
    "a refusal that a context manager keeps to itself": """
class Quiet:
    def __enter__(self): return self
    def __exit__(self, *a): return True
def check(t=Depends(oauth)):
    with Quiet():
        if t is None: raise HTTPException(401)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
""",
    "a refusal that a context manager made of a generator catches": """
@contextmanager
def quiet():
    try: yield
    except HTTPException: pass
def check(t=Depends(oauth)):
    with quiet():
        if t is None: raise HTTPException(401)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
""",
    "a refusal that is caught and logged": """
def check(t):
    if not t: raise HTTPException(401)
def user(t=Depends(oauth)):
    try:
        check(t)
    except HTTPException:
        log.warning("x")
    return None
@app.get("/d", dependencies=[Depends(user)])
def d(): return 1
""",
    "a return in finally, which drops the refusal": """
def user(t=Depends(oauth)):
    try:
        if t is None: raise HTTPException(401)
    finally:
        return "guest"
@app.get("/d", dependencies=[Depends(user)])
def d(): return 1
""",
    "an exception that is made and not raised": """
def user(t=Depends(oauth)):
    if t is None: HTTPException(401)
@app.get("/d", dependencies=[Depends(user)])
def d(): return 1
""",
    "an exception that is returned": """
def user(t=Depends(oauth)):
    if t is None: return HTTPException(401)
@app.get("/d", dependencies=[Depends(user)])
def d(): return 1
""",
    "an answer that a dependency returns, which nobody sends": """
def user(t=Depends(oauth)):
    if t is None: return JSONResponse({}, status_code=401)
@app.get("/d", dependencies=[Depends(user)])
def d(): return 1
""",
    "a check in the background": """
def check(t):
    if t is None: raise HTTPException(401)
@app.get("/d")
def d(tasks: BackgroundTasks, t=Depends(oauth)):
    tasks.add_task(check, t)
    return 1
""",
    "a check that is asked for only by the caller": """
def check(t=None, need: bool = False):
    if need and t is None: raise HTTPException(401)
@app.get("/d")
def d(u=Depends(check)): return 1
""",
    "an early return for the method": """
def user(request: Request, t=Depends(oauth)):
    if request.method == "GET": return
    if t is None: raise HTTPException(401)
@app.get("/d", dependencies=[Depends(user)])
def d(): return 1
""",
    "a check in one branch of two": """
@app.get("/d")
def d(full: bool = False, t=Depends(oauth)):
    if full:
        if t is None: raise HTTPException(401)
        return 2
    return 1
""",
    "a dependency in a body, which asks nobody": """
def strict(t=Depends(oauth)):
    if t is None: raise HTTPException(401)
def user(x: str = "1"):
    helper = Depends(strict)
    return x
@app.get("/d")
def d(u=Depends(user)): return 1
""",
    "a check on another router of the same name": """
def check(t=Depends(oauth)):
    if t is None: raise HTTPException(401)
router = APIRouter(dependencies=[Depends(check)])
@router.get("/other")
def other(): return 1
router = APIRouter()
@router.get("/d")
def d(): return 1
app.include_router(router)
""",
    "a decorator above the one that registers": """
def guard(f):
    @functools.wraps(f)
    def inner(*a, **k):
        if k.get("t") is None: raise HTTPException(401)
        return f(*a, **k)
    return inner
@guard
@app.get("/d")
def d(t=Depends(oauth)): return 1
""",
    "a middleware that lets this path through": """
@app.middleware("http")
async def mw(request, call_next):
    if not request.url.path.startswith("/d") and "authorization" not in request.headers:
        return JSONResponse({}, status_code=401)
    return await call_next(request)
@app.get("/d")
def d(): return 1
""",
    "a middleware for HTTP around a websocket": """
@app.middleware("http")
async def mw(request, call_next):
    if not request.headers.get("authorization"):
        return JSONResponse({}, status_code=401)
    return await call_next(request)
@app.websocket("/d")
async def d(ws: WebSocket):
    await ws.accept()
    await ws.send_text("x")
""",
    "a check after the yield": """
def user(t=Depends(oauth)):
    yield t
    if t is None: raise HTTPException(401)
@app.get("/d")
def d(u=Depends(user)):
    return 1
""",
    "a check that is defined again": """
def check(t=Depends(oauth)):
    if t is None: raise HTTPException(401)
def check(t=Depends(oauth)):
    return t
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
""",
    "a key that is None, as the missing one is": """
KEY = None
def check(k=Depends(key_header)):
    if k != KEY: raise HTTPException(401)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
""",
    "a scheme that is told not to refuse by keywords in a table": """
opts = {"auto_error": False}
s = HTTPBearer(**opts)
@app.get("/d", dependencies=[Depends(s)])
def d(): return 1
""",
    "a look-up with a default": """
USERS = {"a": "b"}
def check(k=Depends(key_header)):
    u = USERS.get(k, "anon")
    if u is None: raise HTTPException(401)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
""",
    "a subclass that catches what its base raises": """
class Guard:
    def __call__(self, t=Depends(oauth)):
        if t is None: raise HTTPException(401)
class Soft(Guard):
    def __call__(self, t=Depends(oauth)):
        try: super().__call__(t)
        except HTTPException as e: log.info(e)
@app.get("/d", dependencies=[Depends(Soft())])
def d(): return 1
""",
    "callers of this machine": """
def check(request: Request, t=Depends(oauth)):
    if request.client.host == "127.0.0.1": return
    if t is None: raise HTTPException(401)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
""",
    "a check that a setting switches on": """
class S:
    AUTH_ENABLED = os.getenv("AUTH_X") == "1"
settings = S()
def check(k=Depends(key_header)):
    if settings.AUTH_ENABLED:
        if k is None: raise HTTPException(401)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
""",
    "a case for nobody": """
def check(t=Depends(oauth)):
    match t:
        case None: return "guest"
        case _: raise HTTPException(401)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
""",
    "a list of checks that is emptied": """
def check(t=Depends(oauth)):
    if t is None: raise HTTPException(401)
deps = [Depends(check)]
deps.clear()
@app.get("/d", dependencies=deps)
def d(): return 1
""",
    "a check that is taken out of its list": """
def check(t=Depends(oauth)):
    if t is None: raise HTTPException(401)
deps = [Depends(check)]
deps.pop()
@app.get("/d", dependencies=deps)
def d(): return 1
""",
    "a scheme that is told afterwards not to refuse": """
s = HTTPBearer()
s.auto_error = False
@app.get("/d", dependencies=[Depends(s)])
def d(): return 1
""",
    "a check that the application replaces": """
def check(t=Depends(oauth)):
    if t is None: raise HTTPException(401)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
app.dependency_overrides[check] = lambda: None
""",
    "a check that is replaced by a table of others": """
def check(t=Depends(oauth)):
    if t is None: raise HTTPException(401)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
app.dependency_overrides.update({check: lambda: None})
""",
    "a check that a new table replaces": """
def check(t=Depends(oauth)):
    if t is None: raise HTTPException(401)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
app.dependency_overrides = {check: lambda: None}
""",
    "a coroutine that nobody awaits": """
async def inner(t):
    if t is None: raise HTTPException(401)
def check(t=Depends(oauth)):
    inner(t)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
""",
    "a generator that nobody asks for anything": """
def inner(t):
    if t is None: raise HTTPException(401)
    yield t
def check(t=Depends(oauth)):
    inner(t)
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
""",
}


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.parametrize("how", _OPEN)
def test_what_answers_an_anonymous_caller_is_never_called_guarded(how: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_HEAD + _OPEN[how])

    (route,) = (route for route in draw(tmp_path).map.routes if route.path == "/d")

    with loaded(tmp_path) as app:
        assert not is_refused(app, route.method, route.path)
    assert route.verdict != "guarded"


@pytest.mark.parametrize(
    "check",
    [
        "    with suppress(ValueError):\n        if not key:\n            raise HTTPException(401)\n",
        "    with open(os.devnull):\n        if not key:\n            raise HTTPException(401)\n",
    ],
)
def test_a_refusal_that_no_context_manager_keeps_to_itself_guards(check: str, tmp_path: Path) -> None:
    body = "def check(key: str = Header(None)):\n" + check
    (tmp_path / "main.py").write_text(_HEAD + body + '@app.get("/d", dependencies=[Depends(check)])\ndef d(): ...\n')

    (route,) = (route for route in draw(tmp_path).map.routes if route.path == "/d")

    assert "guarded" == route.verdict


@pytest.mark.parametrize("header", ["x-signature", "x-key"])
def test_a_secret_that_source_fixes_is_no_empty_text(header: str, tmp_path: Path) -> None:
    body = (
        "import hmac\n\n\ndef check(request: Request):\n"
        f'    if not hmac.compare_digest(request.headers.get("{header}", ""), "s3"):\n'
        "        raise HTTPException(401)\n"
    )
    (tmp_path / "main.py").write_text(_HEAD + body + '@app.get("/d", dependencies=[Depends(check)])\ndef d(): ...\n')

    (route,) = (route for route in draw(tmp_path).map.routes if route.path == "/d")

    assert "guarded" == route.verdict


@pytest.mark.parametrize(
    "check",
    [
        '    if not key or key != os.getenv("KEY"):\n        raise HTTPException(401)\n',
        '    if key != os.environ["KEY"]:\n        raise HTTPException(401)\n',
        '    if key != os.getenv("KEY", "changed in production"):\n        raise HTTPException(401)\n',
    ],
)
def test_a_setting_that_is_never_what_is_not_sent_guards(check: str, tmp_path: Path) -> None:
    body = "def check(key=Depends(key_header)):\n" + check
    (tmp_path / "main.py").write_text(_HEAD + body + '@app.get("/d", dependencies=[Depends(check)])\ndef d(): ...\n')

    (route,) = (route for route in draw(tmp_path).map.routes if route.path == "/d")

    assert "guarded" == route.verdict
