"""What a caller without a credential never comes to, in each way to keep it behind something; beside what is open."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import loaded
from tests.survey.running_flask import refused_by_flask

_HEAD = """
from functools import wraps

from flask import Flask, abort, current_app, jsonify, make_response, redirect, request, session
from flask.views import MethodView
from flask_login import LoginManager, current_user

app = Flask(__name__, static_folder=None)
app.secret_key = "for tests"
manager = LoginManager(app)
PUBLIC = {"title": "shop"}


@manager.user_loader
def load(user_id):
    return None


def page(name):
    return make_response(name, 200)

"""
_GUARDED = {
    "an answer that has a name first": """
def asks(function):
    @wraps(function)
    def inner(*args, **kwargs):
        if session.get("user"):
            answer = function(*args, **kwargs)
        elif request.headers.get("X-Requested-With"):
            answer = "who are you", 403
        else:
            answer = redirect("/login")
        return answer
    return inner

@app.get("/d")
@asks
def d(): return jsonify(found=1)
""",
    "nothing is there for who is not signed in": """
@app.get("/d")
def d():
    if not (current_user.is_authenticated and current_user.admin): abort(404)
    return jsonify(found=1)
""",
    "nothing is there behind a decorator": """
def asks(function):
    @wraps(function)
    def inner(*args, **kwargs):
        if not current_user.is_authenticated: abort(404)
        return function(*args, **kwargs)
    return inner

@app.get("/d")
@asks
def d(): return jsonify(found=1)
""",
    "a class shows the page to sign in itself": """
class Page(MethodView):
    def get(self):
        if session.get("user"): return self.found()
        return make_response("sign in", 200)

class Orders(Page):
    def found(self): return jsonify(found=1)

app.add_url_rule("/d", view_func=Orders.as_view("orders"))
""",
    "what runs before answers in its place": """
@app.before_request
def asks():
    if not current_user.is_authenticated: return page("sign in")

@app.get("/d")
def d(): return jsonify(found=1)
""",
    "an answer is made by the application": """
@app.get("/d")
def d():
    if not session.get("user"): return app.response_class("who are you", status=401)
    return jsonify(found=1)
""",
    "an answer is made by the current application": """
@app.get("/d")
def d():
    if not session.get("user"): return current_app.response_class(response="who are you", status=401)
    return jsonify(found=1)
""",
    "a header stands in what the server hands over": """
@app.get("/d")
def d():
    if request.environ.get("HTTP_X_API_KEY") is None: abort(401)
    return jsonify(found=1)
""",
}
_OPEN = {
    "an answer for everybody is made by the application": """
@app.get("/d")
def d():
    if not session.get("user"): return app.response_class("for everybody", status=200)
    return jsonify(found=1)
""",
    "what the decorator found out is shown to everybody": """
def asks(function):
    @wraps(function)
    def inner(*args, **kwargs):
        if session.get("user"):
            answer = function(*args, **kwargs)
        else:
            answer = function(*args, **kwargs)
        return answer
    return inner

@app.get("/d")
@asks
def d(): return jsonify(found=1)
""",
    "nothing is there under that name": """
@app.get("/d")
def d():
    if request.args.get("name") not in PUBLIC: abort(404)
    return jsonify(found=1)
""",
    "nothing is there for who is signed in": """
@app.get("/d")
def d():
    if current_user.is_authenticated: abort(404)
    return jsonify(found=1)
""",
    "nothing is there for anybody": """
@app.get("/d")
def d():
    if not current_user.is_authenticated: abort(404)
    abort(404)
""",
    "a class shows the same to everybody and more to some": """
class Page(MethodView):
    def get(self):
        shown = dict(PUBLIC)
        if session.get("user"): shown.update(self.more())
        return jsonify(shown)

class Orders(Page):
    def more(self): return {"found": 1}

app.add_url_rule("/d", view_func=Orders.as_view("orders"))
""",
    "the class below lets everybody in": """
class Page(MethodView):
    def get(self):
        if session.get("user") or self.is_open(): return self.found()
        return page("sign in")
    def is_open(self): return False

class Orders(Page):
    def is_open(self): return True
    def found(self): return jsonify(found=1)

app.add_url_rule("/d", view_func=Orders.as_view("orders"))
""",
    "what runs before answers something to everybody": """
@app.before_request
def asks():
    if not current_user.is_authenticated: session["visits"] = 1

@app.get("/d")
def d(): return jsonify(found=1)
""",
}
_SEVERAL = """
from flask import Flask, current_app, jsonify
from flask_login import LoginManager, current_user

manager = LoginManager()
own = Flask("own", static_folder=None)
own.secret_key = "for tests"
manager.init_app(own)
other = Flask("other", static_folder=None)


@manager.user_loader
def load(user_id):
    return None


def asks():
    if not current_user.is_authenticated:
        return current_app.login_manager.unauthorized()


own.before_request(asks)


@own.get("/own")
def mine(): return jsonify(found=1)

@other.get("/other")
def others(): return jsonify(found=1)
"""


@pytest.mark.parametrize("code", [*_GUARDED.values(), *_OPEN.values()], ids=[*_GUARDED, *_OPEN])
def test_what_is_never_reached_is_guarded(code: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_HEAD + code)

    (route,) = (one for one in draw(tmp_path).map.routes if (one.method, one.path) == ("GET", "/d"))

    assert route.verdict == ("guarded" if code in _GUARDED.values() else "unguarded")


@pytest.mark.parametrize("name", [*(name for name in _GUARDED if name.startswith(("an answer", "a header"))), *_OPEN])
def test_flask_refuses_or_answers_the_same(name: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_HEAD + (_GUARDED | _OPEN)[name])

    with loaded(tmp_path) as app:
        told = refused_by_flask(app)

    assert told["GET", "/d"] == (name in _GUARDED)


def test_of_several_applications_the_one_that_answers_is_the_current_one(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_SEVERAL)

    found = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    with loaded(tmp_path, "main:own") as app:
        assert refused_by_flask(app)["GET", "/own"]
    assert found == {"/own": "guarded", "/other": "unguarded"}


def test_what_cannot_be_read_before_a_handler_is_not_open(tmp_path: Path) -> None:
    code = (
        _HEAD
        + """
