"""What a package offers at its top is the same where it is defined: `flask_login.utils.login_required`."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_LOGIN = """
from flask import Flask
from flask_login.login_manager import LoginManager
from flask_login.utils import current_app, current_user, login_required

app = Flask(__name__, static_folder=None)
manager = LoginManager()
manager.init_app(app)

@app.get("/d")
@login_required
def d(): return "d"

@app.get("/e")
def e():
    if not current_user.is_authenticated: return current_app.login_manager.unauthorized()
    return "e"

@app.get("/open")
def shown(): return "open"
"""
_TOKENS = """
from flask import Flask
from flask_jwt_extended.utils import get_jwt_identity
from flask_jwt_extended.view_decorators import jwt_required, verify_jwt_in_request

app = Flask(__name__, static_folder=None)

@app.get("/d")
@jwt_required()
def d(): return get_jwt_identity()

@app.get("/e")
def e():
    verify_jwt_in_request()
    return "e"

@app.get("/open")
@jwt_required(optional=True)
def shown(): return "open"
"""
_RESOURCES = """
from flask import Flask
from flask_login import login_required
from flask_restx.api import Api
from flask_restx.namespace import Namespace
from flask_restx.resource import Resource

app = Flask(__name__, static_folder=None)
api = Api(app, doc=False, add_specs=False)
below = Namespace("below", path="/")
api.add_namespace(below)

class Kept(Resource):
    method_decorators = [login_required]

@below.route("/d")
class D(Kept):
    def get(self): return "d"

@api.route("/e")
class E(Kept):
    def get(self): return "e"

@api.route("/open")
class Open(Resource):
    def get(self): return "open"
"""
_SMOREST = """
from flask import Flask
from flask_jwt_extended import jwt_required
from flask_smorest import Api
from flask_smorest.blueprint import Blueprint
from marshmallow import Schema

app = Flask(__name__, static_folder=None)
api = Api(app)

class Part(Blueprint):
    def sort(self): return lambda function: function

part = Part("part", __name__, url_prefix="")

class Row(Schema): pass

@part.get("/d")
@part.sort()
@part.response(200, Row)
@jwt_required()
def d(): return {}

@part.get("/e")
@part.arguments(Row, location="query")
@jwt_required()
def e(given): return {}

@part.get("/open")
@part.paginate()
def shown(): return {}

api.register_blueprint(part)
"""


@pytest.mark.parametrize("code", [_LOGIN, _TOKENS, _RESOURCES, _SMOREST])
def test_the_same_is_found_where_a_package_defines_it(code: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(code)

    found = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert found == {"/d": "guarded", "/e": "guarded", "/open": "unguarded"}


_RULES = """
from flask import Flask, abort, request, session

app = Flask(__name__, static_folder=None)
app.secret_key = "for tests"


@app.before_request
def asks():
    if {test}: return None
    if not session.get("user"): abort(401)


@app.get("/sign-in")
def sign_in(): return "sign in"

@app.get("/orders/<int:order_id>")
def order(order_id): return "order"
"""


@pytest.mark.parametrize(
    "test",
    [
        'str(request.url_rule) == "/sign-in"',
        'request.url_rule.rule == "/sign-in"',
        'request.url_rule.rule.startswith("/sign")',
        'request.url_rule.endpoint == "sign_in"',
        'request.url_rule.endpoint in ("sign_in", "static")',
    ],
)
def test_the_rule_of_a_request_is_that_of_the_route(test: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_RULES.format(test=test))

    found = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert found == {"/sign-in": "unguarded", "/orders/{order_id}": "guarded"}


_ARGUMENTS = """
from flask import Flask, abort
from flask.views import MethodView
from flask_smorest import Api, Blueprint
from marshmallow import Schema

app = Flask(__name__, static_folder=None)
api = Api(app)
part = Blueprint("part", __name__)

class Given(Schema): pass

def user_of(token):
    if not token: abort(401)
    return token

@part.route("/class")
class Orders(MethodView):
    @part.response(200, Given)
    @part.arguments(Given, location="query")
    def get(self, args): return {"user": user_of(args["token"])}

@part.get("/headers")
@part.arguments(Given, location="headers")
def headers(args): return {"user": user_of(args.get("X-Api-Key"))}

@part.get("/page")
@part.arguments(Given, location="query")
def page(args): return {"page": args["page"]}

@part.get("/body")
@part.arguments(Given)
def body(args):
    if not args["token"]: abort(401)
    return {}

@part.get("/by-name/<int:key>")
@part.arguments(Given, location="query", as_kwargs=True)
def by_name(key, page): return {"page": page}

api.register_blueprint(part)
"""


def test_what_a_blueprint_reads_of_a_request_is_given_to_the_handler(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_ARGUMENTS)

    found = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert found == {"/class": "guarded", "/headers": "guarded", "/page": "unguarded", "/body": "unguarded",
                     "/by-name/{key}": "unguarded"}  # fmt: skip
