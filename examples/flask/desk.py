"""A help desk in Flask: people sign in with a session and see their own tickets; support sees all."""

from __future__ import annotations

import os
import secrets

from flask import Flask, Request, abort, request, session
from werkzeug.security import check_password_hash, generate_password_hash

from nomoat import guard
from nomoat.guard import Identity

#: One password for all of them: it is an example. Without one nobody can sign in.
_PASSWORD = generate_password_hash(os.environ.get("DESK_PASSWORD") or secrets.token_hex())
PEOPLE = {
    "ana": {"role": "customer", "password": _PASSWORD},
    "ben": {"role": "customer", "password": _PASSWORD},
    "kim": {"role": "support", "password": _PASSWORD},
}
TICKETS = {
    1: {"id": 1, "owner": "ana", "text": "the lamp is dark"},
    2: {"id": 2, "owner": "ben", "text": "the door squeaks"},
}


def who(request: Request) -> Identity | None:
    """Who calls, by the session that signing in left."""
    name = session.get("name")
    return Identity(f"user:local/{name}", roles=(PEOPLE[name]["role"],)) if name in PEOPLE else None


app = Flask(__name__, static_folder=None)
app.secret_key = os.environ.get("DESK_SECRET") or secrets.token_hex()
guard.protect(app, mode="enforce", identity=who)


@app.post("/login")
def sign_in() -> dict[str, str]:
    """Signs in; how often it may be tried stands in nomoat.yaml."""
    form = request.get_json()
    person = PEOPLE.get(str(form.get("name")))
    if person is None or not check_password_hash(person["password"], str(form.get("password"))):
        abort(401)
    session.clear()
    session["name"] = form["name"]
    return {"hello": form["name"]}


@app.get("/tickets")
@guard.requires("tickets:list")
def tickets() -> list[dict[str, object]]:
    """Those that the caller may read."""
    return guard.only("tickets:read", TICKETS.values(), owner="owner")


@app.get("/tickets/<int:number>")
@guard.requires("tickets:read")
def ticket(number: int) -> dict[str, object]:
    """One of them."""
    found = TICKETS.get(number) or abort(404)
    guard.require("tickets:read", owner=found["owner"])
    return found


@app.post("/tickets/<int:number>/close")
@guard.requires("tickets:close")
def close(number: int) -> dict[str, object]:
    """Closes one; support may."""
    found = TICKETS.get(number) or abort(404)
    found["closed"] = True
    return found
