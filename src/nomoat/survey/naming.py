"""Joins views with paths that are registered under a name: `add_route(name, pattern)`, `add_view(view, route_name)`.

Takes the entries of one application; gives, for each view and each path of its name, what lays it out as routes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from nomoat.survey.found import UNREAD_ROUTE
from nomoat.survey.models import Spot, Verb
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial.found_below import is_top
from nomoat.survey.trial.gaps import gap, partly_known
from nomoat.survey.trial.machine import ExhaustedError, Machine, RaisedError
from nomoat.survey.trial.refusals import names_of
from nomoat.survey.trial.registry import Entry, Registry
from nomoat.survey.trial.texts import known_end
from nomoat.survey.trial.values import Choice, Class, Const, Function, Items, Object, Thing, Value, options
from nomoat.survey.views import methods_of_function

#: How a path ends that leads on to whatever is found below a root.
_WAY = "*traverse"
_BELOW = Verb((), "name", path=Spot(("pattern",)))


@dataclass(frozen=True)
class View:
    """A view at a path. `methods` are empty where they cannot be read."""

    entry: Entry
    path: Value
    methods: tuple[str, ...]
    handler: Value
    original: Function | None
    cls: Class | None
    doubt: str = ""
    #: Whether it says itself which methods it answers.
    is_told: bool = False


def views(run: Machine, registry: Registry) -> Iterator[View | tuple[str, str]]:
    """Each view of the registry at each of its paths; a place with a reason where it has none that can be read."""
    named: dict[str, list[Entry]] = {}
    for entry in registry.entries:
        name = _text(entry.argument(entry.verb.endpoint)) if entry.verb.does == "name" else None
        if name is not None:
            named.setdefault(name, []).append(entry)
    found = [one for entry in registry.entries if entry.verb.does == "view" for one in _of(run, registry, entry, named)]
    yield from _apart(found, _OF_ITS_OWN | _of_derivers(run, registry))


def _of_derivers(run: Machine, registry: Registry) -> frozenset[str]:
    """What functions that are put around each view are told of it: it chooses no requests."""
    derivers = run.attribute(registry, "derivers")
    told = [one.set_on_it("options") for one in getattr(derivers, "values", ()) if isinstance(one, Function)]
    names = [_text(name) for one in told if isinstance(one, Items) for name in one.values]
    return frozenset(name for name in names if name is not None)


#: What is said of a view and chooses no requests; `accept` chooses what they are answered with.
_OF_ITS_OWN = frozenset(
    ("view", "route_name", "request_method", "permission", "renderer", "attr", "decorator", "mapper", "http_cache",
     "require_csrf", "accept", "content_type", "name", "context", "factory", "traverse", "pattern", "is_below",
     # What Cornice takes for itself.
     "cors_headers", "cors_origins", "cors_credentials", "cors_max_age", "cors_expose_all_headers", "cors_enabled",
     "deserializer", "error_handler", "filters", "klass", "response_schemas", "schema", "validators")
)  # fmt: skip
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def _apart(found: list[View | tuple[str, str]], its_own: frozenset[str]) -> Iterator[View | tuple[str, str]]:
    """A view for any method of a path is left what those do not take that say theirs."""
    taken: dict[tuple[object, ...], set[str]] = {}
    for one in found:
        if isinstance(one, View) and one.is_told and one.entry.named.keys() <= its_own:
            taken.setdefault(_place(one), set()).update(one.methods)
    for one in found:
        others = taken.get(_place(one), set()) if isinstance(one, View) and not one.is_told else set()
        is_read = isinstance(one, View) and isinstance(one.path, Const) and not one.doubt.startswith(UNREAD_ROUTE)
        if isinstance(one, View) and not others.isdisjoint(one.methods) and is_read:
            left = tuple(method for method in one.methods if method not in others)
            left = left if left not in ((), ("HEAD",)) else tuple(one for one in _METHODS if one not in others)
            yield replace(one, methods=left)
        else:
            yield one


def _place(view: View) -> tuple[object, ...]:
    """Where a view stands: its path, and what it is about where that is said."""
    context = view.entry.named.get("context")
    about = context.scope if isinstance(context, Class) else None
    return getattr(view.path, "value", None), about, _text(view.entry.named.get("name"))


def _of(
    run: Machine, registry: Registry, entry: Entry, named: dict[str, list[Entry]]
) -> Iterator[View | tuple[str, str]]:
    given = entry.argument(entry.verb.endpoint)
    if given is None or (isinstance(given, Const) and given.value is None):
        yield from _found_below(run, registry, entry)
        return
    for option in options(given):
        name = _text(option)
        if name is None:
            yield entry.at, "the name of the path that this view answers cannot be read"
        for route in named.get(name or "", ()):
            yield _view(run, registry, *_behind_route(entry, route))
        if name and name not in named:
            yield _nowhere(run, registry, entry, name)


def _nowhere(run: Machine, registry: Registry, entry: Entry, name: str) -> View:
    """A view at a path that nothing which was read adds: an application does not start without it."""
    route = Entry("name", _BELOW, "", (), {"pattern": Const(f"/{gap(name)}")}, entry.at)
    return replace(_view(run, registry, entry, route), doubt=f"{UNREAD_ROUTE} ({entry.at})")


def _found_below(run: Machine, registry: Registry, entry: Entry) -> Iterator[View | tuple[str, str]]:
    """A view that is found by what it is about, below what the root has: its own name stands behind the way there."""
    root, context = run.attribute(registry, "root_factory"), entry.named.get("context")
    leads_on = _leads_on(run, root)
    if not leads_on and _is_of_another(run, context, root):
        file = entry.at.rpartition(":")[0]
        yield file, "views that are found by what they are about (traversal) have no path that source tells"
        return
    for option in options(entry.named.get("name") or Const("")):
        name = _text(option)
        if name is None:
            yield entry.at, "the name of this view cannot be read: it is at a path that is not on the map"
            continue
        about = context.scope.name.lower() if isinstance(context, Class) else "traverse"
        is_root = isinstance(context, Class) and _made_by(run, root) is context.scope
        if is_root or not leads_on:
            yield _below(run, registry, entry, name, is_below=False)
        if leads_on and not (is_root and isinstance(context, Class) and _is_alone(run, context)):
            yield _below(run, registry, entry, f"{{{about}:.*}}/{name}".rstrip("/"), is_below=True)


def _is_of_another(run: Machine, context: Value | None, root: Value) -> bool:
    """Whether a view is about objects of a class that the root surely is not."""
    if isinstance(context, Class):
        return context.scope.dotted not in names_of(run, root)
    # What not even the name is known of may be an exception: the root that the framework makes is none.
    return isinstance(context, Thing) and isinstance(root, Class) and root.scope.module.is_library


def _below(run: Machine, registry: Registry, entry: Entry, way: str, *, is_below: bool) -> View:
    route = Entry("name", _BELOW, "", (), {"pattern": Const(way)}, entry.at)
    return _view(run, registry, replace(entry, named={**entry.named, "is_below": Const(is_below)}), route)


def _made_by(run: Machine, root: Value) -> Scope | None:
    """The class of what a root factory makes; None where it cannot be told."""
    if isinstance(root, Class):
        return root.scope
    if not isinstance(root, Function):
        return None
    run.steps = 0
    try:
        made = run.call(root, (Thing(),), {}, root.at, root.env)
    except (RaisedError, ExhaustedError, RecursionError):
        return None
    return made.cls.scope if isinstance(made, Object) else None


def _is_alone(run: Machine, cls: Class) -> bool:
    """Whether objects of the class of a root are nowhere else: they are made in one place, or stand below nothing."""
    if is_top(run, cls):
        return True
    name = cls.scope.name.encode()
    made = re.compile(rb"(?<!class )\b%s\(" % re.escape(name))
    files = run.program.words.matching(made, (name,))
    return len(files) < 2 and all(len(made.findall(run.program.modules[path].source)) < 2 for path in files)


def _behind_route(entry: Entry, route: Entry) -> tuple[Entry, Entry]:
    """A path that goes on below a root (`/admin/*traverse`): the view's own name stands at its end."""
    written = _pattern(route) or ""
    own = _text(entry.named.get("name"))
    if not written.endswith(_WAY) or own is None:
        return entry, route
    pattern = Const(f"{written.removesuffix(_WAY)}{{traverse:.*}}/{own}".rstrip("/"))
    below = replace(entry, named={**entry.named, "is_below": Const(True)})
    return below, replace(route, verb=replace(route.verb, path=_BELOW.path), named={**route.named, "pattern": pattern})


