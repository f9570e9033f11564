"""Service accounts of a cluster: which service each one is, and which tokens are no credentials here."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import RSAKey

from nomoat import settings
from nomoat.errors import SettingsError
from nomoat.guard.identity.claims import identity_of
from nomoat.guard.identity.kubernetes import account_of
from nomoat.guard.identity.model import Identity, TokenError
from nomoat.guard.issuers import IssuerSettings
from nomoat.guard.settings import read
from nomoat.policy import subjects
from tests.guard.guarded import POLICY, Guarded, last
from tests.guard.test_handlers import _app
from tests.policy.maps import route

CLUSTER = IssuerSettings("cluster", "https://kubernetes.default.svc", ("RS256",), "file:k", "shop", kind="kubernetes")
BILLING = "system:serviceaccount:shop:billing"


def _claims(subject: str = BILLING, **given: Any) -> dict[str, Any]:
    """As a cluster of today gives them."""
    _, _, namespace, name = subject.split(":")
    bound = {
        "namespace": namespace, "node": {"name": "node-1", "uid": "1"}, "pod": {"name": "billing-7d4", "uid": "2"},
        "serviceaccount": {"name": name, "uid": "3"}, "warnafter": 1,
    }  # fmt: skip
    usual = {"iss": CLUSTER.issuer, "aud": ["shop"], "sub": subject, "jti": "j", "iat": 1, "kubernetes.io": bound}
    return {**usual, **given}


def _named(claims: dict[str, Any], issuer: IssuerSettings = CLUSTER) -> Identity:
    return identity_of(claims, issuer, "sha256:1")


def test_an_account_is_the_service_of_its_namespace_and_name_and_says_where_it_runs() -> None:
    found = _named(_claims())

    assert ("service:shop.billing", "j") == (found.subject, found.jti)
    assert {
        "kubernetes.io/namespace": "shop", "kubernetes.io/serviceaccount": "billing",
        "kubernetes.io/pod": "billing-7d4", "kubernetes.io/node": "node-1",
    } == {name: value for name, value in found.claims.items() if name.startswith("kubernetes.io/")}  # fmt: skip


def test_names_of_the_file_are_exact_and_no_other_account_is_known() -> None:
    named = replace(CLUSTER, service_names=((BILLING, "billing"),))

    assert "service:billing" == _named(_claims(), named).subject
    with pytest.raises(TokenError):
        _named(_claims("system:serviceaccount:shop:reports"), named)


BOUND = _claims()["kubernetes.io"]
HOSTILE: dict[str, dict[str, Any]] = {
    "a person": {"sub": "ana"}, "a node": {"sub": "system:node:a"}, "no name": {"sub": "system:serviceaccount:shop:"},
    "a part more": {"sub": f"{BILLING}:x"}, "another case": {"sub": BILLING.upper()}, "a space": {"sub": f"{BILLING} "},
    "a slash": {"sub": "system:serviceaccount:shop:a/b"},
    "a dot in the namespace": {"sub": "system:serviceaccount:a.b:c"},
    "a line": {"sub": f"{BILLING}\n"}, "other digits": {"sub": "system:serviceaccount:shop:\u0663"},
    "bound to nothing": {"kubernetes.io": None}, "bound to text": {"kubernetes.io": "shop"},
    "bound to another namespace": {"kubernetes.io": {**BOUND, "namespace": "other"}},
    "bound to another account": {"kubernetes.io": {**BOUND, "serviceaccount": {"name": "other"}}},
    "bound to no account": {"kubernetes.io": {"namespace": "shop"}},
    "of an old secret": {"kubernetes.io": None, "kubernetes.io/serviceaccount/namespace": "shop"},
}  # fmt: skip


@pytest.mark.parametrize("given_", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_bound_token_of_an_account_is_refused(given_: dict[str, Any]) -> None:
    for issuer in (CLUSTER, replace(CLUSTER, service_names=((BILLING, "billing"), ("ana", "ana")))):
        with pytest.raises(TokenError):
            _named(_claims(**given_), issuer)


def test_a_claim_that_only_looks_like_what_it_is_bound_to_says_nothing() -> None:
    bound = {"namespace": "shop", "serviceaccount": {"name": "billing"}, "pod": {"name": 5}}
    claims: dict[str, Any] = {"kubernetes.io": bound, "kubernetes.io/pod": "other", "kubernetes.io/node": "other"}

    found = _named(_claims(**claims))
    assert {"kubernetes.io/namespace", "kubernetes.io/serviceaccount"} == {
        name for name in found.claims if name.startswith("kubernetes.io/")
    }


_LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,4}[a-z0-9])?", fullmatch=True)
_NAMES = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,4}[a-z0-9])?", fullmatch=True)


@given(first=st.tuples(_LABELS, _NAMES), second=st.tuples(_LABELS, _NAMES))
def test_no_two_accounts_are_one_service(first: tuple[str, str], second: tuple[str, str]) -> None:
    assume(first != second)
    one, two = (f"system:serviceaccount:{namespace}:{name}" for namespace, name in (first, second))

    assert first == account_of(one)
    assert _named(_claims(one)).subject != _named(_claims(two)).subject


def test_other_services_have_names_of_the_file_too() -> None:
    mesh = replace(CLUSTER, kind="service", service_names=(("client-4711", "billing"),))

    assert "service:billing" == _named({"sub": "client-4711"}, mesh).subject
    with pytest.raises(TokenError):
        _named({"sub": "billing"}, mesh)


_ISSUER = 'issuer: "https://k", algorithms: [RS256], keys: "file:cluster.jwks", kind: kubernetes'
MISTAKES = {
    _ISSUER: "cluster takes the tokens that pods have for the cluster itself",
    f"{_ISSUER}, audience: shop, subject: claims.name": "a cluster's tokens have no subject",
    f"{_ISSUER}, no_audience: {{because: x}}": "a cluster's tokens have no no_audience",
    f"{_ISSUER}, audience: shop, no_expiry: {{because: x, until: 2099-01-01}}": "a cluster's tokens have no no_expiry",
    f"{_ISSUER}, audience: shop, service_names: {{shop: a}}": "'shop' is no service account",
    f'{_ISSUER}, audience: shop, service_names: {{"{BILLING}": "a b"}}': "'a b' is no name of a service",
    f"{_ISSUER}, audience: shop, service_names: {{}}": "cluster names no service",
    f'{_ISSUER.replace("kubernetes", "user")}, service_names: {{"a": b}}': "cluster names services and is of users",
}


@pytest.mark.parametrize(("line", "what"), MISTAKES.items(), ids=range(len(MISTAKES)))
def test_a_mistake_is_told(line: str, what: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read(settings.parse(f"identity: {{cluster: {{{line}}}}}\n", root=Path()))

    assert what in [problem.what for problem in raised.value.problems]


SECTION = f"""\
identity:
  cluster: {{{_ISSUER}, audience: shop, service_names: {{"{BILLING}": service:billing}}}}
