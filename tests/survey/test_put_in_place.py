"""Lists of routes that code changes place by place, and texts that loops put together."""

from __future__ import annotations

from pathlib import Path

from nomoat.survey.draw import draw

_JOINED = """
def joined(*pieces):
    pieces = list(pieces)
    while pieces and not pieces[-1]:
        del pieces[-1]
    if not pieces:
        return ""
    result = "/".join(one for one in [piece.strip("/") for piece in pieces] if one)
    if pieces[0].startswith("/"):
        result = "/" + result
    return result
"""
_HUB = """
from tornado import web
from traitlets import List, Unicode, default
from traitlets.config import Application
from urllib.parse import urlparse


class Prefix(Unicode):
    def validate(self, obj, value):
        value = super().validate(obj, value)
        return value if value.endswith("/") else value + "/"


class Page(web.RequestHandler):
    def get(self):
        self.write("1")


PAGES = [("/orders", Page), ("", Page)]


class Hub(Application):
    root = Prefix("/").tag(config=True)
    prefix = Prefix("/hub/").tag(config=True)
    more = List().tag(config=True)

    @default("root")
    def _root(self):
        return urlparse(self.address).path

    @default("prefix")
    def _prefix(self):
        return joined(self.root, "/hub/")

    @staticmethod
    def under(prefix, pages):
        for place, page in enumerate(pages):
            changed = list(page)
            changed[0] = joined(prefix, page[0]) if page[0] else prefix.rstrip("/")
            pages[place] = tuple(changed)
        return pages

    def start(self):
        pages = []
        pages.extend(PAGES)
        pages.extend(self.more)
        pages.extend(self.authenticator.pages(self))
        pages.append(("/logo", Page, {"size": 1}))
        web.Application(self.under(self.prefix, pages)).listen(80)


if __name__ == "__main__":
    Hub.launch_instance()
"""


def test_a_prefix_is_put_before_what_is_known_of_a_list(tmp_path: Path) -> None:
    (tmp_path / "hub.py").write_text(f"{_JOINED}\n{_HUB}")

    assert ["/hub", "/hub/logo", "/hub/orders"] == sorted(route.path for route in draw(tmp_path).map.routes)


def test_what_a_branch_may_put_there_may_be_there(tmp_path: Path) -> None:
    """The list was made outside of the branch: what stood there before may still stand there."""
    (tmp_path / "main.py").write_text(
        "import os\n\nfrom tornado import web\n\n\n"
        "class Page(web.RequestHandler):\n    def get(self):\n        pass\n\n\n"
        "class Other(web.RequestHandler):\n    @web.authenticated\n    def get(self):\n        pass\n\n\n"
        'page = ["/a", Page]\nif os.getenv("OTHER"):\n    page[1] = Other\napp = web.Application([tuple(page)])\n'
    )

    (route,) = draw(tmp_path).map.routes

    assert "guarded" != route.verdict


def test_loops_over_what_is_known_end_and_texts_are_told(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        f"from flask import Flask\n{_JOINED}\n\napp = Flask(__name__, static_folder=None)\n"
        'parts = ["a", "b", "", ""]\nstack = ["x"]\nwhile stack:\n    stack.append("y")\n'
        'app.add_url_rule(joined("/", *parts), "one", lambda: "1")\n'
        'while False:\n    app.add_url_rule("/never", "never", lambda: "1")\n'
    )

    assert ["/a/b"] == [route.path for route in draw(tmp_path).map.routes if route.method == "GET"]
