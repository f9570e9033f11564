from __future__ import annotations

import gc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nomoat.survey.python import form
from nomoat.survey.python.program import Program, read
from tests.survey.python.programs import last, tree


def test_circular_imports_end_and_still_resolve() -> None:
    program = tree(
        {
            "a.py": "from b import *\nfrom b import g, x\ndef f(): g()\nx = x",
            "b.py": "from a import *\nfrom a import f, x\ndef g(): f()\n__all__ = ['g', 'x']",
            "main.py": "from a import x\nimport a\na.g",
        }
    )

    assert last(program, "main.py").name == "b.g"
    scope = program.scope("main.py")
    assert program.resolver.name(scope, "x").reason == "is defined by itself"


@pytest.mark.parametrize(
    "source",
    [
        "x = x.y",
        "x = y\ny = x",
        "def f(): return g()\ndef g(): return f()\nx = f()",
        "class A(B): pass\nclass B(A): pass\nx = A().m",
        "class A(A): pass\nx = A().m",
        "class A:\n  def __init__(self): self.x = self.x\nx = A().x",
        "class A:\n  @property\n  def x(self): return self.x\nx = A().x",
        "X = 'X'\nx: X = 1",
        "from typing import TypeVar\nT = TypeVar('T', bound='T')\nx: T",
        "from . import x",
    ],
)
def test_what_defines_itself_ends(source: str) -> None:
    program = tree({"main.py": source + "\nx"})

    assert last(program, "main.py").kind in ("unresolved", "variable", "external", "constant")


CHAINS = {
    "imports": {f"m{n}.py": f"from m{n - 1} import x" for n in range(1, 600)} | {"m0.py": "x = object()"},
    "star imports": {f"m{n}.py": f"from m{n - 1} import *" for n in range(1, 600)} | {"m0.py": "x = object()"},
    "assignments": {"m599.py": "x0 = object()\n" + "\n".join(f"x{n} = x{n - 1}" for n in range(1, 600)) + "\nx = x599"},
    "calls": {
        "m599.py": "def f0(): return 1\n"
        + "\n".join(f"def f{n}(): return f{n - 1}()" for n in range(1, 600))
        + "\nx = f599()"
    },
    "bases": {
        "m599.py": "class C0: pass\n"
        + "\n".join(f"class C{n}(C{n - 1}): pass" for n in range(1, 600))
        + "\nx = C599().y"
    },
    "annotations": {
        "m599.py": "A0 = int\n" + "\n".join(f"A{n} = A{n - 1} | None" for n in range(1, 600)) + "\nx: A599"
    },
    "attributes": {"m599.py": "import a\nx = a" + ".b()" * 70},
}


@pytest.mark.parametrize("files", CHAINS.values(), ids=list(CHAINS))
def test_a_chain_of_any_length_ends(files: dict[str, str]) -> None:
    program = tree(files | {"main.py": "from m599 import x\nx.y()\nx"})

    assert last(program, "main.py").kind in ("unresolved", "variable", "external", "instance", "constant")
    for scope in program.scopes():
        program.calls(scope)


def test_star_imports_in_a_circle_give_all_their_names() -> None:
    program = tree({"a.py": "from b import *\nx = 1", "b.py": "from a import *\ny = 2", "main.py": ""})

    assert program.public_names(program.scope("b.py")) == program.public_names(program.scope("a.py")) == {"x", "y"}


NAMES = st.sampled_from(["a", "b", "c"])
LINES = st.one_of(
    st.tuples(NAMES, NAMES).map(lambda pair: f"{pair[0]} = {pair[1]}"),
    st.tuples(NAMES, NAMES, NAMES).map(lambda three: f"{three[0]} = {three[1]}.{three[2]}()"),
    st.tuples(NAMES, NAMES).map(
        lambda pair: f"class {pair[0]}({pair[1]}):\n  def a(self): return super().a()\n  b = c"
    ),
    st.tuples(NAMES, NAMES).map(lambda pair: f"def {pair[0]}(c: {pair[1]}): return {pair[1]}(c)"),
    st.tuples(NAMES, NAMES).map(lambda pair: f"from {pair[0]} import {pair[1]}"),
    NAMES.map(lambda name: f"from {name} import *"),
    NAMES.map(lambda name: f"import {name}"),
    NAMES.map(lambda name: f"{name}: '{name} | None' = {name}[{name}]"),
)


