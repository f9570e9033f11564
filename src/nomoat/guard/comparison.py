"""Compares the map with what the running application serves, and says every difference in one message at start."""

from __future__ import annotations

from collections.abc import Mapping

from nomoat.appmap import ids
from nomoat.appmap.model import Route
from nomoat.errors import printable
from nomoat.guard.loading import Loaded
from nomoat.guard.routers.by_map import SAID, ByMap
from nomoat.guard.routers.table import Served, Serving


def compare(routes: Serving, loaded: Loaded) -> str:
    """The message; empty when nothing differs. What the map lacks is denied, whatever this says."""
    if isinstance(routes, ByMap):
        return f"nomoat guards {loaded.service} by its map alone: {SAID}"
    served: dict[str, str] = {}
    known = {route.key.partition("/")[2]: route for route in loaded.drawn.routes if route.service == loaded.service}
    for route in routes.served():
        key = f"{route.method} {ids.path_key(route.path)}"
        is_part = route.within in known and not _has(known, route)
        served.setdefault(route.within if is_part else key, "" if is_part else route.handler)
    _of_any_method(served, known)
    lacking = [key for key in sorted(set(served) - set(known)) if loaded.beside(key) is None]
    lines = [f"  denied   {key}: the map lacks it (nomoat map --write)" for key in lacking]
    for key in sorted(set(known) & set(served)):
        handler, mapped = served[key], known[key].handler
        if handler and mapped and known[key].origin == "source" and not _is_same(handler, mapped):
            lines.append(f"  warning  {key}: served by {handler}, on the map by {mapped}")
    lines += [f"  warning  {key}: on the map, not served" for key in sorted(set(known) - set(served))]
    before = routes.before()
    if before:
        lines.append(f"  note     runs before guard and may answer without it: {', '.join(before)}")
    # All of them, however many: nothing else tells what the running application serves.
    return "\n".join([f"nomoat guards {loaded.service}:", *map(printable, lines)]) if lines else ""


def _has(known: Mapping[str, Route], route: Served) -> bool:
    """True where the map has a part of what the framework serves as a route of its own."""
    path = ids.path_key(route.path)
    methods = ids.METHODS if route.method == "ANY" else (route.method,)
    return any(f"{method} {path}" in known for method in methods)


def _of_any_method(served: dict[str, str], known: Mapping[str, Route]) -> None:
    """A function of which nobody can tell the methods serves those that the map has of its path."""
    by_path: dict[str, list[str]] = {}
    for key in known:
        by_path.setdefault(key.partition(" ")[2], []).append(key)
    for key in [key for key in served if key.startswith("ANY ") and key not in known]:
        for one in by_path.get(key[4:], ()):
            served.setdefault(one, served[key])
        if key[4:] in by_path:
            del served[key]


def _is_same(running: str, mapped: str) -> bool:
    """True where two names can mean one handler: a service's root may be cut from a module, a method from a class."""
    module, _, name = running.replace(".<locals>", "").partition(":")
    other_module, _, other = mapped.replace(".<locals>", "").partition(":")
    is_module = (
        module == other_module or f".{module}".endswith(f".{other_module}") or f".{other_module}".endswith(f".{module}")
    )
    return is_module and (name == other or other.startswith(f"{name}."))
