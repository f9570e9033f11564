"""What permissions a caller is asked for by name, and which of them rules of the tree give to who has no credential.

`user.has_perm("shop.view_order", order)` is answered by backends. Where a tree registers rules (django-rules), the rule
of that name is asked about nobody, like any other function.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.trial.demands import OTHER, UNKNOWN, Demand, both, either
from nomoat.survey.trial.machine import RaisedError
from nomoat.survey.trial.values import (
    CALLER,
    INPUT,
    UNREAD,
    Const,
    Env,
    Function,
    Items,
    Lazy,
    Object,
    Table,
    Test,
    Thing,
    Value,
)

if TYPE_CHECKING:
    from nomoat.survey.python.symbols import Scope
    from nomoat.survey.trial.calls import Calls

_ALLOWS = re.compile(
    r"(has_|have_|check_|is_|require_|can|may|verify_|assert_)?_?(perm|scope|allow|authoriz|can$|may$|access)", re.I
)
_HAS_ROLE = re.compile(r"(role|group)", re.I)
#: What belongs to an account and says what it may do, and by what one of these is looked up.
_RELATION = re.compile(r"^(\w+_)?(groups?|roles?|permissions?)(_set)?$", re.I)
_OF_PERMISSIONS = re.compile(r"permission", re.I)
_CALLED = re.compile(r"(^|_)(name|codename|slug|code|key|title|role|group)$", re.I)
_LOOKS = ("__in", "__exact", "__iexact")
#: What may be there for somebody who has no credential.
_ANYTHING = frozenset(("unread", "made", "input"))
#: The methods of a user of Django that backends answer.
_BY_BACKENDS = frozenset(("has_perm", "has_perms"))
#: The module that holds rules, the name of their table there, and what registers one.
_RULES, _TABLE, _REGISTERS = "rules.permissions", "permissions", ("add_perm", "set_perm")
#: Where a model says its rules, by what they allow: `rules_permissions = {"view": is_member}`.
_OF_MODEL = "rules_permissions"
_IMPORTS = re.compile(rb"^\s*(?:import|from) rules\b", re.M)


@dataclass
class Rules:
    """The rules of a tree; no table where it registers none."""

    table: Table | None
    #: What models say in their `Meta`, by the name of the permission without that of the application.
    of_models: dict[str, list[Value]] = field(default_factory=dict)
    #: Something that a model says there cannot be read.
    is_whole: bool = True
    #: How often a rule that asks itself of something else (`is_owner(user, folder.parent)`) was supposed to say no.
    supposed: int = 0


def asked_of_caller(name: str, asked: Value) -> Demand | None:
    """`user.has_permission("x")`, `user.has_role("admin")` of a class that is not here."""
    if isinstance(asked, Items) and asked.values:
        each = [asked_of_caller(name, one) for one in asked.values]
        return both(one for one in each if one is not None) if all(each) else None
    if not isinstance(asked, Const) or not isinstance(asked.value, str):
        return None
    if _HAS_ROLE.search(name):
        return Demand("permission", f"role:{asked.value}")
    return Demand("permission", asked.value) if _ALLOWS.search(name) else None


def of_related(run: Calls, callee: Thing, named: dict[str, Value], marks: frozenset[str]) -> Test | None:
    """`user.groups.filter(name="editors")`: whether the caller is one of them; that is not empty, or is counted."""
    relation = callee.trail[-2] if len(callee.trail) > 1 else ""
    if callee.trail[-1:] not in (("filter",), ("filter_by",)) or len(named) != 1 or not _RELATION.match(relation):
        return None
    ((key, value),) = named.items()
    key, _, how = key.rpartition("__") if key.endswith(_LOOKS) else (key, "", "")
    several = value.values if how == "in" and isinstance(value, Items) and value.is_whole else [value]
    names = [one.value for one in several if isinstance(one, Const) and isinstance(one.value, str)]
    kind = "" if _OF_PERMISSIONS.search(relation) else "role:"
    is_told = bool(names) and len(names) == len(several) and bool(_CALLED.search(key))
    demand = either(Demand("permission", f"{kind}{name}") for name in names) if is_told else UNKNOWN
    return Test(False if run.anonymous and not callee.marks & _ANYTHING else None, demand, OTHER, marks)


def counted(test: Test, operator: str, number: object, opposite: Callable[[Test], Test]) -> Test | None:
    """Whether there are any of those: `.count() > 0`, `.count() == 0`, `.exists() is True`."""
    if isinstance(number, bool):
        return (test if number else opposite(test)) if operator in ("==", "is") else None
    if number is None:
        return opposite(test) if operator in ("==", "is") else None
    if (operator, number) in ((">", 0), (">=", 1)):
        return test
    return opposite(test) if (operator, number) in (("==", 0), ("<", 1), ("<=", 0)) else None


def by_rules(run: Calls, name: str, user: Value, args: tuple[Value, ...], demanded: Demand) -> Test | None:
    """Whether rules give the permissions to who has no credential; None where no rules are registered."""
    rules = _rules(run) if name in _BY_BACKENDS else None
    if rules is None or rules.table is None:
        return None
    asked = args[0].values if isinstance(args[0], Items) else [args[0]]
    target = args[1] if len(args) > 1 else Const(None)
    answers = [_answer(run, rules, one, user, target) for one in asked]
    allows = False if False in answers else None if None in answers else True
    return Test(allows, demanded, OTHER, CALLER if allows is False else CALLER | UNREAD)


def of_unnamed(run: Calls, name: str, asked: Value, marks: frozenset[str]) -> Test | None:
    """Whether who has no credential has permissions whose names cannot be told: not one of them, but all of none."""
    rules = _rules(run) if name in _BY_BACKENDS else None
    if rules is None or rules.table is not None:
        return None
    if name == "has_perms" and isinstance(asked, Lazy):
        return Test(None if may_be_none(name, asked) else False, UNKNOWN, OTHER, marks - INPUT)
    is_some = isinstance(asked, Items) and bool(asked.values) and not asked.may_be_empty
    return Test(False, UNKNOWN, OTHER, marks - INPUT) if name == "has_perm" or is_some else None


def may_be_none(name: str, asked: Value | None) -> bool:
    """Whether all of several permissions are asked for, of which there may be none: everybody has all of none."""
    return name == "has_perms" and isinstance(asked, Lazy) and not asked.is_filled


def gives_one(generator: Scope) -> bool:
    """Whether a generator gives something for sure: a `yield` that stands under nothing."""
    kinds = (node[3][0] for node in generator.body if node[0] == form.EXPRESSION)
    return any(kind == form.YIELD for kind in kinds)


def _rules(run: Calls) -> Rules:
    """The rules, after all modules that register any have run."""
    rules = run.around.rules
    if not isinstance(rules, Rules):
        rules = run.around.rules = Rules(None)
        for module in run.program.holding(_REGISTERS):
            if _IMPORTS.search(module.source):
                run.module(run.program.scope(module))
                held = run.by_name(f"{_RULES}.{_TABLE}")
                rules.table = held if isinstance(held, Table) else rules.table
        for module in run.program.holding((_OF_MODEL,)):
            for meta in run.program.classes(within=module):
                if meta.name == "Meta" and _OF_MODEL in meta.bindings and meta.parent is not None:
                    rules.table = rules.table or Table({})
                    _take(run, rules, meta)
    return rules


def _take(run: Calls, rules: Rules, meta: Scope) -> None:
    """Takes note of the rules in the `Meta` of a model."""
    assert meta.parent is not None
    said = run.attribute(run.class_of(meta), _OF_MODEL)
    if not isinstance(said, Table) or not said.is_whole:
        rules.is_whole = False
    for kind, rule in said.entries.items() if isinstance(said, Table) else ():
        rules.of_models.setdefault(f"{kind}_{meta.parent.name.lower()}", []).append(rule)


def _answer(run: Calls, rules: Rules, asked: Value, user: Value, target: Value) -> bool | None:
    assert rules.table is not None
    name = str(asked.value) if isinstance(asked, Const) else ""
    rule = rules.table.entries.get(name)
    possible = [*([rule] if rule is not None else ()), *rules.of_models.get(name.rpartition(".")[2], ())]
    if not possible and rules.table.is_whole and rules.is_whole:
        return False
    # Under names that only the running program knows, any of those rules may be this one.
    possible = possible or [held for _, held in rules.table.kept]
    answers = {_allows(run, rules, one, user, target) for one in possible}
    return answers.pop() if len(answers) == 1 else None


def _allows(run: Calls, rules: Rules, rule: Value, user: Value, target: Value) -> bool | None:
    test = run.attribute(rule, "test") if isinstance(rule, Object) else None
    if not isinstance(test, Function):
        return None
    held, before = (run.conditions, run.pending), rules.supposed
    run.conditions, run.pending = [], []
    try:
        found = run.truth(run.call(test, (user, target), {}, test.at, test.env)).anonymous
    except RaisedError:
        return False  # Nobody is let through by an error.
    finally:
        run.conditions, run.pending = held
    # A rule that says no where it says no of what is above it says no of all; nothing else follows from that.
    return found if found is False or rules.supposed == before else None


def _is_itself(scope: Scope) -> bool:
    """Whether there is one function of it alone: what stands inside of another is made anew by each call of that."""
    return not scope.module.is_library and scope.parent is not None and not scope.parent.is_function


def _called_with(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """For descriptions of packages: what a rule gives that is handed as much of this as it takes."""
    function = args[0] if args else None
    if not isinstance(function, Function) or function.scope is None:
        return run.call(function, args[1:], named, at, env) if function is not None else Thing()
    if _is_itself(function.scope) and function.scope in run.path and isinstance(run.around.rules, Rules):
        run.around.rules.supposed += 1
        return Const(False, CALLER)
    count = len(function.scope.parameters) - (function.me is not None)
    return run.call(function, args[1 : 1 + count], named, at, env)


SPECIAL = {"nomoat.survey.called_with": _called_with}
