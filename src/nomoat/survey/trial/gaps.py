"""Paths of which a part is not known, `f"/api/{name_of(module)}/<int:id>"`: it stands in braces as what it is called.

Until the path is written as the map has it, signs of their own stand for the braces, so that no dialect takes the part
for a parameter or a pattern of its own.
"""

from __future__ import annotations

import re
import string

from nomoat.survey.trial.texts import known_end
from nomoat.survey.trial.values import ENDING, NOTHING, Choice, Const, Items, Thing, Value, union

#: Of the area that Unicode leaves to private use.
_OPENS, _CLOSES = "\ue000", "\ue001"
_GAP = re.compile(f"{_OPENS}([^{_CLOSES}]*){_CLOSES}")
_FIRST = re.compile(f"^{_OPENS}[^{_CLOSES}]*{_CLOSES}")
_NO_LETTERS = re.compile(r"\W+")
#: What a part is called of which not even that is known.
_NAMELESS = "unknown"


def gapped(parts: list[Value]) -> Thing | None:
    """A path of which a part is not known, without a beginning that is not known either; None of any other text."""
    text = _FIRST.sub("", "".join(_part(one) for one in parts))
    if not text.startswith("/") or _OPENS not in text:
        return None
    return partly_known(text, union(parts))


def gap(name: str) -> str:
    """What stands in a path for a part of which only the name is known."""
    return f"{_OPENS}{name}{_CLOSES}"


def partly_known(path: str, marks: frozenset[str] = NOTHING) -> Thing:
    """The value of a path with gaps."""
    return Thing(ENDING, (Const(path),), marks=marks)


def _part(value: Value) -> str:
    if isinstance(value, Const):
        return str(value.value)
    return known_end(value) or gap(_called(value))


def _called(value: Value) -> str:
    """The last name of what it was made of, which people may know it by."""
    if isinstance(value, Choice):
        return next((name for one in value.options if (name := _called(one)) != _NAMELESS), _NAMELESS)
    names = (value.name, *value.trail) if isinstance(value, Thing) else (getattr(value, "name", ""),)
    words = [_NO_LETTERS.sub("", one.rpartition(".")[2]) for one in names if isinstance(one, str)]
    return next((one for one in reversed(words) if one), _NAMELESS)


def with_gaps(how: str, text: str, args: tuple[Value, ...], named: dict[str, Value]) -> Thing | None:
    """What `text.format(...)` or `text.join(...)` puts together of parts that are not all known."""
    given = args[0] if len(args) == 1 else None
    if how == "join" and isinstance(given, Items) and given.is_whole and not given.may_be_empty:
        between = [part for one in given.values for part in (Const(text), one)][1:]
        return gapped(between)
    return _formatted(text, args, named) if how == "format" else None


def _formatted(template: str, args: tuple[Value, ...], named: dict[str, Value]) -> Thing | None:
    parts: list[Value] = []
    places = iter(args)
    try:
        for text, name, spec, conversion in string.Formatter().parse(template):
            parts.append(Const(text))
            if name is None:
                continue
            if spec or conversion or (name and not name.isidentifier()):
                return None
            parts.append(named[name] if name else next(places))
    except (ValueError, KeyError, StopIteration):
        return None
    return gapped(parts)


def by_percent(template: str, given: Value) -> Thing | None:
    """What `template % given` puts together of parts that are not all known."""
    values = list(given.values) if isinstance(given, Items) else [given]
    pieces = template.split("%s")
    if len(pieces) != len(values) + 1 or "%" in "".join(pieces):
        return None
    parts = [part for text, one in zip(pieces, values, strict=False) for part in (Const(text), one)]
    return gapped([*parts, Const(pieces[-1])])


def has_gap(value: Value | None) -> bool:
    """Whether a part of a path is not known that stands behind its beginning."""
    return _OPENS in known_end(value)


def shown(path: str) -> str:
    """The path as the map has it."""
    return _GAP.sub(r"{\1}", path)


__all__ = ["by_percent", "gap", "gapped", "has_gap", "partly_known", "shown", "with_gaps"]
