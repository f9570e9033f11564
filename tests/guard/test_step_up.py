"""A caller who must sign in again is told so (RFC 9470), whichever framework carries the answer."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from nomoat import guard
from tests.guard.guarded import POLICY, Guarded, last
from tests.guard.test_flask import application
from tests.guard.test_handlers import _app
from tests.guard.wsgi_calling import Served
from tests.policy.maps import route

SECTION = """\
identity: {main: {issuer: shop, algorithms: [HS256], key: "file:key", roles: claims.roles}}
step_up: [{permission: [export:read, orders:read], within: 15m, acr: [gold]}]
"""
EXPORT = route("GET /orders", binding=("export:read",))
SIGNED_IN = route("GET /orders", binding="signed-in")
CHALLENGE = 'Bearer error="insufficient_user_authentication", acr_values="gold", max_age="900"'
SECRET = "k" * 40


def _handler() -> str:
    return "ok"


def _asking() -> str:
    guard.require("orders:read", owner="ana")
    return "ok"


def _raising() -> str:
    guard.require("orders:read", owner="ana")
    raise ValueError("not reached")


def _swallowing() -> str:
    try:
        guard.require("orders:read", owner="ana")
    except guard.Denied:
        return "swallowed"
    return "ok"


def _token(**claims: Any) -> tuple[str, str]:
    usual = {"iss": "shop", "sub": "ana", "roles": ["customer"], "exp": int(time.time()) + 3600}
    return ("Authorization", f"Bearer {jwt.encode({'alg': 'HS256'}, {**usual, **claims}, OctKey.import_key(SECRET))}")


def _guarded(root: Path, handler: Any, where: Any, **given: Any) -> Guarded:
    (root / "key").write_text(SECRET)
    return Guarded(root, _app(handler), (where,), POLICY + SECTION, **{"who": None, **given})


@pytest.mark.parametrize(
    ("handler", "where"),
    [(_handler, EXPORT), (_asking, SIGNED_IN), (_raising, SIGNED_IN), (_swallowing, SIGNED_IN)],
    ids=["before", "require", "raises", "swallows"],
)
def test_who_signed_in_long_ago_is_told_how_to_come_back(handler: Any, where: Any, tmp_path: Path) -> None:
    guarded = _guarded(tmp_path, handler, where)
    stale = _token(auth_time=int(time.time()) - 1000, acr="gold")

    for token in (stale, _token()):
        answer, facts = guarded.ask("GET", "/orders", headers=[token])
        assert (401, CHALLENGE, ("deny", "step-up")) == (answer.status, answer.header("www-authenticate"), last(facts))
    if handler is not _raising:
        fresh = _token(auth_time=int(time.time()) - 60, acr="gold")
        assert 200 == guarded.ask("GET", "/orders", headers=[fresh])[0].status


def test_nobody_and_whoever_may_not_are_not_asked_to_come_back(tmp_path: Path) -> None:
    guarded = _guarded(tmp_path, _handler, EXPORT)

    answer, _ = guarded.ask("GET", "/orders")
    assert (401, "Bearer") == (answer.status, answer.header("www-authenticate"))
    answer, _ = guarded.ask("GET", "/orders", headers=[_token(roles=["guest"])])
    assert (403, "") == (answer.status, answer.header("www-authenticate"))


def test_audit_passes_and_records_it(tmp_path: Path) -> None:
    answer, facts = _guarded(tmp_path, _handler, EXPORT, mode="audit").ask("GET", "/orders", headers=[_token()])

    assert (200, ("deny", "step-up"), False) == (answer.status, last(facts), facts[-1].enforced)


def test_flask_carries_the_same_answer(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(SECRET)
    routes = (
        route("GET /export", binding=("export:read",)),
        route("GET /orders/{number:int}", binding=("other:read",), requires=("orders:read",)),
    )
    policy = (POLICY + SECTION).replace("- {permission: export:read}", "- {permission: export:read}\n    - other:read")
    served = Served(tmp_path, application(), routes, policy, who=None)
    answers = [served.ask("GET", path, headers=[_token()]) for path in ("/export", "/orders/1")]
    served.close()

    assert [(401, CHALLENGE)] * 2 == [(answer.status, answer.header("www-authenticate")) for answer in answers]


def test_django_carries_it_too(tmp_path: Path) -> None:
    pytest.importorskip("django")
    from tests.guard import django_project

    django_project.configure()
    from django.http import HttpResponse
    from django.test import Client
    from django.urls import path

    def asks(_: Any) -> HttpResponse:
        return HttpResponse(_asking())

    (tmp_path / "key").write_text(SECRET)
    patterns = (path("export", lambda _: HttpResponse("all")), path("asks", asks))
    routes = (route("GET /export", binding=("export:read",)), route("GET /asks", binding="signed-in"))
    headers = {"authorization": _token()[1]}
    with django_project.guarded(tmp_path, patterns, routes, POLICY + SECTION):
        answers = [Client().get(f"/{name}", headers=headers) for name in ("export", "asks")]

    assert [(401, CHALLENGE)] * 2 == [(answer.status_code, answer["WWW-Authenticate"]) for answer in answers]
