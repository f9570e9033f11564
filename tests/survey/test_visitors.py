"""An object that stands for who brings no credential, made for the request or kept in what a function gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import is_refused, loaded

pytest.importorskip("litestar")

_SOURCE = """
from dataclasses import dataclass, field

from litestar import Litestar, get
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult


@dataclass
class Visitor:
    is_authenticated: bool = {authenticated}
    roles: list[str] = field(default_factory=list)
    permissions: set[tuple[str, str]] = field(default_factory=set)


@dataclass
class Member:
    name: str
    is_authenticated: bool = True
    permissions: set[tuple[str, str]] = field(default_factory=lambda: {{("read", "things")}})


class Asks(AbstractAuthenticationMiddleware):
    async def authenticate_request(self, connection):
        found = self.found(connection)
        if found:
            return AuthenticationResult(user=found, auth="token")
        visitor = self.visitor()
        {given}
        return AuthenticationResult(user=visitor, auth=None)

    def found(self, connection):
        token = connection.headers.get("Authorization", "")
        return Member(token) if token else None

    def visitor(self):
        return Visitor()


def signed_in(connection, _):
    if not getattr(connection.user, "is_authenticated", False):
        raise NotAuthorizedException()


def needs(action, kind):
    pair = (action, kind)

    def guard(connection, _):
        user = connection.user
        if not getattr(user, "is_authenticated", False):
            if pair in getattr(user, "permissions", set()):
                return
            raise NotAuthorizedException()
        if pair not in user.permissions:
            raise PermissionDeniedException()

    return guard


@get("/own", guards=[signed_in])
async def own() -> str:
    return "x"


@get("/things", guards=[needs("read", "things")])
async def things() -> str:
    return "x"


app = Litestar([own, things], middleware=[Asks], openapi_config=None)
"""


@pytest.mark.parametrize(
    ("authenticated", "given", "told"),
    [
        ("False", "pass", ("guarded", "guarded")),
        ("False", 'visitor.permissions.add(("read", "things"))', ("guarded", "unguarded")),
        ("False", 'visitor.permissions.add(("read", "others"))', ("guarded", "guarded")),
        ("False", "visitor.is_authenticated = True", ("unguarded", "guarded")),
        ("True", "pass", ("unguarded", "guarded")),
    ],
)
def test_what_stands_for_nobody_says_itself_what_it_may(
    authenticated: str, given: str, told: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text(_SOURCE.format(authenticated=authenticated, given=given))

    found = {one.path: one.verdict for one in draw(tmp_path).map.routes}
    with loaded(tmp_path) as app:
        done = {path: is_refused(app, "GET", path) for path in found}

    assert (found["/own"], found["/things"]) == told
    assert {path: verdict == "guarded" for path, verdict in found.items()} == done


_FOR_EVERYBODY = """
from litestar import Litestar, get
from litestar.exceptions import NotAuthorizedException
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from accounts import account_of


class Visitor:
    name = "visitor"
    is_authenticated = False


class Asks(AbstractAuthenticationMiddleware):
    async def authenticate_request(self, connection):
        if connection.headers.get("Authorization"):
            return AuthenticationResult(user=account_of(connection), auth=None)
        return AuthenticationResult(user={given}, auth=None)


def signed_in(connection, _):
    if not connection.user.is_authenticated:
        raise NotAuthorizedException()


@get("/d", guards=[signed_in])
async def d() -> str:
    return "x"


app = Litestar([d], middleware=[Asks], openapi_config=None)
"""


@pytest.mark.parametrize(("given", "verdict"), [("Visitor()", "guarded"), ("account_of(connection)", "unknown")])
def test_of_an_account_from_elsewhere_nobody_can_tell(given: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_FOR_EVERYBODY.format(given=given))

    assert [verdict] == [one.verdict for one in draw(tmp_path).map.routes]


_FILES = """
from litestar import Litestar, get
from litestar.exceptions import NotAuthorizedException
from litestar.static_files import create_static_files_router


def signed_in(connection, _):
    if not connection.headers.get("Authorization"):
        raise NotAuthorizedException()


@get("/d")
async def d() -> str:
    return "x"


handlers = [d]
handlers.extend(
    [
        create_static_files_router(path="/files", directories=["files"], name="files"),
        create_static_files_router(path="/own", directories=["own"], name="own", guards=[signed_in]),
    ]
)
app = Litestar(route_handlers=handlers, openapi_config=None)
"""


def test_folders_of_files_are_routes(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_FILES)

    drawn = draw(tmp_path)

    assert {one.path: one.verdict for one in drawn.map.routes} == {
        "/d": "unguarded", "/files/{file_path}": "unguarded", "/own/{file_path}": "guarded"}  # fmt: skip
    assert not drawn.map.not_read