assign: {{pods: ["service:billing"]}}
roles:
  customer: [other:read]
  pods: [{{permission: export:read, when: 'subject["kubernetes.io/namespace"] == "shop"'}}]
"""


def test_a_pod_is_known_by_its_projected_token_and_conditions_read_what_it_is_bound_to(tmp_path: Path) -> None:
    key = RSAKey.generate_key(2048, {"kid": "k"})
    (tmp_path / "cluster.jwks").write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    start, _, end = POLICY.partition("roles:")
    policy = start + SECTION + end[end.index("journal:") :]
    orders = route("GET /orders", binding=("export:read",))
    guarded = Guarded(tmp_path, _app(lambda: "ok"), (orders,), policy, who=None)

    def status(**given: Any) -> tuple[int, str]:
        now = int(time.time())
        claims = _claims(**{"iss": "https://k", "iat": now, "exp": now + 600, **given})
        token = jwt.encode({"alg": "RS256", "kid": "k"}, claims, key)
        answer, facts = guarded.ask("GET", "/orders", headers=[("Authorization", f"Bearer {token}")])
        return answer.status, last(facts[-1:])[1]

    assert (200, "granted") == status()
    assert (401, "bad-token") == status(aud=["https://kubernetes.default.svc"])
    assert (401, "bad-token") == status(sub="system:serviceaccount:shop:reports")
    assert guarded.decisions()[0].read == {"subject.kubernetes.io/namespace": "shop"}


def test_a_cluster_has_no_people() -> None:
    assert (subjects.LOCAL,) == subjects.aliases(settings.parse(SECTION, root=Path()))
