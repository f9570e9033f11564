"""Applications that are a class of the tree and that nothing which is read makes: a script without an ending does."""

from __future__ import annotations

from pathlib import Path

from nomoat.survey.draw import draw

_SOURCE = """
import tornado.web


class Orders(tornado.web.RequestHandler):
    @tornado.web.authenticated
    def get(self):
        self.write("orders")


class Home(tornado.web.RequestHandler):
    def get(self):
        self.write("home")


class Base(tornado.web.Application):
    def __init__(self, handlers, **settings):
        super().__init__([("/", Home), *handlers], login_url="/login", cookie_secret="seed", **settings)


class Shop(Base):
    def __init__(self, name="shop"):
        Base.__init__(self, [("/orders", Orders)])
"""


def _found(root: Path) -> list[tuple[str, str]]:
    return sorted((one.path, one.verdict) for one in draw(root).map.routes if one.method == "GET")


def test_what_nobody_makes_is_made(tmp_path: Path) -> None:
    (tmp_path / "web.py").write_text(_SOURCE)
    (tmp_path / "serve").write_text("#!/usr/bin/env python\nfrom web import Shop\nShop().listen(80)\n")

    assert _found(tmp_path) == [("/", "unguarded"), ("/orders", "guarded")]


def test_what_is_made_is_not_made_again(tmp_path: Path) -> None:
    (tmp_path / "web.py").write_text(_SOURCE + "\n\nShop().listen(80)\n")

    assert _found(tmp_path) == [("/", "unguarded"), ("/orders", "guarded")]


def test_what_tests_make_is_no_application_of_the_tree(tmp_path: Path) -> None:
    (tmp_path / "web.py").write_text(_SOURCE.split("class Base")[0])
    (tmp_path / "test_web.py").write_text(
        "import tornado.web\nfrom web import Orders\n\n\n"
        "class Tested(tornado.web.Application):\n"
        "    def __init__(self):\n"
        '        super().__init__([("/tested", Orders)])\n'
    )

    assert ("/tested", "guarded") not in _found(tmp_path)
