"""Lays out what was registered as routes: method, whole path, handler, what runs before it.

Takes the applications and routers of a wiring; gives one `Found` for each method and path, and what could not be read.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import replace

from nomoat.appmap.spelling import braced
from nomoat.survey import own_routes, unfollowed
from nomoat.survey.found import UNREAD_PART, UNREAD_PREFIX, Around, Found, Layout
from nomoat.survey.models import Added, Models, Spot, Verb
from nomoat.survey.naming import views
from nomoat.survey.paths import joined
from nomoat.survey.python.symbols import Scope
from nomoat.survey.specified import operations
from nomoat.survey.told_around import ToldAround
from nomoat.survey.trial import patterns, resolved, wrapping
from nomoat.survey.trial.bodies import answers_of
from nomoat.survey.trial.gaps import has_gap, shown
from nomoat.survey.trial.machine import Machine
from nomoat.survey.trial.refusals import names_of
from nomoat.survey.trial.registry import DECORATED, Entry, Registry, argument
from nomoat.survey.trial.texts import known_end
from nomoat.survey.trial.values import (
    Choice,
    Class,
    Const,
    Function,
    Items,
    ModuleValue,
    Object,
    Outside,
    Table,
    Thing,
    Value,
    one_list,
    options,
)
from nomoat.survey.trial.values import joined as joined_values
from nomoat.survey.views import View, behind, decorated, member, methods_of, methods_of_function, view_of, within

_MAX_DEEP = 25
#: What stands around an application that nothing holds.
_NOTHING = Around()
_UNREAD_PATH = "its path cannot be read"
_UNREAD_LIST = "this list of routes cannot be read"
_MORE_LISTED = "this list of routes may hold more than can be read"
_UNREAD_ROW = "this list of routes holds something that cannot be read"
_UNREAD_TEXT = "a path or prefix that cannot be read: the routes here may be elsewhere"
#: Why routes may be missing of a list that somebody hands to an application.
UNREAD_LISTS = frozenset((_UNREAD_LIST, _MORE_LISTED, _UNREAD_ROW, _UNREAD_TEXT))
_PARAMETER = re.compile(r"\{\w+:path\}")


class Layer:
    """Lays out applications."""

    def __init__(self, run: Machine) -> None:
        self._run = run
        self._models: Models = run.models
        self._open: list[Registry] = []
        self.used: set[Registry] = set()
        self.layout = Layout()
        #: What stands around routers of which it cannot be told which they are.
        self.lost: list[Around] = []
        #: What is mounted or included under a prefix that cannot be read.
        self._astray: list[tuple[Registry, Around]] = []
        self._told = ToldAround(run)
        self._controllers: dict[tuple[Scope, int], Registry] = {}

    def application(self, registry: Registry, around: Around = _NOTHING) -> Layout:
        """The routes of an application that nothing else holds."""
        self.layout = Layout()
        self._astray = []
        self.used = set()
        everywhere = tuple(entry for entry in self._before(registry, []) if entry.verb.everywhere)
        prefix = around.prefix + registry.kind.root
        self._registry(registry, replace(around, prefix=prefix, before=(*around.before, *everywhere)))
        for lost, inner in self._astray:
            # Only what is nowhere else is shown where it may not be.
            if lost not in self.used:
                self._registry(lost, inner)
        return self.layout

    def router(self, registry: Registry, around: Around) -> Layout:
        """The routes of a router that no readable inclusion holds, as one that cannot be read would hold it."""
        self.layout = Layout()
        self._registry(registry, around)
        return self.layout

    # -- registries --------------------------------------------------------------------------------------------------

    def _registry(self, registry: Registry, around: Around) -> None:
        if registry in self._open or len(self._open) > _MAX_DEEP:
            return
        self._open.append(registry)
        try:
            self.used.add(registry)
            wrapping = tuple((one, around.prefix) for one in registry.wrappers)
            inner = replace(
                around, middleware=(*self._told.middleware(registry, around.prefix), *wrapping, *around.middleware)
            )
            shared = self._dependencies(registry.shared_dependencies(), registry.at)
            listed = registry.listed_before()
            own_before = (
                *self._told.guards(registry),
                *listed,
                *(entry for entry in registry.before if not entry.verb.everywhere),
            )
            inner = replace(
                inner,
                dependencies=(*inner.dependencies, *shared),
                before=(*_outer(inner.before, listed), *own_before),
                names=self._names(registry, around),
                decorators=(*self._decorators(registry), *inner.decorators),
                provided={**around.provided, **_texts(registry.taken("provided"))},
                opt={**around.opt, **_texts(registry.taken("opt"))},
                handlers=(*around.handlers, *_answers(registry)),
                application=registry if registry.kind.is_application else around.application,
                is_replaced=False,
                rewritten=None,
                name="",
                unfollowed=(*around.unfollowed, *unfollowed.around(self._run.around, registry)),
            )
            own = registry.taken("prefix") or registry.attributes.get("prefix")
            if around.is_replaced:
                own = None
            prefix = self._text(own, registry.at) if own is not None else ""
            inner = replace(inner, doubt=inner.doubt or _astray(own, registry.at))
            if registry.kind.prefix_is_name and not around.is_replaced and (own is None or not prefix):
                name = registry.taken("name") or (registry.args[0] if registry.args else None)
                prefix = f"/{name.value}" if isinstance(name, Const) else prefix
            prefix = shown(braced(prefix, registry.kind.dialect.paths))
            self._framework_routes(registry, inner, prefix)
            first = len(self.layout.routes)
            for place, entry in enumerate(registry.entries, start=1):
                self._entry(entry, inner, prefix)
                self._rewrite(registry, around, first, place)
            self._views(registry, inner)
            for entry in registry.entries:
                if entry.verb.does == "specification":
                    self._operations(registry, entry, inner, prefix)
            dialect = registry.kind.dialect
            below = replace(inner, prefix=joined(inner.prefix, prefix, dialect)) if dialect.normalizes else inner
            for given in (registry.taken("routes"), registry.attributes.get("routes()")):
                self._listed(given, below, registry.at, registry.kind.rows)
        finally:
            self._open.pop()

    def _before(self, registry: Registry, seen: list[Registry]) -> list[Entry]:
        """Every function that runs before handlers, of a registry and all that it includes."""
        if registry in seen:
            return []
        seen.append(registry)
        found = list(registry.before)
        for entry in registry.entries:
            for option in options(entry.handler) if entry.verb.does == "include" and entry.handler is not None else ():
                if isinstance(option, Registry):
                    found += self._before(option, seen)
        return found

    def _decorators(self, registry: Registry) -> tuple[Value, ...]:
        given = registry.attributes.get("decorators") or registry.taken("decorators")
        return tuple(given.values) if isinstance(given, Items) else ()

    def _names(self, registry: Registry, around: Around) -> str:
        name = registry.taken("name") or (registry.args[0] if registry.args else None)
        if around.name:
            return f"{around.names}{around.name}."
        if registry.kind.is_application or "name" not in registry.kind.takes:
            return around.names
        return f"{around.names}{name.value}." if isinstance(name, Const) else around.names

    def _framework_routes(self, registry: Registry, around: Around, prefix: str) -> None:
        base = joined(around.prefix, prefix, registry.kind.dialect)
        for added in registry.kind.adds:
            path = self._added_path(registry, added)
            needed = [one for one in registry.kind.adds if one.argument in added.needs]
            if path is None or any(self._added_path(registry, one) is None for one in needed):
                continue
            if (made := registry.named.get(added.handler)) is not None:
                row = Items([Const(_PARAMETER.sub("(.*)", path)), made], is_tuple=True)
                self._listed_one(row, around, registry.at, registry.kind.rows)
                continue
            for method in added.methods:
                whole = joined(base, path, registry.kind.dialect)
                found = Found(method, whole, Const(None), registry.at, "", around)
                found.is_of_framework, found.label = True, f"{registry.kind.framework}.{added.argument}"
                found.endpoint = around.names + added.argument.removesuffix("_folder")
                self.layout.routes.append(found)

    def _added_path(self, registry: Registry, added: Added) -> str | None:
        given = registry.named.get(added.argument)
        if given is None and added.only_given:
            return None
        under = registry.named.get(added.under)
        for option in _usual_first(under):
            if isinstance(option, Const) and isinstance(option.value, str):
                return option.value.rstrip("/") + added.path[added.path.rindex("/{") :]
        if given is None:
            return added.path.replace("{folder}", "static")
        paths: list[str | None] = []
        for option in options(given):
            text = option.value if isinstance(option, Const) and isinstance(option.value, str) else ""
            if not isinstance(option, Const):
                paths.append(added.path.replace("{folder}", "static"))
            elif text and added.under and "{folder}" not in added.path:
                paths.append(added.path)
            elif text and "{folder}" in added.path:
                paths.append(added.path.replace("{folder}", text.rstrip("/").rpartition("/")[2]))
            else:
                paths.append(text or None)
        return next((path for path in paths if path), None)

    # -- entries -----------------------------------------------------------------------------------------------------

    def _entry(self, entry: Entry, around: Around, prefix: str) -> None:
        verb = entry.verb
        if verb.does == "route":
            base = joined(around.prefix, prefix, verb.dialect) if verb.prefixed else around.prefix
            late, original = tuple(entry.late), entry.original
            inner = replace(around, prefix=base)
            self._route(
                verb, entry.name, entry.args, entry.named, entry.handler, entry.at, inner, late, original
            )  # fmt: skip
        elif verb.does == "include":
            given = entry.argument(verb.dependencies)
            own = self._prefix(entry, verb.prefix)
            told = entry.argument(verb.prefix)
            is_told = told is not None and not (isinstance(told, Const) and told.value is None)
            name = entry.argument(verb.endpoint)
            base = joined(around.prefix, prefix, verb.dialect)
            inner = replace(
                around,
                doubt=around.doubt or _astray(told, entry.at),
                prefix=joined(base, own, verb.dialect) if own else base,
                dependencies=(*around.dependencies, *self._dependencies(given, entry.at)),
                # An empty prefix stands instead of the router's own, too.
                is_replaced=is_told and verb.replaces,
                rewritten=entry.rewritten if isinstance(entry.handler, Registry) else None,
                name=str(name.value) if isinstance(name, Const) and name.value else "",
            )
            for option in options(entry.handler) if entry.handler is not None else ():
                self._include(option, inner, entry)
        elif verb.does == "mount":
            is_sure = not entry.is_conditional
            self._mount(verb, entry.args, entry.named, entry.handler, entry.at, around, is_sure=is_sure)
        elif verb.does == "routes":
            self._listed(entry.handler, around, entry.at, verb.makes)
        elif verb.does == "files":
            self._files(
                around.prefix + prefix + shown(self._text(entry.argument(verb.path), entry.at)), around, entry.at
            )

    def _rewrite(self, registry: Registry, around: Around, first: int, place: int) -> None:
        """Changes the paths that a loop over the routes of a router changes, where it comes after so many entries."""
        for turn, (count, rewrite, at) in enumerate(registry.rewritten):
            # Whether a copy was taken when it was included, before the loop, depends on the version.
            is_late = around.rewritten is not None and turn >= around.rewritten
            for route in self.layout.routes[first:] if count == place else ():
                own = route.path.removeprefix(around.prefix)
                found = rewrite(own) if route.path.startswith(around.prefix) and not is_late else None
                if found is None:
                    self.layout.unread.append((at, _UNREAD_TEXT))
                    break
                route.path = around.prefix + found

    def _views(self, registry: Registry, around: Around) -> None:
        """Views that are registered by the name of a path."""
        if not any(entry.verb.does == "view" for entry in registry.entries):
            return
        for found in views(self._run, registry):
            if isinstance(found, tuple):
                self.layout.unread.append(found)
                continue
            first = len(self.layout.routes)
            verb = replace(found.entry.verb, path=Spot(("path()",)), methods=Spot(("methods()",)), head=False)
            methods = Items([Const(one) for one in found.methods])
            named = {"path()": found.path, "methods()": methods}
            at, original = found.entry.at, found.original
            inner = replace(around, doubt=around.doubt or found.doubt)
            self._route(verb, "", (), named, found.handler, at, inner, tuple(found.entry.late), original)
            for route in self.layout.routes[first:]:
                route.cls, route.takes_rest = found.cls, not found.is_told

    def _operations(self, registry: Registry, entry: Entry, around: Around, prefix: str) -> None:
        """Routes of a description of an API."""
        for one in operations(self._run, registry, entry):
            if isinstance(one, tuple):
                self.layout.unread.append(one)
                continue
            path = joined(joined(around.prefix, prefix, entry.verb.dialect), one.path, entry.verb.dialect)
            methods = (one.method, "HEAD") if entry.verb.head and one.method == "GET" else (one.method,)
            for method in methods:
                found = Found(method, path, one.handler, one.at, entry.verb.calls, around, original=one.original)
                found.has_statuses, found.told = entry.verb.dialect.has_statuses, one.given
                found.guard = one.guard
                self.layout.routes.append(found)

    def _prefix(self, entry: Entry, spot: Spot) -> str:
        value = entry.argument(spot)
        return shown(braced(self._text(value, entry.at), entry.verb.dialect.paths)) if value is not None else ""

    def _include(self, router: Value, around: Around, entry: Entry) -> None:
        if isinstance(router, Registry):
            self._registry(router, around)
        elif isinstance(router, Items):
            for one in router.values:
                self._include(one, around, entry)
        elif isinstance(router, Choice):
            for one in router.options:
                self._include(one, around, entry)
        elif isinstance(router, Thing) and router.name in self._models.listed:
            self._listed_one(router, around, entry.at)
        elif isinstance(router, (Thing, Outside)) and _is_of_package(router.name):
            package = router.name.partition(".")[0]
            self.layout.unread.append((entry.at, f"routes of {router.name}, of the package {package} that is not here"))
        elif not (isinstance(router, Const) and router.value is None):
            self.layout.unread.append((entry.at, "it cannot be told which router is included here"))
            self.lost.append(around)

    def _dependencies(self, given: Value | None, at: str) -> tuple[Value, ...]:
        if given is None or (isinstance(given, Const) and given.value is None):
            return ()
        listed = one_list(given) if isinstance(given, Choice) else given
        if not isinstance(listed, Items):
            return (Thing(why=f"the list of dependencies at {at} cannot be read"),)
        more = (
            () if listed.is_whole else (Thing(why=f"the list of dependencies at {at} may hold more than can be read"),)
        )
        return (*listed.values, *more)

    def _route(
        self, verb: Verb, name: str, args: tuple[Value, ...], named: dict[str, Value], handler: Value | None, at: str,
        around: Around, late: tuple[Value, ...] = (), original: Function | None = None,
    ) -> None:  # fmt: skip
        path_value = argument(verb.path, args, named)
        if isinstance(path_value, Thing) and path_value.name in self._models.matchers:
            path_value = argument(self._models.matchers[path_value.name], path_value.args, path_value.named)
        if isinstance(path_value, Items):
            for one in path_value.values:
                single = replace(verb, path=Spot(("path()",)))
                self._route(single, name, args, {**named, "path()": one}, handler, at, around, late, original)
            return
        paths = verb.paths or verb.dialect.paths
        own = shown(braced(self._text(path_value, at), paths)) if path_value is not None else ""
        path = joined(around.prefix, own, verb.dialect)
        handler, is_included = self._without_included(handler, path, around, at)
        if is_included:
            return
        if not _is_text(path_value) and not around.doubt:
            around = replace(
                around, doubt=_astray(path_value, at) if known_end(path_value) else f"{_UNREAD_PATH} ({at})"
            )
        handler = self._named(handler) if handler is not None else Const(None)
        dependencies = self._dependencies(argument(verb.dependencies, args, named), at)
        methods = self._methods(verb, name, args, named, at)
        more = _one_list(argument(verb.middleware, args, named))
        if isinstance(more, Items):
            own_around = ((value, "") for value in more.values if not self._told.is_guarding(value))
            around = replace(around, middleware=(*own_around, *around.middleware))
        is_silent = (
            not verb.methods.names and not verb.default and "request" in verb.calls and "arguments" in verb.calls
        )
        if is_silent:
            methods = methods_of_function(self._run, handler)
        made_with = argument(verb.given, args, named)
        view = view_of(self._run, self._models, handler, made_with, verb.answers_as)
        first = len(self.layout.routes)
        if view is not None:
            given = methods if argument(verb.methods, args, named) is not None and methods != ("ANY",) else None
            self._view_routes(view, given, path, at, around, verb)
        else:
            has_head = not is_silent and not _is_false(argument(verb.allows_head, args, named))
            if verb.head and has_head and "GET" in methods and "HEAD" not in methods:
                methods = (*methods, "HEAD")
            original = original if original is not None else behind(handler)
            for method in methods:
                found = Found(method, path, handler, at, verb.calls, around, dependencies, late, original)
                self.layout.routes.append(found)
        endpoint = argument(verb.endpoint, args, named)
        for found in self.layout.routes[first:]:
            own = original.name if original is not None else handler.name if isinstance(handler, Function) else ""
            found.is_given_more = verb.calls == "request arguments" and (len(args) > 2 or "kwargs" in named)
            is_given = endpoint is not None and not (isinstance(endpoint, Const) and not endpoint.value)
            found.is_named = isinstance(endpoint, Const) if is_given else None
            found.endpoint = around.names + (str(endpoint.value) if isinstance(endpoint, Const) else own)
            found.has_statuses = verb.dialect.has_statuses
            for decorator in around.decorators:
                found.original = found.original or (found.handler if isinstance(found.handler, Function) else None)
                found.handler = decorated(self._run, decorator, found.handler, found.at)

    def _named(self, handler: Value) -> Value:
        """The handler behind a dotted name in a text."""
        if isinstance(handler, Const) and isinstance(handler.value, str) and "." in handler.value:
            return self._run.by_name(handler.value)
        return handler

    def _without_included(self, handler: Value | None, path: str, around: Around, at: str) -> tuple[Value | None, bool]:
        """What answers here itself, and whether nothing does, as further paths stand here: of one or another, all."""
        if not isinstance(handler, Choice):
            return handler, self._is_included(handler, path, around, at)
        rest = [one for one in handler.options if not self._is_included(one, path, around, at)]
        is_included = len(rest) < len(handler.options) and all(isinstance(one, Const) for one in rest)
        return joined_values(rest) if 0 < len(rest) < len(handler.options) else handler, is_included

    def _is_included(self, handler: Value | None, path: str, around: Around, at: str) -> bool:
        """Whether what stands where a handler does is a list of further paths, which it then lays out."""
        inner = replace(around, prefix=path, is_replaced=True)
        if isinstance(handler, Outside) and handler.name in self._models.framework_urls:
            guard = self._models.framework_urls[handler.name]
            found = Found("ANY", path.rstrip("/"), Const(None), at, "", inner, is_of_framework=True, label=handler.name)
            found.guard = guard
            self.layout.routes.append(found)
            return True
        if isinstance(handler, Items) and handler.values and self._models.includes:
            # What `include` gives: the list, and names.
            name = resolved.namespace(handler.values[-1], handler.values[1] if len(handler.values) > 1 else None)
            self._included(handler.values[0], replace(inner, names=inner.names + name), at)
            return True
        if not isinstance(handler, Thing) or handler.name not in self._models.includes or handler.trail:
            return False
        given = argument(self._models.includes[handler.name], handler.args, handler.named)
        told = argument(self._models.namespaces[handler.name], handler.args, handler.named)
        own: Value | None = None
        if isinstance(given, Items) and given.is_tuple and given.values:
            own = given.values[-1] if len(given.values) > 1 else None
            given = given.values[0]
        for option in options(given) if given is not None else ():
            module = self._module(option, at)
            if isinstance(module, ModuleValue):
                own = self._run.module(module.scope).names.get("app_name")
            self._included(module, replace(inner, names=inner.names + resolved.namespace(told, own)), at)
        return True

    def _module(self, given: Value, at: str) -> Value:
        """The module that a text names."""
        if not isinstance(given, Const) or not isinstance(given.value, str):
            return given
        importer = self._run.program.modules.get(at.rpartition(":")[0])
        source = self._run.program.module_named(given.value, importer)
        return ModuleValue(source) if source is not None else Outside(given.value)

    def _included(self, given: Value, around: Around, at: str) -> None:
        given = self._module(given, at)
        if isinstance(given, ModuleValue):
            listed = self._run.around.url_modules.get(given.scope.module.path)
            variable = next((one.variable for one in self._models.url_modules), "")
            given = listed if listed is not None else self._run.member_of_module(given.scope, variable)
        if isinstance(given, Registry):
            self._registry(given, around)
        elif isinstance(given, Items):
            self._listed(given, around, at)
        else:
            name = given.name if isinstance(given, (Thing, Outside)) else ""
            package = name.partition(".")[0]
            what = f"routes of {name}, of the package {package} that is not here"
            self.layout.unread.append((at, what if name else "which paths are included here cannot be read"))

    def _methods(
        self, verb: Verb, name: str, args: tuple[Value, ...], named: dict[str, Value], at: str
    ) -> tuple[str, ...]:
        if verb.methods.names == ("",):
            return (name.upper(),)
        given = argument(verb.methods, args, named)
        if given is None or (isinstance(given, Const) and given.value is None):
            return verb.default
        if isinstance(given, Const) and isinstance(given.value, str):
            return ("ANY",) if given.value == "*" else (given.value.upper(),)
        if isinstance(given, Items) and given.is_whole:
            found = [self._method(value) for value in given.values]
            if all(found):
                return tuple(dict.fromkeys(found))
        self.layout.unread.append((at, "the methods of this route cannot be read"))
        return ("ANY",)

    def _method(self, value: Value) -> str:
        if isinstance(value, Const):
            return str(value.value).upper() if isinstance(value.value, str) else value.label.upper()
        return value.name.removesuffix(".value").rpartition(".")[2].upper() if isinstance(value, Outside) else ""

    def _view_routes(
        self, view: View, given: tuple[str, ...] | None, path: str, at: str, around: Around, verb: Verb
    ) -> None:
        is_socket = bool(view.model.websocket) and not view.model.methods
        for method, name in methods_of(self._run, view, given) if not is_socket else ():
            own = member(self._run, view, name or "dispatch_request", at)
            handler = view.function if view.function is not None else within(self._run, view, own, at)
            found = Found(
                method, path, handler, at, verb.calls if view.function is not None else view.model.calls, around
            )
            found.cls, found.elsewhere = view.cls, view.elsewhere
            if view.function is not None:
                found.original = own if isinstance(own, Function) else None
            self.layout.routes.append(found)
        if view.model.websocket:
            names = {name for base in self._run.program.bases(view.cls.scope) if not isinstance(base, str)
                     for name in base.bindings}  # fmt: skip
            first, *further = [name for name in view.model.websocket if name in names] or [""]
            handler = member(self._run, view, first, at) if first else Const(None)
            found = Found("WS", path, view.function or handler, at, view.model.calls or "request", around)
            if further:
                of = view.function.set_on_it("messages") if isinstance(view.function, Function) else None
                found.messages = of or member(self._run, view, further[0], at)
            if view.function is not None:
                found.cls, found.original = view.cls, handler if isinstance(handler, Function) else None
            self.layout.routes.append(found)

    # -- lists of routes and mounts ----------------------------------------------------------------------------------

    def _listed(self, given: Value | None, around: Around, at: str, rows: str = "") -> None:
        if given is None or (isinstance(given, Const) and given.value is None):
            return
        if isinstance(given, Choice):
            self._listed_any(given, around, at, rows)
            return
        if not isinstance(given, Items):
            self.layout.unread.append((at, _UNREAD_LIST))
            return
        for value in given.values:
            self._listed_one(value, around, at, rows)
        if not given.is_whole:
            self.layout.unread.append((at, _MORE_LISTED))

    def _listed_any(self, given: Choice, around: Around, at: str, rows: str) -> None:
        """One list of routes or another: where one has all its paths, what has not is the same with some prefix."""
        whole, found = self.layout, []
        for option in given.options:
            self.layout = Layout()
            self._listed(option, around, at, rows)
            found.append(self.layout)
        self.layout = whole
        readable = [one for one in found if one.routes and not any(_is_astray(route) for route in one.routes)]
        for one in _without_prefix(readable or found):
            whole.routes += one.routes
        for one in found:
            whole.unread += one.unread

    def _listed_one(self, value: Value, around: Around, at: str, rows: str = "") -> None:
        if isinstance(value, Choice):
            for option in value.options:
                self._listed_one(option, around, at, rows)
            return
        if isinstance(value, Const) and value.value is None:
            return
        if isinstance(value, Registry):
            self._registry(value, around)
            return
        held = self._controller(value, at) if isinstance(value, (Class, Object)) else None
        if held is not None:
            self._registry(held, around)
            return
        if isinstance(value, Items) and rows and _is_row(value):
            value = Thing(rows, tuple(value.values), at=at)
        if isinstance(value, Items):
            self._listed(value, around, at, rows)
            return
        made = own_routes.made_of(self._run, self._models, value) if isinstance(value, Object) else value
        verb = self._models.listed.get(made.name) if isinstance(made, Thing) else None
        if verb is None or not isinstance(made, Thing):
            self.layout.unread.append((at, _UNREAD_ROW))
            return
        if isinstance(value, Object) and not around.doubt:
            around = replace(around, doubt=own_routes.doubt(self._run, value))
        place = made.at or at
        handler = argument(verb.handler, made.args, made.named)
        if rows and isinstance(handler, Items):
            self._listed(handler, around, place, rows)
        elif verb.does == "files":
            path = braced(self._text(argument(verb.path, made.args, made.named), place), verb.dialect.paths)
            self._files(joined(around.prefix, path, verb.dialect), around, place)
        elif verb.does == "route" and verb.decorates:
            self._decorated_route(verb, made, around, place)
        elif verb.does == "route" and rows and _is_anything(handler) and not _is_known(made, verb):
            self.layout.unread.append((at, _MORE_LISTED))
        elif verb.does == "route":
            handler = patterns.answering(self._run, made, handler)
            self._route(verb, made.name.rpartition(".")[2], made.args, made.named, handler, place, around)
        elif verb.does == "mount":
            self._mount(verb, made.args, made.named, handler, place, around)

    def _decorated_route(self, verb: Verb, made: Thing, around: Around, at: str) -> None:
        function = made.named.get(DECORATED)
        original = function if isinstance(function, Function) else None
        own = {name: value for name, value in made.named.items() if name != DECORATED}
        hook = own.get("before_request")
        nearest = (self._told.stands_before(hook, at, "request"),) if isinstance(hook, Function) else ()
        listed, guards = _one_list(own.get("middleware")), _one_list(own.get("guards"))
        asking, checking = self._told.asking(listed, at), self._told.checking(guards, at)
        untold = (*self._told.untold("middleware", listed, at), *self._told.untold("guards", guards, at))
        given = listed.values if isinstance(listed, Items) else ()
        standing = tuple((one, around.prefix) for one in given if not self._told.is_guarding(one))
        inner = replace(
            around,
            before=(*_outer(around.before, nearest), *asking, *checking, *untold, *nearest),
            handlers=(*around.handlers, *answers_of(own.get("exception_handlers"))),
            middleware=(*standing, *around.middleware),
            provided={**around.provided, **_texts(own.get("dependencies"))},
            opt={**around.opt, **own, **_texts(own.get("opt"))},
        )
        first = len(self.layout.routes)
        self._route(verb, made.name.rpartition(".")[2], made.args, own, function, at, inner, original=original)
        for found in self.layout.routes[first:]:
            found.at = original.at if original is not None else at

    def _controller(self, value: Class | Object, at: str) -> Registry | None:
        """A class whose methods are routes, as a router that holds them."""
        cls = value.cls if isinstance(value, Object) else value
        name = next((one for one in names_of(self._run, cls) if one in self._models.controllers), None)
        if name is None:
            return None
        key = (cls.scope, id(cls.env))
        if key not in self._controllers:
            kind = self._models.kinds[self._models.controllers[name]]
            routes: dict[str, Value] = {}
            given: dict[str, Value] = {}
            for base in self._run.program.bases(cls.scope):
                for member_name in base.bindings if not isinstance(base, str) else ():
                    if member_name not in routes and member_name not in given:
                        self._take_member(cls, member_name, at, routes, given)
            registry = Registry(kind, name, cls.scope.at, (), given, cls=cls, module=cls.scope.module.path)
            spot_of_routes = kind.takes["routes"].names[0]
            registry.named[spot_of_routes] = Items(list(routes.values()))
            self._controllers[key] = registry
        return self._controllers[key]

    def _take_member(self, cls: Class, name: str, at: str, routes: dict[str, Value], given: dict[str, Value]) -> None:
        value = self._run.attribute(cls, name, at)
        if isinstance(value, Thing) and isinstance(function := value.named.get(DECORATED), Function):
            bound = replace(function, me=Object(cls, at=at))
            routes[name] = replace(value, named={**value.named, DECORATED: bound})
        elif not isinstance(value, Function):
            given[name] = value

    def _mount(
        self, verb: Verb, args: tuple[Value, ...], named: dict[str, Value], app: Value | None, at: str, around: Around,
        *, is_sure: bool = True,
    ) -> None:  # fmt: skip
        path_value = argument(verb.path, args, named)
        path = around.prefix + (shown(self._text(path_value, at)).rstrip("/") if path_value is not None else "")
        more = _one_list(argument(verb.middleware, args, named))
        middleware = tuple((value, path) for value in more.values) if isinstance(more, Items) else ()
        inner = Around(path, (), (*middleware, *around.middleware), around.doubt)
        routes = argument(verb.routes, args, named)
        if routes is not None and not (isinstance(routes, Const) and routes.value is None):
            self._listed(routes, inner, at)
            return
        is_lost = verb.path.names and not _is_text(path_value)
        for option in options(app) if app is not None else ():
            if isinstance(option, Registry) and is_lost and option.kind.is_application and not is_sure:
                # Where the condition does not hold, it is served as it is: it stays a root.
                continue
            if isinstance(option, Registry) and is_lost:
                self._astray.append((option, replace(inner, doubt=f"where it is mounted cannot be read ({at})")))
            elif isinstance(option, Registry):
                self._registry(option, inner)
            elif any(name in self._models.files for name in names_of(self._run, option)):
                self._files(path, inner, at)
            elif (found := wrapping.behind(self._run, option, is_mounted=True))[0] is not None and not is_lost:
                around_it = tuple((one, path) for one in found[1])
                self._registry(found[0], replace(inner, middleware=(*around_it, *inner.middleware)))
            elif (view := view_of(self._run, self._models, option)) is not None and not view.model.made_by:
                # A class that answers by its methods is an application itself: `Mount("/status", Status)`.
                self._view_routes(view, None, path, at, inner, replace(verb, calls="request"))
            else:
                self.layout.routes.append(Found("ANY", path, option, at, "asgi", inner))

    def _files(self, path: str, around: Around, at: str) -> None:
        found = Found("ANY", path.rstrip("/"), Const(None), at, "", around, is_of_framework=True)
        found.label = "files"
        self.layout.routes.append(found)

    def _text(self, value: Value | None, at: str) -> str:
        for option in _usual_first(value):
            if isinstance(option, Const) and isinstance(option.value, str):
                return option.value
            if isinstance(option, Const) and option.value is None:
                return ""
        self.layout.unread.append((at, _UNREAD_TEXT))
        return known_end(value)


def _one_list(value: Value | None) -> Value | None:
    return one_list(value) if value is not None else None


def _is_of_package(name: str) -> bool:
    """Whether it is of a package that is not here; what Python's own finds (`import_module`) may be of the tree."""
    package = name.partition(".")[0]
    return bool(package) and package not in sys.stdlib_module_names and package != "builtins"


