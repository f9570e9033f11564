"""Backtests: recorded decisions under another policy, told exactly or said to be untold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat import settings
from nomoat.appmap.model import Route
from nomoat.journal.facts import Attribute, Decision
from nomoat.policy import document
from nomoat.policy.backtest import Backtest, backtest
from nomoat.policy.decide import compile_policy
from nomoat.policy.model import Policy
from tests.policy import strategies
from tests.policy.maps import map_of, route

OLD = """\
services: {shop: {}}
roles:
  customer: [orders:list, orders:read]
  support: {includes: [customer], may: [orders:refund]}
assign: {support: ["user:local/kim"]}
"""


def policy(text: str) -> Policy:
    return document.read(settings.parse(text, root=Path()))


def decision(request: str = "r", *, made_by: str = OLD, **given: Any) -> Decision:
    """Ana, a customer, reads an order and may, by the policy OLD; `given` says what is different."""
    usual = Decision(
        happened_at="2027-03-01T05:30:00.000000Z",
        request=request,
        service="shop",
        target="route:shop/GET /orders/{order_id}",
        method="GET",
        subject="user:local/ana",
        roles=("customer",),
        permissions=("orders:read",),
        outcome="allow",
        enforced=True,
        reason="granted",
        policy=policy(made_by).hash,
    )
    return replace(usual, **given)


def told(new: str, *decisions: Decision, made_by: str = OLD) -> Backtest:
    old = policy(made_by)
    return backtest(decisions, {old.hash: old.text}, policy(new))


def kinds(found: Backtest) -> tuple[int, int, int, int]:
    """The same, newly denied, newly allowed, cannot be told."""
    return (
        found.same,
        sum(one.count for one in found.newly_denied),
        sum(one.count for one in found.newly_allowed),
        found.cannot_be_told,
    )


SAME, DENIED, ALLOWED, UNTOLD = (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)
OWNED = OLD.replace("orders:read]", "{permission: orders:read, when: resource.owner == subject.sub}]")
KIM: dict[str, Any] = {"subject": "user:local/kim", "permissions": ("orders:refund",)}
REFUSED: dict[str, Any] = {"outcome": "deny", "reason": "no-grant"}
SEVENTH = decision(params={"order_id": "7"})
REQUIRED: dict[str, Any] = {"sequence": 1, "read": {"resource.owner": "ben"}}


@pytest.mark.parametrize(
    ("new", "fact", "expected"),
    [
        (OLD, decision(), SAME),
        (OLD.replace("orders:read", "x"), decision(), DENIED),
        (
            OLD.replace("[orders:list,", "[new,"),
            decision(permissions=("new",), outcome="deny", reason="no-grant"),
            ALLOWED,
        ),
        # Includes, assignments and claims are told apart.
        (OLD.replace("includes: [customer], ", ""), decision(roles=("support",)), DENIED),
        (OLD.replace("assign:", "#"), decision(**KIM, roles=("support",)), DENIED),
        (OLD.replace("assign:", "#"), decision(**KIM, roles=("support", "support")), SAME),
        (OLD.replace("local/kim", "local/ana"), decision(permissions=("orders:refund",), outcome="deny"), ALLOWED),
        # What a condition reads was recorded, or it was not.
        (OWNED, decision(), UNTOLD),
        (OWNED, decision(**REQUIRED), DENIED),
        (OWNED, decision(**REQUIRED | {"read": {"resource.owner": "ana"}}), SAME),
        (OWNED, decision(**REQUIRED | {"read": {"resource.total": 5}}), UNTOLD),
        (OWNED, decision(sequence=1, allowed=3, withheld=1), UNTOLD),
        (OWNED, decision(sequence=1, filtered=("role:customer read when resource.owner == subject.sub",)), UNTOLD),
        (OWNED, decision(sequence=1, outcome="deny", reason="condition-false", filtered=("false",)), UNTOLD),
        (OLD.replace("orders:read]", "{permission: orders:read, when: subject.region == 'eu'}]"), decision(), UNTOLD),
        (
            OLD.replace("orders:read]", "{permission: orders:read, when: subject.region == 'eu'}]"),
            decision(read={"subject.region": "us"}),
            DENIED,
        ),
        (OLD + "deny: [{permission: orders:read, when: context.hour < 6}]", decision(), DENIED),
        (OLD + "deny: [{permission: orders:read, when: context.hour < 5}]", decision(), SAME),
        (OLD + "deny: [{permission: orders:read, when: context.method == 'POST'}]", decision(), SAME),
        (OLD + "deny: [{permission: orders:read, when: context.client == 'x'}]", decision(), UNTOLD),
        (
            OLD + "deny: [{permission: orders:read, when: params.order_id == '7'}]",
            decision(params={"order_id": "7"}),
            DENIED,
        ),
        (
            OLD + "deny: [{permission: orders:read, when: params.order_id == '7'}]",
            decision(params={"order_id": "7" * 64}),
            UNTOLD,
        ),
        (OLD + "deny: [{permission: orders:read, when: 'subject.sub == \"ana\"'}]", decision(), DENIED),
        # Who was refused for another reason stays refused.
        ("roles: {customer: [orders:read]}", decision(outcome="deny", reason="blocked"), SAME),
        ("", decision(outcome="deny", reason="bad-token"), SAME),
        # What a route demands.
        (
            OLD + "routes: {'GET /orders/{id}': {public: true, because: y}}",
            decision(outcome="deny", reason="no-grant"),
            ALLOWED,
        ),
        (
            OLD + "routes: {'GET /orders/{id}': {public: true, because: y}}",
            decision(subject="anonymous", roles=(), permissions=(), outcome="deny", reason="unauthenticated"),
            ALLOWED,
        ),
        (OLD + "routes: {'GET /orders/{id}': signed-in}", decision(outcome="deny", reason="no-grant"), ALLOWED),
        (OLD + "routes: {'GET /orders/{id}': orders:refund}", decision(), DENIED),
        (OLD + "routes: {'GET /other/{id}': orders:refund}", decision(), SAME),
        (OLD + "routes: {'GET /orders/{id}': orders:list}", decision(permissions=(), reason="signed-in"), SAME),
        (
            OLD + "routes: {'GET /orders/{id}': orders:refund}",
            decision(permissions=(), reason="unbound-route", outcome="deny", roles=("support",)),
            ALLOWED,
        ),
    ],
)
def test_one_decision_under_another_policy(new: str, fact: Decision, expected: tuple[int, int, int, int]) -> None:
    assert expected == kinds(told(new, fact))


def test_a_rule_that_is_gone_needs_the_map_to_be_told() -> None:
    made_by = OLD + "routes: {'GET /orders/{id}': orders:list}"
    fact = decision(permissions=("orders:list",), made_by=made_by)
    old, new = policy(made_by), policy(OLD)

    def under(*routes: Route) -> tuple[int, int, int, int]:
        return kinds(backtest([fact], {old.hash: old.text}, new, map_of(*routes) if routes else None))

    name = "GET /orders/{order_id}"
    assert UNTOLD == under()
    assert DENIED == under(route(name, binding=("admin",)))
    assert SAME == under(route(name, binding=("orders:list",)))
    assert DENIED == under(route(name, verdict="unguarded"))


OWNED_THEN = [
    decision(outcome="deferred", reason="depends-on-resource", made_by=OWNED),
    decision(outcome="deny", reason="condition-false", made_by=OWNED, sequence=1, read={"resource.owner": "ben"}),
]


def test_the_last_fact_of_a_request_counts_wherever_it_stands() -> None:
    found = told(OLD, OWNED_THEN[1], decision("other", made_by=OWNED), OWNED_THEN[0], made_by=OWNED)

    assert (1, 0, 1, 0) == kinds(found)
    assert 2 == found.total


def test_a_deferral_that_is_new_is_told_where_the_handler_asked_anyway() -> None:
    first, then = decision(), decision(sequence=1, read={"resource.owner": "ben"})

    assert DENIED == kinds(told(OWNED, first, then))
    assert UNTOLD == kinds(told(OWNED, first))


def test_an_answer_that_nobody_decided_stays_refused_under_another_condition() -> None:
    missing = decision(outcome="deny", reason="decision-missing", made_by=OWNED)
    other = OWNED.replace("resource.owner", "resource.buyer")

    assert SAME == kinds(told(other, missing, made_by=OWNED))
    assert ALLOWED == kinds(told(OLD, missing, made_by=OWNED))


def test_collapsed_denials_weigh_their_count() -> None:
    fact = decision(permissions=("new",), outcome="deny", reason="no-grant", count=40)

    found = told(OLD.replace("[orders:list,", "[new,"), fact)

    assert (40, 40) == (found.total, found.newly_allowed[0].count)


def test_changes_are_grouped_and_the_largest_comes_first() -> None:
    facts = [decision(str(n), subject="user:local/ben" if n % 3 else "user:local/ana") for n in range(9)]

    found = told("", *facts)

    assert [("user:local/ben", 6), ("user:local/ana", 3)] == [(one.subject, one.count) for one in found.newly_denied]
    assert ("orders:read",) == found.newly_denied[0].permissions


def test_a_policy_whose_text_is_gone_is_named_and_what_can_be_told_is_told() -> None:
    old = policy(OLD)

    found = backtest([decision(), decision("r2", permissions=("orders:refund",))], {}, old)

    assert ((1, 1, 0, 0), (old.hash,)) == (kinds(found), found.unknown_policies)


def test_nothing_recorded_is_nothing_told() -> None:
    assert Backtest() == told(OLD)


@given(
    case=strategies.policies(),
    subject=strategies.subjects,
    roles=strategies.claimed,
    permission=st.sampled_from(strategies.PERMISSIONS),
    resource=strategies.resources,
)
def test_the_same_policy_changes_nothing(
    case: tuple[Policy, object],
    subject: str,
    roles: tuple[str, ...],
    permission: str,
    resource: dict[str, Attribute] | None,
) -> None:
    old = case[0]
    fact = recorded(old, subject, roles, permission, resource)

    assert SAME == kinds(backtest([fact], {old.hash: old.text}, old))


NOW = "{permission: orders:read, when: 'context.now < timestamp(\"2027-03-01T05:30:00.000001Z\")'}]"
TIMED = OLD.replace("orders:read]", NOW)
LATER: dict[str, Any] = {"sequence": 1, "happened_at": "2027-03-01T05:30:01.000000Z"}
HAS = "{permission: orders:read, when: 'has(subject.team) && subject.team == \"red\"'}]"
TEAM = OLD.replace("orders:read]", HAS)
TAGGED = OLD.replace("orders:read]", "{permission: orders:read, when: has(resource.tag)}]")
GROUPS = OLD.replace("orders:read]", "{permission: orders:read, when: '!has(subject.groups)'}]")
READ_GROUPS = OLD.replace("orders:read]", "{permission: orders:read, when: 'size(subject.groups) == 0'}]")


@pytest.mark.parametrize(
    ("new", "fact", "expected"),
    [
        (TIMED, decision(), SAME),
        (TIMED, decision(happened_at="2027-03-01T05:30:00.000001Z"), DENIED),
        (TIMED, decision(read={"context.now": "2027-03-01T05:30:00.000000Z"}, **LATER), SAME),
        (TIMED, decision(read={"context.now": "2027-03-01T05:30:00.000001Z"}, **LATER), DENIED),
        (TIMED, decision(**LATER), UNTOLD),
        (TEAM, decision(), UNTOLD),
        (TEAM, decision(read={"has(subject.team)": False}), DENIED),
        (TEAM, decision(read={"has(subject.team)": True}), UNTOLD),
        (TEAM, decision(read={"subject.team": "red"}), SAME),
        (TEAM, decision(read={"subject.team": "blue"}), DENIED),
        (TAGGED, decision(**REQUIRED), UNTOLD),
        (TAGGED, decision(sequence=1, read={"resource.tag": "a"}), SAME),
        (TAGGED, decision(sequence=1, read={"has(resource.tag)": True}), SAME),
        (TAGGED, decision(sequence=1, read={"has(resource.tag)": False, "resource.owner": "ben"}), DENIED),
        (GROUPS, decision(read={"has(subject.groups)": True}), DENIED),
        (GROUPS, decision(read={"has(subject.groups)": False}), SAME),
        (READ_GROUPS, decision(read={"has(subject.groups)": True}), UNTOLD),
    ],
)
def test_when_it_was_and_what_was_given_are_told_only_where_they_are_recorded(
    new: str, fact: Decision, expected: tuple[int, int, int, int]
) -> None:
    assert expected == kinds(told(new, fact))


@given(
    old=strategies.policies(),
    new=strategies.policies(),
    subject=strategies.subjects,
    roles=strategies.claimed,
    permission=st.sampled_from(strategies.PERMISSIONS),
    resource=st.dictionaries(st.sampled_from(("owner", "total")), strategies.scalars, max_size=2),
)
def test_what_is_told_is_what_the_other_policy_would_have_decided(
    old: tuple[Policy, object],
    new: tuple[Policy, object],
    subject: str,
    roles: tuple[str, ...],
    permission: str,
    resource: dict[str, Attribute],
) -> None:
    fact = recorded(old[0], subject, roles, permission, resource)
    decider = compile_policy(new[0], service="shop")
    held = decider.roles_of(subject, roles)
    truth = decider.decide(subject=subject, roles=held, permissions=(permission,), attributes=GIVEN, resource=resource)

    found = kinds(backtest([fact], {old[0].hash: old[0].text}, new[0]))

    if (truth.outcome == "deny") == (fact.outcome == "deny"):
        assert found in (SAME, UNTOLD)
    else:
        assert found in (DENIED if truth.outcome == "deny" else ALLOWED, UNTOLD)


GIVEN: dict[str, object] = {
    "context.hour": 5, "context.method": "GET", "params.id": "ana", "subject.region": "eu", "subject.groups": ("ana",)
}  # fmt: skip


def recorded(
    by: Policy, subject: str, roles: tuple[str, ...], permission: str, resource: dict[str, Attribute] | None
) -> Decision:
    """The fact that guard writes of one decision."""
    decider = compile_policy(by, service="shop")
    held = decider.roles_of(subject, roles)
    answer = decider.decide(subject=subject, roles=held, permissions=(permission,), attributes=GIVEN, resource=resource)
    return replace(
        decision(subject=subject, roles=held, permissions=(permission,), read=answer.read, params={"id": "ana"}),
        outcome=answer.outcome,
        reason=answer.reason,
        policy=by.hash,
        sequence=0 if resource is None else 1,
    )


LIMITED: dict[str, Any] = {"only": ("orders:list",), "outcome": "deny", "reason": "out-of-scope"}
LISTS = "\nroutes: {'GET /orders/{order_id}': orders:list}\n"
READS = "\nroutes: {'GET /orders/{order_id}': orders:read}\n"


@pytest.mark.parametrize(
    ("old", "new", "fact", "expected"),
    [
        (OLD, OLD.replace("orders:refund", "orders:read"), LIMITED, SAME),
        (OLD + READS, OLD + LISTS, LIMITED, ALLOWED),
        (OLD + LISTS, OLD + READS, {"only": ("orders:list",), "permissions": ("orders:list",)}, DENIED),
        (OLD + LISTS, OLD + READS, {"permissions": ("orders:list",)}, SAME),
        (OLD, OLD.replace("roles:", "roles:\n  guest: [orders:read]"), {**REFUSED, "roles": ("guest",)}, ALLOWED),
        (OLD, OLD.replace("roles:", "roles:\n  guest: [orders:read]"),
         {**REFUSED, "roles": ("guest",), "only": ("orders:list",)}, SAME),
    ],
)  # fmt: skip
def test_a_credential_keeps_its_limit_under_another_policy(old: str, new: str, fact: Any, expected: Any) -> None:
    assert expected == kinds(told(new, decision(made_by=old, **fact), made_by=old))


def test_decisions_that_differ_by_the_limit_alone_are_judged_apart() -> None:
    facts = [decision("a", **REFUSED, roles=("guest",)), decision("b", **REFUSED, roles=("guest",), only=("x",))]

    assert (1, 0, 1, 0) == kinds(told(OLD.replace("roles:", "roles:\n  guest: [orders:read]"), *facts))
