"""Takes grants out of the text of a nomoat.yaml and leaves everything else, comments too, as it stands.

Works on the places of the list items, in block (`- read`) and flow (`[read, write]`) style; what it does not understand
it leaves alone by giving None. Whoever calls it reads the result again: an edit is a proposal until it parses as meant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from typing import TypeAlias

from nomoat.datafile import Mapping, Node, Place, Sequence, Value

#: A holder as grants name it (`role:customer`, `service:billing`), and a permission.
Pair = tuple[str, str]
#: What stands in the place of a grant.
Names: TypeAlias = MappingOf[Pair, tuple[str, ...]]
#: Names that YAML reads as they are, in a list of either style.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*(?::[A-Za-z0-9_./-]+)*")


@dataclass(frozen=True, slots=True)
class _Holding:
    """The list of what one holder may; `key` is where the key of that list stands."""

    holder: str
    node: Node
    key: Place | None


@dataclass(frozen=True, slots=True, order=True)
class _Edit:
    start: int
    end: int
    text: str = ""


class _UnknownFormError(Exception):
    """The text has a form that is not edited here."""


def without(text: str, document: Mapping, pairs: Collection[Pair], instead: Names | None = None) -> str | None:
    """`text` without the grants of `pairs`; None where its form is not understood. `document` was read from `text`.

    In the place of the grants of `instead` stand the names that it has for them.
    """
    if re.search("[\x85\u2028\u2029]|\r(?!\n)|\\A\ufeff", text):
        # These move lines or columns between what YAML counts and what Python counts.
        return None
    source = _Source(text)
    edits: list[_Edit] = []
    try:
        for holding in _holdings(document):
            edits += _edits_of(source, holding, pairs, instead or {})
    except _UnknownFormError:
        return None
    for edit in sorted(set(edits), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _holdings(document: Mapping) -> Iterator[_Holding]:
    roles = document.get("roles")
    for name, role in roles.items() if isinstance(roles, Mapping) else ():
        if isinstance(role, Mapping):
            may = role.get("may")
            if may is not None:
                yield _Holding(f"role:{name}", may, role.key_places["may"])
        else:
            assert isinstance(roles, Mapping)
            yield _Holding(f"role:{name}", role, roles.key_places[name])
    calls = document.get("calls")
    for call in calls.items if isinstance(calls, Sequence) else ():
        if isinstance(call, Mapping) and (may := call.get("may")) is not None:
            caller = call.get("from")
            if isinstance(caller, Value):
                yield _Holding(f"service:{caller.data}", may, call.key_places["may"])


def _permission(node: Node) -> str:
    named = node.get("permission") if isinstance(node, Mapping) else node
    return named.data if isinstance(named, Value) and isinstance(named.data, str) else ""


def _edits_of(source: _Source, holding: _Holding, pairs: Collection[Pair], instead: Names) -> list[_Edit]:
    node = holding.node
    if isinstance(node, Value):
        if (holding.holder, _permission(node)) in {*pairs, *instead}:
            raise _UnknownFormError
        return []
    if not isinstance(node, Sequence):
        return []
    gone = [index for index, item in enumerate(node.items) if (holding.holder, _permission(item)) in pairs]
    is_flow = source.at(node.place) == "["
    edits = [
        _named(source, item, instead[pair], is_flow=is_flow)
        for item in node.items
        if (pair := (holding.holder, _permission(item))) in instead
    ]
    if not gone:
        return edits
    if is_flow:
        if edits:
            # Both would be one edit of the same list: the names first, what is unused at the next time.
            raise _UnknownFormError
        return [_flow(source, node, gone)]
    edits += [_block(source, node, index) for index in gone]
    if len(gone) == len(node.items):
        edits.append(_emptied(source, holding))
    return edits


def _named(source: _Source, item: Node, names: tuple[str, ...], *, is_flow: bool) -> _Edit:
    """The names in the place of one plain item."""
    if not isinstance(item, Value) or not isinstance(item.data, str):
        raise _UnknownFormError
    start = source.offset(item.place)
    end = source.end_of_scalar(start, item.data)
    written = [name if _PLAIN.fullmatch(name) else json.dumps(name) for name in names]
    if is_flow:
        return _Edit(start, end, ", ".join(written))
    lead = source.line(item.place.line)[: item.place.column - 1]
    if not re.fullmatch(r"\s*-\s+", lead):
        raise _UnknownFormError
    return _Edit(start, end, f"\n{lead}".join(written))


def _flow(source: _Source, node: Sequence, gone: list[int]) -> _Edit:
    """`[a, b, c]` without `b`: each item goes with what follows it, the last one with what stands before it."""
    starts = [source.offset(item.place) for item in node.items]
    ends = [source.end_of_flow(start) for start in starts]
    if starts != sorted(set(starts)):
        raise _UnknownFormError
    kept = [index for index in range(len(starts)) if index not in gone]
    parts = []
    for index in kept:
        is_last = index == kept[-1]
        parts.append(source.text[starts[index] : ends[index] if is_last else starts[index + 1]])
    return _Edit(starts[0], ends[-1], "".join(parts))


def _block(source: _Source, node: Sequence, index: int) -> _Edit:
    """The lines of one `- item`, without the comments that stand above the next one."""
    item = node.items[index]
    first = item.place.line
    lead = source.line(first)[: item.place.column - 1]
    if not re.fullmatch(r"\s*-\s+", lead):
        raise _UnknownFormError
    dash = lead.index("-")
    last = first
    following = node.items[index + 1].place.line if index + 1 < len(node.items) else None
    while last < source.count and (following is None or last + 1 < following):
        line = source.line(last + 1)
        if following is None and line.strip() and len(line) - len(line.lstrip()) <= dash:
            break
        last += 1
    while last > first and (not source.line(last).strip() or source.line(last).lstrip().startswith("#")):
        last -= 1
    return _Edit(source.start(first), source.start(last + 1))


def _emptied(source: _Source, holding: _Holding) -> _Edit:
    assert holding.key is not None
    at = source.offset(holding.key)
    found = re.compile(r"""(?:"[^"\n]*"|'[^'\n]*'|[^\s:]+)\s*:(?=\s)""").match(source.text, at)
    if found is None:
        raise _UnknownFormError
    return _Edit(found.end(), found.end(), " []")