def _without_prefix(layouts: list[Layout]) -> list[Layout]:
    """Of several lists that are the same but for a prefix that a setting may put before it, the one without it."""
    kept: dict[tuple[tuple[str, str, str], ...], Layout] = {}
    for one in layouts:
        same = tuple((route.method, route.at, str(getattr(route.handler, "at", ""))) for route in one.routes)
        known = kept.get(same)
        if known is None or _length(one) < _length(known):
            kept[same] = one
    return list(kept.values())


def _length(layout: Layout) -> int:
    return sum(len(route.path) for route in layout.routes)


def _astray(prefix: Value | None, at: str) -> str:
    """Why nothing sure can be said of routes behind a prefix that cannot be read: empty where it can."""
    return "" if _is_text(prefix) else f"{UNREAD_PART if has_gap(prefix) else UNREAD_PREFIX} ({at})"


def _texts(given: Value | None) -> dict[str, Value]:
    """The entries of a table under keys that are texts."""
    entries = given.entries if isinstance(given, Table) else {}
    return {name: value for name, value in entries.items() if isinstance(name, str)}


def _is_astray(found: Found) -> bool:
    return found.around.doubt.startswith(_UNREAD_PATH)


def _answers(registry: Registry) -> list[tuple[Value, Value]]:
    """What a layer answers to exceptions; what the application does, it does for all."""
    return [] if registry.kind.is_application else answers_of(registry.taken("exception_handlers"))


