"""The grammar of Python as tree-sitter has it: kinds by name, and the one parser.

Loading it takes a few milliseconds, so it is imported only where there is something to parse.
"""

from __future__ import annotations

import tree_sitter_python
from tree_sitter import Language, Parser

LANGUAGE = Language(tree_sitter_python.language())
#: The number of a kind to its name, and a name to all its numbers (aliases have several); hidden kinds are left out.
NAMES: list[str] = [LANGUAGE.node_kind_for_id(number) or "" for number in range(LANGUAGE.node_kind_count)]
KINDS: dict[str, tuple[int, ...]] = {}
for _number, _name in enumerate(NAMES):
    if LANGUAGE.node_kind_is_named(_number) and LANGUAGE.node_kind_is_visible(_number):
        KINDS[_name] = (*KINDS.get(_name, ()), _number)
#: The number that the parser gives to what does not parse.
ERROR = 65535


def new_parser() -> Parser:
    """A parser of its own for the caller; parsers keep state and are not shared between threads."""
    return Parser(LANGUAGE)
