"""Classes of Django that send somebody elsewhere by what is asked about, before they ask who is calling."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.generic import FormView, View

from orders import Order


"""
_SHAPES = {
    "asked behind": (
        "guarded",
        """
class Page(LoginRequiredMixin, View):
    def dispatch(self, request, *args, **kwargs):
        if get_object_or_404(Order, pk=kwargs["pk"]).is_archived:
            return redirect("archive")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request, pk):
        return HttpResponse("order")
""",
    ),
    "asked by a class below": (
        "guarded",
        """
class Open:
    def dispatch(self, request, *args, **kwargs):
        if get_object_or_404(Order, pk=kwargs["pk"]).is_archived:
            return redirect("archive")
        return super().dispatch(request, *args, **kwargs)


class Page(Open, LoginRequiredMixin, FormView):
    pass
""",
    ),
    "asked by nobody": (
        "unguarded",
        """
class Page(View):
    def dispatch(self, request, *args, **kwargs):
        if get_object_or_404(Order, pk=kwargs["pk"]).is_archived:
            return redirect("archive")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request, pk):
        return HttpResponse("order")
""",
    ),
    "done before": (
        "unknown",
        """
class Page(LoginRequiredMixin, View):
    def dispatch(self, request, *args, **kwargs):
        order = get_object_or_404(Order, pk=kwargs["pk"])
        if order.is_archived:
            order.seen += 1
            order.save()
            return redirect("archive")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request, pk):
        return HttpResponse("order")
""",
    ),
    "shown before": (
        "unknown",
        """
class Page(LoginRequiredMixin, View):
    def dispatch(self, request, *args, **kwargs):
        order = get_object_or_404(Order, pk=kwargs["pk"])
        if order.is_public:
            return render(request, "order.html", {"order": order})
        return super().dispatch(request, *args, **kwargs)

    def get(self, request, pk):
        return HttpResponse("order")
""",
    ),
    "answered for some": (
        "unguarded",
        """
class Page(LoginRequiredMixin, View):
    def dispatch(self, request, *args, **kwargs):
        order = get_object_or_404(Order, pk=kwargs["pk"])
        if order.is_archived:
            return redirect("archive")
        if order.is_public:
            return self.get(request, order.pk)
        return self.get(request, pk=1)

    def get(self, request, pk):
        return HttpResponse("order")
""",
    ),
}


@pytest.mark.parametrize("how", _SHAPES)
def test_who_is_sent_elsewhere_comes_no_nearer_to_what_a_class_does(how: str, tmp_path: Path) -> None:
    verdict, page = _SHAPES[how]
    (tmp_path / "settings.py").write_text("ROOT_URLCONF = 'urls'\n")
    (tmp_path / "orders.py").write_text("from django.db import models\n\n\nclass Order(models.Model):\n    pass\n")
    (tmp_path / "urls.py").write_text(f"{_HEAD}{page}\n\nurlpatterns = [path('<int:pk>/', Page.as_view())]\n")

    assert {verdict} == {one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}
