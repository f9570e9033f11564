from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from nomoat.appmap.model import Route
from nomoat.survey.draw import draw
from nomoat.survey.models import FOLDER

MODELS = sorted(FOLDER.glob("*.yaml"))
MARK = re.compile(r"# map: (\S+) (\S+) (.+)")
ENTRY = re.compile(r"# entry: (\S+) (\S+) by (\S+)")


def expected_in(example: Path) -> dict[tuple[str, str], str]:
    """Method and path of each mark, with what it says."""
    return {(method, path): says for method, path, says in MARK.findall(example.read_text())}


def said(route: Route, *, as_asked: str) -> str:
    """A route in the words of a mark; what a mark may leave open is left open."""
    words = {"unguarded": "open", "unknown": "unknown"}.get(route.verdict, "")
    if not words:
        if isinstance(route.binding, tuple):
            asked = as_asked.removeprefix("needs ").split(", ")
            names = sorted(route.binding, key=lambda name: asked.index(name) if name in asked else 99)
            words = "needs " + ", ".join(names)
        else:
            words = route.binding or "guarded"
    return f"{words} asks {', '.join(route.requires)}" if route.requires else words


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.stem)
def test_map_shows_what_the_example_marks(model: Path, tmp_path: Path) -> None:
    example = model.with_suffix(".py")
    expected = expected_in(example)
    shutil.copy(example, tmp_path / "main.py")

    drawn = draw(tmp_path).map
    routes = drawn.routes

    entered = ENTRY.findall(example.read_text())
    assert expected or entered, "an example must mark at least one route or entry"
    assert sorted(entered) == sorted((one.kind, one.name, one.trigger) for one in drawn.entries)
    found = {(one.method, one.path): said(one, as_asked=expected.get((one.method, one.path), "")) for one in routes}
    assert expected == found


def test_every_model_has_an_example() -> None:
    assert [] == [model.name for model in MODELS if not model.with_suffix(".py").exists()]
