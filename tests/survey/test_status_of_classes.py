"""Answers of a class of the tree have the status that their class says, where nobody gives them another."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_DJANGO = """
from http import HTTPStatus

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import HttpResponse, HttpResponseForbidden, JsonResponse
from django.urls import path
from django.views import View
from rest_framework.response import Response


{answer}

class Change(PermissionRequiredMixin, View):
    permission_required = "orders.change_order"

    def handle_no_permission(self):
        return {made}

    def post(self, request):
        return JsonResponse({"changed": True})


def view(request):
    if not request.user.is_authenticated:
        return {made}
    return JsonResponse({"orders": []})


urlpatterns = [path("change", Change.as_view()), path("orders", view)]
"""


@pytest.mark.parametrize(
    ("answer", "made", "verdict"),
    [
        ("class Denied(JsonResponse):\n    status_code = HTTPStatus.FORBIDDEN", 'Denied({"no": 1})', "guarded"),
        ("class Denied(JsonResponse):\n    status_code = 403", 'Denied({"no": 1}, status=None)', "guarded"),
        ("class Denied(JsonResponse):\n    status_code = 200", 'Denied({"yes": 1})', "unguarded"),
        ("class Denied(JsonResponse):\n    status_code = 403", 'Denied({"yes": 1}, status=200)', "unguarded"),
        ("class Denied(HttpResponseForbidden):\n    status_code = 401", 'Denied("no")', "guarded"),
        ("class Denied(HttpResponseForbidden):\n    status_code = 200", 'Denied("yes")', "unguarded"),
        ("class Denied(HttpResponseForbidden):\n    pass", 'Denied("no")', "guarded"),
        ("class Denied(JsonResponse):\n    pass", 'Denied({"yes": 1})', "unguarded"),
        (
            "class Above(JsonResponse):\n    status_code = 401\n\nclass Denied(Above):\n    pass",
            "Denied({})",
            "guarded",
        ),
        ("class Denied(Response):\n    status_code = 401", "Denied({})", "guarded"),
        ("class Denied(Response):\n    status_code = 401", "Denied({}, 200)", "unguarded"),
    ],
)
def test_django_answers_what_the_class_says(answer: str, made: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "urls.py").write_text(_DJANGO.replace("{answer}", answer).replace("{made}", made))

    drawn = {(route.method, route.path): route.verdict for route in draw(tmp_path).map.routes}

    assert verdict == drawn["GET", "/orders"]
    # What asks for a permission and answers 200 without one has not done what it is there for.
    assert drawn["POST", "/change"] == "guarded" or verdict == "unguarded"


_FLASK = """
from flask import Flask, Response, session

app = Flask(__name__, static_folder=None)


class Denied(Response):
    {status}


@app.get("/orders")
def orders():
    if "user" not in session:
        return {made}
    return []
"""


@pytest.mark.parametrize(
    ("status", "made", "verdict"),
    [
        ("default_status = 401", 'Denied("no")', "guarded"),
        ("default_status = 401", 'Denied("yes", 200)', "unguarded"),
        ("default_status = 200", 'Denied("yes")', "unguarded"),
        ("pass", 'Denied("yes")', "unguarded"),
        ("pass", 'Denied("no", status=403)', "guarded"),
    ],
)
def test_flask_answers_what_the_class_says(status: str, made: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_FLASK.replace("{status}", status).replace("{made}", made))

    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert verdict == route.verdict


_STARLETTE = """
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


class Denied(JSONResponse):
    status_code = 401


@app.get("/orders")
def orders(request: Request):
    if "user" not in request.cookies:
        return Denied({}{given})
    return []
"""


@pytest.mark.parametrize(("given", "verdict"), [("", "unguarded"), (", status_code=403", "guarded")])
def test_starlette_gives_every_answer_its_own_status(given: str, verdict: str, tmp_path: Path) -> None:
    """Its `__init__` puts 200 on the answer where it is given nothing, whatever the class says."""
    (tmp_path / "app.py").write_text(_STARLETTE.replace("{given}", given))

    (route,) = draw(tmp_path).map.routes

    assert verdict == route.verdict
