import sqlite3
from functools import wraps

from flask import Flask, abort, jsonify, session

app = Flask(__name__)


def database():
    return sqlite3.connect("shop.db")


def signed_in(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if "user" not in session:
            abort(401)
        return view(*args, **kwargs)

    return inner


def administrator(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if not session.get("is_admin"):
            abort(403)
        return view(*args, **kwargs)

    return inner


def holds_admin_key(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if session.get("admin_key_of") is None:
            abort(401)
        return view(*args, **kwargs)

    return inner


@app.get("/orders")
@signed_in
def orders():
    return jsonify(database().execute("SELECT id FROM orders").fetchall())


@app.get("/admin/users")  # expect: admin-exposed
@signed_in
def users():
    return jsonify(database().execute("SELECT name FROM users").fetchall())


@app.post("/users/<int:user_id>/ban")  # expect: admin-exposed
@signed_in
def admin_ban(user_id):
    database().execute("UPDATE users SET banned = 1 WHERE id = ?", (user_id,))
    return "", 204


@app.get("/admin/orders")
@administrator
def all_orders():
    return jsonify(database().execute("SELECT id FROM orders").fetchall())


# Whose key it is, the database knows; the guard says for whom it is.
@app.get("/admin/keys")
@holds_admin_key
def keys():
    return jsonify(database().execute("SELECT name FROM users").fetchall())


@app.get("/admin/stats")
@signed_in
@administrator
def stats():
    return jsonify(database().execute("SELECT count(*) FROM orders").fetchone())


# The entrance is open to those who are not in yet.
@app.post("/admin/login")
def admin_login():
    return "", 204


@app.post("/admin/password_reset")
def admin_forgot():
    return "", 204


@app.post("/admin/users/<int:user_id>/reset_password")  # expect: admin-exposed
@signed_in
def admin_reset(user_id):
    database().execute("UPDATE users SET password = '' WHERE id = ?", (user_id,))
    return "", 204


# Where one may be asked by mail.
@app.get("/administrators-of-the-world")
@signed_in
def about():
    return "a book"
