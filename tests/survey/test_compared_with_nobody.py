"""What a row says, compared with who calls where nobody does, beside what the application answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.asking import refused_by_wsgi
from tests.survey.running import loaded

pytest.importorskip("flask")

_SOURCE = """
from flask import Flask, jsonify, request

app = Flask(__name__, static_folder=None)
TOKENS = {}
ROWS = {}

def keep(name):
    TOKENS["t"] = name
    ROWS[1] = {"owner": %(owner)s}

keep("ana")

def caller():
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        return TOKENS.get(header[7:])

@app.put("/d")
def d():
    row = ROWS.get(int(request.args.get("id", 1)))
    if %(test)s:
        return jsonify(error="not yours"), 403
    return "changed"
"""


def _told_and_done(folder: Path, source: str) -> tuple[str, bool]:
    (folder / "main.py").write_text(source)
    (route,) = draw(folder).map.routes
    with loaded(folder) as app:
        return route.verdict, refused_by_wsgi(app, route.method, route.path)


_TESTS = ['row["owner"] != caller()', 'caller() != row["owner"]', 'not row["owner"] == caller()']


@pytest.mark.parametrize("test", _TESTS)
@pytest.mark.parametrize(("owner", "is_refused"), [("name", True), ("None", False)])
def test_what_may_belong_to_nobody_is_not_surely_open_and_not_surely_guarded(
    test: str, owner: str, is_refused: bool, tmp_path: Path
) -> None:
    assert ("unknown", is_refused) == _told_and_done(tmp_path, _SOURCE % {"test": test, "owner": owner})


def test_who_is_there_at_all_is_still_asked(tmp_path: Path) -> None:
    assert ("guarded", True) == _told_and_done(tmp_path, _SOURCE % {"test": "caller() is None", "owner": "name"})
