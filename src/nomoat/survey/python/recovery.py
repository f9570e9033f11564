"""A second reading of a file that did not parse whole: definition by definition.

One open bracket can make the parser give up on all that follows. Read apart, each definition that is whole stays whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from nomoat.survey.python import form
from nomoat.survey.python.form import Body, Broken
from nomoat.survey.python.lower import Reading

# A line that starts a definition at the margin.
_START = re.compile(rb"^(?:@|def\b|class\b|async[ \t]+def\b)", re.MULTILINE)
_DECORATOR = b"@"
_MAX_PIECES = 2_000


def second_reading(source: bytes, first: Reading, read: Callable[[bytes], Reading | None]) -> Reading:
    """The better of the first reading and one definition by definition: that which finds more definitions."""
    if not any(region.loses for region in first[1]):
        return first
    pieces = _pieces(source, first[0])
    if not 1 < len(pieces) <= _MAX_PIECES:
        return first
    body: list[form.Node] = []
    broken: list[Broken] = []
    for start, end in pieces:
        piece = read(source[start:end])
        if piece is None:
            return first
        statements, regions = piece
        body.extend(_moved(statement, start) for statement in statements)
        broken.extend(Broken(each.start + start, each.end + start, each.loses, each.why) for each in regions)
    if _definitions(tuple(body)) <= _definitions(first[0]):
        return first
    return tuple(body), tuple(broken)


def _pieces(source: bytes, body: Body) -> list[tuple[int, int]]:
    # What the first reading took for one long text is not cut apart: it may well quote a definition.
    texts = [node[1:3] for node in form.walk(body) if node[0] in (form.CONSTANT, form.FSTRING)]
    starts = [0]
    decorated = False
    for found in _START.finditer(source):
        at = found.start()
        if not decorated and not any(start < at < end for start, end in texts):
            starts.append(at)
        decorated = found.group() == _DECORATOR
    return [(start, end) for start, end in zip(starts, [*starts[1:], len(source)], strict=True) if start < end]


def _definitions(body: Body) -> int:
    return sum(node[0] in (form.FUNCTION, form.CLASS) for node in form.walk(body))


def _moved(node: form.Node, by: int) -> form.Node:
    """The node at its place in the whole file."""
    node = _shifted(node, by)
    return (node[0], node[1] + by, node[2] + by, *[_moved_part(part, by) for part in node[3:]])


def _shifted(node: form.Node, by: int) -> form.Node:
    # FUNCTION and CLASS keep one more place: that of their name, last.
    return (*node[:-1], node[-1] + by) if node[0] in (form.FUNCTION, form.CLASS) else node


def _moved_part(part: object, by: int) -> object:
    if type(part) is not tuple or not part:
        return part
    if type(part[0]) is int:
        return _moved(part, by)
    return tuple(_moved_part(inner, by) for inner in part)
