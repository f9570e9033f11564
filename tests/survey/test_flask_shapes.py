"""Shapes of Flask that a generator met: each is right on its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import loaded
from tests.survey.running_flask import refused_by_flask, served_by_flask

_HEAD = """
from functools import wraps

from flask import Blueprint, Flask, Response, abort, current_app, g, jsonify, make_response, request, session
from flask.views import MethodView, View
from flask_login import LoginManager, current_user, login_required

app = Flask(__name__)
app.secret_key = "for tests"
login_manager = LoginManager(app)


@login_manager.user_loader
def load(user_id):
    return None


def counted(name):
    def decorate(f):
        @wraps(f)
        def inner(*args, **kwargs):
            found = f(*args, **kwargs)
            return found if isinstance(found, (Response, tuple)) else make_response(jsonify(found), 200)

        return inner

    return decorate


class Guard:
    def __init__(self, f):
        self.f = f
        self.__name__ = f.__name__

    def __call__(self, *args, **kwargs):
        if current_user.is_anonymous:
            return current_app.login_manager.unauthorized()
        return self.f(*args, **kwargs)

"""
_SHAPES = {
    "harmless decorators in a stack": """
        @app.get("/d")
        @counted("a")
        @counted("b")
        @counted("c")
        @counted("d")
        def d():
            if "user" not in session:
                abort(401)
            return "ok"
    """,
    "a lambda before requests": """
        app.before_request(lambda: None if session.get("user") else abort(401))
        app.add_url_rule("/d", view_func=lambda: "ok")
    """,
    "what `or` goes on to": """
        @app.get("/d")
        def d():
            session.get("user") or abort(403)
            return "ok"
    """,
    "a class as a decorator": """
        class D(View):
            methods = ["POST"]
            decorators = [Guard]

            def dispatch_request(self):
                return "ok"

        app.add_url_rule("/d", view_func=D.as_view("d"))
    """,
    "a decorator around a class of methods": """
        class D(MethodView):
            def put(self):
                return "ok"

        app.add_url_rule("/d", view_func=login_required(counted("a")(D.as_view("d"))))
    """,
    "HEAD by the method for GET": """
        class D(MethodView):
            @login_required
            def get(self):
                return "ok"

        app.add_url_rule("/d", view_func=D.as_view("d"))
    """,
    "a table of what is at hand": """
        @app.before_request
        def load_user():
            g.user = session.get("user")

        @app.before_request
        def ask():
            if request.endpoint != "static" and g.get("user") is None:
                abort(403)

        app.add_url_rule("/d", view_func=lambda: "ok")
    """,
    "nobody stands there until somebody is found": """
        @app.before_request
        def load_user():
            g.user = None
            if session.get("user") is not None:
                g.user = {"name": session["user"]}

        @app.get("/d")
        def d():
            if g.user is None:
                return "no", 401
            return "ok"
    """,
    "what else stands there until something is found": """
        @app.before_request
        def load_colour():
            g.colour = None
            if request.args.get("colour"):
                g.colour = request.args["colour"]

        @app.get("/d")
        def d():
            if g.colour is None:
                return "plain"
            return "ok"
    """,
    "what is set is there, be it nothing": """
        @app.before_request
        def load_user():
            g.user = session.get("user")

        @app.get("/d")
        def d():
            if "user" not in g:
                abort(401)
            return "ok"
    """,
    "files behind what runs before requests": """
        @app.before_request
        def ask():
            if not session.get("user"):
                abort(401)
    """,
    "an error that says its status": """
        class Refused(Exception):
            status = 403

        @app.errorhandler(Refused)
        def refused(error):
            return jsonify(error="no"), error.status

        @app.get("/d")
        def d():
            if not session.get("user"):
                raise Refused()
            return "ok"
    """,
    "an exception of HTTP is its own answer": """
        from werkzeug.exceptions import HTTPException

        @app.errorhandler(HTTPException)
        def as_it_is(error):
            return error

        @app.get("/d")
        def d():
            if not session.get("user"):
                abort(401)
            return "ok"
    """,
    "a blueprint that registers others": """
        inner = Blueprint("inner", __name__, url_prefix="/inner")
        inner.add_url_rule("/d", view_func=login_required(lambda: "ok"))

        class Module(Blueprint):
            def register(self, app, options):
                super().register(app, options)
                app.register_blueprint(inner)

        app.register_blueprint(Module("outer", __name__))
    """,
    "a class that a blueprint of one's own makes a view of, guarded by a method that another class calls": """
        import inspect

        class Handler:
            def check(self):
                pass

            def process(self):
                self.check()
                return self.answer()

        class Closed(Handler):
            def check(self):
                if session.get("user") is None:
                    abort(403)

            def answer(self):
                return "closed"

        class Open(Handler):
            def answer(self):
                return "open"

        def view_of(found):
            if inspect.isclass(found):
                def view(**kwargs):
                    return found().process()
            elif callable(found):
                return found
            else:
                raise ValueError
            view.__name__ = found.__name__
            return view

        class Own(Blueprint):
            def add_url_rule(self, rule, endpoint=None, view_func=None, **options):
                super().add_url_rule("/own" + rule, endpoint, view_of(view_func), **options)

        own = Own("own", __name__, url_prefix="/x")
        own.add_url_rule("/closed", "closed", Closed)
        own.add_url_rule("/open", "open", Open)
        app.register_blueprint(own)
    """,
    "who is not signed in is answered by a function of the application": """
        @login_manager.unauthorized_handler
        def sign_in_first():
            return jsonify(error="sign in"), 401

        @app.get("/d")
        @login_required
        def d():
            return "ok"
    """,
    "who is not signed in is let in by a function of the application": """
        @login_manager.unauthorized_handler
        def welcome():
            return "a page for guests"

        @app.get("/d")
        @login_required
        def d():
            return "ok"
    """,
}


@pytest.mark.parametrize("shape", _SHAPES)
def test_map_says_what_an_anonymous_caller_gets(shape: str, tmp_path: Path) -> None:
    lines = _SHAPES[shape].splitlines()
    (tmp_path / "main.py").write_text(_HEAD + "\n".join(line.removeprefix(" " * 8) for line in lines) + "\n")

    drawn = {(route.method, route.path): route.verdict for route in draw(tmp_path).map.routes}

    with loaded(tmp_path) as app:
        assert served_by_flask(app) == drawn.keys()
        assert drawn == {key: "guarded" if value else "unguarded" for key, value in refused_by_flask(app).items()}


def test_who_stands_behind_a_proxy_is_asked_again_when_the_request_has_changed(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "from flask import Flask, abort, g, session\n"
        "from werkzeug.local import LocalProxy\n"
        "app = Flask(__name__, static_folder=None)\n"
        "app.secret_key = 'for tests'\n"
        "user = LocalProxy(lambda: g.get('user') or session.get('user'))\n"
        "@app.get('/guest')\n"
        "def guest():\n"
        "    if not user:\n"
        "        g.user = 'guest'\n"
        "    if not user:\n"
        "        abort(401)\n"
        "    return 'ok'\n"
        "@app.get('/d')\n"
        "def d():\n"
        "    if not user:\n"
        "        abort(401)\n"
        "    return 'ok'\n"
    )

    drawn = {route.path: route.verdict for route in draw(tmp_path).map.routes}

    with loaded(tmp_path) as app:
        refused = refused_by_flask(app)
    assert (refused["GET", "/guest"], refused["GET", "/d"]) == (False, True)
    assert drawn["/guest"] != "guarded"
    assert drawn["/d"] == "guarded"


def test_what_a_browser_asks_beforehand_is_let_pass_by_who_asks_for_a_credential(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("""
from flask import Flask, abort, session
from flask_httpauth import HTTPBasicAuth
from flask_jwt_extended import jwt_required
from flask_login import login_required