@settings(deadline=None, max_examples=150)
@given(files=st.dictionaries(NAMES, st.lists(LINES, max_size=6), min_size=1))
def test_any_tangle_of_names_ends(files: dict[str, list[str]]) -> None:
    program = tree({f"{name}.py": "\n".join([*lines, "a", "b.c()"]) for name, lines in files.items()})

    for scope in program.scopes():
        for call in program.calls(scope):
            assert call.callee.is_resolved or call.callee.reason
            program.constant(scope, call.node)


def test_super_and_mixins_follow_the_order_of_bases() -> None:
    program = tree(
        {
            "base.py": "class Base:\n  def m(self): pass\n  def n(self): pass",
            "main.py": """
            from base import Base
            class Left(Base):
                def m(self): pass
            class Right(Base):
                def m(self): pass
                def n(self): pass
            class Both(Left, Right):
                def m(self):
                    super().m
            Both().n""",
        }
    )

    assert last(program, "main.py").name == "main.Right.n"
    assert last(program, "main.py", "Both.m").name == "main.Left.m"
    both = program.find("main.Both")
    assert both is not None
    assert [base if isinstance(base, str) else base.name for base in program.bases(both)] == [
        "Both", "Left", "Right", "Base",
    ]  # fmt: skip


def test_modules_are_named_from_their_roots() -> None:
    program = tree(
        {
            "pyproject.toml": "",
            "src/shop/__init__.py": "",
            "src/shop/api/__init__.py": "",
            "src/shop/api/orders.py": "",
            "services/billing/requirements.txt": "",
            "services/billing/main.py": "",
            "tools/run.py": "",
        }
    )

    assert {path: module.name for path, module in program.modules.items()} == {
        "src/shop/__init__.py": "shop",
        "src/shop/api/__init__.py": "shop.api",
        "src/shop/api/orders.py": "shop.api.orders",
        "services/billing/main.py": "main",
        "tools/run.py": "tools.run",
    }


def test_each_service_imports_its_own_module_of_the_same_name() -> None:
    program = tree(
        {
            "a/main.py": "from db import get\nget",
            "a/db.py": "def get(): pass",
            "b/main.py": "from db import get\nget",
            "b/db.py": "def get(): pass",
        }
    )

    found = [last(program, path).scope for path in ("a/main.py", "b/main.py")]
    assert [scope.module.path if scope else "" for scope in found] == ["a/db.py", "b/db.py"]


def test_all_alternatives_of_a_conditional_import_are_kept() -> None:
    program = tree({"main.py": "try:\n  import ujson as json\nexcept ImportError:\n  import json\njson.loads"})

    assert [one.name for one in last(program, "main.py").all] == ["ujson.loads", "json.loads"]


def test_calls_say_what_they_call_and_what_is_not_known() -> None:
    program = tree({"main.py": "import os\ndef f(x):\n  os.getcwd()\n  x.run()\n  nothing()\n"})
    function = program.find("main.f")
    assert function is not None

    calls = program.calls(function)
    assert [(call.at, call.callee.name if call.callee.is_resolved else "?") for call in calls] == [
        ("main.py:3", "os.getcwd"), ("main.py:4", "?"), ("main.py:5", "?"),
    ]  # fmt: skip
    counted = program.resolution([function])
    assert (counted.resolved, counted.unresolved) == (1, 2)
    assert counted.names == {"x.run": 1, "nothing": 1}


def test_the_constructor_of_an_instance_is_kept_with_it() -> None:
    program = tree(
        {
            "app.py": "from fastapi import APIRouter\nrouter = APIRouter(prefix='/v1')",
            "main.py": "import app\napp.router",
        }
    )

    found = last(program, "main.py")
    assert (found.kind, found.name, found.variable) == ("instance", "fastapi.APIRouter", "app.router")
    assert found.value is not None
    assert form.text_of(form.keyword(found.value, "prefix")) == "/v1"


def test_the_order_of_files_changes_nothing() -> None:
    files = {
        "a.py": "from b import f\nx = f()\nx",
        "b.py": "from c import C\ndef f() -> C: ...",
        "c.py": "class C: pass",
    }
    forward, backward = tree(files), tree(dict(reversed(files.items())))

    assert last(forward, "a.py").name == last(backward, "a.py").name == "c.C"


def test_reading_a_folder_gives_its_program_and_leaves_the_collector_on(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "main.py").write_text("def f(): pass\n")

    program, found = read(tmp_path)

    assert found.files == ["shop/main.py"]
    assert isinstance(program, Program)
    assert program.find("shop.main.f") is not None
    assert gc.isenabled()
