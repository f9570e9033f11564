"""Flask-Principal: nobody has what receivers give to nobody; a copy of a package in the tree is the package."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
from flask import Flask, abort
from flask_login import current_user
from {package} import Permission, Principal, RoleNeed, identity_loaded

app = Flask(__name__, static_folder=None)
Principal(app)
reader, anybody = Permission(RoleNeed("reader")), Permission()


@identity_loaded.connect_via(app)
def on_identity_loaded(sender, identity):
    {receiver}


@app.get("/decorated")
@reader.require(403)
def decorated():
    return "x"


@app.get("/entered")
def entered():
    with reader.require(403):
        return "x"


@app.get("/asked")
def asked():
    if not reader.can():
        abort(403)
    return "x"


@app.get("/anybody")
@anybody.require(403)
def open_to_anybody():
    return "x"
"""
_COPY = "class Permission:\n    def require(self, http_exception=None):\n        return lambda f: f\n"
_RECEIVERS = {
    "pass": "guarded",
    'if current_user.is_authenticated: identity.provides.add(RoleNeed("reader"))': "guarded",
    'identity.provides.add(RoleNeed("reader"))': "unknown",
    "identity.provides.update(other())": "unknown",
    "identity.provides = other()": "unknown",
}


@pytest.mark.parametrize("receiver", _RECEIVERS)
@pytest.mark.parametrize("package", ["flask_principal", "shop.vendor.flask_principal"])
def test_nobody_has_what_receivers_give(receiver: str, package: str, tmp_path: Path) -> None:
    folder = tmp_path / "shop" / "vendor"
    folder.mkdir(parents=True)
    for path in (folder.parent / "__init__.py", folder / "__init__.py"):
        path.write_text("")
    (folder / "flask_principal.py").write_text(_COPY)
    (tmp_path / "shop" / "main.py").write_text(_SOURCE.format(package=package, receiver=receiver))

    drawn = {route.path: route.verdict for route in draw(tmp_path).map.routes}

    asked = dict.fromkeys(("/decorated", "/entered", "/asked"), _RECEIVERS[receiver])
    assert {**asked, "/anybody": "unguarded"} == drawn


_CHOSEN = """
from flask import Flask, abort, request
from flask_login import current_user

app = Flask(__name__, static_folder=None)
PATHS = ["/a", "/b"]


@app.get("/x")
def x():
    chosen = [one for one in PATHS if {condition}]
    if {test} and not current_user.is_authenticated:
        abort(401)
    return "x"
"""


@pytest.mark.parametrize(
    ("condition", "test", "expected"),
    [
        ("one.startswith('/')", "chosen", "guarded"),
        ("one in request.args", "chosen", "unknown"),
        ("one in request.args", "not chosen", "unknown"),
        ("one in ()", "chosen", "unguarded"),
        ("one in ()", "not chosen", "guarded"),
    ],
)
def test_list_of_what_may_be_chosen_may_be_empty(condition: str, test: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_CHOSEN.format(condition=condition, test=test))

    assert {expected} == {route.verdict for route in draw(tmp_path).map.routes}
