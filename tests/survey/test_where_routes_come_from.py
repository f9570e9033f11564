from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.appmap.model import Map
from nomoat.survey.draw import draw

_HEAD = """
import os
from contextlib import asynccontextmanager

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request


def signed_in(request: Request):
    if request.headers.get("authorization") is None:
        raise HTTPException(status_code=401)


router = APIRouter(prefix="/orders", dependencies=[Depends(signed_in)])


@router.get("/{order_id}")
def order(order_id: int):
    return {}


"""
_STARTED = {
    "lifespan": """
def fill(app: FastAPI):
    app.include_router(router)

@asynccontextmanager
async def lifespan(app: FastAPI):
    fill(app)
    yield

app = FastAPI(openapi_url=None, lifespan=lifespan)
""",
    "lifespan of a factory": """
@asynccontextmanager
async def lifespan(app: FastAPI):
    app.include_router(router)
    yield

def create_app():
    return FastAPI(openapi_url=None, lifespan=lifespan)
""",
    "on_event": """
app = FastAPI(openapi_url=None)

@app.on_event("startup")
async def start():
    app.include_router(router)
""",
    "add_event_handler": """
app = FastAPI(openapi_url=None)

def start():
    app.include_router(router)

app.add_event_handler("startup", start)
""",
    "on_startup": """
def start():
    app.include_router(router)

app = FastAPI(openapi_url=None, on_startup=[start])
""",
}


def mapped(folder: Path, source: str) -> Map:
    (folder / "main.py").write_text(_HEAD + source)
    return draw(folder).map


@pytest.mark.parametrize("how", _STARTED)
def test_routes_that_are_registered_at_start_are_on_the_map(how: str, tmp_path: Path) -> None:
    drawn = mapped(tmp_path, _STARTED[how])

    assert [("/orders/{order_id}", "guarded")] == [(route.path, route.verdict) for route in drawn.routes]


def test_an_application_that_only_a_setting_mounts_elsewhere_is_served_as_it_is(tmp_path: Path) -> None:
    """It is a root of its own where the setting is not there; where it is, the paths are said to be elsewhere."""
    drawn = mapped(
        tmp_path,
        """
def create_app():
    app = FastAPI(openapi_url=None)
    app.include_router(router)
    base = read_base()
    if base:
        outer = FastAPI(openapi_url=None)
        outer.mount(base, app)
        return outer
    return app


def read_base():
    return os.environ.get("BASE") or load()
""",
    )

    assert [("/orders/{order_id}", "guarded")] == [(route.path, route.verdict) for route in drawn.routes]
    assert ["a path or prefix that cannot be read: the routes here may be elsewhere"] == [
        gap.why for gap in drawn.not_read
    ]


def test_a_route_whose_path_cannot_be_read_is_never_called_guarded_nor_bound(tmp_path: Path) -> None:
    drawn = mapped(
        tmp_path,
        """
app = FastAPI(openapi_url=None)

def add(provider):
    @app.get(provider, dependencies=[Depends(signed_in)])
    def login():
        return {}

add(load_provider())
""",
    )

    assert [("unknown", None)] == [(route.verdict, route.binding) for route in drawn.routes]
    assert "its path cannot be read" in (drawn.routes[0].because or "")
    assert drawn.not_read


def test_a_list_that_a_loop_may_have_filled_does_not_decide_what_runs(tmp_path: Path) -> None:
    """Without plug-ins the router is included, and a caller passes where nothing was found."""
    drawn = mapped(
        tmp_path,
        """
from importlib.metadata import entry_points

def refused_for_faults(request: Request):
    faults = []
    for rule in entry_points():
        faults.append(rule)
    if faults:
        raise HTTPException(status_code=401)

app = FastAPI(openapi_url=None)

@app.get("/faults", dependencies=[Depends(refused_for_faults)])
def read_faults():
    return []

def register(app):
    plugins = []
    for entry in entry_points():
        plugins.append(entry)
    if plugins:
        return plugins[-1].load().register(app)
    app.include_router(router)

register(app)
""",
    )

    assert {"/faults": "unguarded", "/orders/{order_id}": "guarded"} == {
        route.path: route.verdict for route in drawn.routes
    }


def test_a_router_kept_on_a_class_takes_what_is_registered_later(tmp_path: Path) -> None:
    drawn = mapped(
        tmp_path,
        """
class Registry:
    _app = None

    @classmethod
    def use(cls, app):
        cls._app = app

    def register(self, router):
        if not self._app:
            raise RuntimeError("call use() before")
        self._app.include_router(router)

app = FastAPI(openapi_url=None)
registry = Registry()
registry.use(app)
registry.register(router)
""",
    )

    assert [("/orders/{order_id}", "guarded")] == [(route.path, route.verdict) for route in drawn.routes]


