"""Litestar: middleware of classes that are not here, answers called as applications, sockets that are closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
from elsewhere import AuthMiddleware, Middleware
from litestar import Litestar, Request, Response, WebSocket, get, websocket
from litestar.exceptions import NotAuthorizedException
from litestar.middleware import ASGIMiddleware, DefineMiddleware
from litestar.security.jwt import JWTAuth
from litestar.security.jwt.middleware import JWTAuthenticationMiddleware
"""


def _verdict(folder: Path, text: str, path: str = "/orders") -> str:
    (folder / "app.py").write_text(_HEAD + text)
    return next(one.verdict for one in draw(folder).map.routes if one.path == path)


_ROUTE = """

@get("/orders", middleware=[{middleware}])
async def orders() -> list:
    return []


app = Litestar([orders])
"""


@pytest.mark.parametrize(
    ("middleware", "expected"),
    [
        ("Keys", "unknown"),
        ("DefineMiddleware(Keys)", "unknown"),
        ("AuthMiddleware", "unknown"),
        ("Refuses", "unknown"),
        ("Counts", "unguarded"),
    ],
)
def test_middleware_of_classes_elsewhere_may_ask(tmp_path: Path, middleware: str, expected: str) -> None:
    classes = """

class Keys(AuthMiddleware):
    async def authenticate_request(self, connection):
        return await super().authenticate_request(connection)


class Refuses(Middleware):
    async def check(self, connection):
        raise NotAuthorizedException()


class Counts(Middleware):
    async def count(self, connection):
        return 1
"""
    assert _verdict(tmp_path, classes + _ROUTE.format(middleware=middleware)) == expected


def test_a_class_of_the_module_that_defines_it_asks_as_that_one_does(tmp_path: Path) -> None:
    text = """

class Tokens(JWTAuthenticationMiddleware):
    async def authenticate_request(self, connection):
        result = await super().authenticate_request(connection)
        return result


auth = JWTAuth(retrieve_user_handler=find, token_secret="secret", authentication_middleware_class=Tokens)


@get("/orders")
async def orders() -> list:
    return []


app = Litestar([orders], on_app_init=[auth.on_app_init])
"""
    assert _verdict(tmp_path, text) == "guarded"


@pytest.mark.parametrize(
    ("status", "stop", "expected"),
    [(401, "return", "guarded"), (401, "pass", "unguarded"), (200, "return", "unguarded")],
)
def test_an_answer_may_be_called_as_an_application(tmp_path: Path, status: int, stop: str, expected: str) -> None:
    text = f"""

class Keys(ASGIMiddleware):
    async def handle(self, scope, receive, send, next_app):
        request = Request(scope)
        if "x-key" not in request.headers:
            answer = Response({{}}, status_code={status}).to_asgi_response(app=None, request=request)
            await answer(scope, receive, send)
            {stop}
        await next_app(scope, receive, send)
"""
    found = _verdict(tmp_path, text + _ROUTE.format(middleware="Keys()"))

    assert found == expected if expected == "guarded" else found != "guarded"


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ('if "session" not in socket.cookies:\n        await socket.close()\n        return\n    ', "guarded"),
        (
            'await socket.send_json([])\n    if "session" not in socket.cookies:\n        await socket.close()\n    ',
            "not sure",
        ),
        ('if "session" in socket.cookies:\n        await socket.close()\n        return\n    ', "unguarded"),
        ("", "unguarded"),
    ],
)
def test_a_socket_that_is_closed_before_it_is_accepted_is_refused(tmp_path: Path, before: str, expected: str) -> None:
    text = f"""

@websocket("/orders")
async def orders(socket: WebSocket) -> None:
    {before}await socket.accept()
    await socket.send_json([])


app = Litestar([orders])
"""
    found = _verdict(tmp_path, text)

    assert found == expected if expected == "guarded" else found != "guarded"
