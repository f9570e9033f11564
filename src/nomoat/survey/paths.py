"""Puts the path of a route behind the prefix of what registers it, as its framework does."""

from __future__ import annotations

import re

from nomoat.survey.models import Dialect


def joined(prefix: str, path: str, dialect: Dialect) -> str:
    """Prefix and path as the framework puts them together; both in braces."""
    if dialect.normalizes:
        return re.sub(r"/{2,}", "/", f"/{prefix}/{path}").rstrip("/") or "/"
    if not dialect.joins_by_slash or not prefix:
        return prefix + path
    return f"{prefix.rstrip('/')}/{path.lstrip('/')}" if path else prefix
