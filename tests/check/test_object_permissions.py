"""A view that asks a permission of the object has asked whose it is; one that asks it of the kind of object has not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.projects import result_of

_SETTINGS = """
    SECRET_KEY = open("/run/secrets/key").read()
    ROOT_URLCONF = "urls"
    INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "shop"]
    MIDDLEWARE = ["django.contrib.auth.middleware.AuthenticationMiddleware"]
"""
_MODELS = """
    from django.conf import settings
    from django.db import models

    class Order(models.Model):
        owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
        text = models.TextField()
"""
_VIEWS = """
    import rules
    from django.contrib.auth.decorators import login_required, permission_required as django_permission_required
    from django.core.exceptions import PermissionDenied
    from django.http import JsonResponse
    from django.shortcuts import get_object_or_404, redirect
    from guardian.core import ObjectPermissionChecker
    from guardian.decorators import permission_required
    from guardian.shortcuts import get_perms
    from shop.models import Order
    from shop.policies import policy

    {helper}

    @login_required
    {decorator}
    def change(request, pk):
        order = get_object_or_404(Order, pk=pk)
        {asks}
        order.text = request.POST["text"]
        order.save()
        return redirect("/")

    @login_required
    def own(request, pk):
        order = get_object_or_404(Order, pk=pk, owner=request.user)
        order.text = request.POST["text"]
        order.save()
        return redirect("/")
"""
_URLS = """
    from django.urls import path
    from shop import views

    urlpatterns = [path("orders/<int:pk>/change/", views.change), path("orders/<int:pk>/own/", views.own)]
"""
_COMPARING = "def authorize(user, order):\n        if order.owner_id != user.pk:\n            raise PermissionDenied"
_ASLEEP = "def authorize(user, order):\n        if not user.is_active:\n            raise PermissionDenied"


def _found(root: Path, files: dict[str, str]) -> list[str]:
    found = result_of(root, files).findings
    return [f"{one.confidence} {one.message.split(' never')[0]}" for one in found if one.rule == "missing-ownership"]


@pytest.mark.parametrize(
    ("asks", "decorator", "helper"),
    [
        ("if not request.user.has_perm('shop.change_order', order): raise PermissionDenied", "", ""),
        ("if not request.user.has_perms(['shop.change_order'], obj=order): raise PermissionDenied", "", ""),
        ("if not rules.has_perm('shop.change_order', request.user, order): raise PermissionDenied", "", ""),
        ("if not rules.test_rule('change_order', request.user, order): raise PermissionDenied", "", ""),
        ("if 'change_order' not in get_perms(request.user, order): raise PermissionDenied", "", ""),
        (
            "checker = ObjectPermissionChecker(request.user)\n"
            "        if not checker.has_perm('change_order', order): raise PermissionDenied",
            "",
            "",
        ),
        ("policy.authorize(request.user, order)", "", ""),
        ("may = policy.is_allowed(request.user, order)\n        if not may: raise PermissionDenied", "", ""),
        ("assert policy.is_allowed(request.user, order)", "", ""),
        ("abort_unless(request.user.has_perm('shop.change_order', order))", "", ""),
        ("policy.authorize(request.user, 'change', order)", "", ""),
        ("policy.enforce(request.user, order, 'change')", "", ""),
        ("authorize(request.user, order)", "", _COMPARING),
        ("", "@permission_required('shop.change_order', (Order, 'pk', 'pk'))", ""),
        ("", "@permission_required('shop.change_order', fn=lambda request, pk: Order.objects.get(pk=pk))", ""),
    ],
)
def test_what_asks_of_the_object_asks_whose_it_is(asks: str, decorator: str, helper: str, tmp_path: Path) -> None:
    views = _VIEWS.format(asks=asks or "pass", decorator=decorator, helper=helper)
    files = {"settings.py": _SETTINGS, "urls.py": _URLS, "shop/models.py": _MODELS, "shop/views.py": views}

    assert [] == _found(tmp_path, {**files, "shop/__init__.py": "", "manage.py": _MANAGE})


@pytest.mark.parametrize(
    ("asks", "decorator", "helper"),
    [
        ("pass", "", ""),
        ("print(request.user.has_perm('shop.change_order'))", "", ""),
        ("print(request.user.has_perm('shop.change_order', None))", "", ""),
        ("print(rules.has_perm('shop.change_order', request.user))", "", ""),
        ("policy.note(request.user, order)", "", ""),
        ("shown = {'may': request.user.has_perm('shop.change_order', order)}", "", ""),
        ("print(request.user.has_perm('shop.change_order', order))", "", ""),
        ("remember(may=policy.is_allowed(request.user, order))", "", ""),
        ("policy.authorize(request.user, 'change')", "", ""),
        ("policy.authorize('change', order)", "", ""),
    ],
)
def test_what_asks_of_the_kind_of_object_does_not(asks: str, decorator: str, helper: str, tmp_path: Path) -> None:
    views = _VIEWS.format(asks=asks, decorator=decorator, helper=helper)
    files = {"settings.py": _SETTINGS, "urls.py": _URLS, "shop/models.py": _MODELS, "shop/views.py": views}

    assert len(_found(tmp_path, {**files, "shop/__init__.py": "", "manage.py": _MANAGE})) == 1


def test_a_helper_that_never_looks_at_the_object_asks_nothing_of_it(tmp_path: Path) -> None:
    views = _VIEWS.format(asks="authorize(request.user, order)", decorator="", helper=_ASLEEP)
    files = {"settings.py": _SETTINGS, "urls.py": _URLS, "shop/models.py": _MODELS, "shop/views.py": views}

    assert len(_found(tmp_path, {**files, "shop/__init__.py": "", "manage.py": _MANAGE})) == 1


_MANAGE = """
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
"""
_REST = """
    from rest_framework import serializers, viewsets
    from rest_framework.decorators import action
    from rest_framework.filters import BaseFilterBackend
    from rest_framework.permissions import SAFE_METHODS, BasePermission, DjangoObjectPermissions, IsAuthenticated
    from rest_framework.response import Response
    from shop.models import Order

    class OrderSerializer(serializers.ModelSerializer):
        class Meta:
            model = Order
            fields = ["text"]

    class ReadOrOwn(BasePermission):
        def has_permission(self, request, view):
            return request.user.is_authenticated

        def has_object_permission(self, request, view, obj):
            return request.method in SAFE_METHODS or obj.owner == request.user

    class Whoever(BasePermission):
        def has_permission(self, request, view):
            return request.user.is_authenticated

        def has_object_permission(self, request, view, obj):
            return True

    class OwnOnly(BaseFilterBackend):
        def filter_queryset(self, request, queryset, view):
            chosen = {{view.OWNER: request.user.pk}}
            return queryset.filter(**chosen)

    class Searched(BaseFilterBackend):
        def filter_queryset(self, request, queryset, view):
            return queryset.filter(text=request.query_params["q"])

    class Orders(viewsets.ModelViewSet):
        OWNER = "owner"
        queryset = Order.objects.all()
        serializer_class = OrderSerializer
        {written}

    class Own(viewsets.ModelViewSet):
        serializer_class = OrderSerializer
        permission_classes = [IsAuthenticated]

        def get_queryset(self):
            return Order.objects.filter(owner=self.request.user)
