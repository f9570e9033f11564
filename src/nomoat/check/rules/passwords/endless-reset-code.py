import sqlite3
from datetime import datetime, timedelta

from flask import Flask, abort, request
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String)
    password_hash = db.Column(db.String)
    reset_token = db.Column(db.String)
    reset_sent = db.Column(db.DateTime)

    def set_password(self, password):
        self.password_hash = make(password)


def make(password):
    return password[::-1]


@app.post("/reset")
def reset():
    user = User.query.filter_by(email=request.form["email"]).first_or_404()
    if user.reset_token != request.form["code"]:  # expect: endless-reset-code
        abort(400)
    user.set_password(request.form["password"])
    db.session.commit()
    return "", 204


@app.post("/reset/by-code")
def reset_by_code():
    user = User.query.filter_by(reset_token=request.form["code"]).first_or_404()  # expect: endless-reset-code
    user.password_hash = make(request.form["password"])
    db.session.commit()
    return "", 204


@app.post("/reset/once")
def reset_once():
    user = User.query.filter_by(reset_token=request.form["code"]).first_or_404()
    user.set_password(request.form["password"])
    user.reset_token = None
    db.session.commit()
    return "", 204


@app.post("/reset/soon")
def reset_soon():
    user = User.query.filter_by(reset_token=request.form["code"]).first_or_404()
    if user.reset_sent < datetime.utcnow() - timedelta(minutes=20):
        abort(400)
    user.set_password(request.form["password"])
    db.session.commit()
    return "", 204


def run(sql, *values):
    return sqlite3.connect("shop.db").execute(sql, values)


@app.post("/forgot/row")
def reset_of_a_row():
    user = run("SELECT * FROM users WHERE email = ?", request.form["email"]).fetchone()
    if user is None or user["reset_code"] != request.form["code"]:  # expect: endless-reset-code
        abort(400)
    run("UPDATE users SET password = ? WHERE id = ?", make(request.form["password"]), user["id"])
    return "", 204


@app.post("/forgot/statement")
def reset_by_a_statement():
    new = make(request.form["password"])
    run("UPDATE users SET password = ? WHERE reset_code = ?", new, request.form["code"])  # expect: endless-reset-code
    return "", 204


@app.post("/forgot/statement/once")
def reset_once_by_a_statement():
    new = make(request.form["password"])
    run("UPDATE users SET password = ?, reset_code = NULL WHERE reset_code = ?", new, request.form["code"])
    return "", 204


@app.post("/forgot/row/once")
def reset_of_a_row_once():
    user = run("SELECT * FROM users WHERE reset_code = ?", request.form["code"]).fetchone()
    run("DELETE FROM codes WHERE user = ?", user["id"])
    run("UPDATE users SET password = ? WHERE id = ?", make(request.form["password"]), user["id"])
    return "", 204


@app.post("/name")
def rename():
    run("UPDATE users SET name = ? WHERE reset_code = ?", request.form["name"], request.form["code"])
    return "", 204
