"""A status that is chosen by who calls refuses, wherever it is chosen: `Response(status=200 if user else 401)`."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
from flask import Flask, Response, jsonify, make_response, request, session

app = Flask(__name__, static_folder=None)


@app.post("/orders")
def orders():
    {body}
"""


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ('return jsonify({}), 200 if "user" in session else 401', "guarded"),
        ('known = "user" in session\n    return Response("", status=200 if known else 403)', "guarded"),
        ('code = 200\n    if "user" not in session:\n        code = 401\n    return jsonify({}), code', "guarded"),
        ('code = 401\n    if session.get("user"):\n        code = 200\n    return jsonify({}), code', "guarded"),
        (
            'code = 401\n    if session.get("user"):\n        code = 200\n    answer = make_response("")\n'
            "    answer.status_code = code\n    return answer",
            "guarded",
        ),
        ('return jsonify({}), 200 if "user" in session else 204', "unguarded"),
        ('return jsonify({}), 200 if request.args.get("all") else 400', "unguarded"),
        ('code = 200\n    if request.args.get("all"):\n        code = 400\n    return jsonify({}), code', "unguarded"),
    ],
)
def test_a_status_that_is_chosen(body: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_APP.replace("{body}", body))

    (route,) = draw(tmp_path).map.routes

    assert route.verdict == verdict


_VIEW = """
from rest_framework.decorators import api_view
from rest_framework.response import Response


@api_view(["GET"])
def orders(request):
    return Response({}, status=200 if request.user.is_authenticated else {status})
"""


@pytest.mark.parametrize(("status", "verdict"), [("401", "guarded"), ("206", "unguarded")])
def test_a_view_of_an_interface(status: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text('ROOT_URLCONF = "urls"\nINSTALLED_APPS = ["rest_framework"]\n')
    (tmp_path / "urls.py").write_text(
        'from django.urls import path\nimport views\nurlpatterns = [path("orders/", views.orders)]\n'
    )
    (tmp_path / "views.py").write_text(_VIEW.replace("{status}", status))

    (route,) = [one for one in draw(tmp_path).map.routes if one.method == "GET"]

    assert route.verdict == verdict
