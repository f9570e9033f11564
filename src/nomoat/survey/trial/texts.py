"""Texts put together of others: f-strings, `+`, `%`, `join` and `format`, where all that goes in is known.

Of a part that may be one of several constants, each gives a text of its own.
"""

from __future__ import annotations

import itertools
import re
import string
from collections.abc import Callable, Iterable
from dataclasses import replace

from nomoat.survey.trial.values import (
    ENDING,
    SETTING,
    UNREAD,
    Choice,
    Const,
    Items,
    Outside,
    Table,
    Thing,
    Value,
    joined,
    options,
    union,
)

#: Widths and precisions are left alone: `%999999999s` would be a text of that length.
_PLACE = re.compile(r"%(?:\((\w+)\))?([sd%])")
_MOST = 8
#: The name of a text of which only the beginning is known, which is its argument.
_BEGINNING = "beginning()"
#: What is not what source has for it.
_NOT_FIXED = frozenset(("setting", "changed"))
#: What a template for `format` begins with.
_FIRST = re.compile(r"\{(\w*)\}")
#: What stands in a pattern for something that is not known, what is escaped in one, and a group with a name.
_ANY = "[^/]+"
_ESCAPED = re.compile(r"\\.")
_NAMED = re.compile(r"\(\?P<\w+>")
#: Methods of a text that put others together.
MADE = frozenset(("format", "format_map", "join"))


def put_together(parts: list[Value], make: Callable[[list[object]], str | None]) -> Value | None:
    """What `make` gives of the constants; None where a part may be something else."""
    known = [[one for one in options(part) if isinstance(one, Const)] for part in parts]
    if any(len(options(part)) != len(found) for part, found in zip(parts, known, strict=True)):
        return None
    count = 1
    for found in known:
        count *= len(found)
    if not 0 < count <= _MOST:
        return None
    texts = [(make([one.value for one in row]), union(row)) for row in itertools.product(*known)]
    made: list[Value] = [Const(text, marks) for text, marks in texts if text is not None]
    return _with_usual(joined(made), parts, make) if len(made) == len(texts) else None


def _with_usual(whole: Value, parts: list[Value], make: Callable[[list[object]], str | None]) -> Value:
    """Of several texts, the one that is made of what is there as source has every setting."""
    if not isinstance(whole, Choice):
        return whole
    usual = [one.usual if isinstance(one, Choice) else one for one in parts]
    told = [one for one in usual if isinstance(one, Const)]
    text = make([one.value for one in told]) if len(told) == len(parts) else None
    found = next((one for one in whole.options if isinstance(one, Const) and one.value == text), None)
    return replace(whole, usual=found) if found is not None else whole


def defaults(parts: list[Value]) -> list[Value]:
    """Parts of a text, with what is there as source has every setting in the place of one of several.

    `"/" + config.link`, where a file beside the program may name another link.
    """
    return [one if (usual := _default(one)) is None else replace(usual, marks=usual.marks | SETTING) for one in parts]


def _default(value: Value) -> Const | None:
    """What is there as source has every setting; beside what a setting gives it is what source has for it."""
    if not isinstance(value, Choice) or isinstance(value.usual, Const):
        return value.usual if isinstance(value, Choice) and isinstance(value.usual, Const) else None
    known = [one for one in value.options if isinstance(one, Const)]
    others = [one for one in value.options if not isinstance(one, Const)]
    is_told = len(known) == 1 and all(isinstance(one, Thing) and SETTING <= one.marks for one in others)
    return known[0] if is_told else None


def of_groups(parts: list[Value]) -> Const | None:
    """A pattern of which only what stands within groups is not known: `rf"^(?P<kind>{KINDS})/$"`.

    Whatever fits a group, it is one parameter of a path.
    """
    text, marks = "", union(parts)
    for part in parts:
        known = part.value if isinstance(part, Const) and isinstance(part.value, str) else None
        if known is None and not _is_in_group(text):
            return None
        text += _ANY if known is None else known
    return Const(text, marks - UNREAD) if _NAMED.search(text) else None


