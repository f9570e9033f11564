"""Files of the tree as code names them: `Path(__file__).parent / "openapi.yaml"`, `os.path.join(BASE, "api.yaml")`.

What is read from one (`open(path)`, `yaml.safe_load(file)`) stands for the file itself: who needs it reads it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import TYPE_CHECKING

from nomoat.survey.trial import texts
from nomoat.survey.trial.values import Const, Env, FileOf, Items, ModuleValue, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls

Known = Callable[["Calls", "tuple[Value, ...]", "dict[str, Value]", str, Env], "Value | None"]

#: Methods of a path that give the same place, or what stands in it.
_SAME = frozenset(
    ("resolve", "absolute", "expanduser", "open", "read_text", "read_bytes", "read", "as_posix", "readlines")
)


def below(base: str, parts: tuple[Value, ...]) -> Value | None:
    """The file at these parts below a folder; None where one of them is not known, or it leaves the tree."""
    path = base
    for part in parts:
        if isinstance(part, FileOf):
            path = part.path
        elif isinstance(part, Const) and isinstance(part.value, str) and not part.value.startswith("/"):
            path = posixpath.join(path, part.value)
        else:
            return None
    path = posixpath.normpath(path) if path else ""
    return None if path.startswith("..") else FileOf("" if path == "." else path)


def attribute(value: FileOf, name: str) -> Value | None:
    """An attribute of a path."""
    if name == "parent":
        return FileOf(posixpath.dirname(value.path))
    if name == "parents":
        above = [posixpath.dirname(value.path)]
        while above[-1]:
            above.append(posixpath.dirname(above[-1]))
        return Items([FileOf(one) for one in above])
    return Const(posixpath.basename(value.path)) if name == "name" else None


def method(value: FileOf, name: str, args: tuple[Value, ...]) -> Value | None:
    """A method of a path, or of the file that was opened there."""
    if name in _SAME:
        return value
    if name in ("joinpath", "__truediv__"):
        return below(value.path, args)
    if name == "with_name":
        return below(posixpath.dirname(value.path), args)
    return None


def added(left: FileOf, text: str) -> Value:
    """`BASE + "/openapi.yaml"`"""
    return FileOf(posixpath.normpath(left.path + text).lstrip("/"))


def _path(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    return below(args[0].path, args[1:]) if args and isinstance(args[0], FileOf) else None


def _joined(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """A file below a folder; of texts, as paths of a route are put together: `join("/orders", "{id}")`, a text."""
    return _path(run, args, named, at, env) or texts.put_together(list(args), _joined_texts)


def _joined_texts(parts: list[object]) -> str | None:
    known = [one for one in parts if isinstance(one, str)]
    return posixpath.join(*known) if known and len(known) == len(parts) else None


def _folder(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    return FileOf(posixpath.dirname(args[0].path)) if args and isinstance(args[0], FileOf) else None


def _read(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    return args[0] if args and isinstance(args[0], FileOf) else None


def _of_package(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`importlib.resources.files("shop")`, `pkg_resources.resource_filename("shop", "api.yaml")`"""
    package = args[0] if args else None
    scope = package.scope if isinstance(package, ModuleValue) else None
    if isinstance(package, Const) and isinstance(package.value, str):
        scope = run.program.module_named(package.value, env.module.scope.module)
    if scope is None or scope.module.is_library:
        return None
    return below(posixpath.dirname(scope.module.path), args[1:])


SPECIAL: dict[str, Known] = {
    **dict.fromkeys(("pathlib.Path", "pathlib.PurePath", "os.path.abspath", "os.path.realpath", "os.path.normpath",
                     "os.fspath"), _path),
    **dict.fromkeys(("os.path.join", "posixpath.join"), _joined),
    "os.path.dirname": _folder,
    **dict.fromkeys(("builtins.open", "yaml.safe_load", "yaml.load", "yaml.full_load", "json.load", "json.loads",
                     "toml.load"), _read),
    **dict.fromkeys(("importlib.resources.files", "importlib_resources.files", "pkg_resources.resource_filename",
                     "importlib.resources.path", "importlib.resources.read_text", "pkgutil.get_data"), _of_package),
}  # fmt: skip
