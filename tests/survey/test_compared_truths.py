"""What is asked of the caller, compared with a truth value that source has: `(token is None) == bool(flag)`."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
from fastapi import FastAPI, HTTPException, Request

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


class Fits:
    def __init__(self, value):
        self.value = {value}

    def asks(self, request):
        return ("Authorization" in request.headers) {operator} self.value


@app.get("/orders")
def orders(request: Request):
    if not Fits({given}).asks(request):
        raise HTTPException(403)
    return []
"""


@pytest.mark.parametrize("value", ["value", "bool(value)", "not not value"])
@pytest.mark.parametrize(
    ("operator", "given", "verdict"),
    [
        ("==", "True", "guarded"),
        ("==", "False", "unguarded"),
        ("!=", "False", "guarded"),
        ("!=", "True", "unguarded"),
        ("is", "True", "guarded"),
        ("is", "False", "unguarded"),
    ],
)
def test_a_truth_value_is_what_it_is(value: str, operator: str, given: str, verdict: str, tmp_path: Path) -> None:
    source = _SOURCE.replace("{value}", value).replace("{operator}", operator).replace("{given}", given)
    (tmp_path / "main.py").write_text(source)

    (route,) = draw(tmp_path).map.routes

    assert verdict == route.verdict
