import sqlite3

from flask import Flask, abort, request, session
from werkzeug.security import check_password_hash

app = Flask(__name__)


@app.post("/login")  # expect: unlimited-login
def login():
    row = sqlite3.connect("shop.db").execute(
        "SELECT id, password FROM users WHERE name = ?", (request.form["name"],)
    ).fetchone()
    if row is None or not check_password_hash(row[1], request.form["password"]):
        abort(401)
    session["user"] = row[0]
    return "", 204


@app.post("/orders")
def order():
    if "user" not in session:
        abort(401)
    return "", 201


@app.get("/orders")
def orders():
    if "user" not in session:
        abort(401)
    return "", 200