def _leads_on(run: Machine, root: Value) -> bool:
    """Whether anything may stand below a root: a class without items has nothing."""
    bases = run.program.bases(root.scope) if isinstance(root, Class) else ("?",)
    return any(base != "builtins.object" if isinstance(base, str) else "__getitem__" in base.bindings for base in bases)


def _view(run: Machine, registry: Registry, entry: Entry, route: Entry) -> View:
    original, cls = _original(run, entry)
    methods = _methods(entry.argument(entry.verb.methods))
    is_told = methods is not None
    allowed = _methods(route.argument(route.verb.methods))
    if methods is None and allowed is None:
        methods = methods_of_function(run, original) if original is not None else ("GET",)
    elif methods is None or allowed is None:
        methods = methods or allowed or ()
    else:
        methods = tuple(one for one in methods if one in allowed)
    if entry.verb.head and "GET" in methods and "HEAD" not in methods:
        methods = (*methods, "HEAD")
    handler = _answering(run, registry, entry, route)
    path, doubt = _path(route)
    return View(entry, path, methods, handler, original, cls, doubt, is_told)


def _pattern(route: Entry) -> str | None:
    """The pattern of a path; of one that a setting may replace, the one that source has."""
    patterns = [_text(option) for option in options(route.argument(route.verb.path) or Thing())]
    return next((one for one in patterns if one is not None), None)


