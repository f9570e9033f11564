"""A key that a table of source does not have: what is caught for want of it is what happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_URLS = """
from django.urls import include, path
from rest_framework import permissions, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter


class Rows(viewsets.ViewSet):
    permission_classes = [permissions.{other}]
    by_action = {{"list": [permissions.AllowAny], "create": [permissions.IsAuthenticated]}}

    def get_permissions(self):
        try:
            return [one() for one in self.by_action[self.action]]
        except {error}:
            return [one() for one in self.permission_classes]

    def list(self, request):
        return Response("x")

    def create(self, request):
        return Response("x")

    def retrieve(self, request, pk):
        return Response("x")

    @action(detail=False, permission_classes=[permissions.IsAdminUser])
    def closed(self, request):
        return Response("x")


router = SimpleRouter()
router.register("rows", Rows, basename="rows")
urlpatterns = [path("", include(router.urls))]
"""


@pytest.mark.parametrize("error", ["KeyError", "(AttributeError, KeyError)", "Exception"])
@pytest.mark.parametrize(("other", "verdict"), [("IsAuthenticated", "guarded"), ("AllowAny", "unguarded")])
def test_what_has_no_permissions_of_its_own_has_those_of_all(
    other: str, verdict: str, error: str, tmp_path: Path
) -> None:
    (tmp_path / "settings.py").write_text('ROOT_URLCONF = "urls"\n')
    (tmp_path / "urls.py").write_text(_URLS.format(other=other, error=error))
    found = {(one.method, one.path): one.verdict for one in draw(tmp_path).map.routes if one.method != "HEAD"}

    assert found == {
        ("GET", "/rows/"): "unguarded",
        ("POST", "/rows/"): "guarded",
        ("GET", "/rows/{pk}/"): verdict,
        ("GET", "/rows/closed/"): "guarded",
    }
