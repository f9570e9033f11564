"""What a request is resolved to: names, arguments and view of the path that fits (`ResolverMatch` of Django).

`request.resolver_match` is None until middleware has gone on to what comes after it; `resolve(request.path)` gives it
before. `put` notes it on a request to a route; `found` gives it to who resolves the path of the request at hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nomoat.survey.trial.values import (
    INPUT,
    NOTHING,
    SETTING,
    Class,
    Const,
    Env,
    Function,
    Items,
    Outside,
    PathOf,
    Table,
    Thing,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nomoat.survey.found import Found
    from nomoat.survey.trial.calls import Calls
    from nomoat.survey.trial.machine import Machine

#: The name of the match, and where a request keeps it until it is there for all to see.
MATCH, _HIDDEN = "request.match", "match()"
#: What else aiohttp tells of the path of a request together with its route: why nothing was found.
NOT_FOUND = "http_exception"
#: Stands where a namespace cannot be read.
UNREAD_NAME = "?:"
#: The site of Django's own pages, and how paths to it are called.
_ADMIN, _ADMIN_NAME = "django.contrib.admin.site.urls", "admin"
#: What of a request the match tells.
SAW = frozenset(("path", "endpoint"))


@dataclass(eq=False)
class ComesNext(Outside):
    """What middleware calls to go on, where that has the attributes of what answers in the end (aiohttp)."""

    handler: Value = field(default_factory=Thing)


def handler_of(run: Machine, value: Value) -> Value:
    """What is asked for its attributes: of what comes next, the handler of the route."""
    if not isinstance(value, ComesNext):
        return value
    run.record.saw |= SAW | {"method"}
    return value.handler


def namespace(told: Value | None, own: Value | None) -> str:
    """What the names of included paths begin with: what the inclusion is told, else what they call themselves."""
    is_told = told is not None and not (isinstance(told, Const) and not told.value)
    value = told if is_told else own
    if value is None or (isinstance(value, Const) and not value.value):
        return ""
    return f"{value.value}:" if isinstance(value, Const) else UNREAD_NAME


def match(
    names: list[str] | None, name: str | None, path: str, arguments: Table, view: Value, *, is_unnamed: bool = False
) -> Thing:
    """The match of one route.

    Args:
        names: the namespaces around it, the outermost first; None where one cannot be read.
        name: how source names the path itself; None where that cannot be told.
        path: its template.
        arguments: what stands in the path, by name.
        view: what answers.
        is_unnamed: source gives the path no name: it is called by where its function stands.
    """
    told = Thing(marks=INPUT)
    own = Const(name) if name is not None else Const(None) if is_unnamed else told
    name = _place_of(view) if name is None and is_unnamed else name
    spaces = Items([Const(one) for one in names]) if names is not None else told
    whole = Const(":".join(names)) if names is not None else told
    view_name = Const(":".join([*names, name])) if names is not None and name is not None else told
    return Thing(
        MATCH,
        named={
            "url_name": own, "namespaces": spaces, "namespace": whole, "view_name": view_name, "func": view,
            "kwargs": arguments, "args": Items([]), "route": Const(path, NOTHING) if "{" not in path else told,
        },
    )  # fmt: skip


def _place_of(view: Value) -> str | None:
    """The dotted name of a function, or of the class that answers for it; None where that is not told."""
    made = view.set_on_it("view_class") or view.set_on_it("cls") if isinstance(view, Function) else None
    scope = made.scope if isinstance(made, Class) else view.innermost.scope if isinstance(view, Function) else None
    return None if scope is None or scope.module.is_library else scope.dotted


def put(request: Thing, attribute: str, matched: Thing) -> None:
    """Notes on a request what it will be resolved to; nobody has resolved it yet."""
    request.named[attribute], request.named[_HIDDEN] = Const(None), matched


def is_match(name: str, value: Value) -> bool:
    """Whether a request has it under this name by itself, so that it belongs to it alone."""
    return name == _HIDDEN or (isinstance(value, Thing) and (value.name == MATCH or NOT_FOUND in value.named))


def show(request: Value | None, attributes: dict[str, str]) -> None:
    """From here on the request says itself what it was resolved to; `attributes` are those of all requests."""
    matched = request.named.get(_HIDDEN) if isinstance(request, Thing) else None
    for name, kind in attributes.items() if matched is not None else ():
        if kind == "match" and isinstance(request, Thing) and matched is not None:
            request.named[name] = matched


def hide(request: Value | None, attributes: dict[str, str]) -> None:
    """Before: it says nothing of it."""
    for name, kind in attributes.items():
        if kind == "match" and isinstance(request, Thing) and _HIDDEN in request.named:
            request.named[name] = Const(None)


def found(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`resolve(request.path_info)`."""
    request = run.proxies.get("request")
    matched = request.named.get(_HIDDEN) if isinstance(request, Thing) else None
    if matched is None or not args or not isinstance(request, Thing) or not _is_same(args[0], request.named["path"]):
        return None
    run.record.saw |= SAW
    return matched


def _is_same(asked: Value, path: Value) -> bool:
    if isinstance(asked, PathOf) and isinstance(path, PathOf):
        return asked.template == path.template
    return isinstance(asked, Const) and isinstance(path, Const) and asked.value == path.value and "input" in asked.tags


def _prefix(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """Where the application is mounted: the paths of the map begin there."""
    return Const("/")


def addressed(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`reverse("shop:index")`: the path that is called so, where only one is and nothing of it is left open."""
    name = args[0] if args else named.get("viewname")
    is_plain = len(args) <= 1 and not (named.keys() - {"viewname"})
    if run.wires or not is_plain or not isinstance(name, Const) or "changed" in name.tags:
        return None
    path = run.around.addresses.get(str(name.value))
    return None if path is None else Const(path, name.marks & SETTING)


def addresses(every: Iterable[Found]) -> dict[str, str]:
    """The paths of routes by how they are called; without those that several have, or that are not fixed."""
    found: dict[str, set[str]] = {}
    for one in every:
        is_admin = one.is_of_framework and one.label == _ADMIN
        name, path = (f"{_ADMIN_NAME}:index", f"{one.path.rstrip('/')}/") if is_admin else (one.endpoint, one.path)
        if (one.is_named or is_admin) and UNREAD_NAME not in name:
            found.setdefault(name, set()).add(path)
    paths = {name: next(iter(paths)) for name, paths in found.items() if len(paths) == 1}
    return {name: path for name, path in paths.items() if "{" not in path}


SPECIAL = {
    **dict.fromkeys(
        (
            "django.urls.reverse",
            "django.urls.base.reverse",
            "django.urls.reverse_lazy",
            "django.urls.base.reverse_lazy",
            "django.core.urlresolvers.reverse",
        ),
        addressed,
    ),
    **dict.fromkeys(("django.urls.resolve", "django.urls.base.resolve", "django.core.urlresolvers.resolve"), found),
    **dict.fromkeys(("django.urls.get_script_prefix", "django.urls.base.get_script_prefix"), _prefix),
}
