"""Who calls a Django service, as the service itself knows it: its sessions, or what its REST views authenticate by."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nomoat.guard.identity.model import Identity

#: Flags of a user that views demand; the map binds them as `role:is_staff`.
FLAGS = ("is_staff", "is_superuser")


def caller(request: Any) -> Identity | None:
    """The signed-in user of a request: `user:local/<username>`, with its groups and flags as roles.

    A view of the REST framework says by itself how it authenticates: its own classes are asked.
    """
    user = _user(request)
    if user is None or not getattr(user, "is_authenticated", False) or not getattr(user, "is_active", True):
        return None
    groups = getattr(user, "groups", None)
    names = tuple(groups.values_list("name", flat=True)) if groups is not None else ()
    flags = tuple(flag for flag in FLAGS if getattr(user, flag, False) is True)
    return Identity(f"user:local/{user.get_username()}", (*names, *flags))


def _user(request: Any) -> Any:
    match = request.resolver_match
    cls = getattr(match.func, "cls", None) if match is not None else None
    authenticators = getattr(cls, "authentication_classes", None)
    if authenticators is None:
        return getattr(request, "user", None)
    from rest_framework.exceptions import APIException
    from rest_framework.request import Request

    before = {name: value for name, value in vars(request).items() if name in ("user", "auth")}
    try:
        return Request(request, authenticators=[one() for one in authenticators]).user
    except APIException:
        # A credential that names nobody, or a session without its token: the view refuses it, too.
        return None
    finally:
        # It writes what it found into the request; the view asks again, and has to find what it would have found.
        vars(request).pop("auth", None)
        vars(request).update(before)


@contextmanager
def unseen(request: Any) -> Iterator[None]:
    """Who calls is asked in here, and the answer does not tell: only where the view asks, too, it varies by the cookie.

    Django adds `Vary: Cookie` to whatever has looked at a session, and a cache keeps such a page for nobody else.
    """
    session: Any = getattr(request, "session", None)
    had_looked = getattr(session, "accessed", True)
    try:
        yield
    finally:
        if not had_looked and session.accessed and "user" in vars(request):
            from django.utils.functional import SimpleLazyObject

            user = request.user
            known = vars(request).pop("_cached_user", user)

            def seen() -> Any:
                session.accessed = True
                return known

            # The view finds the user that is known already, and that it looked is noted as ever.
            request.user = SimpleLazyObject(seen)
            session.accessed = False
