"""Pyramid: texts of settings as lists and truth values."""

from nomoat.survey import is_text

truthy = frozenset(("t", "true", "y", "yes", "on", "1"))
falsey = frozenset(("f", "false", "n", "no", "off", "0"))


def aslist_cronly(value):
    return value.splitlines() if is_text(value) else list(value)


def aslist(value, flatten=True):
    return value.split() if is_text(value) else list(value)


def asbool(s):
    if s is None:
        return False
    if isinstance(s, bool):
        return s
    return str(s).strip().lower() in truthy
