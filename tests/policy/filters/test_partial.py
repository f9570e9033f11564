"""What a condition becomes when only columns are open, and what it refuses to become."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from nomoat.policy import conditions
from nomoat.policy.filters.form import ALWAYS, NEVER, Column, Compared, Form, Given, IsOf, Kind
from nomoat.policy.filters.mistakes import ColumnTypeError, FilterError
from nomoat.policy.filters.partial import Judged, Partial

KINDS: Mapping[str, Kind] = {
    "resource.text": "text", "resource.other": "text", "resource.number": "number", "resource.more": "number",
    "resource.flag": "boolean",
}  # fmt: skip
CLAIMS: Mapping[str, Any] = {
    "subject.name": "ana", "subject.level": 7, "subject.groups": ("a", "b"), "subject.mixed": ("a", 1),
    "subject.big": 2**63, "context.hour": 9,
}  # fmt: skip
_TEXT, _NUMBER = Column("resource.text"), Column("resource.number")
_FAILS = Judged(NEVER, NEVER, NEVER)


def judged(when: str) -> Judged:
    return Partial(CLAIMS, KINDS, where="nomoat.yaml:4").judged(conditions.compile(when).tree)


@pytest.mark.parametrize(
    ("when", "true"),
    [
        ("subject.name == 'ana'", ALWAYS),
        ("resource.number + 5 < 7", Compared("<", "number", _NUMBER, 2)),
        ("7 > resource.number", Compared("<", "number", _NUMBER, 7)),
        ("-resource.number <= 3", Compared(">=", "number", _NUMBER, -3)),
        ("string(resource.number) == '-12'", Compared("==", "number", _NUMBER, -12)),
        ("string(resource.number) == '012'", NEVER),
        ("resource.number < -9223372036854775808", NEVER),
        ("resource.number <= 9223372036854775807", ALWAYS),
        ("resource.text in subject.groups && resource.text in ['a']", None),
        ("resource.text.startsWith('')", ALWAYS),
        ("resource.text == '\\u00e9'", Compared("==", "text", _TEXT, "é")),
        ("has(resource.text)", Given(_TEXT)),
        ("!has(resource.text)", Given(_TEXT, negated=True)),
    ],
)
def test_what_is_left(when: str, true: Form | None) -> None:
    found = judged(when)

    assert found.defined != NEVER
    assert true is None or true == found.true


def test_the_opposite_is_written_out() -> None:
    found = judged("!(resource.number < 5)")

    assert (
        Judged(IsOf(_NUMBER, "number"), Compared(">=", "number", _NUMBER, 5), Compared("<", "number", _NUMBER, 5))
        == found
    )


@pytest.mark.parametrize(
    "when",
    ["resource.text == resource.absent", "resource.text == subject.level", "resource.number < subject.name",
     "resource.number == subject.big", "resource.text in subject.mixed", "resource.number in subject.groups",
     "'a' in resource.text", "resource.text.exists(t, t == 'a')", "resource.text in subject.absent",
     "resource.flag == subject.level", "resource.text.contains(subject.level)", "subject.name + resource.number == 'a'",
     "subject.level", "resource.number == subject.groups", "resource.number < subject.flag"],
)  # fmt: skip
def test_what_fails_for_every_row_is_known_before(when: str) -> None:
    assert _FAILS == judged(when)


def test_what_a_guard_decides_is_not_asked() -> None:
    assert judged("has(subject.team) && size(resource.text) < 5 || resource.flag").true == judged("resource.flag").true
    assert ALWAYS == judged("!has(subject.team) || resource.text.lowerAscii() == subject.team").true


@pytest.mark.parametrize(
    ("when", "name", "wanted"),
    [
        ("resource.number == subject.sub", "number", "text"),
        ("resource.text == 5", "text", "number"),
        ("resource.text == resource.number", "text", "number"),
        ("resource.text", "text", "true or false"),
        ("!resource.number || resource.flag", "number", "true or false"),
        ("resource.flag < resource.flag", "flag", "order"),
        ("resource.number in ['a']", "number", "text"),
        ("resource.number.startsWith('a')", "number", "text"),
        ("size(resource.number) < 5", "number", "text"),
        ("resource.flag + 1 < 5", "flag", "number"),
        ("resource.text - 1 < 5", "text", "number"),
    ],
)
def test_a_type_that_never_fits_is_told(when: str, name: str, wanted: str) -> None:
    with pytest.raises(ColumnTypeError) as told:
        judged(when)

    assert told.value.name == name
    assert wanted in told.value.what and "nomoat.yaml:4" in told.value.where


@pytest.mark.parametrize(
    ("when", "construct"),
    [
        ("resource.text < 'a'", "text in an order"),
        ("size(resource.text) < 5", "size"),
        ("resource.text.upperAscii() == 'A'", "upperAscii"),
        ("resource.text + 'x' == 'ax'", "arithmetic"),
        ("resource.number + resource.more < 5", "arithmetic"),
        ("resource.number + 1 < resource.more", "two columns"),
        ("string(resource.number) == resource.text", "two columns"),
        ("subject.groups.exists(g, g == resource.text)", "exists with a column"),
        ("subject.groups.all(g, g != resource.text)", "all with a column"),
        ("'abc'.startsWith(resource.text)", "startsWith of a column"),
        ("resource.text.endsWith(resource.other)", "endsWith of a column"),
        ("string(resource.number).endsWith('7')", "endsWith of what is no column"),
        ("isIP(resource.text)", "isIP"),
        ("cidr('10.0.0.0/8').containsIP(resource.text)", "containsIP"),
        ("timestamp(resource.text) < timestamp('2026-11-30T09:00:00Z')", "timestamp"),
        ("int(resource.text) < 5", "int"),
        ("string(resource.flag) == 'true'", "string"),
        ("has(resource.text) == has(resource.number)", "a comparison of comparisons"),
    ],
)
def test_what_no_database_is_asked_for_is_told(when: str, construct: str) -> None:
    with pytest.raises(FilterError) as told:
        judged(f"resource.flag && ({when})")

    assert construct in told.value.what and "of the condition)" in told.value.what
    assert (told.value.where, True) == ("nomoat.yaml:4", "guard.only" in told.value.fix)
