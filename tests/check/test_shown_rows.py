"""Answers of Django and REST framework that hold more of a row than its readers should have."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.projects import result_of

_SETTINGS = """
    ROOT_URLCONF = "club.urls"
    INSTALLED_APPS = ["django.contrib.auth", "rest_framework", "club"]
    AUTH_USER_MODEL = "club.Member"
    MIDDLEWARE = []
    REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"]}
"""
_MODELS = """
    from django.contrib.auth.models import AbstractUser
    from django.db import models

    class Member(AbstractUser):
        bio = models.TextField()

    class Club(models.Model):
        name = models.CharField(max_length=20)
        api_key = models.CharField(max_length=64)
        keyword = models.CharField(max_length=20)
"""
_VIEWS = """
    from django.contrib.auth.decorators import login_required
    from django.core import serializers
    from django.http import HttpResponse
    from club.models import Club, Member

    @login_required
    def tried(request):
        return HttpResponse({body})
"""
_URLS = """
    from django.urls import path
    from club import views
    urlpatterns = [path("tried/", views.tried)]
"""


@pytest.mark.parametrize(
    ("body", "is_found"),
    [
        ('serializers.serialize("json", Member.objects.all())', True),
        ('serializers.serialize("json", Member.objects.filter(is_active=True), indent=2)', True),
        ('serializers.serialize("json", Member.objects.all(), fields=["username"])', False),
        ('serializers.serialize("json", Club.objects.all())', False),
    ],
)
def test_all_columns_of_accounts_are_written_out(body: str, is_found: bool, tmp_path: Path) -> None:
    files = {"settings.py": _SETTINGS, "club/__init__.py": "", "club/models.py": _MODELS, "club/urls.py": _URLS,
             "club/views.py": _VIEWS.format(body=body)}  # fmt: skip

    found = result_of(tmp_path, files).findings

    assert is_found == any(one.rule == "account-row-returned" for one in found)


_REST = """
    from rest_framework import generics, permissions, routers, serializers, viewsets
    from django.urls import include, path
    from club.models import Club

    class ClubSerializer(serializers.ModelSerializer):
        {own}
        class Meta:
            model = Club
            fields = {fields}
            {more}

    class Tried({base}):
        queryset = Club.objects.all()
        serializer_class = ClubSerializer
        {says}

    router = routers.DefaultRouter()
    urlpatterns = [path("tried/", Tried.as_view({methods}))]
"""
_ALL = "generics.ListCreateAPIView"
_OWN = "get_queryset = lambda self: Club.objects.filter(name=self.request.user.username)"


@pytest.mark.parametrize(
    ("own", "fields", "more", "base", "says", "is_found"),
    [
        ("", '["name", "api_key"]', "", _ALL, "", True),
        ("", '"__all__"', "", "generics.ListAPIView", "", True),
        ("", '["name", "keyword"]', "", _ALL, "", False),
        ("", '["name", "api_key"]', 'extra_kwargs = {"api_key": {"write_only": True}}', _ALL, "", False),
        ("api_key = serializers.CharField(write_only=True)", '["name", "api_key"]', "", _ALL, "", False),
        ("", '["name", "api_key"]', "", "generics.CreateAPIView", "", False),
        ("", '["name", "api_key"]', "", _ALL, "permission_classes = [permissions.IsAdminUser]", False),
        ("", '["name", "api_key"]', "", _ALL, _OWN, False),
    ],
)
def test_keys_are_read_by_whoever_is_signed_in(
    own: str, fields: str, more: str, base: str, says: str, is_found: bool, tmp_path: Path
) -> None:
    view = _REST.format(own=own, fields=fields, more=more, base=base, says=says, methods="")
    files = {"settings.py": _SETTINGS.replace("club.urls", "club.api"), "club/__init__.py": "",
             "club/models.py": _MODELS, "club/api.py": view}  # fmt: skip

    found = result_of(tmp_path, files).findings

    assert is_found == any(one.rule == "account-row-returned" and "api_key" in one.message for one in found)
