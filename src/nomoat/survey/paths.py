"""Paths as frameworks write them, brought to one form: `/orders/{order_id:int}`.

Takes the text of a route and the dialect of its framework; what a parameter matches stays behind its colon.
"""

from __future__ import annotations

import re

from nomoat.survey.models import Dialect

_ANGLE = re.compile(r"<(?:(?P<converter>[A-Za-z_]\w*)(?:\((?P<given>[^)]*)\))?:)?(?P<name>[A-Za-z_]\w*)>")


def braced(text: str, dialect: Dialect) -> str:
    """The path with its parameters in braces."""
    if dialect.paths == "angle":
        return _ANGLE.sub(_of_angle, text)
    return text


def _of_angle(found: re.Match[str]) -> str:
    converter = found.group("converter") or ""
    is_plain = converter in ("", "string", "str", "default")
    return "{" + found.group("name") + ("" if is_plain else f":{converter}") + "}"


def joined(prefix: str, path: str, dialect: Dialect) -> str:
    """Prefix and path as the framework puts them together; both in braces."""
    if not dialect.joins_by_slash or not prefix:
        return prefix + path
    return f"{prefix.rstrip('/')}/{path.lstrip('/')}" if path else prefix
