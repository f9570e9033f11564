"""Statuses by the names that packages give them."""

from __future__ import annotations

from http import HTTPStatus


def number_in(name: str) -> int:
    """The number in the name of a status: `HTTPStatus.FORBIDDEN`, `status.HTTP_403_FORBIDDEN`; 0 where none is."""
    last = name.removesuffix(".value").rpartition(".")[2]
    for part in last.split("_"):
        if part.isdigit():
            return int(part)
    return HTTPStatus[last].value if last in HTTPStatus.__members__ else 0
