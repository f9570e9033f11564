"""What middleware says of a caller in the request, and handlers that ask for it behind checks of the server itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
import functools

from aiohttp import web
from shop import config, keys


class ShopError(web.HTTPError):
    pass


class Closed(ShopError, web.HTTPServiceUnavailable):
    pass


class Unknown(ShopError, web.HTTPUnauthorized):
    pass


@web.middleware
async def known(request, handler):
    {middleware}
    return await handler(request)


def must_be_known(handler):
    @functools.wraps(handler)
    async def wrapped(request):
        if request.get("is_known", False):
            return await handler(request)
        raise Unknown()

    return wrapped


def must_run(handler):
    @functools.wraps(handler)
    async def wrapped(request):
        if await config.status() != "running":
            {closed}
        return await handler(request)

    return wrapped


@must_run
@must_be_known
async def orders(request):
    return web.json_response({{}})


def init():
    app = web.Application(middlewares=[known])
    app.router.add_route("GET", "/orders", orders)
    return app
"""
_NOBODY = 'request["is_known"] = False'
_FOUND = """request["is_known"] = False
    row = await keys.find(request.headers.get("Authorization"))
    if row is not None:
        request["is_known"] = True"""
_OPEN = 'request["is_known"] = True'


@pytest.mark.parametrize(
    ("middleware", "closed", "verdict"),
    [
        (_NOBODY, "raise Closed()", "guarded"),
        (_NOBODY, 'return web.json_response({"closed": True})', "unguarded"),
        # Whether nobody's key is found is not told here.
        (_FOUND, "raise Closed()", "unknown"),
        (_OPEN, "raise Closed()", "unguarded"),
    ],
)
def test_who_is_not_known_is_refused_whether_the_server_runs_or_not(
    middleware: str, closed: str, verdict: str, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text(_SOURCE.format(middleware=middleware, closed=closed))

    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert route.verdict == verdict
