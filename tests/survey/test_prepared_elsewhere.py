"""Handlers of Tornado whose `prepare` sends somebody elsewhere by what is asked for, before it asks who is calling."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
from tornado.web import Application, HTTPError, RequestHandler, authenticated

from shop import cached, note


class Base(RequestHandler):
    def get_current_user(self):
        return self.get_secure_cookie("user")


class Page(Base):
    def prepare(self):
{prepare}

{mark}    def get(self):
        self.write("1")


app = Application([("/page", Page)])
"""
_ASKS = """
        if not self.current_user:
            raise HTTPError(403)
"""
_HTTPS = """
        if self.request.protocol == "http":
            self.redirect("https://shop.example" + self.request.uri)
            return
"""
_UNREADY = """
        if not self.application.ready:
            return self.redirect("/setup")
"""
_CACHED = """
        if cached(self.request.path):
            self.write("the whole page")
            self.finish()
            return
"""
_WORKS = """
        if self.request.protocol == "http":
            note(self.request.path)
            self.write(open("page").read())
            self.finish()
            return
"""


def _verdict(tmp_path: Path, prepare: str, mark: str = "") -> str:
    (tmp_path / "app.py").write_text(_HEAD.format(prepare=prepare, mark=mark))
    (route,) = draw(tmp_path).map.routes
    return str(route.verdict)


@pytest.mark.parametrize("first", [_HTTPS, _UNREADY])
def test_who_is_sent_elsewhere_first_comes_no_nearer(tmp_path: Path, first: str) -> None:
    assert "guarded" == _verdict(tmp_path, first + _ASKS)
    assert "guarded" == _verdict(tmp_path, first, "    @authenticated\n")


@pytest.mark.parametrize("first", [_HTTPS, _UNREADY])
def test_where_nobody_asks_afterwards_it_is_open(tmp_path: Path, first: str) -> None:
    assert "unguarded" == _verdict(tmp_path, first)


@pytest.mark.parametrize("first", [_CACHED, _WORKS])
def test_what_answers_itself_before_it_asks_is_not_surely_guarded(tmp_path: Path, first: str) -> None:
    assert "guarded" != _verdict(tmp_path, first + _ASKS)
