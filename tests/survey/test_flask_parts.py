"""Parts of an application that register one another, and classes whose operations are a table, as Flask serves them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import loaded
from tests.survey.running_flask import refused_by_flask, served_by_flask

_HEAD = '''
from functools import wraps

import flask
from flask import Blueprint, Flask, abort
from flask.views import View
from flask_login import LoginManager, login_required

app = Flask(__name__, static_folder=None)
app.secret_key = "for tests"
login_manager = LoginManager(app)


@login_manager.user_loader
def load(user_id):
    return None


class Part(Blueprint):
    """A blueprint under its own name, which registers the parts below it."""

    def __init__(self, name, import_name, **kwargs):
        kwargs.setdefault("url_prefix", "/" + name)
        self.parts = []
        super().__init__(name, import_name, **kwargs)

    def register(self, app, options):
        self.parts = list(dict.fromkeys(self.parts))
        super().register(app, options)
        for part in self.parts:
            if app.blueprints.get(part.name) is None:
                app.register_blueprint(part)


class Node(Part):
    kind = ""

    def __init__(self, import_name, **kwargs):
        kwargs.setdefault("url_prefix", self.path)
        super().__init__("node-%s" % self.kind, import_name, **kwargs)

    @property
    def path(self):
        return "/nodes/" + self.kind


class Table(View):
    """Which method answers, a table tells by the operation and by whether the object is named."""

    operations = dict({
        "obj": [{"get": "one", "put": "change"}, {"get": "all", "post": "make"}],
        "sql": [{"get": "sql"}],
        "wal": [{}, {}, {"get": "wal"}],
    })
    ids = []

    def __init__(self, **kwargs):
        self.operation = kwargs["operation"]

    def dispatch_request(self, *args, **kwargs):
        method = flask.request.method.lower()
        if method == "head":
            method = "get"
        is_named = True
        for one in self.ids:
            if one["id"] not in kwargs:
                is_named = False
                break
        if is_named:
            name = self.operations[self.operation][0][method]
        elif method in self.operations[self.operation][1]:
            name = self.operations[self.operation][1][method]
        else:
            name = self.operations[self.operation][2][method]
        return getattr(self, name)(*args, **kwargs)

    @classmethod
    def add_to(cls, part):
        named = "/"
        for one in cls.ids:
            named += "<{0}:{1}>".format(one["type"], one["id"])
        for operation in cls.operations:
            place = 0
            for methods in cls.operations[operation]:
                listed = []
                for method in methods:
                    listed.append(method.upper())
                if len(listed) > 0:
                    part.add_url_rule(
                        "/{0}{1}".format(operation, named if place == 0 else "/" if place == 1 else ""),
                        view_func=cls.as_view("{0}{1}".format(operation, place), operation=operation),
                        methods=listed,
                    )
                place += 1

'''
_SHAPES = {
    "parts within parts within parts, each found by the one above": """
        class Outer(Part):
            def register(self, app, options):
                self.parts.append(inner)
                super().register(app, options)

        class Inner(Part):
            def register(self, app, options):
                self.parts.append(innermost)
                self.parts.append(inner)
                super().register(app, options)

        outer, inner, innermost = Outer("outer", __name__), Inner("inner", __name__), Part("innermost", __name__)

        @outer.route("/")
        @login_required
        def first():
            return "x"

        @inner.get("/x")
        def second():
            return "x"

        @innermost.post("/y")
        @login_required
        def third():
            return "x"

        app.register_blueprint(outer)
    """,
    "a prefix that a property of the class gives": """
        class Orders(Node):
            kind = "orders"

        orders = Orders(__name__)

        @orders.get("/<int:key>")
        @login_required
        def read(key):
            return "x"

        @orders.get("/")
        def everything():
            return "x"

        app.register_blueprint(orders)
    """,
    "a table of operations, some of which ask": """
        class Orders(Node):
            kind = "orders"

        class OrderTable(Table):
            ids = [{"type": "int", "id": "key"}]

            @login_required
            def one(self, key):
                return "x"

            def change(self, key):
                return "x"

            def all(self):
                return "x"

            @login_required
            def make(self):
                return "x"

            def sql(self, key):
                return "x"

            @login_required
            def wal(self):
                return "x"

        orders = Orders(__name__)
        OrderTable.add_to(orders)
        app.register_blueprint(orders)
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


def test_application_that_many_commands_make_is_judged_once(tmp_path: Path) -> None:
    commands = "\n".join(f"def command{number}():\n    app = make()\n    return app.name\n" for number in range(30))
    (tmp_path / "main.py").write_text(
        "from flask import Flask\n"
        "def make():\n"
        "    app = Flask(__name__, static_folder=None)\n"
        "    @app.get('/x')\n"
        "    def x():\n"
        "        return 'x'\n"
        "    return app\n" + commands
    )

    routes = draw(tmp_path).map.routes

    assert ["GET", "HEAD"] == sorted(route.method for route in routes)


_CHOSEN = """
from flask import Flask, request
from flask.views import View
from flask_login import login_required

app = Flask(__name__, static_folder=None)
NAMES = {"get": "read"}


class Orders(View):
    def dispatch_request(self):
        return getattr(self, %s)()

    @login_required
    def read(self):
        return "x"

    def write(self):
        return "x"


%s


app.add_url_rule("/orders", view_func=Orders.as_view("orders"), methods=["GET"])
"""


@pytest.mark.parametrize(
    ("name", "more", "expected"),
    [
        ('"read"', "", "guarded"),
        ('"write"', "", "unguarded"),
        ('NAMES["get"]', "", "guarded"),
        ('request.args["name"]', "", "unknown"),
        ('NAMES["get"]', 'def change():\n    NAMES["get"] = request.args["name"]', "unknown"),
        ('NAMES["get"]', 'def row():\n    row = {}\n    row["get"] = 1\n    return row', "guarded"),
        ('NAMES["get"]', 'def row(row):\n    row["get"] = "write"\n    return row', "unknown"),
    ],
)
def test_method_that_is_chosen_by_a_name_asks_where_the_name_is_known(
    name: str, more: str, expected: str, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text(_CHOSEN % (name, more))

    assert {expected} == {route.verdict for route in draw(tmp_path).map.routes}


def test_methods_are_those_of_the_newest_python(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        """
import enum
import sys

from flask import Flask
from flask.views import MethodView

if sys.version_info >= (3, 11):
    from http import HTTPMethod
else:
    class HTTPMethod(str, enum.Enum):
        GET = "GET"
        POST = "POST"

app = Flask(__name__, static_folder=None)

class Orders(MethodView):
    def get(self): return []
    def post(self): return []

app.add_url_rule("/orders", view_func=Orders.as_view("orders"), methods=[HTTPMethod.POST.value])
"""
    )

    assert ["POST"] == [one.method for one in draw(tmp_path).map.routes]
