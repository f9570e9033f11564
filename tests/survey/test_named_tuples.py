"""Tables of routes whose rows are tuples with names; and functions that look at a request by `flask.request`."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import loaded
from tests.survey.running_flask import refused_by_flask, served_by_flask

_HEAD = """
import collections
from collections import namedtuple
from typing import Any, NamedTuple

from flask import Flask

app = Flask(__name__, static_folder=None)


def first(): return "1"
def second(): return "2"


def added(path, view, methods=("GET",)):
    app.add_url_rule(path, path.strip("/"), view_func=view, methods=list(methods))


Row = namedtuple("Row", "path, view")
Long = collections.namedtuple("Long", ["path", "view", "methods"], defaults=[("POST",)])


class Typed(NamedTuple):
    path: str
    view: Any
    methods: tuple = ("PUT",)

    @property
    def below(self):
        return "/below" + self.path


"""


@pytest.mark.parametrize(
    "code",
    [
        'for row in [Row("/a", first), Row(path="/b", view=second)]: added(row.path, row.view)',
        'for path, view in (Row("/a", first), Row(view=second, path="/b")): added(path, view)',
        'for row in [Row("/a", first)]: added(row[0], row[1])',
        'for row in [Long("/a", first), Long("/b", second, ("GET", "DELETE"))]: added(row.path, row.view, row.methods)',
        'for row in [Typed("/a", first), Typed(path="/b", view=second)]: added(row.below, row.view, row.methods)',
        'for path, view, methods in [Typed("/a", first, ("GET",))]: added(path, view, methods)',
        'for row in [Typed("/a", first)]: added(row[0], row[1], row[2])',
        'for row in [Row("/a", first)._replace(path="/c")]: added("/a", first)',
    ],
)
def test_rows_with_names_are_routes(code: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_HEAD + code)

    found = {(one.method, one.path) for one in draw(tmp_path).map.routes}

    with loaded(tmp_path) as app:
        assert served_by_flask(app) == found


_ASKED = """
import flask
from flask import Flask

app = Flask(__name__, static_folder=None)
app.secret_key = "for tests"


class NobodyError(Exception):
    code = 401


class Guard:
    @staticmethod
    def found():
        return flask.{of}

    @classmethod
    def check(cls):
        if cls.found() is None: raise NobodyError("who are you")


@app.get("/d")
def d():
    Guard.check()
    return "d"
"""


@pytest.mark.parametrize(
    ("of", "verdict"),
    [
        ('request.headers.get("Authorization")', "guarded"),
        ('session.get("user")', "guarded"),
        ('request.environ.get("shop.context")', "unknown"),
        ('request.environ.get("wsgi.input")', "unguarded"),
    ],
)
def test_what_looks_at_the_request_by_its_package_is_followed(of: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_ASKED.format(of=of))

    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    with loaded(tmp_path) as app:
        assert refused_by_flask(app)["GET", "/d"] == (verdict != "unguarded")
    assert route.verdict == verdict


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('f"{root}/one"', "/one"),
        ('"%s/one" % root', "/one"),
        ('"%s/one/%s" % (root, "a")', "/one/a"),
        ('"{}/one/{}".format(root, "a")', "/one/a"),
        ('"{0}/one".format(root)', "/one"),
        ('"{root}/one/{x}".format(root=root, x="b")', "/one/b"),
        ('"/x/%s/one" % root', "/x/{root}/one"),
        ('"{}/one/{}".format(root, root)', "/one/{root}"),
    ],
)
def test_of_a_path_that_begins_with_what_is_not_known_the_end_is(text: str, path: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(f"""
from flask import Flask
from settings import root

app = Flask(__name__, static_folder=None)

@app.get({text})
def one(): return "1"
""")

    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert route.path == path
    assert (route.verdict == "unknown") == (not path)
