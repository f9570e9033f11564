"""The routes of a running Django project: what its own resolver matched, under the keys of the map.

Django resolves before any view middleware runs; guard reads what it found, so there is no matcher of our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nomoat.appmap import ids
from nomoat.appmap.spelling import braced
from nomoat.guard.routers.flask import params_of
from nomoat.guard.routers.table import NOTHING, Found, Served, handler_name

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One pattern: its path as the map spells it; `within` is the key of what the framework serves as a whole."""

    path: str
    callback: Any
    within: str = ""


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
        if leaf is None:
            return None
        params = params_of({**{f"arg{n}": value for n, value in enumerate(match.args)}, **match.kwargs})
        if not answers(match.func, request.method):
            return NOTHING
        return Found(f"{request.method} {ids.path_key(leaf.path)}", leaf.path, params, leaf.within or None)

    def served(self) -> Iterator[Served]:
        """Every route that the project serves; of a function that restricts nothing, the methods cannot be told."""
        for leaf in dict.fromkeys(self._table(None).values()):
            view = leaf.callback
            cls = getattr(view, "view_class", None) or getattr(view, "cls", None)
            for method in _METHODS if cls is not None else ("ANY",):
                if cls is None or answers(view, method):
                    yield Served(method, leaf.path, handler_name(cls or view), leaf.within)

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
            self._known[urlconf] = _without_formats(table)
        return self._known[urlconf]


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
    """The twins of a path for formats (`/orders.json`) are the routes that they are twins of."""
    plain = {leaf.callback: leaf for leaf in table.values() if "{format" not in leaf.path}
    return {key: plain.get(leaf.callback, leaf) if "{format" in leaf.path else leaf for key, leaf in table.items()}


def answers(view: Any, method: str) -> bool:
    """False where a class-based view answers a method by itself: 405, or OPTIONS with what it allows."""
    cls = getattr(view, "view_class", None) or getattr(view, "cls", None)
    if cls is None:
        return True
    name = method.lower()
    given = getattr(view, "view_initkwargs", None) or getattr(view, "initkwargs", None) or {}
    if name not in given.get("http_method_names", getattr(cls, "http_method_names", (name,))):
        return False
    actions = getattr(view, "actions", None)
    if actions:
        return name in actions or (name == "head" and "get" in actions)
    own = getattr(cls, name, None) or (getattr(cls, "get", None) if name == "head" else None)
    return own is not None and not _is_frameworks(own)


def _is_frameworks(method: Any) -> bool:
    """True for the OPTIONS that Django and its REST framework answer by themselves."""
    module = getattr(method, "__module__", "") or ""
    return getattr(method, "__name__", "") == "options" and module.startswith(("django.views", "rest_framework"))
