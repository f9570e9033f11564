"""Connections of Tornado whose class answers other methods as well: a proxy takes whatever comes under its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import loaded

pytest.importorskip("tornado")

_SOURCE = """
import tornado.web
from tornado.websocket import WebSocketHandler


class Base(WebSocketHandler):
    def get_current_user(self):
        return self.get_secure_cookie("who")

    def check_xsrf_cookie(self):
        pass


class Proxy(Base):
    async def prepare(self):
        if self.request.method == "GET" and self.request.headers.get("Upgrade", "").lower() == "websocket":
            if not self.current_user:
                raise tornado.web.HTTPError(403)
        else:
            tornado.web.authenticated(lambda handler: None)(self)

    def open(self, path):
        self.write_message(path)

    def post(self, path):
        self.write(path)

    def delete(self, path):
        self.write(path)


class AsksOnOpening(Base):
    def open(self, path):
        if not self.current_user:
            self.close()
            return
        self.write_message(path)

    # Whoever posts does not open it.
    def post(self, path):
        self.write(path)


class AsksOnPosting(Base):
    def open(self, path):
        self.write_message(path)

    @tornado.web.authenticated
    def post(self, path):
        self.write(path)


class Plain(Base):
    def on_message(self, message):
        self.write_message(message)


def make():
    handlers = [("/proxy/(.*)", Proxy), ("/opening/(.*)", AsksOnOpening), ("/posting/(.*)", AsksOnPosting)]
    return tornado.web.Application([*handlers, ("/plain", Plain)], cookie_secret="x", login_url="/login")
"""


def test_a_class_of_connections_answers_what_it_has_methods_for(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_SOURCE)

    rows = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes}

    assert rows == {
        "WS /proxy/{arg0}": "guarded",
        "POST /proxy/{arg0}": "guarded",
        "DELETE /proxy/{arg0}": "guarded",
        "WS /opening/{arg0}": "guarded",
        "POST /opening/{arg0}": "unguarded",
        "WS /posting/{arg0}": "unguarded",
        "POST /posting/{arg0}": "guarded",
        "WS /plain": "unguarded",
    }
    from tests.survey.running_tornado import is_refused

    with loaded(tmp_path, "app:make") as make:
        app = make()
        for row, verdict in rows.items():
            method, path = row.split()

            assert is_refused(app, method, path.replace("{arg0}", "x")) == (verdict == "guarded"), row
