"""What the decider answers, case by case; the laws stand in test_decide_laws."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat import settings
from nomoat.errors import PolicyError
from nomoat.policy import document
from nomoat.policy.decide import Decider, bare_subject, compile_policy
from nomoat.policy.model import Grant, Role, policy_of

SHOP = """\
services: {shop: {}, billing: {}}
roles:
  customer: {may: [orders:list, {permission: orders:read, when: resource.owner == subject.sub}]}
  support: {includes: [customer], may: [orders:read]}
  admin: {includes: [support], may: [orders:refund, {permission: region:read, when: subject.region == "eu"}]}
assign: {support: ["user:local/kim"]}
deny:
  - {permission: orders:refund, when: context.hour < 6, because: no refunds at night}
  - {permission: orders:list, when: resource.secret == true}
calls:
  - {from: billing, to: shop, may: [orders:read]}
"""


def decider(text: str, *, service: str = "shop") -> Decider:
    return compile_policy(document.read(settings.parse(text, root=Path())), service=service)


def test_the_plain_form_grants_what_it_lists_and_nothing_else() -> None:
    plain = decider('{"roles": {"admin": ["read", "write", "delete"], "user": ["read"]}}')

    assert plain.decide(subject="", roles=("admin",), permissions=("delete",)).outcome == "allow"
    assert plain.decide(subject="", roles=("user",), permissions=("read",)).outcome == "allow"
    assert plain.decide(subject="", roles=("user",), permissions=("delete",)).reason == "no-grant"


def test_an_owner_is_deferred_then_decided_by_what_the_handler_tells() -> None:
    ask = decider(SHOP).decide
    before = ask(subject="user:main/ben", roles=("customer",), permissions=("orders:read",))
    other = ask(subject="user:main/ben", roles=("customer",), permissions=("orders:read",), resource={"owner": "ana"})
    own = ask(subject="user:main/ben", roles=("customer",), permissions=("orders:read",), resource={"owner": "ben"})
    nothing = ask(subject="user:main/ben", roles=("customer",), permissions=("orders:read",), resource={})

    assert ("deferred", ("orders:read",)) == (before.outcome, before.needs)
    assert ("deny", "condition-false") == (other.outcome, other.reason)
    assert {"resource.owner": "ana", "subject.sub": "ben"} == other.read
    assert ("allow", ("role:customer orders:read",)) == (own.outcome, own.grants)
    assert ("deny", "condition-error") == (nothing.outcome, nothing.reason)


def test_a_number_is_not_the_text_of_it() -> None:
    answer = decider(SHOP).decide(
        subject="user:main/5", roles=("customer",), permissions=("orders:read",), resource={"owner": 5}
    )

    assert ("deny", "condition-error") == (answer.outcome, answer.reason)


def test_everything_the_handler_tells_is_recorded_also_what_no_condition_reads() -> None:
    answer = decider(SHOP).decide(
        subject="user:main/kim",
        roles=("support",),
        permissions=("orders:read",),
        resource={"owner": "ana", "total": 7, "is_new": True, "tags": ["a"], "note": "x" * 257},
    )

    assert {"resource.owner": "ana", "resource.total": 7, "resource.is_new": True} == answer.read


def test_a_deny_rule_wins_and_one_that_fails_denies() -> None:
    ask = decider(SHOP).decide
    night = ask(subject="", roles=("admin",), permissions=("orders:refund",), attributes={"context.hour": 3})
    day = ask(subject="", roles=("admin",), permissions=("orders:refund",), attributes={"context.hour": 9})
    unknown = ask(subject="", roles=("admin",), permissions=("orders:refund",))
    later = ask(subject="", roles=("customer",), permissions=("orders:list",))

    assert ("deny", "denied-by-rule") == (night.outcome, night.reason)
    assert night.denied_by is not None
    assert "no refunds at night" == night.denied_by.because
    assert "allow" == day.outcome
    assert ("deny", "condition-error") == (unknown.outcome, unknown.reason)
    assert ("deferred", ("orders:list",)) == (later.outcome, later.needs)


def test_all_permissions_are_needed_and_the_first_denial_is_told() -> None:
    ask = decider(SHOP).decide
    both = ask(subject="", roles=("support",), permissions=("orders:read", "orders:refund"))
    deferred = ask(subject="user:main/a", roles=("customer", "support"), permissions=("orders:read", "orders:list"))

    assert ("deny", "orders:refund") == (both.outcome, both.denied)
    assert ("deferred", ("orders:list",)) == (deferred.outcome, deferred.needs)
    assert "deny" == ask(subject="", roles=("admin",), permissions=()).outcome


def test_a_service_may_what_calls_to_this_service_say() -> None:
    def asked(service: str, subject: str) -> str:
        return decider(SHOP, service=service).decide(subject=subject, roles=(), permissions=("orders:read",)).outcome

    assert "allow" == asked("shop", "service:billing")
    assert "deny" == asked("billing", "service:billing")
    assert "deny" == asked("", "service:billing")
    assert "deny" == asked("shop", "service:other")
    assert "deny" == asked("shop", "user:service:billing/x")


def test_nobody_becomes_a_service_by_claiming_its_name_as_a_role() -> None:
    claimed = ("service:billing", "billing", "calls:billing")

    answer = decider(SHOP).decide(subject="user:main/eve", roles=claimed, permissions=("orders:read",))

    assert "deny" == answer.outcome


def test_assigned_roles_come_first_then_those_that_are_claimed() -> None:
    found = decider(SHOP)

    assert ("support", "customer", "support", "odd") == found.roles_of(
        "user:local/kim", ("customer", "support", "odd", "odd")
    )
    assert ("odd",) == found.roles_of("user:local/ana", ("odd",))
    assert ("support", "customer", "odd") == found.with_included(("support", "odd", "support"))


def test_what_is_no_text_is_no_role() -> None:
    claims = (["support"], 5, None, "customer")

    assert ("customer",) == decider(SHOP).roles_of("user:main/x", claims)  # type: ignore[arg-type]  # as a token may say


def test_a_condition_sees_included_roles_and_a_caller_cannot_say_who_it_is() -> None:
    found = decider("""\
