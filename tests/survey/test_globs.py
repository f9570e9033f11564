"""Paths that middleware leaves out by patterns of a shell, beside what the application answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.asking import filled
from tests.survey.running import is_refused, loaded

_SOURCE = """
import fnmatch
from fnmatch import fnmatchcase

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

OPEN = [{globs}]
app = FastAPI(openapi_url=None)


@app.middleware("http")
async def asks(request: Request, call_next):
    if not any({test} for one in OPEN) and not request.headers.get("x-user"):
        return JSONResponse({{}}, status_code=401)
    return await call_next(request)


def page(): return "x"
for path in ("/", "/assets/a.js", "/assets", "/public/a.json", "/public/a.xml", "/items/{{item}}", "/login"):
    app.get(path)(page)
"""


@pytest.mark.parametrize("test", ["fnmatch.fnmatch(request.url.path, one)", "fnmatchcase(request.url.path, one)"])
@pytest.mark.parametrize("globs", ['"/assets/*"', '"/public/*.json", "/logi?"', '"/items/*"', '"*"', '"/item"', ""])
def test_what_a_pattern_fits_is_left_out(globs: str, test: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_SOURCE.format(globs=globs, test=test))
    told = {one.path: one.verdict for one in draw(tmp_path).map.routes}

    with loaded(tmp_path) as app:
        done = {path: "guarded" if is_refused(app, "GET", filled(path)) else "unguarded" for path in told}
    assert done == told


def test_what_is_written_in_brackets_decides_nothing(tmp_path: Path) -> None:
    source = _SOURCE.format(globs='"/[ab]*"', test="fnmatch.fnmatch(request.url.path, one)")
    (tmp_path / "main.py").write_text(source)

    assert {"unknown"} == {one.verdict for one in draw(tmp_path).map.routes}
