"""The applications of a Django project, for the description of its registry: those of the settings, else all here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.trial.values import Class, Const, Env, Items, ModuleValue, Value

if TYPE_CHECKING:
    from nomoat.survey.python.symbols import Scope
    from nomoat.survey.trial.calls import Calls

_CONFIGURATIONS = frozenset(("django.apps.AppConfig", "django.apps.config.AppConfig"))


def installed(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """For each application its class (None where it has none of its own), its name and its module."""
    listed = run.setting("INSTALLED_APPS")
    classes = dict(_classes(run))
    if not isinstance(listed, Items):
        return Items([_row(run, name, cls) for name, cls in classes.items()])
    rows: list[Value] = []
    for one in listed.values:
        text = one.value if isinstance(one, Const) else None
        if not isinstance(text, str):
            continue
        by_class = next((name for name, cls in classes.items() if cls.scope.dotted == text), text)
        if by_class in classes or run.program.module_named(by_class) is not None:
            rows.append(_row(run, by_class, classes.get(by_class)))
    return Items(rows)


def _row(run: Calls, name: str, cls: Class | None) -> Value:
    source = run.program.module_named(name)
    module: Value = ModuleValue(source) if source is not None else Const(None)
    return Items([cls or Const(None), Const(name), module], is_tuple=True)


def _classes(run: Calls) -> Iterator[tuple[str, Class]]:
    """The classes of applications by the name that each gives to its own, those higher in the tree first."""
    program = run.program
    paths = set(program.words.files(b"AppConfig")) | {path for path in program.modules if path.endswith("/apps.py")}
    found = dict(_in_files(run, paths))
    # What inherits from one may stand in any file.
    further = program.words.holding([cls.name.encode() for path in paths for cls in _own(run, path)])
    found.update(_in_files(run, set(further) - paths))
    yield from sorted(found.items(), key=lambda one: (one[1].scope.module.path.count("/"), one[1].scope.module.path))


def _in_files(run: Calls, paths: set[str]) -> Iterator[tuple[str, Class]]:
    for path in sorted(paths):
        for own in _own(run, path):
            cls = run.member_of_module(run.program.scope(own.module), own.name)
            name = run.attribute(cls, "name") if isinstance(cls, Class) else None
            if isinstance(cls, Class) and isinstance(name, Const) and isinstance(name.value, str):
                yield name.value, cls


def _own(run: Calls, path: str) -> Iterator[Scope]:
    """The classes of applications that a file defines, those without a name as well."""
    module = run.program.modules.get(path) if not TEST_FILE.search(path) else None
    for child in run.program.scope(module).children.values() if module is not None else ():
        if child.is_class and _CONFIGURATIONS.intersection(run.bases(child)):
            yield child


SPECIAL = {"nomoat.survey.installed_apps": installed}
