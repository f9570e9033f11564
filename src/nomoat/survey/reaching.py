"""Adds to a route what it reaches: stores, hosts, what it asks of guard, and whether people sign in there."""

from __future__ import annotations

import dataclasses
import re

from nomoat.appmap import ids
from nomoat.appmap.model import Call, Guard, Route
from nomoat.survey.effects import Effects, Reach
from nomoat.survey.found import Found
from nomoat.survey.models import Models
from nomoat.survey.python.symbols import Scope
from nomoat.survey.standing import Atoms, Frame, Made, Method
from nomoat.survey.trial.values import Function
from nomoat.survey.verdicts import Answer

_SIGN_IN = re.compile(r"(log_?in|sign_?in|token|session|authenticate|/auth$|access)", re.I)
_NOT_SIGN_IN = re.compile(
    r"(reset|forgot|recover|verify|confirm|regist|sign_?up|log_?out|sign_?out|revoke|change)", re.I
)


def reaching(route: Route, found: Found, answer: Answer, reach: Reach, models: Models) -> Route:
    """The route with everything that its handler and dependencies reach."""
    handlers = _handlers(found, answer, reach)
    # What only finds out who is calling, or runs for every route, is no data that this one is about.
    authenticating = {guard.at for guard in answer.guards if guard.kind in ("authentication", "permission")}
    others = [
        one for one in answer.functions
        if one.at not in authenticating and one not in answer.around and not _guards(one, answer)
    ]  # fmt: skip
    effects, _ = reach.reached([*handlers, *(reach.standing.frame(one) for one in others)])
    asked = _asked([*handlers, *(reach.standing.frame(one) for one in answer.functions)], reach)
    requires = None if None in asked else tuple(sorted({one for one in asked if one is not None}))
    return dataclasses.replace(
        route,
        requires=requires,
        reads=tuple(sorted(ids.store_id(route.service, name) for name in effects.reads)),
        writes=tuple(sorted(ids.store_id(route.service, name) for name in effects.writes)),
        calls=tuple(sorted(Call(host, at, setting) for host, at, setting in effects.hosts)),
        login=_is_login(route, effects, models),
    )


def _asked(starts: list[Frame], reach: Reach) -> list[str | None]:
    """What all of this asks of guard."""
    return reach.reached(starts, deciding=True)[0].asks if reach.is_guard_here else []


def _handlers(found: Found, answer: Answer, reach: Reach) -> list[Frame]:
    starts: list[Frame] = []
    for value in (found.original, found.handler):
        given: dict[str, Atoms] = _of_decorators(found, value, reach)
        while isinstance(value, Function):
            if value.scope is not None:
                starts.append(_entered(value.scope, found, reach, given))
            inner = value.wraps if value.wraps is not value else None
            if inner is not None and inner.scope is not None and value.scope is not None:
                given = {**given, **reach.standing.handed_on(starts[-1], inner.scope)}
            value = inner
    if answer.handler is not None and answer.handler not in {one.scope for one in starts}:
        starts.append(_entered(answer.handler, found, reach, {}))
    return list(dict.fromkeys(starts))


def _of_decorators(found: Found, value: object, reach: Reach) -> dict[str, Atoms]:
    """What decorators that a class lists for all its methods hand to them."""
    given: dict[str, Atoms] = {}
    if found.cls is None or not isinstance(value, Function) or value.scope is None or not value.scope.is_method:
        return given
    standing = reach.standing
    for name in ("decorators", "method_decorators"):
        for one in standing.member(Made(found.cls.scope), name):
            for inner in one.scope.children.values() if isinstance(one, Method) else ():
                if inner.is_function and isinstance(one, Method):
                    wrapper = standing.frame(inner, None, None, standing.frame(one.scope))
                    given.update(standing.handed_on(wrapper, value.scope))
    return given


def _entered(scope: Scope, found: Found, reach: Reach, given: dict[str, Atoms]) -> Frame:
    """A handler as it runs: a method, by an object of the class that the route is made of."""
    if found.cls is None or not scope.is_method:
        return reach.standing.frame(scope, None, given)
    return reach.standing.frame(scope, Made(found.cls.scope), given)


def _guards(function: Scope, answer: Answer) -> bool:
    return any(guard.runs == "before" and _stands_in(guard, function) for guard in answer.guards)


def _stands_in(guard: Guard, function: Scope) -> bool:
    path, _, line = guard.at.rpartition(":")
    if path != function.module.path or function.node is None or not line.isdigit():
        return guard.name == function.name
    first, last = function.module.line(function.node[1]), function.module.line(function.node[2])
    return first <= int(line) <= last


def _is_login(route: Route, effects: Effects, models: Models) -> bool:
    if route.method != "POST" or route.verdict == "guarded" or route.origin == "framework":
        return False
    words = f"{route.path} {route.handler.rpartition(':')[2]}"
    issues, verifies = bool(effects.uses & models.issuers), bool(effects.uses & (models.passwords | models.comparers))
    if issues and verifies:
        return not _NOT_SIGN_IN.search(words)
    return (issues or verifies) and bool(_SIGN_IN.search(words)) and not _NOT_SIGN_IN.search(words)
