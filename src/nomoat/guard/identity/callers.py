"""Who calls: by token, API key, certificate, by the service's own `identity=`, or nobody; why a credential is refused.

`identity=` is somebody else's function: what it gives is checked, and whatever it raises, nobody is known.
"""

from __future__ import annotations

import inspect
import re
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

from nomoat.guard.identity import api_keys, stand_in
from nomoat.guard.identity.bearer import authorization, token_of
from nomoat.guard.identity.model import CertificateError, Identity, KeysUnavailableError, TokenError
from nomoat.guard.identity.pending import Pending
from nomoat.journal.facts import Reason

if TYPE_CHECKING:
    from nomoat.guard.answers import Scope
    from nomoat.guard.runtime import Runtime

#: Who calls, and why a credential that was shown names nobody.
Caller: TypeAlias = tuple[Identity | None, Reason | None]
#: Gives the connection that `identity=` is asked with; what the token names (or None) goes in.
Connect: TypeAlias = Callable[[Identity | None], Any]

#: The same, and whether `identity=` has no say.
_Shown: TypeAlias = tuple[Identity | None, Reason | None, bool]
#: What the credentials of a request say by themselves, or whom to wait for.
Shown: TypeAlias = _Shown | Pending

#: Where a request keeps the service that its certificate is of.
PEER = "nomoat.peer"
_LOCAL = re.compile(r"(user:local/[^\x00-\x1f\x7f]{1,256}|service:[A-Za-z0-9][A-Za-z0-9._-]*)\Z")


def shown(runtime: Runtime, scope: Scope) -> Shown:
    """What a request shows of its caller, as far as nobody has to be waited for or asked."""
    by_token = _by_token(runtime, scope)
    return by_token if isinstance(by_token, Pending) else _with_certificate(runtime, scope, by_token)


def is_settled(found: Shown) -> TypeGuard[_Shown]:
    """True where that says who calls, or that nobody is known; else `settled` does."""
    return type(found) is tuple and found[2]


async def settled(runtime: Runtime, scope: Scope, found: Shown, connect: Connect) -> Caller:
    """Who calls, by what was shown and by `identity=`, which may be async."""
    if isinstance(found, Pending):
        try:
            by_token: _Shown = await found.wait_async(), None, runtime.identity is None
        except (TokenError, KeysUnavailableError) as error:
            by_token = _refused(error)
        found = _with_certificate(runtime, scope, by_token)
    verified, failed, is_known = found
    if is_known:
        return verified, failed
    try:
        answer = runtime.identity(connect(verified))
        if inspect.isawaitable(answer):
            answer = await answer
        return _checked(answer, verified) or verified, None
    except Exception as error:
        return _failed(runtime, error)


def identified_now(runtime: Runtime, scope: Scope, connect: Connect) -> Caller:
    """Who calls, where nothing can be awaited."""
    found = shown(runtime, scope)
    if isinstance(found, Pending):
        try:
            by_token: _Shown = found.wait(), None, runtime.identity is None
        except (TokenError, KeysUnavailableError) as error:
            by_token = _refused(error)
        found = _with_certificate(runtime, scope, by_token)
    verified, failed, is_known = found
    if is_known:
        return verified, failed
    try:
        answer = runtime.identity(connect(verified))
        if inspect.isawaitable(answer):
            if inspect.iscoroutine(answer):
                answer.close()
            raise TypeError("it is async, and this application is not")
        return _checked(answer, verified) or verified, None
    except Exception as error:
        return _failed(runtime, error)


def _by_token(runtime: Runtime, scope: Scope) -> _Shown | Pending:
    """Whom a token or key names, or whom to wait for."""
    if stand_in.standing:
        return stand_in.identity(runtime.loaded.guard.issuers), None, True
    try:
        named = _named(runtime, scope["headers"])
    except (TokenError, KeysUnavailableError) as error:
        return _refused(error)
    return named if isinstance(named, Pending) else (named, None, runtime.identity is None)


