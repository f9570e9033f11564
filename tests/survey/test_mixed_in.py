"""Classes that answer and are made of classes of packages that are not here."""

from __future__ import annotations

from pathlib import Path

from nomoat.survey.draw import draw

_SOURCE = """
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.messages.views import SuccessMessageMixin
from django.http import HttpResponse
from django.urls import path
from django.views.generic import View
from elsewhere.mixins import HeadlineMixin, TeamPermissionMixin

class Page(View):
    def get(self, request): return HttpResponse()

class Prepared:
    def dispatch(self, request, *args, **kwargs):
        self.prepared = True
        return super().dispatch(request, *args, **kwargs)

class Behind(Prepared, SuccessMessageMixin, LoginRequiredMixin, Page): pass
class Shown(Prepared, HeadlineMixin, Page): pass
class OfTeam(TeamPermissionMixin, Page): pass
class OfTeamPrepared(Prepared, TeamPermissionMixin, Page): pass
class Both(LoginRequiredMixin, TeamPermissionMixin, Page): pass

class Own(Page):
    def dispatch(self, request, *args, **kwargs):
        if not request.user.is_authenticated:
            return HttpResponse(status=403)
        return super().dispatch(request, *args, **kwargs)

class OwnBehindAnother(HeadlineMixin, Own): pass

urlpatterns = [path(f"{name}/", view.as_view()) for name, view in [
    ("behind", Behind), ("shown", Shown), ("team", OfTeam), ("team-prepared", OfTeamPrepared), ("both", Both),
    ("own", OwnBehindAnother)]]
"""


def test_what_a_class_that_is_not_here_asks_is_told_by_its_name_alone(tmp_path: Path) -> None:
    (tmp_path / "urls.py").write_text(_SOURCE, encoding="utf-8")

    routes = {one.path.strip("/"): one for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert {path: one.verdict for path, one in routes.items()} == {
        "behind": "guarded", "shown": "unguarded", "team": "unknown", "team-prepared": "unknown", "both": "guarded",
        "own": "guarded"}  # fmt: skip
    assert (
        routes["team"].because == "its class is made of TeamPermissionMixin of a package that is not here (elsewhere)"
    )
