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


LITESTAR = """
from litestar import Controller, Litestar, get, post
from other import get as fetched


@get("/listed")
async def listed() -> str:
    return ""


@get("/orders")
async def orders() -> str:
    return ""


class Notes(Controller):
    @post("/notes")
    async def write(self) -> None:
        return None


@fetched("/elsewhere")
async def nothing() -> None:
    return None


app = Litestar({handlers}, openapi_config=None)
"""


def _gaps(root: Path) -> list[tuple[str, str]]:
    return [(gap.at, gap.why) for gap in draw(root).map.not_read if not gap.analysed]


def test_handlers_that_no_route_has_are_incomplete(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(LITESTAR.format(handlers="[listed]"))

    ((at, why),) = _gaps(tmp_path)

    assert at == "app.py:12"
    assert why.startswith("handlers like orders and 1 more are handed to something that cannot be read")


def test_handlers_that_are_all_listed_are_complete(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(LITESTAR.format(handlers="[listed, orders, Notes]"))

    assert _gaps(tmp_path) == []


SOME = """
import tornado.web


class Base(tornado.web.RequestHandler):
    pass


class Above(Base):
    def get(self):
        self.write("")


class Listed(Above):
    pass


class Mixin(Base):
    def prepare(self):
        pass


app = tornado.web.Application([("/listed", Listed)])
"""


def test_a_class_that_answers_beside_those_that_are_registered_is_noted(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SOME + "\n\nclass Lost(Base):\n    def get(self):\n        self.write('')\n")

    ((at, why),) = notes(tmp_path)

    assert at == "app.py:26"
    assert why.startswith("classes like Lost answer requests")


def test_bases_and_mixins_of_classes_that_are_registered_are_not_noted(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SOME)

    assert notes(tmp_path) == []
