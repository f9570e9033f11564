"""What a tree declares as its plugins, for whoever asks for those of a group: in its metadata or where it is set up.

`[project.entry-points."shop.views"]`, `entry_points={"shop.views": ["orders = shop.orders:View"]}`. Those of other
packages, which may be installed beside it, are not here: a group of which the tree declares nothing stays unknown.
"""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.trial.values import Const, Env, Items, Table, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls

#: The plugins of each group: their names, and what each stands for as `module:attribute`.
Declared = dict[str, dict[str, str]]
_MAX_BYTES = 1_000_000
#: Where metadata stands, below the folder that is surveyed.
_PLACES = ("", "*/", "src/*/")


def plugins(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """For each plugin of a group its name, what it is by its dotted name, and that itself."""
    group = args[0] if args else None
    if not isinstance(group, Const) or not isinstance(group.value, str):
        return None
    around = run.around
    if around.plugins is None:
        around.plugins = {}
        around.plugins = _declared(run)
    listed = around.plugins.get(group.value)
    if not listed:
        return None
    rows = [Items([Const(name), Const(value), _loaded(run, value)], is_tuple=True) for name, value in listed.items()]
    return Items(list[Value](rows))


def _loaded(run: Calls, value: str) -> Value:
    target = value.partition("[")[0].strip()
    return run.by_name(target.replace(":", "."))


def _declared(run: Calls) -> Declared:
    found: Declared = {}
    root = run.program.root
    if root is not None:
        for group, name, value in (*_of_files(root), *_of_setups(run)):
            found.setdefault(group, {})[name] = value
    return found


def _of_files(root: Path) -> Iterator[tuple[str, str, str]]:
    for place in _PLACES:
        for kind in ("dist-info", "egg-info"):
            for path in sorted(root.glob(f"{place}*.{kind}/entry_points.txt")):
                yield from _of_lines(_text(path))
        for path in sorted(root.glob(f"{place}pyproject.toml")):
            yield from _of_project(_text(path))
        for path in sorted(root.glob(f"{place}setup.cfg")):
            parser = _parsed(_text(path))
            for group, lines in parser.items("options.entry_points") if "options.entry_points" in parser else ():
                yield from _of_rows(group, lines.splitlines())


def _text(path: Path) -> str:
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _MAX_BYTES:
            return ""
        return path.read_text("utf-8")
    except (OSError, ValueError):
        return ""


def _parsed(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # Names are as they are written.
    try:
        parser.read_string(text)
    except configparser.Error:
        return configparser.ConfigParser()
    return parser


def _of_lines(text: str) -> Iterator[tuple[str, str, str]]:
    parser = _parsed(text)
    for group in parser.sections():
        for name, value in parser.items(group):
            yield group, name, value


def _of_project(text: str) -> Iterator[tuple[str, str, str]]:
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    for keys in (("project", "entry-points"), ("tool", "poetry", "plugins")):
        table: object = document
        for key in keys:
            table = table.get(key) if isinstance(table, dict) else None
        for group, listed in table.items() if isinstance(table, dict) else ():
            for name, value in listed.items() if isinstance(listed, dict) else ():
                if isinstance(value, str):
                    yield group, name, value


def _of_rows(group: str, lines: list[str]) -> Iterator[tuple[str, str, str]]:
    for line in lines:
        name, sign, value = line.partition("=")
        if sign:
            yield group, name.strip(), value.strip()


def _of_setups(run: Calls) -> Iterator[tuple[str, str, str]]:
    """`setup(entry_points=...)`: a table of lists, or a text like that of a file of metadata."""
    for path, module in run.program.modules.items():
        if path.rpartition("/")[2] != "setup.py" or TEST_FILE.search(path):
            continue
        scope = run.program.scope(module)
        for node in form.walk_scope(scope.body):
            given = form.keyword(node, "entry_points") if node[0] == form.CALL else None
            value = run.evaluate(run.module(scope), given) if given is not None else None
            if isinstance(value, Const) and isinstance(value.value, str):
                yield from _of_lines(value.value)
            for group, listed in value.entries.items() if isinstance(value, Table) else ():
                if isinstance(listed, Const) and isinstance(listed.value, str):
                    yield from _of_rows(str(group), listed.value.splitlines())
                for one in listed.values if isinstance(listed, Items) else ():
                    if isinstance(one, Const) and isinstance(one.value, str):
                        yield from _of_rows(str(group), [one.value])


SPECIAL = {"nomoat.survey.declared_plugins": plugins}
