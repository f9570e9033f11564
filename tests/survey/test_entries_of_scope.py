"""What middleware puts into the scope of a request under a name of its own, beside what the application answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.survey.running import told_and_done

_SOURCE = """
from fastapi import Depends, FastAPI, HTTPException, Request

app = FastAPI(openapi_url=None)
USERS = {{"t": "ana"}}


class Config:
    asks = {asks}
    other = 1


async def check(request: Request):
    if not request.{config}.asks:
        return
    if request.headers.get("x-token") not in USERS:
        raise HTTPException(401)


async def is_known(request: Request):
    if request.scope["member"] is None:
        raise HTTPException(401)


@app.middleware("http")
async def attach_config(request: Request, call_next):
    request.scope["config"] = Config()
    return await call_next(request)


@app.middleware("http")
async def attach_member(request: Request, call_next):
    request.scope["member"] = USERS.get(request.headers.get("x-token")){guest}
    return await call_next(request)


@app.get("/d", dependencies=[Depends({by})])
async def d():
    return "x"
"""


@pytest.mark.parametrize("config", ['scope["config"]', 'scope.get("config")'])
@pytest.mark.parametrize(("asks", "verdict"), [("True", "guarded"), ("False", "unguarded")])
def test_what_middleware_put_there_is_found(asks: str, verdict: str, config: str, tmp_path: Path) -> None:
    source = _SOURCE.format(asks=asks, config=config, guest="", by="check")

    assert (verdict, verdict == "guarded") == told_and_done(tmp_path, source)


@pytest.mark.parametrize(("guest", "verdict"), [("", "guarded"), (' or "guest"', "unguarded")])
def test_what_it_put_there_for_nobody_is_what_nobody_finds(guest: str, verdict: str, tmp_path: Path) -> None:
    source = _SOURCE.format(asks="True", config='scope["config"]', guest=guest, by="is_known")

    assert (verdict, verdict == "guarded") == told_and_done(tmp_path, source)