def _named(runtime: Runtime, headers: list[tuple[bytes, bytes]]) -> Identity | Pending | None:
    """Whom the key or token in the headers names. Raises TokenError, KeysUnavailableError."""
    keys, bearers = runtime.machines.keys, runtime.bearers
    if keys is not None and (key := api_keys.shown(headers)) is not None:
        return keys.identify(key, now=time.time())
    # Two such headers are refused whoever reads them: `identity=` and the handler may look at different ones.
    value = authorization(headers)
    if value is None or (keys is None and bearers is None):
        return None
    now = time.time()
    if bearers is not None and (known := bearers.known(value, now=now)) is not None:
        return known
    token = token_of(value)
    if token is None:
        return None
    if token.startswith(api_keys.PREFIX):
        if keys is None:
            # No issuer gave it, and whoever asks one about it has given it away.
            raise TokenError("an API key, and none is known")
        return keys.identify(token, now=now)
    return bearers.identify(token, now=now, header=value) if bearers is not None else None


def _with_certificate(runtime: Runtime, scope: Scope, shown: _Shown) -> _Shown:
    """The same, with the client certificate: beside a token or key both must be good, and the token says who calls."""
    found, failed, is_settled = shown
    known = runtime.machines.certificates
    if failed is not None or stand_in.standing or (known is None and (found is None or "cnf" not in found.claims)):
        return shown
    from nomoat.guard.identity.certificates import check_binding
    from nomoat.guard.identity.origin import is_untold

    try:
        certificate = known.shown(scope) if known is not None else None
        if found is not None and check_binding(found, certificate):
            return shown
        if known is None or certificate is None:
            if known is not None and is_untold(scope, known.settings):
                runtime.say_once(
                    "this server tells no client certificates (ASGI's TLS extension): forward them instead"
                )
            return shown
        peer = known.named(certificate)
    except CertificateError as error:
        runtime.say_once(error.what)
        return None, "bad-certificate", True
    except TokenError:
        return None, "bad-token", True
    scope[PEER] = peer.subject
    against = runtime.standing.against(peer, "")
    if found is not None and against is not None:
        return None, against, True
    return found or peer, None, is_settled


def _refused(error: TokenError | KeysUnavailableError) -> _Shown:
    return None, "bad-token" if isinstance(error, TokenError) else "keys-unavailable", True


def _failed(runtime: Runtime, error: Exception) -> Caller:
    # Whatever somebody's own function raises, nobody is known, and somebody has to learn why.
    runtime.say_once(f"identity= failed: {type(error).__name__}: {error}")
    return None, "identity-failed"


def _checked(answer: Any, verified: Identity | None) -> Identity | None:
    """What `identity=` gave, where it is what it may give. Raises TypeError, ValueError."""
    if answer is None:
        return None
    if not isinstance(answer, Identity):
        raise TypeError(f"it gave {type(answer).__name__}, not Identity or None")
    _check_types(answer)
    if not _LOCAL.match(answer.subject) and (verified is None or answer.subject != verified.subject):
        raise ValueError(f"it named '{answer.subject}': write user:local/NAME, or service:NAME")
    return answer if verified is None else _by_what_was_shown(answer, verified)


def _by_what_was_shown(answer: Identity, verified: Identity) -> Identity:
    """A credential was shown, whomever `identity=` makes of it: its limit stays, and by it the caller can be revoked.

    When it was issued says something of the same subject alone: of another, nobody knows since when it is signed in.
    """
    only = verified.only if answer.only is None else answer.only
    if verified.only is not None and answer.only is not None:
        only = verified.only.intersection(answer.only)
    is_same = answer.subject == verified.subject
    return replace(
        answer,
        credential=answer.credential or verified.credential,
        jti=answer.jti or verified.jti,
        issued_at=answer.issued_at or (verified.issued_at if is_same else 0),
        only=only,
    )


def _check_types(given: Identity) -> None:
    """Raises TypeError: what somebody's own code made is not of the types that decisions and revocations compare."""
    if not all(isinstance(one, str) for one in (given.subject, given.credential, given.jti)):
        raise TypeError("it gave an Identity whose subject, credential or jti is no text")
    if isinstance(given.issued_at, bool) or not isinstance(given.issued_at, (int, float)):
        raise TypeError("it gave an Identity whose issued_at is no number of seconds since 1970")
    if not isinstance(given.claims, Mapping):
        raise TypeError("it gave an Identity whose claims are no mapping")
    if given.only is not None and not _are_names(given.only):
        raise TypeError("it gave an Identity whose only is no set of names")
    # What can be gone through only once would have no roles left afterwards.
    if not _are_names(given.roles):
        raise TypeError("it gave an Identity whose roles are no list of names")


def _are_names(given: object) -> bool:
    return isinstance(given, Collection) and not isinstance(given, str) and all(isinstance(name, str) for name in given)
