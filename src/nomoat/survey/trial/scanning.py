"""What waits until somebody scans a package, and what dotted texts mean there: venusian, and Pyramid on top of it.

A decorator leaves a callback (`venusian.attach`); a scan calls those of all modules of a package, with the object that
the module has under that name in the end. Descriptions in `survey/library/` call what stands in `SPECIAL`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial.machine import TOO_MUCH, ExhaustedError, Machine, RaisedError
from nomoat.survey.trial.surroundings import Attached
from nomoat.survey.trial.values import (
    Class,
    Const,
    Env,
    Function,
    Items,
    ModuleValue,
    Object,
    Outside,
    Thing,
    Value,
    options,
)

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls

Known = Callable[["Calls", "tuple[Value, ...]", "dict[str, Value]", str, Env], "Value | None"]


def _attach(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`venusian.attach(wrapped, callback)`: what it gives tells where `wrapped` stands."""
    wrapped = args[0] if args else named.get("wrapped")
    callback = args[1] if len(args) > 1 else named.get("callback")
    if wrapped is None or callback is None:
        return None
    inner = _innermost(wrapped).env.scope if isinstance(wrapped, Function) else None
    used = env.used_at or at
    path = inner.module.path if inner is not None else used.rpartition(":")[0]
    if isinstance(wrapped, Class):
        path = wrapped.scope.module.path
    if run.wires:
        run.around.attached.setdefault(path, []).append(Attached(wrapped, callback))
    kind = "class" if inner is not None and inner.is_class else "module"
    return Thing("attachment", named={"scope": Const(kind), "module": _module(run, path)})


