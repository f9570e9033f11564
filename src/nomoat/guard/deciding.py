"""The first decision about a request: where it goes, who calls, what stands against them, what the policy says.

Takes a scope and gives `Asked`; writes nothing and answers nobody.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

from nomoat.appmap.ids import METHODS
from nomoat.guard import usual
from nomoat.guard.asked import ALWAYS, Asked, Known
from nomoat.guard.clients import client_address
from nomoat.guard.identity import callers
from nomoat.guard.identity.callers import PEER
from nomoat.guard.identity.model import Identity
from nomoat.guard.routers.table import NOTHING, Found, Matching
from nomoat.journal.facts import Outcome, Reason

if TYPE_CHECKING:
    from nomoat.guard.answers import Scope
    from nomoat.guard.loading import Demand, Loaded
    from nomoat.guard.runtime import Runtime
    from nomoat.guard.usual import Usual
    from nomoat.policy.decide import Answer, Decider

_PARAM_LENGTH = 64
#: What a condition may compare of a path: a longer parameter is missing there, so its condition errs and denies.
_COMPARED_LENGTH = 1024
_ALSO_LENGTH = 256
_TRACE = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-")
_KNOWN_METHODS = frozenset(METHODS)
_NO_PARAMS: Mapping[str, str] = {}
_Decided = tuple[Outcome, Reason, "Answer | None"]


async def first(runtime: Runtime, scope: Scope) -> Asked:
    """What is decided about a request to an ASGI application before its handler runs."""
    routes = cast("Matching", runtime.routes)
    found = routes.match(scope)
    shown = callers.shown(runtime, scope)
    if callers.is_settled(shown):
        identity, failed, _ = shown
    else:
        identity, failed = await callers.settled(runtime, scope, shown, _connection(routes, scope))
    asking = runtime.loaded.asking
    if asking is None:
        asked = decided(runtime, scope, found, identity, failed)
    else:
        asked = await asking.asked(decided, runtime, scope, found, identity, failed)
    if asked.loaded.rates:
        if runtime.limiter.waits:
            import asyncio

            await asyncio.to_thread(hold_to_limits, asked)
        else:
            hold_to_limits(asked)
    return asked


def decided(
    runtime: Runtime, scope: Scope, found: Found | None, identity: Identity | None, failed: Reason | None
) -> Asked:
    """What is decided about a request of which it is known where it goes and who calls.

    Args:
        runtime: what decides.
        scope: the request as ASGI describes it; of another interface, what `wsgi.scope_of` makes of it.
        found: where the running router dispatches it to.
        identity: who calls; None: nobody.
        failed: why a credential that was shown names nobody.
    """
    loaded = runtime.loaded
    method = scope.get("method", "WS")
    key = usual.key_of(runtime, loaded, found, identity, method) if failed is None else None
    kept = loaded.usual.get(key) if key is not None else None
    if kept is not None and found is not None and _is_well(runtime, time.monotonic()):
        return _as_usual(runtime, loaded, kept, scope, found, identity)
    asked = _anew(runtime, loaded, scope, found, identity, failed)
    if key is not None:
        usual.keep(asked, key)
    return asked


def _as_usual(
    runtime: Runtime, loaded: Loaded, kept: Usual, scope: Scope, found: Found, identity: Identity | None
) -> Asked:
    """A request like one before it, with what differs."""
    params, compared = _params(found.params) if found.params else (_NO_PARAMS, _NO_PARAMS)
    known = Known(
        kept.method,
        kept.target,
        params,
        identity.subject if identity is not None else "anonymous",
        kept.roles,
        client_address(scope, loaded.guard.trusted_proxies),
        _trace(scope["headers"]),
        time.time_ns() // 1000,
        _NO_PARAMS,
        compared,
        _device(runtime, loaded, scope),
        scope.get(PEER, ""),
    )
    asked = Asked(runtime, loaded, known, kept.demand, identity, form=kept.form)
    asked.found = found
    asked.outcome, asked.reason, asked.answer = kept.outcome, kept.reason, kept.answer
    return asked


def _anew(
    runtime: Runtime,
    loaded: Loaded,
    scope: Scope,
    found: Found | None,
    identity: Identity | None,
    failed: Reason | None,
) -> Asked:
    demand = loaded.demand(found) if found is not None else None
    client = client_address(scope, loaded.guard.trusted_proxies)
    subject = identity.subject if identity is not None else "anonymous"
    method = scope.get("method", "WS")
    params, compared = _params(found.params) if found is not None and found.params else (_NO_PARAMS, _NO_PARAMS)
    known = Known(
        method=method if method in _KNOWN_METHODS else "ANY",
        target=_target(loaded.service, found, demand, method),
        params=params,
        subject=subject,
        roles=roles_of(runtime, loaded.decider, identity) if identity is not None else (),
        client=client,
        trace=_trace(scope["headers"]),
        came_us=time.time_ns() // 1000,
        also=_also(runtime.standing.adds(subject), scope) if runtime.standing.logs else _NO_PARAMS,
        compared=compared,
        device=_device(runtime, loaded, scope),
        peer=scope.get(PEER, ""),
    )
    asked = Asked(runtime, loaded, known, demand, identity)
    asked.found = found
    decide(asked, failed)
    if found is not None and found.ambiguous:
        runtime.say_once(f"a request is ambiguous: {found.ambiguous}")
    elif found is not None and found.is_other_slash:
        _leave_to_redirect(asked)
    _refuse_what_cannot_wait(asked, scope)
    return asked


def hold_to_limits(asked: Asked) -> None:
    """Counts a request against the limits of its route, whatever was decided about it, and denies one that is over.

    Who is blocked is refused already, and counts for nothing.
    """
    rates = asked.loaded.rates
    if not rates or asked.reason in ALWAYS:
        return
    found = asked.found
    keys = (found.key, found.within) if found is not None else ()
    rules = next((rates[key] for key in keys if key is not None and key in rates), rates[""])
    if found is not None and found.among:
        # Whichever of them it is dispatched to.
        rules = tuple(dict.fromkeys((*rules, *(rule for key in found.among for rule in rates.get(key, ())))))
    if rules:
        known = asked.known
        asked.limit(asked.runtime.limiter.over(rules, target=known.target, client=known.client, subject=known.subject))


def _leave_to_redirect(asked: Asked) -> None:
    """No route has this path, but one has it with the other slash: whoever may come there may be told so."""
    if asked.outcome == "deny":
        return
    asked.outcome, asked.reason, asked.answer = "deny", "unknown-route", None
    asked.found, asked.demand = NOTHING, None
    asked.known = asked.known._replace(target=_target(asked.loaded.service, None, None, asked.known.method))


def roles_of(runtime: Runtime, decider: Decider, identity: Identity) -> tuple[str, ...]:
    """The roles of a caller, with those that are open for it in an emergency."""
    roles = decider.roles_of(identity.subject, identity.roles)
    if not runtime.standing.elevates:
        return roles
    from nomoat.policy.break_glass import raised

    standing = runtime.standing.elevated(identity.subject)
    return raised(decider, roles, standing) if standing else roles


def _connection(routes: Matching, scope: Scope) -> Callable[[Identity | None], Any]:
    def connect(verified: Identity | None) -> Any:
        scope["nomoat.verified"] = verified
        return routes.connection(scope)

    return connect


async def against(runtime: Runtime, scope: Scope) -> Reason | None:
    """The block or revocation that stands against a caller about whom nothing else could be decided."""
    try:
        connect = _connection(cast("Matching", runtime.routes), scope)
        identity, _ = await callers.settled(runtime, scope, callers.shown(runtime, scope), connect)
    except Exception:
        identity = None
    return stands_against(runtime, scope, identity)


def stands_against(runtime: Runtime, scope: Scope, identity: Identity | None) -> Reason | None:
    """The same where it is known who calls."""
    try:
        client = client_address(scope, runtime.loaded.guard.trusted_proxies)
    except Exception:
        client = ""
    return runtime.standing.against(identity, client)


def decide(asked: Asked, failed: Reason | None) -> None:
    """Puts the first decision into what is known; `failed` says why what was shown names nobody."""
    asked.outcome, asked.reason, asked.answer = _decided(asked.runtime, asked, failed)
    if asked.reason == "step-up" and asked.answer is not None:
        asked.note_step_up(asked.answer)


def _decided(runtime: Runtime, asked: Asked, failed: Reason | None) -> _Decided:
    identity, demand = asked.identity, asked.demand
    against = runtime.standing.against(identity, asked.known.client)
    if against is not None:
        return "deny", against, None
    outage = outage_of(runtime)
    if outage is not None:
        return "deny", outage, None
    if demand is None:
        is_ambiguous = asked.found is not None and asked.found.ambiguous
        return "deny", "ambiguous-request" if is_ambiguous else "unknown-route", None
    kind = demand.binding.kind
    if kind == "public":
        return "allow", "public", None
    if kind == "unknown" or kind == "unbound":
        return "deny", "unbound-route", None
    if identity is None:
        return "deny", failed or "unauthenticated", None
    if kind == "signed-in":
        return "allow", "signed-in", None
    answer = asked.answered(
        demand.binding.permissions, asked.attributes if demand.reads or asked.loaded.asking is not None else _NO_PARAMS
    )
    return answer.outcome, answer.reason, answer


def _device(runtime: Runtime, loaded: Loaded, scope: Scope) -> Mapping[str, str]:
    """What a trusted proxy says of the caller's device; nothing where it is not believed, which is told."""
    settings = loaded.guard.device
    if settings is None:
        return _NO_PARAMS
    from nomoat.guard.identity import devices

    try:
        return devices.told(scope, settings, loaded.guard.trusted_proxies)
    except devices.DeviceError as error:
        runtime.say_once(error.what)
        return _NO_PARAMS


