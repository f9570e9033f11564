from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from nomoat.errors import DataFileError, UsageError
from nomoat.journal.facts import Incident, Severity
from nomoat.respond import casework, drills


@pytest.mark.parametrize(("text", "number"), [("INC-7", 7), ("inc-12", 12), ("3", 3)])
def test_an_incident_is_named_by_its_number(text: str, number: int) -> None:
    assert number == casework.parse_name(text)


@pytest.mark.parametrize("text", ["", "INC-", "INC--7", "INC-²", "INC-\u0661", "INC-" + "9" * 5000, "INC-7\x1b[31m"])
def test_any_other_text_names_no_incident(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        casework.parse_name(text)

    assert raised.value.what.endswith("is no incident")


def test_a_severity_that_only_a_newer_nomoat_knows_is_as_bad_as_can_be() -> None:
    newer = cast(Severity, "catastrophic")
    joined = Incident(number=1, change="joined", severity="critical")
    case = casework.Case(Incident(number=1, change="declared", severity=newer), "2026-11-25T12:00:00.000000Z", "1")
    case.changes.append(("2026-11-25T12:00:01.000000Z", joined))

    assert case.severity == newer


def test_a_drill_with_an_unknown_severity_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "x.drill.yaml"
    path.write_text("alert: {severity: hgih}\nexpect: {steps: [{id: a, state: done}]}\n")

    with pytest.raises(DataFileError, match="unknown severity 'hgih'"):
        drills.load(path)
