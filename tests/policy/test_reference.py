"""The reference page says what the code does: its files are read, its names exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nomoat import settings
from nomoat.policy import conditions, document, questions, tables
from nomoat.policy.cel import functions
from nomoat.policy.decide import compile_policy

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "policy.md").read_text(encoding="utf-8")
_BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
FILES = [text for text in _BLOCKS if not text.startswith("decisions:")]
TABLES = [text for text in _BLOCKS if text.startswith("decisions:")]


@pytest.mark.parametrize("text", FILES)
def test_every_file_on_the_page_is_a_policy(text: str) -> None:
    assert document.read(settings.parse(text, root=Path())).roles


def test_the_page_has_a_file_with_every_section() -> None:
    whole = document.read(settings.parse(FILES[-1], root=Path()))

    assert all((whole.services, whole.roles, whole.assign, whole.denies, whole.calls, whole.separate, whole.routes))
    assert whole.break_glass and whole.zones


def test_the_table_on_the_page_holds_of_the_policy_on_the_page(tmp_path: Path) -> None:
    (text,) = TABLES
    (tmp_path / tables.FILE_NAME).write_text(text)
    decider = compile_policy(document.read(settings.parse(FILES[-1], root=Path())), service="shop")

    found = tables.run(decider, tables.read(tmp_path / tables.FILE_NAME, aliases=("main",)))

    assert (found.rows, found.wrong) == (4, ())


def test_every_question_is_on_the_page() -> None:
    table = dict(re.findall(r"^\| `([a-z-]+)` \| (?:error|warning)[^|]* \| (.*?) \|$", PAGE, re.MULTILINE))

    assert dict(questions.QUESTIONS) == table


def test_every_name_of_conditions_is_on_the_page() -> None:
    table = set(re.findall(r"^\| `((?:subject|resource|params|context|device)\.[a-zA-Z]+)` \|", PAGE, re.MULTILINE))

    assert {f"context.{name}" for name in conditions.CONTEXT} <= table
    assert {name.partition(".")[0] for name in table} == set(conditions.NAMESPACES)
    for name in table:
        now = 'timestamp("2026-11-30T09:00:00Z")'
        other = {"context.hour": "6", "context.now": now, "subject.roles": None}.get(name, '"text"')
        text = f"{name} == {other}" if other else f'"a" in {name}'
        assert (name,) == conditions.compile(text).reads


SECTION = PAGE[PAGE.index("| function | gives | example |") :].partition("\n\n")[0]
EXAMPLES = [row.rstrip(" |").rpartition("| `")[2].rstrip("`") for row in SECTION.splitlines()[2:]]
ATTRIBUTES = {
    "subject.sub": "ana", "subject.roles": ("customer", "eu-staff"), "subject.groups": ("red",), "subject.tenant": "t1",
    "subject.email": "ana@example.com", "subject.https://example.com/team": "red", "resource.owner": "Ana",
    "resource.path": "/tenants/t1/x", "resource.total": 100, "resource.fee": 5, "resource.paid": 150,
    "params.id": "100", "resource.created": "2026-11-30T09:00:00+01:00", "context.now": "2026-11-30T09:00:00.000001Z",
    "context.client": "10.1.2.3",
}  # fmt: skip


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_a_function_holds(example: str) -> None:
    assert conditions.compile(example).evaluate(ATTRIBUTES) is True


def test_every_function_is_on_the_page() -> None:
    named = set(
        re.findall(r"\.?([a-zA-Z]+)\(", "".join(row.split("|")[1] + row.split("|")[2] for row in SECTION.splitlines()))
    )

    assert {*functions.FUNCTIONS, *functions.METHODS, "has", "exists", "all"} == named
