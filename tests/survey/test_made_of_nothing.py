"""What is made of a credential that is not there, or found by it, beside what the application really answers."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.survey.running import told_and_done

_HEAD = """
import hashlib
import json
import os
import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from typing import Annotated

from elsewhere import Sessions, User, authenticate, decode, guest, nothing, verify_token
from fastapi import Cookie, Depends, FastAPI, Header, HTTPException, Request
from fastapi.security import APIKeyHeader, HTTPBearer
from pydantic import BaseModel

app = FastAPI(openapi_url=None)
key = APIKeyHeader(name="x-key", auto_error=False)
sessions = Sessions()


"""
_ELSEWHERE = """
def guest(k): return "guest"
def nothing(): return None
authenticate = decode = verify_token = guest
class Sessions:
    def verify(self, k): return "guest"
    load = verify
class User:
    def __init__(self, k): self.name = k or "guest"
"""
_TAIL = """
@app.get("/d", dependencies=[Depends(check)])
def d(): return 1
"""
#: Bodies of `check`, which is given no key; each lets everybody pass.
_OPEN = {
    "a package's function called like a check": """
    if verify_token(k) is None: raise HTTPException(401)
""",
    "the same, which is taken to find somebody": """
    if not authenticate(k): raise HTTPException(401)
""",
    "the same, which is taken to raise": """
    try: return decode(k)
    except Exception: raise HTTPException(401)
""",
    "any function of a package, whose exceptions refuse": """
    try: return guest(k)
    except Exception: raise HTTPException(401)
""",
    "a method that is called like a check": """
    if sessions.verify(k) is None: raise HTTPException(401)
""",
    "a method that looks something up": """
    if sessions.load(k) is None: raise HTTPException(401)
""",
    "a method that is taken to raise": """
    try: return sessions.load(k)
    except KeyError: raise HTTPException(401)
""",
    "an object of a package's class": """
    if not User(k).name: raise HTTPException(401)
""",
    "text": """
    if not str(k): raise HTTPException(401)
""",
    "more text": """
    if not "key %s" % k: raise HTTPException(401)
""",
    "still more text": """
    if not "key {}".format(k): raise HTTPException(401)
""",
    "text and no key": """
    if not "Bearer " + (k or ""): raise HTTPException(401)
""",
    "JSON": """
    if not json.dumps(k): raise HTTPException(401)
""",
    "a digest": """
    if not hashlib.sha256((k or "").encode()).hexdigest(): raise HTTPException(401)
""",
    "a length": """
    if len(k or "") < 0: raise HTTPException(401)
""",
    "a place in a text": """
    if not (k or "").find("x"): raise HTTPException(401)
""",
    "parts of a text": """
    if not (k or "").split(" "): raise HTTPException(401)
""",
    "a list": """
    if not [k]: raise HTTPException(401)
""",
    "a table": """
    if not {"key": k}: raise HTTPException(401)
""",
    "everything in a text without letters": """
    if not all(x == "1" for x in k or ""): raise HTTPException(401)
""",
    "no text, which is part of every text": """
    if (k or "") not in "the secret": raise HTTPException(401)
""",
    "no text, with which every text begins": """
    if not "the secret".startswith(k or ""): raise HTTPException(401)
""",
    "a table that makes what it has not": """
    if defaultdict(lambda: "guest")[k] is None: raise HTTPException(401)
""",
    "what is under no key": """
    if {None: "guest"}[k] is None: raise HTTPException(401)
""",
    "a table without it, whose failure is caught": """
    try: user = {"a": "ana"}[k]
    except KeyError: user = "guest"
    if not user: raise HTTPException(401)
""",
    "what no key has not, caught": """
    try: user = k.strip()
    except AttributeError: user = "guest"
    if not user: raise HTTPException(401)
""",
    "a loop that finds no fault in nothing": """
    for letter in k or "":
        if letter != "1": raise HTTPException(401)
""",
    "a loop that is left before its else": """
    for word in ("a", "b"):
        if word == "a": break
    else:
        if not k: raise HTTPException(401)
""",
}
#: Whole applications: something is made of the key before it is tested.
_OPEN_WHOLE = {
    "an object of a class": """
class Caller:
    def __init__(self, k): self.k = k
def caller(k=Depends(key)): return Caller(k)
def check(u=Depends(caller)):
    if not u: raise HTTPException(401)
""",
    "an object of a class that is a dependency": """
class Caller:
    def __init__(self, k=Depends(key)): self.k = k
def check(u: Caller = Depends()):
    if not u: raise HTTPException(401)
""",
    "a model": """
class Caller(BaseModel):
    k: str | None = None
def caller(k=Depends(key)): return Caller(k=k)
def check(u=Depends(caller)):
    if u is None: raise HTTPException(401)
""",
    "a record with a name for everybody": """
@dataclass
class Caller:
    k: str | None
    name: str = "guest"