"""
_ROUTED = """
    from rest_framework.routers import DefaultRouter
    from shop import views

    router = DefaultRouter()
    router.register("orders", views.Orders, basename="orders")
    router.register("own", views.Own, basename="own")
    urlpatterns = router.urls
"""


@pytest.mark.parametrize(
    ("written", "is_found"),
    [
        ("permission_classes = [ReadOrOwn]", False),
        ("permission_classes = [IsAuthenticated & ReadOrOwn]", False),
        ("permission_classes = [IsAuthenticated, DjangoObjectPermissions]", False),
        ("permission_classes = [IsAuthenticated]\n        filter_backends = [OwnOnly]", False),
        ("permission_classes = [IsAuthenticated]", True),
        ("permission_classes = [Whoever]", True),
        ("permission_classes = [IsAuthenticated]\n        filter_backends = [Searched]", True),
    ],
)
def test_permissions_and_filters_of_rest_framework(written: str, is_found: bool, tmp_path: Path) -> None:
    files = {"settings.py": _SETTINGS, "urls.py": _ROUTED, "shop/models.py": _MODELS, "shop/__init__.py": ""}

    found = _found(tmp_path, {**files, "shop/views.py": _REST.format(written=written), "manage.py": _MANAGE})

    assert is_found == any("/orders/{pk}/" in one for one in found)


_ACTION = """permission_classes = [ReadOrOwn]

        @action(detail=True, methods=["post"]{given})
        def close(self, request, pk=None):
            {fetches}
            order.text = "closed"
            order.save()
            return Response({{}})
"""


@pytest.mark.parametrize(
    ("given", "fetches", "is_found"),
    [
        ("", "order = self.get_object()", False),
        ("", "order = Order.objects.get(pk=pk)\n            self.check_object_permissions(request, order)", False),
        ("", "order = Order.objects.get(pk=pk)", True),
        (", permission_classes=[IsAuthenticated]", "order = self.get_object()", True),
    ],
)
def test_an_action_asks_where_it_gets_the_object(given: str, fetches: str, is_found: bool, tmp_path: Path) -> None:
    written = _ACTION.format(given=given, fetches=fetches)
    files = {"settings.py": _SETTINGS, "urls.py": _ROUTED, "shop/models.py": _MODELS, "shop/__init__.py": ""}

    found = _found(tmp_path, {**files, "shop/views.py": _REST.format(written=written), "manage.py": _MANAGE})

    assert is_found == any("/orders/{pk}/close/" in one for one in found)


_SHOP = """
    from flask import Flask, abort, g, jsonify, request, session
    from flask_sqlalchemy import SQLAlchemy

    app = Flask(__name__)
    db = SQLAlchemy(app)

    class Product(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        {owned}

    class Review(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        author_id = db.Column(db.Integer, db.ForeignKey("user.id"))
        product_id = db.Column(db.Integer)
        text = db.Column(db.Text)

    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        password = db.Column(db.String)

    @app.before_request
    def load():
        if "user" not in session:
            abort(401)
        g.user = User.query.get(session["user"])

    @app.get("/products")
    def products():
        return jsonify([one.id for one in Product.query.all()])

    @app.post("/products/<int:pid>/reviews")
    def review(pid):
        db.session.add(Review(author_id=g.user.id, product_id=pid, text=request.json["text"]))
        db.session.commit()
        return jsonify(ok=True)

    @app.put("/reviews/<int:rid>")
    def edit(rid):
        one = Review.query.get_or_404(rid)
        if one.author_id != g.user.id:
            abort(403)
        one.text = request.json["text"]
        db.session.commit()
        return jsonify(ok=True)
"""


@pytest.mark.parametrize(("owned", "is_found"), [("", False), ("seller_id = db.Column(db.Integer)", True)])
def test_a_row_of_ones_own_beside_what_is_nobodys(owned: str, is_found: bool, tmp_path: Path) -> None:
    found = _found(tmp_path, {"app.py": _SHOP.format(owned=owned)})

    assert is_found == any("/products/{pid}/reviews" in one for one in found)
