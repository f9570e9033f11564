"""Shapes that applications of aiohttp and Tornado have in real trees."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.appmap.spelling import braced
from nomoat.survey.draw import draw
from nomoat.survey.trial.values import PathOf


def drawn(folder: Path, **modules: str) -> dict[str, str]:
    """Method and path of each route with its verdict."""
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source)
    return {f"{route.method} {route.path}": route.verdict for route in draw(folder).map.routes}


SERVER = """
from aiohttp import web

class Server:
    def __init__(self, api, config):
        self.app = web.Application()
        self.app.add_subapp("/api", api)
        self.app.router.add_post("/login", self.login)

    async def login(self, request):
        return web.Response()
"""
API = """
from aiohttp import web

class Answers:
    @property
    def no_token(self):
        return web.json_response({"error": "who are you?"}, status=401)

answers = Answers()

def check(request):
    if not request.headers.get("Authorization"):
        return answers.no_token
    return None

@web.middleware
async def auth(request, handler):
    subpath = request.path[len("/api"):]
    if subpath.startswith("/open/all/") or subpath == "/features":
        return await handler(request)
    error = check(request)
    if error is not None:
        return error
    return await handler(request)

async def plain(request):
    return web.Response()

def make_api(config):
    app = web.Application(middlewares=[auth])
    app.add_routes([web.put("/items/{name}", plain), web.put("/open/all/{name}", plain), web.put("/features", plain)])
    return app
"""
MAIN = """
from api import make_api
from server import Server

class Program:
    def prepare(self):
        self.api = make_api(self.config)
        self.server = Server(self.api, self.config)
"""


def test_what_calls_a_factory_says_where_an_application_is_put(tmp_path: Path) -> None:
    found = drawn(tmp_path, main=MAIN, server=SERVER, api=API)

    assert {
        "POST /login": "unguarded",
        "PUT /api/items/{name}": "guarded",
        "PUT /api/open/all/{name}": "unguarded",
        "PUT /api/features": "unguarded",
    } == found


def test_a_class_that_is_an_application_is_made_by_who_makes_it(tmp_path: Path) -> None:
    app = """
import tornado.web

class Home(tornado.web.RequestHandler):
    def get(self):
        self.write("hello")

def moved(handler, prefix):
    return ("/{}{}".format(prefix, handler[0]), handler[1])

class Shop(tornado.web.Application):
    def __init__(self, options=None, **kwargs):
        handlers = [(r"/home", Home)]
        if options is not None and options.prefix:
            handlers = [moved(one, options.prefix) for one in handlers]
        kwargs.update(handlers=handlers)
        super().__init__(**kwargs)
"""
    command = (
        "from app import Shop\nimport tornado.ioloop\n\ndef main(options):\n    Shop(options=options).listen(80)\n"
    )

    assert {"GET /home": "unguarded"} == drawn(tmp_path, app=app, command=command)


HANDLER = """
import tornado.web

class Handler(tornado.web.RequestHandler):
    def get(self):
        if not self.get_signed_cookie("user"):
{refusal}
        self.write(secret())

app = tornado.web.Application([(r"/d", Handler)])
"""


@pytest.mark.parametrize(
    ("refusal", "verdict"),
    [
        (["self.set_status(403)", "self.finish('no')", "return"], "guarded"),
        (["self.set_status(403)", "self.set_header('X-Why', 'no')", "self.write('no')", "return"], "guarded"),
        (["self.redirect('/login')", "return"], "guarded"),
        (["raise tornado.web.HTTPError(403)"], "guarded"),
        (["self.set_status(403)", "raise tornado.web.Finish()"], "guarded"),
        # Answered, and the work is done all the same.
        (["self.send_error(403)"], "unguarded"),
        (["self.set_status(403)", "self.write('no')"], "unguarded"),
        (["self.send_error(403)", "work()", "return"], "unguarded"),
        (["self.set_status(200)", "self.finish('hello, guest')", "return"], "unguarded"),
    ],
)
def test_an_answer_refuses_where_nothing_is_done_after_it(refusal: list[str], verdict: str, tmp_path: Path) -> None:
    body = "\n".join(f"            {line}" for line in refusal)

    assert {"GET /d": verdict} == drawn(tmp_path, main=HANDLER.format(refusal=body))


@pytest.mark.parametrize(
    ("template", "text", "may"),
    [
        ("/client/{id}", "/client/sso/done/", False),
        ("/client/{id}", "/client/sso", True),
        ("/client/{id}/done", "/client/sso/d", True),
        ("/files/{name:path}", "/files/a/b/", True),
        ("/client/{id}", "/clients", False),
    ],
)
def test_a_parameter_of_a_path_ends_at_a_slash(template: str, text: str, *, may: bool) -> None:
    assert may == PathOf(template).may_begin(text)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        (r"/orders/(\d+)/?", "/orders/{arg0:int}"),
        (r"/files(/.*)?", "/files/{arg0:path}"),
        (r"/api/kernels/(?P<kernel_id>\w+-\w+)/channels$", "/api/kernels/{kernel_id}/channels"),
        (r"/f/[^/]+/edit", "/f/{arg0}/edit"),
        (r"/.*", "/{arg0:path}"),
        (r"/v\d{1,2}/x", "/v{arg0}/x"),
        (r"/orders(/?)", "/orders"),
        (r"/orders/([^/]+)(/)?$", "/orders/{arg0}"),
        (r"/orders(?:/)?", "/orders"),
        (r"(/?)", "/"),
        (r"/orders(/)", "/orders/"),
        (r"/orders(/new)?", "/orders/{arg0}"),
    ],
)
def test_a_pattern_without_groups_is_a_path_with_parameters(pattern: str, path: str) -> None:
    assert path == braced(pattern, "regex")


def test_a_pattern_of_a_parameter_may_have_braces_of_its_own() -> None:
    assert "/a/{name}/{number:int}/{rest:path}" == braced(r"/a/{name:[a-z]{2,3}}/{number:\d+}/{rest:.*}", "brace-regex")


def test_who_is_always_answered_403_is_refused(tmp_path: Path) -> None:
    """Whatever the test before the refusal is about: a user that is nobody's from the start."""
    source = """
import tornado.web

class Base(tornado.web.RequestHandler):
    def prepare(self):
        self.user = None

class Handler(Base):
    def get(self):
        if not self.user:
            raise tornado.web.HTTPError(403)
        self.write("secret")

app = tornado.web.Application([(r"/d", Handler)])
"""

    assert {"GET /d": "guarded"} == drawn(tmp_path, main=source)
