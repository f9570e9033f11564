"""A map without routes says so where classes that answer requests are there all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

TORNADO = (
    "import tornado.web\n\n\nclass Notes(tornado.web.RequestHandler):\n    def get(self):\n        self.write('')\n"
)
FLASK = "from flask.views import MethodView\n\n\nclass Notes(MethodView):\n    def get(self):\n        return ''\n"
PLAIN = "class RequestHandler:\n    pass\n\n\nclass Notes(RequestHandler):\n    def get(self):\n        return ''\n"


def notes(root: Path) -> list[tuple[str, str]]:
    return [(gap.at, gap.why) for gap in draw(root).map.not_read if gap.analysed]


@pytest.mark.parametrize("source", [pytest.param(TORNADO, id="Tornado"), pytest.param(FLASK, id="Flask")])
def test_classes_that_answer_and_that_nobody_registers_are_noted(tmp_path: Path, source: str) -> None:
    (tmp_path / "app.py").write_text(source)

    ((at, why),) = notes(tmp_path)

    assert at == "app.py:4"
    assert why.startswith("classes like Notes answer requests")


def test_there_is_one_note_for_all(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(TORNADO + TORNADO.replace("Notes", "More"))

    ((_, why),) = notes(tmp_path)

    assert "Notes and 1 more" in why


@pytest.mark.parametrize(
    "path, source",
    [
        pytest.param("app.py", PLAIN, id="a class of the same name"),
        pytest.param("tests/test_app.py", TORNADO, id="a test"),
        pytest.param("app.py", TORNADO + "\n\napp = tornado.web.Application([('/notes', Notes)])\n", id="registered"),
    ],
)
def test_nothing_is_noted_where_there_is_nothing_to_say(tmp_path: Path, path: str, source: str) -> None:
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(source)

    assert notes(tmp_path) == []
