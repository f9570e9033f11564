"""The class that an attribute is declared to have: `auth: AuthService` in a class of which only the type is known.

One that its methods set on it is of the class of what they set, where all of them say the same: `self.auth = Auth()`.
Whoever gets such an attribute knows by which methods it answers, and nothing else of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.trial.heirs import made_of

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


__all__ = ["declared"]
