"""Tells patterns whose time explodes on text that an attacker chose from those whose time has a bound.

Python's engine tries again and again: repetition in repetition takes exponential time, and each further repetition one
more power of the length. So both are limited, and so is the text that is searched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, TypeAlias

#: Repetitions without a small end that one pattern may have.
MOST_REPEATS = 2
#: Characters of a text that a pattern is tried on: 2 repetitions then take some milliseconds at most.
SEARCHED = 256
#: A repetition up to so many times is small.
_SMALL = 4
#: Small ones (`?`, `{1,3}`) of one pattern: each may double the time.
_MOST_SMALL = 8
Repeat: TypeAlias = Literal["", "fixed", "few", "many"]
#: How a group begins that is no plain one; its letters are no atoms.
_OPENED = re.compile(r"\(\?(?:P<\w+>|P=\w+|[:=!>]|<[=!]|#|[aiLmsux-]+:?|\()")
_QUANTIFIER = re.compile(r"\{(\d*)(?:(,)(\d*))?\}")


def can_take_for_ever(pattern: str) -> bool:
    """True where the time of a valid pattern is not bounded by a low power of the length of the text."""
    repeats = small = 0
    is_ambiguous = [False]
    for mark, repeat in _tokens(pattern):
        if mark == "(":
            is_ambiguous.append(False)
            continue
        inner = is_ambiguous.pop() if mark == ")" and len(is_ambiguous) > 1 else False
        if inner and repeat in ("many", "fixed"):
            return True
        repeats += repeat == "many"
        small += repeat == "few"
        is_ambiguous[-1] |= inner or mark == "|" or repeat in ("many", "few")
    return repeats > MOST_REPEATS or small > _MOST_SMALL


def _tokens(pattern: str) -> Iterator[tuple[str, Repeat]]:
    """Each atom, group mark or bar, and what repetition follows it."""
    at = 0
    while at < len(pattern):
        character = pattern[at]
        end = at + 1
        if character == "\\":
            end = at + 2
        elif character == "[":
            end = _class_end(pattern, at)
        elif character == "(" and (opened := _OPENED.match(pattern, at)):
            end = opened.end()
        if character in ("(", "|"):
            yield character, ""
        else:
            repeat, end = _repeat(pattern, end)
            yield character if character == ")" else "a", repeat
        at = end


def _class_end(pattern: str, at: int) -> int:
    end = at + 1
    if pattern[end : end + 1] == "^":
        end += 1
    if pattern[end : end + 1] == "]":
        end += 1
    while end < len(pattern) and pattern[end] != "]":
        end += 2 if pattern[end] == "\\" else 1
    return end + 1


def _repeat(pattern: str, at: int) -> tuple[Repeat, int]:
    """What repetition stands here, and where it ends."""
    mark = pattern[at : at + 1]
    repeat: Repeat
    if mark in ("*", "+"):
        repeat, end = "many", at + 1
    elif mark == "?":
        repeat, end = "few", at + 1
    elif found := _QUANTIFIER.match(pattern, at):
        _, comma, most = found.groups()
        is_open = comma is not None and (not most or int(most) > _SMALL)
        repeat, end = "many" if is_open else "few" if comma else "fixed", found.end()
    else:
        return "", at
    return repeat, end + (pattern[end : end + 1] in ("?", "+"))
