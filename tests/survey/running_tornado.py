"""Tornado, asked through a server on loopback."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator

from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from tornado.httpserver import HTTPServer
from tornado.routing import PathMatches, RuleRouter
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler, websocket_connect

from tests.survey.running import is_refusal

_LOOP = asyncio.new_event_loop()
#: A socket that says nothing for so long stays open.
_PATIENCE_S = 0.3


def served(app: Application) -> set[tuple[str, str]]:
    """Method and path of each rule, for each method that its class answers."""
    found: set[tuple[str, str]] = set()
    for pattern, target in _rules(app.default_router):
        path = _path(pattern)
        if issubclass(target, WebSocketHandler):
            found.add(("WS", path))
            continue
        for method in target.SUPPORTED_METHODS:
            if getattr(target, method.lower()) is not getattr(RequestHandler, method.lower()):
                found.add((method, path))
    return found


def _rules(router: RuleRouter) -> Iterator[tuple[re.Pattern[str], type[RequestHandler]]]:
    for rule in router.rules:
        if isinstance(rule.target, RuleRouter):
            yield from _rules(rule.target)
        elif isinstance(rule.matcher, PathMatches):
            yield rule.matcher.regex, rule.target


def _path(pattern: re.Pattern[str]) -> str:
    """The pattern as a path: groups are parameters, and what only marks an end is gone."""
    names = {number: name for name, number in pattern.groupindex.items()}
    text = pattern.pattern.removesuffix("$").removesuffix("/?")
    for number in range(pattern.groups):
        text = re.sub(r"\([^()]*\)", f"{{{names.get(number + 1, f'arg{number}')}}}", text, count=1)
    return re.sub(r"\\(.)", r"\1", text)


def is_refused(app: Application, method: str, url: str) -> bool:
    """Whether a caller without any credential is refused here."""
    return _LOOP.run_until_complete(_refused(app, method, url))


def status_of(app: Application, method: str, url: str) -> int:
    """What a caller without any credential is answered here."""
    return _LOOP.run_until_complete(_status(app, method, url))


async def _status(app: Application, method: str, url: str) -> int:
    logging.getLogger("tornado.application").setLevel(logging.CRITICAL)
    logging.getLogger("tornado.access").setLevel(logging.CRITICAL)
    socket, port = bind_unused_port()
    server = HTTPServer(app)
    server.add_sockets([socket])
    try:
        answer = await AsyncHTTPClient().fetch(
            f"http://127.0.0.1:{port}{url}", method=method, raise_error=False, follow_redirects=False
        )
        return answer.code
    finally:
        server.stop()
        await server.close_all_connections()


async def _refused(app: Application, method: str, url: str) -> bool:
    logging.getLogger("tornado.application").setLevel(logging.CRITICAL)
    logging.getLogger("tornado.access").setLevel(logging.CRITICAL)
    socket, port = bind_unused_port()
    server = HTTPServer(app)
    server.add_sockets([socket])
    try:
        if method == "WS":
            return await _refused_socket(f"ws://127.0.0.1:{port}{url}")
        body = "{}" if method in ("POST", "PUT", "PATCH") else None
        answer = await AsyncHTTPClient().fetch(
            f"http://127.0.0.1:{port}{url}", method=method, body=body, raise_error=False, follow_redirects=False
        )
        return is_refusal(answer.code, answer.headers.get("Location", ""))
    finally:
        server.stop()
        await server.close_all_connections()


async def _refused_socket(url: str) -> bool:
    """Refused: not opened, or closed before anything was said."""
    try:
        connection = await websocket_connect(url)
    except HTTPClientError as error:
        return is_refusal(error.code)
    try:
        await connection.write_message("hello")
        return await asyncio.wait_for(connection.read_message(), _PATIENCE_S) is None
    except TimeoutError:
        return False
    finally:
        connection.close()