_ASTRAY = """
from elsewhere import PREFIX, prefix_of

own = APIRouter(prefix=PREFIX)

@own.get("/own", dependencies=[Depends(signed_in)])
def read_own(): ...

@own.get("/open")
def read_open(): ...

app = FastAPI(openapi_url=None)
app.include_router(own)
app.include_router(router, prefix=prefix_of("orders"))
"""


def test_behind_a_prefix_that_cannot_be_read_holds_what_holds_wherever_it_stands(tmp_path: Path) -> None:
    drawn = mapped(tmp_path, _ASTRAY)

    verdicts = {route.path: route.verdict for route in drawn.routes}
    assert verdicts == {"/own": "guarded", "/open": "unguarded", "/orders/{order_id}": "guarded"}
    assert {"its prefix cannot be read"} == {(route.because or "").partition(" (")[0] for route in drawn.routes}
    assert all((route.because or "").endswith("; wherever it stands") for route in drawn.routes)
    assert {None} == {route.binding for route in drawn.routes}
    assert any("prefix that cannot be read" in gap.why for gap in drawn.not_read)


def test_where_another_route_may_stand_in_its_place_nothing_is_sure(tmp_path: Path) -> None:
    drawn = mapped(tmp_path, _ASTRAY + '\n@app.get("/own")\ndef read_another(): ...\n')

    assert {"/own": {"unknown", "unguarded"}}["/own"] == {one.verdict for one in drawn.routes if one.path == "/own"}


def test_where_the_guard_asks_for_the_path_nothing_is_sure(tmp_path: Path) -> None:
    drawn = mapped(
        tmp_path,
        """
from elsewhere import PREFIX
from fastapi import Request, Response

own = APIRouter(prefix=PREFIX)

@own.get("/own")
def read_own(): ...

app = FastAPI(openapi_url=None)

@app.middleware("http")
async def only_signed_in(request: Request, call_next):
    if not request.url.path.startswith("/own") and not request.headers.get("authorization"):
        return Response(status_code=401)
    return await call_next(request)

app.include_router(own)
""",
    )

    assert [("/own", "unknown")] == [(route.path, route.verdict) for route in drawn.routes]


def test_blueprints_that_are_found_when_it_runs_stand_where_the_application_includes_them(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        "from flask import Blueprint\n"
        'orders = Blueprint("orders", __name__, url_prefix="/orders")\n'
        'orders.add_url_rule("/all", view_func=lambda: "ok")\n'
    )
    (tmp_path / "main.py").write_text(
        "import os\n"
        "from importlib import import_module\n"
        "from flask import Flask, abort, session\n"
        "import shop\n"
        "def found():\n"
        "    for name in os.listdir():\n"
        "        yield getattr(import_module(name), 'blueprint')\n"
        "app = Flask(__name__, static_folder=None)\n"
        "@app.before_request\n"
        "def ask():\n"
        "    if 'user' not in session:\n"
        "        abort(401)\n"
        "for one in found():\n"
        "    app.register_blueprint(one)\n"
    )

    drawn = draw(tmp_path).map

    found = {(one.path, one.verdict) for one in drawn.routes}
    assert found == {("/orders/all", "guarded")}
    assert [one.why for one in drawn.not_read] == ["it cannot be told which router is included here"]


_ROOT = """
import importlib

from aiohttp import web

PARTS = [".orders", ".user_items"]


async def hello(request):
    return web.json_response({})


def fill(name, root, make):
    part = make(root["options"])
    if "prefix" not in part:
        part["prefix"] = name.split(".")[-1].replace("_", "-")
    root.add_subapp("/" + part["prefix"], part)


def build(number, *, parts=None):
    app = web.Application()
    app["options"] = {}
    app.router.add_get("/", hello)
    for name in parts or []:
        module = importlib.import_module(name, "company.shop.api")
        fill(name, app, getattr(module, "create"))
    return app


async def serve(loop, number):
    root = build(number, parts=PARTS)
    yield root
"""
_PART = """
from aiohttp import web


async def listed(request):
    return web.json_response({})


def create(options):
    app = web.Application()
    PREFIX
    app.router.add_get("/all", listed, allow_head=False)
    return app
"""
_DOCUMENT = """
import importlib

from company.shop.server import PARTS


def document():
    paths = []
    for name in PARTS:
        app = importlib.import_module(name, "company.shop.api").create({})
        paths += [one.resource for one in app.router.routes()]
    return paths


if __name__ == "__main__":
    document()
"""


