"""Explanations as people read them: the whole text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nomoat import settings
from nomoat.journal.facts import Decision, Outcome, Reason
from nomoat.policy import document
from nomoat.policy.decide import Decider, compile_policy
from nomoat.policy.explain import REASONS, Asker, Explanation, explain, explain_decision
from tests.policy.test_decide import SHOP


def decider(service: str = "shop") -> Decider:
    return compile_policy(document.read(settings.parse(SHOP, root=Path())), service=service)


def asked(asker: Asker, permission: str, service: str = "shop", **resource: str | int) -> Explanation:
    return explain(decider(service), asker, (permission,), resource=resource or None)


ANA = Asker("user:local/ana", ("customer",))


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (asked(Asker("", ("support",)), "orders:read"), "allowed: role support may orders:read (nomoat.yaml:4)."),
        (asked(Asker("user:local/kim"), "orders:read"), "allowed: role support may orders:read (nomoat.yaml:4)."),
        (
            asked(Asker("", ("support",)), "orders:refund"),
            "denied: no role of support grants orders:refund.  admin does (nomoat.yaml:5).",
        ),
        (
            asked(ANA, "orders:refnd"),
            "denied: no role of user:local/ana (customer) grants orders:refnd.  No role grants orders:refnd.  "
            "Did you mean 'orders:refund'?",
        ),
        (
            asked(Asker("", ("suport",)), "orders:read"),
            "denied: the policy has no role suport: did you mean 'support'?",
        ),
        (
            asked(ANA, "orders:read"),
            "depends on resource.owner: role customer may orders:read only when resource.owner == subject.sub "
            "(nomoat.yaml:3).",
        ),
        (
            asked(ANA, "orders:read", owner="ben"),
            "denied: role customer may orders:read only when resource.owner == subject.sub (nomoat.yaml:3), "
            'which does not hold.  resource.owner is "ben", subject.sub is "ana".',
        ),
        (
            asked(ANA, "orders:read", owner="ana"),
            "allowed: role customer may orders:read when resource.owner == subject.sub (nomoat.yaml:3).  "
            'resource.owner is "ana", subject.sub is "ana".',
        ),
        (
            asked(ANA, "orders:read", owner=5),
            "denied: role customer may orders:read only when resource.owner == subject.sub (nomoat.yaml:3), which "
            "failed: resource.owner (number) and subject.sub (text) are not of one type.  resource.owner is 5, "
            'subject.sub is "ana".',
        ),
        (
            asked(ANA, "orders:list"),
            "depends on resource.secret: role customer may orders:list (nomoat.yaml:3), "
            "a deny rule forbids orders:list when resource.secret == true (nomoat.yaml:9).",
        ),
        (
            asked(Asker("", ("admin",)), "region:read"),
            'depends on subject.region: role admin may region:read only when subject.region == "eu" (nomoat.yaml:5).',
        ),
        (
            asked(Asker("", ("admin",)), "orders:refund"),
            "depends on context.hour: a deny rule forbids orders:refund when context.hour < 6 (nomoat.yaml:8).",
        ),
        (
            asked(Asker("user:local/eve"), "orders:read"),
            "denied: user:local/eve has no role that grants orders:read."
            "  customer (nomoat.yaml:3), support (nomoat.yaml:4) do.",
        ),
        (asked(Asker("service:billing"), "orders:read"), "allowed: service:billing may orders:read (nomoat.yaml:11)."),
        (
            asked(Asker("service:billing"), "orders:list"),
            "denied: no call rule lets service:billing use orders:list at shop.",
        ),
        (
            asked(Asker("service:billing"), "orders:read", service=""),
            "denied: no call rule lets service:billing use orders:read.  Which service is asked? (--service)",
        ),
    ],
)
def test_an_answer_says_what_decided_and_where_it_stands(found: Explanation, text: str) -> None:
    assert text == found.text
    assert found.allowed is text.startswith("allowed")


def test_a_deny_rule_is_named_with_its_reason() -> None:
    found = explain(decider(), Asker("", ("admin",)), ("orders:refund",), attributes={"context.hour": 3})

    assert (
        "denied: a deny rule forbids orders:refund when context.hour < 6 (nomoat.yaml:8): no refunds at night.  "
        "context.hour is 3."
    ) == found.text


def decision(outcome: Outcome, reason: Reason, *, sequence: int = 0, owner: str = "", withheld: int = 0) -> Decision:
    return Decision(
        request="r1",
        sequence=sequence,
        service="shop",
        target="route:shop/GET /orders/{order_id}",
        subject="user:local/ben",
        roles=("customer",),
        permissions=("orders:read",),
        outcome=outcome,
        enforced=True,
        reason=reason,
        read={"resource.owner": owner, "subject.sub": "ben"} if owner else {},
        withheld=withheld,
    )


def test_a_decision_is_replayed_with_what_it_read() -> None:
    found = explain_decision(decider(), decision("deny", "condition-false", sequence=1, owner="ana"))

    assert "denied" == found.verdict
    assert 'resource.owner is "ana", subject.sub is "ben".' in found.text


def test_a_replay_that_comes_out_differently_says_so() -> None:
    found = explain_decision(decider(), decision("allow", "granted"))

    assert found.allowed
    assert found.text.startswith("allowed (granted).  Asked again with what was recorded: depends on resource.owner")


def test_the_fact_of_several_resources_is_told_as_such() -> None:
    found = explain_decision(decider(), decision("allow", "granted", sequence=1, withheld=2))

    assert found.text.startswith("allowed of several resources at once (granted).")


@pytest.mark.parametrize("reason", REASONS)
def test_a_decision_that_no_policy_made_says_what_did(reason: Reason) -> None:
    found = explain_decision(decider(), decision("deny", reason))

    assert f"denied: {REASONS[reason]}." == found.text


def test_a_credential_that_is_not_for_it_is_told_with_what_it_is_for() -> None:
    limited = replace(decision("deny", "out-of-scope"), only=("orders:list", "orders:refund"))
    nothing = replace(limited, only=())

    assert "orders:read is not among orders:list, orders:refund." in explain_decision(decider(), limited).text
    assert "orders:read is not among them: it may use nothing." in explain_decision(decider(), nothing).text
