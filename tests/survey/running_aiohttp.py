"""aiohttp, asked through a server on loopback."""

from __future__ import annotations

import asyncio
import warnings

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web_urldispatcher import StaticResource

from tests.survey.running import is_refusal

#: An application belongs to one loop for good.
_LOOP = asyncio.new_event_loop()
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def served(app: web.Application) -> set[tuple[str, str]]:
    """Method and path of each route of the router, those of applications below it included."""
    found: set[tuple[str, str]] = set()
    for route in app.router.routes():
        resource = route.resource
        assert resource is not None
        if isinstance(resource, StaticResource):
            found.add(("ANY", resource.canonical))
        elif route.method != "*":
            found.add((route.method, resource.canonical))
        elif isinstance(route.handler, type) and issubclass(route.handler, web.View):
            own = (method for method in _METHODS if hasattr(route.handler, method.lower()))
            found |= {(method, resource.canonical) for method in own}
        else:
            found.add(("ANY", resource.canonical))
    return found


def is_refused(app: web.Application, method: str, url: str) -> bool:
    """Whether a caller without any credential is refused here."""
    with warnings.catch_warnings():
        # Keys that are texts, and middleware of the old kind, are what applications have.
        warnings.simplefilter("ignore")
        return _LOOP.run_until_complete(_refused(app, "GET" if method == "ANY" else method, url))


async def _refused(app: web.Application, method: str, url: str) -> bool:
    # No redirect is followed, and none of the cookies of one request goes with the next.
    async with (
        TestClient(TestServer(app)) as client,
        client.request(method, url, allow_redirects=False) as answer,
    ):
        return is_refusal(answer.status, answer.headers.get("Location", ""))
