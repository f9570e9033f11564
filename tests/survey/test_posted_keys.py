"""Keys in forms: who has not the secret that they are compared with is refused; other fields of a form are no keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_VIEWS = """
import hashlib
import hmac

from django.conf import settings
from django.db import models
from django.http import HttpResponse, HttpResponseForbidden, HttpResponseNotFound
from django.shortcuts import get_object_or_404
from django.utils.crypto import constant_time_compare


class Device(models.Model):
    key = models.CharField(max_length=64)
    key_hash = models.CharField(max_length=64)
    name = models.CharField(max_length=64)


def report(request, pk):
    device = get_object_or_404(Device, pk=pk)
    {body}
    return HttpResponse("thanks")
"""
_URLS = """
from django.urls import path
from django.views.decorators.http import require_POST
import views

urlpatterns = [path("report/<pk>/", require_POST(views.report))]
"""
_IF = "if not constant_time_compare({}):\n        return HttpResponseNotFound()"


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (_IF.format('request.POST.get("key"), device.key'), "guarded"),
        ('key = request.POST.get("key")\n    ' + _IF.format("key, device.key"), "guarded"),
        ('if request.POST["api_key"] != device.key:\n        return HttpResponseForbidden()', "guarded"),
        ('if request.POST.get("secret") != settings.REPORT_SECRET:\n        return HttpResponseForbidden()', "guarded"),
        ('if not hmac.compare_digest(request.POST.get("key", ""), device.key):\n        return HttpResponseForbidden()',
         "guarded"),
        ('if request.POST.get("key") != settings.REPORT_KEY:\n        return HttpResponseForbidden()', "guarded"),
        ('if request.POST.get("key") != device.key:\n        return HttpResponseNotFound()', "unguarded"),
        ('if request.POST.get("name") != device.name:\n        return HttpResponseNotFound()', "unguarded"),
        ('if request.POST.get("key") != device.name:\n        return HttpResponseNotFound()', "unguarded"),
        ('if request.POST.get("key") != request.POST.get("old_key"):\n        return HttpResponseNotFound()',
         "unguarded"),
        ('if request.POST.get("key") == "colour":\n        device.save()', "unguarded"),
        ('if not request.POST.get("key"):\n        return HttpResponse(status=400)', "unguarded"),
        (_IF.format('request.POST.get("password"), device.key'), "unguarded"),
    ],
)  # fmt: skip
def test_a_key_in_a_form_is_a_credential_where_a_secret_is_compared_with_it(
    body: str, verdict: str, tmp_path: Path
) -> None:
    (tmp_path / "settings.py").write_text('ROOT_URLCONF = "urls"\n')
    (tmp_path / "urls.py").write_text(_URLS)
    (tmp_path / "views.py").write_text(_VIEWS.replace("{body}", body))

    (route,) = draw(tmp_path).map.routes

    assert route.verdict == verdict
