"""Patterns of paths of which a part is not known: within a group it is one parameter, whatever fits it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SHAPES = {
    'r"^by/" + KINDS + r"/(?P<pk>\\d+)/$"': "/by/{kind}/{pk}/",
    'rf"^by/(?P<kind>{WORDS})/$"': "/by/{kind}/",
    'r"^by/(?P<kind>%s)/(?P<pk>%s)/$" % (WORDS, WORDS)': "/by/{kind}/{pk}/",
}
_UNTOLD = (
    'r"^by/" + WORDS + r"/(?P<pk>\\d+)/$"',
    'rf"^by/\\({WORDS}\\)/(?P<pk>\\d+)/$"',
    'rf"^{WORDS}/(?P<kind>a|b)/$"',
)


def paths(folder: Path, pattern: str) -> tuple[set[str], bool]:
    """The paths of GET, and whether one is told not to be read."""
    (folder / "settings.py").write_text("ROOT_URLCONF = 'urls'\n")
    (folder / "urls.py").write_text(
        "import re\nfrom django.http import HttpResponse\nfrom django.urls import re_path\nfrom words import told\n\n\n"
        'WORDS = "|".join(told())\nKINDS = f"(?P<kind>{WORDS})"\n\n\n'
        'def page(request, **given):\n    return HttpResponse("page")\n\n\n'
        f"urlpatterns = [re_path({pattern}, page)]\n"
    )
    drawn = draw(folder).map
    return {one.path for one in drawn.routes if one.method == "GET"}, bool(drawn.not_read)


@pytest.mark.parametrize("pattern", _SHAPES)
def test_what_is_not_known_within_a_group_is_one_parameter(pattern: str, tmp_path: Path) -> None:
    assert ({_SHAPES[pattern]}, False) == paths(tmp_path, pattern)


@pytest.mark.parametrize("pattern", _UNTOLD)
def test_what_is_not_known_outside_of_groups_cannot_be_read(pattern: str, tmp_path: Path) -> None:
    assert paths(tmp_path, pattern)[1]
