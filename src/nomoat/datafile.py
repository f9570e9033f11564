"""Reads every YAML or JSON file of nomoat: strict YAML 1.2, with line and column of each value.

Text goes in, a tree of `Value`, `Sequence` and `Mapping` comes out, or a `DataFileError` with every mistake at once.
Nothing is constructed but text, numbers, booleans and null; depth, aliases and size are bounded: a hostile file ends.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from nomoat.errors import DataFileError, Problem, printable

Scalar: TypeAlias = str | int | float | bool | None

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 64
#: All nodes after aliases are followed; a "billion laughs" file passes it at once.
MAX_NODES = 400_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Value:
    """A scalar. `quoted` tells "5" from 5."""

    data: Scalar
    place: Place
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list, in order."""

    items: tuple[Node, ...]
    place: Place

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys (always text, unique) and values, in the order of the file; `key_places` has where each key stands."""

    entries: dict[str, Node]
    place: Place
    key_places: dict[str, Place]

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def get(self, key: str) -> Node | None:
        """The value of `key`, or None when it is absent."""
        return self.entries.get(key)

    def items(self) -> Iterable[tuple[str, Node]]:
        """Key and value, in the order of the file."""
        return self.entries.items()

    def __len__(self) -> int:
        return len(self.entries)


Node: TypeAlias = Value | Sequence | Mapping


def load(path: Path | str) -> Node:
    """The one document of a file. Raises DataFileError: unreadable, too large, or with mistakes."""
    path = Path(path)
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataFileError(f"cannot read this file: {reason}", where=str(path), fix="check path and rights") from error
    return parse(raw, name=str(path))


def parse(text: str | bytes, *, name: str) -> Node:
    """The one document in `text`; `name` stands for the file in messages. An empty document is null."""
    return _Composer(_decoded(text, name), name).document()


def documents(text: str | bytes, *, name: str) -> tuple[Node, ...]:
    """Every document in a file of another tool, where `<<` takes over what a key of its own does not say (YAML 1.1)."""
    return _Composer(_decoded(text, name), name, is_foreign=True).documents()


def plain(node: Node | None) -> Any:
    """The bare Python value (dict, list, str, int, float, bool, None) of a node, for printing and hashing only."""
    if node is None:
        return None
    if isinstance(node, Value):
        return node.data
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.entries.items()}


def _decoded(text: str | bytes, name: str) -> str:
    size_bytes = len(text)
    if size_bytes > MAX_BYTES:
        raise DataFileError(f"larger than {MAX_BYTES // 1024 // 1024} MB", where=name, fix="split the file")
    if isinstance(text, bytes):
        try:
            return _spaced(text.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            line = bytes(text[: error.start]).count(b"\n") + 1
            raise DataFileError("not UTF-8", where=f"{name}:{line}:1", fix="save the file as UTF-8") from error
    return _spaced(text)


def _spaced(text: str) -> str:
    """JSON as YAML reads it: without tabs, which may indent it, and without escaped surrogate pairs."""
    if text.lstrip()[:1] not in ("{", "["):
        return text
    # A tab is no character of a JSON string, so columns stay true.
    return _PAIR.sub(_joined, text.replace("\t", " "))


_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)


def _joined(found: re.Match[str]) -> str:
    high, low = int(found.group(2), 16), int(found.group(3), 16)
    return f"{found.group(1)}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"


# YAML 1.2.2, section 10.3.2 (core schema): no yes/no, no sexagesimal, no octal by a leading zero.
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_TRUE = frozenset(("true", "True", "TRUE"))
_FALSE = frozenset(("false", "False", "FALSE"))
_INT = re.compile(r"[-+]?[0-9]+\Z")
_HEX = re.compile(r"0x[0-9a-fA-F]+\Z")
_OCT = re.compile(r"0o[0-7]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_INF = re.compile(r"([-+]?)\.(inf|Inf|INF)\Z")
_TAGS = ("!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


def _scalar(text: str) -> Scalar:
    if text in _NULL:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if len(text) > 300:
        return text
    if _INT.match(text):
        return int(text)
    if _HEX.match(text) or _OCT.match(text):
        return int(text, 0)
    if _FLOAT.match(text):
        return float(text)
    if infinite := _INF.match(text):
        return -math.inf if infinite.group(1) == "-" else math.inf
    return math.nan if text in (".nan", ".NaN", ".NAN") else text


class _Composer:
    """Builds the tree from PyYAML's events, so that no object is ever constructed and every bound is ours."""

    def __init__(self, text: str, name: str, *, is_foreign: bool = False) -> None:
        self._text = text
        self._is_foreign = is_foreign
        self._name = name
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._open: set[str] = set()
        self._nodes = 0
        self._problems: list[Problem] = []

    def document(self) -> Node:
        """The one document; null where there is none."""
        found = self.documents()
        return found[0] if found else Value(None, Place(self._name, 1, 1))

    def documents(self) -> tuple[Node, ...]:
        """All of them."""
        import yaml

        try:
            # The pure Python parser is used where libyaml is absent; both give the same events.
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            self._events = yaml.parse(self._text, Loader=loader)
            roots = self._stream()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = f"{self._name}:{mark.line + 1}:{mark.column + 1}" if mark else self._name
            raise DataFileError(
                f"not valid YAML: {error.problem or error.context or 'it cannot be read'}", where=where, fix=_HINT
            ) from error
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise DataFileError("not valid YAML: it cannot be read", where=self._name, fix=_HINT) from error
        if self._problems:
            raise DataFileError("mistakes", problems=self._problems)
        return roots

    def _stream(self) -> tuple[Node, ...]:
        import yaml

        roots: list[Node] = []
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if roots and not self._is_foreign:
                    raise self._fatal("a second document in one file", event, "one document a file: remove the `---`")
                # An anchor is known within its own document.
                self._anchors.clear()
                roots.append(self._node(next(self._events), 1))
        return tuple(roots)

    def _node(self, event: Any, depth: int) -> Node:
        import yaml

        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before = self._nodes
        self._count(event, 1)
        if depth > MAX_DEPTH:
            raise self._fatal(f"nested deeper than {MAX_DEPTH} levels", event, "flatten it")
        if event.anchor:
            self._open.add(event.anchor)
        if event.tag is not None and event.tag not in _TAGS:
            self._mistake(
                f"the tag {event.tag} is not allowed", event, "remove it: values are text, numbers, lists, maps"
            )
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = self._value(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self._sequence(event, depth)
        else:
            node = self._mapping(event, depth)
        if event.anchor:
            self._open.discard(event.anchor)
            self._anchors[event.anchor] = (node, self._nodes - before)
        return node

    def _alias(self, event: Any) -> Node:
        if event.anchor in self._open:
            raise self._fatal(f"*{event.anchor} contains itself", event, "write the value out")
        if event.anchor not in self._anchors:
            raise self._fatal(f"*{event.anchor} is not defined above", event, "define it with & first")
        node, size = self._anchors[event.anchor]
        self._count(event, size)
        return node

    def _value(self, event: Any) -> Value:
        quoted = not event.implicit[0]
        data: Scalar = event.value if quoted else _scalar(event.value)
        return Value(data, self._place(event), quoted)

    def _sequence(self, event: Any, depth: int) -> Sequence:
        import yaml

        items: list[Node] = []
        for inner in self._events:
            if isinstance(inner, yaml.SequenceEndEvent):
                break
            items.append(self._node(inner, depth + 1))
        return Sequence(tuple(items), self._place(event))

    def _mapping(self, event: Any, depth: int) -> Mapping:
        import yaml

        entries: dict[str, Node] = {}
        places: dict[str, Place] = {}
        merged: list[Node] = []
        for inner in self._events:
            if isinstance(inner, yaml.MappingEndEvent):
                break
            key = self._node(inner, depth + 1)
            value = self._node(next(self._events), depth + 1)
            if self._is_foreign and isinstance(key, Value) and key.data == "<<" and not key.quoted:
                merged += value.items if isinstance(value, Sequence) else (value,)
                continue
            name = self._key(key, inner)
            if name is None:
                continue
            if name in entries:
                self._mistake(f"the key '{name}' stands twice (first in line {places[name].line})", inner, "keep one")
                continue
            entries[name] = value
            places[name] = key.place
        for other in merged:
            for name, value in other.entries.items() if isinstance(other, Mapping) else ():
                places.setdefault(name, value.place)
                entries.setdefault(name, value)
        return Mapping(entries, self._place(event), places)

    def _key(self, key: Node, event: Any) -> str | None:
        if isinstance(key, Value):
            if key.data == "<<" and not key.quoted:
                self._mistake("`<<` merges are not YAML 1.2", event, "write the entries out")
                return None
            if isinstance(key.data, str):
                return key.data
            # A key like 404 or true is the text that stands there.
            return str(event.value)
        self._mistake("a key must be text", event, "quote it")
        return None

    def _count(self, event: Any, size: int) -> None:
        self._nodes += size
        if self._nodes > MAX_NODES:
            raise self._fatal(f"more than {MAX_NODES} values (aliases followed)", event, "split the file")

    def _place(self, event: Any) -> Place:
        return Place(self._name, event.start_mark.line + 1, event.start_mark.column + 1)

    def _mistake(self, what: str, event: Any, fix: str) -> None:
        self._problems.append(Problem(what, str(self._place(event)), fix))

    def _fatal(self, what: str, event: Any, fix: str) -> DataFileError:
        return DataFileError(what, problems=[*self._problems, Problem(what, str(self._place(event)), fix)])


_HINT = "check indentation, quotes and brackets at this place"


class Reader:
    """Takes values out of nodes and collects every mistake; `finish` raises them together.

    Each method gives the value, or None (an empty tuple, the default) after noting a mistake, so that reading goes on.
    """

    def __init__(self, error: type[DataFileError] = DataFileError) -> None:
        self._error = error
        self.problems: list[Problem] = []

    def mistake(self, what: str, place: Place | Node | str, fix: str = "") -> None:
        """Notes a mistake at a place."""
        where = place if isinstance(place, (str, Place)) else place.place
        self.problems.append(Problem(what, str(where), fix))

    def finish(self) -> None:
        """Raises the error of this reader with all mistakes, in the order of the file; passes when there are none."""
        if self.problems:
            raise self._error("mistakes", problems=sorted(self.problems, key=position))

    def mapping(self, node: Node | None, what: str, *, known: Iterable[str] | None = None) -> Mapping | None:
        """A mapping; with `known`, every other key is a mistake with the nearest known one beside it."""
        if node is None:
            return None
        if not isinstance(node, Mapping):
            self.mistake(f"{what} must be a map of keys and values", node)
            return None
        if known is not None:
            allowed = list(known)
            for key, place in node.key_places.items():
                if key not in allowed:
                    self.mistake(f"unknown key '{key}' in {what}", place, did_you_mean(key, allowed))
        return node

    def sequence(self, node: Node | None, what: str) -> tuple[Node, ...]:
        """The items of a list."""
        if node is None:
            return ()
        if not isinstance(node, Sequence):
            self.mistake(f"{what} must be a list", node)
            return ()
        return node.items

    def text(self, node: Node | None, what: str, *, empty: bool = False) -> str | None:
        """Text; a number or a boolean is a mistake, as it would lose its spelling."""
        if node is None:
            return None
        if isinstance(node, Value) and isinstance(node.data, str) and (empty or node.data.strip()):
            return node.data
        self.mistake(
            f"{what} must be text", node, "quote it" if isinstance(node, Value) and node.data is not None else ""
        )
        return None

    def texts(self, node: Node | None, what: str) -> tuple[str, ...]:
        """A list of texts; one text alone counts as a list of one."""
        if isinstance(node, Value) and isinstance(node.data, str):
            return (node.data,)
        found = [self.text(item, f"each of {what}") for item in self.sequence(node, what)]
        return tuple(item for item in found if item is not None)

    def boolean(self, node: Node | None, what: str) -> bool | None:
        """true or false."""
        if node is None:
            return None
        if isinstance(node, Value) and isinstance(node.data, bool):
            return node.data
        self.mistake(f"{what} must be true or false", node)
        return None

    def integer(self, node: Node | None, what: str, *, least: int | None = None, most: int | None = None) -> int | None:
        """A whole number within its bounds."""
        if node is None:
            return None
        if isinstance(node, Value) and isinstance(node.data, int) and not isinstance(node.data, bool):
            number = node.data
            if (least is None or number >= least) and (most is None or number <= most):
                return number
        bounds = f" from {least}" if least is not None else ""
        bounds += f" up to {most}" if most is not None else ""
        self.mistake(f"{what} must be a whole number{bounds}", node)
        return None

    def choice(self, node: Node | None, what: str, allowed: Iterable[str]) -> str | None:
        """One of a closed set of texts."""
        text = self.text(node, what)
        options = list(allowed)
        if text is None or text in options:
            return text
        assert node is not None
        self.mistake(f"unknown {what} '{text}'", node, did_you_mean(text, options) or f"use {listed(options)}")
        return None

    def duration_s(self, node: Node | None, what: str) -> float | None:
        """Seconds from text such as 500ms, 30s, 15m, 1h, 7d, 4w."""
        text = self.text(node, what)
        if text is None:
            return None
        found = duration_s(text)
        if found is None:
            assert node is not None
            self.mistake(
                f"{what} '{text}' is no duration", node, "write a number and ms, s, m, h, d or w: 30s, 15m, 7d"
            )
        return found

    def each(self, node: Node | None, what: str, read: Callable[[str, Node, Place], None]) -> None:
        """Calls `read(key, value, place of the key)` for each entry of a mapping."""
        mapping = self.mapping(node, what)
        if mapping is not None:
            for key, value in mapping.entries.items():
                read(key, value, mapping.key_places[key])


_DURATION = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h|d|w)\s*\Z")
#: A thousand years: whatever is added to or taken from a time of today remains a time.
_LONGEST_S = 1000 * 365.25 * 86400
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


def duration_s(text: str) -> float | None:
    """Seconds from text such as 500ms, 30s, 15m, 1h, 7d, 4w; None when it is no duration, or over 1000 years."""
    found = _DURATION.match(text)
    seconds = float(found.group(1)) * _UNIT_S[found.group(2)] if found else None
    return seconds if seconds is not None and seconds <= _LONGEST_S else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known word, or all of them when none is near; empty without known words."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"known: {listed(words)}" if 0 < len(words) <= 20 else ""


def listed(words: Iterable[str]) -> str:
    """Words as people write a list: a, b or c."""
    items = [printable(word) for word in words]
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} or {items[-1]}" if items else ""


def position(problem: Problem) -> tuple[str, int, int]:
    """Where a problem stands, to sort by: file, line, column (0 where there is none)."""
    file, line, column = [*problem.where.rsplit(":", 2), "0", "0"][:3]
    return file, int(line) if line.isdigit() else 0, int(column) if column.isdigit() else 0
