"""What a path of Tornado holds is given to handlers by name where its groups have names; each of many actions asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import loaded

pytest.importorskip("tornado")

_SOURCE = """
import json

from tornado.web import Application, HTTPError, RequestHandler


class Base(RequestHandler):
    def get_current_user(self):
        return self.get_secure_cookie("user")

    def finish(self, chunk=None):
        if not self._finished:
            self.set_header("Server", "shop")
            return super().finish(chunk=chunk)

    def answer(self, data):
        return self.finish(json.dumps(data))

    @staticmethod
    def signed_in(function):
        def wrapper(self, *args, **kwargs):
            if self.current_user is None:
                self.set_status(403)
                return self.answer({"error": "unauthorized"})
            return function(self, *args, **kwargs)

        return wrapper


class Things(Base):
    async def get(self, number=None, action=None):
        if number is not None:
            number = int(number)
        actions
        else:
            raise HTTPError(400, "unknown action")

    @Base.signed_in
    async def kept(self, number):
        return self.answer(number)

    async def free(self, number):
        return self.answer(number)


app = Application(
    [
        (r"^/things/all/(?P<action>one|two)/?$", Things),
        (r"^/things/(?P<number>\\\\d+)/(?P<action>one|two)/?$", Things),
    ]
)
"""


def _actions(functions: list[str]) -> str:
    lines = []
    for place, function in enumerate(functions):
        lines += [f'{"el" if place else ""}if action == "action-{place}":', f"    await self.{function}(number)"]
        lines += ["    return"] if place % 2 else []
    return "\n        ".join(lines)


@pytest.mark.parametrize(
    ("functions", "verdict"),
    [
        (["kept"], "guarded"),
        (["free"], "unguarded"),
        (["kept"] * 12, "guarded"),
        (["kept"] * 11 + ["free"], None),
        (["free"] + ["kept"] * 11, None),
    ],
)
def test_each_of_many_actions_asks(tmp_path: Path, functions: list[str], verdict: str | None) -> None:
    (tmp_path / "app.py").write_text(_SOURCE.replace("actions", _actions(functions), 1))

    found = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert {"/things/all/{action}", "/things/{number}/{action}"} == found.keys()
    # Where only one of them lets everybody in it is not guarded, whatever else is said.
    assert set(found.values()) == {verdict} if verdict else "guarded" not in found.values()


def test_what_the_path_holds_comes_by_its_name(tmp_path: Path) -> None:
    source = _SOURCE.replace("actions", 'if number is None and action is not None:\n            self.answer("all")', 1)
    (tmp_path / "app.py").write_text(source)
    loaded(tmp_path / "app.py")

    found = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert found["/things/all/{action}"] == "unguarded"