def _is_in_group(text: str) -> bool:
    """Whether a group of a pattern that has a name, or none, is open where the text ends."""
    plain = _ESCAPED.sub("", text)
    return plain.count("(") - plain.count(")") == 1 and "[" not in plain.rpartition("(")[2]


def ending(parts: list[Value]) -> Value | None:
    """A text whose beginning is not known, and all behind it is: `f"{root}/login"`.

    Where the beginning may be one of several, it is one of several, too: `(os.getenv("ROOT") or "/") + "login"`.
    """
    rest = parts[1:]
    texts = [one.value for one in rest if isinstance(one, Const) and isinstance(one.value, str)]
    if not rest or len(texts) != len(rest):
        return None
    end, marks, found = "".join(texts), union(parts), list[Value]()
    for first in options(parts[0]):
        if isinstance(first, (Thing, Outside)):
            found.append(Thing(ENDING, (Const(known_end(first) + end),), marks=marks))
        elif isinstance(first, Const) and isinstance(first.value, str):
            found.append(Const(first.value + end, first.marks))
        else:
            return None
    return joined(found)


def beginning(parts: list[Value], marks: frozenset[str]) -> Thing | None:
    """A text of which the beginning is known, and what is behind it is not: `f"user:{row.owner_id}"`."""
    start = ""
    for part in parts:
        if isinstance(part, Const) and isinstance(part.value, str) and not part.marks:
            start += part.value
            continue
        start += known_beginning(part)
        break
    return Thing(_BEGINNING, (Const(start),), marks=marks) if start else None


def known_beginning(value: Value | None) -> str:
    """What is known of a text of which only the beginning is; empty of any other."""
    is_one = isinstance(value, Thing) and value.name == _BEGINNING and bool(value.args) and not value.trail
    start = value.args[0] if is_one and isinstance(value, Thing) else None
    return str(start.value) if isinstance(start, Const) else ""


def are_apart(one: Value, other: Value) -> bool:
    """Whether two values are surely not the same text: of one the beginning is known, and the other has another."""
    starts = known_beginning(one), known_beginning(other)
    if all(starts):
        return not (starts[0].startswith(starts[1]) or starts[1].startswith(starts[0]))
    start, that = (starts[0], other) if starts[0] else (starts[1], one)
    if not start or not isinstance(that, Const) or that.marks & _NOT_FIXED:
        return False
    return not (isinstance(that.value, str) and that.value.startswith(start))


def known_end(value: Value | None) -> str:
    """What is known of a text of which only the end is; empty of any other."""
    is_end = isinstance(value, Thing) and value.name == ENDING and bool(value.args) and not value.trail
    end = value.args[0] if is_end and isinstance(value, Thing) else None
    return str(end.value) if isinstance(end, Const) else ""


def percent(template: str, values: Value, *, may_end: bool = False) -> Value | None:
    """`template % values`; `may_end`: of what begins with something that is not known, the end is enough."""
    if isinstance(values, Table):
        names = [str(key) for key in values.entries]
        return put_together(
            list(values.entries.values()), lambda row: _percent(template, dict(zip(names, row, strict=True)))
        )
    given = list(values.values) if isinstance(values, Items) else [values]
    known = put_together(given, lambda row: _percent(template, row))
    pieces = template.split("%s") if known is None and may_end else []
    if len(pieces) == len(given) + 1 and (whole := of_groups(_between(pieces, given))) is not None:
        return whole
    if known is not None or not may_end or not template.startswith("%s") or not given:
        return known
    # `"%s/login" % root`
    rest = put_together(given[1:], lambda row: _percent(template[2:], row))
    return ending([given[0], rest]) if isinstance(rest, Const) else None


