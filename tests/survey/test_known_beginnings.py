"""A text of which the beginning is known, and not what is behind it, is none that begins otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import told_and_done

_PYRAMID = """
from pyramid.authorization import ACLHelper, Allow, Authenticated, Everyone
from pyramid.config import Configurator
from pyramid.view import view_config


class Policy:
    def permits(self, request, context, permission):
        principals = [Everyone]
        if request.headers.get("X-User"):
            principals += [Authenticated, "user:" + request.headers["X-User"]]
        return ACLHelper().permits(context, principals, permission)


class Page:
    def __init__(self, request):
        self.row = request.db.query("page").filter_by(name=request.matchdict["name"]).first()

    def __acl__(self):
        return [(Allow, {who}, "edit"), (Allow, "role:admin", "edit")]


@view_config(route_name="d", permission="edit", renderer="json")
def d(request):
    return {{}}


def main(settings):
    config = Configurator(settings=settings)
    config.set_security_policy(Policy())
    config.add_route("d", "/d/{{name}}", factory=Page, request_method="GET")
    config.scan()
    return config.make_wsgi_app()
"""


@pytest.mark.parametrize(
    ("who", "verdict"),
    [
        ('"user:" + str(self.row.owner_id)', "guarded"),
        ('"user:%s" % self.row.owner_id', "guarded"),
        ('"user:%s:%s" % (self.row.team, self.row.owner_id)', "guarded"),
        ('"user:{}".format(self.row.owner_id)', "guarded"),
        ('f"user:{self.row.owner_id}"', "guarded"),
        ('f"sys{self.row.owner}"', "unknown"),
        ('"%s" % self.row.owner', "unknown"),
        ('f"{self.row.owner}:user"', "unknown"),
        ("self.row.owner", "unknown"),
    ],
)
def test_the_owner_of_a_row_is_not_everyone(who: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_PYRAMID.format(who=who))

    assert {verdict} == {one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}


_KEY = """
import os

from fastapi import FastAPI, HTTPException, Request

app = FastAPI(openapi_url=None)
KEY = os.environ.get("A_KEY_THAT_NOBODY_SETS")


@app.get("/d")
async def d(request: Request):
    if request.headers.get("Authorization"{default}) != {expected}:
        raise HTTPException(401)
    return "x"
"""


@pytest.mark.parametrize(
    ("expected", "default", "is_guarded"),
    [
        ('f"Bearer {KEY}"', "", True),
        ('f"Bearer {KEY}"', ', ""', True),
        ('"Bearer %s" % KEY', "", True),
        ("KEY", "", False),
    ],
)
def test_nothing_is_no_text_that_begins_with_something(
    expected: str, default: str, is_guarded: bool, tmp_path: Path
) -> None:
    verdict, is_refused = told_and_done(tmp_path, _KEY.format(expected=expected, default=default))

    assert (is_guarded, is_guarded) == (verdict == "guarded", is_refused)
