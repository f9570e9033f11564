import hmac
import os
import sqlite3
from functools import wraps

from flask import Flask, abort, jsonify, request, session
from rest_framework.permissions import BasePermission
from tornado.web import RequestHandler

app = Flask(__name__)


def database():
    return sqlite3.connect("shop.db")


@app.get("/reports")  # expect: forgeable-identity
def reports():
    if request.cookies.get("role") != "admin":
        abort(403)
    return jsonify(database().execute("SELECT * FROM reports").fetchall())


@app.delete("/reports/<int:report_id>")  # expect: forgeable-identity
def delete_report(report_id):
    is_admin = request.headers.get("X-Admin", "").lower()
    if is_admin == "true":
        database().execute("DELETE FROM reports WHERE id = ?", (report_id,))
        return "", 204
    return jsonify(error="not yours"), 403


@app.post("/reports")  # expect: forgeable-identity
def create_report():
    data = request.get_json()
    if data.get("role") not in ("admin", "editor"):
        return jsonify(error="not yours"), 403
    database().execute("INSERT INTO reports (text) VALUES (?)", (data["text"],))
    return "", 201


@app.get("/me")  # expect: forgeable-identity
def me():
    row = database().execute("SELECT * FROM users WHERE id = ?", request.cookies.get("user_id"))
    return jsonify(row)


# The session is signed.
@app.get("/reports/all")
def all_reports():
    if session.get("role") != "admin":
        abort(403)
    return jsonify(database().execute("SELECT * FROM reports").fetchall())


# A filter of what is listed, not of who lists it.
@app.get("/people")
def people():
    if "user" not in session:
        abort(401)
    wanted = "SELECT name FROM users"
    if request.args.get("role") == "admin":
        wanted = "SELECT name FROM users WHERE role = 'admin'"
    return jsonify(database().execute(wanted).fetchall())


# What the cookie says is looked up by a secret.
@app.get("/orders")
def orders():
    user = verified(request.cookies.get("user"))
    if user is None:
        abort(401)
    return jsonify(database().execute("SELECT * FROM orders WHERE owner = ?", (user,)).fetchall())


def verified(cookie):
    return database().execute("SELECT user FROM sessions WHERE secret = ?", (cookie,)).fetchone()


def only_curators(view):
    def asked(*args, **kwargs):
        if request.cookies.get("is_admin") != "1":
            abort(403)
        return view(*args, **kwargs)

    asked.__name__ = view.__name__
    return asked


def only_from_here(view):
    def asked(*args, **kwargs):
        if request.headers.get("X-Forwarded-For", "127.0.0.1") != "127.0.0.1":
            abort(403)
        return view(*args, **kwargs)

    asked.__name__ = view.__name__
    return asked


def only_those_who_say_so(view):
    def asked(*args, **kwargs):
        if request.headers.get("X-Internal") != "true":
            abort(403)
        return view(*args, **kwargs)

    asked.__name__ = view.__name__
    return asked


def only_in_words(view):
    def asked(*args, **kwargs):
        if request.headers.get("Accept-Language") not in ("en", "de"):
            abort(406)
        return view(*args, **kwargs)

    asked.__name__ = view.__name__
    return asked


@app.delete("/paintings/<int:painting_id>")  # expect: forgeable-identity
@only_curators
def take_down(painting_id):
    database().execute("DELETE FROM paintings WHERE id = ?", (painting_id,))
    return "", 204


@app.post("/paintings/clean")  # expect: forgeable-identity
@only_from_here
def clean():
    database().execute("DELETE FROM paintings WHERE old")
    return "", 204


@app.post("/paintings/count")  # expect: forgeable-identity
@only_those_who_say_so
def count():
    database().execute("UPDATE paintings SET counted = 1")
    return "", 204


@app.get("/paintings")
@only_in_words
def paintings():
    return jsonify(database().execute("SELECT title FROM paintings").fetchall())


class SaysAdministrator(BasePermission):
    def has_permission(self, request, view):
        return request.data.get("role") == "admin"  # expect: forgeable-identity


class SaysInternal(BasePermission):
    def has_permission(self, request, view):
        return request.headers.get("X-Internal") == "true"  # expect: forgeable-identity


class IsAdministrator(BasePermission):
    def has_permission(self, request, view):
        return request.user.role == "admin"


class SaysAndIsAdministrator(BasePermission):
    def has_permission(self, request, view):
        return request.user.is_staff and request.data.get("role") == "admin"


class Page(RequestHandler):
    def get_current_user(self):
        return self.get_cookie("user")  # expect: forgeable-identity


class SignedPage(RequestHandler):
    def get_current_user(self):
        return self.get_secure_cookie("user")


def sends_a_key(view):
    @wraps(view)
    def inner(*given, **named):
        if not request.headers.get("X-Api-Key"):  # expect: forgeable-identity
            abort(401)
        return view(*given, **named)

    return inner


def sends_the_key(view):
    @wraps(view)
    def inner(*given, **named):
        if not request.headers.get("X-Api-Key"):
            abort(401)
        if not hmac.compare_digest(request.headers["X-Api-Key"], os.environ["KEY"]):
            abort(401)
        return view(*given, **named)

    return inner


@app.delete("/paintings/<int:number>/key")
@sends_a_key
def remove_with_any_key(number):
    database().execute("DELETE FROM paintings WHERE id = ?", (number,))
    return "", 204


@app.delete("/paintings/<int:number>/the-key")
@sends_the_key
def remove_with_the_key(number):
    database().execute("DELETE FROM paintings WHERE id = ?", (number,))
    return "", 204


@app.delete("/paintings/<int:number>/cookie")
def remove_with_any_cookie(number):
    if "session_token" not in request.cookies:  # expect: forgeable-identity
        abort(401)
    database().execute("DELETE FROM paintings WHERE id = ?", (number,))
    return "", 204


@app.delete("/paintings/<int:number>/token")
def remove_with_a_token(number):
    token = request.headers.get("Authorization")
    if token is None:
        abort(401)
    if owner_of(token) is None:
        abort(403)
    database().execute("DELETE FROM paintings WHERE id = ?", (number,))
    return "", 204


# The proxy before it has asked.
@app.delete("/paintings/<int:number>/proxy")
def remove_behind_a_proxy(number):
    if not request.headers.get("X-Forwarded-User"):
        abort(401)
    database().execute("DELETE FROM paintings WHERE id = ?", (number,))
    return "", 204


class HasAnyKey(BasePermission):
    def has_permission(self, request, view):
        key = request.headers.get("X-Api-Key")
        return key is not None  # expect: forgeable-identity


class HasKey(BasePermission):
    def has_permission(self, request, view):
        key = request.headers.get("X-Api-Key")
        return key is not None and hmac.compare_digest(key, os.environ["KEY"])


class HasKeyOfSomebody(BasePermission):
    def has_permission(self, request, view):
        request.owner = owner_of(request.headers.get("X-Api-Key"))
        return request.owner is not None


def owner_of(token):
    return database().execute("SELECT owner FROM keys WHERE token = ?", (token,)).fetchone()
