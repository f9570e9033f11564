"""What a Flask application that is made by chance begins with: guards of many shapes, beside what is none."""

HEAD = """
from functools import partial, wraps

from flask import (
    Blueprint, Flask, Response, abort, current_app, g, jsonify, make_response, redirect, request, session, url_for,
)
from flask.views import MethodView, View
from flask_jwt_extended import JWTManager, get_jwt_identity, jwt_required, verify_jwt_in_request
from flask_login import LoginManager, current_user, login_required
from flask_restful import Api, Resource
from werkzeug.exceptions import Forbidden, Unauthorized


class NotAllowed(Exception):
    pass


class Refused(Exception):
    status = 403


def deny(code=401):
    abort(code)


def is_signed_in():
    return bool(session.get("user_id"))


def plain(f):
    @wraps(f)
    def inner(*args, **kwargs):
        if "user_id" not in session:
            abort(401)
        return f(*args, **kwargs)

    return inner


def bare(f):
    def inner(*args, **kwargs):
        if not request.headers.get("Authorization"):
            return make_response(jsonify(error="no"), 401)
        return f(*args, **kwargs)

    inner.__name__ = f.__name__
    return inner


def role(name):
    def decorate(f):
        @wraps(f)
        def inner(*args, **kwargs):
            if session.get("role") != name:
                raise Forbidden()
            return f(*args, **kwargs)

        return inner

    return decorate


def flexible(f=None, *, code=401):
    def decorate(f):
        @wraps(f)
        def inner(*args, **kwargs):
            if not is_signed_in():
                deny(code)
            return f(*args, **kwargs)

        return inner

    return decorate(f) if f is not None else decorate


class Guard:
    def __init__(self, code=401):
        self.code = code

    def __call__(self, f):
        @wraps(f)
        def inner(*args, **kwargs):
            if g.get("user") is None:
                abort(self.code)
            return f(*args, **kwargs)

        return inner


class Auth:
    def required(self, f):
        @wraps(f)
        def inner(*args, **kwargs):
            key = request.headers.get("X-Api-Key")
            if key is None or key != current_app.config.get("API_KEY"):
                return make_response(jsonify(error="key"), 401)
            return f(*args, **kwargs)

        return inner

    def optional(self, f):
        @wraps(f)
        def inner(*args, **kwargs):
            g.key = request.headers.get("X-Api-Key")
            return f(*args, **kwargs)

        return inner


class wrapped:
    def __init__(self, f):
        self.f = f
        self.__name__ = f.__name__

    def __call__(self, *args, **kwargs):
        if not current_user.is_authenticated:
            return redirect(url_for("login"))
        return self.f(*args, **kwargs)


def checked(check, f):
    @wraps(f)
    def inner(*args, **kwargs):
        if not check():
            raise NotAllowed()
        return f(*args, **kwargs)

    return inner


signed = partial(checked, is_signed_in)
always = partial(checked, lambda: True)
auth = Auth()


def logged(f):
    @wraps(f)
    def inner(*args, **kwargs):
        current_app.logger.debug("called")
        return f(*args, **kwargs)

    return inner


def as_json(status=200):
    def decorate(f):
        @wraps(f)
        def inner(*args, **kwargs):
            found = f(*args, **kwargs)
            return found if isinstance(found, (Response, tuple)) else make_response(jsonify(found), status)

        return inner

    return decorate


def optional_token(f):
    @wraps(f)
    def inner(*args, **kwargs):
        verify_jwt_in_request(optional=True)
        return f(*args, **kwargs)

    return inner


def own_token(f):
    @wraps(f)
    def inner(*args, **kwargs):
        verify_jwt_in_request()
        return f(*args, **kwargs)

    return inner


def all_of(*decorators):
    def decorate(f):
        for one in reversed(decorators):
            f = one(f)
        return f

    return decorate


def routed(bp, rule, *guards, **options):
    def decorate(f):
        for guard in guards:
            f = guard(f)
        bp.add_url_rule(rule, endpoint=f.__name__, view_func=f, **options)
        return f

    return decorate


class Routes:
    def __init__(self, bp):
        self.bp = bp

    def add(self, rule, f, **options):
        self.bp.add_url_rule(rule, f.__name__, plain(f), **options)

    def open(self, rule, **options):
        return self.bp.route(rule, **options)


def nothing():
    return None


def ask():
    if not session.get("user_id"):
        return redirect("/login")


def ask_by_token():
    if request.method == "OPTIONS":
        return None
    verify_jwt_in_request()


def ask_unless_listed():
    if request.endpoint in ("login", "static") or request.path.startswith("/public"):
        return
    if g.get("user") is None:
        abort(403)


def ask_for_writing():
    if request.method in ("POST", "PUT", "PATCH", "DELETE") and not current_user.is_authenticated:
        return "no", 401


def note():
    g.seen = True


app = Flask(__name__{app_options})
app.secret_key = "for tests"
app.config["JWT_SECRET_KEY"] = "for tests, and long enough for them"
app.config["API_KEY"] = "for tests"
JWTManager(app)
login_manager = LoginManager(app)


@login_manager.user_loader
def load(user_id):
    return None


@app.before_request
def load_user():
    g.user = session.get("user")


@app.errorhandler(NotAllowed)
def not_allowed(error):
    return jsonify(error="no"), {status}


@app.errorhandler(Refused)
def refused(error):
    return jsonify(error="no"), error.status


@app.route("/login", methods=["GET", "POST"])
def login():
    return "sign in"


"""
