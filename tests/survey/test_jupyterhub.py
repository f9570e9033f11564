"""What others add to JupyterHub: pages in its configuration, those of authenticators, and services beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from nomoat.survey.found import UNREAD_PREFIX

_PAGES = """
from jupyterhub.handlers import BaseHandler
from tornado.web import authenticated


class Boards(BaseHandler):
    @authenticated
    async def get(self):
        self.write("boards")


class Guests(BaseHandler):
    def get_current_user(self):
        return {"name": "guest"}

    @property
    def current_user(self):
        return {"name": "guest"}

    @authenticated
    def get(self):
        self.write("hello")


pages = [(r"boards", Boards), (r"guests", Guests)]
"""


@pytest.mark.parametrize(
    "configuration",
    [
        "c.JupyterHub.extra_handlers = pages\n",
        "c.JupyterHub.extra_handlers += pages\n",
        "c.JupyterHub.extra_handlers.extend(pages)\n",
        "def configure(c):\n    c.JupyterHub.extra_handlers = pages\n    return c\n",
        "def configure(config):\n    config.JupyterHub.extra_handlers = [*pages]\n",
    ],
)
def test_pages_stand_below_the_hub_wherever_they_are_configured(configuration: str, tmp_path: Path) -> None:
    (tmp_path / "shop_pages.py").write_text(_PAGES)
    (tmp_path / "jupyterhub_config.py").write_text(
        f"from shop_pages import pages\nfrom traitlets.config import get_config\n\nc = get_config()\n{configuration}"
    )

    rows = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes}

    assert rows == {"GET /hub/boards": "guarded", "GET /hub/guests": "unguarded"}


def test_what_is_no_configuration_of_a_hub_adds_nothing_to_one(tmp_path: Path) -> None:
    (tmp_path / "shop_pages.py").write_text(_PAGES + "\n\nclass Authenticator:\n    def get_handlers(self, app):\n")
    with (tmp_path / "shop_pages.py").open("a") as file:
        file.write("        return pages\n\n\nclass Mine(Authenticator):\n    pass\n\n\nother.extra_handlers = pages\n")

    rows = {f"{one.method} {one.path}": one.because or "" for one in draw(tmp_path).map.routes}

    assert rows.keys() == {"GET boards", "GET guests"}
    assert all(UNREAD_PREFIX in because for because in rows.values())


_SERVICE = """
from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated
from jupyterhub.utils import url_path_join
from tornado.web import Application, HTTPError, RequestHandler, authenticated


class Base(HubOAuthenticated, RequestHandler):
    @property
    def name(self):
        return self.current_user["name"]


class Orders(Base):
    @authenticated
    async def get(self):
        self.write("orders")

    # It forgets to ask.
    async def post(self):
        self.write("placed")

    def put(self):
        self.write(f"changed by {self.name}")


class Admin(Base):
    @authenticated
    def get(self):
        if not self.current_user["admin"]:
            raise HTTPError(403)
        self.write("admin")


class Swapped(RequestHandler, HubOAuthenticated):
    def get_current_user(self):
        return "anybody"

    @authenticated
    def get(self):
        self.write("hello")


def make(prefix="/services/shop/"):
    handlers = [("orders", Orders), ("admin", Admin), ("swapped", Swapped), ("oauth_callback", HubOAuthCallbackHandler)]
    return Application([(url_path_join(prefix, path), handler) for path, handler in handlers], cookie_secret="x")


app = make()
"""


def test_a_service_asks_the_hub_who_calls(tmp_path: Path) -> None:
    (tmp_path / "service.py").write_text(_SERVICE)

    rows = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes}

    assert rows == {
        "GET /services/shop/orders": "guarded",
        "POST /services/shop/orders": "unguarded",
        "PUT /services/shop/orders": "guarded",
        "GET /services/shop/admin": "guarded",
        "GET /services/shop/swapped": "unguarded",
        "GET /services/shop/oauth_callback": "unguarded",
    }
