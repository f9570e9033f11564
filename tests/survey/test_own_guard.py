"""nomoat's own guard is on the map as what the service says of itself; it changes no verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

URLS = """\
from django.http import HttpResponse
from django.urls import path
def me(request): return HttpResponse("")
urlpatterns = [path("me/", me)]
"""


@pytest.mark.parametrize(
    ("settings", "protected"),
    [
        ('MIDDLEWARE = ["nomoat.guard.DjangoGuard"]\n', "audit"),
        ('MIDDLEWARE = ["nomoat.guard.DjangoGuard"]\nNOMOAT = {"mode": "enforce"}\n', "enforce"),
        ('MIDDLEWARE = ["nomoat.guard.DjangoGuard"]\nNOMOAT = {"config": "nomoat.yaml"}\n', "audit"),
        ("MIDDLEWARE = []\nNOMOAT = {'mode': 'enforce'}\n", None),
        ('import os\nMIDDLEWARE = []\nif os.environ.get("G"):\n    MIDDLEWARE += ["nomoat.guard.DjangoGuard"]\n', None),
    ],
)
def test_django_says_so_in_its_settings(settings: str, protected: str | None, tmp_path: Path) -> None:
    (tmp_path / "proj").mkdir()
    (tmp_path / "manage.py").write_text('import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "proj.settings")\n')
    (tmp_path / "proj/__init__.py").write_text("")
    (tmp_path / "proj/settings.py").write_text('ROOT_URLCONF = "proj.urls"\n' + settings)
    (tmp_path / "proj/urls.py").write_text(URLS)

    drawn = draw(tmp_path).map

    assert [service.protected for service in drawn.services] == [protected]
    assert {route.verdict for route in drawn.routes} == {"unguarded"}


def test_flask_says_so_where_the_application_is_made(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "from flask import Flask\nfrom nomoat.guard import protect\n"
        'app = Flask(__name__)\nprotect(app, mode="enforce")\n'
        '@app.get("/me")\ndef me(): return ""\n'
    )

    drawn = draw(tmp_path).map

    assert [service.protected for service in drawn.services] == ["enforce"]
    assert {route.verdict for route in drawn.routes if route.origin == "source"} == {"unguarded"}
