from __future__ import annotations

import pytest

from tests.survey.python.programs import last, tree

# Each case: the files, and what the last expression of main.py means (kind, dotted name).
CASES = {
    "imported name": ({"main.py": "from fastapi import APIRouter\nAPIRouter"}, "external", "fastapi.APIRouter"),
    "alias of a module": ({"main.py": "import numpy as np\nnp.array"}, "external", "numpy.array"),
    "dotted import binds its first name": ({"main.py": "import os.path\nos.path.join"}, "external", "os.path.join"),
    "builtin": ({"main.py": "open"}, "external", "builtins.open"),
    "project function": (
        {"shop/__init__.py": "", "shop/orders.py": "def read(): pass", "main.py": "from shop.orders import read\nread"},
        "function",
        "shop.orders.read",
    ),
    "re-export through a package": (
        {
            "shop/__init__.py": "from .orders import read as get",
            "shop/orders.py": "def read(): pass",
            "main.py": "import shop\nshop.get",
        },
        "function",
        "shop.orders.read",
    ),
    "submodule": (
        {
            "shop/__init__.py": "",
            "shop/orders.py": "def read(): pass",
            "main.py": "import shop.orders\nshop.orders.read",
        },
        "function",
        "shop.orders.read",
    ),
    "package without __init__": (
        {"shop/orders.py": "def read(): pass", "main.py": "from shop import orders\norders.read"},
        "function",
        "shop.orders.read",
    ),
    "src layout": (
        {
            "pyproject.toml": "",
            "src/shop/__init__.py": "",
            "src/shop/a.py": "X = object()",
            "main.py": "from shop.a import X\nX",
        },
        "instance",
        "builtins.object",
    ),
    "star import with __all__": (
        {"a.py": "__all__ = ['f']\n__all__ += ['_g']\ndef _g(): pass\ndef f(): pass", "main.py": "from a import *\n_g"},
        "function",
        "a._g",
    ),
    "star import of another package": ({"main.py": "from flask import *\nrequest"}, "external", "flask.request"),
    "instance in another module": (
        {"app.py": "from fastapi import FastAPI\napi = FastAPI()", "main.py": "from app import api\napi.get"},
        "external",
        "fastapi.FastAPI.get",
    ),
    "attribute of an instance of ours": (
        {"main.py": "class Shop:\n  def read(self): pass\nshop = Shop()\nshop.read"},
        "function",
        "main.Shop.read",
    ),
    "attribute set in a method": (
        {
            "main.py": """
            import httpx
            class Shop:
                def __init__(self):
                    self.http = httpx.Client()
            Shop().http.get"""
        },
        "external",
        "httpx.Client.get",
    ),
    "method of a base in another file": (
        {
            "base.py": "class Mixin:\n  def allowed(self): pass",
            "main.py": "from base import Mixin\nclass Shop(Mixin): pass\nShop().allowed",
        },
        "function",
        "base.Mixin.allowed",
    ),
    "method of an outside base": (
        {"main.py": "from rest import View\nclass Shop(View): pass\nShop().dispatch"},
        "external",
        "rest.View.dispatch",
    ),
    "factory": (
        {
            "main.py": """
            from fastapi import FastAPI
            def create():
                app = FastAPI()
                return app
            create().include_router"""
        },
        "external",
        "fastapi.FastAPI.include_router",
    ),
    "annotated result": (
        {"main.py": "from db import Session\ndef get() -> Session: ...\nget().execute"},
        "external",
        "db.Session.execute",
    ),
    "generator result": (
        {
            "main.py": """
            from typing import Iterator
            from db import Session
            def get() -> Iterator[Session]:
                yield 1
            get()"""
        },
        "instance",
        "db.Session",
    ),
    "with": ({"main.py": "import db\nwith db.Session() as s: pass\ns.execute"}, "external", "db.Session.execute"),
    "partial": (
        {"main.py": "from functools import partial\ndef f(a): pass\ng = partial(f, 1)\ng"},
        "function",
        "main.f",
    ),
    "optional annotation": (
        {"main.py": "from typing import Optional\nclass User:\n  name: str\nu: Optional['User'] = None\nu.name"},
        "instance",
        "builtins.str",
    ),
    "alias of an annotated type": (
        {
            "main.py": """
            from typing import Annotated
            class User:
                def may(self): pass
            Current = Annotated[User, 1]
            u: Current
            u.may"""
        },
        "function",
        "main.User.may",
    ),
    "union with None": ({"main.py": "class A: pass\na: A | None = None\na"}, "instance", "main.A"),
    "property": (
        {"main.py": "import db\nclass A:\n  @property\n  def s(self) -> db.Session: ...\nA().s.get"},
        "external",
        "db.Session.get",
    ),
    "TYPE_CHECKING import": (
        {
            "a.py": "class A: pass",
            "main.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n  from a import A\nA",
        },
        "class",
        "a.A",
    ),
    "global set in a function": (
        {"main.py": "import db\nengine = None\ndef start():\n  global engine\n  engine = db.Engine()\nengine.connect"},
        "external",
        "db.Engine.connect",
    ),
    "value of a dict": ({"main.py": "def f(): pass\nhandlers = {'a': f}\nhandlers['a']"}, "function", "main.f"),
    "element of an annotated list": (
        {"main.py": "class A:\n  def m(self): pass\nall: list[A] = []\nfor a in all: pass\na.m"},
        "function",
        "main.A.m",
    ),
    "awaited result": ({"main.py": "class A: pass\nasync def f() -> A: ...\nawait f()"}, "instance", "main.A"),
    "relative import out of the tree": ({"main.py": "from ...x import y\ny"}, "unresolved", "...x.y"),
    "folder that only has the name of a package": (
        {"docker/build.py": "", "main.py": "import docker\ndocker.from_env"},
        "external",
        "docker.from_env",
    ),
    "sibling with the name of a standard module": (
        {
            "shop/__init__.py": "",
            "shop/json.py": "",
            "shop/main.py": "import json\njson.loads",
            "main.py": "import json\njson.loads",
        },
        "external",
        "json.loads",
    ),
}


@pytest.mark.parametrize(("files", "kind", "name"), CASES.values(), ids=list(CASES))
def test_the_last_expression_means(files: dict[str, str], kind: str, name: str) -> None:
    found = last(tree(files), "main.py")

    assert (found.kind, found.name) == (kind, name), found


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, True),
        ({"app/other.py": "from . import guards\n"}, False),
        ({"app/other.py": "from app.guards import check\n"}, False),
        ({"app/api/other.py": "from .users import read\n"}, True),
    ],
    ids=["run as scripts", "imported from beside", "imported by its name", "a package inside of it"],
)
def test_scripts_in_a_package_see_what_stands_beside_them_unless_it_is_imported_as_a_package(
    more: dict[str, str], found: bool
) -> None:
    files = {"app/__init__.py": "", "app/main.py": "from guards import check\n", "app/guards.py": "def check(): ...\n"}
    program = tree({**files, **more})

    (binding,) = program.scope("app/main.py").bindings["check"]

    assert ("function" if found else "external") == program.resolver.bound(program.scope("app/main.py"), binding).kind


def test_a_module_never_imports_itself_for_a_package_of_its_name() -> None:
    program = tree({"shop/__init__.py": "", "shop/celery.py": "from celery import Celery\n"})

    (binding,) = program.scope("shop/celery.py").bindings["Celery"]

    assert program.resolver.bound(program.scope("shop/celery.py"), binding).kind == "external"
