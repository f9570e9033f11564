"""The policy's sections of nomoat.yaml: what they mean, and every mistake at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat import settings
from nomoat.errors import NomoatError, PolicyError
from nomoat.policy import document, model
from nomoat.policy.model import Deny, Grant, Policy, Reviewed, RouteRule


def policy(text: str) -> Policy:
    return document.read(settings.parse(text, root=Path()))


def mistakes(text: str) -> list[tuple[str, str]]:
    with pytest.raises(PolicyError) as caught:
        policy(text)
    return [(problem.where.removeprefix("nomoat.yaml:"), problem.what) for problem in caught.value.problems]


WHOLE = """\
services: {shop: {app: "shop.main:app"}, billing: {}}
identity:
  main: {issuer: "https://login.example.test"}
  mesh: {issuer: mesh, kind: service}
roles:
  customer:
    may:
      - orders:list
      - {permission: orders:read, when: resource.owner == subject.sub}
  support: {includes: [customer], may: [orders:read], reviewed: {by: ana, on: 2026-11-01, every: 180d}}
  plain: [read, write]
  one: {may: read}
assign:
  support: ["user:main/kim", "user:ben", "service:billing"]
deny:
  - {permission: [orders:refund, read], when: context.hour < 6, because: at night}
calls:
  - {from: billing, to: shop, may: [orders:list]}
routes:
  "shop/POST /login": {public: true, login: true, because: people sign in here}
  "GET /me": signed-in
  "shop/GET /both": [read, write]
  "shop/POST /hooks": {permission: hooks, decided_in: handler, because: the provider signs}
  "billing/GET /invoices/{id}": invoices:read
"""


def test_every_section_is_read() -> None:
    read = policy(WHOLE)

    support = read.role("support")
    assert support is not None
    assert (("customer",), (Grant("orders:read"),)) == (support.includes, support.grants)
    assert Reviewed("ana", "2026-11-01", 180 * 86_400) == support.reviewed
    customer = read.role("customer")
    assert customer is not None
    assert Grant("orders:read", "resource.owner == subject.sub") in customer.grants
    assert {"nomoat.yaml:8", "nomoat.yaml:9"} == {grant.at for grant in customer.grants}
    assert (("support", ("service:billing", "user:main/ben", "user:main/kim")),) == read.assign
    assert {"orders:refund", "read"} == {rule.permission for rule in read.denies}
    assert Deny("read", "context.hour < 6", "at night") in read.denies
    assert ("billing", "shop") == (read.calls[0].caller, read.calls[0].to)
    assert {
        "shop/POST /login": RouteRule("shop", "POST", "/login", "public", "people sign in here", True),
        "GET /me": RouteRule("", "GET", "/me", "signed-in"),
        "shop/GET /both": RouteRule("shop", "GET", "/both", ("read", "write")),
        "shop/POST /hooks": RouteRule("shop", "POST", "/hooks", ("hooks",), "the provider signs", False, "handler"),
        "billing/GET /invoices/{id}": RouteRule("billing", "GET", "/invoices/{id}", ("invoices:read",)),
    } == {rule.name: rule for rule in read.routes}


def test_a_route_of_the_only_service_needs_no_prefix() -> None:
    read = policy("services: {shop: {}}\nroutes: {GET /me: signed-in}")

    assert "shop/GET /me" == read.routes[0].name


def test_an_empty_file_is_a_policy_that_grants_nothing() -> None:
    assert Policy() == policy("")


def test_the_hash_covers_the_policy_and_not_the_file() -> None:
    moved = WHOLE.replace("roles:", "# a comment\n\nroles:") + "journal: {store: 'memory:'}\n"

    assert policy(WHOLE).hash == policy(moved).hash
    assert policy(WHOLE).hash != policy(WHOLE.replace("context.hour < 6", "context.hour < 7")).hash
    assert policy(WHOLE) == model.loads(policy(WHOLE).text)


def test_every_mistake_is_reported_at_once_with_line_and_column() -> None:
    text = """\
services: {shop: {}}
roles:
  a: {includes: [b], may: [x, x, "y*", {permission: z, when: "resource.owner = 1"}, {when: true}, public, 5, " s"]}
  b: {includes: [c, cc]}
  c: {includes: [b], reviewed: {on: yesterday}, kan: [x]}
  d: true
