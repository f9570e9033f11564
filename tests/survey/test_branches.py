"""What is set on an object in one branch alone may not be there."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SERVER = """
import os

from fastapi import Depends, FastAPI, Header, HTTPException


class Guard:
    def __call__(self, authorization: str | None = Header(None)):
        if authorization is None:
            raise HTTPException(status_code=401)


def is_private():
    return os.environ["PRIVATE"] == "yes"


class Server:
    guard = None

    def __init__(self):
        BEGIN

    def serve(self):
        app = FastAPI(openapi_url=None)
        needed = [Depends(self.guard)] if self.guard is not None else None
        app.add_api_route("/orders", self.orders, dependencies=needed)
        return app

    def orders(self):
        return ["secret"]


app = Server().serve()
"""
_BEGINNINGS = {
    "always": ("self.guard = Guard()", "guarded"),
    "never": ("self.guard = None", "unguarded"),
    "in a branch": ("""self.guard = None
        if is_private():
            self.guard = Guard()""", "unknown"),
    "in a branch, over what the class has": ("""if is_private():
            self.guard = Guard()""", "unknown"),
    "behind an early end": ("""self.guard = None
        if not is_private():
            return
        self.guard = Guard()""", "unknown"),
    "in both branches": ("""self.guard = None
        if is_private():
            self.guard = Guard()
        else:
            self.guard = Guard()""", "guarded"),
    "in the branch that does not fail": ("""self.guard = None
        if is_private():
            self.guard = Guard()
        else:
            raise SystemExit("say that it is private")""", "guarded"),
    "taken away in a branch": ("""self.guard = Guard()
        if not is_private():
            self.guard = None""", "unknown"),
    "in a branch of a branch": ("""self.guard = None
        if is_private():
            if os.environ["STRICT"]:
                self.guard = Guard()""", "unknown"),
}  # fmt: skip


@pytest.mark.parametrize(("begin", "verdict"), _BEGINNINGS.values(), ids=list(_BEGINNINGS))
def test_a_guard_that_a_branch_sets_may_not_be_there(tmp_path: Path, begin: str, verdict: str) -> None:
    (tmp_path / "app.py").write_text(_SERVER.replace("BEGIN", begin), encoding="utf-8")

    assert {"/orders": verdict} == {one.path: one.verdict for one in draw(tmp_path).map.routes}
