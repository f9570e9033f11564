"""Laws of deciding: it agrees with a naive second reading, and what is unknown or added never opens anything."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.errors import PolicyError
from nomoat.policy import model
from nomoat.policy.decide import compile_policy
from nomoat.policy.model import Deny, Policy, policy_of
from tests.policy import oracle, strategies
from tests.policy.oracle import Tree
from tests.policy.strategies import SERVICES

Case = tuple[Policy, dict[str, Tree]]


@given(
    case=strategies.policies(),
    subject=strategies.subjects,
    roles=strategies.claimed,
    permissions=strategies.asked,
    attributes=strategies.attributes,
    only=st.lists(strategies.asked.map(lambda many: many[0] if many else "")).map(frozenset),
)
def test_a_limit_denies_what_is_not_among_it_and_changes_nothing_else(
    case: Case,
    subject: str,
    roles: tuple[str, ...],
    permissions: tuple[str, ...],
    attributes: dict[str, object],
    only: frozenset[str],
) -> None:
    decider = compile_policy(case[0])
    asked = {"subject": subject, "roles": roles, "permissions": permissions, "attributes": attributes}

    limited = decider.decide(**asked, only=only)  # type: ignore[arg-type]  # the same words twice
    if only.issuperset(permissions):
        assert decider.decide(**asked) == limited  # type: ignore[arg-type]
    else:
        assert ("deny", "out-of-scope") == (limited.outcome, limited.reason)


@given(
    case=strategies.policies(),
    service=st.sampled_from(SERVICES),
    subject=strategies.subjects,
    roles=strategies.claimed,
    permissions=strategies.asked,
    attributes=strategies.attributes,
    resource=strategies.resources,
)
def test_it_decides_as_the_contract_reads(
    case: Case,
    service: str,
    subject: str,
    roles: tuple[str, ...],
    permissions: tuple[str, ...],
    attributes: dict[str, object],
    resource: dict[str, str | int | bool] | None,
) -> None:
    policy, trees = case
    decider = compile_policy(policy, service=service)
    held = decider.roles_of(subject, roles)

    answer = decider.decide(
        subject=subject, roles=held, permissions=permissions, attributes=attributes, resource=resource
    )

    expected = oracle.verdict(
        policy, trees, service=service, subject=subject, roles=held, permissions=permissions,
        attributes=attributes, resource=resource,
    )  # fmt: skip
    assert expected == oracle.Verdict(answer.outcome, answer.reason, frozenset(answer.needs))


@given(
    case=strategies.policies(),
    subject=strategies.subjects,
    roles=strategies.claimed,
    permission=st.sampled_from(strategies.PERMISSIONS),
    attributes=strategies.attributes,
    resource=strategies.resources,
)
def test_the_short_way_of_one_permission_is_the_long_way(
    case: Case,
    subject: str,
    roles: tuple[str, ...],
    permission: str,
    attributes: dict[str, object],
    resource: dict[str, str | int | bool] | None,
) -> None:
    decider = compile_policy(case[0], service="shop")
    once, twice = (
        decider.decide(subject=subject, roles=roles, permissions=permissions, attributes=attributes, resource=resource)
        for permissions in ((permission,), (permission, permission))
    )

    # Asked twice, equal grants of two roles are named once.
    twice = twice._replace(needs=twice.needs[:1], failures=once.failures, clauses=tuple(dict.fromkeys(twice.clauses)))
    assert twice == once._replace(clauses=tuple(dict.fromkeys(once.clauses)))


@given(case=strategies.policies(), subject=strategies.subjects, roles=strategies.claimed, resource=strategies.resources)
def test_an_unknown_permission_is_denied_whatever_the_policy(
    case: Case, subject: str, roles: tuple[str, ...], resource: dict[str, str | int | bool] | None
) -> None:
    decider = compile_policy(case[0], service="shop")

    answer = decider.decide(subject=subject, roles=roles, permissions=("never:granted",), resource=resource)

    assert ("deny", "no-grant") == (answer.outcome, answer.reason)


@given(case=strategies.policies(), permissions=strategies.asked, resource=strategies.resources)
def test_an_unknown_role_grants_nothing(
    case: Case, permissions: tuple[str, ...], resource: dict[str, str | int | bool] | None
) -> None:
    decider = compile_policy(case[0], service="shop")

    answer = decider.decide(subject="user:main/eve", roles=("unknown",), permissions=permissions, resource=resource)

    assert answer.outcome == "deny"


@given(
    case=strategies.policies(),
    rule=st.builds(
        Deny,
        st.sampled_from(strategies.PERMISSIONS),
        st.sampled_from(("", "resource.owner == 'ana'", "context.hour < 6")),
    ),
    roles=strategies.claimed,
    permissions=strategies.asked,
    attributes=strategies.attributes,
    resource=strategies.resources,
)
def test_adding_a_deny_rule_never_newly_allows(
    case: Case,
    rule: Deny,
    roles: tuple[str, ...],
    permissions: tuple[str, ...],
    attributes: dict[str, object],
    resource: dict[str, str | int | bool] | None,
) -> None:
    policy = case[0]
    stricter = replace(policy, denies=(*policy.denies, rule))
    before, after = (
        compile_policy(one, service="shop").decide(
            subject="user:main/ana", roles=roles, permissions=permissions, attributes=attributes, resource=resource
        )
        for one in (policy, stricter)
    )

    openness = ("deny", "deferred", "allow")
    assert openness.index(after.outcome) <= openness.index(before.outcome)


@given(case=strategies.policies())
def test_the_canonical_text_reads_back_as_the_same_policy(case: Case) -> None:
    policy = case[0]

    assert policy == model.loads(policy.text)
    assert policy.hash == model.loads(policy.text).hash


@given(case=strategies.policies(), seed=st.randoms(use_true_random=False))
def test_the_order_of_a_file_changes_neither_text_nor_hash(case: Case, seed: random.Random) -> None:
    policy = case[0]

    shuffled = policy_of(
        services=reversed(policy.services),
        roles=seed.sample(policy.roles, len(policy.roles)),
        assign=dict(reversed(policy.assign)),
        denies=seed.sample(policy.denies, len(policy.denies)),
        calls=seed.sample(policy.calls, len(policy.calls)),
        routes=policy.routes,
    )

    assert policy.hash == shuffled.hash


_garbage = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("format", "roles", "deny")), inner, max_size=4)
    ),
)


@given(text=st.one_of(st.text(max_size=40), _garbage.map(json.dumps)))
def test_a_damaged_policy_text_is_an_error_and_nothing_else(text: str) -> None:
    with pytest.raises(PolicyError):
        model.loads(text)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 4},
        {"format": 0},
        {"format": True},
        {"services": ["shop", 5]},
        {"assign": {"a": "user:x"}},
        {"deny": [["read", ""]]},
        {"roles": {"a": {"includes": [], "may": [], "reviewed": ["ana", "2026-11-01", "x"]}}},
        {"routes": [{"service": "", "method": "GRAB", "path": "/", "demand": "public"}]},
        {"routes": [dict.fromkeys(("service", "path", "because"), "") | {"method": "GET", "demand": [], "login": 1}]},
    ],
)
def test_a_stored_policy_of_another_shape_is_an_error(change: dict[str, object]) -> None:
    whole = json.loads(policy_of(services=["shop"]).text)

    with pytest.raises(PolicyError):
        model.loads(json.dumps(whole | change))


@given(case=strategies.policies(), cut=st.integers(0, 400))
def test_a_cut_policy_text_is_an_error(case: Case, cut: int) -> None:
    text = case[0].text

    with pytest.raises(PolicyError):
        model.loads(text[: cut % len(text)])
