"""Options of Tornado and arguments of argparse: source has their defaults, for paths, lists of routes and guards."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
import argparse

import tornado.web
from tornado.options import define, options, parse_command_line


class Free(tornado.web.RequestHandler):
    def get(self):
        self.write("free")


class Asks(tornado.web.RequestHandler):
    def get(self):
        if self.settings["closed"] and not self.get_secure_cookie("who"):
            raise tornado.web.HTTPError(403)
        self.write("asks")


def make(prefix, closed, pages):
    handlers = [(prefix + "/free", Free), (prefix + "/asks", Asks), *((page, Free) for page in pages)]
    return tornado.web.Application(handlers, closed=closed)
"""
_OPTIONS = """
define("url_prefix", default="/shop", help="below", type=str)
define("pages", default=["/one", "/two"], multiple=True)


def main():
    define("closed", CLOSED, type=bool)
    parse_command_line()
    make(options.url_prefix, options.closed, options.pages).listen(80)


if __name__ == "__main__":
    main()
"""
_ARGUMENTS = """
def parsed():
    parser = argparse.ArgumentParser()
    group = parser.add_argument_group("server")
    group.add_argument("-u", "--url-prefix", default="/shop")
    group.add_argument("--pages", nargs="*", default=["/one", "/two"])
    parser.add_argument(CLOSED)
    return parser.PARSE


class Server:
    def __init__(self, args):
        self.args = args

    def start(self):
        make(self.args.url_prefix, self.args.closed, self.args.pages).listen(80)


if __name__ == "__main__":
    Server(parsed()).start()
"""


def _rows(folder: Path, source: str) -> dict[str, tuple[str, bool]]:
    (folder / "app.py").write_text(_HEAD + source)
    return {one.path: (one.verdict, one.binding is None and bool(one.because)) for one in draw(folder).map.routes}


@pytest.mark.parametrize(
    ("closed", "verdict"),
    [("False", "unguarded"), ("default=True", "guarded"), ("None", "unknown"), ("default=read()", "unknown")],
)
def test_an_option_is_by_default_what_defines_it(closed: str, verdict: str, tmp_path: Path) -> None:
    rows = _rows(tmp_path, _OPTIONS.replace("CLOSED", closed))

    assert rows.keys() == {"/shop/free", "/shop/asks", "/one", "/two"}
    assert rows["/shop/free"][0] == "unguarded"
    assert rows["/shop/asks"] == (verdict, True)


@pytest.mark.parametrize("parse", ["parse_args()", "parse_known_args()[0]"])
@pytest.mark.parametrize(
    ("closed", "verdict"),
    [
        ('"--closed", action="store_true"', "unguarded"),
        ('"--open", dest="closed", action="store_false"', "guarded"),
        ('"--closed", action="store_true", default=True', "guarded"),
        # As with any setting that nobody has to make.
        ('"--closed"', "unknown"),
    ],
)
def test_an_argument_is_by_default_what_adds_it(closed: str, verdict: str, parse: str, tmp_path: Path) -> None:
    rows = _rows(tmp_path, _ARGUMENTS.replace("CLOSED", closed).replace("PARSE", parse))

    assert rows.keys() == {"/shop/free", "/shop/asks", "/one", "/two"}
    assert rows["/shop/free"][0] == "unguarded"
    assert rows["/shop/asks"] == (verdict, True)


def test_of_two_programs_neither_default_is_the_default(tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text('from tornado.options import define\n\ndefine("closed", default=True)\n')

    rows = _rows(tmp_path, _OPTIONS.replace("CLOSED", "False"))

    assert rows["/shop/asks"] == ("unknown", True)


def test_what_the_tests_of_a_program_define_is_not_asked(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text(
        'from tornado.options import define\n\ndefine("closed", default=1)\n'
    )

    rows = _rows(tmp_path, _OPTIONS.replace("CLOSED", "False"))

    assert rows["/shop/asks"] == ("unguarded", True)


_SHOP = """
import tornado.web
from tornado.options import options


class url:
    def __init__(self, path):
        self.path = path

    def __call__(self, cls):
        prefix = "/" + options.root.strip("/") if options.root else ""
        application.add_handlers(r".*$", [tornado.web.url(prefix + self.path, cls)])
        return cls


if hasattr(options, "root"):
    application = tornado.web.Application()

    import shop.pages
"""
_PAGES = """
from tornado.web import RequestHandler, authenticated

from shop import url


@url(r"/orders")
class Orders(RequestHandler):
    @authenticated
    def get(self):
        self.write("orders")


@url(r"/free")
class Free(RequestHandler):
    def get(self):
        self.write("free")
"""
_COMMAND = """
import tornado.options

tornado.options.define("root", default="", help="below")
tornado.options.parse_command_line()

from shop import application

application.listen(80)
"""


def test_an_application_is_made_where_a_command_has_defined_its_options(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text(_SHOP)
    (tmp_path / "shop" / "pages.py").write_text(_PAGES)
    (tmp_path / "serve.py").write_text(_COMMAND)

    rows = {one.path: one.verdict for one in draw(tmp_path).map.routes}

    assert rows == {"/orders": "guarded", "/free": "unguarded"}
