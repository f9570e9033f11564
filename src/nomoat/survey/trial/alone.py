"""Objects of modules that nobody has but by their names: `DEBUG = Flag("DEBUG")`, of which all say `DEBUG.get()`.

What functions do to objects that may be anything, they do not do to these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import How, Scope

#: What of a class's own object is no way to hand it on: `str(self)`, `type(self).__name__`.
_TELL = frozenset(("str", "repr", "type", "id", "hash", "len", "bool", "isinstance", "getattr", "hasattr", "super"))
#: By what a module hands out all of its names at once.
_ALL_NAMES = re.compile(rb"\b(globals|vars|locals)\s*\(|\b__dict__\b")


class Alone:
    """Answers by the place where an object is made; what tests do with it is no part of an application."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[str, str] = {}

    def name_of(self, at: str, cls: Scope) -> str:
        """The name of a module for an object that was made there; empty where somebody may have it by another way."""
        known = self._known.get(at)
        if known is None:
            known = self._known[at] = self._found(at, cls)
        return known

    def _found(self, at: str, cls: Scope) -> str:
        path = at.rpartition(":")[0]
        module = self._program.modules.get(path)
        if module is None or cls.module.is_library or _ALL_NAMES.search(module.source):
            return ""
        scope = self._program.scope(module)
        names = [
            name
            for name, bound in scope.bindings.items()
            for one in bound
            if one.how is How.VALUE and one.value is not None and one.value[0] == form.CALL and not one.path
            if module.at(one.value) == at
        ]
        is_one = len(names) == 1 and len(scope.bindings[names[0]]) == 1
        return names[0] if is_one and self._keeps_itself(cls) and not self._is_handed(scope, names[0]) else ""

    def _keeps_itself(self, cls: Scope) -> bool:
        """Whether no method of a class hands its object on: `registry.append(self)`, `return self`, `lambda: self`."""
        own = [base for base in self._program.bases(cls) if not isinstance(base, str) and not base.module.is_library]
        methods = [one for base in own for one in base.children.values() if one.is_method and one.parameters]
        return not any(_is_bare(form.body_of(one.node), one.parameters[0][form.P_NAME], _TELL)
                       for one in methods if one.node is not None)  # fmt: skip

    def _is_handed(self, home: Scope, name: str) -> bool:
        """Whether the name stands anywhere by itself, as an argument or a value, or is given another name."""
        renamed = re.compile(rb"\b%s\s+as\b" % re.escape(name.encode()))
        paths = self._program.words.files(name.encode())
        modules = [self._program.modules[path] for path in paths if not TEST_FILE.search(path)]
        using = [one for one in modules if one is home.module or self._imports(self._program.scope(one), name)]
        through = self._called({part for one in using for part in one.name.split(".")[-2:]})
        if any(renamed.search(one.source) for one in modules) or self._is_found_by_name(through):
            return True
        bare = any(_is_bare(one.body, name, frozenset(), but=1 if one is home.module else 0) for one in using)
        return bare or any(_is_bare_of(one.body, name, through) for one in modules)

    def _called(self, modules: set[str]) -> set[str]:
        """By what names modules are called: `import flags as kept`."""
        words = [one.encode() for one in sorted(modules)]
        renamed = re.compile(rb"\b(?:%s)\s+as\s+(\w+)" % b"|".join(map(re.escape, words)))
        given = self._program.words.finding(renamed, words).values()
        return modules | {one.decode() for texts in given for one in texts}

    def _is_found_by_name(self, modules: set[str]) -> bool:
        """Whether code looks for what is in one of these modules by names that it makes: `getattr(flags, name)`."""
        words = [one.encode() for one in sorted(modules)]
        named = rb"(?:[\w.]*\.)?(?:%s)\b" % b"|".join(map(re.escape, words))
        looks = re.compile(rb"\b(?:getattr|setattr|vars|dir|getmembers)\(\s*%s|\b%s\.__dict__" % (named, named))
        return any(not TEST_FILE.search(path) for path in self._program.words.matching(looks, words))

    def _imports(self, scope: Scope, name: str) -> bool:
        """Whether a file gets the name from another one, for all of it or in one of its functions."""
        every = [scope, *self._program.functions(within=scope.module)]
        return bool(scope.star_imports) or any(
            bound.imported is not None for one in every for bound in one.bindings.get(name, ())
        )


def _uses(body: form.Body) -> Iterator[tuple[Node, Node]]:
    """Every node with the one above it; the first ones stand for themselves."""
    stack: list[tuple[Node, Node]] = [(node, node) for node in body]
    while stack:
        node, above = stack.pop()
        yield node, above
        stack += [(child, node) for child in form.children(node)]


def _is_bare(body: form.Body, name: str, tell: frozenset[str], *, but: int = 0) -> bool:
    """Whether a name is used otherwise than to ask something of it.

    `but`: the times that it may be: where it is given its value.
    """
    bare = [
        node
        for node, above in _uses(body)
        if node[0] == form.NAME and node[3] == name and not _is_asked_of(node, above, tell)
    ]
    return len(bare) > but


def _is_bare_of(body: form.Body, name: str, modules: set[str]) -> bool:
    """The same of an attribute of one of these modules: `flags.DEBUG`."""
    return any(
        node[0] == form.ATTRIBUTE
        and node[4] == name
        and (form.dotted(node[3]) or "").rpartition(".")[2] in modules
        and not _is_asked_of(node, above, frozenset())
        for node, above in _uses(body)
    )


def _is_asked_of(node: Node, above: Node, tell: frozenset[str]) -> bool:
    """Whether something is only asked here: for an attribute or an item, to do something, or what it says or equals."""
    if above[0] in (form.ATTRIBUTE, form.SUBSCRIPT, form.CALL) and above[3] is node:
        return True
    if above[0] in (form.FSTRING, form.FORMATTED, form.COMPARE, form.UNARY):
        return True
    return above[0] == form.CALL and above[3][0] == form.NAME and above[3][3] in tell and node is not above[3]
