"""Handlers of files of Tornado: who asks for the head of one, and what is asked before a file is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import loaded

pytest.importorskip("tornado")

_SOURCE = """
import os

import tornado.web
from tornado.web import HTTPError, StaticFileHandler, authenticated

HERE = os.path.dirname(os.path.abspath(__file__))


class Base:
    def get_current_user(self):
        return self.get_secure_cookie("who")


class Asks(Base, StaticFileHandler):
    @authenticated
    async def get(self, path, include_body=True):
        await super().get(path, include_body)


class AsksBefore(Base, StaticFileHandler):
    def prepare(self):
        if not self.current_user:
            raise HTTPError(401)


class AsksOfTheFile(Base, StaticFileHandler):
    def validate_absolute_path(self, root, absolute_path):
        if not self.current_user:
            raise HTTPError(403)
        return super().validate_absolute_path(root, absolute_path)


class HeadOfItsOwn(Base, StaticFileHandler):
    @authenticated
    async def get(self, path, include_body=True):
        await super().get(path, include_body)

    async def head(self, path):
        await StaticFileHandler.get(self, path, include_body=False)


class Finds(Base, StaticFileHandler):
    @classmethod
    def get_absolute_path(cls, root, path):
        return os.path.join(root, path)

    def set_extra_headers(self, path):
        if not self.current_user:
            self.set_header("Cache-Control", "public")


class Late(Base, StaticFileHandler):
    async def get(self, path, include_body=True):
        await super().get(path, include_body)
        if not self.current_user:
            self.finish()


def make(**more):
    files = {"path": HERE}
    handlers = [
        (r"/asks/(.*)", Asks, files),
        (r"/before/(.*)", AsksBefore, files),
        (r"/of-file/(.*)", AsksOfTheFile, files),
        (r"/own/(.*)", HeadOfItsOwn, files),
        (r"/finds/(.*)", Finds, files),
        (r"/late/(.*)", Late, files),
    ]
    return tornado.web.Application(handlers, cookie_secret="x", login_url="/login", STATIC)
"""


def _rows(folder: Path, static: str) -> dict[str, str]:
    (folder / "app.py").write_text(_SOURCE.replace("STATIC", static))
    return {f"{one.method} {one.path}": one.verdict for one in draw(folder).map.routes}


def test_the_head_of_a_file_is_asked_for_as_the_file_is(tmp_path: Path) -> None:
    rows = _rows(tmp_path, 'static_path=HERE, static_url_prefix="/s/"')

    assert rows == {
        "GET /asks/{arg0}": "guarded",
        "HEAD /asks/{arg0}": "guarded",
        "GET /before/{arg0}": "guarded",
        "HEAD /before/{arg0}": "guarded",
        "GET /of-file/{arg0}": "guarded",
        "HEAD /of-file/{arg0}": "guarded",
        "GET /own/{arg0}": "guarded",
        "HEAD /own/{arg0}": "unguarded",
        "GET /finds/{arg0}": "unguarded",
        "HEAD /finds/{arg0}": "unguarded",
        "GET /late/{arg0}": "unguarded",
        "HEAD /late/{arg0}": "unguarded",
        "GET /s/{arg0}": "unguarded",
        "HEAD /s/{arg0}": "unguarded",
    }
    from tests.survey.running_tornado import is_refused

    with loaded(tmp_path, "app:make") as make:
        app = make()
        for row, verdict in rows.items():
            method, path = row.split()
            url = path.replace("{arg0}", "app.py")

            assert is_refused(app, method, url) == (verdict == "guarded"), row


@pytest.mark.parametrize(
    ("static", "verdict"),
    [
        ("static_path=HERE, static_handler_class=Asks", "guarded"),
        ("static_path=HERE, static_handler_class=Finds", "unguarded"),
        # The folder is no path.
        ('static_path="files"', "unguarded"),
    ],
)
def test_a_class_that_settings_name_answers_for_the_files(static: str, verdict: str, tmp_path: Path) -> None:
    rows = _rows(tmp_path, static)

    assert rows["GET /static/{arg0}"] == rows["HEAD /static/{arg0}"] == verdict
    assert not any("files" in row for row in rows)