class _Source:
    """A text by lines and offsets; lines and columns count from 1."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        if not text.endswith("\n"):
            self._starts.append(len(text))
        self.count = len(self._starts) - 1

    def start(self, line: int) -> int:
        """The offset of a line's first character; of the end for the line after the last."""
        return self._starts[min(line, self.count + 1) - 1]

    def line(self, line: int) -> str:
        """A line without its break."""
        return self.text[self.start(line) : self.start(line + 1)].rstrip("\r\n")

    def offset(self, place: Place) -> int:
        """Where a place is."""
        return self.start(place.line) + place.column - 1

    def at(self, place: Place) -> str:
        """The character at a place."""
        return self.text[self.offset(place) : self.offset(place) + 1]

    def end_of_flow(self, start: int) -> int:
        """The end of an item of a flow list: before its comma or the closing bracket, without trailing blanks."""
        depth = 0
        at = start
        while at < len(self.text):
            character = self.text[at]
            if character in "\"'" and (at == start or self.text[at - 1] in " ,:[{\n"):
                at = self._end_of_quoted(at)
                continue
            if character == "#" and self.text[at - 1] in " \n":
                raise _UnknownFormError
            if character in "[{":
                depth += 1
            elif character in "]}" and depth:
                depth -= 1
            elif character in ",]" and not depth:
                return start + len(self.text[start:at].rstrip())
            at += 1
        raise _UnknownFormError

    def end_of_scalar(self, start: int, data: str) -> int:
        """The end of a text on one line, quoted or not."""
        if self.text[start] in "\"'":
            return self._end_of_quoted(start)
        if self.text[start : start + len(data)] != data:
            raise _UnknownFormError
        return start + len(data)

    def _end_of_quoted(self, at: int) -> int:
        quote = self.text[at]
        pattern = r'"(?:[^"\\]|\\.)*"' if quote == '"' else r"'(?:[^']|'')*'"
        found = re.compile(pattern, re.DOTALL).match(self.text, at)
        if found is None:
            raise _UnknownFormError
        return found.end()
