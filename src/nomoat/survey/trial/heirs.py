"""Methods of objects that are told by what a parameter says they are, `core: Core`, and of classes that are made of it.

Such an object may be of any of them: which of their methods runs is not told, so that each may. The body of an abstract
method never does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial.stubs import is_stub
from nomoat.survey.trial.values import Function, Thing, Value, joined, options

if TYPE_CHECKING:
    from nomoat.survey.trial.attributes import Attributes
    from nomoat.survey.trial.surroundings import Surroundings

#: How methods are marked that others have to write.
ABSTRACT = frozenset(("abstractmethod", "abstractproperty", "abstractclassmethod", "abstractstaticmethod"))
#: Classes made of one, of which we look at more closely.
_MOST = 12
#: Files that may define some, of which we look at more closely: others may be called like the class.
_MOST_FILES = 2 * _MOST
#: Where a class is made of one that is called so, or one that is called so gets another name: twice its name.
_NAMED = rb"\bclass\s+\w+[^:]{0,600}?\b%s\b|\b%s\s+as\b"


def answering(run: Attributes, value: Thing, name: str, found: Function) -> Value:
    """What a method of an object is whose class is that of its declaration, or one that is made of it."""
    scope = found.scope
    if scope is None or scope.module.is_library or value.cls is None:
        return found
    heirs = made_of(run.around, value.cls)
    if heirs is None:
        return Thing(trail=(name,), marks=value.marks) if is_abstract(scope) else found
    written = _written(run, value, name, heirs, scope)
    if not written and is_stub(scope) and not is_abstract(scope):
        # A protocol: whoever follows it need not be made of it, and does there what nobody can tell.
        return Thing(marks=value.marks)
    if not written:
        return Thing(trail=(name,), marks=value.marks) if is_abstract(scope) else found
    return joined(written if is_abstract(scope) or (is_stub(scope) and _fails(scope)) else [found, *written])


def is_abstract(scope: Scope) -> bool:
    """Whether a method is marked as one that others have to write."""
    return any((form.dotted(node) or "").rpartition(".")[2] in ABSTRACT for node in scope.decorators)


def made_of(around: Surroundings, cls: Scope) -> list[Scope] | None:
    """The classes that are made of one, near and far; None where they are too many to look at."""
    if cls in around.heirs:
        return around.heirs[cls]
    program = around.program
    seen: dict[Scope, None] = {}
    left = [cls]
    while left and len(seen) <= _MOST:
        base = left.pop()
        word = base.name.encode()
        named = program.words.matching(re.compile(_NAMED % ((re.escape(word),) * 2)), (word,))
        paths = [path for path in named if not TEST_FILE.search(path)]
        if len(paths) > _MOST_FILES:
            break  # Nobody has to read them all to see that they are too many.
        for path in paths:
            new = [one for one in program.classes(within=program.modules[path])
                   if one not in seen and base in program.bases(one)[1:]]  # fmt: skip
            seen.update(dict.fromkeys(new))
            left += new
    else:
        found = around.heirs[cls] = list(seen) if len(seen) <= _MOST else None
        return found
    found = around.heirs[cls] = None
    return found


def _written(run: Attributes, value: Thing, name: str, heirs: list[Scope], stub: Scope) -> list[Value]:
    """The methods of this name that somebody has written, each once."""
    found: dict[Scope, Value] = {}
    for heir in heirs:
        me = Thing(value.name, value.args, value.named, value.marks, value.trail, value.at, heir, value.why)
        for one in options(run.attribute(me, name)):
            if isinstance(one, Function) and one.scope not in (None, stub) and not is_abstract(one.scope):
                found.setdefault(one.scope, one)
    return list(found.values())


def _fails(scope: Scope) -> bool:
    """Whether a body says that it is not the one to be called."""
    return bool(scope.body) and scope.body[-1][0] == form.RAISE
