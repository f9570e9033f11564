"""Files of settings beside the program: what source has where they say nothing is so by default."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
from flask import Flask, abort, request
from settings import config

app = Flask(__name__, static_folder=None)

@app.route("/orders")
def orders():
    if {asked} and not request.headers.get("Authorization"):
        abort(401)
    return []
"""
_PARSED = """
import configparser
config = configparser.ConfigParser()
config.read("of the tests")
"""
_HELD = """
import configparser, json, yaml

class Config:
    def __init__(self):
        self.asks = {default}

    def read(self, path):
{body}

config = Config()
"""
_FILE = """
        parser = configparser.ConfigParser()
        parser.read(path)
        if parser.has_option("a", "asks"):
            self.asks = parser.getboolean("a", "asks")
"""


def _verdict(root: Path, asked: str, settings: str) -> tuple[str, str]:
    (root / "app.py").write_text(_APP.replace("{asked}", asked))
    (root / "settings.py").write_text(settings)
    route = next(one for one in draw(root).map.routes if one.method == "GET")
    return route.verdict, (route.because or "").partition(":")[0]


@pytest.mark.parametrize(
    ("asked", "verdict"),
    [
        ("config.getboolean('a', 'asks', fallback=True)", "guarded"),
        ("config.get('a', 'asks', fallback='')", "unguarded"),
        ("config['a'].get('asks', 'yes')", "guarded"),
        ("config['a'].get('asks', '')", "unguarded"),
        ("not config.has_option('a', 'open')", "guarded"),
        ("config.has_section('asks')", "unguarded"),
    ],
)
def test_a_parser_gives_what_source_has(tmp_path: Path, asked: str, verdict: str) -> None:
    assert (verdict, "by default") == _verdict(tmp_path, asked, _PARSED)


@pytest.mark.parametrize("asked", ["config.get('a', 'asks')", "config.getboolean('a', 'asks')", "config['a']['asks']"])
def test_what_source_has_no_default_for_is_not_told(tmp_path: Path, asked: str) -> None:
    assert "unknown" == _verdict(tmp_path, asked, _PARSED)[0]


@pytest.mark.parametrize(("default", "verdict"), [("True", "guarded"), ("False", "unguarded")])
def test_what_a_constructor_gives_before_a_file_is_read(tmp_path: Path, default: str, verdict: str) -> None:
    settings = _HELD.format(default=default, body=_FILE)

    assert (verdict, "by default") == _verdict(tmp_path, "config.asks", settings)


_OTHERWISE = {
    "a method": "        self.asks = path",
    "a table of data": "        self.asks = json.load(open(path))",
    "a constant": "        parser = configparser.ConfigParser()\n        self.asks = False",
}


@pytest.mark.parametrize("way", _OTHERWISE)
def test_what_changes_otherwise_is_not_told(tmp_path: Path, way: str) -> None:
    settings = _HELD.format(default="True", body=_OTHERWISE[way])

    assert "unknown" == _verdict(tmp_path, "config.asks", settings)[0]


def test_what_others_change_besides_is_not_told(tmp_path: Path) -> None:
    settings = _HELD.format(default="True", body=_FILE) + "\ndef open_it():\n    config.asks = False\n"

    assert "unknown" == _verdict(tmp_path, "config.asks", settings)[0]


def test_nothing_is_no_default(tmp_path: Path) -> None:
    settings = _HELD.format(default="None", body=_FILE)

    assert "unknown" == _verdict(tmp_path, "config.asks", settings)[0]
