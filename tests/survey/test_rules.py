"""Permissions by rules (django-rules) and mixins of django-braces: whom they let through, as read in their source."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_RULES = """
import rules
from rules.contrib.models import RulesModel

from django.db import models

@rules.predicate
def is_member(user, order):
    return user in order.members.all() or (order.parent and is_member(user, order.parent))

@rules.predicate
def is_owner(user, order):
    return order.owner == user

@rules.predicate
def is_shown(user, order):
    return order.shown

@rules.predicate
def is_told(user, order):
    if user.is_authenticated:
        return order.told
    return False

@rules.predicate(bind=True)
def always(self):
    return True

class Order(models.Model):
    owner = models.ForeignKey("auth.User", on_delete=models.CASCADE)
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE)
    members = models.ManyToManyField("auth.User")
    shown = models.BooleanField()

class Price(RulesModel):
    class Meta:
        rules_permissions = {"view": is_shown | is_told, "edit": is_told & is_shown, "list": rules.always_allow}

rules.add_perm("shop.member", is_member)
rules.add_perm("shop.owner", is_owner)
rules.add_perm("shop.shown", is_shown)
rules.add_perm("shop.told", is_told | is_owner | (is_shown & is_told))
rules.add_perm("shop.nested", ((is_told | is_owner) | is_shown) | is_told)
rules.add_perm("shop.open", rules.always_allow)
rules.add_perm("shop.nobody", ~rules.is_authenticated)
rules.add_perm("shop.group", rules.is_group_member("staff"))
"""
_VIEWS = """
from django.http import HttpResponse
from django.urls import path
from django.views.generic import DetailView
from rules.contrib.views import PermissionRequiredMixin, objectgetter, permission_required

from shop.models import Order

def view(name):
    class Shown(PermissionRequiredMixin, DetailView):
        model = Order
        permission_required = name

    return Shown.as_view()

def page(request, pk):
    return HttpResponse()

def decorated(name):
    return permission_required(name, fn=objectgetter(Order), raise_exception=True)(page)

NAMES = ["shop.member", "shop.owner", "shop.shown", "shop.told", "shop.nested", "shop.open", "shop.nobody",
         "shop.group", "shop.view_price", "shop.edit_price", "shop.list_price", "shop.other"]
urlpatterns = [path(f"{name}/<int:pk>", MADE(name)) for name in NAMES]
"""
_SETTINGS = 'ROOT_URLCONF = "shop.urls"\nINSTALLED_APPS = ["rules", "shop"]\n'


def _told(folder: Path, **files: str) -> dict[str, str]:
    for name, text in {"__init__": "", "settings": _SETTINGS, **files}.items():
        place = folder / "shop" / f"{name}.py"
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return {one.path.split("/")[1]: one.verdict for one in draw(folder).map.routes if one.method == "GET"}


@pytest.mark.parametrize("made", ["view", "decorated"])
def test_a_permission_is_what_its_rule_says_of_nobody(tmp_path: Path, made: str) -> None:
    told = _told(tmp_path, models=_RULES, urls=_VIEWS.replace("MADE", made))

    assert told == {
        "shop.member": "guarded", "shop.owner": "guarded", "shop.told": "guarded", "shop.group": "guarded",
        "shop.edit_price": "guarded", "shop.other": "guarded", "shop.shown": "unknown", "shop.nested": "unknown",
        "shop.view_price": "unknown", "shop.open": "unguarded", "shop.nobody": "unguarded",
        "shop.list_price": "unguarded"}  # fmt: skip


_BY_NAMES = """
import rules

from shop.models import is_owner, is_shown

def register(names, rule):
    for name in names:
        rules.add_perm(name, rule)

register(open("names.txt").read().split(), RULE)
"""


@pytest.mark.parametrize(("rule", "verdict"), [("is_owner", "guarded"), ("is_shown", "unknown")])
def test_a_rule_under_names_that_cannot_be_read_may_be_any(tmp_path: Path, rule: str, verdict: str) -> None:
    told = _told(tmp_path, models=_RULES, rules=_BY_NAMES.replace("RULE", rule), urls=_VIEWS.replace("MADE", "view"))

    assert told["shop.other"] == verdict


_REDIRECTING = """
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path
from django.views.generic import View

class Shown(View):
    def get(self, request):
        if request.user.has_perm("shop.shown", request.GET):
            return HttpResponseRedirect("/shown")
        return HttpResponseRedirect("/accounts/login/")

class Told(View):
    def get(self, request):
        if request.user.has_perm("shop.told", request.GET):
            return HttpResponse()
        return HttpResponseRedirect("/accounts/login/")

urlpatterns = [path("shown/", Shown.as_view()), path("told/", Told.as_view())]
"""


def test_who_is_sent_on_where_a_permission_may_be_everybodys_is_not_refused(tmp_path: Path) -> None:
    assert _told(tmp_path, models=_RULES, urls=_REDIRECTING) == {"shown": "unknown", "told": "guarded"}


_BRACES = """
from braces import views
from django.http import HttpResponse
from django.urls import path
from django.views.generic import View

class Page(View):
    def get(self, request): return HttpResponse()

class SignedIn(views.LoginRequiredMixin, views.SetHeadlineMixin, Page): pass
class Behind(views.JSONResponseMixin, views.LoginRequiredMixin, views.MessageMixin, Page): raise_exception = True
class Allowed(views.PermissionRequiredMixin, Page): permission_required = "shop.view"
class Several(views.MultiplePermissionsRequiredMixin, Page): permissions = {"any": ("shop.view", "shop.edit")}
class InGroup(views.GroupRequiredMixin, Page): group_required = "staff"
class Super(views.SuperuserRequiredMixin, Page): pass
class Staff(views.StaffuserRequiredMixin, Page): pass
class Tested(views.UserPassesTestMixin, Page):
    def test_func(self, user): return user.is_active and user.email
class Nobody(views.AnonymousRequiredMixin, Page): pass
class Headline(views.SetHeadlineMixin, views.CsrfExemptMixin, Page): pass
class Passed(views.UserPassesTestMixin, Page):
    def test_func(self, user): return True

urlpatterns = [path(f"{name}/", view.as_view()) for name, view in [
    ("signed", SignedIn), ("behind", Behind), ("allowed", Allowed), ("several", Several), ("group", InGroup),
    ("super", Super), ("staff", Staff), ("tested", Tested), ("nobody", Nobody), ("headline", Headline),
    ("passed", Passed)]]
"""


def test_mixins_of_braces_ask_who_calls(tmp_path: Path) -> None:
    told = _told(tmp_path, urls=_BRACES)

    assert {name for name, verdict in told.items() if verdict == "unguarded"} == {"nobody", "headline", "passed"}
    assert set(told.values()) == {"guarded", "unguarded"}
