"""Sets of views whose base is not here and is named after one of REST framework, or is described."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SETTINGS = """
ROOT_URLCONF = "urls"
INSTALLED_APPS = ["rest_framework"]
"""
_URLS = """
from django.urls import include, path
from rest_framework.routers import SimpleRouter
import views

router = SimpleRouter()
router.register("orders", views.Orders, basename="order")
urlpatterns = [path("api/", include(router.urls))]
"""
_VIEWS = """
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.viewsets import GenericViewSet, ModelViewSet
{imports}


class Orders({bases}):
    {body}
"""
_GUARDED = "permission_classes = [IsAuthenticated]"
_OPEN = "permission_classes = [AllowAny]"
_ALL = {
    "GET /api/orders/", "POST /api/orders/", "GET /api/orders/{pk}/", "PUT /api/orders/{pk}/",
    "PATCH /api/orders/{pk}/", "DELETE /api/orders/{pk}/",
}  # fmt: skip
_READ = {"GET /api/orders/", "GET /api/orders/{pk}/"}
_NO_PUT = _ALL - {"PUT /api/orders/{pk}/"}


@pytest.mark.parametrize(
    ("imports", "bases", "body", "rows", "verdict"),
    [
        ("from theirs.views import ModelViewSet as Base", "Base", _GUARDED, _ALL, "guarded"),
        ("from theirs.views import AuditedModelViewSet", "AuditedModelViewSet", _GUARDED, _ALL, "guarded"),
        ("from theirs import views", "views.ReadOnlyModelViewSet", _GUARDED, _READ, "guarded"),
        ("from theirs.views import ModelViewSet as Base", "Base", _OPEN, _ALL, "unknown"),
        ("from theirs.views import ModelViewSet as Base", "Base", "pass", _ALL, "unknown"),
        ("from theirs import BaseGenericViewSet, SafeListModelMixin", "SafeListModelMixin, BaseGenericViewSet",
         _GUARDED, {"GET /api/orders/"}, "guarded"),
        ("from theirs import Loud", "Loud, ModelViewSet", _GUARDED, _ALL, "guarded"),
        ("from theirs import Loud", "Loud, ModelViewSet", _OPEN, _ALL, "unguarded"),
        ("from theirs import BulkCreateModelMixin", "BulkCreateModelMixin, GenericViewSet", _OPEN,
         {"POST /api/orders/"}, "unguarded"),
        ("from rest_framework_json_api.views import ModelViewSet as Base", "Base", _GUARDED, _NO_PUT, "guarded"),
        ("from rest_framework_json_api.views import ModelViewSet as Base", "Base", _OPEN, _NO_PUT, "unguarded"),
        ("from rest_framework_json_api import views", "views.ReadOnlyModelViewSet", _OPEN, _READ, "unguarded"),
        ("from rest_framework_json_api.views import AutoPrefetchMixin", "AutoPrefetchMixin, ModelViewSet", _OPEN,
         _ALL, "unguarded"),
    ],
)  # fmt: skip
def test_rows_of_a_set_of_views_whose_base_is_elsewhere(
    imports: str, bases: str, body: str, rows: set[str], verdict: str, tmp_path: Path
) -> None:
    (tmp_path / "settings.py").write_text(_SETTINGS)
    (tmp_path / "urls.py").write_text(_URLS)
    (tmp_path / "views.py").write_text(_VIEWS.format(imports=imports, bases=bases, body=body))

    found = draw(tmp_path).map.routes

    told = {f"{one.method} {one.path}": one.verdict for one in found if one.method != "HEAD"}
    assert told == dict.fromkeys(rows, verdict)
