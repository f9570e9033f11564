"""aiohttp: classes whose base asks who is calling before any method of theirs answers, beside what they answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.survey.running import told_and_done

pytest.importorskip("aiohttp")

_SOURCE = """
from aiohttp import web

class Base(web.View):
{base}

class Page(Base):
    async def get(self):
        return web.Response(text="x")

app = web.Application()
app.router.add_view("/d", Page)
"""
_ASKS = "        if 'Authorization' not in self.request.headers:\n            raise web.HTTPForbidden()\n"


@pytest.mark.parametrize(
    ("base", "verdict"),
    [
        (f"    async def _iter(self):\n{_ASKS}        return await super()._iter()", "guarded"),
        (f"    def __await__(self):\n{_ASKS}        return super().__await__()", "guarded"),
        (f"    def __init__(self, request):\n        super().__init__(request)\n{_ASKS}", "guarded"),
        (f"    async def ask(self):\n{_ASKS}", "unguarded"),
        ("    async def _iter(self):\n        return await super()._iter()", "unguarded"),
    ],
)
def test_what_runs_before_all_methods_may_refuse(base: str, verdict: str, tmp_path: Path) -> None:
    assert (verdict, verdict == "guarded") == told_and_done(tmp_path, _SOURCE.format(base=base))
