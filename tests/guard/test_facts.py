"""What stands in the journal about a request: every field of a decision, and the texts behind its hashes."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import OctKey

from nomoat import guard
from nomoat.appmap import codec
from nomoat.guard import Guard
from nomoat.guard.loading import Mode
from nomoat.journal.facts import Block, Decision, Elevation, Logging, Response, Revocation, Text, timestamp
from nomoat.journal.journal import open_store
from nomoat.policy.backtest import backtest
from nomoat.policy.model import loads
from tests.guard.calling import Answer, scope_of, serve
from tests.policy.maps import map_of, route

KEY = "k" * 40
POLICY = """\
services: {shop: {app: "main:app"}, billing: {app: "other:app"}}
identity:
  main: {issuer: people, algorithms: [HS256], key: "env:SHOP_KEY", roles: claims.groups.names}
  mesh: {issuer: services, algorithms: [HS256], key: "env:SHOP_KEY", kind: service}
roles:
  customer: [{permission: orders:read, when: resource.owner == subject.sub}]
  support:
    - {permission: orders:search, when: "context.client == '198.51.100.7' && params.name == 'all'"}
    - {permission: orders:now, when: "context.now > timestamp('2026-01-01T00:00:00Z') && has(subject.groups)"}
assign: {support: ["user:main/ana"]}
calls: [{from: billing, to: shop, may: [orders:list]}]
routes:
  "shop/GET /shop-window": {public: true, because: everybody may look}
  "shop/POST /login": {public: true, login: true, because: people sign in here}
