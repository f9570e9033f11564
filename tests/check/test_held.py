"""A client that `guard.outbound` holds to the hosts of the map sends nothing to where a caller says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.projects import result_of

SOURCE = """\
import httpx
import requests
from fastapi import FastAPI
from nomoat import guard

app = FastAPI(openapi_url=None)
{protect}
plain = httpx.AsyncClient()
held = guard.outbound(httpx.AsyncClient())
session = guard.outbound(requests.Session())

@app.get("/a")
async def a(url: str):
    return (await {client}.get(url)).text

@app.get("/b")
def b(name: str):
    return eval(name)
"""
ENFORCE, AUDIT = "guard.protect(app, mode='enforce')", "guard.protect(app, mode='audit')"


@pytest.mark.parametrize(
    ("client", "protect", "is_found"),
    [
        ("held", ENFORCE, False),
        ("session", ENFORCE, False),
        ("plain", ENFORCE, True),
        # It only watches, or is not there.
        ("held", AUDIT, True),
        ("held", "", True),
    ],
)
def test_it_is_no_finding_where_guard_enforces(tmp_path: Path, client: str, protect: str, is_found: bool) -> None:
    files = {"main.py": SOURCE.format(client=client, protect=protect)}

    found = result_of(tmp_path, files).findings

    assert is_found == any(one.rule == "server-side-request" for one in found)
    # Nothing else is held by it.
    assert any("eval(name)" in one.line_text for one in found)
