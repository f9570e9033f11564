"""Classes that are registered where only classes that answer are, and are made of what is not here."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.appmap.model import Route
from nomoat.survey.draw import draw

_APP = """
import yaml
from flask import Flask
from flask_jwt_extended import jwt_required
from flask_restful import Api
{imports}

ROOT = yaml.safe_load(open("/etc/shop.yaml"))["root"]


class Base(Common):
    def __init__(self, mail):
        super().__init__()
        self.mail = mail


class Orders(Base):
    def get(self):
        return []

    @jwt_required()
    def post(self):
        return {{}}, 201


app = Flask(__name__, static_folder=None)
api = Api(app)
api.add_resource(Orders, {path}, endpoint="orders", methods=("GET", "POST"), resource_class_kwargs={{"mail": None}})
"""


def _drawn(tmp_path: Path, imports: str, path: str = '"/orders"') -> dict[str, Route]:
    (tmp_path / "main.py").write_text(_APP.format(imports=imports, path=path))
    return {f"{one.method} {one.path}": one for one in draw(tmp_path).map.routes}


def test_a_resource_of_a_base_that_is_not_here_is_on_the_map(tmp_path: Path) -> None:
    """Its own guards refuse; what its base does to everybody nobody can tell."""
    routes = _drawn(tmp_path, "from shop_common.resources import Common")

    assert {name: one.verdict for name, one in routes.items()} == {
        "GET /orders": "unknown", "HEAD /orders": "unknown", "POST /orders": "guarded",
    }  # fmt: skip
    assert routes["GET /orders"].because == "its class is made of Common of a package that is not here (shop_common)"


def test_a_resource_of_a_base_that_is_here_is_open(tmp_path: Path) -> None:
    """A twin."""
    routes = _drawn(tmp_path, "from flask_restful import Resource as Common")

    assert {name: one.verdict for name, one in routes.items()} == {
        "GET /orders": "unguarded", "HEAD /orders": "unguarded", "POST /orders": "guarded",
    }  # fmt: skip


@pytest.mark.parametrize(
    "path", ['"/".join([ROOT, "orders"])', 'ROOT + "/orders"', '"/".join((ROOT, "shop", "orders"))']
)
def test_the_end_of_a_path_is_told_where_its_beginning_is_not(path: str, tmp_path: Path) -> None:
    routes = _drawn(tmp_path, "from flask_restful import Resource as Common", path)

    end = "/shop/orders" if "shop" in path else "/orders"
    assert {one.path for one in routes.values()} == {end}
    assert all(one.because is not None and "prefix cannot be read" in one.because for one in routes.values())


_DECORATED = """
from functools import wraps
from flask import Flask, abort, session
from flask_restful import Api
from shop_common.resources import Common

def signed_in(func):
    @wraps(func)
    def inner(*args, **kwargs):
        if session.get("user_id") is None:
            abort(401)
        return func(*args, **kwargs)
    return inner

def counted(func):
    @wraps(func)
    def inner(*args, **kwargs):
        return func(*args, **kwargs)
    return inner

class Listed(Common):
    decorators = [counted, signed_in]
    def get(self): return []

class Below(Listed):
    pass

class Bare(Listed):
    decorators = []

class Counted(Listed):
    decorators = [counted]

class Further(Common):
    decorators = Common.decorators + [counted]
    def get(self): return []

class OfTheBase(Common):
    method_decorators = [signed_in]
    def get(self): return []

app = Flask(__name__, static_folder=None)
api = Api(app)
for resource in (Listed, Below, Bare, Counted, Further, OfTheBase):
    api.add_resource(resource, "/" + resource.__name__)
"""


def test_what_a_class_lists_around_its_methods_is_around_them_whatever_its_base_is(tmp_path: Path) -> None:
    """Flask itself puts it there; which lists of its own a base that is not here asks is not known."""
    (tmp_path / "main.py").write_text(_DECORATED, encoding="utf-8")

    routes = {one.path.strip("/"): one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert routes == {
        "Listed": "guarded", "Below": "guarded", "Bare": "unknown", "Counted": "unknown", "Further": "unknown",
        "OfTheBase": "unknown",
    }  # fmt: skip
