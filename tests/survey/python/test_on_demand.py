"""A file is lowered when its body is asked for, and nobody can tell from what it holds then."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.python import form
from nomoat.survey.python.nesting import may_be_deep
from nomoat.survey.python.parser import Parsing, parse
from nomoat.survey.python.program import read
from nomoat.survey.python.reading import decoded

SOURCE = Path(form.__file__).parents[2]


def test_a_body_on_demand_is_the_body_lowered_at_once() -> None:
    parsing = Parsing()
    for path in sorted(SOURCE.rglob("*.py"))[:80]:
        text = decoded(path.read_bytes())
        later, at_once = parsing.module("m.py", text, is_wanted=False), parsing.module("m.py", text)

        assert at_once.broken == later.broken
        assert at_once.body == later.body


def test_a_file_nobody_wants_is_not_lowered(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "b.py").write_text("y = 1\n")
    program, _ = read(tmp_path, wanted=lambda _index: {"b.py": None})

    assert "body" not in vars(program.modules["a.py"])
    assert program.modules["a.py"].body[0][0] == form.ASSIGN


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "[" * 200 + "f()" + "]" * 200,
        "x = f" + "(a)" * 200,
        "x = a" + ".b" * 200,
        "x = (a\n" + "    .b()\n" * 200 + ")",
        "x = " + "not " * 200 + "a",
        "x = " + "-" * 200 + "a",
        "x = " + "lambda: " * 200 + "a",
        "x = " + "a if b else " * 200 + "c",
        "\n".join(" " * depth + "if x:" for depth in range(200)) + "\n" + " " * 200 + "f()",
        "\n".join("\t" * depth + "if x:" for depth in range(200)) + "\n" + "\t" * 200 + "f()",
    ],
    ids=lambda source: source[:14],
)
def test_what_is_nested_too_deeply_is_said_before_anybody_asks(source: str) -> None:
    assert may_be_deep(source.encode())
    assert Parsing().module("m.py", decoded(source.encode()), is_wanted=False).broken


def test_common_source_does_not_look_deep() -> None:
    sources = [path.read_bytes() for path in SOURCE.rglob("*.py")]

    assert sum(map(may_be_deep, sources)) < len(sources) / 20


def test_names_are_compared_as_python_compares_them_and_texts_are_not() -> None:
    module = parse("\N{MATHEMATICAL BOLD SMALL F}n = '\N{MATHEMATICAL BOLD SMALL F}n'\n".encode(), "m.py")
    target, value = module.body[0][3][0], module.body[0][4]

    assert target[3] == "fn"
    assert value[3] == "\N{MATHEMATICAL BOLD SMALL F}n"
    assert b"fn" in module.words
