"""Forms, serializers and schemas: which of their fields hold text, and what reads the request by itself."""

from __future__ import annotations

from nomoat.check.flow import parts
from nomoat.check.flow.taint import Step, Taint
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import How, Scope


def field_of_form(program: Program, scope: Scope, node: Node) -> Taint | None:
    """`form.name.data` of a form that takes the request at hand; None for everything else."""
    is_whole = node[3][0] == form.NAME
    of = node[3] if is_whole else node[3][3]
    cls = _class_of(program, scope, of)
    if cls is None or not any(
        isinstance(base, str) and base.startswith(parts.IMPLICIT_FORMS) for base in program.bases(cls)
    ):
        return None
    if not is_whole and _converts(program, cls, node[3][4]):
        return None
    name = f"form.{node[3][4]}.data" if not is_whole else "form.data"
    taint = Taint(name, (Step(scope, node, f"the caller writes {name}"),))
    return taint.with_fixed_keys() if is_whole else taint.as_text()


def is_converted(program: Program, scope: Scope, of: Node, name: str) -> bool:
    """Whether `form.cleaned_data[name]` (or a name that is bound to `form.cleaned_data`) holds no free text."""
    for _ in range(3):
        if of[0] == form.ATTRIBUTE and of[4] in parts.VALIDATED:
            cls = _class_of(program, scope, of[3])
            return cls is not None and _converts(program, cls, name)
        if of[0] == form.CALL and of[3][0] == form.ATTRIBUTE and of[3][4] in ("load", "loads"):
            cls = _class_of(program, scope, of[3][3])
            return cls is not None and _converts(program, cls, name)
        if of[0] != form.NAME:
            return False
        bindings = scope.bindings.get(of[3], ())
        if len(bindings) != 1 or bindings[0].how is not How.VALUE or bindings[0].value is None:
            return False
        of = bindings[0].value
    return False


_OF_FORMS = ("django.forms.", "rest_framework.serializers.", "django.contrib.auth.forms.")
_DATA_OF_FORMS = parts.VALIDATED | {"data", "initial_data", "files", "changed_data", "errors"}


def holds_no_data(program: Program, cls: Scope, name: str) -> bool:
    """Whether an attribute of a form or serializer is something else than what was sent: `form.instance`."""
    if name in _DATA_OF_FORMS:
        return False
    return any(
        (base if isinstance(base, str) else base.dotted).startswith(_OF_FORMS) for base in program.bases(cls)
    )  # fmt: skip


def _class_of(program: Program, scope: Scope, node: Node) -> Scope | None:
    if node[0] == form.NAME and node[3] == "self":
        return scope.enclosing_class
    found = program.resolve(scope, node)
    return found.scope if found.kind == "instance" and found.scope is not None and found.scope.is_class else None


def _converts(program: Program, cls: Scope, name: str) -> bool:
    members, _ = program.resolver.classes.members(cls, name)
    for member in members:
        value = member.binding.value
        if value is not None and value[0] == form.CALL:
            return (form.dotted(value[3]) or "").rpartition(".")[2] in parts.CONVERTING_FIELDS
    return False
