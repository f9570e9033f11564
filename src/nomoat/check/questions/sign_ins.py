"""Whether a sign-in can be tried without end: what of a service counts attempts, and for which of its routes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.appmap.ids import SAFE_METHODS
from nomoat.appmap.model import Route, Service
from nomoat.check.model import Confidence
from nomoat.check.questions.asking import Answer, Asked
from nomoat.check.questions.words import name_of
from nomoat.survey.python import form
from nomoat.survey.python.symbols import Scope

_ENTRANCE = re.compile(
    r"(^|/)(log_?in|sign_?in|log-in|sign-in|session|token|authenticate)(_?[0-9a-z]{0,2}|s)(\.json)?/?$", re.I
)
_GIVEN = frozenset(("password", "passwd", "pwd", "passphrase"))
_COUNTED = re.compile(
    rb"flask_limiter|slowapi|fastapi_limiter|django_ratelimit|ratelimit|\baxes\b|defender|aiolimiter|throttl|login_attempt"
    rb"|failed_(login|attempt|password)|failed_count|lock_?out|locked_until|too_many|RateLimit|rate_limit|brute"
    rb"|attempts|retry_after|\b429\b|captcha|limiter\b|cool_?down|back_?off|blocked_until|strikes", re.I
)  # fmt: skip

#: What says whether a password is the one of an account.
_COMPARES = re.compile(
    rb"check_?password|verify_?password|password_?verify|checkpw|compare_digest|check_password_hash|\.verify\("
    rb"|passwo?r?d\w*[\"']?\]?\s*[!=]=|[!=]=\s*\w*passw"
    # A row or a document is looked up by it: `WHERE name = ? AND password = ?`, `find_one({"password": ...})`.
    rb"|\b(where|and)\s+\w*passwo?r?d\w*\s*=\s*['\"?%$:{]|\bfind_one\([^)]*[\"']passwo?r?d\w*[\"']\s*:", re.I
)  # fmt: skip

#: A limit that is written at what it holds for: `@limiter.limit("5/minute")`, `@ratelimit(...)`, `throttle_classes`.
_LIMITS_ONE = re.compile(r"\.(shared_)?limit\b|rate_?limit|throttle|axes_dispatch|RateLimiter\b", re.I)
_LIMITS_VIEW = ("throttle_classes", "throttle_scope")
#: Lines that say nothing of what is limited elsewhere: imports, such decorators, and what makes a limiter without a
#: limit of its own.
_AT_ITS_PLACE = re.compile(
    rb"^[ \t]*(from|import)\b.*$|^[ \t]*@[\w.]*(limit|throttle)\w*\(.*$|^[ \t]*throttle_(classes|scope)\b.*$"
    rb"|^[ \t]*\w+[ \t]*=[ \t]*Limiter\((?!.*(default|application)_limits)[^()\n]*\)[ \t]*$"
    rb"|^[ \t]*(app\.state\.limiter[ \t]*=|limiter\.init_app\(|app\.add_exception_handler\(RateLimitExceeded).*$",
    re.M,
)


def unlimited_login(asked: Asked) -> Iterator[Answer]:
    """Services where passwords can be tried without end."""
    for service in asked.map.services:
        logins = [one for one in asked.routes if one.service == service.name and _signs_in(asked, one)]
        if not logins:
            continue  # To look for what counts goes through the whole tree.
        root = "" if service.root in (".", "") else f"{service.root}/"
        counting = [one for one in asked.registrations.program.words.matching(_COUNTED) if one.startswith(root)]
        limited = [route for route in logins if any(guard.kind == "rate-limit" for guard in route.guards)]
        if limited:
            yield from _beside(asked, logins, limited, counting)
        elif counting:
            yield from _left_out(asked, service, logins, counting)
        else:
            yield _uncounted(asked, service, logins[0])


def _uncounted(asked: Asked, service: Service, route: Route) -> Answer:
    # What signs in elsewhere may count there; behind guard, the sign-ins that the policy marks are watched.
    is_sure = service.protected is None and any(_compares_passwords(asked, scope) for scope in asked.reached(route))
    return Answer(
        route,
        f"passwords can be tried without end at {name_of(route)}",
        "nothing counts the attempts",
        f"no limit of requests, and no count of failures, is in the source of {service.name}",
        "limit the attempts of an address and of an account: limits: in nomoat.yaml and login: true on the route, with"
        " guard; or Limiter.limit, or django-axes",
        "sure" if is_sure else "likely",
    )


def _beside(asked: Asked, logins: list[Route], limited: list[Route], counting: list[str]) -> Iterator[Answer]:
    """Sign-ins that count nothing beside those that do, where nothing else of the service counts."""
    reached = {scope.module.path for route in limited for scope in (*asked.reached(route), *asked.guarding(route))}
    counted = {guard.at.rpartition(":")[0] for route in limited for guard in route.guards if guard.kind == "rate-limit"}
    if set(counting) - reached - counted:
        return
    for route in logins:
        if route not in limited and any(_compares_passwords(asked, scope) for scope in asked.reached(route)):
            yield _uneven(route, limited[0], "likely")


def _left_out(asked: Asked, service: Service, logins: list[Route], counting: list[str]) -> Iterator[Answer]:
    """Sign-ins without a limit where each limit of the service is written at the route that it holds for."""
    limited = [one for one in asked.routes if one.service == service.name and _is_limited(asked, one)]
    names = {one.rpartition(":")[2].rpartition(".")[0].encode() for one in (route.handler for route in limited)}
    if not limited or any(_counts_elsewhere(asked, path, names) for path in counting):
        return
    for route in logins:
        if route not in limited and any(_compares_passwords(asked, scope) for scope in asked.reached(route)):
            yield _uneven(route, limited[0], "sure" if service.protected is None else "likely")


def _uneven(route: Route, limited: Route, confidence: Confidence) -> Answer:
    return Answer(
        route,
        f"passwords can be tried without end at {name_of(route)}",
        "nothing counts the attempts",
        f"{name_of(limited)} ({limited.at}) counts them, this route does not",
        f"limit the attempts as {name_of(limited)} does",
        confidence,
    )


def _is_limited(asked: Asked, route: Route) -> bool:
    """Whether a limit is written at the handler of a route, or at the class that it is a method of."""
    handler = asked.handler(route)
    view = asked.registrations.view(route) or (handler.parent if handler is not None and handler.is_method else None)
    for scope in (handler, view):
        if scope is not None and any(_LIMITS_ONE.search(scope.module.text(one)) for one in scope.decorators):
            return True
    return view is not None and any(name in view.bindings for name in _LIMITS_VIEW)


def _counts_elsewhere(asked: Asked, path: str, limited: set[bytes]) -> bool:
    """Whether a file counts anything but at the routes that say so; the names of these may speak of it."""
    source = _AT_ITS_PLACE.sub(b"", asked.registrations.program.words.text(path))
    for name in limited - {b""}:
        source = source.replace(name, b"")
    return _COUNTED.search(source) is not None


def _compares_passwords(asked: Asked, scope: Scope) -> bool:
    if scope.node is None:
        return False
    if _COMPARES.search(scope.module.source, scope.node[1], scope.node[2]) is not None:
        return True
    return _asks_django(asked, scope)


def _asks_django(asked: Asked, scope: Scope) -> bool:
    """Whether Django compares it with the row of the account: `authenticate(...)` where no other backend is named."""
    program = asked.registrations.program
    if b"authenticate" not in scope.module.source:
        return False
    is_asked = any(site.callee.name == "django.contrib.auth.authenticate" for site in program.calls(scope))
    return is_asked and not program.words.files(b"AUTHENTICATION_BACKENDS")


def _signs_in(asked: Asked, route: Route) -> bool:
    """Whether people sign in by a route: the map says so, or it is called so and is given a password."""
    handler = asked.handler(route)
    if route.method in SAFE_METHODS or route.login or handler is None:
        return route.login and route.method not in SAFE_METHODS
    if route.verdict == "guarded" or not _ENTRANCE.search(route.path):
        return False
    return any(
        (node[0] == form.CONSTANT and node[3] in _GIVEN) or (node[0] == form.ATTRIBUTE and node[4] in _GIVEN)
        for node in form.walk_scope(handler.body)
    )
