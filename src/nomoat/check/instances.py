"""What source gives to a field of an object that it makes itself: `settings = Settings(secret_key="...")`.

Takes an attribute; gives the argument of the constructor that fills it, with the scope to read it in. A field that
several constructors may fill, or that anything but `__init__` sets, is none of these.
"""

from __future__ import annotations

from nomoat.check.flow import origins
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import How, Scope


def given_to(program: Program, scope: Scope, attribute: Node) -> tuple[Scope, Node] | None:
    """The argument behind `settings.secret_key`; None where source makes no such object, or gives the field nothing."""
    found = program.resolve(scope, attribute[3])
    call, where, cls = found.value, found.where, found.scope
    is_made_here = found.kind == "instance" and len(found.all) == 1
    if not is_made_here or call is None or where is None or cls is None or call[0] != form.CALL:
        return None
    argument = _by_constructor(program, cls, call, attribute[4]) or _by_field(program, cls, call, attribute[4])
    return (where, argument) if argument is not None else None


def _by_constructor(program: Program, cls: Scope, call: Node, field: str) -> Node | None:
    """`def __init__(self, key): self.key = key`: what `key` is called with."""
    members, _ = program.resolver.classes.members(cls, "__init__")
    found = program.resolver.classes.on_self(cls).get(field, [])
    if not members or len(found) != 1:
        return None
    method, binding = found[0]
    value = binding.value
    if method.name != "__init__" or value is None or value[0] != form.NAME:
        return None
    return dict(_passed(method, call)).get(value[3])


def _passed(method: Scope, call: Node) -> list[tuple[str, Node]]:
    # `origins.passed` leaves out `self` of a method that is called on something, as a constructor is on its new object.
    on_it = (form.CALL, call[1], call[2], (form.ATTRIBUTE, call[1], call[2], call[3], "__init__"), call[4], call[5])
    return list(origins.passed(method, on_it))


def _by_field(program: Program, cls: Scope, call: Node, field: str) -> Node | None:
    """A dataclass or a model: by name, or by the place of the field."""
    if program.resolver.classes.members(cls, "__init__")[0]:
        return None
    named = form.keyword(call, field)
    if named is not None or not call[4] or any(one[0] == form.STARRED for one in call[4]):
        return named
    if program.bases(cls)[1:]:
        # Fields of a base class come first; which they are is told only where it is the project's.
        return None
    fields = [
        name for name, bound in cls.bindings.items() if any(one.how is How.ANNOTATED or one.annotation for one in bound)
    ]
    place = fields.index(field) if field in fields else len(call[4])
    return call[4][place] if place < len(call[4]) else None
