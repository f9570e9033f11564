"""Whether a file may nest deeper than the lowered form goes, told from its bytes alone.

Takes source that parses; a few C-speed passes, so that files which nobody asks about need not be lowered to be told of.
"""

from __future__ import annotations

import re

#: Far below `form.MAX_DEPTH`: brackets, blocks, chains and operators may add up.
_BRACKETS, _CHAINED, _BLANKS = 30, 40, 100
_NO_BRACKET = bytes(byte for byte in range(256) if byte not in b"()[]{}")
# An expression as deep as this on one line makes a long line.
_LONG = 160
_LINKS = re.compile(rb"[.~+*(\[{-]|\b(?:not|lambda|if|await|or|and)\b")
_LINKED_LINE = re.compile(rb"\n[ \t)\]}]*(?:\.|(?:else|not|lambda|await)\b(?!:))")
_INDENTED = (b" " * _BLANKS, b"\t" * (_BLANKS // 4))


def may_be_deep(source: bytes) -> bool:
    """Whether anything in the source may nest deeply. Text that looks like it counts, too."""
    if any(blanks in source for blanks in _INDENTED) or source.count(b"\\\n") > _CHAINED:
        return True
    if any(len(_LINKS.findall(line)) > _CHAINED for line in source.split(b"\n") if len(line) > _LONG):
        return True
    if len(_LINKED_LINE.findall(source)) > _CHAINED:
        return True
    brackets, before = source.translate(None, _NO_BRACKET), -1
    for _ in range(_BRACKETS):
        if len(brackets) == before:
            break
        before = len(brackets)
        brackets = brackets.replace(b"()", b"").replace(b"[]", b"").replace(b"{}", b"")
    # What is left stands in texts and comments, or is a nest too deep.
    return len(brackets) > _BRACKETS
