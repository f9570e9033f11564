"""Classes of the REST framework that answer some exceptions of their own by themselves, and hand on all others."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_VIEWS = """
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView


class Again(Exception):
    def __init__(self, answer):
        self.answer = answer


class Once:
    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if request.headers.get("Idempotency-Key") == "known":
            raise Again({{"a": 1}})

    def handle_exception(self, exc):
        if isinstance(exc, {kinds}):
            return Response({{"a": 1}})
        return super().handle_exception(exc)


class Private(Once, APIView):
    permission_classes = [IsAuthenticated]

    def post(self, request):
        return Response({{"a": 1}})
"""


@pytest.mark.parametrize("kinds", ["Again", "(Again, KeyError)"])
def test_what_a_class_answers_by_itself_is_no_other_exception(tmp_path: Path, kinds: str) -> None:
    (tmp_path / "settings.py").write_text('ROOT_URLCONF = "urls"\nINSTALLED_APPS = ["rest_framework"]\n')
    (tmp_path / "views.py").write_text(_VIEWS.format(kinds=kinds))
    (tmp_path / "urls.py").write_text(
        "from django.urls import path\nfrom views import Private\n\n"
        'urlpatterns = [path("private/", Private.as_view())]\n'
    )

    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "POST")

    assert route.verdict == "guarded"
