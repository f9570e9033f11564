"""The functions, methods and operators of conditions: CEL's names, the types they take, and what they do.

A table of pure functions; nothing here knows of text, trees or attributes. What has no value is a ValueError.
Every one is linear in what it is given, and the text that it gives is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sized

from nomoat.policy.cel import networks, times
from nomoat.policy.cel.tree import Overload

#: The longest text that `+` gives, in characters.
MAX_TEXT = 65_536
_LARGEST = 1 << 63
_NUMBER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}


def _bounded(value: int) -> int:
    if not -_LARGEST <= value < _LARGEST:
        raise ValueError("a number of more than 64 bits")
    return value


def _add(left: int, right: int) -> int:
    return _bounded(left + right)


def _subtract(left: int, right: int) -> int:
    return _bounded(left - right)


def _negate(value: int) -> int:
    return _bounded(-value)


def _join(left: str, right: str) -> str:
    if len(left) + len(right) > MAX_TEXT:
        raise ValueError(f"a text longer than {MAX_TEXT:,} characters")
    return left + right


def _contains(text: str, part: str) -> bool:
    return part in text


def _lower(text: str) -> str:
    return text.translate(_LOWER)


def _upper(text: str) -> str:
    return text.translate(_UPPER)


def _size(value: Sized) -> int:
    return len(value)


def _same(value: object) -> object:
    return value


def _number_of_text(text: str) -> int:
    if len(text) > 64 or _NUMBER.fullmatch(text) is None:
        raise ValueError("no whole number")
    return _bounded(int(text))


def _text_of_boolean(value: bool) -> str:
    return "true" if value else "false"


def _parts(run: object) -> tuple[Overload, ...]:
    assert callable(run)
    return (Overload(("timestamp",), "number", run), Overload(("timestamp", "text"), "number", run))


_SIZE = (
    Overload(("text",), "number", _size, is_total=True),
    Overload(("list",), "number", _size, is_total=True),
)

#: `name(value)`.
FUNCTIONS: Mapping[str, tuple[Overload, ...]] = {
    "size": _SIZE,
    "string": (
        Overload(("text",), "text", _same, is_total=True),
        Overload(("number",), "text", str, is_total=True),
        Overload(("boolean",), "text", _text_of_boolean, is_total=True),
        Overload(("timestamp",), "text", times.text_of_timestamp, is_total=True),
        Overload(("duration",), "text", times.text_of_duration, is_total=True),
        Overload(("ip",), "text", networks.text_of_ip, is_total=True),
        Overload(("cidr",), "text", networks.text_of_cidr, is_total=True),
    ),
    "int": (
        Overload(("number",), "number", _same, is_total=True),
        Overload(("text",), "number", _number_of_text),
        Overload(("timestamp",), "number", times.seconds_of_timestamp, is_total=True),
    ),
    "timestamp": (
        Overload(("text",), "timestamp", times.timestamp_of),
        Overload(("number",), "timestamp", times.timestamp_of_seconds),
        Overload(("timestamp",), "timestamp", _same, is_total=True),
    ),
    "duration": (
        Overload(("text",), "duration", times.duration_of),
        Overload(("duration",), "duration", _same, is_total=True),
    ),
    "ip": (Overload(("text",), "ip", networks.ip_of),),
    "cidr": (Overload(("text",), "cidr", networks.cidr_of),),
    "isIP": (Overload(("text",), "boolean", networks.is_ip, is_total=True),),
    "isCIDR": (Overload(("text",), "boolean", networks.is_cidr, is_total=True),),
}

#: `value.name(...)`; the value's type stands first.
METHODS: Mapping[str, tuple[Overload, ...]] = {
    "size": _SIZE,
    "startsWith": (Overload(("text", "text"), "boolean", str.startswith, is_total=True),),
    "endsWith": (Overload(("text", "text"), "boolean", str.endswith, is_total=True),),
    "contains": (Overload(("text", "text"), "boolean", _contains, is_total=True),),
    "lowerAscii": (Overload(("text",), "text", _lower, is_total=True),),
    "upperAscii": (Overload(("text",), "text", _upper, is_total=True),),
    "getFullYear": _parts(times.full_year),
    "getMonth": _parts(times.month),
    "getDate": _parts(times.date),
    "getDayOfMonth": _parts(times.day_of_month),
    "getDayOfWeek": _parts(times.day_of_week),
    "getDayOfYear": _parts(times.day_of_year),
    "getHours": (*_parts(times.hours), Overload(("duration",), "number", times.duration_hours)),
    "getMinutes": (*_parts(times.minutes), Overload(("duration",), "number", times.duration_minutes)),
    "getSeconds": (*_parts(times.seconds), Overload(("duration",), "number", times.duration_seconds)),
    "getMilliseconds": (*_parts(times.milliseconds), Overload(("duration",), "number", times.duration_milliseconds)),
    "family": (Overload(("ip",), "number", networks.family, is_total=True),),
    "containsIP": (
        Overload(("cidr", "ip"), "boolean", networks.contains_ip, is_total=True),
        Overload(("cidr", "text"), "boolean", networks.contains_ip_text),
    ),
    "containsCIDR": (
        Overload(("cidr", "cidr"), "boolean", networks.contains_cidr, is_total=True),
        Overload(("cidr", "text"), "boolean", networks.contains_cidr_text),
    ),
    "prefixLength": (Overload(("cidr",), "number", networks.prefix_length, is_total=True),),
}

#: `left + right`, `left - right`, `-value`.
OPERATORS: Mapping[str, tuple[Overload, ...]] = {
    "+": (
        Overload(("number", "number"), "number", _add),
        Overload(("text", "text"), "text", _join),
        Overload(("timestamp", "duration"), "timestamp", times.later),
        Overload(("duration", "timestamp"), "timestamp", lambda by, at: times.later(at, by)),
        Overload(("duration", "duration"), "duration", times.longer),
    ),
    "-": (
        Overload(("number", "number"), "number", _subtract),
        Overload(("timestamp", "timestamp"), "duration", times.between),
        Overload(("timestamp", "duration"), "timestamp", times.earlier),
        Overload(("duration", "duration"), "duration", times.shorter),
    ),
    "negation": (Overload(("number",), "number", _negate),),
}

#: What CEL or its extensions have and conditions do not, with what to do instead.
LEFT_OUT: Mapping[str, str] = {
    "matches": "use startsWith, endsWith, contains or in: a regular expression can take too long",
    "map": "ask with exists or all",
    "filter": "ask with exists or all",
    "exists_one": "ask with exists or all",
    "existsOne": "ask with exists or all",
    "double": "conditions know whole numbers only",
    "uint": "use int",
    "bytes": "use text",
    "bool": 'compare the text: subject.flag == "true"',
    "type": "compare values of one type",
    "dyn": "leave it out",
}
