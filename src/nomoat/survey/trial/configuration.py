"""The configuration of an application: what source puts there, which files and the environment may change.

`app.config["KEY"] = ...`, `app.config.from_object("shop.settings.Default")`, `.setdefault(...)`, and what reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nomoat.survey.trial.values import (
    SETTING,
    Choice,
    Class,
    Const,
    ModuleValue,
    Object,
    Outside,
    Table,
    Thing,
    Value,
    options,
)

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls
    from nomoat.survey.trial.machine import Machine


#: What holds settings wherever it came from, and what asks it for one: `context.profile.settings.get("insecure")`.
_HOLDERS = frozenset(("settings", "config", "conf", "configuration"))
_ASKS = frozenset(("get", "get_value", "get_setting", "get_bool", "getbool", "getboolean", "get_boolean"))


def is_held(value: Value) -> bool:
    """Whether it is what holds settings, of which nobody saw how it came to be."""
    is_one = isinstance(value, Thing) and bool(value.trail) and value.trail[-1] in _HOLDERS
    return is_one and not value.tags


def asked_of(callee: Thing, args: tuple[Value, ...], named: dict[str, Value]) -> Value | None:
    """What settings give that nobody saw being made: the default of the call, or None; nothing for another call."""
    if len(callee.trail) < 2 or callee.trail[-1] not in _ASKS or callee.trail[-2] not in _HOLDERS or callee.marks:
        return None
    if len(args) != 1 or not isinstance(args[0], Const) or not isinstance(args[0].value, str):
        return None
    default = named.get("default", named.get("fallback", Const(None)))
    return Const(default.value, default.marks | SETTING) if isinstance(default, Const) else Thing(marks=SETTING)


def by_default(callee: Thing, args: tuple[Value, ...], named: dict[str, Value]) -> Const | None:
    """What registers routes takes of a table that nobody can read: `config["server"].get("path", "admin")`.

    Whatever it is read from may say something else, as with any setting.
    """
    default = args[1] if len(args) == 2 else named.get("default") if len(args) == 1 else None
    is_asked = callee.trail[-1:] == ("get",) and bool(args) and isinstance(args[0], Const)
    if not is_asked or not isinstance(default, Const) or not isinstance(default.value, (str, bool, int)):
        return None
    return Const(default.value, default.marks | SETTING)


@dataclass(eq=False)
class Configuration(Table):
    """A table of settings by name. Whatever is there is only a default; `given` are names that it surely has."""

    given: frozenset[object] = frozenset()

    def setting(self, key: Value, default: Value | None = None) -> Value:
        """What is under a key; without a default, what is not there is anything."""
        name = key.value if isinstance(key, Const) else None
        found = self.entries.get(name, default) if isinstance(name, str) else None
        if isinstance(found, Const):
            return Const(found.value, found.marks | SETTING, found.label)
        if isinstance(found, Choice):
            given = [one for one in found.options if isinstance(one, Const) and one.value is not None]
            others = [one for one in found.options if not isinstance(one, Const)]
            if len(given) == 1 and all("setting" in one.tags for one in others):
                # What the environment may say, what holds where it says nothing, and None where not even that is there.
                return Const(given[0].value, given[0].marks | SETTING, given[0].label)
            # The one of `config[os.environ.get("MODE", "default")]` that is first.
            return self.setting(Const("first"), found.options[0]) if isinstance(found.options[0], Const) else found
        return found if found is not None else Thing(marks=SETTING, trail=(name,) if isinstance(name, str) else ())


def of_registry(run: Machine, value: Outside, name: str) -> Value | None:
    """The settings of the application that a request is at, `request.registry.settings`; None for all else."""
    is_asked = name == "settings" and isinstance(value.me, Thing) and value.me.name in run.models.requests
    if not is_asked or value.name.rpartition(".")[2] != "registry" or run.wires:
        return None
    application = run.application or run.around.application
    registry = run.attribute(application, "registry") if application is not None else None
    found = run.attribute(registry, name) if isinstance(registry, Object) else None
    entries = dict(found.entries) if isinstance(found, Table) else {}
    return Configuration(entries, is_whole=False)


def of_configuration(
    run: Calls, me: Configuration, name: str, args: tuple[Value, ...], named: dict[str, Value]
) -> Value | None:
    """A method of a configuration; None where it has none of that name."""
    first = args[0] if args else None
    if name in ("get", "pop") and first is not None:
        default = args[1] if len(args) > 1 else named.get("default", Const(None))
        found = me.setting(first, default)
        # `settings.get("accounts", {}).get("enabled")`: what is within a setting is one.
        if found is default and isinstance(default, Table) and not isinstance(default, Configuration):
            return Configuration(dict(default.entries), is_whole=False)
        return found
    if not run.wires:
        return None
    if name == "setdefault" and len(args) > 1 and isinstance(first, Const):
        me.entries.setdefault(first.value, args[1])
        return me.setting(first)
    if name in ("from_mapping", "update"):
        _take(me, first.entries.items() if isinstance(first, Table) else ())
        _take(me, named.items())
    elif name in ("from_object", "from_pyfile") and first is not None:
        # What the environment names instead cannot be read; what holds where it names nothing can.
        given = (tuple(_settings_in(run, option)) for option in options(first))
        _take(me, next((settings for settings in given if settings), ()))
    else:
        return None
    return Const(None)


def _take(me: Configuration, pairs: object) -> None:
    for name, value in pairs:  # type: ignore[attr-defined]  # Names with their values.
        me.entries[name] = value


def _settings_in(run: Calls, holder: Value) -> Iterator[tuple[str, Value]]:
    """Names in capitals with their values: of a module, a class and those above it, or an object of one."""
    if isinstance(holder, Const) and isinstance(holder.value, str):
        holder = _named(run, holder.value)
    if isinstance(holder, ModuleValue):
        for name in run.program.public_names(holder.scope):
            if name.isupper():
                yield name, run.attribute(holder, name)
    cls = holder.cls if isinstance(holder, Object) else holder if isinstance(holder, Class) else None
    for base in reversed(run.program.bases(cls.scope)) if cls is not None else ():
        for name in base.bindings if not isinstance(base, str) else ():
            if name.isupper():
                yield name, run.attribute(holder, name)


def _named(run: Calls, name: str) -> Value:
    """What a dotted name or the path of a file means."""
    if name.endswith(".py"):
        paths = [path for path in run.program.modules if f"/{path}".endswith("/" + name.rpartition("/")[2])]
        return ModuleValue(run.program.scope(run.program.modules[paths[0]])) if len(paths) == 1 else Thing()
    module = run.program.find(name)
    if module is not None and module.node is None:
        return ModuleValue(module)
    return run.by_name(name)
