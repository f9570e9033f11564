"""What an application or router is told to put around its routes: middleware, guards, hooks, by its constructor.

Of a list that cannot be read something may ask who calls: a doubt stands around the routes then.
"""

from __future__ import annotations

from collections.abc import Iterator

from nomoat.survey.models import Models, Verb
from nomoat.survey.trial.machine import Machine
from nomoat.survey.trial.refusals import names_of
from nomoat.survey.trial.registry import Entry, Registry, argument
from nomoat.survey.trial.values import Choice, Class, Const, Function, Items, Object, Thing, Value, one_list, options

#: What constructors take that stands around all routes, by the names of the models, and how it is told.
_AROUND_ALL = {"middleware": "middleware", "guards": "guards", "before": "what runs before handlers"}


class ToldAround:
    """Gives what stands around routes, each once, with the value that it is made of."""

    def __init__(self, run: Machine) -> None:
        self._run = run
        self._models: Models = run.models
        self._standing: dict[int, tuple[Value, Entry]] = {}
        #: Doubts by the list that they are about, which is kept with them.
        self._unread: dict[tuple[int, str], tuple[Value, Thing]] = {}

    def middleware(self, registry: Registry, prefix: str) -> list[tuple[Entry | Value, str]]:
        """The middleware of a router, with the prefix under which it stands; but what asks who calls."""
        found: list[tuple[Entry | Value, str]] = [(entry, prefix) for entry in registry.middleware]
        given = registry.taken("middleware")
        if isinstance(given, Items):
            found.extend((value, prefix) for value in given.values if not self.is_guarding(value))
        return found

    def guards(self, registry: Registry) -> tuple[Entry, ...]:
        """What asks who calls, of a router's middleware and guards, and what may do so for all that can be read."""
        asking = self.asking(registry.taken("middleware"), registry.at)
        untold = (one for what in _AROUND_ALL for one in self.untold(what, registry.taken(what), registry.at))
        return (*asking, *self.checking(registry.taken("guards"), registry.at), *untold)

    def asking(self, middleware: Value | None, at: str) -> Iterator[Entry]:
        """What asks who calls, of a list of middleware."""
        for value in middleware.values if isinstance(middleware, Items) else ():
            if self.is_guarding(value):
                yield self.stands_before(value, at, "request and next")

    def checking(self, guards: Value | None, at: str) -> Iterator[Entry]:
        """The guards of a list."""
        for value in guards.values if isinstance(guards, Items) else ():
            yield self.stands_before(value, at, "guard")

    def untold(self, what: str, given: Value | None, at: str) -> Iterator[Entry]:
        """A doubt, where what stands in a list cannot be told; `what` it is a list of, as the models call it."""
        why = _unread(given)
        if given is not None and why:
            _, doubt = self._unread.setdefault(
                (id(given), what), (given, Thing(why=f"the list of {_AROUND_ALL[what]} at {at} {why}"))
            )
            yield self.stands_before(doubt, at, "guard")

    def stands_before(self, value: Value, at: str, calls: str) -> Entry:
        """The entry of what stands before handlers, the same one each time."""
        known = self._standing.get(id(value))
        if known is None:
            entry = Entry("before", Verb((), "before", calls=calls), "", (), {}, at, value)
            # `guards=[signed_in] if settings.closed else []`
            entry.is_conditional = any(_is_none(one) for one in options(value))
            usual = value.usual if isinstance(value, Choice) else None
            entry.usual = None if usual is None else not _is_none(usual)
            known = self._standing[id(value)] = value, entry
        return known[1]

    def is_guarding(self, value: Value) -> bool:
        """Whether it is middleware of a package that is known to ask who calls."""
        made = value = next((one for one in options(value) if not _is_none(one)), value)
        if isinstance(value, Thing) and value.name in self._models.listed:
            made = argument(self._models.listed[value.name].handler, value.args, value.named) or value
        return any(name in self._models.guarding for name in names_of(self._run, made))


def _is_none(value: Value) -> bool:
    return isinstance(value, Const) and value.value is None


def _unread(given: Value | None) -> str:
    """Why what stands in a list cannot be told; empty where it can, where there is none, and for a single function."""
    listed = one_list(given) if isinstance(given, Choice) else given
    if isinstance(listed, Items):
        return "" if listed.is_whole else "may hold more than can be read"
    is_told = listed is None or isinstance(listed, (Const, Function, Class, Object))
    return "" if is_told else "cannot be read"
