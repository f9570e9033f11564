"""Statuses that stand in tables by class: `for cls in type(error).mro(): if cls in STATUS: return STATUS[cls]`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.survey.running import told_and_done

_APP = """
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse


class Fault(Exception):
    def __init__(self, message):
        self.message = message


class Unknown(Fault): pass
class Stranger(Unknown): pass
class Missing(Fault): pass


app = FastAPI(openapi_url=None)
{how}

@app.exception_handler(Fault)
def answer(request, error):
    return JSONResponse({{"error": error.message}}, status_code=status_of(error))


@app.get("/d")
def index(request: Request):
    if request.headers.get("Authorization") != "secret":
        raise {raised}("who are you")
    return "done"
"""
_MRO = """
def status_of(error, default={default}):
    statuses: dict[type[Exception], int] = {{Fault: {fault}, Unknown: 401, KeyError: 404}}
    for cls in type(error).mro():
        if cls in statuses:
            return statuses[cls]
    return default
"""
_GET = """
STATUSES = {{Stranger: 401, Missing: {fault}}}

def status_of(error):
    return STATUSES.get(type(error), {default})
"""
_ITEMS = """
STATUSES = {{Unknown: 401, Fault: {fault}}}

def status_of(error):
    for cls, status in STATUSES.items():
        if isinstance(error, cls):
            return status
    return {default}
"""
_ADDED = (
    _GET
    + """
def add(cls, status):
    STATUSES[cls] = status
"""
)


@pytest.mark.parametrize("how", [_MRO, _GET, _ITEMS], ids=["mro", "get", "items"])
@pytest.mark.parametrize(
    ("raised", "fault", "default"), [("Stranger", 200, 200), ("Missing", 403, 200), ("Missing", 200, 401)]
)
def test_a_status_by_class(tmp_path: Path, how: str, raised: str, fault: int, default: int) -> None:
    source = _APP.format(how=how.format(fault=fault, default=default), raised=raised)
    told, is_refused = told_and_done(tmp_path, source)
    assert (told == "guarded") == is_refused


@pytest.mark.parametrize("raised", ["Unknown", "Stranger"])
def test_a_table_that_is_added_to(tmp_path: Path, raised: str) -> None:
    source = _APP.format(how=_ADDED.format(fault=401, default=401), raised=raised)
    told, _ = told_and_done(tmp_path, source + "\n\nadd(Unknown, 200)\n")
    assert told == ("guarded" if raised == "Stranger" else "unknown")
