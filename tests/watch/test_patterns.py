from __future__ import annotations

import re

import pytest

from nomoat.watch.patterns import can_take_for_ever
from nomoat.watch.sigma import _wildcards


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|a)*b", "((a+)b)+", "a*a*a*", "(a{1,3}){50}", "(a?){40}", "a?" * 30 + "a" * 30, "((?:a|aa))*"],
)
def test_a_pattern_whose_time_explodes_is_found(pattern: str) -> None:
    assert can_take_for_ever(pattern)


@pytest.mark.parametrize(
    "pattern", ["^/admin/.*", "x{1,3}y+", "(?:ab|cd)e", "[*+]+(x)", "(ab)*", "(?i)foo.*bar", r"\(a+\)+", "[0-9]{4}"]
)
def test_an_ordinary_pattern_is_none(pattern: str) -> None:
    assert not can_take_for_ever(pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("*a*b", "xxaYYb", True), ("a*b*c", "aXbXc", True), ("*", "x", True), ("a?c", "abc", True), ("a*a", "a", False),
        (r"\*x", "*x", True), (r"\*x", "yx", False), ("*ab", "aab", True), ("*foo*", "xfoo", True),
        ("a*b", "abc", False),
    ],
)  # fmt: skip
def test_wildcards_fit_what_sigma_says(pattern: str, text: str, fits: bool) -> None:
    assert fits is bool(re.fullmatch(_wildcards(pattern), text))