def _is_well(runtime: Runtime, now: float) -> bool:
    """True while blocks are known well enough and decisions can be written."""
    return runtime.standing.is_current(now) and (runtime.writer.keeps_up(now) or not runtime.audit.failure)


def outage_of(runtime: Runtime) -> Reason | None:
    """What keeps guard from deciding with the whole truth, where that denies; elsewhere it is counted."""
    now = time.monotonic()
    if _is_well(runtime, now):
        return None
    reason: Reason = "journal-unavailable" if runtime.standing.is_current(now) else "blocks-unavailable"
    runtime.count_unwritten()
    return reason if runtime.enforces and not runtime.passes_without_journal else None


def _refuse_what_cannot_wait(asked: Asked, scope: Scope) -> None:
    """A deferred websocket is refused at its handshake; a write that its handler never decides, before it."""
    if asked.outcome != "deferred" or asked.demand is None or asked.answer is None:
        return
    if scope["type"] == "websocket":
        asked.outcome, asked.reason = "deny", "depends-on-resource"
    elif asked.runtime.enforces and asked.demand.never_decides(asked.known.method, asked.answer.needs):
        asked.outcome, asked.reason = "deny", "undecided-before-write"


def _target(service: str, found: Found | None, demand: Demand | None, method: str) -> str:
    if demand is not None and demand.is_mapped:
        return demand.target
    if found is not None and found.key is not None:
        return f"route:{service}/{found.key}"
    # A path that nobody serves is the caller's own text: it never becomes an id, nor does a method nobody knows.
    return f"route:{service}/{method if method in _KNOWN_METHODS else 'ANY'} *"


