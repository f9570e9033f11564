"""Settings that a function gives into which nobody looks: they are what their class says, by default."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
from functools import lru_cache

from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic_settings import BaseSettings


class FaultyError(Exception):
    pass


class Settings(BaseSettings):
    asks: bool = {default}
    engine: str = "plain"

    def check(self):
        if self.engine not in ("plain", "other"):
            raise FaultyError(self.engine)

    def status(self):
        return {{"status": "FAIL" if self.engine == "other" else "SUCCESS"}}


@lru_cache
def get_settings(**kwargs) -> Settings:
    made = Settings({given})
    made.check()
    found = made.status()
    if found["status"] == "FAIL":
        raise FaultyError(found["status"])
    {changed}
    return made


class Later:
    def __getattr__(self, key):
        return getattr(get_settings(), key)


settings = Later()


def signed_in(request: Request):
    if not settings.asks:
        return
    if not request.headers.get("Authorization"):
        raise HTTPException(401)


app = FastAPI(openapi_url=None)


@app.get("/d", dependencies=[Depends(signed_in)])
def d():
    return "x"
"""


@pytest.mark.parametrize(
    ("default", "given", "changed", "verdicts"),
    [
        ("True", "**kwargs", "pass", {"guarded"}),
        ("False", "**kwargs", "pass", {"unguarded"}),
        ("True", "", "pass", {"guarded"}),
        ("True", "asks=False", "pass", {"unguarded", "unknown"}),
        ("True", "**kwargs", "made.asks = False", {"unguarded", "unknown"}),
    ],
)
def test_settings_are_what_their_class_says(
    default: str, given: str, changed: str, verdicts: set[str], tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text(_SOURCE.format(default=default, given=given, changed=changed))

    (route,) = draw(tmp_path).map.routes

    assert route.verdict in verdicts
    assert route.verdict == "unknown" or (route.because or "").startswith("by default: ")
