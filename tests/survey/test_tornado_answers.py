"""Handlers of Tornado that answer by helpers of their own: what those set is set, however they come to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import loaded

pytest.importorskip("tornado")

_SOURCE = """
import json

import tornado.web


def as_json(handler, payload, *, status=None):
    if status is not None:
        handler.set_status(status)
    handler.set_header("Content-Type", "application/json")
    handler.write(json.dumps(payload))


def refused(handler, why):
    handler.set_status(403)
    body = json.dumps({"error": why})
    handler.write(body)


def token_of(handler):
    given = handler.request.headers.get("Authorization")
    if not isinstance(given, str) or not given.startswith("Bearer "):
        return None
    return given[7:].strip() or None


class ByCookie:
    def authenticate(self, handler):
        found = handler.get_secure_cookie("session")
        if not found:
            return None
        return {"name": "somebody"}


class ByToken:
    def authenticate(self, handler):
        token = token_of(handler)
        if not token:
            return None
        return {"name": token}


class Either:
    def __init__(self, ways):
        self._ways = ways

    def authenticate(self, handler):
        for one in self._ways:
            user = one.authenticate(handler)
            if user is not None:
                return user
        return None


WAYS = Either([ByCookie(), ByToken()])


def authenticated(handler):
    return WAYS.authenticate(handler)


class Base(tornado.web.RequestHandler):
    def get_current_user(self):
        return authenticated(self)

    def prepare(self):
        self._must_change()

    def _must_change(self):
        user = getattr(self, "current_user", None)
        if not isinstance(user, dict) or not user.get("must_change"):
            return
        self.redirect("/change")

    def write(self, chunk):
        if isinstance(chunk, str) and chunk.lstrip().startswith("<"):
            chunk = {"text": chunk}
        super().write(chunk)


class Private(Base):
    @tornado.web.authenticated
    def get(self):
        self.write("private")

    def post(self):
        if not self.current_user:
            as_json(self, {"error": "sign in"}, status=403)
            return
        as_json(self, {"ok": True})

    def put(self):
        if not self.current_user:
            refused(self, "sign in")
            return
        as_json(self, {"ok": True})


class Free(Base):
    def get(self):
        as_json(self, {"ok": True})

    def post(self):
        self.redirect("/elsewhere")

    def put(self):
        # Whoever it is, it is done.
        if not self.current_user:
            self.set_status(401)
        self.application.settings["done"].append(1)
        self.write("done")


def make():
    return tornado.web.Application(
        [(r"/private", Private), (r"/free", Free)], cookie_secret="x", login_url="/login", done=[]
    )
"""


def test_the_map_says_what_an_anonymous_caller_gets(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_SOURCE)

    rows = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes if one.method != "HEAD"}

    assert rows == {
        "GET /private": "guarded",
        "POST /private": "guarded",
        "PUT /private": "guarded",
        "GET /free": "unguarded",
        "POST /free": "unguarded",
        "PUT /free": "unguarded",
    }
    from tests.survey.running_tornado import is_refused

    with loaded(tmp_path, "app:make") as make:
        app = make()
        for row, verdict in rows.items():
            if row != "PUT /free":  # It says 401 when all is done.
                assert is_refused(app, *row.split()) == (verdict == "guarded"), row


_SHORT = """
from flask import Flask, redirect, request, session

app = Flask(__name__, static_folder=None)


def somebody():
    return session.get("user")


@app.before_request
def must_change():
    user = somebody()
    if {asks}:
        return None
    return redirect("/change")


@app.get("/things")
def things():
    return "things"
"""


@pytest.mark.parametrize(
    "asks",
    [
        "not isinstance(user, dict) or not user.get('must_change')",
        "not isinstance(user, (dict, list)) or not user.get('must_change')",
        "user is None or not user.get('must_change')",
    ],
)
def test_what_is_asked_of_somebody_is_not_asked_of_nobody(tmp_path: Path, asks: str) -> None:
    (tmp_path / "app.py").write_text(_SHORT.format(asks=asks))

    assert {one.verdict for one in draw(tmp_path).map.routes} == {"unguarded"}


def test_an_operand_that_may_not_be_come_to_ends_nothing_for_sure(tmp_path: Path) -> None:
    asks = "request.args.get('quick') or not user.get('must_change')"
    (tmp_path / "app.py").write_text(_SHORT.format(asks=asks))

    assert {one.verdict for one in draw(tmp_path).map.routes} != {"guarded"}
