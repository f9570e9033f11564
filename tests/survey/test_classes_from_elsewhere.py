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
