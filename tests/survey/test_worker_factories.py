"""An application that a worker makes for itself, without routers, does not stand for the one that is served."""

from __future__ import annotations

from pathlib import Path

from nomoat.survey.draw import draw

#: A line of several steps, within a loop.
_READS = "        found = [len(str(number)), str(number)]\n"
_FILES = {
    "shop/__init__.py": "",
    "shop/factory.py": """
from flask import Flask

from shop.health import part

PARTS = (part,)


def create_app(name=None, parts=None):
    app = Flask(name or __name__, static_folder=None)
    app.config["ASKS"] = True
    for one in (parts + PARTS if parts else PARTS):
        app.register_blueprint(one, url_prefix="/api")
    return app
""",
    "shop/health.py": """
from flask import Blueprint

part = Blueprint("health", __name__)


@part.get("/health")
def health():
    return "ok"
""",
    "shop/orders.py": """
from flask import Blueprint, abort, current_app, session

from shop import work

part = Blueprint("orders", __name__)


@part.get("/orders")
def orders():
    if current_app.config["ASKS"] and not session.get("user"):
        abort(401)
    return "ok"
""",
    "shop/work.py": """
from celery import Celery

from shop.factory import create_app

flask_app = create_app()
celery = Celery("shop")
""",
    "shop/main.py": """
from shop import factory, orders

PARTS = (orders.part,)


def create_app():
    return factory.create_app(name=__name__, parts=PARTS)
""",
}


def test_routers_that_are_given_to_a_factory_are_served(tmp_path: Path) -> None:
    for name, text in _FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    found = [(one.path, one.verdict) for one in draw(tmp_path).map.routes if one.method == "GET"]

    assert sorted(found) == [("/api/health", "unguarded"), ("/api/orders", "guarded")]


def test_a_factory_makes_its_application_however_long_who_calls_it_has_read_before(tmp_path: Path) -> None:
    numbers = ", ".join(map(str, range(200)))
    (tmp_path / "main.py").write_text(f"""
from fastapi import FastAPI

NUMBERS = ({numbers})

def make(prefix):
    for number in NUMBERS:
{_READS * 40}
    app = FastAPI(openapi_url=None)
    app.add_api_route("/orders", list)
    return app

def run():
    for number in NUMBERS:
{_READS * 60}
    return make("/x")
""")

    assert ["/orders"] == [one.path for one in draw(tmp_path).map.routes]


def test_what_may_have_found_nothing_decides_nothing_where_an_application_is_made(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("""
from fastapi import FastAPI

def check(names):
    wrong = sorted(name for name in names if name in ("admin", "root"))
    if wrong:
        raise ValueError(wrong)

def make(names):
    check(names)
    app = FastAPI(openapi_url=None)
    app.add_api_route("/orders", list)
    return app

def run(arguments):
    return make([arguments.first, arguments.second])
""")

    assert ["/orders"] == [one.path for one in draw(tmp_path).map.routes]


def test_what_may_be_in_a_dictionary_decides_nothing_where_an_application_is_made(tmp_path: Path) -> None:
    """A factory that a module has run to no end, under its `__main__`, is run again."""
    (tmp_path / "main.py").write_text("""
import os
from fastapi import FastAPI

NAMES = ("FIRST", "SECOND")

def wrong_names():
    wrong = {}
    for name in NAMES:
        found = [one for one in os.getenv(name, "").split(",") if one and not one.isalnum()]
        if found:
            wrong[name] = tuple(found)
    return wrong

def check():
    errors = [f"{name}: {found}" for name, found in sorted(wrong_names().items())]
    if errors:
        raise ValueError(errors)

def make(arguments):
    check()
    if not arguments.ready:
        raise SystemExit(1)
    app = FastAPI(openapi_url=None)
    app.add_api_route("/orders", list)
    return app

class Arguments:
    ready = False

def main():
    make(Arguments())

if __name__ == "__main__":
    main()
""")

    assert ["/orders"] == [one.path for one in draw(tmp_path).map.routes]