def caller(k=Depends(key)): return Caller(k)
def check(u=Depends(caller)):
    if not u.name: raise HTTPException(401)
""",
    "an object that works its role out": """
class Caller:
    def __init__(self, k): self.k = k
    @property
    def role(self): return "reader"
def caller(k=Depends(key)): return Caller(k)
def check(u=Depends(caller)):
    if u.role != "reader": raise HTTPException(403)
""",
    "an object that is always true": """
class Caller:
    def __init__(self, k): self.k = k
    def __bool__(self): return True
def caller(k=Depends(key)): return Caller(k)
def check(u=Depends(caller)):
    if not u: raise HTTPException(403)
""",
    "an object that equals everything": """
class Caller:
    def __init__(self, k): self.k = k
    def __eq__(self, other): return True
def caller(k=Depends(key)): return Caller(k)
def check(u=Depends(caller)):
    if u != "admin": raise HTTPException(403)
""",
    "two things that are both not there": """
def check(request: Request):
    if request.cookies.get("session") != request.headers.get("x-session"): raise HTTPException(401)
""",
    "a header that must be there, caught": """
def check(request: Request):
    try: user = request.headers["x-key"]
    except KeyError: user = "guest"
    if not user: raise HTTPException(401)
""",
    "what middleware left for everybody": """
@app.middleware("http")
async def known(request, call_next):
    request.state.user = "guest"
    return await call_next(request)
def check(request: Request):
    if not request.state.user: raise HTTPException(401)
""",
    "keys of a table that nobody set": """
USERS = {os.getenv("NOT_SET_ANYWHERE"): "ana"}
def check(k=Depends(key)):
    if k not in USERS: raise HTTPException(401)
""",
    "what is under a key that nobody set": """
USERS = {os.getenv("NOT_SET_ANYWHERE"): "ana"}
def check(k=Depends(key)):
    if USERS.get(k) is None: raise HTTPException(401)
""",
    "the key of a file that has none": """
KEY = json.loads("{}").get("key")
def check(k=Depends(key)):
    if k != KEY: raise HTTPException(401)
""",
    "the key that a package has not": """
KEY = nothing()
def check(k=Depends(key)):
    if k != KEY: raise HTTPException(401)
""",
    "a model of headers with a default": """
class Sent(BaseModel):
    x_key: str = "guest"
def check(sent: Annotated[Sent, Header()]):
    if not sent.x_key: raise HTTPException(401)
""",
    "a parameter that is somebody where nobody is named": """
def check(token: str = "guest"):
    if not token: raise HTTPException(401)
""",
}
_GUARDED = {
    "a query": """
    row = sqlite3.connect("x.db").execute("select * from users where key = ?", (k,)).fetchone()
    if row is None: raise HTTPException(401)
""",
    "a table by a digest": """
    user = {"a": "ana"}.get(hashlib.sha256((k or "").encode()).hexdigest())
    if user is None: raise HTTPException(401)
""",
    "a digest that must be the one of the key": """
    if hashlib.sha256((k or "").encode()).hexdigest() != "54321": raise HTTPException(401)
""",
    "the parts of a header": """
    scheme, _, token = (k or "").partition(" ")
    if scheme.lower() != "bearer" or not token: raise HTTPException(401)
""",
    "what must be in a table": """
    if k not in {"one": 1}: raise HTTPException(401)
""",
    "as many parts as there must be": """
    parts = (k or "").split()
    if len(parts) != 2: raise HTTPException(401)
""",
    "a table that has it or fails": """
    try: return {"a": "ana"}[k]
    except KeyError: raise HTTPException(401)
""",
    "JSON that must be some": """
    try: return json.loads(k)
    except (TypeError, ValueError): raise HTTPException(401)
""",
    "what is in a list": """
    if k not in ["one", "two"]: raise HTTPException(401)
""",
    "a loop whose else refuses": """
    for one in ("one", "two"):
        if k == one: break
    else:
        raise HTTPException(401)
""",
}


def _check(body: str) -> str:
    return f"def check(k=Depends(key)):{body}"


@pytest.mark.parametrize("how", _OPEN | _OPEN_WHOLE)
def test_what_is_made_of_no_credential_guards_nothing(how: str, tmp_path: Path) -> None:
    body = _OPEN_WHOLE[how] if how in _OPEN_WHOLE else _check(_OPEN[how])

    verdict, is_refused = told_and_done(tmp_path, _HEAD + body + _TAIL, elsewhere=_ELSEWHERE)

    assert not is_refused
    assert verdict != "guarded"


@pytest.mark.parametrize("how", _GUARDED)
def test_what_finds_nothing_without_a_credential_guards(how: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.db") as store:
        store.execute("create table users (key text)")
    body = _check(_GUARDED[how].replace("x.db", str(tmp_path / "x.db")))

    assert ("guarded", True) == told_and_done(tmp_path, _HEAD + body + _TAIL, elsewhere=_ELSEWHERE)
