"""What laying out finds: one method and path, and what stands around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nomoat.survey.given import Given
from nomoat.survey.trial.registry import Entry, Registry
from nomoat.survey.trial.values import Class, Function, Value

#: How the reason begins where what stands before a path is not known.
UNREAD_PREFIX = "its prefix cannot be read"
#: How it begins where a part of the path is not known that stands in it as a name in braces.
UNREAD_PART = "a part of its path cannot be read"
#: How it begins where a view names a path, in braces then, that nothing which was read adds.
UNREAD_ROUTE = "what adds the path that its view names was not read"


@dataclass(frozen=True)
class Around:
    """What stands around a route: prefix, dependencies from the outside in, middleware."""

    prefix: str = ""
    dependencies: tuple[Value, ...] = ()
    middleware: tuple[tuple[Entry | Value, str], ...] = ()
    #: Set where an inclusion cannot be read: why nothing sure can be said of the route.
    doubt: str = ""
    #: Functions that run before the handler, the first one first.
    before: tuple[Entry, ...] = ()
    #: The prefix that the inclusion gives stands instead of the router's own.
    is_replaced: bool = False
    #: Of how many loops that change paths a copy of the router has what they made of them; None: of all.
    rewritten: int | None = None
    #: What the names of endpoints begin with.
    names: str = ""
    #: The name that an inclusion gives to what it includes, in place of its own.
    name: str = ""
    #: Decorators that a router puts around each of its handlers, the innermost first.
    decorators: tuple[Value, ...] = ()
    #: Dependencies by the name under which a parameter asks for them.
    provided: Mapping[str, Value] = field(default_factory=dict)
    #: What is noted on routes for whoever guards them.
    opt: Mapping[str, Value] = field(default_factory=dict)
    #: The application that answers: what `current_app` stands for.
    application: Registry | None = None
    #: What layers nearer than the application answer to exceptions, the nearest last.
    handlers: tuple[tuple[Value, Value], ...] = ()
    #: What stands around it and is not followed, and may ask who calls.
    unfollowed: tuple[str, ...] = ()


@dataclass(eq=False)
class Found:
    """One method and path, as the framework serves it."""

    method: str
    path: str
    handler: Value
    at: str
    calls: str
    around: Around
    dependencies: tuple[Value, ...] = ()
    late: tuple[Value, ...] = ()
    original: Function | None = None
    is_of_framework: bool = False
    label: str = ""
    endpoint: str = ""
    #: Source names it, so that the endpoint is no name of a function; None where it gives it no name at all.
    is_named: bool | None = False
    #: Source gives its handler more than what stands in the path.
    is_given_more: bool = False
    has_statuses: bool = False
    #: What the framework itself lets nobody past, or what it is called.
    guard: str = ""
    #: The class that answers, and what it is made of that is not here.
    cls: Class | None = None
    elsewhere: str = ""
    #: What a document tells that the handler is given.
    told: tuple[Given, ...] = ()
    #: What answers each message of a connection, where something else takes the connection.
    messages: Value | None = None
    #: Its view says no method: it is left the requests for its path that no other view takes.
    takes_rest: bool = False


@dataclass
class Layout:
    """The routes of one application, and what could not be read on the way."""

    routes: list[Found] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)


def has_lost_prefix(found: Found) -> bool:
    """Whether all that is not known of a route is what stands before its path, or a part of it."""
    return found.around.doubt.startswith((UNREAD_PREFIX, UNREAD_PART, UNREAD_ROUTE))
