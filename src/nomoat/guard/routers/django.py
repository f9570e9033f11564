"""The routes of a running Django project: what its own resolver matched, under the keys of the map.

Django resolves before any view middleware runs; guard reads what it found, so there is no matcher of our own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from nomoat.appmap import ids
from nomoat.appmap.spelling import braced
from nomoat.guard.routers.flask import params_of
from nomoat.guard.routers.table import NOTHING, Found, Served, handler_name

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
#: How the REST framework writes the twin of a path for formats (`/orders.json`).
_FORMAT = re.compile(r"(?:\.\{format(?::[^}]*)?\}|\{format:drf_format_suffix\w*\})/?\Z")
_FRAMEWORKS = ("django.", "rest_framework.")
#: What runs of a class-based view before, or instead of, the function of a method; where a class of the project has one
#: of its own, more than 405 may come of a method that it does not answer.
_RUN_FIRST = ("dispatch", "http_method_not_allowed", "setup", "initial", "initialize_request", "__getattr__")


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One pattern: its path as the map spells it.

    `within` is the key of what the framework serves as a whole, `plain` the path that this one is a twin of. `is_other`
    is a pattern of another URL configuration where the project's own has another view: the map speaks of that one.
    """

    path: str
    callback: Any
    within: str = ""
    plain: str = ""
    is_other: bool = False


class Routes:
    """The patterns of a project's URL configurations, read when one of them is first met."""

    def __init__(self) -> None:
        #: By configuration: the route as Django joins it, and the view, to the pattern.
        self._known: dict[Any, dict[tuple[str, int], _Leaf]] = {}

    def found(self, request: Any) -> Found | None:
        """Where Django will dispatch a request. NOTHING: its 404, 405 or OPTIONS. None: a pattern nobody knows."""
        match = request.resolver_match
        if match is None:
            return NOTHING
        leaf = self._leaf(getattr(request, "urlconf", None), match)
        if leaf is None or leaf.is_other:
            return None
        params = params_of({**{f"arg{n}": value for n, value in enumerate(match.args)}, **match.kwargs})
        method = request.method
        if not answers(match.func, method) and not _has_its_own_way(match.func):
            return NOTHING
        within = f"{method} {ids.path_key(leaf.plain)}" if leaf.plain else leaf.within
        return Found(f"{method} {ids.path_key(leaf.path)}", leaf.path, params, within or None)

    def served(self) -> Iterator[Served]:
        """Every route that the project serves; of a function that restricts nothing, the methods cannot be told."""
        leaves = {(one.plain or one.path, id(one.callback), one.within): one for one in self._table(None).values()}
        for (path, _, _), leaf in leaves.items():
            view = leaf.callback
            cls = getattr(view, "view_class", None) or getattr(view, "cls", None)
            for method in _METHODS if cls is not None else ("ANY",):
                if cls is None or answers(view, method):
                    yield Served(method, path, handler_name(cls or view), leaf.within)

    def before(self) -> list[str]:
        """The middleware in front of guard."""
        from django.conf import settings

        return [path.rpartition(".")[2] for path in settings.MIDDLEWARE[:-1]]

    def _leaf(self, urlconf: Any, match: Any) -> _Leaf | None:
        key = (match.route, id(match.func))
        found = self._table(urlconf).get(key)
        if found is None:
            # A project may put patterns into its lists while it runs.
            self._known.pop(urlconf, None)
            found = self._table(urlconf).get(key)
        return found

    def _table(self, urlconf: Any) -> dict[tuple[str, int], _Leaf]:
        table = self._known.get(urlconf)
        if table is None:
            from django.urls import get_resolver

            table = {}
            for route, leaf in _walk(get_resolver(urlconf), ("",), "/", within=""):
                table.setdefault((route, id(leaf.callback)), leaf)
            self._known[urlconf] = _without_formats(table if urlconf is None else self._told_apart(table))
        return self._known[urlconf]

    def _told_apart(self, table: dict[tuple[str, int], _Leaf]) -> dict[tuple[str, int], _Leaf]:
        """Patterns of a configuration that `request.urlconf` names, held to those that the map was drawn from."""
        own: dict[str, set[str]] = {}
        for leaf in self._table(None).values():
            own.setdefault(ids.path_key(leaf.path), set()).add(_name(leaf.callback))
        return {
            key: replace(
                leaf, is_other=_name(leaf.callback) not in own.get(ids.path_key(leaf.path), {_name(leaf.callback)})
            )
            for key, leaf in table.items()
        }


