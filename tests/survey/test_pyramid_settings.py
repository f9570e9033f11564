"""What a program of Pyramid has by its settings: parts that dotted texts name, lists and truth values of texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.asking import status_by_wsgi
from tests.survey.running import loaded

pytest.importorskip("pyramid")
# What Pyramid imports of its own is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

_MAIN = """
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden, HTTPFound
from pyramid.path import DottedNameResolver
from pyramid.response import Response
from pyramid.settings import asbool, aslist
from pyramid.view import view_config

DEFAULTS = {
    "shop.parts": " ".join(["first", "second"]),
    "shop.steps": ("main.add_third",),
    "shop.more": "",
    "shop.closed": "true",
    "shop.plain": False,
}
TEXTS = {"shop.parts"}


def resolved(given, keys=TEXTS):
    found = given.copy()
    for key in keys:
        value = found[key]
        if not isinstance(value, str):
            continue
        found[key] = [DottedNameResolver().resolve(one) for one in value.split()]
    return found


def add_third(config):
    config.add_route("third", "/third")
    config.add_view(lambda request: Response("third"), route_name="third")


@view_config(context=HTTPForbidden)
def forbidden(request):
    return HTTPFound("/login")


def make(**settings):
    for key, value in DEFAULTS.items():
        settings.setdefault(key, value)
    for key, value in settings.items():
        if key.startswith("shop") and isinstance(value, bytes):
            settings[key] = value.decode()
    settings = resolved(settings)
    more = settings.pop("shop.more", "")
    config = Configurator(settings=settings)
    for part in settings["shop.parts"]:
        config.include(part)
    for step in aslist(settings["shop.steps"]):
        config.maybe_dotted(step)(config)
    if more:
        for part in more.split():
            config.include(part)
    if asbool(settings["shop.closed"]):
        config.add_route("closed", "/closed")
        config.add_view(closed, route_name="closed")
    if asbool(settings["shop.plain"]):
        config.add_route("plain", "/plain")
        config.add_view(closed, route_name="plain")
    config.scan("main")
    return config.make_wsgi_app()


def closed(request):
    if request.authenticated_userid is None:
        raise HTTPForbidden()
    return Response("closed")
"""
_PART = """
from pyramid.response import Response


def view(request):
    return Response("{name}")


def includeme(config):
    config.add_route("{name}", "/{name}")
    config.add_view(view, route_name="{name}")
"""


def test_parts_that_settings_name_by_default_are_on_the_map(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_MAIN)
    for name in ("first", "second"):
        (tmp_path / f"{name}.py").write_text(_PART.format(name=name))
    found = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    expected = {"/first": "unguarded", "/second": "unguarded", "/third": "unguarded", "/closed": "guarded"}
    assert expected == {path: verdict for path, verdict in found.items() if path != "/plain"}
    with loaded(tmp_path, "main:make()") as app:
        asked = ["/first", "/second", "/third", "/closed", "/plain"]
        assert [200, 200, 200, 401, 404] == [status_by_wsgi(app, "GET", path) for path in asked]


_DEFAULTS = """
import json
import os
from pyramid.config import Configurator
from pyramid.response import Response

DEFAULTS = {"api_version": json.dumps("2.7"), "name": "shop", "steps": ("main.step",), "readonly": False}


def native(value):
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def from_environment(key, value):
    if key.upper() in os.environ:
        return native(os.environ[key.upper()])
    return value


def load(config):
    settings = config.get_settings()
    prefix = settings.pop("prefix", settings.get("settings_prefix")) or ""

    def keys_of(key):
        plain = key.split(".", 1)[1] if key.startswith(prefix + ".") else key
        return plain, f"{prefix}.{plain}"

    for key, value in sorted(DEFAULTS.items()):
        plain, _ = keys = keys_of(key)
        is_defined = len(set(settings.keys()).intersection(set(keys))) > 0
        if not is_defined:
            settings[plain] = value
    for key, value in sorted(settings.items()):
        settings[key] = from_environment(key, native(value))
    config.add_settings(settings)


def orders(request):
    return Response("orders")


def step(config):
    config.add_route("orders", "/orders")
    config.add_view(orders, route_name="orders")


def main(global_config, config=None, **settings):
    if not config:
        config = Configurator(settings=settings)
    config.add_settings({"prefix": "shop"})
    load(config)
    settings = config.get_settings()
    version = settings.get("api_version")
    if version is None:
        version = "1.0"
    settings["api_version"] = version = str(version)
    config.route_prefix = f"v{version.split('.')[0]}"
    for name in settings["steps"]:
        config.maybe_dotted(name)(config)
    config.add_route("named", "/" + settings["name"])
    config.add_view(orders, route_name="named")
    return config.make_wsgi_app()
"""


def test_defaults_that_loops_put_into_settings_are_what_routes_are_made_of(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_DEFAULTS)

    found = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes if one.method != "HEAD"}

    assert found == {"GET /v2/orders": "unguarded", "GET /v2/shop": "unguarded"}


_OF_REQUESTS = """
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPBadRequest, HTTPForbidden
from pyramid.view import view_config


class Views:
    def __init__(self, request):
        self.request = request
        self.settings = request.registry.settings
        self.accounts = self.settings.get("authentication", {})

    @view_config(route_name="form", renderer="string")
    def form(self):
        if self.accounts.get("elsewhere", {}).get("enabled", False):
            raise HTTPBadRequest("ask elsewhere")
        return "x"

    @view_config(route_name="asks", renderer="string")
    def asks(self):
        if self.settings.get("asks", ASKS) and not self.request.headers.get("Authorization"):
            raise HTTPForbidden()
        return "x"

    @view_config(route_name="within", renderer="string")
    def within(self):
        if not self.accounts.get("open", OPEN) and not self.request.headers.get("Authorization"):
            raise HTTPForbidden()
        return "x"


def includeme(config):
    for name in ("form", "asks", "within"):
        config.add_route(name, f"/{name}")
    config.scan()


def main(global_config, **settings):
    config = Configurator(settings=settings)
    config.include(includeme)
    return config.make_wsgi_app()
"""


@pytest.mark.parametrize(("default", "verdict"), [("True", "guarded"), ("False", "unguarded")])
def test_settings_that_a_request_leads_to_are_settings(default: str, verdict: str, tmp_path: Path) -> None:
    is_open = "False" if default == "True" else "True"
    (tmp_path / "main.py").write_text(_OF_REQUESTS.replace("ASKS", default).replace("OPEN", is_open))

    routes = {one.path: one for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert {path: one.verdict for path, one in routes.items()} == {
        "/form": "unguarded", "/asks": verdict, "/within": verdict}  # fmt: skip
    assert all((routes[path].because or "").startswith("by default: ") for path in ("/asks", "/within"))
