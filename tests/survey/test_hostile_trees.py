"""Trees that were made to mislead or to tire: the map always ends, and says what it left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.appmap.model import Map
from nomoat.appmap.spelling import braced
from nomoat.survey.draw import draw
from nomoat.survey.models import Dialect
from nomoat.survey.paths import joined

_DJANGO = "from django.urls import include, path, re_path\n\ndef view(request): ...\n\n"


def mapped(root: Path, files: dict[str, str]) -> Map:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return draw(root).map


def paths(drawn: Map) -> list[str]:
    return [route.path for route in drawn.routes if route.method == "GET" and route.origin == "source"]


def test_a_list_that_is_added_to_itself_ends(tmp_path: Path) -> None:
    assert ["/a"] == paths(
        mapped(tmp_path, {"urls.py": f"{_DJANGO}urlpatterns = [path('a', view)]\nurlpatterns += urlpatterns\n"})
    )


def test_lists_that_include_one_another_are_gone_through_once(tmp_path: Path) -> None:
    files = {
        "settings.py": "ROOT_URLCONF = 'urls'\nINSTALLED_APPS = []\n",
        "urls.py": f"{_DJANGO}urlpatterns = [path('a', view), path('b/', include('other'))]\n",
        "other.py": f"{_DJANGO}urlpatterns = [path('c', view), path('d/', include('urls'))]\n",
    }

    assert ["/a", "/b/c"] == paths(mapped(tmp_path, files))


def test_what_is_added_to_a_list_and_cannot_be_read_loses_nothing_and_is_said(tmp_path: Path) -> None:
    added = (
        "from elsewhere import more\n"
        "urlpatterns = [path('a', view)]\n"
        "urlpatterns += more()\n"
        "urlpatterns = urlpatterns + more()\n"
    )

    drawn = mapped(tmp_path, {"urls.py": _DJANGO + added})

    assert ["/a"] == paths(drawn)
    assert any("may hold more" in one.why and not one.analysed for one in drawn.not_read)


def test_a_list_of_paths_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    drawn = mapped(tmp_path, {"urls.py": f"{_DJANGO}from elsewhere import made\nurlpatterns = made()\n"})

    assert ["urlpatterns cannot be read as a list of paths"] == [one.why for one in drawn.not_read if not one.analysed]


def test_settings_of_tests_do_not_say_where_an_application_begins(tmp_path: Path) -> None:
    files = {
        "tests/settings.py": "ROOT_URLCONF = 'tests.urls'\nINSTALLED_APPS = []\n",
        "tests/urls.py": f"{_DJANGO}urlpatterns = [path('test', view)]\n",
        "shop/urls.py": f"{_DJANGO}urlpatterns = [path('shop', view)]\n",
    }

    assert ["/shop"] == paths(mapped(tmp_path, files))


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        (r"^orders/(?P<pk>\d+)/$", "orders/{pk:int}/"),
        (r"^(?P<slug>[-\w]+)/(?P<rest>.*)$", "{slug}/{rest:path}"),
        (r"^a(?:/b)?/(\w+)\.json\Z", "a/b/{arg0}.json"),
        (r"^(?:en|de)/x", "{arg0}/x"),
        ("(", "{arg0}"), ("(?P<", ""), ("[(", "{arg0}"), ("\\", ""),
    ],
)  # fmt: skip
def test_a_pattern_is_a_path_with_its_groups_as_parameters(pattern: str, path: str) -> None:
    assert path == braced(pattern, "regex")


@pytest.mark.parametrize("pattern", ["(?:" * 5_000 + ")" * 5_000, "(" * 20_000, "[(" * 5_000, "(?P<a>" * 5_000])
def test_any_heap_of_groups_is_some_path(pattern: str) -> None:
    assert isinstance(braced(pattern, "regex"), str)


def test_prefix_and_path_meet_in_one_slash_where_the_framework_says_so() -> None:
    flask = Dialect(joins_by_slash=True)

    assert ["/a/b", "/a/b", "/a", "b"] == [
        joined("/a/", "/b", flask), joined("/a", "b", flask), joined("/a", "", flask), joined("", "b", flask),
    ]  # fmt: skip
