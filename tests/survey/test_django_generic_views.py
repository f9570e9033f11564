"""Generic views of Django: each method that a class may have of its own is asked when Django asks it.

Compared with what an anonymous caller gets.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.test_django_asked import SETTINGS, compared

_VIEWS = """
from functools import cached_property
from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import path
from django.views.generic import DeleteView, DetailView, FormView, ListView, TemplateView, UpdateView
from django.views.generic.base import RedirectView


class Note(forms.Form):
    text = forms.CharField(required=False)

    def __init__(self, *args, instance=None, **kwargs):
        super().__init__(*args, **kwargs)

    def save(self):
        return "saved"


class Asked:
    form_class = Note
    success_url = "/done"

    @cached_property
    def caller(self):
        if not self.request.user.is_authenticated:
            raise PermissionDenied
        return self.request.user

    def render_to_response(self, context):
        return HttpResponse(",".join(self.get_template_names()))

    def get_template_names(self):
        return ["page"]


class Page(Asked, TemplateView):
    pass

class PageOfContext(Asked, TemplateView):
    def get_context_data(self, **kwargs):
        return super().get_context_data(caller=self.caller, **kwargs)

class PageOfTemplate(Asked, TemplateView):
    def get_template_names(self):
        return [str(self.caller)]

class Listed(Asked, ListView):
    def get_queryset(self):
        return ["first"]

class ListedInPages(Listed):
    def get_paginate_by(self, queryset):
        self.caller

class ListedByName(Listed):
    def get_context_object_name(self, found):
        self.caller

class Shown(Asked, DetailView):
    def get_object(self):
        return "first"

class ShownByName(Shown):
    def get_context_object_name(self, found):
        return str(self.caller)

class Filled(Asked, FormView):
    pass

class FilledForm(Filled):
    def get_form_kwargs(self):
        self.caller
        return super().get_form_kwargs()

class FilledBefore(Filled):
    def get_initial(self):
        return {"text": str(self.caller)}

class FilledOfClass(Filled):
    def get_form_class(self):
        self.caller
        return Note

class FilledValid(Filled):
    def form_valid(self, form):
        self.caller
        return HttpResponse("done")

class FilledThen(Filled):
    def get_success_url(self):
        self.caller
        return "/done"

class Changed(Asked, UpdateView):
    def get_object(self):
        return "first"

class ChangedValid(Changed):
    def form_valid(self, form):
        form.save()
        return super().form_valid(form)

    def get_success_url(self):
        return "/done"

class ChangedForm(Changed):
    def get_success_url(self):
        return "/done"

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "initial": {"text": str(self.caller)}}

class Sent(Asked, RedirectView):
    def get_redirect_url(self, *args, **kwargs):
        return "/elsewhere"

class SentByCaller(Asked, RedirectView):
    def get_redirect_url(self, *args, **kwargs):
        return f"/{self.caller}"


urlpatterns = [path(one.__name__.lower(), one.as_view()) for one in VIEWS]
"""
_OPEN = {
    "GET": ("Page", "Listed", "Shown", "Filled", "FilledValid", "FilledThen", "ChangedValid", "Sent"),
    "POST": ("Filled", "ChangedValid"),
}
_GUARDED = {
    "GET": (
        "PageOfContext", "PageOfTemplate", "ListedInPages", "ListedByName", "ShownByName", "FilledForm",
        "FilledBefore", "FilledOfClass", "ChangedForm", "SentByCaller",
    ),
    "POST": ("FilledForm", "FilledBefore", "FilledOfClass", "FilledValid", "FilledThen", "ChangedForm"),
}  # fmt: skip


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    views = dict.fromkeys(one for kinds in (_OPEN, _GUARDED) for names in kinds.values() for one in names)
    folder: Path = tmp_path_factory.mktemp("generic")
    return compared(folder, urls=_VIEWS.replace("VIEWS", f"[{', '.join(views)}]"))


def test_what_a_class_has_of_its_own_is_asked_where_django_asks_it(said: dict[str, str]) -> None:
    """Context, form, template, name, page and address of what comes next: whichever asks who calls refuses."""
    wanted = {f"{method} /{name.lower()}" for method, names in _GUARDED.items() for name in names}
    assert {one for one in wanted if said[one] != "guarded"} == set()


def test_what_is_asked_of_nobody_or_only_by_another_method_is_open(said: dict[str, str]) -> None:
    """A check when the form is valid does not stand before the empty form."""
    wanted = {f"{method} /{name.lower()}" for method, names in _OPEN.items() for name in names}
    assert {one for one in wanted if said[one] != "unguarded"} == set()


_INVALID = """
class Tried(Asked, FormView):
    def form_valid(self, form):
        {valid}

    def form_invalid(self, form):
        {invalid}

class Note(Note):
    text = forms.CharField(required=True)

Tried.form_class = Note
urlpatterns = [path("tried", Tried.as_view())]
"""


@pytest.mark.parametrize(
    ("valid", "invalid"),
    [
        # Who sends what is not valid does something all the same.
        ("self.caller", 'return HttpResponse("noted")'),
        # Who sends what is valid comes through.
        ('return HttpResponse("done")', "raise PermissionDenied"),
        ('return HttpResponse("done")', "return HttpResponse(status=403)"),
    ],
)
def test_a_form_that_is_not_valid_may_be_answered_by_more_than_the_form(
    tmp_path: Path, valid: str, invalid: str
) -> None:
    views = _VIEWS.partition("urlpatterns")[0] + _INVALID.format(valid=valid, invalid=invalid)
    (tmp_path / "settings.py").write_text(SETTINGS)
    (tmp_path / "urls.py").write_text(views)
    said = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes}
    assert said["POST /tried"] in ("unknown", "unguarded")
