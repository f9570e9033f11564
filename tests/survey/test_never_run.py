"""Checks that are written and never run, or whose refusal something else keeps, beside what the application answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.survey.running import told_and_done

_HEAD = """
import asyncio
import contextlib
import functools

from elsewhere import attempt, quiet, safe
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from fastapi.security import APIKeyHeader

app = FastAPI(openapi_url=None)
key = APIKeyHeader(name="x-key", auto_error=False)

def refuse(k):
    if k is None: raise HTTPException(401)
async def later(k):
    if k is None: raise HTTPException(401)
async def found(k):
    return None if k is None else "ana"
def one_by_one(k):
    if k is None: raise HTTPException(401)
    yield k


"""
_ELSEWHERE = """
import contextlib
import functools

def safe(f):
    @functools.wraps(f)
    def inner(*args, **named):
        with contextlib.suppress(Exception):
            return f(*args, **named)
    return inner
def attempt(f, *args):
    return safe(f)(*args)
@contextlib.contextmanager
def quiet():
    with contextlib.suppress(Exception):
        yield
"""
_TAIL = """
@app.get("/d", dependencies=[Depends(check)])
async def d(): return 1
"""
_OPEN = {
    "a coroutine that is somebody, not awaited": """
async def check(k=Depends(key)):
    if not found(k): raise HTTPException(401)
""",
    "a coroutine that is compared, not awaited": """
async def check(k=Depends(key)):
    if found(k) is None: raise HTTPException(401)
""",
    "a coroutine that is kept": """
async def check(k=Depends(key)):
    user = later(k)
    return user
""",
    "a coroutine that a lambda gives": """
check = lambda k=Depends(key): later(k)
""",
    "a method that is a coroutine": """
class Guard:
    async def check(self, k): refuse(k)
guard = Guard()
async def check(k=Depends(key)):
    done = guard.check(k)
""",
    "a generator that is kept": """
def check(k=Depends(key)):
    kept = one_by_one(k)
""",
    "an expression that nobody goes through": """
def check(k=Depends(key)):
    kept = (refuse(one) for one in [k])
""",
    "a map that nobody goes through": """
def check(k=Depends(key)):
    kept = map(refuse, [k])
""",
    "a lambda that nobody calls": """
def check(k=Depends(key)):
    kept = lambda: refuse(k)
""",
    "a decorator of a package that keeps exceptions": """
@safe
def check(k=Depends(key)): refuse(k)
""",
    "the same around what the check calls": """
@safe
def inner(k): refuse(k)
def check(k=Depends(key)): inner(k)
""",
    "the same around a method": """
class Guard:
    @safe
    def check(self, k): refuse(k)
guard = Guard()
def check(k=Depends(key)): guard.check(k)
""",
    "a context manager of a package that keeps exceptions": """
def check(k=Depends(key)):
    with quiet(): refuse(k)
""",
    "a context manager under a name": """
keeps = contextlib.suppress(HTTPException)
def check(k=Depends(key)):
    with keeps: refuse(k)
""",
    "a context manager among others": """
def check(k=Depends(key)):
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.suppress(HTTPException))
        refuse(k)
""",
    "exceptions under a name": """
KEPT = (ValueError, HTTPException)
def check(k=Depends(key)):
    try: refuse(k)
    except KEPT: pass
""",
    "a kind of exception that Python puts above": """
def check(k=Depends(key)):
    try:
        if k is None: raise PermissionError
    except OSError: pass
""",
    "a key that is not there, of a kind above": """
def check(k=Depends(key)):
    try: user = {"a": 1}[k]
    except LookupError: user = 2
    if not user: raise HTTPException(401)
""",
    "a function of a package that calls the check": """
def check(k=Depends(key)): attempt(refuse, k)
""",
}
#: The handler itself checks.
_OPEN_INSIDE = {
    "a stream that begins before it checks": """
@app.get("/d")
async def d(k=Depends(key)): return StreamingResponse(one_by_one(k))
""",
    "a decorator of a package around the handler": """
@app.get("/d")
@safe
def d(k: str | None = Depends(key)):
    refuse(k)
    return 1
""",
}
_GUARDED = {
    "a coroutine that is awaited later": """
async def check(k=Depends(key)):
    kept = found(k)
    if not await kept: raise HTTPException(401)
""",
    "coroutines that are gathered": """
async def check(k=Depends(key)):
    await asyncio.gather(later(k), found(k))
""",
    "a coroutine with a limit of time": """
async def check(k=Depends(key)):
    await asyncio.wait_for(later(k), 3)
""",
    "a wrapper that gives what it wraps": """
def plain(f):
    @functools.wraps(f)
    def inner(*args, **named): return f(*args, **named)
    return inner
@plain
async def check(k=Depends(key)): refuse(k)
""",
    "a generator that is gone through": """
def check(k=Depends(key)):
    for one in one_by_one(k): pass
""",
    "a generator that is asked once": """
def check(k=Depends(key)):
    next(one_by_one(k))
""",
    "an expression that is gone through": """
def check(k=Depends(key)):
    if not any(k == one for one in ("one", "two")): raise HTTPException(401)
""",
    "a dependency that yields": """
def check(k=Depends(key)):
    refuse(k)
    yield k
""",
    "a cache of Python's own": """
@functools.cache
def is_known(k): return k is not None
def check(k=Depends(key)):
    if not is_known(k): raise HTTPException(401)
""",
}


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.parametrize("how", _OPEN | _OPEN_INSIDE)
def test_a_check_that_never_refuses_anybody_guards_nothing(how: str, tmp_path: Path) -> None:
    source = _HEAD + (_OPEN_INSIDE[how] if how in _OPEN_INSIDE else _OPEN[how] + _TAIL)

    verdict, is_refused = told_and_done(tmp_path, source, elsewhere=_ELSEWHERE)

    assert not is_refused
    assert verdict != "guarded"


@pytest.mark.parametrize("how", _GUARDED)
def test_a_check_that_runs_in_the_end_guards(how: str, tmp_path: Path) -> None:
    assert ("guarded", True) == told_and_done(tmp_path, _HEAD + _GUARDED[how] + _TAIL, elsewhere=_ELSEWHERE)
