"""A header that is missing and is no credential (400 without `X-Tenant`) guards nothing: anybody may send one."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse

app = FastAPI(openapi_url=None)
"""
_WAYS = {
    "a dependency": """
def asked({field}: str = Header(None)):
    if {field} is None:
        raise HTTPException({status})

@app.get("/d", dependencies=[Depends(asked)])
def d(): return 1
""",
    "the handler": """
@app.get("/d")
def d(request: Request):
    if not request.headers.get("{header}"):
        raise HTTPException({status})
    return 1
""",
    "an answer": """
@app.get("/d")
def d(request: Request):
    if "{header}" not in request.headers:
        return JSONResponse({{}}, status_code={status})
    return 1
""",
    "middleware": """
@app.middleware("http")
async def asks(request: Request, call_next):
    if not request.headers.get("{header}"):
        return JSONResponse({{}}, status_code={status})
    return await call_next(request)

@app.get("/d")
def d(): return 1
""",
}


def _verdict(tmp_path: Path, way: str, header: str, status: int) -> str:
    field = header.lower().replace("-", "_")
    (tmp_path / "app.py").write_text(_HEAD + way.format(header=header, field=field, status=status))
    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")
    return route.verdict


@pytest.mark.parametrize("way", _WAYS.values(), ids=_WAYS)
@pytest.mark.parametrize(("header", "status"), [("X-Tenant", 400), ("X-Version", 422), ("X-Warehouse", 409)])
def test_what_is_missing_and_no_credential_guards_nothing(tmp_path: Path, way: str, header: str, status: int) -> None:
    assert _verdict(tmp_path, way, header, status) == "unguarded"


@pytest.mark.parametrize("way", _WAYS.values(), ids=_WAYS)
@pytest.mark.parametrize(("header", "status"), [("X-Api-Key", 400), ("X-Tenant", 401), ("X-Warehouse", 403)])
def test_what_may_be_a_credential_guards(tmp_path: Path, way: str, header: str, status: int) -> None:
    assert _verdict(tmp_path, way, header, status) == "guarded"


@pytest.mark.parametrize("header", ["MCP-Protocol-Version", "Mcp-Method", "X-Api-Version", "X-Client-Version"])
@pytest.mark.parametrize("way", _WAYS.values(), ids=_WAYS)
def test_a_header_that_says_the_version_is_no_credential(tmp_path: Path, way: str, header: str) -> None:
    assert "unguarded" == _verdict(tmp_path, way, header, 400)