def _scan(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`scanned(context, package, ignore)`: calls what was attached in a package (or module)."""
    context, package = args[0], args[1]
    ignored = _ignored(args[2] if len(args) > 2 else Const(None), package)
    for option in options(package):
        if not isinstance(option, ModuleValue):
            run.around.lost.setdefault(env.used_at or at, "which package is scanned here for views cannot be read")
            continue
        for scope in _modules(run, option.scope):
            dotted = scope.module.name
            if run.wires and not any(dotted == one or dotted.startswith(f"{one}.") for one in ignored):
                _scan_module(run, scope, context, at)
    return Const(None)


def _scan_module(run: Calls, scope: Scope, context: Value, at: str) -> None:
    env = run.module(scope)
    for value in list(env.names.values()):
        if isinstance(value, Class) and value.scope.module is scope.module:
            run.class_names(value)
    for one in list(run.around.attached.get(scope.module.path, ())):
        found = _member(run, env, one.wrapped)
        if found is None:
            continue
        steps, run.steps = run.steps, 0
        try:
            run.call(one.callback, (context, Const(_name(one.wrapped)), found), {}, at, env)
        except RaisedError:
            continue
        except (ExhaustedError, RecursionError):
            run.around.lost.setdefault(at, TOO_MUCH)
        finally:
            run.steps = steps


def _member(run: Calls, env: Env, wrapped: Value) -> Value | None:
    """What the module has for something that a callback was attached to; None where it has another thing instead.

    A decorator above hides a function from the scan: what it gives is not what the callback was attached to.
    """
    around = _innermost(wrapped).env if isinstance(wrapped, Function) else env
    if around.scope.is_class:
        return Class(around.scope, around.parent or env)
    if isinstance(wrapped, Class):
        return wrapped if isinstance(env.names.get(wrapped.scope.name), Class) else None
    return wrapped if any(one is wrapped for value in env.names.values() for one in options(value)) else None


def _innermost(function: Function) -> Function:
    """The function that the module defines, behind what decorators put around it."""
    for _ in range(50):
        if function.wraps is None or function.wraps is function:
            break
        function = function.wraps
    return function


def _name(wrapped: Value) -> str:
    wrapped = _innermost(wrapped) if isinstance(wrapped, Function) else wrapped
    scope = wrapped.scope if isinstance(wrapped, (Function, Class)) else None
    return scope.name if scope is not None else ""


def _modules(run: Calls, scope: Scope) -> Iterator[Scope]:
    """The module, and all below it where it is a package; tests are none of them."""
    path = scope.module.path
    folder = path.rpartition("/")[0] + "/" if path.endswith("__init__.py") else path if path.endswith("/") else ""
    yield scope
    if not folder and path != "__init__.py":
        return
    for other in sorted(run.program.modules):
        if other != path and other.startswith(folder.lstrip("/")) and not TEST_FILE.search(other):
            yield run.program.scope(run.program.modules[other])


def _ignored(given: Value, package: Value) -> list[str]:
    base = package.scope.module.name if isinstance(package, ModuleValue) else ""
    values = given.values if isinstance(given, Items) else [given]
    texts = [one.value for value in values for one in options(value) if isinstance(one, Const)]
    return [f"{base}{text}" if text.startswith(".") else text for text in texts if isinstance(text, str)]


# -- dotted texts ----------------------------------------------------------------------------------------------------


def _caller_package(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """The module of the tree that the description at hand is called from."""
    return _module(run, (env.used_at or at).rpartition(":")[0])


def _module(run: Calls, path: str) -> Value:
    module = run.program.modules.get(path)
    return ModuleValue(run.program.scope(module)) if module is not None else Thing()


def _module_of(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`inspect.getmodule(thing)`"""
    one = args[0] if args else None
    scope = one.scope if isinstance(one, (Function, Class, ModuleValue)) else None
    scope = one.cls.scope if isinstance(one, Object) else scope
    return _module(run, scope.module.path) if scope is not None else one


def _package_of(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`package_of(module)`: a package itself, of any other module the package that it stands in."""
    one = args[0] if args else None
    if not isinstance(one, ModuleValue) or _is_package(one.scope):
        return one
    found = run.program.module_named(one.scope.module.name.rpartition(".")[0], one.scope.module)
    return ModuleValue(found) if found is not None else one


def _is_package(scope: Scope) -> bool:
    return scope.module.path.endswith(("__init__.py", "/"))


def _resolved(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`resolved(text, package)`: what a dotted text means, seen from a module; anything else stays what it is."""
    given, package = args[0], args[1] if len(args) > 1 else Const(None)
    if not isinstance(given, Const) or not isinstance(given.value, str):
        return given
    text = given.value.replace(":", ".") if not given.value.startswith(".") else given.value
    importer = package.scope if isinstance(package, ModuleValue) else None
    if text.startswith("."):
        if importer is None:
            return Thing(why=f"'{text}' is relative to something that cannot be read")
        text = _absolute(text, importer)
    return dotted(run, text, importer)


def _absolute(text: str, importer: Scope) -> str:
    """`.views` and `..views` as seen from a module or package."""
    rest = text.lstrip(".").replace(":", ".")
    parts = importer.module.name.split(".")
    up = len(text) - len(text.lstrip(".")) - _is_package(importer)
    base = parts[: len(parts) - up] if up else parts
    return ".".join([*base, rest] if rest else base)


def dotted(run: Machine, text: str, importer: Scope | None) -> Value:
    """What a dotted name means, as a module would import it: the longest module of its beginning, then attributes."""
    parts = text.split(".")
    for length in range(len(parts), 0, -1):
        found = run.program.module_named(".".join(parts[:length]), importer.module if importer is not None else None)
        if found is None:
            continue
        value: Value = ModuleValue(found)
        for name in parts[length:]:
            value = run.attribute(value, name)
        return Outside(text) if isinstance(value, Thing) and value.why else value
    return Outside(text)


# -- how a view is called --------------------------------------------------------------------------------------------


def _requestonly(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`requestonly(view)`: whether a view is given the request alone, and not the context before it."""
    view = args[0] if args else None
    if isinstance(view, Class):
        view = run.attribute(Object(view), "__init__")
    elif isinstance(view, Object):
        view = run.attribute(view, "__call__")
    if not isinstance(view, Function):
        return Const(True)
    nodes = view.scope.parameters if view.scope is not None else view.node[3] if view.node is not None else ()
    needed = [one for one in nodes if one[form.P_KIND] in (form.POSITIONAL, form.REGULAR)]
    count = len(needed) - (view.me is not None) - len(view.given)
    asked = sum(one[form.P_DEFAULT] is None for one in needed) - (view.me is not None) - len(view.given)
    return Const(count == 1 or asked == 1)


def _named(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`get_function_from_name("shop.api.read")`"""
    found = _caller_package(run, (), {}, at, env)
    return _resolved(run, (*args[:1], found or Const(None)), {}, at, env)


def _camelized(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    text = args[0].value if args and isinstance(args[0], Const) else None
    return Const("".join(part[:1].upper() + part[1:] for part in text.split("_"))) if isinstance(text, str) else None


SPECIAL: dict[str, Known] = {
    "connexion.utils.get_function_from_name": _named,
    "inflection.camelize": _camelized,
    "venusian.attach": _attach,
    "venusian.scanned": _scan,
    "inspect.getmodule": _module_of,
    "pyramid.path.caller_package": _caller_package,
    "pyramid.path.package_of": _package_of,
    "pyramid.path.resolved": _resolved,
    "pyramid.viewderivers.requestonly": _requestonly,
}
