"""What a credential may at most: it narrows what the policy grants, is recorded, and grants nothing by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat import guard
from nomoat.guard import Identity
from nomoat.guard.identity.callers import _checked
from nomoat.guard.identity.claims import identity_of
from nomoat.guard.issuers import IssuerSettings
from nomoat.guard.testing import as_user
from nomoat.journal import codec
from nomoat.journal.facts import Decision
from tests.guard.guarded import ANA, POLICY, Guarded, last
from tests.guard.test_handlers import _app
from tests.policy.maps import route

EXPORT = route("GET /orders", binding=("export:read",))


def _limited(*names: str) -> Identity:
    return replace(ANA, only=frozenset(names))


def _handler() -> str:
    return "ok"


def _asking() -> str:
    guard.require("orders:read", owner="ana")
    return "ok"


def _listing() -> list[str]:
    return guard.only("orders:read", ["ana", "ben"], owner=str)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (ANA, (200, ("allow", "granted"), None)),
        (_limited("export:read", "b"), (200, ("allow", "granted"), ("b", "export:read"))),
        (_limited("orders:read"), (403, ("deny", "out-of-scope"), ("orders:read",))),
        (_limited(), (403, ("deny", "out-of-scope"), ())),
        # It is among what the credential may at most, and the policy grants it to nobody of these roles.
        (replace(_limited("export:read"), roles=("guest",)), (403, ("deny", "no-grant"), ("export:read",))),
    ],
)
def test_a_limit_narrows_and_never_grants(who: Identity, expected: Any, tmp_path: Path) -> None:
    answer, facts = Guarded(tmp_path, _app(_handler), (EXPORT,), who=who).ask("GET", "/orders")

    assert expected == (answer.status, last(facts), facts[-1].only)
    assert (expected[1][1] == "out-of-scope") == (
        answer.header("www-authenticate") == 'Bearer error="insufficient_scope"'
    )


@pytest.mark.parametrize(("demand", "reason"), [("signed-in", "signed-in"), ("{public: true, because: x}", "public")])
def test_routes_that_ask_for_no_permission_are_not_limited(demand: str, reason: str, tmp_path: Path) -> None:
    policy = f'{POLICY}routes: {{"GET /orders": {demand}}}\n'

    answer, facts = Guarded(tmp_path, _app(_handler), (EXPORT,), policy, who=_limited()).ask("GET", "/orders")
    assert (200, ("allow", reason)) == (answer.status, last(facts))


def _may() -> bool:
    return guard.may("orders:read", owner="ana")


@pytest.mark.parametrize(
    ("handler", "within", "outside"),
    [
        (_asking, (200, b'"ok"', ("allow", "granted")), (403, None, ("deny", "out-of-scope"))),
        (_listing, (200, b'["ana"]', ("allow", "condition-false")), (200, b"[]", ("deny", "out-of-scope"))),
        (_may, (200, b"true", ("allow", "signed-in")), (200, b"false", ("allow", "signed-in"))),
    ],
)
@pytest.mark.parametrize("limit", ["orders:read", "export:read"])
def test_what_a_handler_asks_obeys_it(limit: str, handler: Any, within: Any, outside: Any, tmp_path: Path) -> None:
    signed_in = route("GET /orders", binding="signed-in")
    answer, facts = Guarded(tmp_path, _app(handler), (signed_in,), who=_limited(limit)).ask("GET", "/orders")

    status, body, decided = within if limit == "orders:read" else outside
    assert (status, decided, (limit,)) == (answer.status, last(facts), facts[-1].only)
    assert body in (None, answer.body)


def _filtering() -> str:
    from sqlalchemy import String, column

    return str(guard.filter("orders:read", owner=column("owner", String)))


@pytest.mark.parametrize(
    ("limit", "expected"), [("orders:read", ("allow", "depends-on-resource")), ("other", ("deny", "out-of-scope"))]
)
def test_a_filtered_query_obeys_it(limit: str, expected: Any, tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy")
    signed_in = route("GET /orders", binding="signed-in")

    answer, facts = Guarded(tmp_path, _app(_filtering), (signed_in,), who=_limited(limit)).ask("GET", "/orders")
    assert (200, expected, (limit,)) == (answer.status, last(facts), facts[-1].only)
    assert (b"owner" in answer.body) == (limit == "orders:read")


@pytest.mark.parametrize("mode", ["audit", "enforce"])
def test_audit_lets_it_pass_and_records_what_would_have_been(mode: Any, tmp_path: Path) -> None:
    answer, facts = Guarded(tmp_path, _app(_handler), (EXPORT,), who=_limited(), mode=mode).ask("GET", "/orders")

    assert ((200, False) if mode == "audit" else (403, True)) == (answer.status, facts[-1].enforced)
    assert ("deny", "out-of-scope") == last(facts)


SCOPED = IssuerSettings("main", "shop", ("HS256",), "env:K", scopes=("scope",))


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"scope": "orders:read  orders:list"}, {"orders:read", "orders:list"}),
        ({"scope": ["orders:read", "orders:list", "orders:read"]}, {"orders:read", "orders:list"}),
        ({"scope": ""}, set()), ({}, set()), ({"scope": None}, set()), ({"scope": 5}, set()),
        ({"scope": {"orders:read": True}}, set()), ({"scope": ["orders:read", 5]}, set()), ({"scope": True}, set()),
    ],
)  # fmt: skip
def test_the_scopes_of_a_token_are_its_limit_and_without_the_claim_that_is_nothing(claims: Any, expected: Any) -> None:
    assert expected == identity_of({"sub": "ana", **claims}, SCOPED, "sha256:1").only
    assert identity_of({"sub": "ana", **claims}, replace(SCOPED, scopes=()), "sha256:1").only is None


@pytest.mark.parametrize(
    ("verified", "given", "expected"),
    [(None, None, None), (None, {"a"}, {"a"}), ({"a", "b"}, None, {"a", "b"}), ({"a", "b"}, ["b", "c"], {"b"})],
)
def test_what_a_token_is_limited_to_stays_whomever_identity_makes_of_it(
    verified: Any, given: Any, expected: Any
) -> None:
    token = Identity("user:main/ana", only=None if verified is None else frozenset(verified))

    found = _checked(Identity("user:local/ana", ("customer",), only=given), token)
    assert found is not None and expected == (None if found.only is None else set(found.only))


@pytest.mark.parametrize(
    "unfit", ["orders:read", 5, ("a", 5), (name for name in ("a",))], ids=lambda one: type(one).__name__
)
def test_a_limit_that_is_no_set_of_names_names_nobody(unfit: Any, tmp_path: Path) -> None:
    who = replace(ANA, only=unfit)

    answer, facts = Guarded(tmp_path, _app(_handler), (EXPORT,), who=who).ask("GET", "/orders")
    assert (401, ("deny", "identity-failed")) == (answer.status, last(facts))


def test_a_test_may_say_what_its_caller_is_limited_to(tmp_path: Path) -> None:
    guarded = Guarded(tmp_path, _app(_handler), (EXPORT,))

    with as_user("ana", roles=["customer"], only=["orders:read"]):
        limited = guarded.ask("GET", "/orders")[0].status
    with as_user("ana", roles=["customer"], only=["export:read"]):
        assert (403, 200) == (limited, guarded.ask("GET", "/orders")[0].status)


@given(only=st.none() | st.lists(st.text(), max_size=3).map(tuple))
def test_a_recorded_limit_is_read_as_it_was_and_none_is_not_nothing(only: tuple[str, ...] | None) -> None:
    fact = Decision(
        request="r", service="shop", target="t", subject="s", outcome="deny", enforced=True, reason="out-of-scope",
        only=only,
    )  # fmt: skip

    assert fact == codec.decode("decision", 1, fact.happened_at, codec.encode(fact))
