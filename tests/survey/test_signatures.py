"""A framework fills the signature that a function is given; what its own parameters ask for guards nothing then."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
import functools
import inspect

from fastapi import Depends, FastAPI, HTTPException, Request

app = FastAPI(openapi_url=None)

def current_user(request: Request) -> str:
    token = request.headers.get("authorization")
    if token is None:
        raise HTTPException(status_code=401)
    return token

{decorator}

@app.get("/data"{dependencies})
@changed
async def data(user: str | None = Depends(current_user)):
    return ["secret"]
"""
_WRAPPER = """
def changed(route):
    {wraps}
    async def inner(*args, **kwargs):
        return await route(*args, **kwargs)
    {signs}
    return inner
"""
_LESS = "signature = inspect.signature(route); "
_OWN = "signature.replace(parameters=[])"
_SIGNED = {
    "by an assignment": ("", f"{_LESS}inner.__signature__ = {_OWN}"),
    "over that of functools.wraps": ("@functools.wraps(route)", f"{_LESS}inner.__signature__ = {_OWN}"),
    "by setattr": ("@functools.wraps(route)", f'{_LESS}setattr(inner, "__signature__", {_OWN})'),
}


def _verdict(root: Path, wraps: str, signs: str, dependencies: str = "") -> tuple[str, str | None]:
    decorator = _WRAPPER.format(wraps=wraps, signs=signs)
    (root / "app.py").write_text(_HEAD.format(decorator=decorator, dependencies=dependencies), encoding="utf-8")
    (route,) = [one for one in draw(root).map.routes if one.path == "/data"]
    return route.verdict, route.because


@pytest.mark.parametrize("how", _SIGNED)
def test_a_signature_made_at_run_time_is_neither_open_nor_a_guard(how: str, tmp_path: Path) -> None:
    verdict, because = _verdict(tmp_path, *_SIGNED[how])

    assert "unknown" == verdict
    assert because is not None
    assert because.startswith("the signature of inner is made when it runs (app.py:")


@pytest.mark.parametrize(
    ("wraps", "signs"),
    [("@functools.wraps(route)", "pass"), ("", "inner.__signature__ = inspect.signature(route)")],
    ids=["functools.wraps", "the same signature"],
)
def test_a_signature_that_is_handed_on_guards_as_before(wraps: str, signs: str, tmp_path: Path) -> None:
    assert ("guarded", None) == _verdict(tmp_path, wraps, signs)


def test_a_dependency_of_the_route_guards_whatever_the_signature_is(tmp_path: Path) -> None:
    guarded = _verdict(tmp_path, *_SIGNED["by an assignment"], ", dependencies=[Depends(current_user)]")

    assert ("guarded", None) == guarded


def test_a_dependency_whose_signature_is_made_at_run_time_is_no_guard_either(tmp_path: Path) -> None:
    wrapper = _WRAPPER.format(wraps="@functools.wraps(route)", signs=_SIGNED["by an assignment"][1])
    source = f"""
{_HEAD.partition("{decorator}")[0]}
{wrapper}

@changed
async def asked(user: str | None = Depends(current_user)):
    return user

@app.get("/data", dependencies=[Depends(asked)])
async def data():
    return ["secret"]
"""
    (tmp_path / "app.py").write_text(source, encoding="utf-8")

    (route,) = [one for one in draw(tmp_path).map.routes if one.path == "/data"]

    assert "unknown" == route.verdict
