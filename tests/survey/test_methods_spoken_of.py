"""Which methods a view of Django answers is told by what it speaks of, and by what it hands the request."""

from __future__ import annotations

from pathlib import Path

from nomoat.survey.draw import draw

_VIEWS = """
from django.http import HttpResponse


def saved(request):
    if request.method == "POST":
        return HttpResponse(request.POST["name"])
    return HttpResponse(status=405)


def looked_at(request):
    return request.POST


def events(request):
    if request.method == "GET":
        return HttpResponse("events")
    else:
        return saved(request)


def orders(request):
    if request.method == "GET":
        looked_at(request)
        return HttpResponse("orders")
"""


def test_a_view_answers_what_it_hands_the_request_answers(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text('ROOT_URLCONF = "urls"\n')
    (tmp_path / "urls.py").write_text(
        "from django.urls import path\nimport views\n"
        'urlpatterns = [path("events/", views.events), path("orders/", views.orders)]\n'
    )
    (tmp_path / "views.py").write_text(_VIEWS)

    found = {f"{one.method} {one.path}" for one in draw(tmp_path).map.routes}

    assert found == {"GET /events/", "HEAD /events/", "POST /events/", "GET /orders/", "HEAD /orders/"}
