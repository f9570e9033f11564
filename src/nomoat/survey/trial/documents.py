"""Texts that source has and that a program reads as documents: `json.loads(default)`, `json.dumps("1.0")`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from nomoat.survey.trial.machine import End, RaisedError
from nomoat.survey.trial.values import Const, Env, FileOf, Items, Table, Thing, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls

Known = Callable[["Calls", "tuple[Value, ...]", "dict[str, Value]", str, Env], "Value | None"]

#: Packages that read and write JSON as Python's own does.
_PACKAGES = ("json", "orjson", "rapidjson", "simplejson", "ujson")
#: Longer texts than this are no settings.
_MOST = 10_000


def _loads(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """What a text says; a text that is no document raises, and whoever asks may have it as it is."""
    text = args[0] if args else None
    if isinstance(text, FileOf):
        return text
    if not run.wires or not isinstance(text, Const) or not isinstance(text.value, str) or len(text.value) > _MOST:
        return None
    try:
        return _value(json.loads(text.value), text)
    except (ValueError, RecursionError):
        raise RaisedError([End(Thing("builtins.ValueError"), at, tuple(run.conditions))]) from None


def _dumps(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """A text or number as it is written in a document."""
    one = args[0] if args else None
    is_plain = isinstance(one, Const) and isinstance(one.value, (str, int, float, bool, type(None)))
    return Const(json.dumps(one.value), one.marks) if run.wires and isinstance(one, Const) and is_plain else None


def _value(found: object, text: Const) -> Value:
    if isinstance(found, list):
        return Items([_value(one, text) for one in found])
    if isinstance(found, dict):
        return Table({key: _value(one, text) for key, one in found.items()})
    return Const(found, text.marks)


SPECIAL: dict[str, Known] = {
    **{f"{package}.loads": _loads for package in _PACKAGES},
    **{f"{package}.dumps": _dumps for package in _PACKAGES},
}
