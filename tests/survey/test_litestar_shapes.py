"""Litestar: what stands before handlers, imported from where it is documented, beside what the application answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.survey.running import told_and_done

pytest.importorskip("litestar")

_HEAD = """
from dataclasses import dataclass, field

from litestar import Controller, Litestar, Request, Router, get
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult, DefineMiddleware


@dataclass
class Kept:
    people: dict[int, str] = field(default_factory=dict)
    sessions: dict[str, int] = field(default_factory=dict)

    def join(self, name):
        self.people[len(self.people)] = name
        self.sessions[name] = len(self.people)


kept = Kept()


def signed_in(connection, handler):
    if connection.user is None:
        raise NotAuthorizedException()


class Sessions(AbstractAuthenticationMiddleware):
    async def authenticate_request(self, connection):
        token = connection.headers.get("Authorization", "").removeprefix("Session ")
        return AuthenticationResult(user={user}, auth=token or None)


@get("/d"{guarded})
async def d() -> str:
    return "x"


app = Litestar([d], middleware=[DefineMiddleware(Sessions)], openapi_config=None)
"""
_FOUND = "kept.people.get(kept.sessions.get(token, -1))"


@pytest.mark.parametrize(
    ("user", "guarded", "verdict"),
    [
        (_FOUND, ", guards=[signed_in]", "guarded"),
        (_FOUND, "", "unguarded"),
        ("'guest'", ", guards=[signed_in]", "unguarded"),
    ],
)
def test_what_authenticates_finds_nobody_for_nobody(user: str, guarded: str, verdict: str, tmp_path: Path) -> None:
    source = _HEAD.format(user=user, guarded=guarded)
    said, is_refused = told_and_done(tmp_path, source)

    assert is_refused == (verdict == "guarded")
    assert said == verdict or (user == "'guest'" and said == "unknown")
