"""What some functions of Python's own library give; everything else elsewhere is a thing."""

from __future__ import annotations

import builtins
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from nomoat.survey import kept
from nomoat.survey.python import form
from nomoat.survey.python.symbols import How
from nomoat.survey.trial import (
    asked,
    backends,
    containers,
    default_tables,
    documents,
    files,
    found_below,
    in_threads,
    installed,
    instances,
    modeled,
    modules,
    on_applications,
    overlaid,
    patterns,
    plugins,
    reducing,
    resolved,
    scanning,
    signals,
    spelling,
    subclasses,
)
from nomoat.survey.trial.command_line import of_options
from nomoat.survey.trial.configuration import Configuration
from nomoat.survey.trial.demands import OTHER
from nomoat.survey.trial.machine import End, RaisedError
from nomoat.survey.trial.matching import globbed, matched
from nomoat.survey.trial.refusals import (
    is_above,
    is_exception,
    names_of,
    status_number,
)
from nomoat.survey.trial.registry import Bound, Registry
from nomoat.survey.trial.requests import BY_NAME
from nomoat.survey.trial.statuses import number_in
from nomoat.survey.trial.unpacking import marked
from nomoat.survey.trial.values import (
    ABSENT,
    CALLER,
    FILLED,
    INPUT,
    NOTHING,
    OWN_MEMBER,
    PERHAPS,
    PLACE,
    SETTING,
    SPREAD,
    UNREAD,
    Choice,
    Class,
    Const,
    Env,
    FileOf,
    Function,
    Items,
    Lazy,
    ModuleValue,
    Object,
    Outside,
    PathOf,
    Table,
    Test,
    Thing,
    Value,
    copied,
    is_one_of_lists,
    options,
    union,
)

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls


#: What packages are called that say who is calling, or who may what.
_BRINGS = re.compile(
    r"auth|log_?in|sign_?in|user|account|ident|polic|secur|jwt|ldap|person|member|acl|permission|principal|keycloak"
    r"|oidc|sso|saml|guard",
    re.I,
)

Known = Callable[["Calls", "tuple[Value, ...]", "dict[str, Value]", str, Env], "Value | None"]


#: Methods of a text that give the same for the same.
_PURE = frozenset(
    ("strip", "rstrip", "lstrip", "lower", "upper", "casefold", "replace", "removeprefix", "removesuffix", "split",
     "rsplit", "splitlines", "partition", "rpartition", "title", "capitalize", "encode", "decode", "count", "find",
     "rfind", "index", "isdigit", "isalnum", "isalpha", "isspace", "hex", "ljust", "rjust", "zfill")
)  # fmt: skip
#: Those that make a text as long as they are told.
_PADS = frozenset(("ljust", "rjust", "zfill"))
_MAX_WIDTH = 10_000


def const_method(run: Calls, me: Const | PathOf, name: str, args: tuple[Value, ...]) -> Value | None:
    """A method of a text."""
    if isinstance(me, (asked.AskedText, asked.AskedPath)):
        return asked.of_method(me, name, args, lambda path: const_method(run, path, name, args))  # type: ignore[arg-type]
    if isinstance(me, PathOf):
        return _of_path(me, name, args)
    text = me.value
    if not isinstance(text, (str, bytes)):
        return None
    if name in ("removeprefix", "removesuffix") and args and not isinstance(args[0], Const):
        # A proxy's prefix, which is empty where nobody configures one.
        return me
    given = [arg.value for arg in args if isinstance(arg, Const) and isinstance(arg.value, (str, bytes, int))]
    if name in ("startswith", "endswith") and args:
        options = args[0].values if isinstance(args[0], Items) else [args[0]]
        texts = [
            option.value for option in options if isinstance(option, Const) and isinstance(option.value, type(text))
        ]
        if len(texts) == len(options) and "setting" not in me.marks:
            return Const(getattr(text, name)(tuple(texts)), me.marks)
        return None
    if len(given) != len(args) or name not in _PURE:
        return None
    if name in _PADS and any(isinstance(one, int) and one > _MAX_WIDTH for one in given):
        return None
    try:
        found = getattr(text, name)(*given)
    except (AttributeError, LookupError, TypeError, ValueError):
        return None  # `text.encode(options.encoding)`, of which the default is no encoding, fails.
    if isinstance(found, (list, tuple)):
        return Items([Const(part, me.marks) for part in found])
    return Const(found, me.marks)