def _name(view: Any) -> str:
    of = getattr(view, "view_class", None) or getattr(view, "cls", None) or view
    # The REST framework makes classes of functions: their names differ, their qualified names do not.
    return f"{handler_name(of)} {getattr(of, '__name__', '')}"


def _walk(resolver: Any, routes: tuple[str, ...], path: str, *, within: str) -> Iterator[tuple[str, _Leaf]]:
    """Each pattern below a resolver: its route as Django joins it (one for each language), and what it is."""
    for one in resolver.url_patterns:
        joined = tuple(_joined(before, text) for before in routes for text in _texts(one.pattern))
        inner = path + _spelled(one.pattern)
        if hasattr(one, "url_patterns"):
            # The map has one row for all that the framework serves here, and one for each that the project adds.
            whole = f"ANY {ids.path_key(inner.rstrip('/'))}" if _is_admin(one) and not within else within
            yield from _walk(one, joined, inner, within=whole)
        else:
            for route in joined:
                yield route, _Leaf(inner, one.callback, within)


def _joined(before: str, text: str) -> str:
    """Two routes in one, as `ResolverMatch.route` has them."""
    return before + text.removeprefix("^") if before else text


def _texts(pattern: Any) -> tuple[str, ...]:
    """A pattern's text; of a prefix by language, that of each language."""
    if not hasattr(pattern, "prefix_default_language"):
        return (str(pattern),)
    from django.conf import settings

    prefixes = [f"{code}/" for code, _ in settings.LANGUAGES]
    return tuple(dict.fromkeys((*prefixes, f"{settings.LANGUAGE_CODE}/", "")))


def _spelled(pattern: Any) -> str:
    """A pattern in braces, as the map spells it."""
    from django.urls.resolvers import RoutePattern

    if hasattr(pattern, "prefix_default_language"):
        from django.conf import settings

        return f"{settings.LANGUAGE_CODE}/" if pattern.prefix_default_language else ""
    return braced(str(pattern), "angle" if isinstance(pattern, RoutePattern) else "regex")


def _is_admin(resolver: Any) -> bool:
    """True for what `admin.site.urls` gives."""
    return bool(getattr(resolver, "app_name", None) == "admin" and getattr(resolver, "namespace", None))


def _without_formats(table: dict[tuple[str, int], _Leaf]) -> dict[tuple[str, int], _Leaf]:
    """The twin of a path for formats (`/orders.json`) is the route that it is a twin of, where the map lacks it."""
    plain = {(leaf.path.rstrip("/"), id(leaf.callback)): leaf.path for leaf in table.values()}

    def told(leaf: _Leaf) -> _Leaf:
        twin = _FORMAT.search(leaf.path)
        of = plain.get((leaf.path[: twin.start()].rstrip("/"), id(leaf.callback)), "") if twin is not None else ""
        return replace(leaf, plain=of) if of else leaf

    return {key: told(leaf) for key, leaf in table.items()}


def answers(view: Any, method: str) -> bool:
    """False where a class-based view answers a method by itself: 405, or OPTIONS with what it allows."""
    cls = getattr(view, "view_class", None) or getattr(view, "cls", None)
    if cls is None:
        return True
    name = method.lower()
    given = getattr(view, "view_initkwargs", None) or getattr(view, "initkwargs", None) or {}
    if name not in given.get("http_method_names", getattr(cls, "http_method_names", (name,))):
        return False
    actions = getattr(view, "actions", None) or {}
    if name in actions or (name == "head" and "get" in actions):
        return True
    own = getattr(cls, name, None) or (getattr(cls, "get", None) if name == "head" else None)
    return own is not None and not _is_frameworks(own)


def _has_its_own_way(view: Any) -> bool:
    """True for a class that says by itself what runs, or what becomes of a method that it does not answer."""
    cls = getattr(view, "view_class", None) or getattr(view, "cls", None)
    found = (getattr(cls, name, None) for name in _RUN_FIRST)
    return any(not f"{getattr(one, '__module__', '')}".startswith(_FRAMEWORKS) for one in found if one is not None)


def _is_frameworks(method: Any) -> bool:
    """True for the OPTIONS that Django and its REST framework answer by themselves."""
    module = getattr(method, "__module__", "") or ""
    return getattr(method, "__name__", "") == "options" and module.startswith(("django.views", "rest_framework"))
