"""What all lowering stands on: the buffer, the table of handlers, names, constants and texts.

Hot code: nodes are read by `named_children` and `kind_id` alone, text is sliced from the one buffer, positions stay
byte offsets; `node.type`, `node.text` and `start_point` would each cost more than all the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import intern
from typing import TYPE_CHECKING, TypeAlias

from nomoat.survey.python import form, literals
from nomoat.survey.python.form import CONSTANT, FORMATTED, FSTRING, NAME, TUPLE, UNKNOWN, Broken, Node
from nomoat.survey.python.grammar import ERROR, KINDS, NAMES
from nomoat.survey.python.names import name
from nomoat.survey.python.regions import loses

if TYPE_CHECKING:
    from tree_sitter import Node as Parsed

Handler: TypeAlias = "Callable[[Parsed, int], Node]"

SKIPPED = frozenset((KINDS["comment"][0], KINDS["line_continuation"][0]))
_STRING_CONTENT, _INTERPOLATION = KINDS["string_content"][0], KINDS["interpolation"][0]
_FORMAT_SPECIFIER, _TYPE_CONVERSION = KINDS["format_specifier"][0], KINDS["type_conversion"][0]
_QUOTES = frozenset(b"\"'")
#: Texts below this many bytes are kept once for all files; keys, names and messages repeat.
_SHORT = 64


class _Names(dict[bytes, str]):
    """Each name, once for all files."""

    def __missing__(self, raw: bytes) -> str:
        found = self[raw] = name(raw)
        return found


class _Texts(dict[bytes, str]):
    """Each short text, once for all files."""

    def __missing__(self, raw: bytes) -> str:
        text = self[raw] = intern(raw.decode("utf-8", "replace"))
        return text


class TextLowering:
    """Lowers names, constants and texts; one object serves many files, one after the other."""

    def __init__(self) -> None:
        self.source = b""
        self.broken: list[Broken] = []
        self.names = _Names()
        self._texts = _Texts()
        # One place for every kind, the parser's own number for an error too.
        self.table: list[Handler] = [self._unknown] * (ERROR + 1)
        for kind_name, handler in self.handlers().items():
            for kind in KINDS[kind_name]:
                self.table[kind] = handler

    def handlers(self) -> dict[str, Handler]:
        """Kind of the parser to the method that lowers it."""
        return {
            "identifier": self._name, "string": self._string, "concatenated_string": self._concatenated,
            "integer": self._integer, "float": self._float, "true": self._true, "false": self._false,
            "none": self._none, "ellipsis": self._ellipsis, "format_expression": self._replacement,
        }  # fmt: skip

    def expression(self, node: Parsed, depth: int) -> Node:
        """The lowered node; too deep a one becomes UNKNOWN and is reported."""
        if depth > form.MAX_DEPTH:
            return self.too_deep(node)
        return self.table[node.kind_id](node, depth + 1)

    def too_deep(self, node: Parsed) -> Node:
        """UNKNOWN for a node below the depth limit, reported as a region of its own."""
        start, end = node.start_byte, node.end_byte
        self.broken.append(Broken(start, end, loses(self.source[start:end]), "nested too deeply"))
        return (UNKNOWN, start, end)

    # -- parts -------------------------------------------------------------------------------------------------------

    def parts(self, node: Parsed) -> list[Parsed]:
        """The named parts of a node, without comments; broken ones are left out, `regions` reports them."""
        return [child for child in node.named_children if child.kind_id not in _LEFT_OUT]

    def expected(self, node: Parsed, count: int) -> list[Parsed]:
        """The named parts of a node that has `count` of them unless it is broken or commented."""
        parts = node.named_children
        return parts if len(parts) == count else self.parts(node)

    def text(self, node: Parsed) -> str:
        """The text of a node that is a name."""
        return self.names[self.source[node.start_byte : node.end_byte]]

    def many(self, nodes: list[Parsed], depth: int) -> tuple[Node, ...]:
        """Each of the nodes, lowered."""
        if depth > form.MAX_DEPTH:
            return tuple([self.too_deep(node) for node in nodes])
        table = self.table
        depth += 1
        return tuple([table[node.kind_id](node, depth) for node in nodes])

    def partly(self, node: Parsed, parts: list[Parsed], depth: int) -> Node:
        """What a node holds when it is not whole: one part stands for itself, several are a TUPLE."""
        if len(parts) == 1:
            return self.expression(parts[0], depth)
        start, end = node.start_byte, node.end_byte
        return (TUPLE, start, end, self.many(parts, depth)) if parts else (UNKNOWN, start, end)

    def _unknown(self, node: Parsed, depth: int) -> Node:
        start, end = node.start_byte, node.end_byte
        if node.kind_id != ERROR:
            why = f"'{NAMES[node.kind_id]}' is not understood"
            self.broken.append(Broken(start, end, loses(self.source[start:end]), why))
        return (UNKNOWN, start, end)

    def _name(self, node: Parsed, depth: int) -> Node:
        start, end = node.start_byte, node.end_byte
        if start == end:
            return (UNKNOWN, start, end)
        return (NAME, start, end, self.names[self.source[start:end]])

    # -- constants and texts -----------------------------------------------------------------------------------------

    def _true(self, node: Parsed, depth: int) -> Node:
        return (CONSTANT, node.start_byte, node.end_byte, True)

    def _false(self, node: Parsed, depth: int) -> Node:
        return (CONSTANT, node.start_byte, node.end_byte, False)

    def _none(self, node: Parsed, depth: int) -> Node:
        return (CONSTANT, node.start_byte, node.end_byte, None)

    def _ellipsis(self, node: Parsed, depth: int) -> Node:
        return (CONSTANT, node.start_byte, node.end_byte, ...)

    def _integer(self, node: Parsed, depth: int) -> Node:
        start, end = node.start_byte, node.end_byte
        raw = self.source[start:end]
        # Small numbers are by far the most.
        value = int(raw) if raw.isdigit() and (end - start == 1 or (raw[0] != 48 and end - start < 20)) else (
            literals.integer(raw.decode("utf-8", "replace"))
        )  # fmt: skip
        return (CONSTANT, start, end, value) if value is not None else (UNKNOWN, start, end)

    def _float(self, node: Parsed, depth: int) -> Node:
        start, end = node.start_byte, node.end_byte
        value = literals.decimal(self.source[start:end].decode("utf-8", "replace"))
        return (CONSTANT, start, end, value) if value is not None else (UNKNOWN, start, end)

    def _string(self, node: Parsed, depth: int) -> Node:
        start, end = node.start_byte, node.end_byte
        source = self.source
        first = source[start]
        if first in _QUOTES and end - start < _SHORT and source[start + 1] != first:
            # Most texts: no prefix, short, not in three quotes, nothing to decode.
            raw = source[start + 1 : end - 1]
            if b"\\" not in raw and source[end - 1] == first and end - start > 1:
                return (CONSTANT, start, end, self._texts[raw])
        return self._any_string(node, start, end, depth)

    def _any_string(self, node: Parsed, start: int, end: int, depth: int) -> Node:
        source = self.source
        opening = start
        while source[opening : opening + 1].isalpha():
            opening += 1
        prefix = source[start:opening].lower()
        if b"f" in prefix or b"t" in prefix:
            parts = self._format_parts(node.named_children, depth, raw=b"r" in prefix)
            return (FSTRING, start, end, parts, b"t" in prefix)
        quote = source[opening : opening + 3]
        width = 3 if quote in (b'"""', b"'''") and end - opening >= 6 else 1
        if end - opening < 2 * width or source[end - width : end] != quote[:width]:
            return (UNKNOWN, start, end)
        raw = source[opening + width : end - width]
        if b"b" in prefix:
            return (CONSTANT, start, end, raw if b"r" in prefix else literals.binary(raw))
        return (CONSTANT, start, end, raw.decode("utf-8", "replace") if b"r" in prefix else literals.text(raw))

    def _format_parts(self, nodes: list[Parsed], depth: int, *, raw: bool) -> tuple[Node, ...]:
        parts: list[Node] = []
        for node in nodes:
            kind = node.kind_id
            if kind == _STRING_CONTENT:
                start, end = node.start_byte, node.end_byte
                content = self.source[start:end].replace(b"{{", b"{").replace(b"}}", b"}")
                value = content.decode("utf-8", "replace") if raw else literals.text(content)
                parts.append((CONSTANT, start, end, value))
            elif kind == _INTERPOLATION:
                parts.append(self._interpolation(node, depth, raw=raw))
        return tuple(parts)

    def _replacement(self, node: Parsed, depth: int) -> Node:
        # A replacement within a format specifier: `{x:{width!r:0}}`.
        return self._interpolation(node, depth, raw=False)

    def _interpolation(self, node: Parsed, depth: int, *, raw: bool) -> Node:
        value: Node | None = None
        conversion = ""
        spec: tuple[Node, ...] = ()
        for part in self.parts(node):
            kind = part.kind_id
            if kind == _TYPE_CONVERSION:
                conversion = self.text(part)[1:]
            elif kind == _FORMAT_SPECIFIER:
                spec = self.many(self.parts(part), depth)
            elif value is None:
                value = self.expression(part, depth)
        if value is None:
            return (UNKNOWN, node.start_byte, node.end_byte)
        if conversion or spec:
            return (FORMATTED, node.start_byte, node.end_byte, value, conversion, spec)
        return value

    def _concatenated(self, node: Parsed, depth: int) -> Node:
        start, end = node.start_byte, node.end_byte
        pieces = self.many(self.parts(node), depth)
        values = [piece[3] for piece in pieces if piece[0] == CONSTANT]
        if len(values) == len(pieces) and values:
            if all(type(value) is str for value in values):
                return (CONSTANT, start, end, "".join(values))
            if all(type(value) is bytes for value in values):
                return (CONSTANT, start, end, b"".join(values))
        parts = tuple(part for piece in pieces for part in (piece[3] if piece[0] == FSTRING else (piece,)))
        return (FSTRING, start, end, parts, any(piece[0] == FSTRING and piece[4] for piece in pieces))


_LEFT_OUT = SKIPPED | {ERROR}
