"""The reference page says what the code does: its files are read, its names exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nomoat import settings
from nomoat.policy import conditions, document, questions

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "policy.md").read_text(encoding="utf-8")
FILES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("text", FILES)
def test_every_file_on_the_page_is_a_policy(text: str) -> None:
    assert document.read(settings.parse(text, root=Path())).roles


def test_the_page_has_a_file_with_every_section() -> None:
    whole = document.read(settings.parse(FILES[-1], root=Path()))

    assert all((whole.services, whole.roles, whole.assign, whole.denies, whole.calls, whole.routes))


def test_every_question_is_on_the_page() -> None:
    table = dict(re.findall(r"^\| `([a-z-]+)` \| (?:error|warning)[^|]* \| (.*?) \|$", PAGE, re.MULTILINE))

    assert dict(questions.QUESTIONS) == table


def test_every_name_of_conditions_is_on_the_page() -> None:
    table = set(re.findall(r"^\| `((?:subject|resource|params|context)\.[a-zA-Z]+)` \|", PAGE, re.MULTILINE))

    assert {f"context.{name}" for name in conditions.CONTEXT} <= table
    assert {name.partition(".")[0] for name in table} == set(conditions.NAMESPACES)
    for name in table:
        other = {"context.hour": "6", "subject.roles": None}.get(name, '"text"')
        text = f"{name} == {other}" if other else f'"a" in {name}'
        assert (name,) == conditions.compile(text).reads
