"""Regular expressions that take twice as long for each character more: `(a+)+$`, `(\\w+\\s?)*$`.

Takes the text of one; says whether something that is repeated without end may be made, in more than one way, of the
same characters, and what follows may fail, so that all the ways are tried.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

_parser: Any = importlib.import_module("re._parser")
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT")
#: A repetition up to here is tried out soon enough.
_MANY = 25
_MAX_LENGTH = 5000


@lru_cache(maxsize=4096)
def doubles(pattern: str, *, is_whole: bool = False) -> bool:
    """Whether a short text can keep this expression busy; `is_whole` where all of a text must match (`fullmatch`)."""
    if len(pattern) > _MAX_LENGTH or not any(sign in pattern for sign in (")+", ")*", "){")):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = _parser.parse(pattern)
    except (re.error, RecursionError, OverflowError, ValueError):
        return False
    return _in_sequence(tuple(tree), may_fail=is_whole)


def _in_sequence(items: tuple[Any, ...], *, may_fail: bool) -> bool:
    """Whether one of several that follow each other does; `may_fail`: whether what comes behind them all may."""
    for place, (kind, given) in enumerate(items):
        rest = items[place + 1 :]
        fails = may_fail or any(not _is_nothing(one) for one in rest)
        name = str(kind)
        if name in _REPEATS:
            least, most, inner = given
            body = tuple(inner)
            is_endless = most >= _MANY and least < most
            if is_endless and fails and _repeats_alone(body):
                return True
            # Each turn may be followed by another one, which fails where the last did.
            if _in_sequence(body, may_fail=fails):
                return True
        elif any(_in_sequence(way, may_fail=fails and is_used) for way, is_used in _ways(name, given)):
            return True
    return False


def _ways(name: str, given: Any) -> Iterator[tuple[tuple[Any, ...], bool]]:
    """What stands in a group, each way of it; with whether what comes behind has a part in what it matches."""
    if name == "SUBPATTERN":
        yield tuple(given[-1]), True
    elif name == "BRANCH":
        yield from ((tuple(one), True) for one in given[1])
    elif name in ("ASSERT", "ASSERT_NOT"):
        yield tuple(given[1]), False


def _repeats_alone(body: tuple[Any, ...]) -> bool:
    """Whether the body of a repetition may be nothing but one other repetition without end."""
    if any(
        str(kind) not in (*_REPEATS, "SUBPATTERN", "BRANCH", "LITERAL", "IN", "NOT_LITERAL", "ANY", "AT")
        for kind, _ in body
    ):
        return False
    if len(body) == 1 and str(body[0][0]) == "SUBPATTERN":
        return _repeats_alone(tuple(body[0][1][-1]))
    if len(body) == 1 and str(body[0][0]) == "BRANCH":
        return any(_repeats_alone(tuple(one)) for one in body[0][1][1])
    for place, one in enumerate(body):
        others = (*body[:place], *body[place + 1 :])
        if _is_endless_character(one) and all(_is_nothing(other) for other in others):
            return True
    return False


def _is_endless_character(item: Any) -> bool:
    """`\\w+`, `[a-z]*`, `.+`: one character again and again."""
    kind, given = item
    if str(kind) == "SUBPATTERN" and len(given[-1]) == 1:
        return _is_endless_character(given[-1][0])
    if str(kind) not in _REPEATS or given[1] < _MANY or given[0] > 1 or len(given[2]) != 1:
        return False
    return str(given[2][0][0]) in ("LITERAL", "IN", "NOT_LITERAL", "ANY")


def _is_nothing(item: Any) -> bool:
    """Whether something matches where nothing stands, whatever comes."""
    kind, given = item
    name = str(kind)
    if name in (*_REPEATS, "POSSESSIVE_REPEAT"):
        return given[0] == 0 or all(_is_nothing(one) for one in given[2])
    if name == "SUBPATTERN":
        return all(_is_nothing(one) for one in given[-1])
    if name == "BRANCH":
        return any(all(_is_nothing(one) for one in way) for way in given[1])
    return name == "AT" and str(given) == "AT_BEGINNING"
