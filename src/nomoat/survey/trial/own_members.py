"""Methods of an object that are called by a name which nobody can read: `getattr(self, self.action)()`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.trial.values import Object, Thing

if TYPE_CHECKING:
    from nomoat.survey.trial.machine import Machine

#: What says in a method that somebody is not let in, however it says it.
_REFUSALS = frozenset((401, 403))


def may_turn_away(run: Machine, member: Thing) -> bool:
    """Whether one of the methods may refuse somebody: which of them is called is not known."""
    owner = member.args[0] if member.args else None
    if not isinstance(owner, Object):
        return True
    bases = run.program.bases(owner.cls.scope)
    methods = [one for base in bases if not isinstance(base, str) for one in base.children.values() if one.is_function]
    return any(
        run.around.may_turn_away(one)
        or any(node[0] == form.CONSTANT and node[3] in _REFUSALS for node in form.walk(one.body))
        for one in methods
        if not one.module.is_library
    )
