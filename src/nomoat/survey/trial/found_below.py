"""What traversal leads to, made as its class makes it: `self.__parent__ = Root(request)` says what stands above it.

For the description of a package that finds objects by their path, of which the tree names the class alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.trial.values import Class, Const, Env, Function, Object, Thing, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls
    from nomoat.survey.trial.machine import Machine

_PARENT = "__parent__"
#: Where something is hung below something else from outside of its own class.
_HANGS = re.compile(rb"(?<!self)\.__parent__[ \t]*(?::[^=\n]+)?=(?!=)|['\"]__parent__['\"]|\blocate\(")


def _made_below(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """For descriptions of packages: an object of a class, which only its own class hangs below another."""
    cls = args[0] if len(args) == 2 else None
    if not isinstance(cls, Class):
        return Thing(at=at)
    found = Object(cls, at=at)
    init = run.attribute(found, "__init__")
    if not isinstance(init, Function) or init.scope is None or not _sets_parent(init) or _is_hung_elsewhere(run):
        return found
    parameters = [one for one in init.scope.parameters[1:] if one[form.P_KIND] in (form.POSITIONAL, form.REGULAR)]
    given = tuple(args[1] if one[form.P_NAME] == "request" else Thing() for one in parameters)
    return run.construct(cls, given, {}, at)


def is_top(run: Machine, cls: Class) -> bool:
    """Whether nothing stands above objects of a class: its body says so, and nothing hangs them below another."""
    above = run.attribute(cls, _PARENT)
    init = run.attribute(Object(cls), "__init__")
    is_hung = isinstance(init, Function) and init.scope is not None and _sets_parent(init)
    return isinstance(above, Const) and above.value is None and not is_hung and not _is_hung_elsewhere(run)


def _sets_parent(init: Function) -> bool:
    assert init.scope is not None
    return any(
        node[0] == form.ASSIGN and any((form.dotted(target) or "").endswith("." + _PARENT) for target in node[3])
        for node in form.walk(init.scope.body)
    )


def _is_hung_elsewhere(run: Machine) -> bool:
    return bool(run.program.words.matching(_HANGS, (_PARENT.encode(), b"locate")))


Known = Callable[["Calls", "tuple[Value, ...]", "dict[str, Value]", str, Env], "Value | None"]
SPECIAL: dict[str, Known] = {"nomoat.survey.made_below": _made_below}
