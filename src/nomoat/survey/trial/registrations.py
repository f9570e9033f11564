"""Applications and routers in a trial: made, joined, and what is registered on them.

Takes calls of their methods; leaves entries, middleware and handlers on the registries, for who lays them out.
"""

from __future__ import annotations

from dataclasses import replace

from nomoat.survey.models import Verb
from nomoat.survey.trial.expressions import Expressions
from nomoat.survey.trial.machine import RaisedError
from nomoat.survey.trial.registry import Bound, Entry, Registering, Registry, RoutesOf, argument
from nomoat.survey.trial.usually import happens
from nomoat.survey.trial.values import (
    Class,
    Const,
    Function,
    Items,
    Thing,
    Value,
    options,
)

#: How many steps something that is registered makes up for, and of how many this holds.
_STEPS_OF_ONE, _MOST_PAID = 150, 10_000


def _is_same(entry: Entry, other: Entry) -> bool:
    """Whether code that ran already includes the same part again, in the same way: parts may register one another."""
    return entry.at == other.at and entry.does == other.does and _told(entry) == _told(other)


def _told(entry: Entry) -> list[object]:
    """What an entry was given, to be compared: texts by what they say, all else as it is."""
    given = [*entry.args, *(part for name in sorted(entry.named) for part in (Const(name), entry.named[name]))]
    return [
        option.value if isinstance(option, Const) else id(option)
        for one in given
        for option in options(one)
    ]  # fmt: skip


