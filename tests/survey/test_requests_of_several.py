"""Code that serves requests of several frameworks asks what a request has; a request of Flask has its own parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
from flask import Flask, request
import people

app = Flask(__name__, static_folder=None)

def argument(req, name):
    if hasattr(req, "args"):
        return req.args.get(name)
    if hasattr(req, "arguments"):
        return req.arguments[name][0].decode()
    return None

@app.get("/orders")
def orders():
    token = argument(request, "{name}")
    if not token or not people.find(token):
        return "no", 401
    return []
"""


@pytest.mark.parametrize("name", ["token", "session_token", "user_token", "api_token", "access_key"])
def test_a_parameter_that_is_a_credential_is_asked_for(tmp_path: Path, name: str) -> None:
    (tmp_path / "app.py").write_text(_APP.replace("{name}", name))

    assert "guarded" == next(one for one in draw(tmp_path).map.routes if one.method == "GET").verdict


@pytest.mark.parametrize("name", ["page_token", "keyword", "next"])
def test_a_parameter_that_is_none_guards_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "app.py").write_text(_APP.replace("{name}", name))

    assert "guarded" != next(one for one in draw(tmp_path).map.routes if one.method == "GET").verdict
