"""What stands around routes, may ask who calls, and is not followed: the map says unknown, and never open."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_FLASK = """
from functools import wraps

from flask import Flask, abort, request
{head}

app = {made}(__name__, static_folder=None)

@app.get("/a")
def a():
    return "x"

{tail}
"""
_GATE = """
class Gate:
    def __init__(self, inner):
        self.inner = inner

    def __call__(self, environ, start_response):
        if {asks}:
            start_response("401 Unauthorized", [])
            return [b"no"]
        return self.inner(environ, start_response)

class Trace:
    def __init__(self, inner):
        self.inner = inner

    def __call__(self, environ, start_response):
        return self.inner(environ, start_response)
"""
_LOCKED = """
def locked(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if not request.headers.get("X-Key"): abort(401)
        return view(*args, **kwargs)
    return inner
"""
_SUBCLASS = """
class Shop(Flask):
    def dispatch_request(self):
        {asks}
        return super().dispatch_request()
"""
_API = """
from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.routing import APIRoute

class Signed(APIRoute):
    def get_route_handler(self):
        original = super().get_route_handler()

        async def handler(request):
            {asks}
            return await original(request)

        return handler

router = APIRouter(route_class=Signed)

@router.get("/a")
async def a():
    return "x"

app = FastAPI()
app.include_router(router)
"""
_WAYS = {
    "a gate around the application": (
        _FLASK.format(
            head=_GATE.format(asks="not environ.get('HTTP_X_KEY')"), made="Flask",
            tail="app.wsgi_app = Trace(Gate(app.wsgi_app))",
        ),
        "unknown",
    ),
    "something around the application that refuses nobody": (
        _FLASK.format(head=_GATE.format(asks="False"), made="Flask", tail="app.wsgi_app = Trace(app.wsgi_app)"),
        "unguarded",
    ),
    "views that are put in the place of all": (
        _FLASK.format(
            head=_LOCKED, made="Flask",
            tail="for name, view in list(app.view_functions.items()):\n    app.view_functions[name] = locked(view)",
        ),
        "unknown",
    ),
    "a view that is put in the place of another": (
        _FLASK.format(head=_LOCKED, made="Flask", tail='app.view_functions["b"] = locked(a)'), "unguarded",
    ),
    "an application that dispatches by itself": (
        _FLASK.format(
            head=_SUBCLASS.format(asks='if not request.headers.get("X-Key"): abort(401)'), made="Shop", tail=""
        ),
        "unknown",
    ),
    "an application that counts what it dispatches": (
        _FLASK.format(head=_SUBCLASS.format(asks="self.count = 1"), made="Shop", tail=""), "unguarded",
    ),
    "routes that are made by a class that asks": (
        _API.format(asks='if "x-key" not in request.headers: raise HTTPException(401)'), "unknown",
    ),
    "routes that are made by a class that asks nobody": (_API.format(asks="print(request.url)"), "unguarded"),
}  # fmt: skip


@pytest.mark.parametrize("way", sorted(_WAYS))
def test_what_is_not_followed_leaves_it_unknown(tmp_path: Path, way: str) -> None:
    source, expected = _WAYS[way]
    (tmp_path / "main.py").write_text(source)

    (found,) = [one for one in draw(tmp_path).map.routes if one.method == "GET" and one.path == "/a"]

    assert found.verdict == expected, found.because


def test_decorators_that_a_namespace_gets_later_are_around_its_resources(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "from flask import Flask, request\nfrom flask_restx import Api, Namespace, Resource, abort\n" + _LOCKED.replace(
            "def locked", "from functools import wraps\n\ndef locked"
        ) + """
app = Flask(__name__)
api = Api(app)
orders = Namespace("orders")
orders.decorators = [locked]
api.add_namespace(orders)

@orders.route("/<key>")
class Order(Resource):
    def get(self, key):
        return key
"""
    )  # fmt: skip

    (found,) = [one for one in draw(tmp_path).map.routes if one.method == "GET" and "{key}" in one.path]

    assert found.verdict == "guarded"
