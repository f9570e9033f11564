"""Classes that say that they are made of `object`, beside others that answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
from django.http import HttpResponse
from django.urls import path
from django.views.generic import View

class Counted({base}):
    def dispatch(self, request, *args, **kwargs):
        self.counted = True
        return super().dispatch(request, *args, **kwargs)

class Kept({base}):
    def dispatch(self, request, *args, **kwargs):
        if not request.user.is_authenticated:
            return HttpResponse(status=403)
        return super().dispatch(request, *args, **kwargs)

class Page(View):
    def get(self, request):
        return HttpResponse("x")

class Own(View):
    def get(self, request):
        if not request.user.is_authenticated:
            return HttpResponse(status=403)
        return HttpResponse("x")

class CountedOwn(Counted, Own): pass
class CountedPage(Counted, Page): pass
class CountedKept(Counted, Kept, Page): pass

urlpatterns = [path(one.__name__ + "/", one.as_view()) for one in (CountedOwn, CountedPage, CountedKept)]
"""


@pytest.mark.parametrize("base", ["", "object"])
def test_what_follows_a_mixin_is_that_of_the_next_class(base: str, tmp_path: Path) -> None:
    (tmp_path / "urls.py").write_text(_SOURCE.format(base=base), encoding="utf-8")

    routes = {one.path.strip("/"): one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert routes == {"CountedOwn": "guarded", "CountedPage": "unguarded", "CountedKept": "guarded"}