def _path(route: Entry) -> tuple[Value, str]:
    """The whole path of what was registered under a name, and a doubt where it cannot be read."""
    written = _pattern(route)
    prefix = route.argument(route.verb.prefix)
    if written is None:
        return _unread(route, prefix), ""
    if prefix is None or (isinstance(prefix, Const) and not prefix.value):
        return Const(f"/{written.lstrip('/')}"), ""
    begin = _begin(prefix)
    if begin is None:
        return Const(f"/{written.lstrip('/')}"), f"its prefix cannot be read ({route.at})"
    return Const(f"/{begin.strip('/')}/{written.lstrip('/')}"), ""


def _unread(route: Entry, prefix: Value | None) -> Value:
    """A path that is not known but in part: what is known of it, else the name that it is registered under."""
    told, begin = route.argument(route.verb.path), _begin(prefix) if prefix is not None else ""
    known = next((end for option in options(told or Thing()) if (end := known_end(option))), "")
    name = _text(route.argument(route.verb.endpoint))
    if not known and name is None:
        return Thing()
    text = known if known.startswith("/") else f"/{gap(name or '')}"
    return partly_known(f"/{begin.strip('/')}{text}" if begin else text)


def _begin(prefix: Value) -> str | None:
    """What a path begins with: of several the one that source has, or the only one that can be read."""
    if isinstance(prefix, Choice) and prefix.usual is not None:
        prefix = prefix.usual
    texts = {text for option in options(prefix) if (text := _text(option)) is not None}
    return texts.pop() if len(texts) == 1 else None


#: What a path is told that counts for each of its views.
_OF_PATHS = frozenset(("factory", "traverse", "pattern", "of_route"))


def _answering(run: Machine, registry: Registry, entry: Entry, route: Entry) -> Value:
    """What the framework makes of a view and of what it is told around it."""
    maker = run.attribute(registry, entry.verb.made_by)
    if not isinstance(maker, Function):
        return entry.handler or Const(None)
    # What the path is told counts for its views; each says for itself what both may be told.
    own = {name: value for name, value in route.named.items() if name in _OF_PATHS}
    run.steps = 0
    try:
        return run.call(maker, (), {**entry.named, **own}, entry.at, maker.env)
    except (RaisedError, ExhaustedError, RecursionError):
        return Const(None)


def _original(run: Machine, entry: Entry) -> tuple[Function | None, Class | None]:
    """The function of the tree that answers, and its class."""
    view = entry.handler
    attr = _text(entry.named.get("attr")) or "__call__"
    if isinstance(view, Choice):
        view = next((one for one in view.options if isinstance(one, (Function, Class))), view)
    if isinstance(view, Class):
        found = run.attribute(Object(view, at=entry.at), attr)
        return (found if isinstance(found, Function) else None), view
    if isinstance(view, Object):
        found = run.attribute(view, attr)
        return (found if isinstance(found, Function) else None), view.cls
    while isinstance(view, Function) and view.wraps is not None and view.wraps is not view:
        view = view.wraps
    return (view if isinstance(view, Function) else None), None


def _methods(given: Value | None) -> tuple[str, ...] | None:
    """The methods that are named; None where none are, or where they cannot be read."""
    values = given.values if isinstance(given, Items) else [given]
    found = [_text(value) for value in values]
    return tuple(dict.fromkeys(one.upper() for one in found if one)) if found and all(found) else None


def _text(value: Value | None) -> str | None:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else None