assign: {zz: [kim, "user:foo/x", anonymous]}
deny: [{permision: s}, {permission: x, when: }]
calls: [{from: x, to: shop}]
routes:
  GET /x: public
  GET /x/{a}: t
  GET /x/{b}: t
  get /y: u
  shopp/GET /z: u
  GET z: u
  GET /u: {permission: e, when: x, decided_in: handler}
  GET /v: {public: false}
  GET /w: {}
  GET /q: []
  GET /p: {public: true, permission: x, because: y}
  GET /o: {public: true, decided_in: handler, because: y}
"""

    found = mistakes(text)

    assert [
        ("3:31", "role a may 'x' twice (first in line 3)"),
        ("3:34", "'y*' is no name of a permission"),
        ("3:78", "'=' is no operator of conditions"),
        ("3:85", "a grant of role a names no permission"),
        ("3:92", "when must be text"),
        ("3:99", "'public' is no permission"),
        ("3:107", "each permission of role a must be text"),
        ("3:110", "' s' is no name of a permission"),
        ("4:3", "roles include one another: b -> c -> b"),
        ("4:21", "unknown role 'cc'"),
        ("5:32", "reviewed of c has no 'by'"),
        ("5:37", "on 'yesterday' is no date"),
        ("5:49", "unknown key 'kan' in role c"),
        ("6:6", "role d must be a list of permissions"),
        ("7:10", "unknown role 'zz'"),
        ("7:15", "'kim' is no subject"),
        ("7:20", "no issuer is called 'foo' in 'user:foo/x'"),
        ("7:34", "anonymous callers have no roles"),
        ("8:8", "a deny rule names no permission"),
        ("8:9", "unknown key 'permision' in a deny rule"),
        ("8:46", "when must be text"),
        ("9:9", "a call has no 'may'"),
        ("9:16", "unknown service 'x'"),
        ("11:11", "'GET /x' is public and does not say why"),
        ("13:3", "'GET /x/{b}' is decided twice (first in line 12): names of parameters do not count"),
        ("14:3", "unknown method 'get' in 'get /y'"),
        ("15:3", "unknown service 'shopp'"),
        ("16:3", "'GET z' is no route"),
        ("17:11", "'GET /u' is loosened by decided_in and does not say why"),
        ("17:27", "'GET /u' has a condition"),
        ("18:12", "public: false says nothing"),
        ("19:11", "'GET /w' needs either permission or public"),
        ("20:11", "'GET /q' demands nothing"),
        ("21:11", "'GET /p' needs either permission or public"),
        ("22:11", "'GET /o' is public: its handler decides nothing"),
    ] == [(where, what) for where, what in found]


def test_the_nearest_role_and_service_are_named() -> None:
    with pytest.raises(PolicyError) as caught:
        policy("services: {shop: {}}\nroles: {admin: [x], b: {includes: [admn]}}\nroutes: {shp/GET /x: y}")

    assert ["did you mean 'admin'?", "did you mean 'shop'?"] == [problem.fix for problem in caught.value.problems]


def test_a_subject_without_its_issuer_is_a_mistake_where_there_are_several() -> None:
    found = mistakes("identity: {main: {}, other: {}}\nroles: {a: [x]}\nassign: {a: ['user:kim']}")

    assert [("3:14", "'user:kim' does not say whose: there are several issuers")] == found


def test_a_grant_whose_condition_is_wrong_never_becomes_one_without() -> None:
    found = mistakes("roles: {a: [{permission: x, when: 5}]}\ndeny: [{permission: x, when: [a]}]")

    assert [("1:35", "when must be text"), ("2:30", "when must be text")] == found


def test_a_long_chain_of_includes_is_read_and_a_long_circle_is_named() -> None:
    chain = "".join(f"  r{i}: {{includes: [r{i + 1}]}}\n" for i in range(3000))

    assert 3001 == len(policy(f"roles:\n{chain}  r3000: [x]\n").roles)
    assert 1 == len(mistakes(f"roles:\n{chain}  r3000: {{includes: [r0]}}\n"))


_FRAGMENTS = [
    *(
        "roles",
        "routes",
        "deny",
        "calls",
        "assign",
        "permission",
        "when",
        "may",
        "includes",
        "public",
        "GET /x",
        "user:a",
    ),
    *(":", "{", "}", "[", "]", ",", "\n", " ", "- ", "  ", "'", "*", "a", "5", "null", "true"),
]


@given(text=st.lists(st.sampled_from(_FRAGMENTS)).map("".join))
def test_any_file_is_a_policy_or_mistakes(text: str) -> None:
    try:
        read = policy(text)
    except NomoatError as error:
        assert error.problems
        return

    assert read == model.loads(read.text)
