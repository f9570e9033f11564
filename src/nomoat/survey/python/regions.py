"""The regions of a file that did not parse, and whether a call or a definition may be lost in one.

Takes the parser's tree; goes only where the parser itself says that something is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nomoat.survey.python.form import Broken
from nomoat.survey.python.grammar import ERROR, KINDS

if TYPE_CHECKING:
    from tree_sitter import Node as Parsed

# A long string without an end may hide anything.
_LOSES = re.compile(rb"[\w\])]\s*\(|@|\b(?:def|class|lambda)\b|\"\"\"|'''")
_STRING_END = KINDS["string_end"][0]
#: What a broken region may hold and still be whole itself.
STATEMENTS = frozenset(
    kind
    for name, kinds in KINDS.items()
    if name.endswith("_statement") or name in ("function_definition", "class_definition", "decorated_definition")
    for kind in kinds
)
_DEFINITIONS = frozenset((*KINDS["function_definition"], *KINDS["class_definition"]))
#: Where lowering looks for whole statements in a broken region.
_BODIES = frozenset(
    kind
    for name in (
        "module", "block", "function_definition", "class_definition", "if_statement", "for_statement",
        "while_statement", "try_statement", "with_statement", "elif_clause", "else_clause", "except_clause",
        "finally_clause", "case_clause",
    )
    for kind in KINDS[name]
)  # fmt: skip


def loses(region: bytes) -> bool:
    """Whether a region of source may hold a call or a definition."""
    return _LOSES.search(region) is not None


def broken(source: bytes, root: Parsed) -> Iterator[Broken]:
    """Every region below `root` that did not parse.

    A token that is merely missing is a note: nothing is lost by it. In the head of a definition it is more: what that
    takes, and from where, is then a guess.
    """
    stack = [(root, True, False)]
    while stack:
        node, in_body, in_head = stack.pop()
        if node.is_missing and node.kind_id == _STRING_END and node.parent is not None:
            # All that follows became a text.
            yield Broken(node.parent.start_byte, node.parent.end_byte, True, "a text without an end")
        elif node.is_missing:
            yield Broken(node.start_byte, node.end_byte, in_head, "something is missing")
        elif node.kind_id == ERROR:
            # Statements in a region that stands among the parts of an expression are lost with it.
            kept = kept_in(node) if in_body else []
            yield Broken(node.start_byte, node.end_byte, in_head or _loses_beside(source, node, kept))
            stack.extend((child, True, False) for child in kept)
        elif node.has_error:
            in_body = node.kind_id in _BODIES
            inner = [child for child in node.children if child.has_error or child.is_missing]
            if not inner:
                # Only a token that nobody sees, such as the end of a line, is missing here.
                yield Broken(node.start_byte, node.end_byte, in_head, "something is missing")
            stack.extend((child, in_body, _in_head(node, child, in_head)) for child in inner)


def _in_head(node: Parsed, child: Parsed, in_head: bool) -> bool:
    """Whether a part belongs to the head of a definition: its name, what it takes, its bases."""
    if node.kind_id in _DEFINITIONS:
        colon = next((one for one in node.children if one.type == ":"), None)
        return colon is None or child.start_byte < colon.start_byte or child == colon
    return in_head and node.kind_id not in _BODIES


def kept_in(region: Parsed) -> list[Parsed]:
    """The statements that are whole inside of a broken region."""
    return [child for child in region.named_children if child.kind_id in STATEMENTS]


def _loses_beside(source: bytes, region: Parsed, kept: list[Parsed]) -> bool:
    at = region.start_byte
    for child in kept:
        if loses(source[at : child.start_byte]):
            return True
        at = child.end_byte
    return loses(source[at : region.end_byte])
