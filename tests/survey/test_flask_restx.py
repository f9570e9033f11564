"""Flask-RESTX: namespaces that an application makes of itself, what its objects refuse with, and who answers that."""

from __future__ import annotations

from pathlib import Path

from nomoat.survey.draw import draw

_SOURCE = """
from functools import wraps

from flask import Blueprint, Flask
from flask_login import current_user
from flask_restx import Api, Resource

blueprint = Blueprint("api", __name__, url_prefix="/api")

class Permission:
    pass

class ShopApi(Api):
    def __init__(self, app=None, **kwargs):
        super().__init__(app, **kwargs)

    def secure(self, given):
        if isinstance(given, str):
            return self._with(Permission())
        if isinstance(given, Permission):
            return self._with(given)
        return self._secured(given)

    def _with(self, permission):
        return lambda f: self._secured(f, permission)

    def _secured(self, f, permission=None):
        @wraps(f)
        def inner(*args, **kwargs):
            if not current_user.is_authenticated:
                self.abort(401)
            return f(*args, **kwargs)

        return inner

class Missing(Exception):
    pass

api = ShopApi(blueprint)
orders = api.namespace("orders", "What was ordered")
prices = api.namespace("prices", path="/cost")

@api.errorhandler(Missing)
def missing(error):
    return {"message": "none of that"}, 404

@orders.route("/<int:number>/")
class Order(Resource):
    def get(self, number): return {}

    @api.secure
    @api.doc("delete")
    @api.response(204, "gone")
    def delete(self, number): return "", 204

    @api.secure("admin")
    def put(self, number): return {}

@prices.route("/")
class Prices(Resource):
    def get(self): return []

    def post(self):
        if not current_user.is_authenticated:
            prices.abort(403, "members alone")
        return {}

app = Flask(__name__, static_folder=None)
app.register_blueprint(blueprint)
"""


def test_namespaces_are_placed_and_their_objects_refuse(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_SOURCE, encoding="utf-8")

    told = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes if one.method != "HEAD"}

    assert told == {
        "GET /api/orders/{number}/": "unguarded",
        "DELETE /api/orders/{number}/": "guarded",
        "PUT /api/orders/{number}/": "guarded",
        "GET /api/cost/": "unguarded",
        "POST /api/cost/": "guarded",
    }


_TOLD = """
from flask import Blueprint, Flask, abort, request, session
from flask_restx import Api, Namespace, Resource

orders = Namespace("orders", description="Orders")
things = Namespace("things", path="/all-things/")
rest = Namespace("rest", path="/")
pages = Blueprint("pages", __name__, url_prefix="/pages")


class Listed(Resource):
    def get(self):
        return []


orders.add_resource(Listed, "/")
things.add_resource(Listed, "/")
rest.add_resource(Listed, "/status")


@pages.get("/")
def page():
    return "page"


app = Flask(__name__, static_folder=None)
api = Api(app, prefix="/api", doc=False)
kept = [orders, things]
for namespace in [*kept, rest]:
    api.add_namespace(namespace)
app.register_blueprint(pages)


@app.before_request
def keep_out():
    own = any(request.path.startswith(f"/api{one.path}") for one in kept)
    if (own or request.path.startswith(pages.url_prefix)) and "user" not in session:
        abort(401)
"""


def test_namespaces_and_blueprints_tell_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_TOLD)

    found = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert found == {
        "/api/orders/": "guarded",
        "/api/all-things/": "guarded",
        "/api/status": "unguarded",
        "/pages/": "guarded",
    }
