"""What packages do to a caller that stand beside a framework, as their descriptions have it.

The expected answers are what these applications gave an anonymous caller when they ran with the packages, but for
FastAPI-JWT-Auth, Quart-Auth, authlib, keys of Django REST framework and decorators against forged forms, which were
read in their source.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

# The pages of a model, with the methods of each.
_PAGES = {
    **dict.fromkeys(("", "details/", "export/{export_type}/", "ajax/lookup/"), ("GET",)),
    **dict.fromkeys(("new/", "edit/"), ("GET", "POST")),
    **dict.fromkeys(("delete/", "action/", "ajax/update/"), ("POST",)),
}
_APPLICATIONS = {
    "fastapi_users": (
        """
import uuid
from fastapi import Depends, FastAPI
from fastapi_users import FastAPIUsers
from shop.users import Read, User, Write, backend, manager

users = FastAPIUsers[User, uuid.UUID](manager, [backend])
signed_in = users.current_user(active=True)
app = FastAPI()
app.include_router(users.get_auth_router(backend), prefix="/auth")
app.include_router(users.get_register_router(Read, Write), prefix="/auth")
app.include_router(users.get_reset_password_router(), prefix="/auth")
app.include_router(users.get_users_router(Read, Write), prefix="/users")

@app.get("/mine")
def mine(user: User = Depends(signed_in)): return user

@app.get("/perhaps")
def perhaps(user: User = Depends(users.current_user(optional=True))): return user

@app.get("/all", dependencies=[Depends(users.current_user(superuser=True))])
def every(): return []
""",
        {"POST /auth/logout", "GET /users/me", "PATCH /users/me", "GET /users/{id}", "PATCH /users/{id}",
         "DELETE /users/{id}", "GET /mine", "GET /all"},
        {"POST /auth/login", "POST /auth/register", "POST /auth/forgot-password", "POST /auth/reset-password",
         "GET /perhaps"},
    ),
    "fastapi_login": (
        """
from fastapi import Depends, FastAPI
from fastapi_login import LoginManager

app = FastAPI()
manager = LoginManager("of the tests", token_url="/token")

@manager.user_loader()
def load(email): return None

@app.get("/mine")
def mine(user=Depends(manager)): return user

@app.get("/perhaps")
def perhaps(user=Depends(manager.optional)): return user
""",
        {"GET /mine"},
        {"GET /perhaps"},
    ),
    "fastapi_jwt_auth": (
        """
from fastapi import Depends, FastAPI
from fastapi_jwt_auth import AuthJWT

app = FastAPI()

@app.get("/mine")
def mine(authorize: AuthJWT = Depends()):
    authorize.jwt_required()
    return authorize.get_jwt_subject()

@app.post("/again")
def again(authorize: AuthJWT = Depends()):
    authorize.jwt_refresh_token_required()
    return authorize.create_access_token(subject=authorize.get_jwt_subject())

@app.get("/perhaps")
def perhaps(authorize: AuthJWT = Depends()):
    authorize.jwt_optional()
    return authorize.get_jwt_subject()

@app.post("/login")
def login(authorize: AuthJWT = Depends()):
    return authorize.create_access_token(subject="somebody")
""",
        {"GET /mine", "POST /again"},
        {"GET /perhaps", "POST /login"},
    ),
    "quart_auth": (
        """
from quart import Quart, redirect, url_for
from quart_auth import AuthUser, QuartAuth, basic_auth_required, current_user, login_required, login_user

app = Quart(__name__, static_folder=None)
QuartAuth(app)

@app.route("/mine")
@login_required
async def mine(): return "mine"

@app.route("/metrics")
@basic_auth_required()
async def metrics(): return "metrics"

@app.route("/inside")
async def inside():
    if not await current_user.is_authenticated:
        return redirect(url_for("login"))
    return "inside"

@app.route("/hello")
async def hello(): return f"hello {current_user.auth_id}"

@app.route("/login", methods=["POST"])
async def login():
    login_user(AuthUser("somebody"))
    return "welcome"
""",
        {"GET /mine", "GET /metrics", "GET /inside"},
        {"GET /hello", "POST /login"},
    ),
    "authlib": (
        """
from authlib.integrations.starlette_client import OAuth
from fastapi import FastAPI, Request

