"""Methods in whose place a handler puts something else for one request: who is asked there, and what is not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
from functools import partial

from elsewhere import check, counted
from tornado.web import Application, HTTPError, RequestHandler


class Base(RequestHandler):
    def get_current_user(self):
        return self.get_secure_cookie("user")

    def ask(self):
        if not self.current_user:
            raise HTTPError(403)

    def asking(self, inner, *args):
        self.ask()
        return inner(*args)

    def leaving(self, inner, *args):
        return inner(*args)

    def get(self, *args):
        self.write("1")


"""


def _verdict(tmp_path: Path, body: str) -> str:
    (tmp_path / "app.py").write_text(f'{_HEAD}class Page(Base):\n{body}\n\napp = Application([("/page", Page)])\n')
    (route,) = draw(tmp_path).map.routes
    return str(route.verdict)


@pytest.mark.parametrize(
    "put",
    [
        "self.get = partial(self.asking, self.get)",
        "self.get = lambda *args: self.ask()",
        'setattr(self, "get", self.ask)',
        "setattr(self, self.request.method.lower(), partial(self.asking, getattr(self, self.request.method.lower())))",
    ],
)
@pytest.mark.parametrize("hook", ["prepare", "initialize"])
def test_what_is_put_in_the_place_of_a_method_asks(tmp_path: Path, put: str, hook: str) -> None:
    assert "guarded" == _verdict(tmp_path, f"    def {hook}(self):\n        {put}\n")


@pytest.mark.parametrize(
    "put",
    [
        "self.get = partial(self.leaving, self.get)",
        'self.get = lambda *args: self.write("2")',
        'setattr(self, "started", check)',
        'setattr(self, "post", check)',
        "self.counted = counted(self.get)",
    ],
)
def test_what_asks_nobody_leaves_a_route_open(tmp_path: Path, put: str) -> None:
    assert "unguarded" == _verdict(tmp_path, f"    def prepare(self):\n        {put}\n")


@pytest.mark.parametrize(
    "put",
    [
        'setattr(self, "get", check)',
        "self.get = check(self.get)",
        'self.get = lambda *args: self.write("1") if self.current_user else self.send_error(401)',
        "self.get = check(self.get).__get__(self)",
        'for name in ("get", "post"):\n            setattr(self, name, check)',
        "setattr(self, self.request.method.lower(), check.around(self))",
    ],
)
def test_what_is_put_there_and_cannot_be_read_leaves_it_unknown(tmp_path: Path, put: str) -> None:
    assert "unknown" == _verdict(tmp_path, f"    def prepare(self):\n        {put}\n")
