"""Flask-Classful: the paths that it makes of names and parameters, and what is asked before its methods.

The paths are those that the package registered when it ran.
"""

from __future__ import annotations

from pathlib import Path

from nomoat.survey.draw import draw

_SOURCE = """
import flask
from flask import Blueprint, Flask, abort, session
from flask_classful import FlaskView, method, route

app = Flask(__name__, static_folder=None)
orders = Blueprint("orders", __name__)

def signed_in(f):
    def inner(*args, **kwargs):
        if "user" not in session:
            abort(401)
        return f(*args, **kwargs)

    return inner

class Base(FlaskView):
    route_prefix = "/v3/"
    trailing_slash = False

    @classmethod
    def register(cls, app, *args, **kwargs):
        super().register(app, *args, **kwargs)

    @classmethod
    def made(cls): return cls()

    def _own(self): return None

class OrderItemsView(Base):
    def index(self): return "all"
    def get(self, number: int, way="full"): return "one"
    @method("POST")
    def send(self, number): return "sent"
    def before_send(self, number):
        if "user" not in session:
            abort(403)
    @route("/<int:number>/again/", methods=["PUT"])
    @route("/<int:number>/twice/", methods=["PUT"])
    def again(self, number): return "again"

class Desk(FlaskView):
    route_base = "/desk/<where>/"
    base_args = ["where"]
    decorators = [signed_in]
    excluded_methods = ["kept"]

    def get(self, where, number): return "one"
    def post(self, where): return "made"
    def open_now(self, where): return "now"
    def kept(self): return "no route"

class Public(FlaskView):
    def before_request(self, name, **kwargs):
        if name != "index" and "user" not in session:
            return abort(401)

    def index(self): return "all"
    def delete(self, number): return "gone"

OrderItemsView.register(orders)
Desk.register(app)
Public.register(app, route_base="/everybody")
app.register_blueprint(orders, url_prefix="/_api")
"""


def _told(folder: Path, source: str) -> dict[str, str]:
    (folder / "app.py").write_text(source, encoding="utf-8")
    return {f"{one.method} {one.path}": one.verdict for one in draw(folder).map.routes if one.method != "HEAD"}


def test_methods_are_routes_at_paths_of_their_names_and_parameters(tmp_path: Path) -> None:
    assert _told(tmp_path, _SOURCE) == {
        "GET /_api/v3/order-items": "unguarded",
        "GET /_api/v3/order-items/{number}": "unguarded",
        "POST /_api/v3/order-items/send/{number}": "guarded",
        "PUT /_api/v3/order-items/{number}/again/": "unguarded",
        "PUT /_api/v3/order-items/{number}/twice/": "unguarded",
        "GET /desk/{where}/{number}/": "guarded",
        "POST /desk/{where}/": "guarded",
        "GET /desk/{where}/open_now/": "guarded",
        "GET /everybody/": "unguarded",
        "DELETE /everybody/{number}/": "guarded",
    }


_BY_ENDPOINT = """

@app.before_request
def sign_in():
    view = app.view_functions.get(flask.request.endpoint)
    if "user" not in session and not getattr(view, "is_public", False):
        abort(401)

@app.get("/health")
def health(): return "ok"
health.is_public = True

@app.get("/prices")
def prices(): return "ok"

@app.get("/sign-in")
def enter(): return "ok"
app.view_functions["enter"].is_public = True
app.view_functions["Public:index"].is_public = True
"""


def test_what_is_said_of_a_function_that_answers_is_found_by_its_endpoint(tmp_path: Path) -> None:
    told = _told(tmp_path, _SOURCE + _BY_ENDPOINT)

    assert {one for one, verdict in told.items() if verdict == "unguarded"} == {
        "GET /health", "GET /sign-in", "GET /everybody/"}  # fmt: skip
    assert {verdict for one, verdict in told.items()} == {"guarded", "unguarded"}