app = FastAPI()

class SignIn:
    def __init__(self):
        self.client = None
        if names.get("shop"):
            self.client = OAuth().register("shop")

    async def login(self, request: Request):
        return await self.client.authorize_redirect(request, "/authorize")

    async def authorize(self, request: Request):
        return {"token": await self.client.authorize_access_token(request)}

names = {"shop": input()}
sign_in = SignIn()
app.add_api_route("/login", sign_in.login, methods=["GET"])
app.add_api_route("/authorize", sign_in.authorize, methods=["GET"])
""",
        set(),
        {"GET /login", "GET /authorize"},
    ),
    "apiflask": (
        """
from apiflask import APIBlueprint, APIFlask, HTTPTokenAuth, Schema
from apiflask.views import MethodView

app = APIFlask(__name__, static_folder=None)
auth = HTTPTokenAuth()
pets = APIBlueprint("pets", __name__, url_prefix="/pets")

class Pet(Schema): pass

@pets.get("/")
@pets.output(Pet(many=True))
def every(): return []

@pets.post("/")
@app.input(Pet)
@pets.auth_required(auth)
def add(json_data): return json_data

@pets.route("/<int:pet_id>")
class One(MethodView):
    decorators = [pets.auth_required(auth)]
    def get(self, pet_id): return {}
    def delete(self, pet_id): return {}

class Two(MethodView):
    @app.auth_required(auth)
    @app.output(Pet)
    def put(self, pet_id): return {}
    def patch(self, pet_id): return {}

app.add_url_rule("/two/<int:pet_id>", view_func=Two.as_view("two"))
app.register_blueprint(pets)
""",
        {"POST /pets/", "GET /pets/{pet_id}", "DELETE /pets/{pet_id}", "PUT /two/{pet_id}"},
        {"GET /pets/", "PATCH /two/{pet_id}"},
    ),
    "flask_smorest": (
        """
from flask import Flask
from flask.views import MethodView
from flask_jwt_extended import jwt_required
from flask import session
from flask_smorest import Api, Blueprint, abort
from marshmallow import Schema
from werkzeug.exceptions import HTTPException

app = Flask(__name__, static_folder=None)
api = Api(app)
pets = Blueprint("pets", "pets", url_prefix="/pets")

@app.errorhandler(HTTPException)
def answer(error):
    if error.response is not None: return error.response
    return api.handle_http_exception(error)

class Pet(Schema): pass

@pets.route("/")
class Pets(MethodView):
    @pets.response(200, Pet(many=True))
    def get(self): return []
    @jwt_required()
    @pets.arguments(Pet)
    def post(self, found): return found

@pets.route("/plain", methods=["POST"])
@pets.arguments(Pet)
def plain(found): return found

@pets.route("/mine")
def mine():
    if "user" not in session: abort(401, message="who are you")
    return {}

api.register_blueprint(pets)
""",
        {"POST /pets/", "GET /pets/mine"},
        {"GET /pets/", "POST /pets/plain"},
    ),
    "flask_apispec": (
        """
from flask import Flask, abort, session
from flask_apispec import doc, marshal_with, use_kwargs
from flask_apispec.views import MethodResource
from marshmallow import Schema

app = Flask(__name__, static_folder=None)

class Order(Schema): pass

def asks(function):
    def inner(*args, **kwargs):
        if "user" not in session: abort(401)
        return function(*args, **kwargs)
    return inner

class Orders(MethodResource):
    @doc(description="all", tags=["orders"])
    @asks
    @marshal_with(Order(many=True))
    def get(self): return []

    @asks
    @use_kwargs(Order, location="json")
    def post(self, **found): return found

    @marshal_with(Order)
    def put(self): return {}

app.add_url_rule("/orders", view_func=Orders.as_view("orders"))

@app.get("/plain")
@doc(tags=["plain"])
@marshal_with(Order)
def plain(): return {}
""",
        {"GET /orders", "POST /orders"},
        {"PUT /orders", "GET /plain"},
    ),
    "flask_user": (
        """
from flask import Flask
from flask_user import allow_unconfirmed_email, login_required, roles_accepted, roles_required

app = Flask(__name__, static_folder=None)

@app.get("/plain")
def plain(): return "plain"

