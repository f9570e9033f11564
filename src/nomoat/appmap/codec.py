"""The map as text: the committed file (no lines, one entity a line, sorted) and the full JSON (`map --format json`).

Both are read by `loads`, which names everything that is wrong and never guesses; a newer format is an error.
The hash of a map covers the file form, so that moved lines change nothing.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from nomoat.appmap.model import FORMAT, Map, Parameter, ordered
from nomoat.errors import MapError

T = TypeVar("T")

#: The parts of a map that are lists of entities, as they are named in both forms.
_PARTS = ("services", "stores", "permissions", "roles", "tokens", "routes")
#: Parts that came later: a file without any of them does not have it.
_LATER = ("edges", "entries")
_LINE = re.compile(r":\d+$")
#: Controls, marks that reorder or hide text, and surrogates, which no file in UTF-8 can hold.
_UNREADABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_FIX = "draw it again: nomoat map --write"
MAX_BYTES = 64 * 1024 * 1024


def full(drawn: Map) -> dict[str, Any]:
    """The public JSON of `nomoat map --format json`, with lines, gaps and coverage."""
    drawn = ordered(drawn)
    document: dict[str, Any] = {"format": FORMAT}
    for part in (*_PARTS, *_LATER, "not_read"):
        document[part] = [_as_json(entity) for entity in getattr(drawn, part)]
    document["coverage"] = _as_json(drawn.coverage)
    return document


def file_text(drawn: Map) -> str:
    """The committed file: its diff is readable and merges. Paths without lines; what was not read is left out."""
    drawn = ordered(drawn)
    lines = ["{", f'"format": {FORMAT},']
    parts = (*(part for part in _LATER if getattr(drawn, part)), *_PARTS)
    for index, part in enumerate(parts):
        entities = [_without_lines(_as_json(entity)) for entity in getattr(drawn, part)]
        rows = sorted({_line(entity) for entity in entities})
        if part == "routes":
            rows = list(dict.fromkeys(_line(entity) for entity in entities))
        body = ",\n".join(rows)
        end = "" if index == len(parts) - 1 else ","
        lines.append(f'"{part}": [' + (f"\n{body}\n" if body else "") + f"]{end}")
    return "\n".join([*lines, "}", ""])


def _line(entity: Any) -> str:
    """One entity as JSON that a person can read, and a terminal that shows a difference need not obey."""
    # Outside its strings JSON is ASCII, so that each of these stands inside one, where an escape means the same.
    return _UNREADABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", json.dumps(entity, ensure_ascii=False))


def digest(drawn: Map) -> str:
    """`sha256:` and the hash of the file form."""
    return "sha256:" + hashlib.sha256(file_text(drawn).encode()).hexdigest()


def load(path: Path) -> Map:
    """The map of a file. Raises MapError: absent, unreadable, garbage, or of a newer format."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise MapError("there is no map", where=str(path), fix="draw it: nomoat map --write") from error
    except OSError as error:
        raise MapError(
            f"cannot read the map: {error.strerror}", where=str(path), fix="check path and rights"
        ) from error
    if len(raw) > MAX_BYTES:
        raise MapError("the map is larger than 64 MB", where=str(path), fix=_FIX)
    return loads(raw, name=str(path))


def loads(text: str | bytes, *, name: str = "map.json") -> Map:
    """The map in `text`, either form. Raises MapError."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MapError("the map is no valid JSON", where=name, fix=_FIX) from error
    if not isinstance(document, dict):
        raise MapError("the map is no JSON object", where=name, fix=_FIX)
    version = document.get("format")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise MapError("the map has no format number", where=name, fix=_FIX)
    if version > FORMAT:
        raise MapError(
            f"the map has format {version}, this nomoat reads up to {FORMAT}", where=name, fix="upgrade nomoat"
        )
    try:
        parts = {f.name: _build(get_type_hints(Map)[f.name], document[f.name], f.name) for f in _fields_in(document)}
        return ordered(Map(**parts))
    except (TypeError, ValueError, KeyError) as error:
        raise MapError(f"the map is damaged: {error}", where=name, fix=_FIX) from error


def _fields_in(document: dict[str, Any]) -> list[dataclasses.Field[Any]]:
    missing = [part for part in _PARTS if part not in document]
    if missing:
        raise ValueError(f"'{missing[0]}' is missing")
    return [f for f in dataclasses.fields(Map) if f.name in document]


def _as_json(entity: Any) -> Any:
    if dataclasses.is_dataclass(entity) and not isinstance(entity, type):
        return {_name_out(entity, f.name): _as_json(getattr(entity, f.name)) for f in dataclasses.fields(entity)}
    if isinstance(entity, tuple):
        return [_as_json(item) for item in entity]
    return entity


def _name_out(entity: Any, name: str) -> str:
    return "in" if isinstance(entity, Parameter) and name == "location" else name


def _without_lines(value: Any, field: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _without_lines(item, name) for name, item in value.items()}
    if isinstance(value, list):
        items = [_without_lines(item, field) for item in value]
        return list(dict.fromkeys(items)) if field == "at" else items
    return _LINE.sub("", value) if field in ("at", "registered_at") and isinstance(value, str) else value


def _build(kind: Any, value: Any, where: str) -> Any:
    """`value` as the annotated type; raises ValueError with the place inside the document."""
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _record(kind, value, where)
    origin = get_origin(kind)
    if origin is tuple:
        return _tuple(get_args(kind), value, where)
    if origin is typing.Literal:
        return _one(kind, value, where, lambda: value in get_args(kind))
    if origin in (typing.Union, types.UnionType):
        for option in get_args(kind):
            try:
                return _build(option, value, where)
            except ValueError:
                continue
        raise ValueError(f"{where} has an unexpected value")
    if kind is type(None):
        return _one(kind, value, where, lambda: value is None)
    return _one(kind, value, where, lambda: isinstance(value, kind) and (kind is bool or not isinstance(value, bool)))


def _one(_kind: Any, value: T, where: str, fits: Callable[[], bool]) -> T:
    if not fits():
        raise ValueError(f"{where} has an unexpected value")
    return value


def _tuple(inner: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{where} is no list")
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(_build(inner[0], item, f"{where}[{index}]") for index, item in enumerate(value))
    if len(inner) != len(value):
        raise ValueError(f"{where} has {len(value)} items, not {len(inner)}")
    return tuple(_build(kind, item, where) for kind, item in zip(inner, value, strict=True))


def _record(kind: type[Any], value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{where} is no object")
    hints = _hints(kind)
    known: dict[str, Any] = {}
    for item in dataclasses.fields(kind):
        name = "in" if kind is Parameter and item.name == "location" else item.name
        if name in value:
            known[item.name] = _build(hints[item.name], value[name], f"{where}.{name}")
        elif item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING:
            raise ValueError(f"{where}.{name} is missing")
    # A field that a newer nomoat of the same format added is left alone: it can only say more.
    return kind(**known)


#: The types of each record's fields: finding them out costs more than all else of reading one.
_known_hints: dict[type[Any], dict[str, Any]] = {}


def _hints(kind: type[Any]) -> dict[str, Any]:
    found = _known_hints.get(kind)
    if found is None:
        found = _known_hints[kind] = get_type_hints(kind)
    return found
