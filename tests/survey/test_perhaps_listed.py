"""A list of names of which some may not be there: what each of them adds is there, or may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_PART = """
import tornado.web


class Page(tornado.web.RequestHandler):
    @tornado.web.authenticated
    def get(self):
        self.write("page")


def handlers(before=()):
    return [*before, ("/NAME", Page)]
"""
_SERVER = """
import os

import tornado.web


def added(names):
    found = []
    for name in names:
        found.extend(__import__(name, fromlist=["handlers"]).handlers())
    return found


def handed_on(names):
    found = []
    for name in names:
        found = getattr(__import__(name, fromlist=["handlers"]), "handlers")(found)
    return found


def make():
    names = ["orders", "people"]
    if os.environ.get("DEBUG", ""):
        names.HOW
    return tornado.web.Application(LOAD(names))


app = make()
"""


@pytest.mark.parametrize("load", ["added", "handed_on"])
@pytest.mark.parametrize("how", ['append("debug")', 'insert(0, "debug")'])
def test_every_name_is_gone_through(how: str, load: str, tmp_path: Path) -> None:
    for name in ("orders", "people", "debug"):
        (tmp_path / f"{name}.py").write_text(_PART.replace("NAME", name))
    (tmp_path / "app.py").write_text(_SERVER.replace("HOW", how).replace("LOAD", load))

    drawn = draw(tmp_path).map

    assert {one.path: one.verdict for one in drawn.routes} == {
        "/orders": "guarded",
        "/people": "guarded",
        "/debug": "guarded",
    }
    assert not drawn.not_read
