"""Code that would fail where it runs is read like any other: the map is drawn, and what it guards is not guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat import settings
from nomoat.survey.draw import draw

_APP = """
from fastapi import Depends, FastAPI, Header, HTTPException

app = FastAPI(openapi_url=None)


def check(authorization: str = Header("")):
    wanted = {made}
    if authorization != wanted:
        raise HTTPException(401)


@app.get("/x", dependencies=[Depends(check)])
def x():
    return []
"""


@pytest.mark.parametrize("made", ['"key".decode("utf-8")', 'b"key".encode()', '"key".join(1)', '"{}".format(key)'])
def test_a_method_that_a_text_does_not_have_ends_no_drawing(made: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_APP.replace("{made}", made))

    drawn = draw(tmp_path, settings=settings.empty(tmp_path)).map

    assert ["/x"] == [route.path for route in drawn.routes if route.origin == "source"]
