"""Applications in many shapes, none of which the rules were written from: every mark is found, every twin is not."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from nomoat import settings as settings_file
from nomoat.check.model import Result
from nomoat.check.scan import scan

CASES = sorted((Path(__file__).parent / "fixtures" / "cases").glob("*.py"))
# `# expect: sql-injection` is one of the default report; `(likely)` behind it one that is less sure.
_EXPECT = re.compile(r"# expect: ([a-z-]+)(?: \(([a-z]+)\))?")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_what_is_marked_is_found_and_nothing_else(case: Path, tmp_path: Path) -> None:
    lines = case.read_text(encoding="utf-8").splitlines()
    expected = {
        (number, rule, sure or "sure") for number, line in enumerate(lines, 1) for rule, sure in _EXPECT.findall(line)
    }

    result = _checked(case, tmp_path)

    assert () == result.not_analysed
    assert sorted(expected) == sorted(
        (one.span.line, one.rule, one.confidence)
        for one in result.findings
        if one.span.path == "app.py" and one.confidence != "low"
    )


def _checked(case: Path, root: Path) -> Result:
    shutil.copyfile(case, root / "app.py")
    beside = case.with_suffix(".settings")
    if not beside.exists():
        return scan(root, settings_file.empty(root), today=date(2026, 11, 24))
    shutil.copyfile(beside, root / "nomoat.yaml")
    return scan(root, settings_file.load(root / "nomoat.yaml"), today=date(2026, 11, 24))
