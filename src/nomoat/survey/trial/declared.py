"""The class that an attribute is declared to have: `auth: AuthService` in a class of which only the type is known.

One that its methods set on it is of the class of what they set, where all of them say the same: `self.auth = Auth()`.
Whoever gets such an attribute knows by which methods it answers, and nothing else of it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.trial.heirs import ABSTRACT, made_of
from nomoat.survey.trial.values import INPUT, Choice, Thing, Value, options

if TYPE_CHECKING:
    from nomoat.survey.python.symbols import Binding, Scope
    from nomoat.survey.trial.machine import Machine


def declared(run: Machine, cls: Scope | None, name: str) -> Scope | None:
    """The class of the tree that is declared for an attribute; None where none is."""
    for base in run.program.bases(cls) if cls is not None and not run.wires else ():
        if isinstance(base, str):
            continue
        if name not in base.bindings:
            if (given := run.program.resolver.classes.on_self(base).get(name)) is not None:
                told = _set(run, given)
                # What is told of none need not be looked for in the whole tree.
                is_told = told is not None and cls is not None and not _differs(run, cls, name)
                return told if is_told and not _is_set_elsewhere(run, name) else None
            continue
        for node in base.body:
            if node[0] == form.ANNOTATED and node[3][0] == form.NAME and node[3][3] == name:
                found = run.program.annotation(base, node[4])
                return found.scope if found.kind == "instance" else None
    return None


def given_back(run: Machine, function: Scope | None, value: Value) -> Value:
    """What a function gives of which nothing is known but the class that it says: `def verifier(name) -> Verifier:`.

    Only where that one leaves methods to others to write: of any other class, what is given is a row as often as not.
    """
    of = function.node[form.F_RETURNS] if function is not None and function.node is not None else None
    if of is None or function is None or run.wires or not any(map(_is_untold, options(value))):
        return value
    found = run.program.annotation(function, of)
    cls = found.scope if found.kind == "instance" and len(found.all) == 1 else None
    if cls is None or not cls.is_class or cls.module.is_library or not _leaves_to_others(cls):
        return value
    told = [replace(one, cls=cls) if _is_untold(one) and isinstance(one, Thing) else one for one in options(value)]
    return replace(value, options=tuple(told)) if isinstance(value, Choice) else told[0]


def _is_untold(value: Value) -> bool:
    """Whether nothing is known of it, not even that it is about who calls."""
    return type(value) is Thing and not value.name and value.cls is None and not value.marks - INPUT


def _leaves_to_others(cls: Scope) -> bool:
    return any(
        node[0] == form.FUNCTION
        and any((form.dotted(one) or "").rpartition(".")[2] in ABSTRACT for one in node[form.F_DECORATORS])
        for node in cls.body
    )


def _set(run: Machine, given: list[tuple[Scope, Binding]]) -> Scope | None:
    """The class of the tree of all that methods set on their object under one name, besides nothing."""
    found: set[Scope | None] = set()
    for scope, binding in given:
        is_nothing = binding.value is not None and binding.value[0] == form.CONSTANT and binding.value[3] is None
        if binding.annotation is not None:
            told = run.program.annotation(scope, binding.annotation)
        elif is_nothing or binding.value is None:
            continue
        else:
            told = run.program.resolve(scope, binding.value)
        cls = told.scope if told.kind == "instance" else None
        found.add(cls if cls is not None and cls.is_class and not cls.module.is_library else None)
    return found.pop() if len(found) == 1 else None


def _differs(run: Machine, cls: Scope, name: str) -> bool:
    """Whether an object of a class that is made of this one may have something else under the name."""
    heirs = made_of(run.around, cls)
    on_self = run.program.resolver.classes.on_self
    return heirs is None or any(name in on_self(one) or name in one.bindings for one in heirs)


def _is_set_elsewhere(run: Machine, name: str) -> bool:
    """Whether code sets an attribute of this name on anything but an object whose method it is."""
    known = run.around.set_elsewhere
    if name not in known:
        # The name comes first: that is what a search of much text is quick by.
        word = re.escape(name.encode())
        sets = rb"%s(?<=\.%s)(?<!\bself\.%s)\s*(?::[^=\n]+)?=(?!=)" % ((word,) * 3)
        named = rb"setattr\([^\n]*['\"]%s['\"]" % word
        every = (run.program.words.matching(re.compile(one), (name.encode(),)) for one in (sets, named))
        known[name] = any(not TEST_FILE.search(path) for paths in every for path in paths)
    return known[name]


__all__ = ["declared", "given_back"]
