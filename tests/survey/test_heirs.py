"""Methods of an object that a parameter says to be of a class, and what classes that are made of it do instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_CORE = """
from abc import ABC, abstractmethod

class Core(ABC):
    {mark}
    def require(self, name):
        {body}
"""
_WEB = """
from flask import Blueprint
from core import Core

class Web:
    def init_app(self, app, core: Core):
        bp = Blueprint("web", __name__)

        @bp.get("/orders")
        def orders():
            core.require("ORDERS")
            return "orders"

        app.register_blueprint(bp)
"""
_REAL = """
from flask import Flask, abort, session
from core import Core
from web import Web

class Auth:
    def is_known(self):
        return session.get("user_id") is not None

class Open:
    def is_known(self):
        return True

class Instance(Core):
    def __init__(self):
        self.web = Web()
        self.auth = Auth()

    def require(self, name):
        if not self.auth.is_known():
            abort(401)

    def init_app(self, app: Flask):
        self.web.init_app(app, self)

def create_application(instance: Instance):
    app = Flask("shop", static_folder=None)
    instance.init_app(app)
    return app
"""
_LAX = """
from real import Instance

class Lax(Instance):
    def require(self, name):
        return None
"""
_ABSTRACT = {"mark": "@abstractmethod", "body": "pass"}


def _verdict(tmp_path: Path, core: dict[str, str], real: str = _REAL, **more: str) -> str:
    files = {"core": _CORE.format(**core), "web": _WEB, "real": real} | more
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    return next(one.verdict for one in draw(tmp_path).map.routes if one.method == "GET")


@pytest.mark.parametrize(
    "core", [_ABSTRACT, {"mark": "", "body": "raise NotImplementedError"}, {"mark": "@abstractmethod", "body": "..."}]
)
def test_what_is_abstract_is_what_a_class_made_of_it_does(core: dict[str, str], tmp_path: Path) -> None:
    assert _verdict(tmp_path, core) == "guarded"


def test_which_of_several_classes_it_is_is_not_told(tmp_path: Path) -> None:
    """A twin: one of the classes that are made of it lets everybody pass."""
    assert _verdict(tmp_path, _ABSTRACT, lax=_LAX) == "unknown"


def test_a_body_that_does_nothing_may_be_what_runs(tmp_path: Path) -> None:
    """A twin: nobody has to write it, and who does not lets everybody pass."""
    assert _verdict(tmp_path, {"mark": "", "body": "pass"}) == "unknown"


def test_what_nobody_writes_refuses_nobody(tmp_path: Path) -> None:
    """A twin: which class has it is not here."""
    real = _REAL.replace("Instance(Core)", "Instance").replace("self.web.init_app(app, self)", "self.web.init_app(app)")

    assert _verdict(tmp_path, _ABSTRACT, real) != "guarded"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "    def loosen(self):\n        self.auth = Open()\n",
        "def loosen(instance):\n    instance.auth = Open()\n",
        'def loosen(instance):\n    setattr(instance, "auth", Open())\n',
    ],
)
def test_what_is_set_on_an_object_in_another_place_may_be_another(elsewhere: str, tmp_path: Path) -> None:
    """Twins: what the object asks may be something that lets everybody pass."""
    where = "def create_application" if elsewhere.startswith("def") else "    def init_app(self, app: Flask)"
    real = _REAL.replace(where, f"{elsewhere}\n{where}", 1)

    assert _verdict(tmp_path, _ABSTRACT, real) != "guarded"


_CONCRETE = """
from flask import Flask, abort, session

class Core:
    def require(self, name):
        if session.get("user_id") is None:
            abort(401)
        raise LookupError(name)

def create_application(core: Core):
    app = Flask("shop", static_folder=None)

    @app.get("/orders")
    def orders():
        try:
            core.require("ORDERS")
        except LookupError:
            pass
        return "orders"

    return app
"""


def test_what_is_written_is_what_runs_where_nothing_is_made_of_its_class(tmp_path: Path) -> None:
    assert _verdict(tmp_path, _ABSTRACT, _CONCRETE, web="") == "guarded"


def test_what_a_class_made_of_it_writes_may_run_in_the_place_of_what_is_written(tmp_path: Path) -> None:
    """A twin, and one that refuses as well."""
    lax = "from real import Core\n\nclass Lax(Core):\n    def require(self, name):\n        return None\n"
    strict = lax.replace("return None", "super().require(name)")

    assert _verdict(tmp_path, _ABSTRACT, _CONCRETE, web="", lax=lax) == "unknown"
    assert _verdict(tmp_path, _ABSTRACT, _CONCRETE, web="", lax=strict) == "guarded"


@pytest.mark.parametrize("body", ["    auth = Open()\n", "    def __init__(self):\n        self.auth = Open()\n"])
def test_what_a_class_made_of_another_sets_may_be_what_is_asked(body: str, tmp_path: Path) -> None:
    """Twins: an object of this class is of the other, too."""
    lax = f"from real import Instance, Open\n\nclass Lax(Instance):\n{body}"

    assert _verdict(tmp_path, _ABSTRACT, lax=lax) != "guarded"


_PROTOCOL = """
from typing import Protocol

from fastapi import FastAPI, HTTPException, Request
from parts import load

app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)


class Accounts(Protocol):
    def of(self, request: Request):
        ...


class Shop:
    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts


shop = Shop(load())


@app.get("/orders")
def orders(request: Request):
    {body}
    return []
"""


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("if shop.accounts.of(request) is None:\n        raise HTTPException(401)", "unknown"),
        ("shop.accounts.of(request)", "unguarded"),
        ("if request.query_params.get('page') is None:\n        raise HTTPException(400)", "unguarded"),
    ],
)
def test_what_a_protocol_says_is_done_by_somebody_else(tmp_path: Path, body: str, verdict: str) -> None:
    (tmp_path / "app.py").write_text(_PROTOCOL.format(body=body))

    assert [verdict] == [str(route.verdict) for route in draw(tmp_path).map.routes]
