"""Where a pattern may fit: calls, settings, assignments to attributes, decorators, comparisons, and named values.

Goes once over the nodes of a scope and looks each up by its word, so that nothing is resolved that no rule names; what
a site is exactly `patterns` decides. What a file must hold for a site to be in it `prefilter` says: a new kind of site
needs its words there, too.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from nomoat.check import names
from nomoat.check.model import Pattern, Rule
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import Scope

#: Attributes of an application that are settings of Flask by another name.
_OF_APPLICATION = {"secret_key": "SECRET_KEY", "debug": "DEBUG", "testing": "TESTING"}
#: Calls that give several settings at once, and what they may be called on.
SETTERS = frozenset(("update", "from_mapping", "configure"))
#: Calls whose keywords are the items of a dict.
_DICTS = frozenset(("dict", "jsonify", "OrderedDict"))
#: Decorators after which a function is still called by those who want what it gives.
_PLAIN = frozenset(("staticmethod", "classmethod", "property", "cached_property", "lru_cache", "cache", "wraps"))
STORES = frozenset(("config", "conf", "settings"))


class Site(NamedTuple):
    """A place that a pattern may fit.

    `node` is what a finding marks, `subject` what its tests look at: a CALL, or a value. `place` says of a setting
    where it stands: `app` (given to an application), `module`, `class`; of a value whether it is an `item` of a dict.
    `other` is the other side of a comparison, the attribute that is set, or the definition that is decorated.
    """

    node: Node
    subject: Node
    rule: Rule
    pattern: Pattern
    name: str = ""
    place: str = ""
    other: Node | None = None


class _Words:
    """Patterns by globs over single words; each word is compared once."""

    def __init__(self) -> None:
        self._globs: list[tuple[re.Pattern[str], Rule, Pattern]] = []
        self._known: dict[str, tuple[tuple[Rule, Pattern], ...]] = {}

    def __bool__(self) -> bool:
        return bool(self._globs)

    def add(self, rule: Rule, pattern: Pattern) -> None:
        """Takes a pattern whose `of` are globs, like `*password*`."""
        self._globs.append((names.globs(pattern.calls), rule, pattern))

    def of(self, word: str) -> tuple[tuple[Rule, Pattern], ...]:
        """The patterns that name the word."""
        known = self._known.get(word)
        if known is None:
            known = tuple((rule, pattern) for glob, rule, pattern in self._globs if glob.match(word))
            self._known[word] = known
        return known


class Sites:
    """The patterns of many rules, by the words that they name."""

    def __init__(self, program: Program, rules: Iterable[Rule]) -> None:
        self._program = program
        self._by_word: dict[str, dict[str, list[tuple[Rule, Pattern]]]] = {}
        self._values, self._compared = _Words(), _Words()
        #: `from jwt import decode as d` and `run = subprocess.run` of the module that is gone through, by their names.
        self.aliases: dict[str, str] = {}
        for rule in rules:
            for pattern in rule.patterns:
                self._add(rule, pattern)
        self._calls = self._by_word.get("calls", {})
        self._attributes = self._by_word.get("attributes", {})
        self._settings = self._by_word.get("settings", {})
        self._decorators = self._by_word.get("decorators", {})
        self._answers = self._by_word.get("answers", {})
        self._handlers = self._by_kind()

    def over(self, program: Program) -> Sites:
        """The same patterns over another program."""
        other = copy.copy(self)
        other._program, other.aliases = program, {}
        other._handlers = other._by_kind()
        return other

    def _by_kind(self) -> dict[int, Callable[[Scope, Node, dict[str, str]], Iterator[Site]]]:
        return {
            form.CALL: self._call, form.ASSIGN: self._assign, form.ANNOTATED: self._annotated,
            form.COMPARE: self._compare, form.FUNCTION: self._definition, form.CLASS: self._definition,
            form.DICT: self._dict, form.RETURN: self._return, form.FROM_IMPORT: self._import,
        }  # fmt: skip

    def _add(self, rule: Rule, pattern: Pattern) -> None:
        if pattern.on == "values":
            self._values.add(rule, pattern)
        elif pattern.on == "comparisons":
            self._compared.add(rule, pattern)
        else:
            words = names.last_words(pattern.calls)
            by_word = self._by_word.setdefault(pattern.on, {})
            for word in (one.upper() for one in words) if pattern.on == "settings" else words:
                by_word.setdefault(word, []).append((rule, pattern))

    def of(self, scope: Scope) -> Iterator[Site]:
        """Each place directly in the scope that may fit."""
        if scope.node is None:
            # A module comes before what is in it: its functions and classes may use its names.
            self.aliases = {}
        handlers = self._handlers
        for node in scope.nodes:
            handler = handlers.get(node[0])
            if handler is not None:
                yield from handler(scope, node, self.aliases)

    def _call(self, scope: Scope, node: Node, aliases: dict[str, str]) -> Iterator[Site]:
        word = _word(node[3], aliases)
        for rule, pattern in self._calls.get(word, ()):
            yield Site(node, node, rule, pattern)
        if self._values:
            place = "item" if word in _DICTS else ""
            for name, value in node[5]:
                for rule, pattern in self._values.of(name) if name else ():
                    yield Site(value, value, rule, pattern, name, place)
        if self._settings and (word in SETTERS or word == "setdefault"):
            yield from self._settings_of(scope, node, word)

    def _settings_of(self, scope: Scope, node: Node, word: str) -> Iterator[Site]:
        """`app.config.update(DEBUG=True)`, `from_mapping({"DEBUG": True})`, `settings.configure(DEBUG=True)`."""
        if node[3][0] != form.ATTRIBUTE or _last(node[3][3]) not in STORES:
            return
        given = list(node[5])
        if word == "setdefault" and len(node[4]) == 2:
            given.append((form.text_of(node[4][0]) or "", node[4][1]))
        for one in node[4]:
            literal = self._dict_behind(scope, one)
            given += [(form.text_of(key) or "", value) for key, value in literal[3] if key] if literal else []
        for name, value in given:
            yield from self._setting(value, value, name or "", "app")

    def _dict_behind(self, scope: Scope, node: Node) -> Node | None:
        if node[0] == form.NAME:
            found = self._program.resolve(scope, node)
            node = found.value if found.value is not None and len(found.all) == 1 else node
        return node if node[0] == form.DICT else None

    def _setting(self, node: Node, value: Node, name: str, place: str) -> Iterator[Site]:
        for rule, pattern in self._settings.get(name.upper(), ()):
            yield Site(node, value, rule, pattern, name, place)

    def _import(self, _scope: Scope, node: Node, aliases: dict[str, str]) -> Iterator[Site]:
        aliases.update((alias, taken) for taken, alias in node[5] if alias)
        return iter(())

    def _assign(self, scope: Scope, node: Node, aliases: dict[str, str]) -> Iterator[Site]:
        for target in node[3]:
            if target[0] == form.NAME and node[4][0] == form.ATTRIBUTE:
                aliases.setdefault(target[3], node[4][4])
            yield from self._assigned(scope, node, target, node[4])

    def _annotated(self, scope: Scope, node: Node, _aliases: dict[str, str]) -> Iterator[Site]:
        if node[5] is not None:
            yield from self._assigned(scope, node, node[3], node[5])

    def _assigned(self, scope: Scope, node: Node, target: Node, value: Node) -> Iterator[Site]:
        kind = target[0]
        if kind in (form.TUPLE, form.LIST) and value[0] == form.TUPLE and len(value[3]) == len(target[3]):
            for one, given in zip(target[3], value[3], strict=True):
                yield from self._assigned(scope, node, one, given)
            return
        if kind == form.NAME:
            name = target[3]
            if not scope.is_function:
                yield from self._setting(node, value, name, "class" if scope.is_class else "module")
        elif kind == form.ATTRIBUTE:
            name = target[4]
            for rule, pattern in self._attributes.get(name, ()):
                yield Site(node, value, rule, pattern, name, other=target)
            if name in _OF_APPLICATION and _last(target[3]) not in ("self", "cls"):
                yield from self._setting(node, value, _OF_APPLICATION[name], "app")
            elif _last(target[3]) in STORES:
                yield from self._setting(node, value, name, "app")
        elif kind == form.SUBSCRIPT:
            name = form.text_of(target[4]) or ""
            if _last(target[3]) in STORES:
                yield from self._setting(node, value, name, "app")
        else:
            return
        for rule, pattern in self._values.of(name) if self._values and name else ():
            yield Site(node, value, rule, pattern, name)

    def _compare(self, _scope: Scope, node: Node, _aliases: dict[str, str]) -> Iterator[Site]:
        if not self._compared or len(node[4]) != 1 or node[4][0] not in ("==", "!="):
            return
        left, right = node[3]
        for one, other in ((left, right), (right, left)):
            word = _named_like(one)
            for rule, pattern in self._compared.of(word) if word else ():
                yield Site(node, one, rule, pattern, word, other=other)

    def _definition(self, _scope: Scope, node: Node, aliases: dict[str, str]) -> Iterator[Site]:
        is_function = node[0] == form.FUNCTION
        for decorator in node[form.F_DECORATORS if is_function else form.C_DECORATORS]:
            for one in _meant(decorator):
                for rule, pattern in self._decorators.get(_word(_callee(one), aliases), ()):
                    yield Site(decorator, one, rule, pattern, node[form.F_NAME], other=node)
        for parameter in node[form.F_PARAMETERS] if is_function and self._values else ():
            default = parameter[form.P_DEFAULT]
            for rule, pattern in self._values.of(parameter[form.P_NAME]) if default is not None else ():
                yield Site(default, default, rule, pattern, parameter[form.P_NAME])

    def _dict(self, _scope: Scope, node: Node, _aliases: dict[str, str]) -> Iterator[Site]:
        for key, value in node[3] if self._values else ():
            name = form.text_of(key)
            for rule, pattern in self._values.of(name) if name else ():
                yield Site(value, value, rule, pattern, name or "", "item")

    def _return(self, scope: Scope, node: Node, aliases: dict[str, str]) -> Iterator[Site]:
        if node[3] is not None and scope.decorators and self._answers:
            words = {_word(_callee(decorator), aliases) for decorator in scope.decorators}
            for word in words & self._answers.keys():
                for rule, pattern in self._answers[word]:
                    yield Site(node, node[3], rule, pattern, scope.name)
        # A handler gives an answer, not the token that its name speaks of.
        is_decorated = any(_last(_callee(one)) not in _PLAIN for one in scope.decorators)
        is_answer = is_decorated or (node[3] is not None and node[3][0] in (form.DICT, form.TUPLE))
        if self._values and scope.is_function and node[3] is not None and not is_answer:
            for rule, pattern in self._values.of(scope.name):
                yield Site(node, node[3], rule, pattern, scope.name)


def _callee(node: Node) -> Node:
    callee: Node = node[3] if node[0] == form.CALL else node
    return callee


def _meant(decorator: Node) -> Iterator[Node]:
    """The decorator itself, and what `@method_decorator(it)` hands on."""
    yield decorator
    if decorator[0] == form.CALL and _last(decorator[3]) == "method_decorator" and decorator[4]:
        given = decorator[4][0]
        yield from given[3] if given[0] in (form.LIST, form.TUPLE) else (given,)


def _word(callee: Node, aliases: dict[str, str]) -> str:
    if callee[0] == form.ATTRIBUTE:
        return str(callee[4])
    return aliases.get(callee[3], str(callee[3])) if callee[0] == form.NAME else ""


def _last(node: Node) -> str:
    """The last word of a name or attribute; empty for everything else."""
    return str(node[4]) if node[0] == form.ATTRIBUTE else str(node[3]) if node[0] == form.NAME else ""


def _named_like(node: Node) -> str:
    """The word for a value that is compared: its name, its attribute, its key, what was called for it."""
    kind = node[0]
    if kind in (form.ATTRIBUTE, form.NAME):
        return _last(node)
    if kind == form.SUBSCRIPT:
        key = form.text_of(node[4])
        return key if key else _named_like(node[3])
    if kind == form.AWAIT:
        return _named_like(node[3])
    if kind == form.CALL:
        word = _last(node[3])
        return (form.text_of(node[4][0]) if word in ("get", "getenv") and node[4] else None) or word
    if kind == form.BINARY:
        # `"sha256=" + digest`
        return _named_like(node[4][-1])
    if kind == form.FSTRING and node[3] and node[3][-1][0] == form.FORMATTED:
        return _named_like(node[3][-1][3])
    return ""
