"""Finds out whether an expression would outlive the request that it is made for, and refuses to make it then.

A filter holds what one caller may see. SQLAlchemy runs some functions once and keeps what they gave, for every caller
after; so does a module that is imported while a request runs. What is kept there shows one caller's rows to others.
"""

from __future__ import annotations

import sys
from types import FrameType

from nomoat.policy.filters.mistakes import FilterError

#: Modules whose functions keep what they are given by the function that they call.
_KEEPERS = {
    "sqlalchemy.sql.lambdas": "a lambda whose statement SQLAlchemy keeps",
    "sqlalchemy.ext.baked": "a query that SQLAlchemy keeps",
    "importlib._bootstrap": "a module that is imported",
}
#: Mappers are made ready once, some of them by the first request.
_MAPPERS = "sqlalchemy.orm.mapper"
#: Below these stands whatever runs the request.
_BELOW = ("nomoat.guard", "asyncio", "threading", "concurrent", "asgiref")


def check_not_kept() -> None:
    """Raises FilterError where the caller's caller is run once for many requests."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _module(frame).startswith("nomoat.guard"):
        frame = frame.f_back
    while frame is not None and not _module(frame).startswith(_BELOW):
        found = _KEEPERS.get(_module(frame))
        if _module(frame) == _MAPPERS and "_configure_registries" in frame.f_code.co_name:
            found = "what a mapper is made of"
        if found is not None:
            raise FilterError(
                f"guard.filter within {found}: other callers would see these rows", where="nomoat.guard.filter",
                fix="call it in the handler, and put what it gives into the statement",
            )  # fmt: skip
        frame = frame.f_back


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))