class Registrations(Expressions):
    """Registers."""

    def invoke(self, function: Function, args: tuple[Value, ...], named: dict[str, Value], at: str) -> Value:
        """Enters a function of the project."""
        raise NotImplementedError

    def _registry_of(
        self,
        cls: Class,
        kind: object,
        bases: tuple[str, ...],
        args: tuple[Value, ...],
        named: dict[str, Value],
        at: str,
    ) -> Registry:
        name = next(base for base in bases if base in self.models.kinds)
        # What stands for a package is made where the tree calls it.
        module = at.rpartition(":")[0] if cls.scope.module.is_library else cls.scope.module.path
        registry = Registry(self.models.kinds[name], name, at, cls=cls, module=module)
        registry.under = tuple(self.conditions)
        init = self._of_class(cls, "__init__", registry)
        if isinstance(init, Function):
            self.invoke(init, args, named, at)
        else:
            registry.args, registry.named = args, dict(named)
        self._created(registry)
        return registry

    def created(self, registry: Registry) -> None:
        """Takes note of a registry."""

    def _created(self, registry: Registry) -> None:
        self.created(registry)
        if self.wires and registry.kind.within.names:
            within = argument(registry.kind.within, registry.args, registry.named)
            self._joined(registry, within, registry.at)
        if self.wires and registry.kind.registers:
            verb = registry.kind.verbs[registry.kind.registers]
            handler = argument(verb.handler, registry.args, registry.named)
            bound = Bound(registry, verb, registry.kind.registers)
            self._entered(bound, registry.args, registry.named, registry.at, handler)

    def register(self, bound: Bound, args: tuple[Value, ...], named: dict[str, Value], at: str) -> Value:
        """A call of a method that registers."""
        args, named = (*bound.args, *args), {**bound.named, **named}
        if bound.verb.decorates:
            return Registering(bound, args, named, at)
        if bound.verb.does == "group":
            return self._grouped(bound, args, named, at)
        handler = argument(bound.verb.handler, args, named)
        self._entered(bound, args, named, at, handler)
        # `@app.before_request` without parentheses decorates.
        return handler if bound.verb.does == "before" and isinstance(handler, Function) else Const(None)

    def _decorate(self, registering: Registering, args: tuple[Value, ...]) -> Value:
        handler = args[0] if args else self.unknown("a decorator without a function")
        bound = registering.bound
        self.registered.append(self._entered(bound, registering.args, registering.named, registering.at, handler))
        return handler

    registered: list[Entry]

    def _entered(
        self, bound: Bound, args: tuple[Value, ...], named: dict[str, Value], at: str, handler: Value | None
    ) -> Entry:
        given = {name: replace(one, values=list(one.values)) if isinstance(one, Items) else one
                 for name, one in named.items()}  # fmt: skip
        entry = Entry(bound.verb.does, bound.verb, bound.name, args, given, at, handler)
        self.costs.wired += 1
        told = (
            at,
            bound.name,
            tuple(one.value for one in args if isinstance(one, Const) and isinstance(one.value, str)),
        )
        if len(self.costs.paid) < _MOST_PAID and told not in self.costs.paid:
            # An application of a thousand routes is not too much to be followed: each pays once for what leads to it.
            self.costs.paid.add(told)
            self.steps = max(0, self.steps - _STEPS_OF_ONE)
        if self.wires and bound.verb.does in ("route", "include"):
            bound.registry.shared_dependencies().is_used = True
        entry.is_conditional = any(
            not one.is_implied and (one.test.anonymous is None or bool(one.test.marks)) for one in self.conditions
        )
        entry.usual = happens(self.conditions)
        if not self.wires:
            return entry
        if bound.verb.does == "handle":
            raised = entry.argument(bound.verb.raised)
            if raised is not None and handler is not None:
                self.around.handlers.append((raised, handler))
        elif bound.verb.does == "middleware":
            bound.registry.middleware.append(entry)
        elif bound.verb.does == "before":
            bound.registry.before.append(entry)
        elif bound.verb.does == "join":
            self._joined(bound.registry, handler, at)
        elif bound.verb.does == "attribute":
            name = entry.argument(bound.verb.endpoint)
            if isinstance(name, Const) and handler is not None:
                self.around.request_attributes[str(name.value)] = handler
        elif bound.verb.does == "start":
            bound.registry.starting.append(handler or Const(None))
        elif bound.verb.does != "include" or not any(_is_same(entry, one) for one in bound.registry.entries):
            bound.registry.entries.append(entry)
            if bound.verb.asks:
                self._asked_to_register(bound, handler, at)
        return entry

    def _grouped(self, bound: Bound, args: tuple[Value, ...], named: dict[str, Value], at: str) -> Registry:
        """A router that a router makes, at a path of it: `app.router.add_resource("/x")`."""
        cls = self.by_name(bound.verb.makes)
        part = Registry(self.models.kinds[bound.verb.makes], bound.verb.makes, at, args, dict(named))
        part.cls = cls if isinstance(cls, Class) else None
        part.module = bound.registry.module
        if self.wires:
            self._created(part)
            self._entered(replace(bound, verb=replace(bound.verb, does="include")), args, named, at, part)
        return part

    #: Methods of parts that wait for being called with what includes them; None where nothing is included just now.
    _asked: list[tuple[Function, Registry, str]] | None = None

    def _asked_to_register(self, bound: Bound, part: Value | None, at: str) -> None:
        """What is included may have a method of its own that the framework calls then: it may include more.

        What it includes is asked after it has come to its end, so that parts may be nested however deep.
        """
        asked: list[tuple[Function, Registry, str]] = []
        for option in options(part) if part is not None else ():
            cls = option.cls if isinstance(option, Registry) else None
            own = self._of_class(cls, bound.verb.asks, option) if cls is not None else None
            if isinstance(own, Function):
                asked.append((own, bound.registry, at))
        if self._asked is not None:
            self._asked += asked
            return
        self._asked = asked
        try:
            for own, registry, place in self._asked:
                self._registered(own, registry, place)
        finally:
            self._asked = None

    def _registered(self, own: Function, registry: Registry, at: str) -> None:
        try:
            self.invoke(own, (registry, Thing()), {}, at)
        except RaisedError:
            return

    def _joined(self, registry: Registry, into: Value | None, at: str) -> None:
        """A part that names what it is a part of: `api.init_app(app)`, `Api(app)`."""
        for option in options(into) if into is not None else ():
            if isinstance(option, Registry):
                verb = Verb((), "include")
                option.entries.append(Entry("include", verb, "", (), {}, at, registry))

    def joined_elsewhere(self, name: str, args: tuple[Value, ...], named: dict[str, Value], at: str) -> bool:
        """Puts a part below an application that is not here, where it says at which path: `bridge.app.add_subapp(...)`.

        What stands around that application nobody can read; what the part asks itself it asks there as well.
        """
        for part in (*args, *named.values()):
            verb = part.kind.verbs.get(name) if isinstance(part, Registry) and part.kind.is_application else None
            if not isinstance(part, Registry) or verb is None or argument(verb.handler, args, named) is not part:
                continue
            if verb.does in ("include", "mount") and (verb.prefix.names or verb.path.names):
                whole = Registry(part.kind, part.name, at, module=at.rpartition(":")[0])
                self._created(whole)
                self._entered(Bound(whole, verb, name), args, named, at, part)
                return True
        return False

    def _add_routes(self, routes: RoutesOf, name: str, args: tuple[Value, ...]) -> Value:
        listed = args[0] if args else Const(None)
        if name == "insert" and len(args) > 1:
            listed = args[1]
        values = listed.values if name == "extend" and isinstance(listed, Items) else [listed]
        given = routes.registry.attributes.setdefault("routes()", Items([]))
        if self.wires and isinstance(given, Items) and name in ("append", "extend", "insert"):
            given.values.extend(values)
        return Const(None)