from shop.elsewhere import signed_in

@app.before_request
def asks():
    if not current_user.is_authenticated: return signed_in.unauthorized()

@app.get("/d")
def d(): return jsonify(found=1)
"""
    )
    (tmp_path / "main.py").write_text(code)

    (route,) = (one for one in draw(tmp_path).map.routes if (one.method, one.path) == ("GET", "/d"))

    assert route.verdict == "unknown"
    assert route.because is not None and route.because.startswith("asks may answer in its place")


_CALLBACK = """
from flask import Flask, abort, jsonify, request, session

app = Flask(__name__, static_folder=None)
app.secret_key = "for tests"


class Manager:
    def __init__(self):
        self._load = None
        self.mode = None

    def loader(self, callback):
        self._load = callback
        return {given}

    @property
    def load(self):
        return self._load

    @property
    def none(self):
        return self.mode

    def switched(self, mode):
        self.mode = mode
        return mode

    def current(self):
        return self._load(session.get("user"))


manager = Manager()


@manager.loader
def load(key):
    return key


@app.get("/d")
def d():
    if manager.current() is None: abort(401)
    return jsonify(found=1)


@app.get("/e")
def e():
    if not manager.mode and manager.current() is None: abort(401)
    return jsonify(found=1)


@app.post("/switch")
def switch(): return jsonify(manager.switched(request.json["mode"]))
"""


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ("callback", "guarded"),
        ("self._load", "guarded"),
        ("self.load", "guarded"),
        ("1", "unknown"),
        ("self.none", "unknown"),
    ],
)
def test_what_a_decorator_keeps_is_there_when_requests_come(given: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_CALLBACK.format(given=given))

    found = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert found == {"/d": verdict, "/e": "unknown"}


_ANSWERED = """
from flask import Flask, jsonify, request, session

app = Flask(__name__, static_folder=None)
app.secret_key = "for tests"


class Refused(Exception):
    status = 500

    def __init__(self, text=None, status=None):
        super().__init__(text)
        self.status = status or self.status


class NobodyError(Refused):
    status = 401


@app.errorhandler(Refused)
def answer(error, {more}):
    return jsonify(text=str(error)), error.status


@app.errorhandler(Exception)
def other(error):
    return answer(Refused("of ours"), None)


@app.get("/d")
def d():
    if not session.get("user"): raise NobodyError
    return jsonify(found=1)
"""


@pytest.mark.parametrize(("more", "verdict"), [("log=None", "guarded"), ("*further", "guarded")])
def test_what_answers_an_exception_is_given_that_alone(more: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_ANSWERED.format(more=more))

    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    with loaded(tmp_path) as app:
        assert refused_by_flask(app)["GET", "/d"]
    assert route.verdict == verdict


_MEASURED = """
import {package}
from flask import Flask, abort, jsonify, session

app = Flask(__name__, static_folder=None)

@app.get("/d")
def d():
    with {package}.{block}("asks"):
        if not session.get("user"): abort(401)
    return jsonify(found=1)
"""


@pytest.mark.parametrize(
    ("package", "block", "verdict"),
    [("elasticapm", "capture_span", "guarded"), ("ddtrace", "trace", "guarded"), ("elsewhere", "block", "unknown")],
)
def test_a_block_that_only_measures_lets_a_refusal_through(
    package: str, block: str, verdict: str, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text(_MEASURED.format(package=package, block=block))

    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert route.verdict == verdict


_DISPATCHED = """
from flask import Flask, jsonify, request
from flask.views import View
from flask_login import LoginManager, login_required

app = Flask(__name__, static_folder=None)
app.secret_key = "for tests"
LoginManager(app)


class Node(View):
    ids = []
    operations = {"obj": [{"get": "one"}, {"get": "all"}]}

    def __init__(self, **kwargs):
        self.operation = kwargs["operation"]

    def named(self, **kwargs):
        is_named = is_known = True
        for one in self.ids:
            if one["id"] not in kwargs:
                is_named = False
                break
        return is_known, is_named

    def dispatch_request(self, **kwargs):
        is_known, is_named = self.named(**kwargs)
        methods = self.operations[self.operation][0 if is_named else 1]
        return getattr(self, methods[request.method.lower()])(**kwargs)


class Casts(Node):
    ids = [{"type": "int", "id": "cid"}]

    @login_required
    def one(self, cid): return jsonify(cid)

    def all(self): return jsonify([])


app.add_url_rule("/casts/<int:cid>", view_func=Casts.as_view("one", operation="obj"), methods=["GET"])
app.add_url_rule("/casts", view_func=Casts.as_view("all", operation="obj"), methods=["GET"])
"""


def test_what_calls_nothing_and_looks_through_a_list_is_followed(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_DISPATCHED)

    found = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    with loaded(tmp_path) as app:
        told = refused_by_flask(app)
    assert (told["GET", "/casts/{cid}"], told["GET", "/casts"]) == (True, False)
    assert found == {"/casts/{cid}": "guarded", "/casts": "unguarded"}
