"""Methods of objects whose class is not told: where one class alone has a method of that name, it is that one.

`drivers[kind].connection_manager(server)`, where what is in `drivers` was put there by a metaclass. Only methods that
ask who is calling matter. That it is the one is only said of a class that puts itself where others find it, and that
is made of nothing from elsewhere: else a package may have an object with such a method, too, and it is not known.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial.stubs import is_stub
from nomoat.survey.trial.values import CALLER, INPUT, Thing, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls
    from nomoat.survey.trial.surroundings import Surroundings

#: A name of one word may be a method of anything.
_TELLING = re.compile(r"[A-Za-z]+_[A-Za-z_]*[A-Za-z]")
#: Classes of a tree that have a method of one name, of which we look at more closely.
_MOST = 4


def asked(run: Calls, callee: Thing, at: str) -> Value | None:
    """The method that an object of no known class has, where it asks who is calling."""
    if run.wires or callee.name or not callee.trail or callee.is_call or callee.marks & (CALLER | INPUT):
        return None
    name = callee.trail[-1]
    if not _TELLING.fullmatch(name):
        return None
    methods = _asking(run.around, name)
    if not methods:
        return None
    cls = methods[0].parent
    if len(methods) > 1 or cls is None or not _registers_itself(run.around, cls):
        run.record.unknown.append((f"of which class {name}() is called cannot be told", at))
        return None
    return run.attribute(Thing(cls=cls), name, at)


def _registers_itself(around: Surroundings, cls: Scope) -> bool:
    """Whether code runs for a class when it is made, and all that it is made of is here."""
    bases = [one for one in around.program.bases(cls) if not isinstance(one, str)]
    if around.program.bases_elsewhere(cls):
        return False
    return any(
        "__init_subclass__" in one.bindings
        or (one.node is not None and any(key == "metaclass" for key, _ in one.node[form.C_KEYWORDS]))
        or bool(one.decorators)
        for one in bases
    )


def _asking(around: Surroundings, name: str) -> list[Scope]:
    """The methods of a name, where one of them looks at the request by itself and may refuse."""
    known = around.asking_methods.get(name)
    if known is None:
        defines = re.compile(rb"\bdef\s+%s\b" % re.escape(name.encode()))
        paths = around.program.words.matching(defines, (name.encode(),))
        modules = [around.program.modules[path] for path in paths if not TEST_FILE.search(path)]
        found = [
            scope
            for module in modules
            for scope in around.program.functions(within=module)
            if scope.name == name and scope.is_method and not is_stub(scope)
        ]
        is_asking = len(found) <= _MOST and any(around.asks_who(one) and around.may_refuse(one) for one in found)
        known = around.asking_methods[name] = found if is_asking else []
    return known