app = Flask(__name__, static_folder=None)
auth = HTTPBasicAuth()
both = ["GET", "OPTIONS"]


@app.route("/a", methods=both)
@login_required
def a():
    return "a"


@app.route("/b", methods=both)
@jwt_required()
def b():
    return "b"


@app.route("/c", methods=both)
@auth.login_required
def c():
    return "c"


@app.route("/d", methods=both)
def d():
    if not session.get("user"):
        abort(401)
    return "d"
""")

    found = {(one.method, one.path): one.verdict for one in draw(tmp_path).map.routes if one.method != "HEAD"}

    assert {path for (method, path), verdict in found.items() if verdict == "guarded" and method == "GET"} == {
        "/a", "/b", "/c", "/d",
    }  # fmt: skip
    assert {path for (method, path), verdict in found.items() if verdict == "guarded" and method == "OPTIONS"} == {"/d"}


@pytest.mark.parametrize(("name", "verdict"), [("check_access", "unknown"), ("inside", "unguarded")])
def test_who_asks_for_access_and_does_not_tell_how_leaves_open_whether_it_guards(
    name: str, verdict: str, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(f"""
from flask import Flask, current_app, jsonify

app = Flask(__name__)


def limited(function):
    def {name}(*arguments, **named):
        if current_app.managed.may(function.__name__):
            return function(*arguments, **named)
        return jsonify("no"), 403

    {name}.__name__ = function.__name__
    return {name}


