"""Classes that answer behind a mixin of the tree: `class Page(LoginRequiredMixin, ModalView)`, `ModalView` not here.

Takes such a class and the name by which a function is made of it; gives what the framework itself has under that name.
What comes before the class that is not here in Python's order is asked first, whatever that class does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.survey.python.library import described
from nomoat.survey.trial.values import Class, Object, Value

if TYPE_CHECKING:
    from nomoat.survey.python.symbols import Scope
    from nomoat.survey.trial.attributes import Attributes

#: What a framework calls first of a class that answers, and what mixins stand around.
DISPATCH = "dispatch"
#: What it calls before, which keeps the request for all that the class does.
_BEFORE = frozenset(("setup",))


def answering(run: Attributes, cls: Class, name: str, me: Value | None) -> Class | None:
    """The class of a framework of which a class has its member of this name, though it is made of none that is here.

    That is by which it is made a function that answers, and what is called before anything is asked. Only for a class
    of which something here is asked before anything that is not here: a mixin that comes first.
    """
    makes = me is None and any(model.made_by == name for model in run.models.endpoint_classes.values())
    if not makes and not (name in _BEFORE and isinstance(me, Object)):
        return None
    for base in run.program.bases(cls.scope):
        if isinstance(base, str):
            return None
        if DISPATCH in base.bindings:
            return _of_framework(run, name)
    return None


def _of_framework(run: Attributes, name: str) -> Class | None:
    """The one class of a framework that has this and what mixins stand around."""
    classes = (_class_at(run, dotted) for dotted in run.models.endpoint_classes)
    found = [one for one in classes if one is not None and {name, DISPATCH} <= one.bindings.keys()]
    return run.class_of(found[0]) if len(found) == 1 else None


def _class_at(run: Attributes, dotted: str) -> Scope | None:
    module, _, last = dotted.rpartition(".")
    there = described(module)
    classes = run.program.scope(there).children.values() if there is not None else ()
    return next((one for one in classes if one.is_class and one.name == last), None)
