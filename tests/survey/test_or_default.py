"""What source has beside a setting that nobody has set is its default: `os.environ.get("KEY") or "of the tests"`."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.appmap.model import Route
from nomoat.survey.draw import draw

_APP = """
from flask import Blueprint, Flask, abort, request
import settings

app = Flask(__name__, static_folder=None)
part = Blueprint("part", __name__)

@part.route("/orders")
def orders():
    if settings.KEY and request.headers.get("Authorization") != settings.KEY:
        abort(401)
    return []

app.register_blueprint(part, url_prefix="/" + settings.LINK)
"""
_WAYS = {
    "or": ('KEY = os.environ.get("KEY") or {0}', True),
    "or of two": ('KEY = os.environ.get("KEY") or os.getenv("OLD_KEY") or {0}', True),
    "a condition": ('key = os.getenv("KEY")\nKEY = key if key else {0}', True),
    "a statement": ('KEY = {0}\nkey = os.getenv("KEY")\nif key:\n    KEY = key', True),
    "another condition": ('import other\nkey = os.getenv("KEY")\nKEY = key if other.is_on() else {0}', False),
    "another statement": ('import other\nKEY = {0}\nif other.is_on():\n    KEY = os.getenv("KEY")', False),
    "what is unknown": ("import other\nKEY = other.key() or {0}", False),
}


def _route(root: Path, settings: str) -> Route:
    (root / "app.py").write_text(_APP)
    (root / "settings.py").write_text(settings)
    return next(one for one in draw(root).map.routes if one.method == "GET")


@pytest.mark.parametrize(("default", "verdict"), [("''", "unguarded"), ("'k'", "guarded"), ("None", "unknown")])
@pytest.mark.parametrize("way", _WAYS)
def test_a_default_beside_a_setting(tmp_path: Path, way: str, default: str, verdict: str) -> None:
    source, is_told = _WAYS[way]

    route = _route(tmp_path, "import os\nLINK = 'shop'\n" + source.format(default))

    expected = verdict if is_told else "unknown"
    assert expected == route.verdict
    assert expected == "unknown" or (route.because or "").startswith("by default")


_LINKS = {
    "or": 'LINK = os.environ.get("LINK") or "shop"',
    "a condition": 'link = os.getenv("LINK")\nLINK = link if link else "shop"',
    "a statement": 'LINK = "shop"\nlink = os.getenv("LINK")\nif link:\n    LINK = link',
    "a file": 'import configparser\nfile = configparser.ConfigParser()\nLINK = file.get("a", "link", fallback="shop")',
    "a function": """
import configparser
file = configparser.ConfigParser()

def told(name, default):
    default = os.environ.get(name) or default
    if file.has_option("a", name):
        return file.get("a", name)
    return default

class Config:
    def __init__(self):
        self.link = "shop"

    def read(self, path):
        self.link = told("link", self.link)

config = Config()
config.read("of the tests")
LINK = config.link
""",
}


@pytest.mark.parametrize("way", _LINKS)
def test_a_prefix_is_what_source_has_for_it(tmp_path: Path, way: str) -> None:
    route = _route(tmp_path, "import os\nKEY = ''\n" + _LINKS[way])

    assert "/shop/orders" == route.path


def test_a_prefix_that_nobody_can_read_is_said_to_be_unknown(tmp_path: Path) -> None:
    route = _route(tmp_path, "import other\nKEY = ''\nLINK = other.link()")

    assert "/{link}/orders" == route.path
    assert "a part of its path cannot be read" in (route.because or "")
