"""Applications made up by hypothesis: whatever is nested in whatever, the map has what is served."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import DrawFn, booleans, composite, integers, sampled_from

from nomoat.survey.draw import draw as draw_map
from tests.survey.running import is_refused, loaded, served

_HEAD = """
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request


def signed_in(request: Request):
    if not request.headers.get("authorization"):
        raise HTTPException(status_code=401)


def optional(request: Request):
    return request.headers.get("authorization")


def nested(user=Depends(signed_in)):
    return user


def make(prefix, dependencies):
    return APIRouter(prefix=prefix, dependencies=dependencies)


User = Annotated[object, Depends(nested)]
"""
GUARDS = ("", "", "Depends(signed_in)", "Depends(optional)", "Depends(nested)")


@dataclass
class Written:
    """A program that grows."""

    lines: list[str] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=itertools.count)


@composite
def applications(draw: DrawFn) -> str:
    """The source of one application."""
    written = Written()
    _node(draw, written, "app", depth=0, is_app=True)
    return _HEAD + "\n".join(written.lines) + "\n"


def _node(draw: DrawFn, written: Written, name: str, *, depth: int, is_app: bool) -> None:
    guard = draw(sampled_from(GUARDS))
    prefix = "" if is_app else f"/{name}"
    if is_app:
        docs = draw(sampled_from(["openapi_url=None", "docs_url=None", ""]))
        written.lines.append(f"{name} = FastAPI({', '.join(x for x in (docs, f'dependencies=[{guard}]') if x)})")
    elif draw(booleans()):
        written.lines.append(f'{name} = make("{prefix}", [{guard}])')
    else:
        written.lines.append(f'{name} = APIRouter(prefix="{prefix}", dependencies=[{guard}])')
    for _ in range(draw(integers(1, 2))):
        _route(draw, written, name)
    for _ in range(draw(integers(0, 2)) if depth < 3 else 0):
        _child(draw, written, name, depth)


def _route(draw: DrawFn, written: Written, name: str) -> None:
    number = next(written.numbers)
    guard = draw(sampled_from(GUARDS))
    parameter = draw(sampled_from(["", "user: User", f"user={guard}" if guard else ""]))
    path = draw(sampled_from([f"/r{number}", f"/r{number}/{{item}}", f"/r{number}/{{item:path}}/end"]))
    verb = draw(sampled_from(["get", "post", "api"]))
    options = f'"{path}", dependencies=[{guard}]'
    decorator = f'api_route({options}, methods=["PUT", "GET"])' if verb == "api" else f"{verb}({options})"
    written.lines += [f"@{name}.{decorator}", f"def r{number}({parameter}):", "    return {}", ""]


def _child(draw: DrawFn, written: Written, name: str, depth: int) -> None:
    child = f"n{next(written.numbers)}"
    is_mounted = draw(sampled_from([False, False, True]))
    _node(draw, written, child, depth=depth + 1, is_app=is_mounted)
    if is_mounted:
        written.lines.append(f'{name}.mount("/m{child}", {child})')
        return
    guard = draw(sampled_from(GUARDS))
    shape = draw(sampled_from(["plain", "loop", "function"]))
    include = f'include_router({child}, prefix="/i{child}", dependencies=[{guard}])'
    if shape == "loop":
        written.lines += [f'for one in ("/a{child}", "/b{child}"):', f"    {name}.include_router({child}, prefix=one)"]
    elif shape == "function":
        written.lines += [f"def include_{child}(target):", f"    target.{include}", "", f"include_{child}({name})"]
    else:
        written.lines.append(f"{name}.{include}")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(applications())
def test_map_of_any_nesting_is_what_is_served(source: str) -> None:
    with TemporaryDirectory() as folder:
        (Path(folder) / "main.py").write_text(source)

        routes = draw_map(Path(folder)).map.routes

        drawn = {(route.method, route.path): route.verdict for route in routes}
        with loaded(Path(folder)) as app:
            running = {(method, path.replace(":path}", "}")) for method, path in served(app)}
            assert running == drawn.keys()
            refused = {key: "guarded" if is_refused(app, *key) else "unguarded" for key in drawn}
            assert refused == drawn


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(applications())
def test_map_of_one_source_is_always_the_same(source: str) -> None:
    with TemporaryDirectory() as folder:
        (Path(folder) / "main.py").write_text(source)

        assert draw_map(Path(folder)).map == draw_map(Path(folder)).map
