"""Modules that code looks for: `pkgutil.iter_modules(package.__path__, "shop.")`, then imports by their names.

Or `find_modules("shop.views")` of Werkzeug, which gives their whole names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from nomoat.survey.trial.values import Const, Env, FileOf, Items, ModuleValue, Thing, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls

Known = Callable[["Calls", "tuple[Value, ...]", "dict[str, Value]", str, Env], "Value | None"]


def _modules_of(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """The modules of the package that the path belongs to."""
    return _listed(run, args, named, env, is_deep=False)


def _all_modules_of(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """Those of the packages in it as well."""
    return _listed(run, args, named, env, is_deep=True)


def _found(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """Whole names of the modules below a package; of packages in it only where they are asked for."""
    package = args[0] if args else named.get("import_path")
    with_packages = _is_true(args[1] if len(args) > 1 else named.get("include_packages"))
    is_deep = _is_true(args[2] if len(args) > 2 else named.get("recursive"))
    name = str(package.value) if isinstance(package, Const) else ""
    scope = run.program.find(name) or (run.program.module_named(name, env.module.scope.module) if name else None)
    if scope is None or scope.node is not None:
        return None
    rows = _below(run, _folder(ModuleValue(scope), env) or "", f"{name}.", is_deep=is_deep)
    return Items([Const(name) for name, is_package in rows if with_packages or not is_package])


def _is_true(value: Value | None) -> bool:
    return isinstance(value, Const) and value.value is True


def _listed(run: Calls, args: tuple[Value, ...], named: dict[str, Value], env: Env, *, is_deep: bool) -> Value | None:
    path = args[0] if args else named.get("path")
    prefix = args[1] if len(args) > 1 else named.get("prefix", Const(""))
    folder = _folder(path, env) if path is not None else None
    if folder is None or not isinstance(prefix, Const) or not isinstance(prefix.value, str):
        return None
    rows = _below(run, folder, prefix.value, is_deep=is_deep)
    return Items([Thing("module-info", named={"name": Const(name), "ispkg": Const(is_package)})
                  for name, is_package in rows])  # fmt: skip


def _folder(path: Value, env: Env) -> str | None:
    if isinstance(path, Items):
        path = path.values[0] if len(path.values) == 1 else path
    if isinstance(path, FileOf):
        return path.path
    scope = path.scope if isinstance(path, ModuleValue) else env.module.scope
    return scope.module.path.rstrip("/") if scope.module.is_folder else scope.module.path.rpartition("/")[0]


def _below(run: Calls, folder: str, prefix: str, *, is_deep: bool) -> Iterator[tuple[str, bool]]:
    """Names of the modules of a folder, each with whether it is a package."""
    for path in sorted(run.program.modules):
        above, _, file = path.rpartition("/")
        name = run.program.dotted(path).rpartition(".")[2]
        if above == folder and file != "__init__.py":
            yield prefix + name, False
        elif file == "__init__.py" and above.rpartition("/")[0] == folder and above != folder:
            yield prefix + name, True
            if is_deep:
                yield from _below(run, above, f"{prefix}{name}.", is_deep=True)


SPECIAL: dict[str, Known] = {
    "pkgutil.iter_modules": _modules_of,
    "pkgutil.walk_packages": _all_modules_of,
    "werkzeug.utils.find_modules": _found,
}
