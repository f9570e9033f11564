"""Shapes of Flask and Django that look like a guard and are none, beside those that are one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_ODD = Path(__file__).parent / "fixtures" / "odd"
_TRUTH = {
    "flask_odd": {
        "unguarded": "GET /api, GET /both, POST /cart, GET /login, POST /login, GET /logout, GET /oauth, GET /swallow",
        "guarded": "GET /g, GET /maybe",
        "unknown": "",
    },
    "flask_handlers": {
        "unguarded": "GET /direct-open, GET /open",
        "guarded": "GET /aborts, GET /direct, GET /guarded",
        "unknown": "",
    },
    "flask_tokens": {
        "unguarded": "GET /guests, GET /input",
        "guarded": "GET /else, GET /list, GET /none, GET /own",
        "unknown": "",
    },
    "django_odd": {
        "unguarded": "GET /anon, GET /cond, GET /fn, GET /noinit, GET /own, GET /ro, GET /skips, GET /wrong",
        "guarded": "POST /cond, GET /deco, POST /ro",
        "unknown": "",
    },
}


@pytest.mark.parametrize("name", sorted(_TRUTH))
def test_what_an_anonymous_caller_gets_decides_the_verdict(name: str, tmp_path: Path) -> None:
    shutil.copy(_ODD / f"{name}.py", tmp_path / "urls.py")

    routes = [one for one in draw(tmp_path).map.routes if one.method != "HEAD" and one.origin == "source"]

    found = {
        verdict: ", ".join(f"{one.method} {one.path}" for one in routes if one.verdict == verdict)
        for verdict in ("unguarded", "guarded", "unknown")
    }
    assert {verdict: sorted(rows.split(", ")) for verdict, rows in found.items()} == {
        verdict: sorted(rows.split(", ")) for verdict, rows in _TRUTH[name].items()
    }


def test_what_nobody_here_calls_may_be_given_anything(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "from flask import Flask\n"
        "def main(global_config, **settings):\n"
        "    app = Flask(__name__)\n"
        "    if settings.get('debug'):\n"
        "        app.add_url_rule('/debug', view_func=lambda: 'debug')\n"
        "    app.add_url_rule('/a', view_func=lambda: 'a')\n"
        "    return app\n"
    )

    routes = [one for one in draw(tmp_path).map.routes if one.origin == "source" and one.method == "GET"]

    assert [one.path for one in routes] == ["/a", "/debug"]


def test_who_finds_out_who_calls_asks_for_nobodys_own(tmp_path: Path) -> None:
    shutil.copy(_ODD / "flask_tokens.py", tmp_path / "app.py")

    kinds = {one.path: {guard.kind for guard in one.guards} for one in draw(tmp_path).map.routes}

    assert "ownership" not in kinds["/list"]


def test_blueprints_that_are_looked_for_everywhere_are_taken_to_be_included(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("")
    (tmp_path / "shop" / "orders.py").write_text(
        "from flask import Blueprint, abort, session\n"
        "bp = Blueprint('orders', __name__, url_prefix='/orders')\n"
        "@bp.get('/open')\ndef open_(): return 'x'\n"
        "@bp.get('/mine')\ndef mine():\n    if 'user' not in session: abort(401)\n    return 'x'\n"
    )
    (tmp_path / "app.py").write_text(
        "import importlib, pkgutil\nfrom flask import Blueprint, Flask\nimport shop\n"
        "app = Flask(__name__)\n"
        "def found():\n"
        "    for one in pkgutil.walk_packages(shop.__path__, 'shop.'):\n"
        "        for name in dir(importlib.import_module(one.name)):\n"
        "            yield getattr(importlib.import_module(one.name), name)\n"
        "for blueprint in found():\n    app.register_blueprint(blueprint)\n"
    )

    drawn = draw(tmp_path).map

    found = {(one.path, one.verdict) for one in drawn.routes if one.method == "GET" and one.origin == "source"}
    assert found == {("/orders/open", "unguarded"), ("/orders/mine", "guarded")}
    assert any("which router" in one.why and not one.analysed for one in drawn.not_read)