trusted_proxies: [192.0.2.1]
journal: {store: "sqlite:journal.db"}
"""
DRAWN = map_of(
    route("GET /orders/{order_id}", binding=("orders:read",), requires=("orders:read",)),
    route("GET /search/{name}", binding=("orders:search",)),
    route("GET /orders", binding=("orders:list",)),
    route("GET /now", binding=("orders:now",)),
    route("GET /shop-window"),
    route("POST /login"),
)
TRACE = "0af7651916cd43dd8448eb211c80319c"
LONG = "x" * 100


def _app() -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/orders/{order_id}")
    def order(order_id: str) -> str:
        guard.require("orders:read", owner="ana", total=5)
        return order_id

    for path in ("/search/{name}", "/orders", "/now", "/shop-window"):
        app.add_api_route(path, lambda: "ok", methods=["GET"])
    app.add_api_route("/login", lambda: "ok", methods=["POST"])
    return app


def _token(**claims: Any) -> str:
    given = {"iss": "people", "sub": "ana", "groups": {"names": ["customer"]}, "exp": int(time.time()) + 600}
    return str(jwt.encode({"alg": "HS256"}, given | claims, OctKey.import_key(KEY)))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHOP_KEY", KEY)
    (tmp_path / "nomoat.yaml").write_text(POLICY)
    (tmp_path / ".nomoat").mkdir()
    (tmp_path / ".nomoat" / "map.json").write_text(codec.file_text(DRAWN))
    return tmp_path


def _ask(
    root: Path, method: str, target: str, token: str = "", more: Iterable[tuple[str, str]] = (), mode: Mode = "enforce"
) -> Answer:
    app = Guard(_app(), mode, config=root / "nomoat.yaml", service="shop")
    headers = [("authorization", f"Bearer {token}")] if token else []
    answer = asyncio.run(serve(app, scope_of(method, target, [*headers, *more])))
    app.close()
    return answer


def _facts(root: Path, *kinds: Any) -> list[Any]:
    with closing(open_store(f"sqlite:{root}/journal.db")) as store:
        return [entry.fact for entry in store.read(kinds=kinds)]


FORWARDED = [("x-forwarded-for", "203.0.113.66, 198.51.100.7"), ("traceparent", f"00-{TRACE}-00f067aa0ba902b7-01")]


def test_a_decision_says_who_what_where_and_by_which_policy(root: Path) -> None:
    token = _token()
    assert 200 == _ask(root, "GET", f"/orders/{LONG}", token, FORWARDED).status

    asked, first = _facts(root, Decision)
    both = {
        "service": "shop", "target": "route:shop/GET /orders/{order_id}", "method": "GET", "subject": "user:main/ana",
        "credential": "sha256:" + hashlib.sha256(token.rpartition(".")[0].encode()).hexdigest(),
        # Those that the policy assigns stand first, then what the token claims.
        "roles": ("support", "customer"), "params": {"order_id": "x" * 64}, "permissions": ("orders:read",),
        "client": "198.51.100.7", "trace": TRACE, "enforced": True, "count": 1, "login": False,
    }  # fmt: skip
    for fact in (asked, first):
        assert both == {name: getattr(fact, name) for name in both}
    assert ("deferred", "depends-on-resource", 0, 200) == (first.outcome, first.reason, first.sequence, first.status)
    assert ("allow", "granted", 1) == (asked.outcome, asked.reason, asked.sequence)
    assert ("role:customer orders:read",) == asked.grants
    assert {"resource.owner": "ana", "resource.total": 5, "subject.sub": "ana"} == asked.read
    assert asked.request == first.request


def test_the_texts_behind_its_hashes_are_kept_once(root: Path) -> None:
    for _ in range(2):
        _ask(root, "GET", "/shop-window")

    texts = {text.of: text for text in _facts(root, Text)}
    assert 2 == len(_facts(root, Text))
    (fact, _) = _facts(root, Decision)
    assert (texts["policy"].hash, texts["map"].hash) == (fact.policy, fact.map)
    assert loads(texts["policy"].text).hash == fact.policy
    assert codec.digest(codec.loads(texts["map"].text, name="map")) == fact.map


@pytest.mark.parametrize(
    ("name", "forwarded", "status"), [("all", FORWARDED, 200), ("all", (), 403), ("x", FORWARDED, 403)]
)
def test_the_inputs_of_a_condition_are_recorded(name: str, forwarded: Any, status: int, root: Path) -> None:
    assert status == _ask(root, "GET", f"/search/{name}", _token(), forwarded).status

    (fact,) = _facts(root, Decision)
    assert {"context.client": "198.51.100.7" if forwarded else "192.0.2.1", "params.name": name} == fact.read
    assert fact.reason == ("granted" if status == 200 else "condition-false")


def test_when_it_was_is_recorded_and_judged_again_exactly(root: Path) -> None:
    assert 200 == _ask(root, "GET", "/now", _token()).status

    (fact,) = _facts(root, Decision)
    assert {"context.now": fact.happened_at, "has(subject.groups)": True} == fact.read
    (text,) = (text.text for text in _facts(root, Text) if text.of == "policy")
    for change, kind in (("2026-01-01T00:00:00Z", "same"), (fact.happened_at, "denied")):
        new = loads(text.replace("2026-01-01T00:00:00Z", change).replace("&& has", "&& true && has"))
        found = backtest([fact], {fact.policy: text}, new)
        assert (kind == "same", kind == "denied") == (found.same == 1, len(found.newly_denied) == 1)


@pytest.mark.parametrize(("name", "status"), [("billing", 200), ("shop", 403), ("../billing", 401), ("", 401)])
def test_a_service_is_known_by_its_token_and_may_what_calls_say(name: str, status: int, root: Path) -> None:
    assert status == _ask(root, "GET", "/orders", _token(iss="services", sub=name)).status

    (fact,) = _facts(root, Decision)
    assert (f"service:{name}" if status != 401 else "anonymous") == fact.subject
    assert fact.grants == (("service:billing orders:list",) if status == 200 else ())


def test_nobody_is_a_service_by_a_users_token(root: Path) -> None:
    assert 403 == _ask(root, "GET", "/orders", _token(sub="billing", groups={"names": ["billing"]})).status


def test_a_login_is_marked_and_its_status_follows(root: Path) -> None:
    assert 200 == _ask(root, "POST", "/login").status

    (fact,), (response,) = _facts(root, Decision), _facts(root, Response)
    assert (True, "public", "anonymous", 0) == (fact.login, fact.reason, fact.subject, fact.status)
    assert (fact.request, 200) == (response.request, response.status)


def test_what_was_asked_for_about_a_subject_is_added_and_no_secret(root: Path) -> None:
    adds = ("path", "query", "agent", "referer", "cookie", "authorization")
    until = timestamp().replace("20", "29", 1)
    with closing(open_store(f"sqlite:{root}/journal.db")) as store:
        store.append([(Logging(subject="user:main/ana", until=until, adds=adds, because="x", by="ana"), None)])
    more = [("user-agent", "curl/8"), ("cookie", "session=secret"), ("referer", "https://x/" + "y" * 500)]

    _ask(root, "GET", "/shop-window?card=4111&name=", _token(), more)

    (fact,) = _facts(root, Decision)
    assert {
        "path": "/shop-window",
        "query": "card,name",
        "agent": "curl/8",
        "referer": "https://x/" + "y" * 246,
    } == fact.also


# -- roles for an emergency ------------------------------------------------------------------------------------------

GLASS = "break_glass: {oncall: {may: [orders:list], roles: [support], for: 1h}}\n"


def _opened(root: Path, *, lasts_s: int = 600, subject: str = "user:main/ana") -> None:
    at = datetime.now(UTC)
    fact = Elevation(
        happened_at=timestamp(at), elevation="e1", subject=subject, role="oncall", because="INC-7", by="ana",
        until=timestamp(at + timedelta(seconds=lasts_s)),
    )  # fmt: skip
    with closing(open_store(f"sqlite:{root}/journal.db")) as store:
        store.append([(fact, None)])


def test_who_may_open_it_has_the_role_while_it_is_open_and_each_decision_says_so(root: Path) -> None:
    (root / "nomoat.yaml").write_text(POLICY + GLASS)
    before = _ask(root, "GET", "/orders", _token()).status
    _opened(root)
    during = _ask(root, "GET", "/orders", _token()).status

    denied, allowed = _facts(root, Decision)
    assert (403, 200) == (before, during)
    assert ((), ("break-glass:oncall orders:list",)) == (denied.grants, allowed.grants)
    assert ("support", "customer", "break-glass:oncall") == allowed.roles


@pytest.mark.parametrize("wrong", ["nobody may open it", "another subject", "too long", "not in the policy", "claimed"])
def test_what_is_open_for_somebody_else_opens_nothing(root: Path, wrong: str) -> None:
    glass = GLASS.replace("[support]", "[customer]") if wrong == "nobody may open it" else GLASS
    policy = POLICY.replace("[customer]", "[buyer]") if wrong == "nobody may open it" else POLICY
    token = _token(groups={"names": ["break-glass:oncall"]}) if wrong in ("claimed", "nobody may open it") else _token()
    (root / "nomoat.yaml").write_text(policy + ("" if wrong == "not in the policy" else glass))
    if wrong != "claimed":
        _opened(root, subject="user:main/ben" if wrong == "another subject" else "user:main/ana",
                lasts_s=7200 if wrong == "too long" else 600)  # fmt: skip

    assert 403 == _ask(root, "GET", "/orders", token).status


# -- blocks and revocations ------------------------------------------------------------------------------------------

ANA = "user:main/ana"


def _against(what: str, token: str) -> list[Any]:
    until = timestamp().replace("20", "29", 1)
    fingerprint = hashlib.sha256(token.rpartition(".")[0].encode()).hexdigest()
    block: dict[str, Any] = {"block": "b", "until": until, "because": "INC-7 mallory", "by": "ana"}
    revoked: dict[str, Any] = {"because": "INC-7 mallory", "by": "ana"}
    named: dict[str, list[Any]] = {
        "a subject": [Block(what="subject", value=ANA, **block)],
        "a service": [Block(what="subject", value="service:billing", **block)],
        "a token": [Block(what="credential", value=f"sha256:{fingerprint}", **block)],
        "a network": [Block(what="client", value="192.0.2.0/24", **block)],
        "a token for good": [Revocation(what="credential", value=f"sha256:{fingerprint}", **revoked)],
        "a jti": [Revocation(what="jti", value="one", **revoked)],
        "older tokens": [Revocation(what="subject", value=ANA, issued_before=timestamp(), **revoked)],
    }  # fmt: skip
    return named[what]


@pytest.mark.parametrize("mode", ["audit", "enforce"])
@pytest.mark.parametrize("method", ["GET /shop-window", "POST /login"])
@pytest.mark.parametrize(
    ("what", "status", "other"),
    [
        ("a subject", 403, {"sub": "ben"}), ("a service", 403, {}), ("a token", 403, {"jti": "two"}),
        ("a token for good", 401, {"jti": "two"}), ("a jti", 401, {"jti": "two"}),
        ("older tokens", 401, {"is_newer": True}), ("older tokens", 401, {"sub": "ben"}),
    ],
)  # fmt: skip
def test_who_is_blocked_or_revoked_is_refused_at_once_on_public_routes_in_both_modes(
    what: str, status: int, other: dict[str, Any], method: str, mode: Mode, root: Path
) -> None:
    of = {"iss": "services", "sub": "billing"} if what == "a service" else {"jti": "one", "iat": int(time.time()) - 60}
    token = _token(**of)
    if other.get("is_newer"):
        # When the test runs, not when it was collected.
        other = {"iat": int(time.time()) + 20}
    with closing(open_store(f"sqlite:{root}/journal.db")) as store:
        store.append([(fact, None) for fact in _against(what, token)])

    verb, path = method.split(" ")
    answer, passes = (
        _ask(root, verb, path, token, mode=mode),
        _ask(root, verb, path, _token(**of | {"x": 1} | other), mode=mode),
    )

    assert (status, status if what == "a service" else 200) == (answer.status, passes.status)
    assert not any(word in answer.body for word in (b"INC", b"mallory", b"block", b"revoke"))
    fact = _facts(root, Decision)[0]
    assert ("deny", True, "revoked" if status == 401 else "blocked") == (fact.outcome, fact.enforced, fact.reason)


def test_a_token_without_a_time_cannot_show_that_it_is_newer_than_the_revocation(root: Path) -> None:
    with closing(open_store(f"sqlite:{root}/journal.db")) as store:
        store.append([(fact, None) for fact in _against("older tokens", "a.b.c")])

    assert 401 == _ask(root, "GET", "/shop-window", _token()).status


def test_a_block_of_anonymous_refuses_nobody_who_is_signed_in(root: Path) -> None:
    until = timestamp().replace("20", "29", 1)
    with closing(open_store(f"sqlite:{root}/journal.db")) as store:
        store.append([(Block(block="b", what="subject", value="anonymous", until=until, because="x", by="y"), None)])

    statuses = [_ask(root, "GET", "/shop-window", token).status for token in ("", "no.good.token", _token())]
    assert [403, 403, 200] == statuses
