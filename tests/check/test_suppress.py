from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from nomoat.check.model import Result
from tests.check.projects import TODAY, result_of

_CALL = 'jwt.decode("t", verify=False)'
_ALLOW = "# nomoat: allow unverified-jwt until 2027-01-31, the gateway verifies"


def _rules(result: Result) -> dict[str, bool]:
    """Each finding's rule, and whether it is suppressed."""
    return {finding.rule: finding.suppressed is not None for finding in result.findings}


@pytest.mark.parametrize(
    "source",
    [
        f"import jwt\nx = {_CALL}  {_ALLOW}\n",
        f"import jwt\n{_ALLOW}\nx = {_CALL}\n",
        f'import jwt\nx = jwt.decode(\n    "t",\n    verify=False,  {_ALLOW}\n)\n',
    ],
    ids=["on the line", "above it", "inside the call"],
)
def test_an_exception_covers_its_finding_with_reason_and_end(source: str, tmp_path: Path) -> None:
    (finding,) = result_of(tmp_path, {"app.py": source}).findings

    assert finding.suppressed is not None
    assert ("the gateway verifies", "2027-01-31") == (finding.suppressed.reason, finding.suppressed.until)


@pytest.mark.parametrize(
    "source",
    [
        f"import jwt\n{_ALLOW}\n\nx = {_CALL}\n",
        f"import jwt\nx = {_CALL}\ny = 1  {_ALLOW}\n",
        f'import jwt\nx = {_CALL}; y = "{_ALLOW}"\n',
        f"import jwt\nx = {_CALL}  {_ALLOW.replace('unverified-jwt', 'hard-coded-key')}\n",
    ],
    ids=["an empty line between", "below", "in a text", "another rule"],
)
def test_an_exception_elsewhere_or_for_another_rule_covers_nothing(source: str, tmp_path: Path) -> None:
    assert _rules(result_of(tmp_path, {"app.py": source}))["unverified-jwt"] is False


@pytest.mark.parametrize(("today", "is_over"), [(date(2027, 1, 31), False), (date(2027, 2, 1), True)])
def test_an_exception_holds_through_its_last_day_and_is_a_finding_after_it(
    today: date, is_over: bool, tmp_path: Path
) -> None:
    found = _rules(result_of(tmp_path, {"app.py": f"import jwt\nx = {_CALL}  {_ALLOW}\n"}, today=today))

    assert ({"unverified-jwt": False, "expired-suppression": False} if is_over else {"unverified-jwt": True}) == found


@pytest.mark.parametrize(
    "comment",
    [
        "# nomoat: allow unverified-jwt",
        "# nomoat: allow unverified-jwt until 2027-01-31",
        "# nomoat: allow unverified-jwt until 2027-02-30, why",
        "# nomoat: allow unverified-jwt until never, why",
        "# nomoat: allow all until 2027-01-31, why",
        "# nomoat: ignore",
        "# nomoat: allow unverified-jwt until 2027-01-31,   ",
    ],
)
def test_an_exception_without_reason_end_or_rule_suppresses_nothing_and_is_a_finding(
    comment: str, tmp_path: Path
) -> None:
    found = _rules(result_of(tmp_path, {"app.py": f"import jwt\nx = {_CALL}  {comment}\n"}))

    assert {"unverified-jwt": False, "malformed-suppression": False} == found


def test_an_exception_that_covers_nothing_is_a_finding(tmp_path: Path) -> None:
    found = _rules(result_of(tmp_path, {"app.py": f"x = 1  {_ALLOW}\n"}))

    assert {"unused-suppression": False} == found


def test_an_exception_is_not_unused_where_its_rule_did_not_run(tmp_path: Path) -> None:
    """Tests are judged by fewer rules, and of a torn file nothing can be said."""
    result = result_of(
        tmp_path, {"tests/test_a.py": f"x = 1  {_ALLOW}\n", "torn.py": f"x = 1  {_ALLOW}\ny = 1\n\x00\n"}
    )

    assert {} == _rules(result)
    assert result.not_analysed


def test_an_exception_at_a_decorator_covers_the_route(tmp_path: Path) -> None:
    example = Path(__file__).parents[2] / "src/nomoat/check/rules/authorization/missing-guard.py"
    source = example.read_text().replace(
        "# expect: missing-guard", "# nomoat: allow missing-guard until 2027-01-31, it is for all"
    )

    result = result_of(tmp_path, {"app.py": source}, today=TODAY)

    found = [one.suppressed is not None for one in result.findings if one.rule == "missing-guard"]
    assert found
    assert all(found)
    assert "unused-suppression" not in _rules(result)


def test_a_misspelt_rule_is_answered_with_the_one_that_was_meant(tmp_path: Path) -> None:
    result = result_of(tmp_path, {"app.py": f"x = {_CALL}  # nomoat: allow unverified-jwd until 2027-01-31, why\n"})

    said = [one.message for one in result.findings if one.rule == "malformed-suppression"]
    assert ["no rule is called 'unverified-jwd'; did you mean 'unverified-jwt'?"] == said
