"""Names with a star grant and deny what they cover and nothing else, also names that the policy never says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat import settings
from nomoat.errors import PolicyError
from nomoat.journal.facts import Decision
from nomoat.policy import document, explain, questions
from nomoat.policy.backtest import backtest
from nomoat.policy.decide import compile_policy
from nomoat.policy.diff import Side, compare
from nomoat.policy.learn import Threshold, learn
from nomoat.policy.model import Deny, Grant, Policy, Role, loads, policy_of
from nomoat.policy.wildcards import covering, covers
from tests.policy.maps import map_of, route


def policy(text: str) -> Policy:
    return document.read(settings.parse(text, root=Path()))


def may(text: str, role: str, permission: str) -> str:
    answer = compile_policy(policy(text)).decide(subject="user:main/ana", roles=(role,), permissions=(permission,))
    return answer.reason


@pytest.mark.parametrize(
    ("permission", "reason"),
    [
        ("orders:list", "granted"),
        ("orders:items:list", "granted"),
        ("orders:never-said", "granted"),
        ("orders", "no-grant"),
        ("orders:", "no-grant"),
        ("ordersx:list", "no-grant"),
        ("reports:list", "no-grant"),
    ],
)
def test_a_star_covers_what_begins_so(permission: str, reason: str) -> None:
    assert reason == may("roles: {a: ['orders:*', x]}", "a", permission)


def test_a_star_alone_covers_everything() -> None:
    assert "granted" == may("roles: {a: ['*']}", "a", "whatever:it:is")


@pytest.mark.parametrize("permission", ["orders:list", "orders:never-said"])
def test_a_deny_rule_with_a_star_wins_over_every_grant(permission: str) -> None:
    assert "denied-by-rule" == may("roles: {a: ['*', orders:list]}\ndeny: [{permission: 'orders:*'}]", "a", permission)
    assert "granted" == may("roles: {a: ['*']}\ndeny: [{permission: 'orders:*'}]", "a", "reports:list")


def test_services_may_with_a_star_too() -> None:
    text = "services: {shop: {}, billing: {}}\ncalls: [{from: billing, to: shop, may: ['orders:*']}]"
    decider = compile_policy(policy(text), service="shop")

    allowed = decider.decide(subject="service:billing", roles=(), permissions=("orders:list",))

    assert ("granted", ("service:billing orders:*",)) == (allowed.reason, allowed.grants)
    assert not compile_policy(policy(text), service="billing").is_granted("orders:list")


def test_an_answer_names_the_star_as_its_grant_and_what_was_asked_as_what_it_needs() -> None:
    text = "roles: {a: [{permission: 'orders:*', when: resource.owner == subject.sub}]}"
    decider = compile_policy(policy(text))

    waits = decider.decide(subject="user:main/ana", roles=("a",), permissions=("orders:read",))
    allowed = decider.decide(
        subject="user:main/ana", roles=("a",), permissions=("orders:read",), resource={"owner": "ana"}
    )
    denied = decider.decide(
        subject="user:main/ana", roles=("a",), permissions=("orders:read",), resource={"owner": "ben"}
    )

    assert (("orders:read",), ("role:a orders:*",), "orders:read") == (waits.needs, allowed.grants, denied.denied)
    assert decider.may_defer("orders:read")


def test_explain_names_the_star() -> None:
    found = explain.explain(
        compile_policy(policy("roles: {a: ['orders:*']}")), explain.Asker(roles=("a",)), ("orders:x",)
    )

    assert "allowed: role a may orders:* (nomoat.yaml:1)." == found.text


@pytest.mark.parametrize("name", ["orders*", "*:read", "orders:*:read", "**", "orders:**", ":*", "o*:x", " *", "\n:*"])
def test_a_star_anywhere_else_is_a_mistake(name: str) -> None:
    with pytest.raises(PolicyError):
        policy(json.dumps({"roles": {"a": [name]}}))


@pytest.mark.parametrize(
    "text",
    [
        "roles: {'a:*': [x]}",
        "routes: {GET /x: 'orders:*'}",
        "separate: [{permissions: [a, 'orders:*'], because: x}]",
    ],
)
def test_only_grants_and_deny_rules_have_a_star(text: str) -> None:
    with pytest.raises(PolicyError) as error:
        policy(text)

    assert "a star stands in a grant or a deny rule" in error.value.problems[0].fix


ORDERS = map_of(
    route("GET /orders", binding=("orders:list",)),
    route("GET /orders/{id}", binding=("orders:read",)),
    route("GET /reports", binding=("reports:read",)),
)


def asked(text: str) -> list[tuple[str, str]]:
    return [(one.id, one.what) for one in questions.ask(ORDERS, policy(text), today=date(2027, 6, 1))]


def test_check_says_what_a_star_grants_now_and_that_it_grants_more_later() -> None:
    assert [
        (
            "wildcard-grant",
            "role a may orders:*: that is orders:list, orders:read now, on 2 routes (GET /orders, GET /orders/{id}), "
            "and whatever is named so later",
        )
    ] == asked("roles: {a: ['orders:*'], b: [reports:read]}")


def test_check_counts_a_star_for_what_it_covers() -> None:
    assert {"wildcard-grant"} == {name for name, _ in asked("roles: {a: ['*']}")}
    assert ("unneeded-grant", "role a may x:*, and no route on the map needs it") in asked("roles: {a: ['*', 'x:*']}")
    shadowed = "role a may orders:read, which adds nothing: it may so by orders:* always (nomoat.yaml:1)"
    assert ("shadowed-grant", shadowed) in asked("roles: {a: ['orders:*', orders:read], b: ['*']}")
    denied = asked("roles: {a: [orders:read, '*']}\ndeny: [{permission: 'orders:*'}]")
    assert "denied-grant" in {name for name, _ in denied}


def test_duties_that_are_kept_apart_are_held_by_a_star_too() -> None:
    text = "roles: {a: ['orders:*']}\nseparate: [{permissions: [orders:create, orders:approve], because: four eyes}]"

    assert (
        "joined-duties",
        "role a may both orders:approve (nomoat.yaml:1) and orders:create (nomoat.yaml:1), which are kept apart "
        "(nomoat.yaml:2): four eyes",
    ) in asked(text)


def test_diff_says_what_a_star_opens() -> None:
    before, after = (Side(policy(text), ORDERS) for text in ("roles: {a: [orders:list]}", "roles: {a: ['orders:*']}"))

    assert [("weaker", "orders:*"), ("weaker", "orders:read")] == [
        (one.verdict, one.target) for one in compare(before, after)
    ]


def test_diff_says_whom_a_deny_rule_with_a_star_concerns() -> None:
    text = "roles: {{a: [orders:list]}}\ndeny: [{{permission: 'orders:*', when: context.hour < {}}}]"
    before, after = (Side(policy(text.format(hour)), ORDERS) for hour in (6, 5))

    assert ("weaker", ("a",)) in [(one.verdict, one.who) for one in compare(before, after) if one.kind == "deny-rule"]


def test_the_canonical_text_is_read_again_and_says_which_versions_may_read_it() -> None:
    grants, denies = policy("roles: {a: ['orders:*']}"), policy("deny: [{permission: 'orders:*'}]")

    assert (grants, denies) == (loads(grants.text), loads(denies.text))
    # A version without stars replays the first, and denies; it refuses the second, which would deny nothing there.
    assert (1, 2) == (json.loads(grants.text)["format"], json.loads(denies.text)["format"])


DECISION = Decision(
    happened_at="2026-11-30T09:00:00.000000Z", request="r", service="shop", target="route:shop/GET /orders",
    subject="user:main/ana", roles=("a",), permissions=("orders:list",), outcome="allow", enforced=True,
    reason="granted", grants=("role:a orders:*",),
)  # fmt: skip


def test_a_backtest_takes_a_star_for_what_it_covers() -> None:
    old = policy("roles: {a: ['orders:*']}")
    decision = replace(DECISION, policy=old.hash)

    kept = backtest([decision], {old.hash: old.text}, policy("roles: {a: [orders:list]}"), ORDERS)
    lost = backtest([decision], {old.hash: old.text}, policy("roles: {a: ['reports:*']}"), ORDERS)

    assert (1, 0, 1) == (kept.same, kept.changed, lost.changed)


def test_learn_tells_what_a_star_was_used_for(tmp_path: Path) -> None:
    (tmp_path / "nomoat.yaml").write_text("roles: {a: ['orders:*', x]}")
    of = settings.load(tmp_path / "nomoat.yaml")
    decisions = [DECISION, replace(DECISION, permissions=("orders:read",))]

    lesson = learn(lambda: decisions, {}, of)

    assert [("x", 0, ()), ("orders:*", 2, ("orders:list", "orders:read"))] == [
        (need.permission, need.uses, need.instead) for need in lesson.needs
    ]


@pytest.mark.parametrize(
    ("may", "becomes"),
    [
        ("[x, 'orders:*']", "[x, orders:list, orders:read]"),
        ("['orders:*']", "[orders:list, orders:read]"),
        ('[ "orders:*" , x ]  # all of it', "[ orders:list, orders:read , x ]  # all of it"),
        ("\n  - x\n  - orders:*  # all of it\n", "\n  - x\n  - orders:list\n  - orders:read  # all of it\n"),
    ],
)
def test_learn_proposes_what_was_used_in_the_place_of_a_star(may: str, becomes: str, tmp_path: Path) -> None:
    rest = "break_glass: {oncall: {may: [z], roles: [a], for: 1h}}\nseparate: [{permissions: [y, z], because: w}]\n"
    text = f"roles:\n a: {may}\n{rest}" if "\n" not in may else f"roles:\n a:{may}{rest}"
    (tmp_path / "nomoat.yaml").write_text(text)
    of = settings.load(tmp_path / "nomoat.yaml")
    days = [f"2026-11-{day:02}T09:00:00.000000Z" for day in range(1, 31)]
    decisions = [
        replace(DECISION, happened_at=at, request=f"{at}{name}", permissions=(name,), grants=(grant,))
        for at in days
        for name, grant in (("orders:list", "role:a orders:*"), ("orders:read", "role:a orders:*"), ("x", "role:a x"))
    ]

    lesson = learn(lambda: decisions, {}, of, threshold=Threshold(86_400, 30))

    assert text.replace(may, becomes) == lesson.text
    assert lesson.tried is not None and lesson.tried.changed == 0


@pytest.mark.parametrize("may", ["[{permission: 'orders:*', when: context.hour < 20}]", "['orders:*', orders:list]"])
def test_a_star_that_no_names_can_replace_stays(may: str, tmp_path: Path) -> None:
    (tmp_path / "nomoat.yaml").write_text(f"roles: {{a: {may}}}")
    decisions = [replace(DECISION, request=f"r{number}") for number in range(60)]

    lesson = learn(lambda: decisions, {}, settings.load(tmp_path / "nomoat.yaml"), threshold=Threshold(0, 30))

    assert () == lesson.named


NAMES = st.sampled_from(("a", "a:b", "a:b:c", "a:c", "b", "b:a", "a:", "ab:c", "a:b:"))
GRANTED = st.sampled_from(("*", "a:*", "a:b:*", "b:*", "a", "a:b", "a:b:c", "b:a"))


@given(
    held=st.dictionaries(st.sampled_from("xyz"), st.lists(GRANTED, max_size=3), min_size=1),
    denied=st.lists(GRANTED, max_size=2),
    permission=NAMES,
    roles=st.lists(st.sampled_from("xyz"), max_size=2, unique=True),
)
def test_a_policy_with_stars_decides_as_one_with_every_name_written_out(
    held: dict[str, list[str]], denied: list[str], permission: str, roles: list[str]
) -> None:
    def made(*, written_out: bool) -> Policy:
        def names(granted: list[str]) -> list[str]:
            return [permission] if written_out and any(covers(one, permission) for one in granted) else granted

        return policy_of(
            roles=[Role(name, (), tuple(Grant(one) for one in names(granted))) for name, granted in held.items()],
            denies=[Deny(one) for one in names(denied)],
        )

    starred, exact = (
        compile_policy(made(written_out=way)).decide(
            subject="user:main/ana", roles=tuple(roles), permissions=(permission,)
        )
        for way in (False, True)
    )

    assert (exact.outcome, exact.reason, exact.denied) == (starred.outcome, starred.reason, starred.denied)


@given(permission=NAMES, granted=GRANTED)
def test_what_covers_a_name_is_found_from_the_name(permission: str, granted: str) -> None:
    assert covers(granted, permission) == (granted == permission or granted in covering(permission))
