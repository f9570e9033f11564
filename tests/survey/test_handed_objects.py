"""What an object has of its own is empty until code puts something in, which code that is not here may do."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
import logging
from dataclasses import dataclass, field
from fastapi import Depends, FastAPI, Header, HTTPException
import loader

app = FastAPI(openapi_url=None)


@dataclass
class Visitor:
    permissions: set = field(default_factory=set)


def current(token: str | None = Header(None)):
    if token is not None:
        return loader.find(token)
    visitor = Visitor()
    {line}
    return visitor


@app.get("/")
def index(visitor=Depends(current)):
    if "read" not in visitor.permissions:
        raise HTTPException(403)
    return "done"
"""
_LINES = {
    "nothing": ("pass", "guarded"),
    "logged": ("logging.info('nobody: %s', visitor)", "guarded"),
    "filled": ("loader.fill(visitor)", "unknown"),
    "asked for before, then filled": ("len(visitor.permissions); loader.fill(visitor)", "unknown"),
    "filled by name": ("loader.fill(whom=visitor)", "unknown"),
    "filled by an object": ("loader.Groups().fill(visitor)", "unknown"),
}


@pytest.mark.parametrize(("line", "verdict"), _LINES.values(), ids=_LINES)
def test_what_is_handed_to_code_that_is_not_here_may_be_filled(tmp_path: Path, line: str, verdict: str) -> None:
    (tmp_path / "app.py").write_text(_APP.replace("{line}", line))

    assert draw(tmp_path).map.routes[0].verdict == verdict