def _outer(before: tuple[Entry, ...], nearest: Sequence[Entry]) -> tuple[Entry, ...]:
    """What layers further out have run before handlers, where of some (`before_request`) the nearest alone counts."""
    is_replaced = any(one.verb.calls == "request" for one in nearest)
    return tuple(one for one in before if not is_replaced or one.verb.calls != "request")


def _is_row(value: Items) -> bool:
    """Whether it is a route, written as a tuple, and no list of routes."""
    first = value.values[0] if value.values else None
    return isinstance(first, (Const, Thing)) or (isinstance(first, Choice) and not isinstance(first.options[0], Items))


def _usual_first(value: Value | None) -> tuple[Value, ...]:
    """What something may be, and before that what it is as source has every setting."""
    usual = value.usual if isinstance(value, Choice) else None
    return (*(options(usual) if usual is not None else ()), *(options(value) if value is not None else ()))


def _is_anything(handler: Value | None) -> bool:
    """Whether nothing at all is known of it: it stands for whatever else a list may hold."""
    if isinstance(handler, Thing):
        return not (handler.name or handler.trail or handler.marks or handler.why)
    return handler is None


def _is_known(made: Thing, verb: Verb) -> bool:
    """Whether a row has a path that is read."""
    return isinstance(argument(verb.path, made.args, made.named), Const)


def _is_false(value: Value | None) -> bool:
    return isinstance(value, Const) and value.value is False


def _is_text(value: Value | None) -> bool:
    return any(isinstance(option, Const) for option in options(value)) if value is not None else True


def dependency_of(value: Value, models: Models) -> tuple[Value | None, tuple[str, ...]] | None:
    """What `Depends(...)` or `Security(...)` names, and its scopes; None when the value is neither."""
    if not isinstance(value, Thing) or value.name not in models.depends:
        return None
    callable_spot, scopes_spot = models.depends[value.name]
    scopes = argument(scopes_spot, value.args, value.named) if scopes_spot.names else None
    names: list[str] = []
    for item in scopes.values if isinstance(scopes, Items) else ():
        names.append(str(item.value) if isinstance(item, Const) else "?")
    if scopes is not None and not isinstance(scopes, Items):
        names = ["?"]
    return argument(callable_spot, value.args, value.named), tuple(names)


__all__ = ["Around", "Found", "Layer", "Layout", "Table", "dependency_of"]
