"""Pyramid: texts of settings as lists and truth values."""

from nomoat.survey import is_text, said_yes

truthy = frozenset(("t", "true", "y", "yes", "on", "1"))
falsey = frozenset(("f", "false", "n", "no", "off", "0"))


def aslist_cronly(value):
    return value.splitlines() if is_text(value) else list(value)


def aslist(value, flatten=True):
    return value.split() if is_text(value) else list(value)


def asbool(s):
    return said_yes(s)