@app.get("/one")
@limited
def one():
    return "x"
""")

    assert {one.verdict for one in draw(tmp_path).map.routes if one.path == "/one"} == {verdict}


@pytest.mark.parametrize(
    ("key", "verdict"), [("user_id", "guarded"), ("next_url", "unguarded"), ("oauth_state", "unguarded")]
)
def test_where_a_visitor_came_from_is_no_credential_though_a_session_keeps_it(
    key: str, verdict: str, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(
        f"""
from flask import Flask, redirect, session

app = Flask(__name__, static_folder=None)

@app.route("/done")
def done():
    session["seen"] = True
    return redirect(session["{key}"])
"""
    )

    assert {verdict} == {one.verdict for one in draw(tmp_path).map.routes}


def test_what_is_gone_through_of_a_text_of_which_only_the_end_is_known_is_anything(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        'import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n'
        'for one in os.environ["ROOT"] + "/x":\n'
        '    app.add_url_rule("%s/y" % one, view_func=lambda: "y")\n'
    )  # fmt: skip

    assert "/y" in {one.path for one in draw(tmp_path).map.routes}


@pytest.mark.parametrize(
    "asks",
    [
        "current_user.is_authenticated",
        "not current_user.is_anonymous",
        "current_user and current_user.is_active",
        "flask_login.current_user.is_authenticated",
    ],
)
def test_who_is_asked_before_every_request_is_asked_again_behind_it(asks: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(f"""
import flask_login
from flask import Flask, g
from flask_login import LoginManager, current_user, login_required

app = Flask(__name__, static_folder=None)
app.secret_key = "for tests"
manager = LoginManager(app)


@manager.user_loader
def load(user_id):
    return None


@app.before_request
def seen():
    if {asks}:
        current_user.last_seen = g.now = 1


@app.get("/one")
@login_required
def one():
    return "one"


@app.get("/two")
def two():
    if not current_user.is_authenticated:
        return "who are you?", 401
    return "two"


@app.get("/free")
def free():
    return "free"
""")

    rows = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert rows == {"/one": "guarded", "/two": "guarded", "/free": "unguarded"}
    with loaded(tmp_path) as app:
        refused = refused_by_flask(app)
        assert {path: refused["GET", path] for path in rows} == {"/one": True, "/two": True, "/free": False}


def test_decorators_of_a_list_stand_around_a_function_one_after_another(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("""
from functools import reduce

from flask import Flask
from flask_login import LoginManager, login_required

app = Flask(__name__, static_folder=None)
app.secret_key = "for tests"
manager = LoginManager(app)


def plain(view):
    return view


def around(view, decorators):
    return reduce(lambda found, decorator: decorator(found), decorators, view)


def one():
    return "one"


def two():
    return "two"


def three():
    return "three"


app.add_url_rule("/one", view_func=around(one, [plain, login_required]))
app.add_url_rule("/two", view_func=around(two, [plain]))
app.add_url_rule("/three", view_func=around(three, []))
""")

    rows = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert rows == {"/one": "guarded", "/two": "unguarded", "/three": "unguarded"}
