"""A credential is looked for in a list of which nothing is known: no list of keys holds the one that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
from aiohttp import web


async def door(request):
    found = request.app["doors"].get(request.match_info["name"])
    key = request.query.get("token")
"""
_TAIL = """
    return web.Response()


app = web.Application()
app.router.add_post("/doors/{name}", door)
"""


@pytest.mark.parametrize(
    ("test", "verdict"),
    [
        ("key not in found.tokens", "guarded"),
        # What is compared with it may be nothing, too, and then nobody is refused.
        ("key != found.token", "unknown"),
        ("request.query.get('colour') not in found.colours", "unguarded"),
    ],
)
def test_no_list_holds_nothing(test: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(f"{_HEAD}    if {test}:\n        raise web.HTTPForbidden(){_TAIL}")

    (route,) = draw(tmp_path).map.routes

    assert verdict == route.verdict
