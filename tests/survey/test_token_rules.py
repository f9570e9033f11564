"""What was sent is checked by a rule of a package that is not here: whether it verifies a token, nobody can tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_MAIN = """
import trafaret as t
from aiohttp import web
from house.common import {names}

PAPERS = t.Dict({"paper": t.String})
{module}


async def download(request):
    {body}
    return web.json_response(found)


def make():
    app = web.Application()
    app.router.add_get("/download", download)
    return app
"""
_RULE = 't.Dict({t.Key("token"): tx.JsonWebToken(secret=request.app["secret"], inner_iv=PAPERS)})'
_CASES = {
    "a token": ("validators as tx", "", f"found = {_RULE}.check(request.query)", "unknown"),
    "a token, kept": ("validators as tx", "", f"rule = {_RULE}\n    found = rule.check(request.query)", "unknown"),
    "a token, for all requests": (
        "SECRET, validators as tx",
        'RULE = t.Dict({t.Key("token"): tx.JsonWebToken(secret=SECRET)})',
        "found = RULE.check(request.query)",
        "unknown",
    ),
    "a text": ("validators as tx", "", "found = PAPERS.check(request.query)", "unguarded"),
    "a token that nothing verifies": (
        "validators as tx",
        "",
        'found = t.Dict({t.Key("token"): tx.JsonWebToken()}).check(request.query)',
        "unguarded",
    ),
    "a token that is made": (
        "Tokens",
        "",
        'found = Tokens.JsonWebToken(secret=request.app["secret"]).encode("guest")',
        "unguarded",
    ),
    # A rule that is made and never asked refuses nobody.
    "a rule that is not asked": ("validators as tx", "", f"rule = {_RULE}\n    found = [1]", "unguarded"),
}


@pytest.mark.parametrize("name", _CASES)
def test_a_rule_that_verifies_a_token_leaves_a_route_unknown(name: str, tmp_path: Path) -> None:
    names, module, body, verdict = _CASES[name]
    told = _MAIN.replace("{names}", names).replace("{module}", module).replace("{body}", body)
    (tmp_path / "main.py").write_text(told)

    found = {one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert found == {verdict}
