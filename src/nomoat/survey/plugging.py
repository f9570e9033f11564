"""Adds to applications that somebody else makes: a server that loads an extension, or reads its configuration.

A tree without an application of its own may have a function that is given one (`def includeme(config)`), may list
routes in the configuration of a server (`c.Hub.extra_handlers = [...]`), or have a class whose method names some.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.survey.models import Kind, Models
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.parser import Module
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial.machine import TOO_MUCH, ExhaustedError, RaisedError
from nomoat.survey.trial.registry import Registry
from nomoat.survey.trial.scanning import dotted
from nomoat.survey.trial.statements import Trial
from nomoat.survey.trial.values import SETTING, UNREAD, Class, Const, Function, Items, Outside, Thing, Value

#: Why something is not on the map that every way of a function ends before.
_ENDS_EARLY = "this ends in an exception: routes that it registers after that are not on the map"
_NAMED = (form.REGULAR, form.KEYWORD)
_LISTS = frozenset(("append", "extend"))


def plug(trial: Trial, program: Program, models: Models) -> None:
    """Adds what a tree has for each kind of application of which it makes none itself."""
    for name, kind in models.kinds.items():
        is_plugged = bool(kind.plugs or kind.plugs_methods)
        if not is_plugged or any(one.kind is kind and _serves(one) for one in trial.registries):
            continue
        for module, function in _functions(program, kind):
            if function not in trial.executed:
                plugged = trial.member_of_module(program.scope(module), function.name)
                _included(trial, name, plugged, function.at)
        for at, value in _listed(trial, program, kind):
            _included(trial, name, value, at)
        for method in _methods(trial, program, kind):
            if "plugins" in kind.takes:
                _handed(trial, name, kind, method)
            else:
                _included(trial, name, method, method.at)


def _functions(program: Program, kind: Kind) -> Iterator[tuple[Module, Scope]]:
    words = [word for word in kind.plugs.split() if "." not in word]
    if not words:
        return
    defines = re.compile(rf"\bdef\s+(?:{_or(words)})\b".encode())
    modules = [one for one in program.holding(words) if defines.search(one.source) and not TEST_FILE.search(one.path)]
    # What stands higher in the tree includes what stands below it.
    for module in sorted(modules, key=lambda one: (one.path.count("/"), not one.path.endswith("__init__.py"))):
        for function in program.scope(module).children.values():
            if function.is_function and function.name in words:
                yield module, function


def _listed(trial: Trial, program: Program, kind: Kind) -> Iterator[tuple[str, Value]]:
    """What a configuration is given under a name of two parts, and where."""
    for word in kind.plugs.split():
        owner, _, name = word.rpartition(".")
        if not owner:
            continue
        given = re.compile(rf"\b{re.escape(name)}\b(?<=\.{re.escape(word)})\s*(?:\+?=(?!=)|\.\w+\()".encode())
        for path in program.words.matching(given, (name.encode(),)):
            module = program.modules[path]
            if TEST_FILE.search(path):
                continue
            scope = program.scope(module)
            for node in form.walk(scope.body):
                value = _value(node, word)
                if value is not None:
                    yield module.at(node), trial.evaluate(trial.module(scope), value)


def _value(node: Node, word: str) -> Node | None:
    """The list that is put under the name, or added to what is there."""
    if node[0] in (form.ASSIGN, form.AUGMENTED):
        targets = node[3] if node[0] == form.ASSIGN else (node[3],)
        is_named = any((form.dotted(one) or "").endswith(f".{word}") for one in targets)
        return node[-1] if is_named else None
    if node[0] == form.CALL and node[3][0] == form.ATTRIBUTE and node[3][4] in _LISTS and len(node[4]) == 1:
        is_named = (form.dotted(node[3][3]) or "").endswith(f".{word}")
        return node[4][0] if is_named else None
    return None


def _methods(trial: Trial, program: Program, kind: Kind) -> Iterator[Function]:
    """Methods that name routes, of an object of each class here that is made of one of the package."""
    for named in kind.plugs_methods.split():
        base, _, name = named.rpartition(".")
        defines = re.compile(rb"\b%s\b(?<=\bdef %s)" % ((re.escape(name.encode()),) * 2))
        for path in program.words.matching(defines, (name.encode(),)):
            for cls in () if TEST_FILE.search(path) else program.classes(within=program.modules[path]):
                bases = (one if isinstance(one, str) else _name_of(one) for one in program.bases(cls)[1:])
                if any(one.name == name for one in cls.children.values()) and base in bases:
                    given = _settings(program, cls) if "plugins" in kind.takes else {}
                    made = trial.construct(trial.class_of(cls), (), given, cls.at)
                    method = trial.attribute(made, name)
                    if isinstance(method, Function) and method.scope not in trial.executed:
                        yield method


def _settings(program: Program, cls: Scope) -> dict[str, Value]:
    """What whoever makes an object of a class may give it: the defaults are theirs to change, and what it does."""
    own = [one for one in program.bases(cls) if not isinstance(one, str) and not one.module.is_library]
    makes = next((one for base in own for one in base.children.values() if one.name == "__init__"), None)
    named = makes.parameters[1:] if makes is not None else ()
    return {str(one[form.P_NAME]): Thing(marks=SETTING | UNREAD) for one in named if one[form.P_KIND] in _NAMED}


def _name_of(base: Scope) -> str:
    """The name of a class of a package; one of the tree stands for no package."""
    return base.dotted if base.module.is_library else ""


def _included(trial: Trial, name: str, plugged: Value, at: str) -> None:
    cls = dotted(trial, name, None)
    if not isinstance(cls, Class):
        return
    env = plugged.env if isinstance(plugged, Function) else cls.env
    trial.steps = 0
    try:
        registry = _bare(trial, name) or trial.construct(cls, (), {}, at)
        trial.call(trial.attribute(registry, "include"), (plugged,), {}, at, env)
    except RaisedError:
        trial.around.lost.setdefault(at, _ENDS_EARLY)
    except (ExhaustedError, RecursionError):
        trial.around.lost.setdefault(at, TOO_MUCH)


def _handed(trial: Trial, name: str, kind: Kind, method: Function) -> None:
    """Makes an application with nothing but the plugin whose method this is."""
    if method.me is None:
        return
    # Nothing of what the application adds by itself stands in this tree.
    own = {one.argument: Const(None) for one in kind.adds}
    trial.steps = 0
    try:
        given: dict[str, Value] = {**own, kind.takes["plugins"].names[0]: Items([method.me])}
        trial.call(Outside(name), (), given, method.at, method.env)
    except RaisedError:
        trial.around.lost.setdefault(method.at, _ENDS_EARLY)
    except (ExhaustedError, RecursionError):
        trial.around.lost.setdefault(method.at, TOO_MUCH)


def _serves(registry: Registry) -> bool:
    """Whether an application answers anybody: one that has nothing, or never becomes one, is made for a command."""
    if "plugins" in registry.kind.takes:
        # It may be told of its routes when it is made, or find them.
        return not TEST_FILE.search(registry.module)
    is_made = registry.attributes.get("serves")
    is_for_command = isinstance(is_made, Const) and is_made.value is False
    return bool(registry.entries) and not is_for_command and not TEST_FILE.search(registry.module)


def _bare(trial: Trial, name: str) -> Registry | None:
    """An application of the tree that is served though it has no routes: settings that are not source name its parts.

    `config = Configurator(settings=settings, authentication_policy=policy)`, and `pyramid.includes = shop` elsewhere.
    """
    for registry in trial.registries:
        serves = registry.attributes.get("serves")
        is_one = registry.name == name and isinstance(serves, Const) and bool(serves.value)
        if is_one and not TEST_FILE.search(registry.module):
            return registry
    return None


def _or(words: list[str]) -> str:
    return "|".join(sorted(map(re.escape, words)))


__all__ = ["plug"]
