"""Rows of models whose methods say who may see them: found by a relation, a manager of the tree, or a query."""

from __future__ import annotations

from pathlib import Path

from nomoat.survey.draw import draw

_MODELS = """
from django.db import models


class TeamManager(models.Manager):
    def ours(self, user):
        return self.filter(members=user)


class Team(models.Model):
    objects = TeamManager()

    def editable_by(self, user):
        return user.is_superuser or Membership.objects.filter(team=self, user=user.id, access="admin").exists()

    def seen_by(self, user):
        return user.is_superuser


class Board(models.Model):
    team = models.ForeignKey(Team, related_name="boards", on_delete=models.CASCADE)
    is_open = models.BooleanField(default=True)

    def editable_by(self, user):
        return self.team.editable_by(user)

    def seen_by(self, user):
        return self.is_open or self.team.seen_by(user)


class Card(models.Model):
    board = models.ForeignKey("Board", on_delete=models.CASCADE)

    def editable_by(self, user):
        return True


class Membership(models.Model):
    team = models.ForeignKey(Team, on_delete=models.CASCADE)
    user = models.ForeignKey("auth.User", on_delete=models.CASCADE)
    access = models.CharField(max_length=10)
"""

_VIEWS = """
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path

from boards.models import Board, Card, Team


def of_relation(request, team, board):
    found = get_object_or_404(get_object_or_404(Team, slug=team).boards, slug=board)
    if not found.editable_by(request.user):
        raise PermissionDenied()
    return HttpResponse("ok")


def of_manager(request, team):
    found = Team.objects.get(slug=team)
    if not found.editable_by(request.user):
        raise PermissionDenied()
    return HttpResponse("ok")


def of_field(request, pk):
    card = Card.objects.select_related("board").filter(pk=pk).first()
    if not card.board.editable_by(request.user):
        raise PermissionDenied()
    return HttpResponse("ok")


def of_each(request):
    for board in Board.objects.all():
        if not board.editable_by(request.user):
            raise PermissionDenied()
    return HttpResponse("ok")


def of_set(request, pk):
    card = Board.objects.get(pk=pk).card_set.get(name=request.GET["name"])
    if not card.editable_by(request.user):
        raise PermissionDenied()
    return HttpResponse("ok")


def of_open(request, team, board):
    found = get_object_or_404(get_object_or_404(Team, slug=team).boards, slug=board)
    if not found.seen_by(request.user):
        raise PermissionDenied()
    return HttpResponse("ok")


urlpatterns = [
    path("<team>/<board>/relation/", of_relation),
    path("<team>/manager/", of_manager),
    path("<pk>/field/", of_field),
    path("each/", of_each),
    path("<pk>/set/", of_set),
    path("<team>/<board>/open/", of_open),
]
"""


def told(folder: Path) -> dict[str, str]:
    """The verdict on each route, by the last part of its path."""
    (folder / "boards").mkdir()
    (folder / "settings.py").write_text("ROOT_URLCONF = 'boards.urls'\nINSTALLED_APPS = ['boards']\n")
    (folder / "boards" / "__init__.py").write_text("")
    (folder / "boards" / "models.py").write_text(_MODELS)
    (folder / "boards" / "urls.py").write_text(_VIEWS)
    return {one.path.rstrip("/").rpartition("/")[2]: one.verdict for one in draw(folder).map.routes}


def test_rows_that_a_relation_or_a_query_gives_have_the_methods_of_their_class(tmp_path: Path) -> None:
    found = told(tmp_path)

    assert {"guarded"} == {found["relation"], found["manager"], found["field"]}


def test_rows_that_say_yes_to_anybody_refuse_nobody(tmp_path: Path) -> None:
    found = told(tmp_path)

    # A query may find nothing to go through; whoever may see an open board is told by a row; a card is anybody's.
    assert "guarded" not in {found["each"], found["set"], found["open"]}
