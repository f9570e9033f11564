from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import is_refused, loaded, served

APPS = sorted(path for path in (Path(__file__).parent / "fixtures" / "apps").iterdir() if path.name != "__pycache__")
#: `# open: POST /login`: it refuses for what is sent, not for who sends it. `# unknown: ...`: source does not say.
MARK = re.compile(r"# (open|unknown): (\S+) (\S+)")


def marked(app: Path) -> dict[tuple[str, str], str]:
    """What the files of an application say of routes that cannot be judged by one request."""
    files = app.rglob("*.py") if app.is_dir() else [app]
    found = [mark.groups() for file in sorted(files) for mark in MARK.finditer(file.read_text())]
    return {(method, path): "unguarded" if word == "open" else "unknown" for word, method, path in found}


def placed(app: Path, folder: Path) -> Path:
    """The application alone in a folder."""
    if app.is_dir():
        return shutil.copytree(app, folder / "tree", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "tree").mkdir()
    shutil.copy(app, folder / "tree" / "main.py")
    return folder / "tree"


@pytest.mark.parametrize("app", APPS, ids=lambda path: path.stem)
def test_map_has_the_routes_that_are_served(app: Path, tmp_path: Path) -> None:
    folder = placed(app, tmp_path)

    drawn = {(route.method, route.path) for route in draw(folder).map.routes}

    with loaded(folder) as running:
        assert {(method, path.replace(":path}", "}")) for method, path in served(running)} == drawn


@pytest.mark.parametrize("app", APPS, ids=lambda path: path.stem)
def test_map_tells_what_refuses_an_anonymous_caller(app: Path, tmp_path: Path) -> None:
    folder = placed(app, tmp_path)

    drawn = {(route.method, route.path): route.verdict for route in draw(folder).map.routes if route.method != "ANY"}

    marks = marked(app)
    with loaded(folder) as running:
        asked = {
            key: marks[key] if key in marks else "guarded" if is_refused(running, *key) else "unguarded"
            for key in drawn
        }
        assert asked == drawn
