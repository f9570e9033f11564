"""Where a request may go, by the map alone: for applications whose router guard cannot ask.

Takes a request and what is loaded; gives every route of the map that some router could dispatch it to, first the most
specific. Nothing is known of the router but the map, so a request that routers read differently goes nowhere.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from nomoat.guard.identity.origin import ENVIRON
from nomoat.guard.routers import plain_form
from nomoat.guard.routers.table import Found, Served
from nomoat.guard.routers.templates import Index, Template, folded, template_of

if TYPE_CHECKING:
    from nomoat.guard.loading import Loaded

#: What is said at start instead of a comparison.
SAID = (
    "the application's own router cannot be asked: every route of the map that a request may mean must allow it. "
    "What is served and no route of the map could mean is denied; a route that the map lacks beside one that could "
    "mean its path goes by that one's demand, and nothing can name it at start"
)


#: No parameter's value: a path has no such character.
_ABSENT = "\0"


class _Matched(NamedTuple):
    """A template that a request may mean. `params` has None for what routers may hand on in another form."""

    template: Template
    params: Mapping[str, str | None]


class ByMap:
    """The routes of the map in force, as if they were a router's."""

    def __init__(self) -> None:
        self._loaded: Callable[[], Loaded] | None = None
        self._lock = threading.Lock()
        #: What was read, and of what.
        self._read: tuple[Loaded, Index] | None = None

    def follow(self, loaded: Callable[[], Loaded]) -> None:
        """Goes by what is in force whenever a request comes."""
        self._loaded = loaded

    def match(self, scope: Mapping[str, Any]) -> Found | None:
        """Where a request may go. None: to no route of the map."""
        assert self._loaded is not None, "nothing has been loaded"
        loaded = self._loaded()
        request = plain_form.of(scope)
        why = request.ambiguous or plain_form.overridden(request, ignores=loaded.guard.overrides_ignored)
        if why:
            return _ambiguous(why)
        exact, loose, is_other_slash = _matched(self._index(loaded), request)
        if not exact:
            # A redirect to the other slash may pass, for whoever may come to the route that it leads to.
            if not is_other_slash or request.method not in ("GET", "HEAD"):
                return None
            exact, loose = loose, []
        found = _found(exact, loose, loaded, request.method)
        return found._replace(is_other_slash=is_other_slash) if found.key is not None else found

    def connection(self, scope: MutableMapping[str, Any]) -> Any:
        """What `identity=` is asked with: WSGI's environ, or ASGI's scope."""
        return scope.get(ENVIRON, scope)

    def served(self) -> Iterator[Served]:
        """Nothing: nobody can be asked."""
        return iter(())

    def before(self) -> list[str]:
        """Nothing: what was put around guard cannot be seen from inside."""
        return []

    def _index(self, loaded: Loaded) -> Index:
        read = self._read
        if read is None or read[0] is not loaded:
            with self._lock:
                self._read = read = (loaded, Index(_templates(loaded)))
        return read[1]


def _templates(loaded: Loaded) -> Iterator[Template]:
    """Each route of the map, by its own names; then what a person decided about routes that the map lacks."""
    prefix = f"route:{loaded.service}/"
    for route in loaded.drawn.routes:
        if route.service == loaded.service:
            yield template_of(route.key.removeprefix(prefix), named=route.path)
    for key, binding in loaded.bindings or ():
        if key.startswith(prefix) and not binding.routes:
            yield template_of(key.removeprefix(prefix), named=None)


def _matched(index: Index, request: plain_form.Plain) -> tuple[list[_Matched], list[_Matched], bool]:
    """What matches as it is written; what matches where case and the last slash are nothing; whether the slash alone
    keeps the latter from the former."""
    exact: list[_Matched] = []
    loose: list[_Matched] = []
    is_other_slash = False
    for path in request.readings:
        loosened = folded(path)
        for template in index.along(loosened):
            if template.method not in request.methods:
                continue
            params = template.params(path)
            if params is not None:
                exact.append(_Matched(template, params))
            elif template.could_be(loosened):
                other = template.params(path[:-1] if path.endswith("/") else f"{path}/")
                is_other_slash = is_other_slash or other is not None
                loose.append(_Matched(template, other if other is not None else dict.fromkeys(template.names or ())))
    return exact, loose, is_other_slash


def _found(exact: Sequence[_Matched], loose: Sequence[_Matched], loaded: Loaded, method: str) -> Found:
    first = min(exact, key=lambda one: (one.template.generality, one.template.method != method))
    all_of_them = [*exact, *loose]
    params = _agreed(all_of_them, loaded)
    if params is None:
        return _ambiguous("a condition reads a parameter of the path that routers may hand on differently")
    keys = dict.fromkeys((first.template.key, *(one.template.key for one in all_of_them)))
    return Found(first.template.key, first.template.path, params, among=tuple(keys)[1:])


def _agreed(matched: Sequence[_Matched], loaded: Loaded) -> dict[str, str] | None:
    """The parameters that are the same whichever route it is; None where a condition reads one that is not."""
    reads = [_reads(one, loaded) for one in matched]
    params: dict[str, str] = {}
    for name in {name for one in matched for name in one.params}.union(*reads):
        readers = [one for one, read in zip(matched, reads, strict=True) if name in read]
        values = {_value(one, name) for one in readers or matched}
        if len(values) > 1 or None in values:
            if readers:
                return None
        elif (value := values.pop()) != _ABSENT:
            params[name] = str(value)
    return params


def _value(one: _Matched, name: str) -> str | None:
    """A parameter as a route has it; None where that cannot be told."""
    if one.template.names is None:
        return None
    return one.params.get(name, _ABSENT)


def _reads(one: _Matched, loaded: Loaded) -> frozenset[str]:
    """The parameters that conditions of a route read; whoever is asked instead of the policy may read all."""
    demand = loaded.demand_of(one.template.key)
    if demand is None or demand.binding.kind != "permissions":
        return frozenset()
    named = frozenset(name.removeprefix("params.") for name in demand.reads if name.startswith("params."))
    return named if loaded.asking is None else named.union(one.params)


def _ambiguous(why: str) -> Found:
    return Found(None, "", {}, ambiguous=why)
