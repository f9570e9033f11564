"""Each store model says what its example marks, function by function (method by method of a class)."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from nomoat.survey.effects import Effects, Reach
from nomoat.survey.models import models
from nomoat.survey.python.program import read
from nomoat.survey.python.symbols import Scope
from nomoat.survey.standing import Made, Method
from nomoat.survey.storefile import FOLDER

MODELS = sorted(FOLDER.glob("*.yaml"))
OF_FUNCTION = re.compile(r"def (\w+)\(.*\).*:  # store: (.+)")
OF_METHOD = re.compile(r"    # store: (\w+) (.+)")


def expected_in(example: Path) -> dict[str, str]:
    """What each mark says, by function, or by class and method."""
    found: dict[str, str] = {}
    owner = ""
    for line in example.read_text().splitlines():
        owner = line.removeprefix("class ").partition("(")[0] if line.startswith("class ") else owner
        if mark := OF_FUNCTION.match(line.removeprefix("async ")):
            found[mark.group(1)] = mark.group(2)
        elif mark := OF_METHOD.match(line):
            found[f"{owner}.{mark.group(1)}"] = mark.group(2)
    return found


def said(effects: Effects) -> str:
    """The effects in the words of a mark."""
    parts = [
        f"{verb} {', '.join(sorted(names))}"
        for verb, names in (("reads", effects.reads), ("writes", effects.writes))
        if names
    ]
    return "; ".join(parts) or "nothing"


def reached(reach: Reach, module: Scope, name: str) -> str:
    """What the function of this name reaches, or the method as an object of its class has it."""
    owner, _, method = name.rpartition(".")
    scope = next(child for child in module.children.values() if child.name == (owner or name))
    if not owner:
        return said(reach.reached([reach.standing.frame(scope)])[0])
    frames = [
        reach.standing.frame(one.scope, one.me)
        for one in reach.standing.member(Made(scope), method)
        if isinstance(one, Method)
    ]
    return said(reach.reached(frames)[0])


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.stem)
def test_effects_are_those_that_the_example_marks(model: Path, tmp_path: Path) -> None:
    example = model.with_suffix(".py")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    shutil.copy(example, tmp_path / "shop" / "models.py")
    program, _ = read(tmp_path)
    reach = Reach(program, models())
    expected = expected_in(example)
    module = program.scope("shop/models.py")

    assert expected, "an example must mark at least one function"
    assert expected == {name: reached(reach, module, name) for name in expected}


def test_every_model_has_an_example() -> None:
    assert [] == [model.name for model in MODELS if not model.with_suffix(".py").exists()]


_HELPED = """
import sqlite3

def connection():
    return sqlite3.connect("shop.db")

def rows(sql, *values):
    return connection().execute(sql, values).fetchall()

def first(sql, *values):
    return rows(sql, *values)[:1]

class Shop:
    def run(self, values, statement="SELECT 1"):
        connection().execute(statement, values)

def show(order_id):
    return first("SELECT * FROM orders WHERE id = ?", order_id)

def cancel(order_id):
    Shop().run([order_id], statement="UPDATE orders SET state = 'gone' WHERE id = ?")

def told(text):
    print("INSERT INTO orders VALUES (1)", text)
"""


@pytest.mark.parametrize(
    ("name", "expected"), [("show", "reads orders"), ("cancel", "writes orders"), ("told", "nothing")]
)
def test_statements_that_a_helper_executes_are_effects_of_who_gives_them(
    name: str, expected: str, tmp_path: Path
) -> None:
    (tmp_path / "shop.py").write_text(_HELPED)
    program, _ = read(tmp_path)

    assert expected == reached(Reach(program, models()), program.scope("shop.py"), name)
