"""Tables in the text of SQL statements, and that text as far as source fixes it."""

from __future__ import annotations

import re

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import Scope

#: Methods and functions whose first argument is the text of a statement.
SQL_METHODS = frozenset(
    ("execute", "executemany", "executescript", "exec", "text", "fetch", "fetchrow", "fetchval", "fetch_one",
     "fetch_all", "fetch_val", "exec_driver_sql", "read_sql", "read_sql_query", "iterate", "scalar", "scalars",
     "run_sql", "raw", "query")
)  # fmt: skip
_NAME = r'["`\[]?(?:[A-Za-z_][\w$]*["`\]]?\s*\.\s*["`\[]?)?([A-Za-z_][\w$]*)["`\]]?'
_WRITES = re.compile(
    rf"\b(?:insert\s+(?:or\s+\w+\s+|ignore\s+)?into|replace\s+into|update(?:\s+or\s+\w+)?(?:\s+only)?|delete\s+from"
    rf"|truncate(?:\s+table)?|merge\s+into|alter\s+table|drop\s+table(?:\s+if\s+exists)?|copy)\s+{_NAME}",
    re.I,
)
_READS = re.compile(rf"\b(?<!delete )(?:from|join)\s+{_NAME}", re.I)
_LISTED = re.compile(rf"\bfrom\s+[\w\s.\"`]+?(?:,\s*{_NAME})+", re.I)
_MADE = re.compile(rf"\bcreate\s+(?:temp(?:orary)?\s+|unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?{_NAME}", re.I)
_WITH = re.compile(
    rf"(?:\bwith(?:\s+recursive)?|,)\s+{_NAME}\s+as\s*(?:not\s+materialized\s*|materialized\s*)?\(", re.I
)
_STATEMENT = re.compile(
    r"^\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*\(?\s*(select|insert|update|delete|with|replace|create|truncate|merge|alter|drop"
    r"|copy|explain|pragma)\b",
    re.I | re.S,
)
_NO_TABLE = frozenset(
    ("select", "values", "set", "where", "lateral", "unnest", "generate_series", "json_each", "dual", "only")
)
_INSERTED = re.compile(r"\binsert\s+(?:or\s+\w+\s+)?into\s+\S+\s*\(([^()]*)\)\s*values\s*\(([^()]*)\)", re.I)
_CHANGED = re.compile(r"\bupdate\s+\S+\s+set\s+(.*?)(?:\bwhere\b|$)", re.I | re.S)
_EQUALS = re.compile(r"[\"`]?(\w+)[\"`]?\s*=\s*(\?|%s|\$\d+|:\w+)")
_CREATES = re.compile(rb"create\s+(?:temp(?:orary)?\s+|unlogged\s+)?table", re.I)
_MAX_TEXT = 100_000


def accesses_of(text: str) -> tuple[set[str], set[str], set[str]]:
    """Tables that a statement reads, writes and creates; nothing for text that is no statement."""
    if not _STATEMENT.match(text) or len(text) > _MAX_TEXT:
        return set(), set(), set()
    own = {name.lower() for name in _WITH.findall(text)}
    writes = _named(_WRITES.findall(text), own)
    reads = _named(_READS.findall(text) + _LISTED.findall(text), own)
    return reads, writes, _named(_MADE.findall(text), own)


def _named(names: list[str], own: set[str]) -> set[str]:
    return {name for name in names if name.lower() not in own and name.lower() not in _NO_TABLE}


def columns_set(text: str) -> list[str]:
    """The columns of an INSERT or UPDATE in the order of its placeholders; empty for what is no column's.

    Nothing where a value is calculated between them, so that the order cannot be told.
    """
    if (found := _INSERTED.search(text)) is not None:
        names = [one.strip().strip('"`') for one in found.group(1).split(",")]
        given = [one.strip() for one in found.group(2).split(",")]
        if len(names) != len(given):
            return []
        return [name for name, one in zip(names, given, strict=True) if re.fullmatch(r"\?|%s|\$\d+|:\w+", one)]
    if (changed := _CHANGED.search(text)) is not None:
        return [name for name, _ in _EQUALS.findall(changed.group(1))]
    return []


def text_of(program: Program, scope: Scope, node: Node) -> str:
    """The text of a statement, as far as source fixes it; a gap stands for what is put in."""
    if node[0] == form.CALL and node[3][0] in (form.NAME, form.ATTRIBUTE):
        name = node[3][4] if node[3][0] == form.ATTRIBUTE else node[3][3]
        return text_of(program, scope, node[4][0]) if name == "text" and node[4] else ""
    parts = form.string_parts(node)
    if parts is not None:
        return "".join(_part(program, scope, part) for part in parts)
    if node[0] in (form.NAME, form.ATTRIBUTE):
        known = program.constant(scope, node)
        if known is not None and isinstance(known.value, str):
            return known.value
        found = program.resolve(scope, node)
        for one in found.all:
            if one.value is not None and one.where is not None and form.string_parts(one.value) is not None:
                return text_of(program, one.where, one.value)
    return ""


def _part(program: Program, scope: Scope, part: Node) -> str:
    if part[0] == form.CONSTANT and isinstance(part[3], str):
        return part[3]
    known = program.constant(scope, part)
    return str(known.value) if known is not None and isinstance(known.value, str) else " "


def created(program: Program) -> dict[str, str]:
    """Tables that statements of the program create, with the place of each."""
    found: dict[str, str] = {}
    index = program.words
    creating = index.matching(_CREATES, index.folded(b"create"))
    for module in (program.modules[path] for path in creating):
        for node in form.walk(module.body):
            if node[0] == form.CONSTANT and isinstance(node[3], str) and "create" in node[3].lower():
                for match in _MADE.finditer(node[3]) if len(node[3]) < _MAX_TEXT else ():
                    found.setdefault(match.group(1), module.at(node))
    return found
