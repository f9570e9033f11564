"""Classes that answer and are made of none that is here, behind a mixin that is."""

from __future__ import annotations

from pathlib import Path

from nomoat.survey.draw import draw

_SOURCE = """
from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin
from django.http import HttpResponse
from django.urls import path
from modals.generic import ModalView

class Logged:
    def dispatch(self, request, *args, **kwargs):
        print(request.path)
        return super().dispatch(request, *args, **kwargs)

class Staff:
    def dispatch(self, request, *args, **kwargs):
        if not request.user.is_staff:
            return HttpResponse(status=403)
        return super().dispatch(request, *args, **kwargs)

class OnlySome:
    def dispatch(self, request, *args, **kwargs):
        if "draft" in request.GET and not request.user.is_staff:
            return HttpResponse(status=403)
        return super().dispatch(request, *args, **kwargs)

class Unasked(LoginRequiredMixin):
    def dispatch(self, request, *args, **kwargs):
        return super(LoginRequiredMixin, self).dispatch(request, *args, **kwargs)

class Signed(LoginRequiredMixin, ModalView): pass
class Permitted(PermissionRequiredMixin, ModalView): permission_required = "orders.add_order"
class OfStaff(Staff, ModalView): pass
class SignedLogged(Logged, LoginRequiredMixin, ModalView): pass
class Given(LoginRequiredMixin, ModalView):
    def get_queryset(self): return self.request.user.orders.all()

class Late(ModalView, LoginRequiredMixin): pass
class LateStaff(ModalView, Staff): pass
class OnlyLogged(Logged, ModalView): pass
class Some(OnlySome, ModalView): pass
class Passed(Unasked, ModalView): pass
class Plain(ModalView): pass

class Replaced(LoginRequiredMixin, ModalView):
    def dispatch(self, request, *args, **kwargs):
        return HttpResponse("all orders")

class Own(LoginRequiredMixin, ModalView):
    @classmethod
    def as_view(cls, **initkwargs):
        return lambda request: HttpResponse("all orders")

urlpatterns = [path(f"{view.__name__}/", view.as_view(extra=1)) for view in [
    Signed, Permitted, OfStaff, SignedLogged, Given, Late, LateStaff, OnlyLogged, Some, Passed, Plain, Replaced, Own]]
"""
_VERDICTS = {
    "Signed": "guarded", "Permitted": "guarded", "OfStaff": "guarded", "SignedLogged": "guarded", "Given": "guarded",
    # What is not here comes first, and may answer without asking what comes after it.
    "Late": "unknown", "LateStaff": "unknown", "OnlyLogged": "unknown", "Some": "unknown", "Passed": "unknown",
    "Plain": "unknown",
}  # fmt: skip


def test_a_mixin_that_comes_first_is_asked_first(tmp_path: Path) -> None:
    (tmp_path / "urls.py").write_text(_SOURCE)

    routes = {one.path.strip("/"): one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert {name: routes[name] for name in _VERDICTS} == _VERDICTS
    assert routes["Replaced"] != "guarded"
    assert routes["Own"] != "guarded"


_SKIPPED = """
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse
from django.urls import path
from django.views.generic import View

class Page(View):
    def get(self, request): return HttpResponse("orders")

class Own(Page):
    def dispatch(self, request, *args, **kwargs):
        if not request.user.is_authenticated:
            return HttpResponse(status=403)
        return super().dispatch(request, *args, **kwargs)

class Asked(LoginRequiredMixin, Page):
    def dispatch(self, request, *args, **kwargs):
        return super(Asked, self).dispatch(request, *args, **kwargs)

class LeftOut(LoginRequiredMixin, Page):
    def dispatch(self, request, *args, **kwargs):
        return super(LoginRequiredMixin, self).dispatch(request, *args, **kwargs)

class OwnLeftOut(Own):
    def dispatch(self, request, *args, **kwargs):
        return super(Own, self).dispatch(request, *args, **kwargs)

class OfView(LoginRequiredMixin, Page):
    def dispatch(self, request, *args, **kwargs):
        return View.dispatch(self, request, *args, **kwargs)

urlpatterns = [path(f"{view.__name__}/", view.as_view()) for view in [Own, Asked, LeftOut, OwnLeftOut, OfView]]
"""


def test_what_super_leaves_out_is_not_asked(tmp_path: Path) -> None:
    """`super(LoginRequiredMixin, self)` goes on behind the mixin."""
    (tmp_path / "urls.py").write_text(_SKIPPED)

    routes = {one.path.strip("/"): one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert routes == {
        "Own": "guarded", "Asked": "guarded", "LeftOut": "unguarded", "OwnLeftOut": "unguarded", "OfView": "unguarded",
    }  # fmt: skip
