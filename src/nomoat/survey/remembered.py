"""Rows that a service keeps in a variable of a module, as small ones do: `NOTES = {}`, then `NOTES[number] = {...}`.

A cache, a registry or a table of handlers is none: only what rows are put into counts.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import How, Scope

_BOUND = re.compile(
    rb"^(\w+)(?:[ \t]*:[^=\n]+)?[ \t]*=[ \t]*(?:\{|\[|dict\(|list\(|(?:collections\.)?(?:defaultdict|OrderedDict)\()",
    re.M,
)
_NO_ROWS = re.compile(
    r"cache|registr|handler|route|plugin|lock|token|attempt|config|setting|option|queue|thread|connect|socket|client|limit"
    r"|count|metric|seen|pending|history|log|color|colour|choice|default|mapping|alias|label|header"
    r"|_map$|^[a-z_]*hooks?$", re.I
)  # fmt: skip
#: What a variable is called beside what it holds: `fake_users_db`.
_BESIDE = re.compile(r"^_*(fake_|mock_|in_memory_|memory_|all_)?|(_(db|store|table|data|by_id|list|dict))?_*$", re.I)
#: What a row looks like where it is put into a variable: a dictionary, an object, a dump of a model.
_ROW = rb"(?:\{\s*[\"'\w}]|[A-Z]\w*\(|\w+\.(?:model_dump|dict|copy)\()"
_PUT = re.compile(rb"(?<![\w.])(\w++)(?=\[[^\]\n]+\]\s*=\s*" + _ROW + rb"|\.append\(\s*" + _ROW + rb")")
_LITERAL = re.compile(rb"^(\w++)[^=\n]*=\s*(?:\{\s*[\"'\w]+\s*:\s*" + _ROW + rb"|\[\s*" + _ROW + rb")", re.M)
#: A name that more modules than this have says what each module is to have (`PLATFORMS = [...]`), and keeps no rows.
_MOST_MODULES = 20
_READS = frozenset(("get", "values", "items", "keys", "copy"))
_WRITES = frozenset(("pop", "append", "update", "setdefault", "remove", "clear", "insert", "extend", "popitem"))


class Remembered:
    """Answers for one program."""

    def __init__(self, program: Program) -> None:
        self._program = program

    @cached_property
    def names(self) -> dict[str, str]:
        """Variables that hold rows, by their dotted name, each with what its rows are called."""
        bound: list[tuple[str, bytes]] = []
        for path, words in self._program.words.finding(_BOUND).items():
            if not TEST_FILE.search(path):
                bound += [(path, word) for word in words if not (_NO_ROWS.search(word.decode()) or word[:2] == b"__")]
        often = Counter(word for _, word in bound)
        bound = [(path, word) for path, word in bound if often[word] <= _MOST_MODULES]
        filled = self._filled({word for _, word in bound})
        found: dict[str, str] = {}
        for path, word in bound:
            if word in filled:
                name = word.decode()
                found[f"{self._program.scope(path).dotted}.{name}"] = _BESIDE.sub("", name).lower() or name.lower()
        return found

    def _filled(self, words: set[bytes]) -> set[bytes]:
        """Those that rows are put into, by any module: who keeps it in a module of its own fills it elsewhere."""
        index, asked = self._program.words, sorted(words)
        putting = [index.finding(form_, asked) for form_ in (_PUT, _LITERAL)] if asked else []
        return {word for found in putting for given in found.values() for word in given}

    @cached_property
    def words(self) -> frozenset[str]:
        """The last words of those names: other names need not be resolved."""
        return frozenset(name.rpartition(".")[2] for name in self.names)

    def of(self, scope: Scope, node: Node) -> str:
        """What the rows are called that an expression stands for; empty where it stands for none."""
        word = node[3] if node[0] == form.NAME else node[4] if node[0] == form.ATTRIBUTE else ""
        if word not in self.words:
            return ""
        if node[0] == form.ATTRIBUTE:
            return self.names.get(f"{self._program.resolve(scope, node[3]).name}.{word}", "")
        return self.names.get(self._declared(scope, word), "")

    def _declared(self, scope: Scope, word: str) -> str:
        """The dotted name of the variable of a module that a name means in a function."""
        while scope.parent is not None:
            if word in scope.bindings and word not in scope.outer_names:
                return ""
            scope = scope.parent
        for binding in scope.bindings.get(word, ()):
            if binding.how in (How.VALUE, How.ANNOTATED):
                return f"{scope.dotted}.{word}"
            if binding.imported is not None and binding.imported.name is not None:
                found = self._program.imported_module(scope.module, binding.imported)
                return f"{found.dotted}.{binding.imported.name}" if found is not None else ""
        return ""

    def touched(self, scope: Scope, node: Node) -> tuple[str, str]:
        """The rows that one node reads, and those that it writes."""
        kind = node[0]
        if kind == form.SUBSCRIPT:
            return self.of(scope, node[3]), ""
        if kind == form.CALL and node[3][0] == form.ATTRIBUTE:
            name = node[3][4]
            rows = self.of(scope, node[3][3]) if name in _READS or name in _WRITES else ""
            return (rows, "") if name in _READS else ("", rows)
        if kind == form.FOR:
            return self.of(scope, node[4]), ""
        if kind == form.COMPREHENSION:
            return next((rows for _, one, _, _ in node[6] if (rows := self.of(scope, one))), ""), ""
        if kind in (form.ASSIGN, form.AUGMENTED, form.DELETE):
            targets = node[3] if kind != form.AUGMENTED else (node[3],)
            # `NOTES[3] = ...`, `NOTES[3]["text"] = ...`
            bases = (_base(one) for one in targets if one[0] == form.SUBSCRIPT)
            return "", next((rows for one in bases if (rows := self.of(scope, one))), "")
        return "", ""


def _base(node: Node) -> Node:
    while node[0] == form.SUBSCRIPT:
        node = node[3]
    return node
