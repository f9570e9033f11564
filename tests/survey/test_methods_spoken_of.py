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


_ASKED = """
from django.http import HttpResponse


def is_post(request):
    return request.method == "POST"


def is_form(request, kind):
    return kind.method == "POST"


def asked(request):
    if is_post(request):
        return HttpResponse("a")
    return HttpResponse("b")


def handed(request):
    return asked(request=request)


def shown(request):
    if is_form(1, request):
        return HttpResponse("a")
    return HttpResponse("b")
"""


def test_a_view_answers_what_a_function_asks_that_is_handed_the_request(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text('ROOT_URLCONF = "urls"\n')
    (tmp_path / "urls.py").write_text(
        "from django.urls import path\nimport views\n"
        'urlpatterns = [path("a/", views.asked), path("b/", views.handed), path("c/", views.shown)]\n'
    )
    (tmp_path / "views.py").write_text(_ASKED)

    found = {f"{one.method} {one.path}" for one in draw(tmp_path).map.routes if one.method != "HEAD"}

    assert found == {"GET /a/", "POST /a/", "GET /b/", "POST /b/", "GET /c/"}
