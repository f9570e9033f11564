"""Handlers that are called `login` and answer 401 to whom nothing that was read tells: there people sign in."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_DJANGO = """
from elsewhere import found
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.viewsets import GenericViewSet


class Users(GenericViewSet):
    permission_classes = []

    @action(detail=False, methods=["post"])
    def {name}(self, request):
        user = found()
        if not user:
            return Response({"no": 1}, status=401)
        return Response({"token": user.token})


router = DefaultRouter()
router.register("users", Users, basename="users")
urlpatterns = router.urls
"""


@pytest.mark.parametrize(
    ("name", "is_sure"),
    [("login", True), ("sign_in", True), ("user_login", True), ("require_login", False), ("check_login", False)],
)
def test_a_handler_that_is_called_so_is_open(name: str, is_sure: bool, tmp_path: Path) -> None:
    (tmp_path / "urls.py").write_text(_DJANGO.replace("{name}", name))

    verdicts = {(one.method, one.path): one.verdict for one in draw(tmp_path).map.routes}

    assert (verdicts["POST", f"/users/{name}/"] == "unguarded") is is_sure


_FLASK = """
from elsewhere import found
from flask import Flask, abort, session

app = Flask(__name__, static_folder=None)


def login():
    if not found():
        abort(401)


@app.get("/orders")
def orders():
    login()
    return []
"""


def test_a_function_of_that_name_that_a_handler_calls_is_none(tmp_path: Path) -> None:
    """A twin."""
    (tmp_path / "app.py").write_text(_FLASK)

    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert route.verdict == "unknown"
