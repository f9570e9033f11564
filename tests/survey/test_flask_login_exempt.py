"""Methods for which Flask-Login asks nobody who they are, as an application has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
from functools import wraps
from flask import Flask, current_app, request
from flask_login import LoginManager, config, current_user, login_required

{set_up}
app = Flask(__name__, static_folder=None)
LoginManager(app)

def admin_required(func):
    @wraps(func)
    def decorated_view(*args, **kwargs):
        if request.method in config.EXEMPT_METHODS or current_app.config.get("LOGIN_DISABLED"):
            pass
        elif not current_user.is_authenticated or not current_user.admin:
            return current_app.login_manager.unauthorized()
        return func(*args, **kwargs)
    return decorated_view

@app.get("/admin")
@admin_required
def admin():
    return "admin"

@app.get("/account")
@login_required
def account():
    return "account"
"""


def _verdicts(tmp_path: Path, set_up: str) -> dict[str, str]:
    (tmp_path / "main.py").write_text(_SOURCE.format(set_up=set_up), encoding="utf-8")
    return {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}


def test_a_decorator_written_after_that_of_the_package_refuses_as_it_does(tmp_path: Path) -> None:
    assert _verdicts(tmp_path, "") == {"/admin": "guarded", "/account": "guarded"}


def test_what_else_is_let_pass_is_open(tmp_path: Path) -> None:
    """A twin: the package asks the same list."""
    assert _verdicts(tmp_path, 'config.EXEMPT_METHODS.add("GET")') == {"/admin": "unguarded", "/account": "unguarded"}


@pytest.mark.parametrize("set_up", ['config.EXEMPT_METHODS = {"OPTIONS", "GET"}', "config.EXEMPT_METHODS = FREE"])
def test_another_list_is_asked_where_there_is_one(set_up: str, tmp_path: Path) -> None:
    """A twin."""
    assert _verdicts(tmp_path, set_up)["/admin"] != "guarded"
