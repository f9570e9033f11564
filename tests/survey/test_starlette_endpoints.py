"""Starlette: classes that say themselves how their methods are called, beside what they answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.survey.running import told_and_done

_SOURCE = """
from functools import wraps

from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route


class Base(HTTPEndpoint):
{base}


class Page(Base):
    async def post(self, request):
        return PlainTextResponse("x")


app = Starlette(routes=[Route("/d", Page)])
"""
_ASKS = "        if not Request(self.scope, self.receive).headers.get('x-user'):\n"
_DISPATCH = "    async def dispatch(self):\n"
_ON = "        await super().dispatch()"
_ANSWERS = (
    "            response = JSONResponse({{}}, status_code={status})\n"
    "            await response(self.scope, self.receive, self.send)\n            return\n"
)


@pytest.mark.parametrize(
    ("base", "verdict"),
    [
        (f"{_DISPATCH}{_ASKS}            raise HTTPException(401)\n{_ON}", "guarded"),
        (f"{_DISPATCH}{_ASKS}{_ANSWERS.format(status=403)}{_ON}", "guarded"),
        (f"{_DISPATCH}        print(self.scope['path'])\n{_ON}", "unguarded"),
        (
            f"{_DISPATCH}        if self.scope['path'] != '/d':\n            raise HTTPException(401)\n{_ON}",
            "unguarded",
        ),
        ("    public = True", "unguarded"),
    ],
)
def test_what_a_class_asks_before_its_methods_is_asked(base: str, verdict: str, tmp_path: Path) -> None:
    assert (verdict, verdict == "guarded") == told_and_done(tmp_path, _SOURCE.format(base=base))
