"""A function of another package that is given no credential, or the request: what it gives is not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
import jwt
from elsewhere import Sessions, authenticate, note, resolve
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.security import APIKeyHeader, HTTPBearer
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import User, get_db

app = FastAPI(openapi_url=None)
lenient = APIKeyHeader(name="x-key", auto_error=False)
strict = HTTPBearer()
sessions = Sessions()


"""
_TAIL = """
@app.get("/data")
def data(caller=Depends(caller)):
    note(caller)
    return []
"""
_NOT_KNOWN = {
    "a guest may be given for no key": """
def caller(key: str | None = Depends(lenient)):
    user = resolve(key)
    if user is None:
        raise HTTPException(status_code=401)
    return user
""",
    "and for no header": """
def caller(x_key: str | None = Header(None)):
    user = resolve(x_key)
    if not user:
        raise HTTPException(status_code=401)
    return user
""",
    "a guest's role is anything": """
def caller(key: str | None = Depends(lenient)):
    user = resolve(key)
    if user["role"] != "admin":
        raise HTTPException(status_code=403)
    return user
""",
    "the request is handed over whole": """
async def caller(request: Request):
    user = await resolve(request)
    if not user:
        raise HTTPException(status_code=401)
    return user
""",
    "to a method too": """
async def caller(request: Request):
    if not await sessions.of(request):
        raise HTTPException(status_code=403)
""",
    "a session by a cookie that is not there": """
def caller(request: Request):
    user = sessions.load(request.cookies.get("session"))
    if user is None:
        raise HTTPException(status_code=401)
    return user
""",
    "what is called a check": """
def caller(key: str | None = Depends(lenient)):
    user = authenticate(key)
    if user is None:
        raise HTTPException(status_code=401)
    return user
""",
    "a query by a key that is not there finds rows without one": """
def caller(key: str | None = Depends(lenient), db: Session = Depends(get_db)):
    user = db.scalar(select(User).where(User.key == key))
    if user is None:
        raise HTTPException(status_code=401)
    return user
""",
}
_GUARDED = {
    "a query by an empty key": """
def caller(key: str = Header(""), db: Session = Depends(get_db)):
    user = db.scalar(select(User).where(User.key == key))
    if user is None:
        raise HTTPException(status_code=401)
    return user
""",
    "a token that is no token": """
def caller(key: str | None = Depends(lenient)):
    try:
        return jwt.decode(key, "key", algorithms=["HS256"])
    except jwt.PyJWTError:
        raise HTTPException(status_code=401)
""",
    "whatever is done with a token that is there": """
def caller(token=Depends(strict)):
    user = resolve(token.credentials)
    if user is None:
        raise HTTPException(status_code=401)
    return user
""",
    "refused before anything is asked": """
def caller(key: str | None = Depends(lenient)):
    if key is None:
        raise HTTPException(status_code=401)
    return resolve(key)
""",
}


def _verdict(body: str, folder: Path) -> str:
    (folder / "main.py").write_text(_HEAD + body + _TAIL)
    (route,) = draw(folder).map.routes
    return route.verdict


@pytest.mark.parametrize("how", _NOT_KNOWN)
def test_what_may_give_a_guest_is_not_known(how: str, tmp_path: Path) -> None:
    assert "unknown" == _verdict(_NOT_KNOWN[how], tmp_path)


@pytest.mark.parametrize("how", _GUARDED)
def test_what_cannot_pass_without_a_credential_is_guarded(how: str, tmp_path: Path) -> None:
    assert "guarded" == _verdict(_GUARDED[how], tmp_path)


def test_the_request_given_to_something_that_refuses_nobody_changes_nothing(tmp_path: Path) -> None:
    body = "def caller(request: Request):\n    note(request)\n    return resolve(request)\n"

    assert "unguarded" == _verdict(body, tmp_path)
