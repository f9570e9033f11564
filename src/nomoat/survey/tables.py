"""Tables: of declarative models, of table objects, and in the text of SQL statements."""

from __future__ import annotations

import re

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.resolved import Resolved
from nomoat.survey.python.symbols import How, Scope

#: Methods and functions whose first argument is the text of a statement.
SQL_METHODS = frozenset(
    ("execute", "executemany", "executescript", "exec", "text", "fetch", "fetchrow", "fetchval", "fetch_one",
     "fetch_all", "fetch_val", "exec_driver_sql", "read_sql", "read_sql_query", "iterate", "scalar", "scalars",
     "run_sql", "raw", "query")
)  # fmt: skip
_TABLE_OBJECTS = frozenset(("sqlalchemy.Table", "sqlalchemy.schema.Table", "sqlalchemy.sql.schema.Table"))
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


class Tables:
    """Answers for one program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._classes: dict[Scope, str] = {}

    def of(self, found: Resolved) -> str:
        """The table of a model class or table object; empty for everything else."""
        if found.kind == "class" and found.scope is not None:
            return self.of_class(found.scope)
        if found.kind == "instance" and found.name in _TABLE_OBJECTS and found.value is not None:
            given = form.argument(found.value, "name", 0)
            return form.text_of(given) or ""
        return ""

    def of_instance(self, found: Resolved) -> str:
        """The table of a row."""
        return self.of_class(found.scope) if found.kind == "instance" and found.scope is not None else ""

    def of_class(self, scope: Scope) -> str:
        """The table of a declarative model; empty where the class is none."""
        if not scope.is_class:
            return ""
        known = self._classes.get(scope)
        if known is None:
            known = self._classes[scope] = self._found(scope)
        return known

    def _found(self, scope: Scope) -> str:
        own = scope.bindings.get("__tablename__")
        if own:
            for binding in own:
                known = self._program.constant(scope, binding.value) if binding.value is not None else None
                if known is not None and isinstance(known.value, str):
                    return known.value
        assert scope.node is not None
        is_table = False
        for key, value in scope.node[form.C_KEYWORDS]:
            if key == "table" and value[0] == form.CONSTANT and value[3] is True:
                is_table = True
        if is_table:
            return scope.name.lower()
        for base in self._program.bases(scope)[1:]:
            if not isinstance(base, Scope):
                continue
            for binding in base.bindings.get("__tablename__", ()):
                if binding.how is How.FUNCTION and self._has_columns(scope):
                    # `@declared_attr def __tablename__(cls)`: by custom the name of the class.
                    return scope.name.lower()
        return ""

    def _has_columns(self, scope: Scope) -> bool:
        return any(how.how in (How.ANNOTATED, How.VALUE) for found in scope.bindings.values() for how in found)

    def text(self, scope: Scope, node: Node) -> str:
        """The text of a statement, as far as source fixes it; a gap stands for what is put in."""
        if node[0] == form.CALL and node[3][0] in (form.NAME, form.ATTRIBUTE):
            name = node[3][4] if node[3][0] == form.ATTRIBUTE else node[3][3]
            return self.text(scope, node[4][0]) if name == "text" and node[4] else ""
        parts = form.string_parts(node)
        if parts is not None:
            return "".join(self._part(scope, part) for part in parts)
        if node[0] in (form.NAME, form.ATTRIBUTE):
            known = self._program.constant(scope, node)
            if known is not None and isinstance(known.value, str):
                return known.value
            found = self._program.resolve(scope, node)
            for one in found.all:
                if one.value is not None and one.where is not None and form.string_parts(one.value) is not None:
                    return self.text(one.where, one.value)
        return ""

    def _part(self, scope: Scope, part: Node) -> str:
        if part[0] == form.CONSTANT and isinstance(part[3], str):
            return part[3]
        known = self._program.constant(scope, part)
        return str(known.value) if known is not None and isinstance(known.value, str) else " "

    def declared(self) -> dict[str, str]:
        """Every table that source declares, with the place: models, table objects, CREATE TABLE."""
        found: dict[str, str] = {}
        for module in self._program.modules.values():
            if b"__tablename__" in module.source or b"table=True" in module.source or b"Table(" in module.source:
                for scope in self._program.classes(within=module):
                    name = self.of_class(scope)
                    if name:
                        found.setdefault(name, scope.at)
                top = self._program.scope(module)
                for site in self._program.calls(top):
                    given = form.text_of(form.argument(site.node, "name", 0))
                    if site.callee.name in _TABLE_OBJECTS and given is not None:
                        found.setdefault(given, site.at)
            if re.search(rb"create\s+table", module.source, re.I):
                self._made_in(module.path, found)
        return found

    def _made_in(self, path: str, found: dict[str, str]) -> None:
        module = self._program.modules[path]
        for node in form.walk(module.body):
            if node[0] == form.CONSTANT and isinstance(node[3], str) and "create" in node[3].lower():
                for match in _MADE.finditer(node[3]) if len(node[3]) < _MAX_TEXT else ():
                    found.setdefault(match.group(1), module.at(node))
