"""Lists of paths that are put together of several, or gone through, before they are those of a project."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import Drawing, draw

_VIEWS = """
from itertools import chain
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import URLPattern, include, path

def shown(request): return HttpResponse("x")

@login_required
def kept(request): return HttpResponse("x")

class Heading:
    def __init__(self, name): self.name = name

class Own(URLPattern): pass

shop = [path("shown/", shown), Heading("shop")]
staff = [path("kept/", kept), Heading("staff")]
"""
_BOTH = {"/shown/": "unguarded", "/kept/": "guarded"}


def _drawn(tmp_path: Path, patterns: str, **more: str) -> Drawing:
    (tmp_path / "manage.py").write_text('import os\nos.environ["DJANGO_SETTINGS_MODULE"] = "settings"\n')
    (tmp_path / "settings.py").write_text('ROOT_URLCONF = "urls"\n')
    for name, text in {"urls": _VIEWS + patterns, **more}.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    return draw(tmp_path)


def _verdicts(drawn: Drawing) -> dict[str, str]:
    return {one.path: one.verdict for one in drawn.map.routes if one.method == "GET"}


@pytest.mark.parametrize(
    "patterns",
    [
        "urlpatterns = [one for one in shop + staff if not isinstance(one, Heading)]",
        "urlpatterns = [one for one in chain(shop, staff) if not isinstance(one, Heading)]",
        "urlpatterns = [one for one in chain.from_iterable([shop, staff]) if not isinstance(one, Heading)]",
        "urlpatterns = list(chain(shop[:1], staff[:1]))",
    ],
)
def test_all_of_the_lists_are_on_the_map(patterns: str, tmp_path: Path) -> None:
    drawn = _drawn(tmp_path, patterns)

    assert _verdicts(drawn) == _BOTH
    assert not drawn.map.not_read


@pytest.mark.parametrize(
    "patterns",
    [
        "import more\nurlpatterns = list(chain(shop[:1], staff[:1], more.found()))",
        "urlpatterns = [one for one in chain(shop, staff) if isinstance(one, Own)] + shop[:1]",
    ],
)
def test_of_a_list_that_cannot_be_read_it_is_said(patterns: str, tmp_path: Path) -> None:
    """Twins: one of the lists, or what stays of them, is not known."""
    assert _drawn(tmp_path, patterns).map.not_read


_MODULES = """
urlpatterns = []
for meta in [
    {"at": "api/", "app": "shop", "include": {"module": "{app}.urls"}},
    {"at": "v2/", "include": {"module": "shop.urls"}},
]:
    module = meta["include"].pop("module")
    if "app" in meta:
        module = module.format(**meta)
    urlpatterns.append(path(meta["at"], include(module, **meta["include"])))
"""


def test_a_template_is_filled_with_what_it_asks_for(tmp_path: Path) -> None:
    """Whatever else it is given, it leaves out."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("")
    (tmp_path / "shop" / "urls.py").write_text(_VIEWS + 'urlpatterns = shop[:1] + staff[:1]\napp_name = "shop"\n')

    drawn = _drawn(tmp_path, _MODULES)

    assert _verdicts(drawn) == {f"/{at}{path}": verdict for at in ("api", "v2") for path, verdict in _BOTH.items()}
    assert not drawn.map.not_read


def test_a_template_that_asks_for_what_is_not_known_is_not_filled(tmp_path: Path) -> None:
    """A twin."""
    import_ = "import os\n"
    drawn = _drawn(tmp_path, import_ + _MODULES.replace('"app": "shop"', '"app": os.popen("app").read()'))

    assert drawn.map.not_read
