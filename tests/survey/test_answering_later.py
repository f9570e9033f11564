"""Answers of Tornado that a loop sends a little later, after the status of a refusal was set."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_MAIN = """
import json
import shutil
from functools import wraps

import tornado.web
from tornado.gen import Return, coroutine, maybe_future
from tornado.ioloop import IOLoop


class JSONHandler(tornado.web.RequestHandler):
    def prepare(self):
        self.loop = IOLoop.current()

    def response(self, data):
        self.set_header("Content-Type", "application/json")
        self._auto_finish = False
        self.loop.add_callback(self._send, data)
        {then}

    @coroutine
    def _send(self, data):
        data = yield maybe_future(data)
        text = yield self._to_json(data)
        {sends}

    @classmethod
    def _to_json(cls, data):
        {makes}
        return json.dumps(data)


def reject(handler, reason):
    handler.set_status(403)
    raise Return(handler.response({"error": reason}))


def signed_in(method):
    @wraps(method)
    @coroutine
    def wrap(self, *args, **kwargs):
        if not self.get_secure_cookie("session"):
            raise Return(reject(self, "who are you?"))
        found = yield maybe_future(method(self, *args, **kwargs))
        raise Return(found)

    return wrap


class Orders(JSONHandler):
    @signed_in
    def get(self):
        self.response([1])


def make():
    return tornado.web.Application([("/orders", Orders)], cookie_secret="seed")
"""
_PLAIN = {"then": "", "sends": "if not self._finished:\n            self.finish(text)", "makes": ""}


def _verdict(tmp_path: Path, **told: str) -> str:
    source = _MAIN
    for name, code in {**_PLAIN, **told}.items():
        source = source.replace("{" + name + "}", code)
    (tmp_path / "main.py").write_text(source)
    found = {one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}
    assert len(found) == 1
    return found.pop()


def test_a_refusal_that_is_sent_later_is_one(tmp_path: Path) -> None:
    assert _verdict(tmp_path) == "guarded"


@pytest.mark.parametrize(
    "told",
    [
        # What works besides, later or at once, has not refused anybody, whatever number it sends.
        {"sends": "shutil.rmtree('/data')\n        self.finish(text)"},
        {"makes": "shutil.rmtree('/data')"},
        {"then": "shutil.rmtree('/data')"},
        {"sends": "shutil.rmtree('/data')"},
    ],
)
def test_what_works_besides_refuses_nobody(told: dict[str, str], tmp_path: Path) -> None:
    assert _verdict(tmp_path, **told) != "guarded"
