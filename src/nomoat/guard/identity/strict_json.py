"""Reads a JSON object that somebody else wrote: UTF-8, no member twice, finite numbers, not deep.

Two readers of a lenient text may see two objects; whoever decides by one must not.
Source: RFC 8259, sections 4 and 8.1; RFC 8725, section 2.4.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

MAX_DEPTH = 10


def parsed(raw: bytes) -> dict[str, Any]:
    """The object. Raises ValueError, whose text says what is wrong and quotes nothing of it."""
    try:
        value = _DECODER.decode(raw.decode("utf-8"))
    except _RefusedError:
        raise
    except (ValueError, RecursionError):
        raise ValueError("no JSON") from None
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    if _depth(value) > MAX_DEPTH:
        raise ValueError("nested too deeply")
    return value


class _RefusedError(ValueError):
    pass


def _members(found: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(found)
    if len(members) != len(found):
        raise _RefusedError("a member stands twice")
    return members


def _constant(_name: str) -> NoReturn:
    raise _RefusedError("a number is not finite")


#: Made once: `json.loads` would make one for each text.
_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_constant)


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, (dict, list))
        ]
    return depth