@app.get("/in")
@login_required
def signed_in(): return "in"

@app.get("/early")
@allow_unconfirmed_email
def early(): return "early"

@app.get("/one")
@roles_accepted("writer", "editor")
def one(): return "one"

@app.get("/all")
@roles_required("writer", "editor")
def every(): return "all"
""",
        {"GET /in", "GET /early", "GET /one", "GET /all"},
        {"GET /plain"},
    ),
    "flask_openapi3": (
        """
from flask_login import login_required
from flask_openapi3 import APIBlueprint, OpenAPI
from shop.models import Book, Place

app = OpenAPI(__name__, static_folder=None)
books = APIBlueprint("books", __name__, url_prefix="/api")

@books.get("/book")
def every(query: Book): return {}

@books.post("/book")
@login_required
def add(body: Book): return {}

@app.delete("/book/<int:bid>")
@login_required
def remove(path: Place): return {}

app.register_api(books)
""",
        {"POST /api/book", "DELETE /book/{bid}"},
        {"GET /api/book"},
    ),
    "flask_praetorian": (
        """
import flask
import flask_praetorian

app = flask.Flask(__name__, static_folder=None)

@app.route("/a")
@flask_praetorian.auth_required
def a(): return ""

@app.route("/b")
@flask_praetorian.roles_required("admin")
def b(): return ""

@app.route("/c")
@flask_praetorian.roles_accepted("admin", "clerk")
def c(): return ""

@app.route("/d")
@flask_praetorian.auth_accepted
def d(): return ""
""",
        {"GET /a", "GET /b", "GET /c"},
        {"GET /d"},
    ),
    "flask_basicauth": (
        """
from flask import Flask
from flask_basicauth import BasicAuth

app = Flask(__name__, static_folder=None)
basic = BasicAuth(app)

@app.route("/mine")
@basic.required
def mine(): return ""

@app.route("/")
def home(): return ""
""",
        {"GET /mine"},
        {"GET /"},
    ),
    "flask_basicauth, for everything": (
        """
from flask import Flask
from flask_basicauth import BasicAuth

app = Flask(__name__, static_folder=None)
app.config["BASIC_AUTH_FORCE"] = True
basic = BasicAuth(app)

@app.route("/")
def home(): return ""
""",
        {"GET /"},
        set(),
    ),
    "flask_admin": (
        """
from flask import Flask, redirect
from flask_admin import Admin, AdminIndexView, BaseView, expose
from flask_admin.contrib.sqla import ModelView
from flask_login import LoginManager, current_user
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__, static_folder=None)
LoginManager(app)
db = SQLAlchemy(app)

class Order(db.Model):
    id = db.Column(db.Integer, primary_key=True)

class Bill(db.Model):
    id = db.Column(db.Integer, primary_key=True)

class Checked(ModelView):
    def is_accessible(self):
        return current_user.is_authenticated
    def inaccessible_callback(self, name, **kwargs):
        return redirect("/login")

class Reports(BaseView):
    @expose("/")
    def index(self): return "all"
    @expose("/<int:number>", methods=["GET", "POST"])
    def one(self, number): return "one"

class Home(AdminIndexView):
    @expose("/")
    def index(self):
        if not current_user.is_authenticated:
            return redirect("/login")
        return "home"

admin = Admin(app, name="shop", index_view=Home())
admin.add_view(Checked(Order, db.session))
admin.add_view(ModelView(Bill, db.session, category="money", endpoint="bills"))
admin.add_view(Reports(name="Reports", endpoint="reports"))
""",
        {"GET /admin/", *(f"{row} /admin/order/{page}" for page, rows in _PAGES.items() for row in rows)},
        {"GET /admin/reports/", "GET /admin/reports/{number}",
         "POST /admin/reports/{number}",
         *(f"{row} /admin/bills/{page}" for page, rows in _PAGES.items() for row in rows)},
    ),
    "flask_admin, made ready later": (
        """
from flask import Flask
from flask_admin import Admin, AdminIndexView, BaseView, expose
from flask_login import LoginManager, current_user

class Checked:
    def is_accessible(self): return current_user.is_authenticated

class Home(Checked, AdminIndexView): pass

class Reports(Checked, BaseView):
    @expose("/")
    def index(self): return "all"

