from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.check import examples, registry

RULES = registry.files(None)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.stem)
def test_rule_finds_what_its_example_marks_and_nothing_else(rule: Path) -> None:
    assert [] == examples.check(rule)