def _between(pieces: list[str], given: list[Value]) -> list[Value]:
    """The pieces of a template with what is put between them."""
    return [
        *(one for text, value in zip(pieces, given, strict=False) for one in (Const(text), value)),
        Const(pieces[-1]),
    ]


def _percent(template: str, given: list[object] | dict[str, object]) -> str | None:
    if "%" in _PLACE.sub("", template):
        return None
    left = iter(given if isinstance(given, list) else ())
    try:
        return _PLACE.sub(lambda found: _filled(found, given, left), template)
    except (KeyError, StopIteration):
        return None


def _filled(found: re.Match[str], given: list[object] | dict[str, object], left: Iterable[object]) -> str:
    if found.group(2) == "%":
        return "%"
    if isinstance(given, dict):
        return str(given[found.group(1) or ""])
    if found.group(1):
        raise KeyError(found.group(1))
    return str(next(iter(left)))


def filled(template: str, args: tuple[Value, ...], named: dict[str, Value], *, may_end: bool = False) -> Value | None:
    """`template.format(*args, **named)`."""
    used = _fields(template)
    named = {name: value for name, value in named.items() if name in used}  # Whatever else is given is left out.
    names = list(named)
    count = len(args)
    known = put_together(
        [*args, *named.values()],
        lambda row: _format(template, row[:count], dict(zip(names, row[count:], strict=True))),
    )
    first = _FIRST.match(template) if may_end else None
    if known is not None or first is None:
        return known
    # `"{}/login".format(root)`, `"{root}/login".format(root=root)`
    name, rest = first.group(1), template[first.end() :]
    begins = named.pop(name, None) if name and not name.isdigit() else args[0] if args and name in ("", "0") else None
    further = args if name and name != "0" else (*((Const(""),) if name else ()), *args[1:])
    others = filled(rest, further, named) if begins is not None and "{0}" not in rest else None
    return ending([begins, others]) if begins is not None and isinstance(others, Const) else None


def made(
    how: str, text: str, args: tuple[Value, ...], named: dict[str, Value], *, may_end: bool = False
) -> Value | None:
    """What a method of a text puts together; None where a part of it is not known."""
    if how == "format":
        return filled(text, args, named, may_end=may_end)
    given = args[0] if len(args) == 1 else None
    if how == "format_map" and isinstance(given, Table):
        return filled(text, (), {str(key): value for key, value in given.entries.items()})
    return joined_by(text, given, may_end=may_end) if how == "join" and given is not None else None


def joined_by(separator: str, given: Value, *, may_end: bool = False) -> Value | None:
    """`separator.join(given)`; `may_end`: of what begins with something that is not known, the end is enough."""
    if not isinstance(given, Items) or not given.is_whole or given.may_be_empty:
        return None
    known = put_together(list(given.values), lambda row: _join(separator, row))
    if known is not None or not may_end or len(given.values) < 2:
        return known
    rest = put_together(given.values[1:], lambda row: _join(separator, row))
    return ending([given.values[0], Const(separator), rest]) if isinstance(rest, Const) else None


def _join(separator: str, row: list[object]) -> str | None:
    texts = [one for one in row if isinstance(one, str)]
    return separator.join(texts) if len(texts) == len(row) else None


def _fields(template: str) -> set[str]:
    """The names of what a template asks for."""
    try:
        asked = [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]
    except ValueError:
        return set()
    return {re.split(r"[.\[]", name, maxsplit=1)[0] for name in asked}


def _format(template: str, args: list[object], named: dict[str, object]) -> str | None:
    found: list[str] = []
    places = itertools.count()
    try:
        for text, name, spec, conversion in string.Formatter().parse(template):
            found.append(text)
            if name is None:
                continue
            if spec or conversion:
                return None
            key = name or str(next(places))
            found.append(str(args[int(key)] if key.isdigit() else named[key]))
    except (ValueError, KeyError, IndexError):
        return None
    return "".join(found)
