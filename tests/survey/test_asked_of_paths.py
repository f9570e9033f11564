"""What middleware asks of the path of a request decides for all routes whose paths give the same answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from nomoat.survey.guards import Judge

_OPEN = ("/", "/health", "/static/a.css", "/api/open", "/api/v1/orders.json", "/login", "/API/Open", "/x/health")
_PATHS = (*_OPEN, "/api", "/api/v1", "/api/v1/orders", "/admin", "/admin/users", "/healthy", "/about", "/docs")
_ASKS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "begins": ('path.startswith("/api")', lambda path: path.startswith("/api")),
    "is-among": ("path in OPEN", lambda path: path in ("/", "/health", "/login")),
    "is": ('path == "/health" or path.endswith(".css")', lambda path: path == "/health" or path.endswith(".css")),
    "any": ("any(path.startswith(one) for one in OPEN[1:])", lambda path: path.startswith(("/health", "/login"))),
    "is-not": ('path != "/admin" and not path.startswith("/admin/")',
               lambda path: path != "/admin" and not path.startswith("/admin/")),
    "lower": ('path.lower().rstrip("/") == "/api/open"', lambda path: path.lower().rstrip("/") == "/api/open"),
    "contains": ('"health" in path', lambda path: "health" in path),
    "pattern": ('re.match(r"^/api/v[0-9]+", path)', lambda path: bool(re.match("^/api/v[0-9]+", path))),
    "part": ('path[len("/api"):] == "/open"', lambda path: path[len("/api") :] == "/open"),
    "written": ('f"GET {path}" in ("GET /docs", "GET /about")', lambda path: path in ("/docs", "/about")),
    "joined": ('"GET " + path == "GET /docs"', lambda path: path == "/docs"),
    "second": ('path.split("/")[1] == "admin"', lambda path: path.split("/")[1] == "admin"),
    "known": ('{"/docs": True}.get(path)', lambda path: path == "/docs"),
    "longer": ("len(path) > 10", lambda path: len(path) > 10),
    "text": ('str(path) == "/docs"', lambda path: path == "/docs"),
    "there": ('path and path.strip("/") == ""', lambda path: path == "/"),
}  # fmt: skip
_SOURCE = """
import re
from fastapi import FastAPI
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse

OPEN = ("/", "/health", "/login")
app = FastAPI(openapi_url=None)


def answer():
    return []


class Asks(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        path = request.url.path
        if {asks}:
            return await call_next(request)
        if request.headers.get("authorization") is None:
            return JSONResponse({{}}, status_code=401)
        return await call_next(request)


app.add_middleware(Asks)
"""


def drawn(folder: Path, asks: str, paths: tuple[str, ...] = _PATHS) -> dict[str, str]:
    """Each path with the verdict of its route."""
    routes = "\n".join(f"app.add_api_route({path!r}, answer)" for path in paths)
    (folder / "main.py").write_text(f"{_SOURCE.format(asks=asks)}\n{routes}\n")
    return {one.path: one.verdict for one in draw(folder).map.routes}


@pytest.mark.parametrize("name", _ASKS)
def test_each_path_is_as_guarded_as_its_answers_say(name: str, tmp_path: Path) -> None:
    asks, answer = _ASKS[name]

    assert {path: "unguarded" if answer(path) else "guarded" for path in _PATHS} == drawn(tmp_path, asks)


def test_paths_with_parameters_answer_for_what_they_may_be(tmp_path: Path) -> None:
    paths = ("/api/{name}", "/api/{name}/x", "/admin/{name}", "/{name}", "/{rest:path}")
    expected = {"/api/{name}": "unguarded", "/api/{name}/x": "unguarded", "/admin/{name}": "guarded"}

    assert {**expected, "/{name}": "guarded", "/{rest}": "unknown"} == drawn(
        tmp_path, 'path.startswith("/api/")', paths
    )


def test_routes_that_answer_alike_cost_one_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    own = Judge.tried

    def counted(self: Judge, function: object, named: object, **given: object) -> object:
        tried.append(getattr(function, "name", ""))
        return own(self, function, named, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(Judge, "tried", counted)
    paths = tuple(f"/api/{number}" for number in range(40)) + tuple(f"/shop/{number}" for number in range(40))
    found = drawn(tmp_path, 'path.startswith("/api/") or path in OPEN', paths)

    assert {"unguarded", "guarded"} == set(found.values())
    # Once for each answer, and where somebody is refused with a credential as well.
    assert tried.count("dispatch") <= 6
