"""Typed parameters and how they become arguments: checked by type first, put in as text, never read as anything else.

`{name}` is all there is to a template. A value never becomes an option, a path above its folder, or shell.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping

from nomoat.appmap.ids import parse_route
from nomoat.errors import NomoatError
from nomoat.journal.facts import moment

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_SUBJECT = re.compile(r"(user:[^/\s]+/\S{1,256}|service:[A-Za-z0-9][A-Za-z0-9._-]{0,62}|anonymous)\Z")
_TOKEN = re.compile(r"sha256:[0-9a-f]{64}\Z")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MAX_TEXT = 500


class ValueRefusedError(NomoatError):
    """A value is not of its parameter's type; it is never used."""


def _is_time(text: str) -> bool:
    try:
        moment(text)
    except ValueError:
        return False
    return True


def _is_caller(text: str) -> bool:
    if _SUBJECT.match(text):
        return text != "anonymous"
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


_CHECKS: Mapping[str, Callable[[str], bool]] = {
    "subject": lambda text: _SUBJECT.match(text) is not None,
    "caller": _is_caller,
    "service": lambda text: _WORD.match(text) is not None,
    "route": lambda text: parse_route(text) is not None,
    "address": _is_address,
    "token": lambda text: _TOKEN.match(text) is not None,
    "time": _is_time,
    "integer": lambda text: re.fullmatch(r"[0-9]{1,12}", text) is not None,
    "word": lambda text: _WORD.match(text) is not None,
    "text": lambda text: True,
}
TYPES = tuple(_CHECKS)


def placeholders(text: str) -> list[str]:
    """The names in a template, in order."""
    return _PLACEHOLDER.findall(text)


def checked(name: str, kind: str, value: str) -> str:
    """The value, when it is of its type. Raises ValueRefusedError; the value is not part of the message."""
    if len(value) > _MAX_TEXT or _CONTROL.search(value) or not _CHECKS[kind](value):
        raise ValueRefusedError(f"the value of {name} is no {kind}", where=f"parameter {name}", fix="give it by hand")
    return value


def arguments(command: tuple[str, ...], values: Mapping[str, str]) -> list[str]:
    """The argument list with its values. One argument stays one argument, whatever a value holds.

    Raises ValueRefusedError: a value is missing, or would become an option.
    """
    return [_argument(part, values) for part in command]


def _argument(part: str, values: Mapping[str, str]) -> str:
    filled = filled_in(part, values)
    if part.startswith("{") and filled.startswith("-"):
        raise ValueRefusedError("a value would become an option", where=part, fix="do this step by hand")
    return filled


def filled_in(template: str, values: Mapping[str, str]) -> str:
    """A template with its values; what a value holds is not looked at again. Raises ValueRefusedError."""

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if not values.get(name):
            raise ValueRefusedError(f"{{{name}}} has no value", where=template, fix="give it by hand")
        return values[name]

    return _PLACEHOLDER.sub(value, template)


def sentence(template: str, values: Mapping[str, str]) -> str:
    """The same for people: a value that is missing reads `unknown`."""
    return _PLACEHOLDER.sub(lambda found: values.get(found.group(1)) or "unknown", template)
