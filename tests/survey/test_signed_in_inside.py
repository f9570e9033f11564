"""What a decorator that sends to a page to sign in gives to a function of the tree refuses nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_TREE = """
from flask import Flask, jsonify
{imports}

app = Flask(__name__, static_folder=None)
app.secret_key = "for tests"
{manager}


@login_required
def key():
    return "key"


@app.get("/inside")
def inside():
    return jsonify(key=str(key()))


@app.get("/around")
@login_required
def around():
    return "fine"
"""
_LOGIN = "from flask_login import LoginManager, login_required"


@pytest.mark.parametrize(
    ("imports", "manager", "inside"),
    [
        (_LOGIN, "manager = LoginManager(app)", "guarded"),
        (_LOGIN, 'manager = LoginManager(app)\nmanager.login_view = "sign_in"', "unguarded"),
        (_LOGIN, 'manager = LoginManager()\ndef set_up():\n    manager.login_view = "sign_in"\n', "open"),
        ("from flask_security import Security, login_required", "Security(app)", "unguarded"),
    ],
)
def test_being_sent_to_sign_in_is_a_value_for_who_is_no_handler(
    imports: str, manager: str, inside: str, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text(_TREE.format(imports=imports, manager=manager))

    found = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert found["/around"] == "guarded"
    assert found["/inside"] != "guarded" if inside == "open" else found["/inside"] == inside
