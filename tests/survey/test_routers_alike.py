"""Routers of packages that are not here and are named after those of REST framework."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_VIEWS = """
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ModelViewSet, ReadOnlyModelViewSet

class Orders(ModelViewSet):
    permission_classes = [IsAuthenticated]

class Items(ReadOnlyModelViewSet):
    permission_classes = [IsAuthenticated]

class Shops(ReadOnlyModelViewSet):
    permission_classes = [AllowAny]

class Status(APIView):
    permission_classes = []

    def get(self, request):
        return Response({})
"""
_SETTINGS = """
ROOT_URLCONF = "urls"
INSTALLED_APPS = ["rest_framework"]
REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"]}
"""
_URLS = """
from django.urls import include, path
import views
{imports}

router = {default}()
router.register("orders", views.Orders, basename="order")
router.register("shops", views.Shops, basename="shop")
router.register("status", views.Status, basename="status")
below = {nested}(router, "orders", lookup="order")
below.register("items", views.Items, basename="item")
urlpatterns = [path("api/", include(router.urls)), path("api/", include(below.urls))]
"""
_ROWS = {
    "GET /api/": "guarded",
    "GET /api/orders/": "guarded",
    "POST /api/orders/": "guarded",
    "GET /api/orders/{pk}/": "guarded",
    "PUT /api/orders/{pk}/": "guarded",
    "PATCH /api/orders/{pk}/": "guarded",
    "DELETE /api/orders/{pk}/": "guarded",
    "GET /api/orders/{order_pk}/items/": "guarded",
    "GET /api/orders/{order_pk}/items/{pk}/": "guarded",
    "GET /api/shops/": "unguarded",
    "GET /api/shops/{pk}/": "unguarded",
    "GET /api/status/": "unguarded",
}


def _drawn(folder: Path, urls: str, **files: str) -> tuple[dict[str, str], list[str]]:
    for name, text in {"settings": _SETTINGS, "views": _VIEWS, "urls": urls, **files}.items():
        (folder / f"{name}.py").write_text(text)
    found = draw(folder).map
    rows = {f"{one.method} {one.path}": str(one.verdict) for one in found.routes if one.method != "HEAD"}
    return rows, [one.why for one in found.not_read]


def test_routers_of_another_package_have_the_routes_of_those_they_are_named_after(tmp_path: Path) -> None:
    imports = "from theirs.routers import MixedDefaultRouter, MixedNestedRouter"
    urls = _URLS.format(imports=imports, default="MixedDefaultRouter", nested="MixedNestedRouter")

    rows, not_read = _drawn(tmp_path, urls)

    assert rows == _ROWS
    assert len([why for why in not_read if "of the package theirs is not here: its routes are told as" in why]) == 1


def test_a_router_of_the_tree_is_read_itself(tmp_path: Path) -> None:
    own = """
from rest_framework.routers import DefaultRouter

class OwnDefaultRouter(DefaultRouter):
    include_root_view = False
"""
    urls = """
from django.urls import include, path
import views
from own import OwnDefaultRouter

router = OwnDefaultRouter()
router.register("shops", views.Shops, basename="shop")
urlpatterns = [path("api/", include(router.urls))]
"""
    rows, not_read = _drawn(tmp_path, urls, own=own)

    assert rows == {"GET /api/shops/": "unguarded", "GET /api/shops/{pk}/": "unguarded"}
    assert not not_read


@pytest.mark.parametrize("name", ["BulkRouter", "DefaultRouterFactory", "Router"])
def test_a_router_that_is_named_after_none_stays_unread(name: str, tmp_path: Path) -> None:
    urls = f"""
from django.urls import include, path
import views
from theirs.routers import {name}

router = {name}()
router.register("orders", views.Orders, basename="order")
urlpatterns = [path("api/", include(router.urls))]
"""
    rows, not_read = _drawn(tmp_path, urls)

    assert rows == {}
    assert any("of the package theirs that is not here" in why for why in not_read)


def test_beside_another_framework_a_name_says_nothing(tmp_path: Path) -> None:
    source = """
from fastapi import FastAPI
from theirs import DefaultRouter

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
router = DefaultRouter()
router.register("orders", object)
app.include_router(router)
"""
    (tmp_path / "main.py").write_text(source)

    found = draw(tmp_path).map

    assert not found.routes
    assert any("of the package theirs that is not here" in one.why for one in found.not_read)
