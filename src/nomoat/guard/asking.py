"""What a handler decides with: `require`, `only`, `filter`, `may`; and how they find the request that is meant.

The state is one object in the request's scope; a context variable is only the way to find it from a function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any, TypeVar, cast

from nomoat.errors import NomoatError
from nomoat.guard.asked import Asked, AttributeTypeError, wrong_type
from nomoat.journal.facts import Attribute

T = TypeVar("T")

SCOPE_KEY = "nomoat.asked"


class NoRequestError(NomoatError):
    """guard was asked outside of a request that it guards."""


class Passing:
    """A request that guard could not decide about in audit mode: nothing that a handler asks changes its answer."""

    def require(self, permission: str, attributes: Mapping[str, Any]) -> None:
        """Says nothing."""

    def only(self, permission: str, resources: Iterable[T], read: Callable[[T], dict[str, Any]]) -> list[T]:
        """All of them."""
        return list(resources)

    def filter(self, permission: str, model: Any, attributes: Mapping[str, Any]) -> Any:
        """All rows."""
        from nomoat.guard.data import rows

        return rows.library_of(model, attributes).constant(True)

    def may(self, permission: str, attributes: Mapping[str, Any]) -> bool:
        """Unknown is no."""
        return False

    def hold(self, permissions: Iterable[str]) -> None:
        """Says nothing."""

    def holds_already(self, permissions: Iterable[str]) -> bool:
        """Nothing is left to ask."""
        return True


PASSING = Passing()
_current: ContextVar[Asked | Passing | None] = ContextVar("nomoat_asked", default=None)


def enter(asked: Asked | Passing, scope: Any) -> Any:
    """Makes a request the current one; gives what `leave` takes."""
    scope[SCOPE_KEY] = asked
    return _current.set(asked)


def again(asked: Asked | Passing) -> Any:
    """Makes a request the current one again, between the parts of its answer; gives what `leave` takes."""
    return _current.set(asked)


def leave(token: Any) -> None:
    """Ends it, and the one around it is current again; also where a server ends a request in another context."""
    try:
        _current.reset(token)
    except ValueError:
        _current.set(None)


def current(scope: Any) -> Asked | None:
    """The request behind a scope, also one that a middleware made anew; None where guard decided nothing about it."""
    found = scope.get(SCOPE_KEY) or _current.get()
    return found if isinstance(found, Asked) else None


def carried(value: Any) -> Asked | Passing | None:
    """What guard knows of a value, where that is a request, scope or environ that it has decided about.

    A handler's arguments come here, so anything may: JSON that a caller sends can have any key, never such an object.
    """
    try:
        found = _carrier(value).get(SCOPE_KEY)
    except Exception:
        return None
    return found if isinstance(found, (Asked, Passing)) else None


def at_hand() -> Asked | None:
    """The request in whose course this runs; None outside of one that guard decided about."""
    found = _current.get()
    return found if isinstance(found, Asked) else None


def innermost() -> Asked | Passing | None:
    """The same, also one that guard could not decide about."""
    return _current.get()


def found(request: Any) -> Asked | Passing:
    """What guard knows of a request, or of the one at hand (None). Raises NoRequestError."""
    found = _current.get() if request is None else _carrier(request).get(SCOPE_KEY)
    if found is None:
        raise NoRequestError(
            "guard was asked outside of a request that it guards", where="nomoat.guard",
            fix="call it from the handler, or pass request=; protect(app) must guard this application",
        )  # fmt: skip
    return cast("Asked | Passing", found)


def _carrier(request: Any) -> Any:
    """What holds a request's state: the scope of ASGI, the environ of WSGI, Django's META, or any of these itself."""
    for name in ("scope", "environ", "META"):
        found = getattr(request, name, None)
        if found is not None and SCOPE_KEY in found:
            return found
    return request if hasattr(request, "get") else {}


def require(permission: str, *, request: Any = None, **attributes: Attribute) -> None:
    """The caller may do this with this object, or Denied is raised: `require("orders:read", owner=order.owner)`.

    Attributes (text, whole numbers, booleans) are what conditions read as `resource.<name>`. It returns once the
    decision is committed to the journal, in a tenth of a millisecond; an async handler that must not wait even so long
    calls `await asyncio.to_thread(guard.require, ...)`.
    """
    found(request).require(permission, attributes)


def may(permission: str, *, request: Any = None, **attributes: Attribute) -> bool:
    """Asks the same without deciding: nothing is recorded, and a deferred permission stays undecided."""
    asked = found(request)
    if isinstance(asked, Passing):
        return asked.may(permission, attributes)
    wrong = wrong_type(attributes)
    if wrong is not None:
        if asked.runtime.enforces:
            raise wrong
        return False
    return asked.ask(permission, attributes).outcome == "allow"


def only(
    permission: str, resources: Iterable[T], *, request: Any = None, **attributes: str | Callable[[T], Attribute]
) -> list[T]:
    """The objects that the caller may use, in their order: `only("orders:read", orders, owner="owner")`.

    Each attribute says how it is read from an object: the name of an attribute or key, or a function.
    """

    def read(item: T) -> dict[str, Any]:
        return {name: how(item) if callable(how) else _taken(item, how) for name, how in attributes.items()}

    return found(request).only(permission, resources, read)


def filter(permission: str, model: Any = None, /, *, request: Any = None, **attributes: Any) -> Any:
    """The rows that the caller may use, as an expression for the query: what `require` would allow, row by row.

    SQLAlchemy: `select(Order).where(guard.filter("orders:read", owner=Order.owner))`; Django:
    `Order.objects.filter(guard.filter("orders:read", owner=F("owner")))`.

    Args:
        permission: the one that is decided.
        model: a mapped class, an alias, a table, or a Django model: each attribute that conditions read is its column
            of that name.
        request: where no context variable says which request it is about.
        attributes: columns, or values that are the same for every row, by the names that conditions read them by.

    Raises:
        FilterError: a condition asks what no database is asked for, or not exactly: decide row by row (`only`).
        AttributeTypeError: a column is of a type that its condition never compares, or one is missing.
    """
    return found(request).filter(permission, model, attributes)


def _taken(item: Any, name: str) -> Any:
    try:
        return item[name] if hasattr(item, "keys") else getattr(item, name)
    except (KeyError, AttributeError, IndexError) as error:
        raise AttributeTypeError(
            f"an object has no '{name}'", where="nomoat.guard.only", fix="name one it has, or pass a function"
        ) from error
