"""Variables of the context that middleware or a dependency sets, beside what the application answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.survey.running import told_and_done
from tests.survey.test_django_asked import compared

_SOURCE = """
from contextvars import ContextVar

from fastapi import Depends, FastAPI, HTTPException, Request
from starlette.middleware.base import BaseHTTPMiddleware

USERS = {{"t": "ana"}}
current_user: ContextVar[str | None] = ContextVar("current_user", default=None)
number: ContextVar[str] = ContextVar("number", default="")


def find(request):
    return USERS.get(request.headers.get("x-token")){guest}


class Sets(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        number.set("1")
        token = current_user.set(find(request))
        try:
            return await call_next(request)
        finally:
            current_user.reset(token)


async def sets(request: Request):
    current_user.set(find(request))


async def asks():
    if {refused}:
        raise HTTPException(401)


app = FastAPI(openapi_url=None)
{by}


@app.get("/d", dependencies=[{also}Depends(asks)])
async def d():
    return "x"
"""
_MIDDLEWARE, _DEPENDS = ("app.add_middleware(Sets)", ""), ("", "Depends(sets), ")


@pytest.mark.parametrize(("by", "also"), [_MIDDLEWARE, _DEPENDS])
@pytest.mark.parametrize(
    ("guest", "refused", "verdict"),
    [
        ("", "current_user.get() is None", "guarded"),
        ("", "not current_user.get()", "guarded"),
        (' or "guest"', "current_user.get() is None", "unguarded"),
        ("", "current_user.get() is not None", "unguarded"),
    ],
)
def test_what_was_set_for_nobody_is_what_is_found(
    guest: str, refused: str, verdict: str, by: str, also: str, tmp_path: Path
) -> None:
    source = _SOURCE.format(guest=guest, refused=refused, by=by, also=also)

    assert (verdict, verdict == "guarded") == told_and_done(tmp_path, source)


def test_what_tells_of_nobody_refuses_nobody(tmp_path: Path) -> None:
    source = _SOURCE.format(guest="", refused='number.get() == "2"', by=_MIDDLEWARE[0], also="")

    assert ("unguarded", False) == told_and_done(tmp_path, source)


_PROJECT = """
from contextvars import ContextVar
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import path


class Kept:
    def __init__(self):
        self._user = ContextVar("user", default=None)

    @property
    def user(self):
        return self._user.get()

    def keep(self, user):
        self._user.set(user)


kept = Kept()


class Clears:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        kept.keep(None)
        return self.get_response(request)


class Keeps(Clears):
    def __call__(self, request):
        kept.keep(request.user)
        try:
            return self.get_response(request)
        finally:
            kept.keep(None)


def asked(request, key=None):
    if not kept.user.is_authenticated:
        raise PermissionDenied
    return HttpResponse("asked")


def shown(request, key=None):
    return HttpResponse("shown")


urlpatterns = [
    path("first", asked), path("second", asked), path("third/<int:key>", asked), path("fourth", shown),
    path("fifth/<int:key>", asked),
]
"""
_KEPT = 'MIDDLEWARE += ["urls.Clears", "urls.Keeps"]\n'


def test_every_route_finds_what_middleware_of_django_set_and_not_the_first_alone(tmp_path: Path) -> None:
    """What one sets after another is there when the view asks, what it sets when the view has answered is not."""
    said = compared(tmp_path, _KEPT, urls=_PROJECT)
    open_ = {"GET /fourth"}
    assert {one for one, verdict in said.items() if verdict == "guarded"} == {*said} - open_
    assert {said[one] for one in open_} == {"unguarded"}


_GUEST = """

class Guest:
    is_authenticated = True


def step_0():
    kept.keep(Guest())


STEPS


class Guests(Clears):
    def __call__(self, request):
        kept.keep(None)
        LAST()
        return self.get_response(request)


def asked_late(request):
    LAST()
    return asked(request)


urlpatterns.append(path("late", asked_late))
"""


@pytest.mark.parametrize("deep", [0, 2, 60])
def test_a_guest_who_is_set_by_what_others_call_is_let_in(tmp_path: Path, deep: int) -> None:
    """However far away that is: what was not gone into may have set anything, and what was there before is gone."""
    steps = "\n".join(f"def step_{one}():\n    step_{one - 1}()\n" for one in range(1, deep + 1))
    source = _PROJECT + _GUEST.replace("STEPS", steps).replace("LAST", f"step_{deep}")
    by_middleware = compared(tmp_path, 'MIDDLEWARE += ["urls.Guests"]\n', urls=source)
    by_the_view = compared(tmp_path, 'MIDDLEWARE += ["urls.Clears", "urls.Keeps"]\n', urls=source)
    assert deep == 60 or by_middleware["GET /first"] == "unguarded"
    late = {by_middleware["GET /first"], by_middleware["GET /late"], by_the_view["GET /late"]}
    assert late <= {"unguarded", "unknown"}
