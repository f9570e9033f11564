"""What something is an instance of: `isinstance(answer, dict)`, decided where source or who calls decides it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nomoat.survey.trial import patterns
from nomoat.survey.trial.demands import AUTHENTICATION, OTHER
from nomoat.survey.trial.refusals import is_raised_as, is_redirect, status_of
from nomoat.survey.trial.registry import Registry
from nomoat.survey.trial.values import (
    Choice,
    Class,
    Const,
    Env,
    Function,
    Items,
    Member,
    Object,
    Outside,
    Table,
    Test,
    Thing,
    Value,
)

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls

_NOBODY = re.compile(r"(anonymous|guest|nonetype)", re.I)
_PLAIN_TYPES = frozenset(
    f"builtins.{name}" for name in ("list", "tuple", "set", "dict", "str", "bytes", "int", "float")
)


def _is_answer(run: Calls, value: Value) -> bool:
    return isinstance(value, Thing) and value.is_call and not value.trail and value.name in run.models.answers


def _is_class_of_answers(run: Calls, cls: Value, answer: Value) -> bool:
    """Whether an answer is of this class: of one of them all, of those that send elsewhere, or of its own status."""
    told = run.models.answers.get(cls.name) if isinstance(cls, Outside) else None
    if told is None or not isinstance(cls, Outside):
        return False
    if told.redirects:
        return is_redirect(run, answer) and "Permanent" not in cls.name
    own = told.fixed is not None and status_of(run, answer, run.models.answers) == told.fixed
    return own or cls.name.endswith("Response")


def _each(classes: Value) -> list[Value]:
    return classes.values if isinstance(classes, Items) else [classes]


def _is_request(run: Calls, value: Value, classes: Value) -> bool | None:
    """Whether something is a request: `next(one for one in args if isinstance(one, Request))`; None where not told."""
    requests = run.models.requests
    each = _each(classes)
    names = [one.name for one in each if isinstance(one, Outside)]
    if isinstance(value, Thing) and value.name in requests and not value.is_call:
        # One of a connection may be what a socket has, or what a plain request has.
        alike = [name for name in names if name in requests and bool(_SOCKET.search(name)) == _is_socket(value)]
        if alike:
            return True
        told = [isinstance(one, Outside) and one.name in _PLAIN_TYPES for one in each]
        told += [isinstance(one, Class) and not run.program.bases_elsewhere(one.scope) for one in each]
        return False if sum(told) == len(each) else None
    if not isinstance(value, Object) or len(names) < len(each) or not any(name in requests for name in names):
        return None
    bases = run.program.bases_elsewhere(value.cls.scope)
    if any(name in bases for name in names):
        return True
    return None if any(_REQUEST.search(one) for one in bases) else False


def _is_socket(request: Thing) -> bool:
    return bool(_SOCKET.search(request.name))


_SOCKET = re.compile(r"(web)?socket|connection", re.I)
_REQUEST = re.compile(r"request|socket|connection", re.I)


def _isinstance(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    marks = args[0].tags if args else frozenset()
    if args and isinstance(args[0], (Outside, Thing)) and args[0].name in run.models.transparent:
        return Const(False)
    if len(args) == 2 and isinstance(args[0], Choice):
        tests = [run.truth(_isinstance(run, (one, args[1]), {}, at, env) or Thing()) for one in args[0].options]
        if len({one.anonymous for one in tests}) == 1 and tests[0].anonymous is not None:
            return run.any_of(tests)
    if len(args) == 2 and isinstance(args[0], Member) and args[0].cls is not None and isinstance(args[1], Class):
        is_member = args[1].scope.dotted in run.bases(args[0].cls.scope)
        return Const(True) if is_member else Test(False, AUTHENTICATION if "caller" in marks else OTHER, OTHER, marks)
    is_request = _is_request(run, args[0], args[1]) if len(args) == 2 and not marks else None
    if is_request is not None:
        return Const(is_request)
    is_entry = patterns.is_a(run, args[0], args[1]) if len(args) == 2 and isinstance(args[0], Thing) else None
    if is_entry is not None:
        return Const(is_entry)
    if len(args) == 2 and _is_answer(run, args[0]):
        return Const(any(_is_class_of_answers(run, one, args[0]) for one in _each(args[1])))
    if len(args) == 2 and isinstance(args[1], Items) and not marks:
        each = [_isinstance(run, (args[0], one), {}, at, env) or Const(False) for one in args[1].values]
        return run.combined([run.truth(one) for one in each], is_or=True)
    if len(args) == 2 and isinstance(args[1], Outside) and args[1].name in ("types.FunctionType", "types.LambdaType"):
        return Const(isinstance(args[0], Function)) if isinstance(args[0], (Class, Function, Object)) else None
    if len(args) == 2 and isinstance(args[1], Outside) and args[1].name == "builtins.type":
        return Const(isinstance(args[0], Class)) if isinstance(args[0], (Class, Function, Object)) else None
    if len(args) == 2 and isinstance(args[0], (Function, Class)) and isinstance(args[1], Outside):
        return Const(False) if args[1].name in _PLAIN_TYPES else None
    is_raised = bool(args) and isinstance(args[0], (Thing, Outside)) and args[0].name in run.models.raised
    if len(args) == 2 and is_raised and isinstance(args[1], Class):
        # What a package raises is of no class of the tree.
        return Const(False)
    is_plain = len(args) == 2 and isinstance(args[1], Outside) and args[1].name in _PLAIN_TYPES
    if is_plain and isinstance(args[0], Object) and not run.program.bases_elsewhere(args[0].cls.scope):
        return Const(False)
    if (
        len(args) == 2
        and isinstance(args[0], (Function, Const, Items, Table))
        and isinstance(args[1], Class)
        and not marks
    ):
        # Neither a function nor what is written out is an object of a class of the tree.
        return Const(False)
    if len(args) == 2 and isinstance(args[0], Const) and isinstance(args[1], Outside) and not marks:
        return Const(args[1].name == f"builtins.{type(args[0].value).__name__}")
    if len(args) == 2 and isinstance(args[0], (Items, Table)) and isinstance(args[1], Outside):
        lists = {"builtins.list", "builtins.tuple", "builtins.set"}
        names = lists if isinstance(args[0], Items) else {"builtins.dict"}
        return Const(args[1].name in names)
    if len(args) == 2 and isinstance(args[0], (Object, Registry)) and isinstance(args[1], Class) and not args[0].tags:
        own = _class_of(run, args[0])
        return Const(args[1].scope.dotted in run.bases(own.scope)) if own is not None else None
    about = args[1].values if len(args) == 2 and isinstance(args[1], Items) else args[1:]
    if any(is_raised_as(run, args[0], one) for one in about):
        return Const(True)
    if run.anonymous and args and isinstance(args[0], Thing) and "caller" in marks and "unread" not in marks:
        # Who has no credential is None, or what a framework has for nobody: `AnonymousUser`.
        is_nobody = any(_NOBODY.search(one.name) for one in about if isinstance(one, Outside))
        return Test(is_nobody, OTHER, AUTHENTICATION, marks) if is_nobody else Test(False, AUTHENTICATION, OTHER, marks)
    if run.anonymous and about and isinstance(args[0], Const) and "caller" in marks and "unread" not in marks:
        # `if not isinstance(user, dict): return`, and there is none.
        kinds = {f"builtins.{kind.__name__}" for kind in type(args[0].value).__mro__}
        is_one = any(isinstance(one, Outside) and one.name in kinds for one in about)
        return Test(is_one, OTHER, AUTHENTICATION, marks) if is_one else Test(False, AUTHENTICATION, OTHER, marks)
    return Test(None, OTHER, OTHER, marks - frozenset(("caller",)))


def _class_of(run: Calls, value: Object | Registry) -> Class | None:
    """The class of an object: another one than its own where that says so, as what stands for something else does."""
    if value.cls is None:
        return None
    told = run.class_names(value.cls).names.get("__class__")
    return told if isinstance(told, Class) else value.cls


SPECIAL = {"builtins.isinstance": _isinstance}
