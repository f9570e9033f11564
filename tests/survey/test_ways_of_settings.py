"""A name that settings bind one way or another is what it is as source has them; so is what environments replace."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
import os

from flask import Flask, abort, session

app = Flask(__name__, static_folder=None)
app.config.update(READ="{read}", KIND="", DEBUG=False)
for key in app.config:
    if key in os.environ:
        app.config[key] = os.environ[key]


class Simple:
    def may(self):
        return app.config["READ"].upper() == "ANYBODY" or "user" in session


class Proxy:
    def may(self):
        return "user" in session


class Nobody:
    def may(self):
        return True


{bound}


@app.post("/orders")
def orders():
    if not rights.may():
        abort(401)
    return "ok"
"""
_WAYS = {
    "either": 'if app.config.get("KIND") in ("", "simple"):\n    rights = Simple()\nelse:\n    rights = Nobody()',
    "several": 'if app.config["KIND"] == "":\n    rights = Simple()\nelif app.config["KIND"] == "proxy":\n'
    '    rights = Proxy()\nelse:\n    raise RuntimeError("KIND")',
    "the-last": 'if app.config["KIND"] == "proxy":\n    rights = Proxy()\nelif app.config["KIND"] == "none":\n'
    "    rights = Nobody()\nelse:\n    rights = Simple()",
}


@pytest.mark.parametrize("way", sorted(_WAYS))
@pytest.mark.parametrize(("read", "verdict"), [("ANYBODY", "unguarded"), ("users", "guarded")])
def test_a_name_is_what_settings_make_it_by_default(way: str, read: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_APP.format(bound=_WAYS[way], read=read))

    (route,) = draw(tmp_path).map.routes

    assert (route.verdict, (route.because or "")[:10], route.binding) == (verdict, "by default", None)


def test_what_refuses_whatever_the_settings_are_is_sure(tmp_path: Path) -> None:
    """A twin: each of its ways asks."""
    bound = 'if app.config["KIND"] == "":\n    rights = Proxy()\nelse:\n    rights = Proxy()'
    (tmp_path / "main.py").write_text(_APP.format(bound=bound, read="ANYBODY"))

    (route,) = draw(tmp_path).map.routes

    assert (route.verdict, route.because) == ("guarded", None)


_READ = """
import os

from flask import Flask, abort, session

app = Flask(__name__, static_folder=None)


def told(name, default=False):
    found = os.getenv(name, default)
    if found in ("False", "false", "0"):
        return False
    return bool(found)


ASKS = told("ASKS", {asks})
KIND = os.getenv("KIND", "{kind}")


class Everybody:
    def is_known(self):
        return True


class Known:
    def is_known(self):
        return "user" in session


def made():
    if not ASKS:
        chosen = Everybody
    else:
        kind = KIND.lower()
        if kind == "session":
            chosen = Known
        elif kind == "none":
            chosen = Everybody
        else:
            raise ValueError(kind)
    signing_in = chosen()
    return signing_in


users = made()


@app.post("/orders")
def orders():
    if {test}:
        abort(401)
    return "ok"
"""


@pytest.mark.parametrize(
    ("asks", "kind", "test", "verdict"),
    [
        ("True", "session", 'ASKS and "user" not in session', "guarded"),
        ("False", "session", 'ASKS and "user" not in session', "unguarded"),
        ("True", "session", "not users.is_known()", "guarded"),
        ("False", "session", "not users.is_known()", "unguarded"),
        ("True", "none", "not users.is_known()", "unguarded"),
    ],
)
def test_what_a_function_gives_is_what_settings_make_it_give(
    asks: str, kind: str, test: str, verdict: str, tmp_path: Path
) -> None:
    """A function that reads a setting, with several ways out of it, and one that makes what a setting names."""
    (tmp_path / "main.py").write_text(_READ.format(asks=asks, kind=kind, test=test))

    (route,) = draw(tmp_path).map.routes

    assert (route.verdict, (route.because or "")[:10], route.binding) == (verdict, "by default", None)


def test_a_setting_without_a_default_leaves_open_what_a_function_gives(tmp_path: Path) -> None:
    """A twin."""
    source = _READ.format(asks="None", kind="session", test="not users.is_known()")
    (tmp_path / "main.py").write_text(source.replace("os.getenv(name, default)", "os.environ[name]"))

    (route,) = draw(tmp_path).map.routes

    assert route.verdict == "unknown"
