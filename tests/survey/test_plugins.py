"""Parts of an application that its own metadata declares as plugins, and that it loads by the name of their group."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_PARTS = """
from flask_restful import Resource


class Orders(Resource):
    PATHS = ["/orders", "/orders/<int:number>"]

    def get(self, number=0):
        return {}


class Things(Resource):
    PATHS = ["/things"]

    def post(self):
        return {}
"""
_APP = """
from collections import defaultdict

from flask import Flask
from flask_restful import Api
{imports}

app = Flask(__name__, static_folder=None)
api = Api(app)
parts = defaultdict(list)
for entry in {asked}:
    parts["views"].append(entry)
for entry in parts["views"]:
    view = entry.load()
    api.add_resource(view, *view.PATHS)
"""
_ASKED = {
    "setuptools": ("from pkg_resources import iter_entry_points", 'iter_entry_points("shop.views")'),
    "a keyword": ("from importlib.metadata import entry_points", 'entry_points(group="shop.views")'),
    "selected": ("import importlib.metadata as metadata", 'metadata.entry_points().select(group="shop.views")'),
    "by key": ("from importlib_metadata import entry_points", 'entry_points()["shop.views"]'),
}
_ROWS = {"orders": "shop.parts:Orders", "things": "shop.parts:Things"}
_LINES = "".join(f"{name} = {value}\n" for name, value in _ROWS.items())
_LISTED = ", ".join(repr(line) for line in _LINES.splitlines())
_SETUP = "from setuptools import setup\n\nGROUP = 'shop.views'\nsetup(entry_points={})\n"
_TABLE = '[project.entry-points."shop.views"]\n' + "".join(f'{name} = "{value}"\n' for name, value in _ROWS.items())
_SCRIPTS = "[console_scripts]\nshop = shop.app:main\n\n"
_DECLARED = {
    "setup.py of lists": ("setup.py", _SETUP.format(f"{{GROUP: [{_LISTED}]}}")),
    "setup.py of a text": ("setup.py", _SETUP.format(f"'''\n[shop.views]\n{_LINES}'''")),
    "pyproject.toml": ("pyproject.toml", _TABLE),
    "setup.cfg": ("setup.cfg", "[options.entry_points]\nshop.views =\n    " + _LINES.replace("\n", "\n    ")),
    "metadata": ("shop-1.0.dist-info/entry_points.txt", f"{_SCRIPTS}[shop.views]\n{_LINES}"),
}  # fmt: skip


def drawn(folder: Path, asked: str, file: str, text: str) -> set[str]:
    imports, call = _ASKED[asked]
    written = {"shop/__init__.py": "", "shop/parts.py": _PARTS, "shop/app.py": _APP.format(imports=imports, asked=call)}
    for name, content in {**written, file: text}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    return {f"{one.method} {one.path}" for one in draw(folder).map.routes if one.method != "HEAD"}


@pytest.mark.parametrize("asked", _ASKED)
def test_plugins_are_loaded_by_their_group(tmp_path: Path, asked: str) -> None:
    assert drawn(tmp_path, asked, *_DECLARED["metadata"]) == {"GET /orders", "GET /orders/{number}", "POST /things"}


@pytest.mark.parametrize("declared", _DECLARED)
def test_plugins_are_declared_where_a_package_is_described(tmp_path: Path, declared: str) -> None:
    found = drawn(tmp_path, "setuptools", *_DECLARED[declared])

    assert found == {"GET /orders", "GET /orders/{number}", "POST /things"}


def test_of_a_group_that_the_tree_does_not_declare_nothing_is_known(tmp_path: Path) -> None:
    file, text = _DECLARED["metadata"]

    assert drawn(tmp_path, "setuptools", file, text.replace("shop.views", "shop.other")) == set()
    assert draw(tmp_path).map.not_read
