"""Members of enumerations: their numbers, those too that `auto()` gives, and what flags make of them."""

from __future__ import annotations

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial.values import Class, Const, Items, Member, Object, Table, Thing, Value

_ENUMS = frozenset(("Enum", "StrEnum", "IntEnum", "Flag", "IntFlag"))
_FLAGS = frozenset(("Flag", "IntFlag"))


def is_enum(bases: tuple[str, ...]) -> bool:
    """Whether a class with these bases is an enumeration."""
    return any(base.rpartition(".")[2] in _ENUMS for base in bases)


def member(cls: Class, base: Scope, bases: tuple[str, ...], name: str, found: Value) -> Value:
    """A member of an enumeration that `base` defines; `found` is what stands in its class."""
    if isinstance(found, Const):
        return Member(found.value, label=name, cls=cls)
    last = {base.rpartition(".")[2] for base in bases}
    number = None if "StrEnum" in last else _numbers(base, is_flag=bool(last & _FLAGS)).get(name)
    if number is not None:
        return Member(number, label=name, cls=cls)
    is_made = name in base.bindings and not name.startswith("_") and isinstance(found, (Items, Object, Table, Thing))
    return Member(f"{base.name}.{name}", label=name, cls=cls, held=found) if is_made else found


def attribute(value: Member, name: str) -> Value | None:
    """What a member has by itself; None for all else, which its class has."""
    if name == "name":
        return Const(value.label, value.marks)
    return (value.held or value) if name == "value" else None


def together(operator: str, left: Value, right: Value) -> Const | None:
    """`Perm.READ | Perm.WRITE`, `granted & Perm.WRITE`."""
    if operator not in ("|", "&") or not isinstance(left, Const) or not isinstance(right, Const):
        return None
    one, other = left.value, right.value
    if type(one) is not int or type(other) is not int:
        return None
    return Const(one | other if operator == "|" else one & other, left.marks | right.marks)


def _numbers(cls: Scope, *, is_flag: bool) -> dict[str, int]:
    """The numbers of the members, in the order in which they stand; those that cannot be told are left out."""
    found: dict[str, int] = {}
    for node in cls.body:
        if node[0] != form.ASSIGN or len(node[3]) != 1 or node[3][0][0] != form.NAME:
            continue
        most = max(found.values(), default=0)
        number = _number(node[4], found, (1 << most.bit_length()) if is_flag else most + 1)
        if number is not None:
            found[node[3][0][3]] = number
    return found


def _number(node: Node, known: dict[str, int], following: int) -> int | None:
    if node[0] == form.CONSTANT:
        return node[3] if type(node[3]) is int else None
    if node[0] == form.CALL and (form.dotted(node[3]) or "").rpartition(".")[2] == "auto":
        return following
    if node[0] == form.NAME:
        return known.get(node[3])
    if node[0] == form.BINARY and node[3] == "|":
        parts = [_number(one, known, 0) for one in node[4]]
        total = 0
        for part in parts:
            if part is None:
                return None
            total |= part
        return total
    return None