class Careless(BaseView):
    def is_visible(self): return current_user.is_authenticated
    @expose("/")
    def index(self): return "all"

admin = Admin(index_view=Home(url="/backstage"))
admin.add_view(Reports(url="reports"))
admin.add_view(Careless(url="/careless"))

def create_app():
    app = Flask(__name__, static_folder=None)
    LoginManager(app)
    admin.init_app(app)
    return app
""",
        {"GET /backstage/", "GET /backstage/reports/"},
        {"GET /careless/"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("package", _APPLICATIONS)
def test_each_route_is_as_open_as_its_package_makes_it(package: str, tmp_path: Path) -> None:
    source, guarded, unguarded = _APPLICATIONS[package]
    (tmp_path / "main.py").write_text(source)

    routes = [one for one in draw(tmp_path).map.routes if one.origin == "source" and one.method != "HEAD"]

    told = {f"{one.method} {one.path}": one.verdict for one in routes}
    assert {**dict.fromkeys(guarded, "guarded"), **dict.fromkeys(unguarded, "unguarded")} == told


def test_a_key_of_django_rest_framework_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text("ROOT_URLCONF = 'urls'\nINSTALLED_APPS = ['rest_framework']\n")
    (tmp_path / "urls.py").write_text(
        """
from django.urls import path
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.views import APIView
from rest_framework_api_key.permissions import HasAPIKey

class Key(APIView):
    permission_classes = [HasAPIKey]
    def get(self, request): return None

class Either(APIView):
    permission_classes = [HasAPIKey | IsAuthenticated]
    def get(self, request): return None

class Anybody(APIView):
    permission_classes = [HasAPIKey | AllowAny]
    def get(self, request): return None

urlpatterns = [path("key/", Key.as_view()), path("either/", Either.as_view()), path("any/", Anybody.as_view())]
"""
    )

    told = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert {"/key/": "guarded", "/either/": "guarded", "/any/": "unguarded"} == told


@pytest.mark.parametrize(("name", "verdict"), [("csrf_protect", "unguarded"), ("protect_pages", "unknown")])
def test_a_decorator_against_forged_forms_leaves_no_doubt_about_who_may_call(
    name: str, verdict: str, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text(
        f"""
from starlette.applications import Starlette
from starlette.routing import Route
from starlette_forms import {name}

@{name}
async def page(request): return None

app = Starlette(routes=[Route("/", page, methods=["GET", "POST"])])
"""
    )

    assert {verdict} == {one.verdict for one in draw(tmp_path).map.routes}


_CALLED_INSTEAD = """
import wrapt
from decorator import decorate, decorator
from flask import Flask, abort, session

app = Flask(__name__, static_folder=None)


@decorator
def logged(function, *args, **kwargs):
    return function(*args, **kwargs)


@decorator
def signed_in(function, *args, **kwargs):
    if "user" not in session:
        abort(401)
    return function(*args, **kwargs)


@wrapt.decorator
def counted(wrapped, instance, args, kwargs):
    return wrapped(*args, **kwargs)


@wrapt.decorator
def asked(wrapped, instance, args, kwargs):
    if "user" not in session:
        abort(401)
    return wrapped(*args, **kwargs)


def _ask(function, *args, **kwargs):
    if "user" not in session:
        abort(401)
    return function(*args, **kwargs)


def by_hand(function):
    return decorate(function, _ask)


"""


@pytest.mark.parametrize(
    ("mark", "verdict"),
    [
        ("logged", "unguarded"), ("counted", "unguarded"), ("signed_in", "guarded"), ("asked", "guarded"),
        ("by_hand", "guarded"), ("logged\n@asked", "guarded"), ("counted\n@logged", "unguarded"),
    ],
)  # fmt: skip
def test_a_function_that_is_called_in_the_place_of_another_is_followed(mark: str, verdict: str, tmp_path: Path) -> None:
    view = f"@app.get('/orders/<int:number>')\n@{mark}\ndef order(number):\n    return str(number)\n"
    (tmp_path / "main.py").write_text(_CALLED_INSTEAD + view)

    routes = [one for one in draw(tmp_path).map.routes if one.method == "GET"]

    assert [(one.path, one.handler, one.verdict) for one in routes] == [("/orders/{number}", "main:order", verdict)]
