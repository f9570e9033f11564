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
