"""Ways to keep callers out that people choose: tables of rights, flags, null objects, services, signatures."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import loaded
from tests.survey.running_flask import refused_by_flask

_HEAD = """
import enum
import hashlib
import hmac
import re

from flask import Flask, abort, current_app, g, jsonify, request, session
from flask_login import LoginManager, current_user

app = Flask(__name__, static_folder=None)
app.secret_key = "for tests"
manager = LoginManager(app)


@manager.user_loader
def load(key):
    return None

"""
_RIGHTS = """
class Role(enum.IntEnum):
    GUEST = 0
    CLERK = 1

class Right(enum.Flag):
    NONE = 0
    READ = enum.auto()
    WRITE = enum.auto()
    ALL = READ | WRITE

RIGHTS = {Role.GUEST: Right.NONE, Role.CLERK: Right.ALL}
TOKENS = {"c": Role.CLERK}

@app.before_request
def role():
    g.role = TOKENS.get(request.headers.get("X-Token"), Role.GUEST)
"""
#: Each with the routes that are guarded, and those that are open.
_WAYS: dict[str, tuple[str, set[str], set[str]]] = {
    "flags of a role": (_RIGHTS + """
NEEDED = {"a": Right.READ, "b": Right.NONE, "c": Right.ALL}

@app.before_request
def enforce():
    needed = NEEDED.get(request.endpoint)
    if needed is not None and needed not in RIGHTS[g.role]: abort(403)

@app.get("/a")
def a(): return "x"
@app.get("/b")
def b(): return "x"
@app.get("/c/<int:key>")
def c(key): return "x"
@app.get("/d")
def d(): return "x"
""", {"/a", "/c/{key}"}, {"/b", "/d"}),
    "a least role by method and path": (_RIGHTS + """
LEAST = {("GET", "/a"): Role.CLERK, ("GET", "/b"): Role.GUEST, ("POST", "/c"): Role.CLERK}

@app.before_request
def enforce():
    least = LEAST.get((request.method, request.path))
    if least and g.role < least: abort(403)

@app.get("/a")
def a(): return "x"
@app.get("/b")
def b(): return "x"
@app.get("/c")
def c(): return "x"
@app.get("/c/<key>")
def d(key): return "x"
""", {"/a"}, {"/b", "/c", "/c/{key}"}),
    "methods and paths that are open": (_RIGHTS + """
OPEN = {("GET", "/a"), ("POST", "/b")}

@app.before_request
def enforce():
    if (request.method, request.path) not in OPEN and g.role is Role.GUEST: abort(401)

@app.get("/a")
def a(): return "x"
@app.get("/b")
def b(): return "x"
@app.get("/a/<key>")
def c(key): return "x"
""", {"/b", "/a/{key}"}, {"/a"}),
    "an object for who is nobody": ("""
class Guest:
    known = False

    def may(self, name):
        return False

class Account(Guest):
    known = True

    def may(self, name):
        return name == "edit"

def who():
    return Account() if session.get("user") else Guest()

@app.get("/a")
def a():
    if not who().known: abort(401)
    return "x"
@app.get("/b")
def b():
    if not who().may("edit"): abort(403)
    return "x"
@app.get("/c")
def c():
    return jsonify(known=who().known)
""", {"/a", "/b"}, {"/c"}),
    "a service that the application keeps": ("""
class Auth:
    def check(self, request):
        if request.headers.get("X-Badge") != "b-1": abort(401)

class Orders:
    def __init__(self, auth):
        self.auth = auth

    def listed(self, request):
        self.auth.check(request)
        return [1]

    def counted(self, request):
        return 1

class Container:
    def __init__(self):
        self.orders = Orders(Auth())

app.extensions["container"] = Container()

def held():
    return current_app.extensions["container"]

@app.get("/a")
def a(): return jsonify(held().orders.listed(request))
@app.get("/b")
def b(): return jsonify(held().orders.counted(request))
""", {"/a"}, {"/b"}),
    "a signature that a helper verifies": ("""
def verified(headers, body):
    at, sent = headers.get("X-Timestamp"), headers.get("X-Signature")
    if not at or not sent:
        return False
    return hmac.compare_digest(sent, hmac.new(b"key", at.encode() + body, hashlib.sha256).hexdigest())

def verified_if_there(headers, body):
    return verified(headers, body) if headers.get("X-Signature") else True

@app.get("/a")
def a():
    if not verified(request.headers, request.get_data()): return "no", 401
    return "x"
@app.get("/b")
def b():
    if not verified_if_there(request.headers, request.get_data()): return "no", 401
    return "x"
""", {"/a"}, {"/b"}),
}  # fmt: skip
#: Open, though it looks as if they asked; what they are called is not guarded.
_NEVER: dict[str, str] = {
    "nothing is not false": """
USERS = {"ana": {"admin": False}}

@app.get("/a")
def a():
    if USERS.get(session.get("user"), {}).get("admin") is False: abort(403)
    return "x"
""",
    "nobody is somebody": """
@app.get("/a")
def a():
    if not current_user: abort(401)
    return "x"
""",
    "what one caller wrote is there for all": """
NOTES = {1: {"text": "hi", "draft": False}}

@app.post("/notes")
def write():
    if not session.get("user"): abort(401)
    NOTES[len(NOTES) + 1] = {"text": request.json["text"], "draft": True, "by": session["user"]}
    return "x"
@app.get("/a/<int:key>")
def a(key):
    found = NOTES.get(key)
    if found is None or (found["draft"] and not session.get("user")): abort(404)
    return jsonify(found)
""",
    "four digits are years": """
@app.before_request
def enforce():
    if re.match(r"^/a/[0-9]{4}$", request.path): return
    if not session.get("user"): abort(401)

@app.get("/a/<key>")
def a(key): return "x"
""",
}


@pytest.mark.parametrize("way", sorted(_WAYS))
def test_who_is_kept_out_is_told(tmp_path: Path, way: str) -> None:
    source, guarded, opened = _WAYS[way]
    (tmp_path / "main.py").write_text(_HEAD + source)

    found = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    with loaded(tmp_path) as app:
        told = refused_by_flask(app)
    assert {path for (method, path), refused in told.items() if method == "GET" and refused} == guarded
    assert found == dict.fromkeys(guarded, "guarded") | dict.fromkeys(opened, "unguarded")


@pytest.mark.parametrize("way", sorted(_NEVER))
def test_who_is_let_in_is_never_called_kept_out(tmp_path: Path, way: str) -> None:
    (tmp_path / "main.py").write_text(_HEAD + _NEVER[way])

    found = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert "guarded" not in found.values()
