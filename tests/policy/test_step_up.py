"""What a permission asks of how its caller signed in: decided, told, recorded and judged again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat import settings
from nomoat.errors import PolicyError
from nomoat.policy import document, loosened
from nomoat.policy.backtest import backtest
from nomoat.policy.decide import Answer, compile_policy
from nomoat.policy.explain import Asker, explain, explain_decision
from nomoat.policy.model import Policy, loads
from nomoat.policy.step_up import StepUp
from tests.policy.test_backtest import decision

POLICY = """\
services: {shop: {}}
roles:
  customer: [orders:read, {permission: orders:refund, when: resource.owner == subject.sub}]
  admin: [orders:refund, admin:read]
deny: [{permission: admin:read, when: context.hour < 6}]
step_up:
  - {permission: [orders:refund, "admin:*"], within: 15m, acr: [gold, "urn:mfa"]}
"""
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
REFUND = {"permission": "orders:refund", "role": "customer"}
FRESH = {"subject.auth_time": AT - 60, "subject.acr": "gold"}


def _policy(text: str = POLICY) -> Policy:
    return document.read(settings.parse(text, root=Path()))


def _asked(permission: str, claims: dict[str, object], *, role: str = "admin", hour: int = 12, **given: Any) -> Answer:
    return compile_policy(_policy()).decide(
        subject="user:main/ana",
        roles=(role,),
        permissions=(permission,),
        attributes={"context.now": "2027-03-01T12:00:00.000000Z", "context.hour": hour, **claims},
        **given,
    )


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        (FRESH, ("allow", "granted")),
        ({**FRESH, "subject.acr": "urn:mfa"}, ("allow", "granted")),
        ({**FRESH, "subject.auth_time": AT - 900}, ("allow", "granted")),
        ({**FRESH, "subject.auth_time": AT + 120}, ("allow", "granted")),
        ({**FRESH, "subject.auth_time": AT - 901}, ("deny", "step-up")),
        # What is to come proves nothing, however wrong a clock is.
        ({**FRESH, "subject.auth_time": AT + 121}, ("deny", "step-up")),
        ({**FRESH, "subject.auth_time": 10**18}, ("deny", "step-up")),
        ({**FRESH, "subject.auth_time": str(AT)}, ("deny", "step-up")),
        ({**FRESH, "subject.auth_time": True}, ("deny", "step-up")),
        ({**FRESH, "subject.auth_time": float(AT)}, ("deny", "step-up")),
        ({**FRESH, "subject.auth_time": None}, ("deny", "step-up")),
        ({**FRESH, "subject.acr": "silver"}, ("deny", "step-up")),
        ({**FRESH, "subject.acr": "GOLD"}, ("deny", "step-up")),
        ({**FRESH, "subject.acr": ["gold"]}, ("deny", "step-up")),
        ({**FRESH, "subject.acr": 1}, ("deny", "step-up")),
        ({"subject.acr": "gold"}, ("deny", "step-up")),
        ({"subject.auth_time": AT}, ("deny", "step-up")),
        ({}, ("deny", "step-up")),
    ],
)
@pytest.mark.parametrize("permission", ["orders:refund", "admin:read"])
def test_who_signed_in_lately_and_so_may(permission: str, claims: dict[str, object], expected: Any) -> None:
    found = _asked(permission, claims)

    assert expected == (found.outcome, found.reason)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"permission": "orders:read", "role": "customer"}, ("allow", "granted")),
        # Another sign-in would help none of these.
        ({"permission": "orders:refund", "role": "guest"}, ("deny", "no-grant")),
        ({"permission": "admin:read", "hour": 5}, ("deny", "denied-by-rule")),
        ({**REFUND, "resource": {"owner": "ben"}}, ("deny", "condition-false")),
        ({**REFUND, "resource": {"owner": "ana"}}, ("deny", "step-up")),
        (REFUND, ("deny", "step-up")),
        ({"permission": "orders:refund", "only": frozenset(("a",))}, ("deny", "out-of-scope")),
    ],
)
def test_only_who_would_be_allowed_afterwards_is_asked_to_come_back(asked: dict[str, Any], expected: Any) -> None:
    found = _asked(claims={}, **asked)

    assert expected == (found.outcome, found.reason)
    assert ("deny", "no-grant") == _outcome(("orders:read", "nothing"), {})
    assert ("deny", "step-up") == _outcome(("orders:refund", "admin:read"), {})


def _outcome(permissions: tuple[str, ...], claims: dict[str, object]) -> tuple[str, str]:
    given = {"context.now": "2027-03-01T12:00:00.000000Z", "context.hour": 12, **claims}
    answer = compile_policy(_policy()).decide(
        subject="user:main/ana", roles=("admin", "customer"), permissions=permissions, attributes=given
    )
    return answer.outcome, answer.reason


def test_what_depends_on_the_resource_still_does_after_a_fresh_sign_in() -> None:
    found = _asked("orders:refund", FRESH, role="customer")

    assert ("deferred", ("orders:refund",)) == (found.outcome, found.needs)


def test_it_is_explained_with_the_place_and_what_was_read() -> None:
    decider = compile_policy(_policy())

    said = explain(decider, Asker("user:main/ana", ("admin",)), ("orders:refund",))
    assert "denied" == said.verdict
    assert "orders:refund asks for a sign-in within 900 s, by gold or urn:mfa (nomoat.yaml:7)" in said.text


def test_it_says_to_a_client_how_to_come_back() -> None:
    assert 'acr_values="gold urn:mfa", max_age="900"' == StepUp(900, ("gold", "urn:mfa")).challenge
    assert 'max_age="5"' == StepUp(5).challenge and 'acr_values="a"' == StepUp(acr=("a",)).challenge
    assert not StepUp()


# -- kept and judged again ---------------------------------------------------------------------------------------------


def test_its_text_is_read_back_and_no_older_version_takes_it_for_something_else() -> None:
    policy, without = _policy(), _policy(POLICY.partition("step_up:")[0])

    assert policy == loads(policy.text) and policy.hash == loads(policy.text).hash
    assert '"format":3' in policy.text and '"format":1' in without.text
    assert without.hash != policy.hash


@pytest.mark.parametrize(
    "damage", [("[900,", '["900",'), ("[900,", "[true,"), ('["gold","urn:mfa"]', '"gold"'), ("900", "9,0")]
)
def test_a_damaged_text_is_told(damage: tuple[str, str]) -> None:
    text = _policy().text
    assert damage[0] in text

    with pytest.raises(PolicyError):
        loads(text.replace(*damage))


RECORDED: dict[str, Any] = {"permissions": ("orders:refund",), "roles": ("admin",), "made_by": POLICY}
STALE = {"subject.auth_time": AT - 5000, "subject.acr": "gold"}


def _kinds(new: str, fact: Any) -> tuple[int, int, int, int]:
    old = _policy()
    found = backtest([fact], {old.hash: old.text}, _policy(new))
    denied, allowed = (sum(one.count for one in many) for many in (found.newly_denied, found.newly_allowed))
    return found.same, denied, allowed, found.cannot_be_told


def test_a_recorded_decision_is_judged_again_with_what_it_read() -> None:
    at = "2027-03-01T12:00:00.000000Z"
    stale = _asked("orders:refund", dict(STALE))
    fact = decision(outcome="deny", reason="step-up", read=stale.read, happened_at=at, **RECORDED)
    absent = replace(fact, read=_asked("orders:refund", {}).read)

    assert STALE == {name: value for name, value in stale.read.items() if name in STALE}
    assert (1, 0, 0, 0) == _kinds(POLICY, fact) == _kinds(POLICY, absent)
    assert (0, 0, 1, 0) == _kinds(POLICY.replace("15m", "2h"), fact)
    assert (1, 0, 0, 0) == _kinds(POLICY.replace("15m", "2h"), absent)
    assert (0, 0, 1, 0) == _kinds(POLICY.partition("step_up:")[0], absent)
    assert "denied" == explain_decision(compile_policy(_policy()), fact).verdict


def test_what_was_never_read_cannot_be_told() -> None:
    old = POLICY.partition("step_up:")[0]
    fact = decision(**{**RECORDED, "made_by": old})
    found = backtest([fact], {_policy(old).hash: _policy(old).text}, _policy())

    assert 1 == found.cannot_be_told, found


# -- the section -------------------------------------------------------------------------------------------------------

MISTAKES = {
    "{within: 15m}": "a step-up names no permission",
    "{permission: a}": "a step-up asks for nothing",
    "{permission: a, within: soon}": "within 'soon' is no duration",
    "{permission: a, within: 500ms}": "within is no whole number of seconds",
    "{permission: a, within: 0s}": "within is no whole number of seconds",
    "{permission: a, acr: ['a b']}": "'a b' is no means to sign in by",
    "{permission: a, acr: ['a\"b']}": "'a\"b' is no means to sign in by",
    "{permission: a, acr: ['']}": "each of acr must be text",
    "{permission: signed-in, acr: [a]}": "'signed-in' is no permission",
    "{permission: a, acr: [a], when: true}": "unknown key 'when' in a step-up",
}


@pytest.mark.parametrize(("line", "what"), MISTAKES.items(), ids=range(len(MISTAKES)))
def test_a_mistake_is_told(line: str, what: str) -> None:
    with pytest.raises(PolicyError) as raised:
        _policy(f"step_up: [{line}]\n")

    assert what in [problem.what for problem in raised.value.problems]


def test_why_a_permission_asks_for_it_loosens_nothing() -> None:
    text = 'step_up: [{permission: a, within: 15m, because: "money leaves"}]'

    assert () == loosened.loosened(settings.parse(text, root=Path()))


@given(
    within=st.none() | st.integers(1, 10**7),
    acr=st.lists(st.sampled_from(["gold", "urn:mfa", "a"]), max_size=2, unique=True),
    auth_time=st.none() | st.integers(AT - 2 * 10**7, AT + 300),
    shown=st.none() | st.sampled_from(["gold", "b", "a"]),
)
def test_it_holds_exactly_where_the_words_say(within: int | None, acr: list[str], auth_time: Any, shown: Any) -> None:
    asked = StepUp(within or 0, tuple(acr))
    if not asked:
        return
    claims = {"subject.auth_time": auth_time, "subject.acr": shown}
    parts = ([f"within: {within}s"] if within else []) + ([f"acr: [{', '.join(acr)}]"] if acr else [])
    text = f"roles: {{admin: [x]}}\nstep_up: [{{permission: x, {', '.join(parts)}}}]\n"

    found = compile_policy(_policy(text)).decide(
        subject="user:main/ana", roles=("admin",), permissions=("x",),
        attributes={"context.now": "2027-03-01T12:00:00.000000Z"} | {k: v for k, v in claims.items() if v is not None},
    )  # fmt: skip
    is_fresh = not within or (auth_time is not None and -120 <= AT - auth_time <= within)
    assert (is_fresh and (not acr or shown in acr)) == (found.outcome == "allow"), found
