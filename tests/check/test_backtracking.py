"""Which regular expressions take twice as long for each character more."""

from __future__ import annotations

import re
import time

import pytest

from nomoat.check.backtracking import doubles

#: Expressions, and a text of which one more character each time does not fit.
_SLOW = [
    (r"^([a-zA-Z0-9]+\.?)+@", "a"), (r"(a+)+$", "a"), (r"^(\w+\s?)*$", "a"), (r'"(?:[^"\\]+|\\.)*"', "a"),
    (r"^(-?[a-z]+)+!$", "a"), (r"(x*)*y", "x"), (r"((a+))+b", "a"), (r"^(?:(?:[a-z]+)|\d)*$", "a"),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "letter"), _SLOW)
def test_what_is_found_takes_twice_as_long_for_each_character_more(pattern: str, letter: str) -> None:
    assert doubles(pattern)

    before = '"' if pattern.startswith('"') else ""
    short, long = (_time(pattern, before + letter * length + "\n%") for length in (11, 17))

    # Six more characters: 64 times as long, and a sixth of that is not measured by chance.
    assert long > 10 * short


def _time(pattern: str, text: str) -> float:
    compiled = re.compile(pattern)
    took = []
    for _ in range(3):
        started = time.perf_counter()
        compiled.search(text) if not pattern.startswith("^") else compiled.match(text)
        took.append(time.perf_counter() - started)
    return min(took)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[a-z]+(\.[a-z]+)*$", r"(\w+ )+$", r"(a+)+", r"\d{1,3}(,\d{3})*", r'"(?:[^"\\]|\\.)*"', r"^(\d+){1,2}$",
        r"^(?:[a-z]+,)*[a-z]+$", r"(\s*\w+\s*,)*", r"(\w+)?x", r"^([a-z0-9]+-)*[a-z0-9]+$", r"(?:a{2,3})+b", r"(a+)+b?",
        r"^(?>a+)+$", r"(unfinished", r"^(a++)+$", r"^(?:\w|-)+$",
    ],
)  # fmt: skip
def test_what_ends_soon_is_not(pattern: str) -> None:
    assert not doubles(pattern)


def test_what_must_match_as_a_whole_may_fail_at_its_end() -> None:
    assert doubles(r"(a+)+", is_whole=True)
    assert not doubles(r"(a)+", is_whole=True)