_STRIPS = frozenset(("strip", "lstrip", "rstrip"))


def _stripped(me: PathOf, name: str, args: tuple[Value, ...]) -> Value:
    """A path without its slashes at the ends; what stands for a parameter there begins or ends with something else."""
    ends = args[0].value if args and isinstance(args[0], Const) else None
    return PathOf(getattr(me.template, name)("/")) if ends == "/" else me


def _of_path(me: PathOf, name: str, args: tuple[Value, ...]) -> Value | None:
    fixed = me.template.partition("{")[0]
    if name in _STRIPS:
        return _stripped(me, name, args)
    if name in ("lower", "removeprefix", "removesuffix"):
        return me
    if name != "startswith" or not args:
        return None
    options = args[0].values if isinstance(args[0], Items) else [args[0]]
    texts = [option.value for option in options if isinstance(option, Const) and isinstance(option.value, str)]
    if any(fixed.startswith(text) for text in texts):
        return Const(True)
    if len(texts) == len(options) and not any(me.may_begin(text) for text in texts):
        return Const(False)
    return Test(None, OTHER, OTHER, INPUT)


def _partial(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    inner = args[0] if args else None
    if isinstance(inner, Function):
        made = Function(inner.scope, Env(inner.env.scope, inner.env, {}, at), inner.me, node=inner.node)
        made.outer = inner.outer
        made.given, made.named = (*inner.given, *args[1:]), {**inner.named, **named}
        return made
    if isinstance(inner, Bound):
        return replace(inner, args=(*inner.args, *args[1:]), named={**inner.named, **named})
    return inner


def _wraps(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    return Thing("functools.wraps", args, at=at)


def _update_wrapper(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`functools.update_wrapper(wrapper, wrapped)`: what `functools.wraps` does, written as a call."""
    wrapper = args[0] if args else named.get("wrapper")
    wrapped = args[1] if len(args) > 1 else named.get("wrapped")
    if isinstance(wrapper, Function) and isinstance(wrapped, Function) and wrapper is not wrapped:
        wrapper.wraps = wrapped
    elif isinstance(wrapper, Function) and isinstance(wrapped, Object):
        wrapper.attributes.update(wrapped.attributes)
    return wrapper


def _function_of(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`types.FunctionType(read.__code__, read.__globals__)`: a function that does the same, and is another one."""
    code = args[0] if args else named.get("code")
    of = code.me if isinstance(code, Outside) and code.name == ".__code__" else None
    if not isinstance(of, Function):
        return None
    return replace(of, env=Env(of.env.scope, of.env.parent, of.env.names, of.env.called_at), attributes={})


def _route_path(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`starlette.routing.get_route_path(scope)`: the path of a request, short of where the application is mounted."""
    scope = args[0] if args else named.get("scope")
    return run.item(scope, Const("path")) if isinstance(scope, Thing) and scope.name == "request.scope" else None


def _import_module(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    if not args or not isinstance(args[0], Const) or not isinstance(args[0].value, str):
        return None
    name = args[0].value
    if name.startswith("."):
        package = args[1] if len(args) > 1 else named.get("package")
        base = str(package.value) if isinstance(package, Const) else env.module.scope.module.name
        name = base + name
    found = run.program.find(name)
    if found is None or found.node is not None:
        # A tree may begin above what its packages are named from, or below.
        found = run.program.module_named(name, env.module.scope.module)
    if found is None or found.module.is_library:
        return None
    if run.wires:
        run.module(found)
    return ModuleValue(found)


def _has_submodule(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`module_has_submodule(shop, "hooks")`."""
    if len(args) != 2 or not isinstance(args[0], ModuleValue) or not isinstance(args[1], Const):
        return None
    return Const(run.program.submodule(args[0].scope, str(args[1].value)) is not None)


def _import(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`__import__("shop.handlers", fromlist=["handlers"])`: the module itself, where a list of names is given."""
    listed = args[3] if len(args) > 3 else named.get("fromlist")
    return _import_module(run, args[:1], {}, at, env) if isinstance(listed, Items) and listed.values else None


def _any(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    return _all_or_any(run, args, is_or=True)


def _all(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    return _all_or_any(run, args, is_or=False)


def _all_or_any(run: Calls, args: tuple[Value, ...], *, is_or: bool) -> Value | None:
    if not args:
        return None
    if (
        run.anonymous
        and not is_or
        and "caller" in args[0].tags
        and not (isinstance(args[0], Items) and args[0].is_whole)
    ):
        # All of nothing is true.
        return Test(None, OTHER, OTHER, args[0].tags)
    if is_one_of_lists(args[0]):
        each = [_all_or_any(run, (one,), is_or=is_or) for one in options(args[0])]
        return run.truth(Choice(tuple(one if one is not None else Thing() for one in each)))
    if not isinstance(args[0], Items):
        return run.truth(args[0])
    tests = [run.truth(value) for value in args[0].values]
    if not tests:
        return Const(not is_or) if args[0].is_whole else None
    if not args[0].is_whole and len(tests) == 1:
        return tests[0]
    return run.combined(tests, is_or=is_or)


def _listed(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    if not args:
        return Items([])
    if isinstance(args[0], Items):
        turn = run.turns[-1] if run.turns else None
        return Items(list(args[0].values), args[0].is_whole, may_be_empty=args[0].may_be_empty, made_in=turn)
    if isinstance(args[0], Table):
        return Items([Const(key) for key in args[0].entries], args[0].is_whole, may_be_empty=args[0].may_be_empty)
    return args[0]


def _dict(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    first = args[0] if args else None
    if first is not None and not isinstance(first, Table):
        return first
    table = copied(first) if type(first) is Table else Table(dict(first.entries) if first is not None else {})
    if SPREAD in named:
        overlaid.table(run, table, named[SPREAD])
    table.entries.update({name: value for name, value in named.items() if name != SPREAD})
    return table


def _enumerate(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    if args and isinstance(args[0], Items):
        marks = NOTHING if args[0].is_whole or not run.wires else PLACE
        rows: list[Value] = [Items([Const(place, marks), value]) for place, value in enumerate(args[0].values)]
        return Items(rows, args[0].is_whole, may_be_empty=args[0].may_be_empty)
    return None


def _zip(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    lists = [arg.values for arg in args if isinstance(arg, Items)]
    if len(lists) != len(args):
        return None
    return Items([Items(list(row)) for row in zip(*lists, strict=False)])


def _import_string(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    if args and isinstance(args[0], Const) and isinstance(args[0].value, str):
        return run.by_name(args[0].value)
    if args and isinstance(args[0], Choice):
        return run.each(args[0].options, lambda one: _import_string(run, (one,), {}, at, env) or Thing(at=at))
    return args[0] if args and isinstance(args[0], (Class, Function)) else None


#: What stands on what is no function any more once the class is made.
_NO_FUNCTIONS = frozenset(("classmethod", "property", "cached_property", "functools.cached_property"))


_PROPERTIES = frozenset(("property", "cached_property", "functools.cached_property"))


def _getmembers(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """Name and value of each function of a class; of those that are asked for as functions, no method of the class.

    Of an object: `inspect.getmembers(self, predicate=inspect.ismethod)`.
    """
    of = args[0] if args else None
    cls = of.cls if isinstance(of, Object) else of
    if not isinstance(cls, Class) or of is None:
        return None
    asked = args[1] if len(args) > 1 else named.get("predicate")
    without = _NO_FUNCTIONS if isinstance(asked, Outside) and asked.name == "inspect.isfunction" else frozenset()
    seen: set[str] = set()
    rows: dict[str, Items] = {}
    for base in run.program.bases(cls.scope):
        for name, bindings in base.bindings.items() if not isinstance(base, str) else ():
            if name in seen:
                continue
            seen.add(name)
            if bindings[-1].how is not How.FUNCTION:
                continue
            own = [one for one in base.children.values() if one.name == name] if not isinstance(base, str) else []
            above = {form.dotted(node) for node in own[-1].decorators} if own else set()
            if not above & (without or (_PROPERTIES if isinstance(of, Object) else without)):
                rows[name] = Items([Const(name), run.attribute(of, name, at)])
    if isinstance(of, Object) and without:
        return None  # What an object has of its class is bound to it, and no function any more.
    if isinstance(asked, Function):
        told = {name: run.truth(run.call(asked, (row.values[1],), {}, at, env)) for name, row in rows.items()}
        rows = {name: row for name, row in rows.items() if told[name].anonymous is not False}
    return Items(list(rows.values()))


def _dir(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """The names of the members of a class or an object, in the order of the alphabet, as Python gives them."""
    me = args[0] if args else None
    if not isinstance(me, (Class, Object)):
        return None
    cls = me if isinstance(me, Class) else me.cls
    bases = run.program.bases(cls.scope)
    names = {name for base in bases if not isinstance(base, str) for name in base.bindings}
    held = me.attributes if isinstance(me, Object) else {}
    names.update(held)
    is_whole = SPREAD not in held and not run.program.bases_elsewhere(cls.scope)
    return Items([Const(name) for name in sorted(names - {SPREAD})], is_whole)


def _vars(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`vars(Shop)`: what a class itself holds, or what was set on an object."""
    if len(args) == 1 and isinstance(args[0], Class):
        return run.attribute(args[0], "__dict__", at)
    is_known = len(args) == 1 and isinstance(args[0], Object) and not args[0].marks
    return overlaid.members_of(args[0], is_whole=run.wires) if is_known else None  # type: ignore[arg-type]


def _getattr(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    args = tuple(resolved.handler_of(run, one) for one in args[:1]) + args[1:]
    if len(args) > 1 and isinstance(args[1], Choice):
        return run.each(args[1].options, lambda one: _getattr(run, (args[0], one, *args[2:]), {}, at, env) or Thing())
    if len(args) < 2 or not isinstance(args[1], Const) or not isinstance(args[1].value, str) or _is_open(args[1]):
        is_own = bool(args) and isinstance(args[0], Object) and not args[0].cls.scope.module.is_library
        held = args[:1] if is_own else ()
        return Thing(OWN_MEMBER if is_own else "", held, marks=args[0].tags) if args else None
    if isinstance(args[0], Outside) and args[0].name in run.models.settings and args[1].value.isupper():
        return run.setting(args[1].value) or _unset(run, args[2:], at, env)
    is_nothing = isinstance(args[0], Const) and args[0].value is None and not args[0].marks - CALLER
    if len(args) > 2 and is_nothing and not hasattr(None, args[1].value):
        return marked(args[2]) if args[0].tags else args[2]
    is_request = isinstance(args[0], Thing) and args[0].name in run.models.requests and not args[0].is_call
    if len(args) > 2 and is_request and args[1].value == "request":
        return args[2]  # It is one itself: `getattr(view_or_request, "request", view_or_request)`.
    is_set = args[1].value != "__dict__"
    if len(args) > 2 and is_set and isinstance(args[0], Function) and args[0].set_on_it(args[1].value) is None:
        return args[2]
    if len(args) > 2 and isinstance(args[0], Thing) and args[1].value not in args[0].named:
        if args[0].name == "request.state":
            run.told_absent(args[0], args[1].value)
        if ABSENT + args[1].value in args[0].named:
            return marked(args[2])
        is_first = args[0].name == "request.state" and bool(run.path)
        if is_first and kept.alone_keeps(run.program, run.path[-1], args[1].value):
            return args[2]
    found = run.attribute(args[0], args[1].value, at)
    if len(args) > 2 and isinstance(found, Thing) and found.why:
        return args[2]
    return found


def _is_open(name: Value) -> bool:
    """Whether functions of the program put something else where the name stands."""
    return "changed" in name.tags


def _unset(run: Calls, default: tuple[Value, ...], at: str, env: Env) -> Value:
    """What a setting gives that no module of settings names: what stands for none, which may be set elsewhere."""
    if not default:
        if run.lacking:
            # `try: return getattr(settings, name)`, and what is caught gives the default.
            end = End(Thing("builtins.AttributeError"), at, tuple(run.conditions))
            if run.around.by_default:
                raise RaisedError([end])
            run.pending.append(end)
        return Thing(marks=SETTING)
    if env.module.scope.module.is_library:
        # A package's own default counts wherever the settings of a whole project are here.
        roots = [one.root for one in run.models.url_modules]
        return default[0] if any(run.setting(root) is not None for root in roots) else Thing(marks=SETTING)
    return Const(default[0].value, default[0].marks | SETTING) if isinstance(default[0], Const) else default[0]


def _setattr(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    if len(args) == 3 and not isinstance(args[1], Const):
        overlaid.members(run, args[0], args[2])
    if len(args) == 3 and isinstance(args[1], Const):
        if isinstance(args[0], Class):
            run.class_names(args[0]).names[str(args[1].value)] = args[2]
        if isinstance(args[0], Object) or (isinstance(args[0], Thing) and args[0].name in run.models.listed):
            run.set(args[0], str(args[1].value), args[2])
        elif isinstance(args[0], Thing):
            args[0].named[str(args[1].value)] = args[2]
            if args[0].name == "request.state" and run.anonymous and run.leaves:
                run.around.leave(str(args[1].value), args[2])
        if isinstance(args[0], Function) and args[1].value == "__signature__":
            args[0].sign(args[2], at)
        elif isinstance(args[0], (ModuleValue, Class, Registry, Function)):
            run.set(args[0], str(args[1].value), args[2])
    return Const(None)


def _same(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    return args[0] if args else None


def _second(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    return args[1] if len(args) > 1 else None


def _text(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    if args and asked.is_asked(args[0]):
        return args[0]
    if args and isinstance(args[0], Const):
        return Const(str(args[0].value), args[0].marks)
    if args and isinstance(args[0], Thing) and args[0].name == "request.rule" and not args[0].is_call:
        return run.rule_of(args[0])
    return args[0] if args and isinstance(args[0], (Thing, PathOf, FileOf)) else Thing(marks=union(args))


def _number(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`int(404)`, `int("404")`, `int(HTTPStatus.NOT_FOUND)`; of what is no number in source, nobody can tell."""
    one = args[0] if len(args) == 1 and not named else None
    if isinstance(one, Outside) and one.name.startswith(("http.HTTPStatus.", "http.client.")):
        return Const(number_in(one.name))
    if not isinstance(one, Const) or not isinstance(one.value, (int, str)):
        return None
    is_number = isinstance(one.value, int) or (one.value.isascii() and one.value.isdigit() and len(one.value) < 19)
    return Const(int(one.value), one.marks) if is_number else None


def _length(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    one = args[0] if args else None
    if isinstance(one, Const) and isinstance(one.value, (str, bytes)):
        return Const(len(one.value), one.marks)
    if isinstance(one, Items) and one.is_whole and not one.may_be_empty:
        return Const(len(one.values), one.tags)
    return None


def _environment(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    default = args[1] if len(args) > 1 else named.get("default")
    if isinstance(default, Const) and default.value is not None:
        return Const(default.value, SETTING)
    return Thing(marks=SETTING, trail=(str(args[0].value),) if args and isinstance(args[0], Const) else ())


def _environment_or_none(
    run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env
) -> Value | None:
    found = _environment(run, args, named, at, env)
    if isinstance(found, Thing) and len(args) < 2 and "default" not in named:
        found.marks |= frozenset(("unset",))
    return found


def _callable(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    if args and isinstance(args[0], (Function, Class)):
        return Const(True)
    return Const(False) if args and isinstance(args[0], (Const, Items, Table)) else None


def _is_coroutine(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """Whether a function is defined with `async`, where nothing of another package stands around it."""
    given = args[0] if len(args) == 1 else None
    if isinstance(given, Class):
        return Const(False)
    if not isinstance(given, Function) or given.outer:
        return None
    node = given.scope.node if given.scope is not None else None
    return Const(bool(node is not None and node[form.F_ASYNC]))


def _hasattr(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """What something can do is no question about the caller, except of what a request carries."""
    me = resolved.handler_of(run, args[0]) if args else None
    name = args[1].value if len(args) > 1 and isinstance(args[1], Const) else None
    if isinstance(me, (Class, Object)) and isinstance(name, str):
        cls = me if isinstance(me, Class) else me.cls
        bases = run.program.bases(cls.scope)
        own = [base for base in bases if not isinstance(base, str)]
        has = any(name in base.bindings or subclasses.was_given(run, base, name) for base in own)
        if has or (isinstance(me, Object) and name in me.attributes):
            return Const(True)
        if isinstance(me, Object) and SPREAD in me.attributes:
            return Thing(marks=SETTING | me.attributes[SPREAD].tags, at=at)
        return None if run.program.bases_elsewhere(cls.scope) else Const(False)
    if run.wires and isinstance(me, Outside) and isinstance(name, str) and of_options(run, me, name) is not None:
        return Const(True)  # `if hasattr(options, "debug"): application = Application()`: a command defines it.
    if isinstance(me, Function) and isinstance(name, str):
        return Const(me.set_on_it(name) is not None)
    if isinstance(me, (Const, Items, Table)) and isinstance(name, str) and not me.tags:
        plain = type(me.value) if isinstance(me, Const) else list if isinstance(me, Items) else dict
        return Const(hasattr(plain, name))
    if isinstance(me, Thing) and me.name in run.models.listed and isinstance(name, str):
        has_part = patterns.has(run, me, name)
        return Const(has_part) if has_part is not None else Thing(at=at)
    if isinstance(me, Thing) and (me.name.startswith("request.") or me.name in run.models.requests):
        if isinstance(name, str) and me.name == "request.state":
            run.told_absent(me, name)
        if isinstance(name, str) and PERHAPS + name in me.named:
            return Thing(at=at)
        if isinstance(name, str) and (name in me.named or ABSENT + name in me.named):
            return Const(True) if name in me.named else Const(False, CALLER)
        if name in _OF_FLASK and me.name.partition(".")[0] in ("flask", "quart", "werkzeug"):
            return Const(True)
        # `if not hasattr(request, "_user"): request._user = ...`: what was found is kept for later, and this is first.
        is_first = isinstance(name, str) and bool(run.path) and kept.alone_keeps(run.program, run.path[-1], name)
        if me.name == "request.state" and isinstance(name, str) and not is_first and "caller" in BY_NAME["state"](name):
            # Who calls may be there for those who have sent a credential alone.
            return Thing(marks=CALLER | UNREAD if run.anonymous else CALLER, at=at)
        return Const(False) if is_first else None
    if isinstance(me, Registry) and isinstance(name, str):
        return on_applications.has(run, me, name) or Thing(at=at)
    if isinstance(me, ModuleValue) and isinstance(name, str):
        return Const(name in run.module(me.scope).names or run.program.submodule(me.scope, name) is not None)
    if isinstance(me, Outside) and me.name in _OWN and isinstance(name, str):
        # What others put there (`sys.frozen`) is not there where a server runs.
        return Const(hasattr(_OWN[me.name], name))
    return Thing(at=at)


#: What each request of Flask has: code that serves several frameworks asks for it.
_OF_FLASK = frozenset(
    ("args", "authorization", "cookies", "data", "endpoint", "environ", "files", "form", "get_data", "get_json",
     "headers", "host", "is_json", "is_secure", "json", "method", "path", "remote_addr", "url", "url_rule", "values",
     "view_args")
)  # fmt: skip
#: Modules of Python that programs look into for what somebody has put there.
_OWN = {"builtins": builtins, "sys": sys}


def _copied(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`copy.copy(table)`: another one with the same in it."""
    one = args[0] if args else None
    if isinstance(one, Table):
        return copied(one)
    return replace(one, values=list(one.values)) if isinstance(one, Items) else one


def _issubclass(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """Whether a class is one of exceptions, or a class of the project one of another."""
    if len(args) != 2 or not isinstance(args[0], (Class, Outside)):
        return Const(False) if args and isinstance(args[0], (Const, Function)) else None
    names = names_of(run, args[0])
    if isinstance(args[1], Class):
        return Const(args[1].scope.dotted in names) if isinstance(args[0], Class) else None
    if not isinstance(args[1], Outside):
        return None
    if args[1].name in ("builtins.Exception", "builtins.BaseException"):
        raised = [name for name in names if name in run.models.raised or is_exception(name)]
        return Const(bool(raised)) if raised or isinstance(args[0], Class) else None
    return Const(True) if args[1].name in names or is_above(run, args[1].name, names) else None


def _isclass(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    known = args and isinstance(args[0], (Class, Function, Object, Const, Items, Table))
    return Const(isinstance(args[0], Class)) if known else None


def _is_read(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """For descriptions of packages: whether something is here, code or a table, of the tree or described."""
    return Const(bool(args) and isinstance(args[0], (Class, Function, Object, Table)))


def _may_ask(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """For descriptions of packages: whether something that is not here may bring who is asked about callers."""
    one = args[0] if args else None
    is_told = isinstance(one, Outside) or (isinstance(one, Thing) and bool(one.name))
    return Const(not is_told or bool(_BRINGS.search(getattr(one, "name", ""))))


def _some(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """For descriptions of packages: an object of a class, of which nothing else is known."""
    return Object(args[0], at=at) if args and isinstance(args[0], Class) else Thing(at=at)


def _is_several(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """For descriptions of packages: whether something is a list that is written out."""
    return Const(bool(args) and isinstance(args[0], Items))


def _is_text(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """For descriptions of packages: whether something is a text that is known."""
    return Const(bool(args) and isinstance(args[0], Const) and isinstance(args[0].value, str))


def _is_written(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """For descriptions of packages: whether a class has this name in what of it is here."""
    found = _hasattr(run, args, named, at, env)
    return found if isinstance(found, Const) else Const(False)


def _as_source_has_it(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """For descriptions of packages: a setting as source has it; it decides what there is, not who may enter."""
    one = args[0] if args else None
    return Const(one.value, one.marks - SETTING, one.label) if isinstance(one, Const) else one


def _marked(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """For descriptions of packages: name and value of each method of an object on which code has set this name."""
    me, mark = args[0], args[1].value if isinstance(args[1], Const) else None
    if not isinstance(me, Object) or not isinstance(mark, str):
        return None
    names = {name: base for base in reversed(run.program.bases(me.cls.scope)) if not isinstance(base, str)
             for name in base.bindings}  # fmt: skip
    rows: list[Value] = []
    for name in sorted(names):
        held = run.class_names(me.cls if names[name] is me.cls.scope else run.class_of(names[name])).names.get(name)
        if any(isinstance(one, Function) and one.set_on_it(mark) is not None for one in options(held or Const(None))):
            rows.append(Items([Const(name), run.attribute(me, name, at)]))
    return Items(rows)


#: What asks whether something is still to be waited for.
WAITED = frozenset(("builtins.isinstance", "asyncio.iscoroutine", "inspect.isawaitable", "inspect.iscoroutine"))
_AWAITABLE = frozenset(
    f"{package}.{name}" for package in ("typing", "collections.abc") for name in ("Awaitable", "Coroutine")
)


def is_waited_for(run: Calls, name: str, args: tuple[Value, ...]) -> bool | None:
    """Whether something is a coroutine; None where that is not what is asked, or cannot be told."""
    asked = args[1].name if len(args) == 2 and isinstance(args[1], Outside) else ""
    if name == "builtins.isinstance" and asked not in _AWAITABLE:
        return None
    if isinstance(args[0], Lazy):
        return not args[0].is_expression and not args[0].is_generator
    if isinstance(args[0], Object):
        return None if run.program.bases_elsewhere(args[0].cls.scope) else False
    return False if isinstance(args[0], (Const, Items, Table, Function, Class, Test)) else None


def _type_of(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    return args[0].cls if len(args) == 1 and isinstance(args[0], Object) else None


def _random(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """A text of which nobody knows more than that it is there."""
    return Thing(FILLED) if not run.wires else None


def _as_filled(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    one = args[0] if args else None
    return one if isinstance(one, Thing) and one.name == FILLED and not one.trail and not one.is_call else None


SPECIAL: dict[str, Known] = {
    "builtins.type": _type_of,
    **dict.fromkeys(("os.urandom", "secrets.token_hex", "secrets.token_urlsafe", "secrets.token_bytes"), _random),
    **dict.fromkeys(("binascii.hexlify", "base64.b64encode", "base64.urlsafe_b64encode"), _as_filled),
    "nomoat.survey.marked": _marked,
    "nomoat.survey.as_source_has_it": _as_source_has_it,
    **dict.fromkeys(("flask.Config", "flask.config.Config"), lambda *_given: Configuration({}, is_whole=False)),
    "nomoat.survey.is_text": _is_text,
    "nomoat.survey.is_written": _is_written,
    "nomoat.survey.status_number": lambda run, args, named, at, env: status_number(args[0]) if args else None,
    "nomoat.survey.is_several": _is_several,
    "nomoat.survey.some": _some,
    "nomoat.survey.is_read": _is_read,
    "nomoat.survey.may_ask": _may_ask,
    **installed.SPECIAL,
    **default_tables.SPECIAL,
    **plugins.SPECIAL,
    **reducing.SPECIAL,
    **signals.SPECIAL,
    **modeled.SPECIAL,
    **spelling.SPECIAL,
    **resolved.SPECIAL,
    **backends.SPECIAL,
    **scanning.SPECIAL,
    **files.SPECIAL,
    **found_below.SPECIAL,
    **in_threads.SPECIAL,
    "inspect.isclass": _isclass,
    "builtins.issubclass": _issubclass,
    "copy.copy": _copied,
    "copy.deepcopy": _copied,
    **dict.fromkeys(("fnmatch.fnmatch", "fnmatch.fnmatchcase"), globbed),
    **{f"re.{how}": matched(how) for how in ("match", "search", "fullmatch")},
    "functools.partial": _partial,
    "functools.wraps": _wraps,
    "functools.update_wrapper": _update_wrapper,
    "importlib.import_module": _import_module,
    "types.FunctionType": _function_of,
    "starlette.routing.get_route_path": _route_path,
    "starlette._utils.get_route_path": _route_path,
    "builtins.__import__": _import,
    **modules.SPECIAL,
    **documents.SPECIAL,
    "builtins.any": _any,
    "builtins.next": containers.first_of,
    "builtins.filter": containers.chosen,
    "builtins.all": _all,
    "builtins.list": _listed,
    "builtins.tuple": _listed,
    "builtins.set": _listed,
    "builtins.frozenset": _listed,
    "weakref.WeakSet": _listed,
    "builtins.sorted": _listed,
    "builtins.reversed": _listed,
    "builtins.dict": _dict,
    "builtins.dict.fromkeys": _listed,
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "builtins.dir": _dir,
    "builtins.vars": _vars,
    "builtins.globals": lambda _run, _args, _named, _at, env: overlaid.Globals({}, is_whole=False, env=env.module),
    "builtins.getattr": _getattr,
    "builtins.setattr": _setattr,
    "builtins.hasattr": _hasattr,
    "builtins.str": _text,
    "builtins.int": _number,
    "builtins.len": _length,
    "builtins.bool": lambda run, args, named, at, env: run.truth(args[0]) if args else None,
    **instances.SPECIAL,
    "builtins.callable": _callable,
    "asgiref.sync.iscoroutinefunction": _is_coroutine,
    "asyncio.iscoroutinefunction": _is_coroutine,
    "inspect.iscoroutinefunction": _is_coroutine,
    "builtins.staticmethod": _same,
    "builtins.classmethod": _same,
    "builtins.property": _same,
    "contextlib.contextmanager": _same,
    "contextlib.asynccontextmanager": _same,
    "functools.lru_cache": _same,
    "functools.cache": _same,
    "asyncio.run": _same,
    "typing.cast": _second,
    "typing_extensions.cast": _second,
    "os.getenv": _environment_or_none,
    "inspect.getmembers": _getmembers,
    "django.utils.module_loading.import_string": _import_string,
    "werkzeug.utils.import_string": _import_string,
    "pydoc.locate": _import_string,
    "django.utils.module_loading.module_has_submodule": _has_submodule,
    "os.environ.get": _environment_or_none,
    "os.environ.__getitem__": _environment,
}