def test_parts_that_modules_make_are_where_they_are_mounted_alone(tmp_path: Path) -> None:
    """A folder above without an `__init__.py`, a prefix that is kept on the part, and a tool that makes it, too."""
    shop = tmp_path / "company" / "shop"
    (shop / "api").mkdir(parents=True)
    for folder in (shop, shop / "api"):
        (folder / "__init__.py").write_text("")
    (shop / "server.py").write_text(_ROOT)
    (shop / "document.py").write_text(_DOCUMENT)
    (shop / "api" / "orders.py").write_text(_PART.replace("PREFIX", 'app["prefix"] = "order-list"'))
    (shop / "api" / "user_items.py").write_text(_PART.replace("    PREFIX\n", ""))

    drawn = draw(tmp_path).map

    assert {"/", "/order-list/all", "/user-items/all"} == {route.path for route in drawn.routes}
    assert not drawn.not_read


_PREFIXED = """
from elsewhere import ROOT

app = FastAPI(openapi_url=None)
app.include_router(router, prefix=f"{ROOT}/v1")

@app.get(ROOT + "/open")
def read_open(): ...
"""


def test_what_is_known_of_a_prefix_or_path_is_on_the_map(tmp_path: Path) -> None:
    drawn = mapped(tmp_path, _PREFIXED)

    verdicts = {route.path: route.verdict for route in drawn.routes}
    assert {"/v1/orders/{order_id}": "guarded", "/open": "unguarded"} == verdicts
    assert all((route.because or "").endswith("; wherever it stands") for route in drawn.routes)


def test_views_that_are_looked_for_in_a_package_are_on_the_application_that_is_a_class_of_the_tree(
    tmp_path: Path,
) -> None:
    for path, text in {
        "shop/__init__.py": "",
        "shop/views/__init__.py": """
from werkzeug.utils import find_modules, import_string


def register(app):
    for name in find_modules("shop.views"):
        app.register_blueprint(import_string(name).bp)
""",
        "shop/views/orders.py": """
from flask import Blueprint, g

bp = Blueprint("orders", __name__, url_prefix="/orders")


@bp.route("/")
def orders():
    return g.shop.orders()
""",
        "shop/views/keeping.py": """
from flask import Blueprint, abort, request

bp = Blueprint("keeping", __name__)


@bp.before_app_request
def keep_out():
    if "Authorization" not in request.headers:
        abort(401)
""",
        "shop/views/deeper/__init__.py": "",
        "shop/views/deeper/open.py": "from flask import Blueprint\n\nbp = Blueprint('open', __name__)\n",
        "shop/web.py": """
from flask import Flask
from shop.views import register


class Shop(Flask):
    def __init__(self, env):
        Flask.__init__(self, "shop", static_folder=None)
        register(self)


Store = Shop
""",
        "shop/serving.py": "from shop.web import Store\n\n\ndef serve(env):\n    Store(env).run()\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    drawn = draw(tmp_path)

    assert ["guarded"] == [one.verdict for one in drawn.map.routes if one.path == "/orders/" and one.method == "GET"]


_TABLE = """
import yaml
from flask import Blueprint, Flask, request, abort

orders = Blueprint("orders", __name__)
debug = Blueprint("debug", __name__)


@orders.get("/orders")
def listed():
    return "orders"


@debug.get("/debug")
def shown():
    return "debug"


class Shop:
    def __init__(self, path):
        self.path = path

    def config(self):
        with open(self.path) as file:
            return yaml.safe_load(file)


def create(path):
    app = Flask(__name__, static_folder=None)
    server = Shop(path).config()["server"]
    app.register_blueprint(orders, url_prefix=f"/{server.get('path', 'shop')}")
    if server.get("debug", False):
        app.register_blueprint(debug)

    @app.before_request
    def keep_out():
        if server.get("locked", %s) and "Authorization" not in request.headers:
            abort(401)

    return app
"""


@pytest.mark.parametrize(("locked", "verdict"), [("True", "guarded"), ("False", "unguarded")])
def test_a_table_that_nobody_can_read_gives_the_default_that_is_asked_for(
    tmp_path: Path, locked: str, verdict: str
) -> None:
    (tmp_path / "app.py").write_text(_TABLE % locked)

    routes = {one.path: one for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert {"/shop/orders", "/debug"} == routes.keys()
    # Whoever runs it may say something else.
    assert routes["/shop/orders"].verdict in (verdict, "unknown")
    assert routes["/shop/orders"].verdict != "guarded" or (routes["/shop/orders"].because or "").startswith(
        "by default"
    )