def _params(params: Mapping[str, Any]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Path parameters as facts keep them, and as conditions compare them: exactly as the handler gets them.

    What a fact shortens or mends would name another object.
    """
    for value in params.values():
        if type(value) is not str or len(value) > _PARAM_LENGTH or not value.isascii():
            return _kept(params), _compared(params)
    return params, params


def _compared(params: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in params.items() if len(value) <= _COMPARED_LENGTH and _is_text(value)}


def _is_text(value: str) -> bool:
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)


def _kept(params: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for name, value in params.items():
        text = str(value)
        if not text.isascii():
            # A server may leave half characters in a path; the journal keeps text alone.
            text = text.encode("utf-8", "replace").decode("utf-8")
        found[name] = text[:_PARAM_LENGTH]
    return found


def _trace(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The trace id of W3C's `traceparent`, where it is one."""
    for name, value in headers:
        if name == b"traceparent":
            matched = _TRACE.match(value)
            return matched.group(1).decode("ascii") if matched is not None else ""
    return ""


#: What a `logging` fact may add besides `path` and `query`, and the header it is: nothing that is a secret.
RECORDABLE_HEADERS = {
    b"user-agent": "agent", b"referer": "referer", b"origin": "origin", b"accept-language": "language",
    b"content-type": "type", b"content-length": "length",
}  # fmt: skip


def _also(adds: tuple[str, ...], scope: Scope) -> dict[str, str]:
    """What somebody asked to be recorded about this caller, of what may be recorded: never a value of the query."""
    found: dict[str, str] = {}
    if "path" in adds:
        found["path"] = scope["path"]
    if "query" in adds:
        query = scope.get("query_string", b"").decode("latin-1")[:4096]
        found["query"] = ",".join(name for name, _ in parse_qsl(query, keep_blank_values=True))
    for header, value in scope["headers"]:
        name = RECORDABLE_HEADERS.get(header)
        if name in adds:
            found[name] = value.decode("latin-1")
    return {name: value.encode("utf-8", "replace").decode("utf-8")[:_ALSO_LENGTH] for name, value in found.items()}