roles:
  base: []
  lead: {includes: [base], may: [{permission: p, when: '"base" in subject.roles && subject.id == "user:local/ana"'}]}
""")
    forged = {"subject.id": "user:local/ana", "subject.roles": ("base",), "subject.sub": "ana", "resource.x": 1}

    def asked(subject: str) -> str:
        return found.decide(subject=subject, roles=("lead",), permissions=("p",), attributes=forged).outcome

    assert ("allow", "deny", "deny") == (asked("user:local/ana"), asked("user:local/eve"), asked(""))


def test_a_resource_cannot_be_given_among_the_attributes() -> None:
    forged = {"resource.owner": "ben"}

    answer = decider(SHOP).decide(
        subject="user:main/ben", roles=("customer",), permissions=("orders:read",), attributes=forged, resource={}
    )

    assert ("deny", "condition-error") == (answer.outcome, answer.reason)


@pytest.mark.parametrize(
    ("subject", "bare"),
    [("user:main/ana", "ana"), ("user:main/a/b", "a/b"), ("service:billing", "billing"), ("anonymous", "anonymous")],
)
def test_the_bare_subject_is_what_stands_behind_the_alias(subject: str, bare: str) -> None:
    assert bare == bare_subject(subject)


def test_every_attribute_that_is_read_is_known_in_advance() -> None:
    assert {"resource.owner", "subject.sub", "subject.region", "context.hour", "resource.secret"} == decider(SHOP).reads
    assert {"resource.owner", "subject.sub"} == decider(SHOP).read_for("orders:read")


def test_a_policy_whose_condition_does_not_compile_is_no_decider() -> None:
    broken = policy_of(roles=[Role("a", (), (Grant("p", "not a condition"),))])

    with pytest.raises(PolicyError):
        compile_policy(broken)


def test_the_widest_includes_are_looked_up_and_not_walked_each_time() -> None:
    names = [f"r{index}" for index in range(2000)]
    roles = [Role(name, tuple(names[index + 1 : index + 3]), (Grant(f"p{index}"),)) for index, name in enumerate(names)]
    found = compile_policy(policy_of(roles=roles))

    assert "allow" == found.decide(subject="", roles=("r0",), permissions=("p1999",)).outcome
    assert "deny" == found.decide(subject="", roles=("r1999",), permissions=("p0",)).outcome


@pytest.mark.parametrize(
    ("when", "attributes", "resource", "expected"),
    [
        ("has(subject.team)", {}, None, {"has(subject.team)": False}),
        ("has(subject.team)", {"subject.team": "red"}, None, {"subject.team": "red"}),
        ("has(subject.teams)", {"subject.teams": ["red"]}, None, {"has(subject.teams)": True}),
        ("has(subject.team)", {"subject.team": "x" * 300}, None, {"has(subject.team)": True}),
        ("has(resource.tag)", {}, {"owner": "ana"}, {"has(resource.tag)": False, "resource.owner": "ana"}),
        ("has(resource.tag)", {}, {"tag": "x" * 300}, {"has(resource.tag)": True}),
        ("context.now > timestamp(0)", {"context.now": "2026-11-30T09:00:00.123456Z"}, None,
         {"context.now": "2026-11-30T09:00:00.123456Z"}),
    ],
)  # fmt: skip
def test_what_was_read_or_asked_for_is_recorded(
    when: str, attributes: dict[str, object], resource: dict[str, object] | None, expected: dict[str, object]
) -> None:
    found = compile_policy(policy_of(roles=[Role("a", (), (Grant("p", when),))]))

    answer = found.decide(subject="", roles=("a",), permissions=("p",), attributes=attributes, resource=resource)

    assert expected == answer.read


def test_a_condition_that_asks_has_of_a_resource_waits_for_it() -> None:
    found = compile_policy(policy_of(roles=[Role("a", (), (Grant("p", "!has(resource.owner)"),))]))

    assert "deferred" == found.decide(subject="", roles=("a",), permissions=("p",)).outcome
    assert "allow" == found.decide(subject="", roles=("a",), permissions=("p",), resource={}).outcome
    assert found.may_defer("p")
