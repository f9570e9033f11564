"""None that an object has because nobody was found: what asks for something of it fails, unless code foresees that."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import loaded

pytest.importorskip("tornado")

_SOURCE = """
import json
import types

import tornado.web

PAGES = types.SimpleNamespace(title="x")


class Checks:
    def is_admin(self):
        return self.user.name in self.application.settings["admins"]

    def must_be_admin(self):
        if not self.is_admin():
            self.refuse(403)


class Base(tornado.web.RequestHandler, Checks):
    def refuse(self, status):
        self.set_status(status)
        raise tornado.web.Finish(json.dumps({"ok": False}))

    def prepare(self):
        found = self.get_secure_cookie("who")
        if found is not None and found != b"":
            self.user = types.SimpleNamespace(name=found.decode())
        else:
            self.user = None
        self.page = None


class OfAdmins(Base):
    def get(self):
        self.must_be_admin()
        self.write("admins")


class Named(Base):
    def get(self):
        self.write(self.user.name)


class Foreseen(Base):
    def get(self):
        try:
            name = self.user.name
        except AttributeError:
            name = "guest"
        self.write(name)


class WithDefault(Base):
    def get(self):
        self.write(getattr(self.user, "name", "guest"))


class Asked(Base):
    def get(self):
        self.write(self.user.name if self.user else "guest")


class Replaced(Base):
    def get(self):
        if self.user is None:
            self.user = types.SimpleNamespace(name="guest")
        self.write(self.user.name)


def fill(handler):
    for name in ("page",):
        setattr(handler, name, PAGES)


class Filled(Base):
    def get(self):
        fill(self)
        self.write(self.page.title)


def make():
    handlers = [
        ("/of-admins", OfAdmins),
        ("/named", Named),
        ("/foreseen", Foreseen),
        ("/with-default", WithDefault),
        ("/asked", Asked),
        ("/replaced", Replaced),
        ("/filled", Filled),
    ]
    return tornado.web.Application(handlers, cookie_secret="x", admins=["ana"])
"""


def test_what_is_asked_of_nobody_fails(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_SOURCE)

    rows = {one.path: one.verdict for one in draw(tmp_path).map.routes}

    assert rows == {
        "/of-admins": "guarded",
        "/named": "guarded",
        "/foreseen": "unguarded",
        "/with-default": "unguarded",
        "/asked": "unguarded",
        "/replaced": "unguarded",
        "/filled": "unguarded",
    }
    from tests.survey.running_tornado import status_of

    with loaded(tmp_path, "app:make") as make:
        app = make()
        for path, verdict in rows.items():
            assert (status_of(app, "GET", path) >= 400) == (verdict == "guarded"), path
