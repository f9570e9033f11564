from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """\
from fastapi import FastAPI
import elsewhere
from elsewhere import plugin, Admin
app = FastAPI(openapi_url=None)
"""


@pytest.mark.parametrize(
    ("line", "whom"),
    [
        ("plugin.register(app)", "register() of elsewhere"),
        ("elsewhere.setup_routes(app, prefix='/x')", "setup_routes() of elsewhere"),
        ("Admin().mount_to(app=app)", "mount_to() of elsewhere"),
    ],
)
def test_an_application_that_is_handed_to_code_elsewhere_is_noted(line: str, whom: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(f"{_HEAD}{line}\n")

    (note,) = draw(tmp_path).map.not_read

    assert note.analysed
    assert note.why.startswith(whom)
    assert "main.py:5" == note.at


@pytest.mark.parametrize("line", ["elsewhere.run(app)", "plugin.register(1)", "app.add_middleware(Admin)"])
def test_what_adds_no_routes_is_not(line: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(f"{_HEAD}{line}\n")

    assert () == draw(tmp_path).map.not_read


@pytest.mark.parametrize(("package", "is_noted"), [("flask_sqlalchemy", False), ("flask_debugtoolbar", True)])
def test_extensions_that_are_known_to_add_no_routes_are_not(package: str, is_noted: bool, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        f"from flask import Flask\nfrom {package} import Extension\n\nextension = Extension()\n"
        "app = Flask(__name__)\nextension.init_app(app)\n"
    )

    assert bool(draw(tmp_path).map.not_read) is is_noted
