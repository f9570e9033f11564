"""Pages for guests alone, and the page to sign in itself: who is signed in is sent elsewhere, and nobody is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
from django.contrib.auth.views import LoginView
from django.http import HttpResponse, HttpResponseForbidden
from django.shortcuts import redirect, render
from django.urls import path

sign_in = LoginView.as_view(template_name="sign_in.html")


def only_guests(view):
    def asks(request, *args, **kwargs):
        if request.user.is_authenticated:
            return redirect("home")
        return view(request, *args, **kwargs)
    return asks


"""

_OPEN = {
    "the page to sign in": """
def page(request):
    if request.user.is_authenticated:
        return redirect("home")
    return sign_in(request, redirect_field_name="to")
""",
    "joining": """
def page(request):
    if request.user.is_authenticated:
        return redirect("home")
    if request.method == "POST":
        join(request.POST)
        return redirect("thanks")
    return render(request, "join.html")
""",
    "joining, with a function of its own that sends elsewhere": """
def page(request):
    if request.user.is_authenticated:
        return back(request, "home")
    if request.method == "POST":
        join(request.POST)
        return redirect("thanks")
    return render(request, "join.html")


def back(request, otherwise):
    if request.GET.get("to"):
        return redirect(request.GET["to"])
    return redirect(otherwise)
""",
    "joining behind a decorator": """
@only_guests
def page(request):
    if request.method == "POST":
        join(request.POST)
        return redirect("thanks")
    return render(request, "join.html")
""",
}
_KEPT = {
    "sent to sign in, in place of the page": """
def page(request):
    if not request.user.is_authenticated:
        return sign_in(request)
    if request.method == "POST":
        return redirect("home")
    return render(request, "page.html")
""",
    "shown to who is signed in": """
def page(request):
    if request.user.is_authenticated:
        return answered(request)
    return gone(redirect("sign-in"))


def answered(request):
    if request.method == "POST":
        return redirect("thanks")
    return HttpResponse(request.POST)


def gone(answer):
    return answer
""",
    "asked for something else besides": """
def page(request):
    if request.user.is_authenticated:
        return redirect("home")
    if not request.headers.get("Authorization"):
        return HttpResponseForbidden()
    return render(request, "page.html")
""",
}


def told(folder: Path, page: str) -> set[str]:
    """The verdicts on GET and POST of a page."""
    (folder / "settings.py").write_text("ROOT_URLCONF = 'urls'\n")
    (folder / "urls.py").write_text(f"{_HEAD}{page}\n\nurlpatterns = [path('page/', page)]\n")
    return {one.verdict for one in draw(folder).map.routes if one.method in ("GET", "POST")}


@pytest.mark.parametrize("how", _OPEN)
def test_what_is_meant_for_guests_is_open(how: str, tmp_path: Path) -> None:
    assert {"unguarded"} == told(tmp_path, _OPEN[how])


@pytest.mark.parametrize("how", _KEPT)
def test_who_is_sent_away_for_want_of_a_credential_is_refused(how: str, tmp_path: Path) -> None:
    assert {"guarded"} == told(tmp_path, _KEPT[how])


def test_a_page_to_sign_in_under_a_name_of_the_module_is_posted_to(tmp_path: Path) -> None:
    told(tmp_path, _OPEN["the page to sign in"])

    assert "POST" in {one.method for one in draw(tmp_path).map.routes}
