"""Factories that are given their routes: who calls them, however far away, tells which there are."""

from __future__ import annotations

from pathlib import Path

from nomoat.survey.draw import draw

_SERVER = """
from aiohttp import web


class Orders:
    def __init__(self, service):
        self.service = service

    def get_routes(self):
        return {"/orders": self.orders, "/parts": self.parts}

    async def orders(self, request):
        if "X-Key" not in request.headers:
            raise web.HTTPUnauthorized()
        return web.json_response([])

    async def parts(self, request):
        return web.json_response([])


def create(routes):
    app = web.Application()
    app.add_routes(routes)
    return app


class Server:
    def __init__(self, routes):
        self.routes = routes

    @classmethod
    def of(cls, api):
        return cls(api.get_routes())

    async def start(self):
        self.app = create([web.post(path, function) for path, function in self.routes.items()])


async def start(api):
    server = Server.of(api)
    await server.start()


class Service:
    def __init__(self, part=None):
        self.part = part

    async def manage(self):
        if self.part:
            api, port = self.part
            await start(api(self))
"""
_MAIN = """

async def main():
    service = Service(part=(Orders, 8000))
    await service.manage()
"""
_STATUS = """

async def status(request):
    return web.json_response([])


STATUS = create([web.get("/status", status)])
"""


def _map(folder: Path, **files: str) -> dict[str, str]:
    for name, text in files.items():
        path = folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    routes = draw(folder).map.routes
    return {f"{one.method} {one.path}": one.verdict for one in routes if one.method != "HEAD"}


def test_who_calls_who_calls_them_tells_the_routes(tmp_path: Path) -> None:
    assert _map(tmp_path, app=_SERVER + _MAIN) == {"POST /orders": "guarded", "POST /parts": "unguarded"}


def test_one_that_has_run_for_one_list_runs_for_others(tmp_path: Path) -> None:
    assert _map(tmp_path, app=_SERVER + _STATUS + _MAIN) == {
        "GET /status": "unguarded",
        "POST /orders": "guarded",
        "POST /parts": "unguarded",
    }


def test_a_folder_of_tests_may_have_a_name_of_the_package_s_own(tmp_path: Path) -> None:
    test = "from aiohttp import web\n\n\nasync def never(request):\n    return web.Response()\n\n\n"
    test += 'app = web.Application()\napp.router.add_get("/never", never)\n'
    found = _map(tmp_path, **{"app": _SERVER + _MAIN, "_tests/util": test})

    assert "GET /never" not in found
