"""Classes that register themselves where they are made, and modules that are imported from a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_PARTS = """
from aiohttp import web
from shop.base import Endpoint


class Hello(Endpoint):
    path = "/hello"

    async def get(self, request):
        return web.Response(text="hello")


class Orders(Endpoint):
    path = "/orders"

    async def get(self, request):
        if request.headers.get("Authorization") != "right":
            raise web.HTTPUnauthorized()
        return web.Response(text="orders")
"""
_BASES = {
    "is told when a class is made of it": """
class Endpoint:
    made = {}

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.made[cls.__name__] = cls


def found():
    return Endpoint.made.values()
""",
    "makes its table when it is told first": """
from abc import ABC


class Part(ABC):
    def __init_subclass__(cls, **kwargs):
        if not hasattr(cls, "_made"):
            cls._made = {}
        cls._made[f"{cls.__module__}.{cls.__name__}"] = cls

    @classmethod
    def leave_out(self, cls):
        del cls._made[f"{cls.__module__}.{cls.__name__}"]
        return cls


@Part.leave_out
class Endpoint(Part):
    pass


def found():
    return list(Endpoint._made.values())
""",
    "is asked for its subclasses": """
class Endpoint:
    pass


def found():
    return Endpoint.__subclasses__()
""",
    "has a metaclass": """
MADE = []


class Registers(type):
    def __init__(cls, name, bases, members):
        super().__init__(name, bases, members)
        if bases:
            MADE.append(cls)


class Endpoint(metaclass=Registers):
    path = None


def found():
    return [one for one in MADE if one.path]
""",
}
_MAIN = """
import importlib
import pkgutil
from aiohttp import web
from shop import parts
from shop.base import found

for _, name, _ in pkgutil.iter_modules(parts.__path__, "shop.parts."):
    importlib.import_module(name)

app = web.Application()
for cls in found():
    app.router.add_get(cls.path, cls().get)
"""


@pytest.mark.parametrize("base", _BASES)
def test_what_a_class_does_with_those_made_of_it_is_followed(tmp_path: Path, base: str) -> None:
    (tmp_path / "shop" / "parts").mkdir(parents=True)
    for name, text in {
        "__init__": "", "base": _BASES[base], "main": _MAIN, "parts/__init__": "", "parts/all": _PARTS,
        "parts/later": "from shop.parts.all import Orders\n",
    }.items():  # fmt: skip
        (tmp_path / "shop" / f"{name}.py").write_text(text)

    found = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes if one.method != "HEAD"}

    assert found == {"GET /hello": "unguarded", "GET /orders": "guarded"}


def test_where_a_function_stands_decides_where_it_is_served(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("")
    (tmp_path / "shop" / "served.py").write_text(
        "TABLE = []\n\n\ndef get(path):\n    def register(does):\n"
        "        prefix = '/public' if 'public' in does.__module__ else '/own'\n"
        "        TABLE.append((prefix + path, does))\n        return does\n    return register\n"
    )
    view = "from aiohttp import web\nfrom shop.served import get\n\n\n@get('/orders')\nasync def orders(request):\n"
    (tmp_path / "shop" / "public.py").write_text(view + "    return web.Response()\n")
    (tmp_path / "shop" / "owned.py").write_text(
        view + "    if 'Authorization' not in request.headers:\n        raise web.HTTPUnauthorized()\n"
        "    return web.Response()\n"
    )
    (tmp_path / "shop" / "main.py").write_text(
        "from aiohttp import web\nfrom shop import owned, public\nfrom shop.served import TABLE\n"
        "app = web.Application()\nfor path, does in TABLE:\n    app.router.add_post(path, does)\n"
    )

    found = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes}

    assert found == {"POST /public/orders": "unguarded", "POST /own/orders": "guarded"}
