"""A handler that sends everybody to the page to sign in, behind what lets everybody pass when a setting says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
import functools

import tornado.web


class Settings:
    def __init__(self):
        self.asks = False

    def read(self, arguments):
        self.asks = bool(arguments.password)


settings = Settings()


def signed_in(method):
    @functools.wraps(method)
    def asking(self, *args, **kwargs):
        if not {test}:
            self.redirect("/login")
            return None
        return method(self, *args, **kwargs)

    return asking


def by_setting(handler):
    if settings.asks:
        return handler.get_secure_cookie("user") == b"yes"
    return True


def always(handler):
    return handler.get_secure_cookie("user") == b"yes"


class Leave(tornado.web.RequestHandler):
    @signed_in
    def get(self):
        self.clear_cookie("user")
        self.redirect("/login")


class Show(tornado.web.RequestHandler):
    @signed_in
    def get(self):
        self.write("x")


class Start(tornado.web.RequestHandler):
    def get(self):
        if by_setting(self):
            self.write("x")
            return
        self.redirect("/login")


app = tornado.web.Application([("/leave", Leave), ("/show", Show), ("/start", Start)])
"""


@pytest.mark.parametrize(("test", "verdict"), [("by_setting(self)", "unknown"), ("always(self)", "guarded")])
def test_who_was_let_pass_and_is_sent_away_then_was_not_refused(test: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_SOURCE.format(test=test))

    found = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert found == {"/leave": verdict, "/show": verdict, "/start": "unknown"}
