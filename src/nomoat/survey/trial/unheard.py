"""Signals of blinker: one to which no code of the tree listens gives nothing back when it is sent.

`if not before_check_access.send(type(self), handler=self): self.check_access()`. What stands in packages that are
installed beside the application and listen is no part of it: that is for its deployment to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial.values import Const, Items, Thing, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls
    from nomoat.survey.trial.surroundings import Surroundings

_MAKERS = frozenset(
    ("blinker.Namespace.signal", "blinker.signal", "blinker.Signal", "blinker.NamedSignal", "blinker.base.Signal")
)  # fmt: skip
#: What asks who listens, and what it gives where nobody does.
_SENDS = frozenset(("send", "send_robust", "send_async", "asend"))
_ASKS = frozenset(("has_receivers_for", "has_listeners"))


def given(run: Calls, callee: Value, node: Node) -> Value | None:
    """What a call that sends a signal gives where nobody listens; None for any other call."""
    function = node[3]
    last = function[4] if function[0] == form.ATTRIBUTE else ""
    if not isinstance(callee, Thing) or last not in _SENDS | _ASKS:
        return None
    maker = callee.name.removesuffix(f".{last}").removesuffix("()")
    name = _last(function[3])
    if maker not in _MAKERS or not name or not is_unheard(run.around, name):
        return None
    return Const(False) if last in _ASKS else Items([], is_whole=True)


def is_unheard(around: Surroundings, name: str) -> bool:
    """Whether code does nothing with signals of a name but make and send them."""
    known = around.unheard.get(name)
    if known is None:
        modules = [one for one in around.program.holding((name,)) if not TEST_FILE.search(one.path)]
        known = around.unheard[name] = not any(_may_connect(around.program.scope(one), name) for one in modules)
    return known


def _may_connect(module: Scope, name: str) -> bool:
    """Whether a module uses a name for anything but an import, an assignment, or what only sends."""
    harmless: set[int] = set()
    for node in form.walk(module.body):
        if node[0] == form.ASSIGN:
            harmless.update(id(target) for target in node[3])
        elif node[0] == form.ATTRIBUTE and node[4] in _SENDS | _ASKS:
            harmless.add(id(node[3]))
        if _last(node) == name and id(node) not in harmless:
            return True
    return False


def _last(node: Node) -> str:
    """The last part of a name: `signals.rh.check_access` is `check_access`."""
    if node[0] == form.NAME:
        return str(node[3])
    return str(node[4]) if node[0] == form.ATTRIBUTE else ""
