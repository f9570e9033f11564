"""Columns of tables and fields of collections that no class declares, by the statements and documents of source."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program

_WORDS = re.compile(
    rb"insert\s+(?:or\s+\w+\s+)?into|\bupdate\s|\bselect\s|create\s+table|insert_one|insert_many|find_one|\.find\(",
    re.I,
)
_NAME = r'["`\[]?(?:\w+["`\]]?\.["`\[]?)?(\w+)["`\]]?'
_INSERTS = re.compile(rf"\binsert\s+(?:or\s+\w+\s+|ignore\s+)?into\s+{_NAME}\s*\(([^()]*)\)", re.I)
_CREATES = re.compile(rf"\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?{_NAME}\s*\((.*)\)", re.I | re.S)
_SETS = re.compile(rf"\bupdate\s+{_NAME}\s+set\b(.*)", re.I | re.S)
_SELECTS = re.compile(rf"\bselect\b(.*?)\bfrom\s+{_NAME}\s*(?:\bwhere\b(.*))?$", re.I | re.S)
_COMPARED = re.compile(r"(?<![.\w])[\"`]?([A-Za-z_]\w*)[\"`]?\s*(?:=|<|>|\bin\b|\blike\b|\bis\b)", re.I)
_NO_COLUMN = frozenset(
    ("primary", "foreign", "unique", "check", "constraint", "key", "index", "select", "where", "and")
)
_FILTERS = frozenset(("find", "find_one", "update_one", "update_many", "delete_one", "delete_many", "count_documents"))
_MADE = frozenset(("insert_one", "insert_many"))
_MAX_TEXT = 4_000


class Columns:
    """Answers for one program, which is gone through when a table is asked for first."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._found: dict[str, dict[str, None]] | None = None

    def of(self, name: str) -> tuple[str, ...]:
        """The columns that statements name of a table, and the fields that documents have in a collection."""
        if self._found is None:
            self._found = {}
            for path in self._program.words.matching(_WORDS):
                nodes = list(form.walk(self._program.modules[path].body))
                for node in nodes:
                    for table, column in _named(node, nodes):
                        self._found.setdefault(table.lower(), {})[column] = None
        return tuple(self._found.get(name.lower(), ()))


def _named(node: Node, nodes: list[Node]) -> Iterator[tuple[str, str]]:
    """Tables and columns that a text or a call names."""
    if node[0] == form.CALL and node[3][0] == form.ATTRIBUTE and node[3][4] in _FILTERS | _MADE and node[4]:
        collection = _last(node[3][3])
        for document in _documents(node[4][0], nodes) if collection else ():
            for key, _ in document[3]:
                name = form.text_of(key) if key is not None else None
                if name and not name.startswith("$"):
                    yield collection, name.partition(".")[0]
    elif node[0] == form.CONSTANT and isinstance(node[3], str) and len(node[3]) < _MAX_TEXT:
        yield from _in_statement(node[3])


def _last(node: Node) -> str:
    if node[0] == form.SUBSCRIPT:
        return form.text_of(node[4]) or ""
    return str(node[4]) if node[0] == form.ATTRIBUTE else str(node[3]) if node[0] == form.NAME else ""


def _documents(node: Node, nodes: list[Node]) -> list[Node]:
    if node[0] == form.LIST:
        return [one for one in node[3] if one[0] == form.DICT]
    if node[0] == form.NAME:
        # `document = {...}` before it.
        made = (one for one in nodes if one[0] == form.ASSIGN and one[4][0] == form.DICT)
        return [one[4] for one in made if any(t[0] == form.NAME and t[3] == node[3] for t in one[3])]
    return [node] if node[0] == form.DICT else []


def _in_statement(text: str) -> Iterator[tuple[str, str]]:
    for found in _INSERTS.finditer(text):
        yield from ((found.group(1), name) for name in _names(found.group(2).split(",")))
    if made := _CREATES.search(text):
        yield from ((made.group(1), name) for name in _names(re.split(r",(?![^()]*\))", made.group(2))))
    if changed := _SETS.search(text):
        yield from ((changed.group(1), name) for name in _COMPARED.findall(changed.group(2)))
    if (asked := _SELECTS.search(text)) is not None:
        listed = [] if "(" in asked.group(1) else asked.group(1).split(",")
        yield from ((asked.group(2), name) for name in _names(listed))
        yield from ((asked.group(2), name) for name in _COMPARED.findall(asked.group(3) or ""))


def _names(parts: list[str]) -> Iterator[str]:
    for part in parts:
        name = part.split()[0].strip('"`[]') if part.split() else ""
        if name.isidentifier() and name.lower() not in _NO_COLUMN:
            yield name
