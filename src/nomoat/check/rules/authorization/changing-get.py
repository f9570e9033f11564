import sqlite3
from functools import wraps

from flask import Flask, abort, redirect, request, session

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


@app.route("/orders/<int:order_id>/delete")  # expect: changing-get
@signed_in
def delete(order_id):
    database().execute("DELETE FROM orders WHERE id = ? AND owner = ?", (order_id, session["user"]))
    return redirect("/orders")


@app.get("/transfer")  # expect: changing-get
@signed_in
def transfer():
    database().execute("UPDATE accounts SET balance = balance - ?", (request.args["amount"],))
    return "", 204


@app.post("/orders/<int:order_id>/cancel")
@signed_in
def cancel(order_id):
    database().execute("UPDATE orders SET state = 'cancelled' WHERE id = ?", (order_id,))
    return "", 204


# Reading writes a line about itself.
@app.get("/orders/new")
@signed_in
def new():
    database().execute("INSERT INTO visits (page) VALUES ('new')")
    return "a form"


# The handler tells the methods apart.
@app.route("/orders/create", methods=["GET", "POST"])
@signed_in
def create():
    if request.method == "POST":
        database().execute("INSERT INTO orders (owner) VALUES (?)", (session["user"],))
        return redirect("/orders")
    return "a form"


# A link that was mailed, with its proof.
@app.get("/mail/confirm/<token>")
def set_confirmed(token):
    database().execute("UPDATE users SET confirmed = 1 WHERE token = ?", (token,))
    return "thank you"


@app.get("/account/close")  # expect: changing-get
@signed_in
def close_account():
    database().execute("DELETE FROM accounts WHERE name = ?", (session["user"],))
    return redirect("/")


@app.get("/lessons/<int:lesson_id>/archive")  # expect: changing-get
@signed_in
def archive(lesson_id):
    database().execute("UPDATE lessons SET archived = 1 WHERE id = ?", (lesson_id,))
    return redirect("/")


# The word is no verb here: what people edit together is called an edit.
@app.get("/edits/<int:edit_id>")
@signed_in
def shown_edit(edit_id):
    database().execute("INSERT INTO states (name) VALUES ('open') ON CONFLICT DO NOTHING")
    return "an edit"


@app.get("/projects/open")
@signed_in
def running():
    database().execute("INSERT INTO states (name) VALUES ('open') ON CONFLICT DO NOTHING")
    return "the projects that are open"


@app.get("/projects/<int:project>/open")  # expect: changing-get
@signed_in
def opened(project):
    database().execute("UPDATE projects SET state = 'open' WHERE id = ? AND owner = ?", (project, session["user"]))
    return "", 204
