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
