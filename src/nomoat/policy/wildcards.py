"""Permissions that end in a star: `orders:*` is every name that begins with `orders:`, `*` is every name.

Only grants and deny rules have them; a route, a handler and a test name one permission, which is matched exactly.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

EVERYTHING = "*"


def is_wildcard(permission: str) -> bool:
    """Whether a name stands for more than itself."""
    return permission.endswith("*")


def is_well_formed(permission: str) -> bool:
    """Whether a star stands where one may: alone, or once, at the end and after a colon."""
    return permission == EVERYTHING or (permission.endswith(":*") and "*" not in permission[:-1] and permission != ":*")


def covers(granted: str, permission: str) -> bool:
    """Whether whoever is granted one name is granted the other: it is the same, or a star covers it."""
    if granted in (permission, EVERYTHING):
        return True
    return granted.endswith(":*") and permission.startswith(granted[:-1]) and len(permission) >= len(granted)


def covering(permission: str) -> Iterator[str]:
    """Every name with a star that covers another one, the narrowest first; not itself."""
    end = len(permission) - (2 if permission.endswith(":*") else 1)
    while (end := permission.rfind(":", 0, end)) > 0:
        yield f"{permission[: end + 1]}*"
    if permission != EVERYTHING:
        yield EVERYTHING


def meant(permission: str, names: Container[str]) -> str:
    """The narrowest name of `names` that stands for a permission: itself, or one with a star; else itself."""
    if permission in names:
        return permission
    return next((name for name in covering(permission) if name in names), permission)
