"""What servers and packages say of a caller under names of their own: variables, headers of proxies, statuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
import os
from flask import Flask, Response, abort, g, request
import names
import service

app = Flask(__name__, static_folder=None)
ADDRESS_HEADER = os.environ.get("ADDRESS_HEADER")


@app.get("/orders")
def orders():
    {body}
    return "orders"
"""
_ADDRESS = """
    sent = [request.headers[names.settings.{name}]] if names.settings.{name} else [request.remote_addr]
    rows = service.rows(sent[0])"""


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ('if request.environ.get("KRB5CCNAME") is None:\n        abort(401)', "guarded"),
        ('if request.environ.get("SERVER_NAME") is None:\n        abort(401)', "unguarded"),
        ("if g.gss_creds is None:\n        abort(401)", "unknown"),
        ('if not request.headers.get("X-Cloud-Request-Id"):\n        abort(400)', "unguarded"),
        (_ADDRESS.format(name="proxy_addr_header"), "unguarded"),
        (_ADDRESS.format(name="user_header"), "unknown"),
        ("if not names.knows(request):\n        return Response(status=names.Status.Unauthorized)", "unknown"),
        ("if not names.knows(request):\n        return Response(status=names.Status.NoContent)", "unguarded"),
    ],
)
def test_what_a_name_tells(tmp_path: Path, body: str, verdict: str) -> None:
    (tmp_path / "app.py").write_text(_APP.format(body=body))
    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert route.verdict == verdict


@pytest.mark.parametrize(("status", "verdict"), [("refused", "unknown"), ("Forbidden", "unknown"), ("Ok", "unguarded")])
def test_what_stands_before_a_handler_may_refuse_by_a_status_that_is_not_told(
    tmp_path: Path, status: str, verdict: str
) -> None:
    (tmp_path / "app.py").write_text(f"""
from flask import Flask, Response, request
import names

app = Flask(__name__, static_folder=None)


@app.before_request
def ask():
    known, error = names.known(request.environ.get("SSL_CLIENT_S_DN"))
    if not known and names.is_strict:
        return Response(error, status=names.Status.{status})


@app.get("/orders")
def orders():
    return "orders"
""")
    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert route.verdict == verdict
