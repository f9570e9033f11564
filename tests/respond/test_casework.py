from __future__ import annotations

import pytest

from nomoat.errors import UsageError
from nomoat.respond import casework


@pytest.mark.parametrize(("text", "number"), [("INC-7", 7), ("inc-12", 12), ("3", 3)])
def test_an_incident_is_named_by_its_number(text: str, number: int) -> None:
    assert number == casework.parse_name(text)


@pytest.mark.parametrize("text", ["", "INC-", "INC--7", "INC-²", "INC-\u0661", "INC-" + "9" * 5000, "INC-7\x1b[31m"])
def test_any_other_text_names_no_incident(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        casework.parse_name(text)

    assert raised.value.what.endswith("is no incident")
