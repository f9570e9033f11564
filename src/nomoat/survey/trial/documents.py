"""Texts that source has and that a program reads as documents: `json.loads(default)`, `json.dumps("1.0")`.

Or as Python writes values, `literal_eval(os.getenv("LOCKED", "False"))`, and as people write yes and no.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from nomoat.survey.trial.machine import End, RaisedError
from nomoat.survey.trial.values import Choice, Const, Env, FileOf, Items, Table, Thing, Value, joined

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


def _literal(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """What a text of Python says; None of what is no plain value, and of a text that is no Python."""
    text = args[0] if args else None
    if not isinstance(text, Const) or not isinstance(text.value, str) or len(text.value) > _MOST:
        return None
    try:
        found = ast.literal_eval(text.value.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return _value(found, text) if isinstance(found, (str, int, float, bool, list, dict, type(None))) else None


#: How people write yes and no where a setting takes either.
_ANSWERS = {
    **dict.fromkeys(("y", "yes", "t", "true", "on", "1"), 1),
    **dict.fromkeys(("n", "no", "f", "false", "off", "0"), 0),
}


def _yes_or_no(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    text = args[0] if args else None
    answer = _ANSWERS.get(text.value.lower()) if isinstance(text, Const) and isinstance(text.value, str) else None
    return Const(answer, text.marks) if isinstance(text, Const) and answer is not None else None


def _said_yes(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """For descriptions of packages: what a setting means that is a truth value, or a text that says one."""
    return _as_yes(args[0]) if args else None


def _as_yes(value: Value) -> Value:
    if isinstance(value, Choice):
        found = joined([_as_yes(one) for one in value.options])
        if isinstance(found, Choice) and value.usual is not None:
            found = replace(found, usual=_as_yes(value.usual))
        return found
    if not isinstance(value, Const):
        return value
    said = str(value.value).strip().lower()
    return Const(value.value if isinstance(value.value, bool) else _ANSWERS.get(said, 0) == 1, value.marks)


def _value(found: object, text: Const) -> Value:
    if isinstance(found, list):
        return Items([_value(one, text) for one in found])
    if isinstance(found, dict):
        return Table({key: _value(one, text) for key, one in found.items()})
    return Const(found, text.marks)


SPECIAL: dict[str, Known] = {
    **{f"{package}.loads": _loads for package in _PACKAGES},
    **{f"{package}.dumps": _dumps for package in _PACKAGES},
    "ast.literal_eval": _literal,
    "distutils.util.strtobool": _yes_or_no,
    "nomoat.survey.said_yes": _said_yes,
}
