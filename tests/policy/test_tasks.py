"""Decisions about tasks are judged again, explained and learned from as those about routes are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nomoat import settings
from nomoat.journal.facts import Decision, Outcome, Reason, timestamp
from nomoat.policy import document
from nomoat.policy.backtest import backtest
from nomoat.policy.decide import compile_policy
from nomoat.policy.explain import explain_decision
from nomoat.policy.learn import learn
from nomoat.policy.model import Policy
from tests.policy.maps import map_of, route
from tests.policy.test_backtest import kinds

OLD = """\
services: {shop: {}}
roles:
  customer:
    - {permission: orders:read, when: resource.owner == subject.sub}
    - {permission: mail:send, when: "context.method == 'TASK'"}
calls: [{from: shop, to: shop, may: [orders:archive]}]
"""
START = datetime(2027, 3, 1, tzinfo=UTC)
SAME, DENIED, ALLOWED = (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0)


def policy(text: str) -> Policy:
    return document.read(settings.parse(text, root=Path()))


def run(
    *permissions: str, outcome: Outcome = "allow", reason: Reason = "granted", sequence: int = 0, **also: object
) -> Decision:
    given = {"subject": "user:local/ana", "roles": ("customer",), **also}
    return Decision(
        request="r", sequence=sequence, service="shop", target="task:shop/mail.send", method="TASK", enforced=True,
        permissions=permissions, outcome=outcome, reason=reason, policy=policy(OLD).hash, **given,  # type: ignore[arg-type]  # Its own fields.
    )  # fmt: skip


SENT = run("mail:send")
READ = run("orders:read", sequence=1, read={"resource.owner": "ana", "subject.sub": "ana"})
SIGNED_IN = run(reason="signed-in")
ITSELF = run("orders:archive", subject="service:shop", roles=())
NOBODY = run(subject="anonymous", roles=(), outcome="deny", reason="unauthenticated")
FORGED = run("mail:send", subject="anonymous", roles=(), outcome="deny", reason="bad-envelope")


@pytest.mark.parametrize("with_map", [True, False])
@pytest.mark.parametrize(
    ("new", "facts", "expected"),
    [
        (OLD, [SENT, READ], SAME),
        (OLD.replace("    - {permission: mail:send, when: \"context.method == 'TASK'\"}\n", ""), [SENT, READ], DENIED),
        (OLD.replace("TASK", "POST"), [SENT], DENIED),
        (OLD.replace("== subject.sub", "!= subject.sub"), [SENT, READ], DENIED),
        (OLD.replace("== subject.sub", "!= subject.sub"), [SIGNED_IN], SAME),
        (OLD.replace("orders:archive", "orders:list"), [ITSELF], DENIED),
        (OLD.replace("mail:send", "mail:x"), [NOBODY], SAME),
        (OLD + "deny: [{permission: mail:send}]\n", [FORGED], SAME),
        (
            OLD.replace("customer:", "other: [orders:close]\n  customer:"),
            [run("orders:close", outcome="deny", reason="no-grant", roles=("other",))],
            ALLOWED,
        ),
    ],
)
def test_a_backtest_judges_them(new: str, facts: list[Decision], expected: tuple[int, ...], with_map: bool) -> None:
    old = policy(OLD)
    drawn = map_of(route("GET /x", binding=("orders:read",))) if with_map else None

    assert expected == kinds(backtest(facts, {old.hash: old.text}, policy(new), drawn))


@pytest.mark.parametrize(
    ("fact", "verdict", "words"),
    [
        (SENT, "allowed", "role customer may mail:send when context.method == 'TASK'"),
        (READ, "allowed", 'resource.owner is "ana"'),
        (SIGNED_IN, "allowed", "signed-in caller"),
        (ITSELF, "allowed", "service:shop may orders:archive"),
        (NOBODY, "denied", "not signed in"),
        (FORGED, "denied", "the message of the task was forged, altered, moved to another task, or had expired"),
    ],
)
def test_each_is_explained(fact: Decision, verdict: str, words: str) -> None:
    found = explain_decision(compile_policy(policy(OLD), service="shop"), fact)

    assert verdict == found.verdict
    assert words in found.text


def test_what_only_tasks_use_is_used(tmp_path: Path) -> None:
    (tmp_path / "nomoat.yaml").write_text(OLD)
    of = settings.load(tmp_path / "nomoat.yaml")
    made = document.read(of)
    facts = [
        replace(SENT, request=f"r{number}", policy=made.hash, happened_at=timestamp(START + timedelta(hours=number)),
                grants=("role:customer mail:send",))
        for number in range(1200)
    ]  # fmt: skip
    found = learn(lambda: iter(facts), {made.hash: made.text}, of)

    assert 1200 == {(one.holder, one.permission): one.uses for one in found.needs}["role:customer", "mail:send"]
    assert [("role:customer", "orders:read")] == [(one.holder, one.permission) for one in found.proposed]
