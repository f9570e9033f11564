from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.check import examples, registry
from nomoat.check.reference import render

RULES = registry.files(None)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.stem)
def test_rule_finds_what_its_example_marks_and_nothing_else(rule: Path) -> None:
    assert [] == examples.check(rule)


def test_the_reference_page_is_what_the_rules_say() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "rules.md"

    assert page.read_text(encoding="utf-8") == render(), "python -m nomoat.check.reference > docs/reference/rules.md"


def test_every_rule_has_a_weakness_a_severity_a_reason_and_a_fix() -> None:
    rules = registry.load(None)

    assert {"question", "pattern", "flow", "secret", "template"} == {rule.kind for rule in rules.values()}
    assert [] == [rule.id for rule in rules.values() if not (rule.cwe and rule.severity and rule.why and rule.fix)]
