"""Extensions of Jupyter Server: nothing in them makes an application, and none of their routes may be left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HANDLERS = """
from {base} import {handler}
from tornado import web


class Orders({handler}):
    @web.authenticated
    def get(self):
        self.finish("orders")


class Hello({handler}):
    def get(self):
        self.finish("hello")


default_handlers = [(r"/shop/orders", Orders), (r"/shop/hello/?", Hello)]
"""
_LOADED = {
    "joined to the base of the server": """
from jupyter_server.utils import url_path_join
from shop.handlers import default_handlers


def _load_jupyter_server_extension(server_app):
    base_url = server_app.web_app.settings["base_url"]
    server_app.web_app.add_handlers(".*$", [(url_path_join(base_url, path), does) for path, does in default_handlers])
""",
    "rewritten one by one": """
from jupyter_server.utils import url_path_join as join
from shop.handlers import default_handlers


def load_jupyter_server_extension(nbapp):
    nbapp.log.info("loading")
    webapp = nbapp.web_app
    listed = []
    listed.extend(default_handlers)

    def rewrite(one):
        return (join(webapp.settings["base_url"], one[0].lstrip("/")),) + one[1:]

    webapp.add_handlers(".*$", [rewrite(one) for one in listed])
""",
    "of a class that it names": """
from jupyter_server.extension.application import ExtensionApp, ExtensionAppJinjaMixin
from shop.handlers import default_handlers


class Shop(ExtensionAppJinjaMixin, ExtensionApp):
    name = "shop"

    def initialize_handlers(self):
        self.handlers.extend(default_handlers)


def _jupyter_server_extension_points():
    return [{"module": "shop", "app": Shop}]
""",
    "with a part of it": """
from shop import handlers


def _jupyter_server_extension_points():
    return [{"module": "shop"}]


def _load_jupyter_server_extension(app):
    handlers.load_jupyter_server_extension(app)
""",
}
_PART = """

def load_jupyter_server_extension(app):
    app.web_app.add_handlers(".*$", [(app.base_url + path.lstrip("/"), does) for path, does in default_handlers])
"""


@pytest.mark.parametrize("loaded", _LOADED)
@pytest.mark.parametrize(
    ("base", "handler"),
    [("jupyter_server.base.handlers", "APIHandler"), ("notebook.base.handlers", "IPythonHandler")],
)
def test_what_an_extension_adds_to_the_server_is_on_the_map(
    tmp_path: Path, loaded: str, base: str, handler: str
) -> None:
    (tmp_path / "shop").mkdir()
    source = _HANDLERS.format(base=base, handler=handler)
    (tmp_path / "shop" / "handlers.py").write_text(source + _PART if loaded == "with a part of it" else source)
    (tmp_path / "shop" / "__init__.py").write_text(_LOADED[loaded])

    found = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes}

    assert found == {"GET /shop/orders": "guarded", "GET /shop/hello": "unguarded"}
