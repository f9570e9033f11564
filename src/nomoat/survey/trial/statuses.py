"""Statuses as values have them, and by the names that packages give them."""

from __future__ import annotations

import re
from http import HTTPStatus

from nomoat.survey.trial.values import Choice, Const, Outside, Thing, Value

_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


def number_in(name: str) -> int:
    """The number in the name of a status: `HTTPStatus.FORBIDDEN`, `status.HTTP_403_FORBIDDEN`; 0 where none is."""
    last = name.removesuffix(".value").rpartition(".")[2]
    for part in last.split("_"):
        if part.isdigit():
            return int(part)
    # Packages name them as they like: `HTTP_STATUS.Unauthorized`, `Status.NotFound`.
    named = last if last.isupper() else _WORDS.sub("_", last).upper()
    return HTTPStatus[named].value if named in HTTPStatus.__members__ else 0


def number_of(value: Value | None) -> int:
    """The number of a status as a value has it; 0 where it is not told, the least where it may be one or another."""
    if isinstance(value, Choice):
        return min(number_of(option) for option in value.options)
    if isinstance(value, Const) and type(value.value) is int:
        return value.value
    if isinstance(value, Const) and isinstance(value.value, str) and value.value[:3].isdigit():
        # `status="401 Unauthorized"`
        return int(value.value[:3])
    if isinstance(value, Outside):
        # `status.HTTP_401_UNAUTHORIZED`, `HTTPStatus.UNAUTHORIZED`, `status.WS_1008_POLICY_VIOLATION`
        return number_in(value.name)
    if isinstance(value, Const) and value.label:
        return number_in(value.label)
    if isinstance(value, Thing) and value.trail and not value.marks:
        return number_in(value.trail[-1])
    return 0
