"""CPU of one decision beside its floor, and whether it stays flat from 10 roles to 1,000; then of a backtest.

    python benchmarks/decision_speed.py [--rounds 15] [--decisions 1000000]

The floor is what no decider can do without: one look-up in a frozen set for each of a caller's three roles, and
building the record of the answer. Cases take turns within a round; best of the rounds, and median ratios to the floor.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from nomoat import settings
from nomoat.journal.facts import Decision
from nomoat.policy import document
from nomoat.policy.backtest import backtest
from nomoat.policy.decide import Answer, Decider, compile_policy

LOOPS = 5_000
ROLES = ("guest", "member", "customer")


def policy_text(roles: int) -> str:
    """A policy of so many roles, of which three are asked about."""
    others = "\n".join(f"  r{index}: {{includes: [guest], may: [p{index}, q{index}]}}" for index in range(roles - 3))
    return f"""\
roles:
  guest: [home:read]
  member: [profile:read]
  customer: [orders:list, {{permission: orders:read, when: resource.owner == subject.sub}}]
{others}
"""


def decider(roles: int) -> Decider:
    """The compiled policy."""
    return compile_policy(document.read(settings.parse(policy_text(roles), root=Path())))


def floor() -> Callable[[], object]:
    """Three look-ups and one record."""
    granted = frozenset(("customer",))

    def run() -> object:
        found = [role for role in ROLES if role in granted]
        return Answer("allow", "granted", (found[0],))

    return run


def granted(roles: int) -> Callable[[], object]:
    """A grant without condition, held through the caller's third role."""
    decide = decider(roles).decide
    return lambda: decide(subject="user:main/ana", roles=ROLES, permissions=("orders:list",))


def denied(roles: int) -> Callable[[], object]:
    """Nobody grants it."""
    decide = decider(roles).decide
    return lambda: decide(subject="user:main/ana", roles=ROLES, permissions=("orders:refund",))


def forbidden(roles: int) -> Callable[[], object]:
    """A condition of a grant, and one of a deny rule that does not hold."""
    rule = "deny: [{permission: orders:read, when: 'context.hour < 6', because: night}]"
    decide = compile_policy(document.read(settings.parse(policy_text(roles) + rule, root=Path()))).decide
    owner, attributes = {"owner": "ana"}, {"context.hour": 9}
    return lambda: decide(
        subject="user:main/ana", roles=ROLES, permissions=("orders:read",), attributes=attributes, resource=owner
    )


def conditional(roles: int) -> Callable[[], object]:
    """A condition on what the handler tells."""
    decide = decider(roles).decide
    owner = {"owner": "ana"}
    return lambda: decide(subject="user:main/ana", roles=ROLES, permissions=("orders:read",), resource=owner)


def times_us(cases: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Microseconds of CPU of one call, for each case and round."""
    found: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, run in cases.items():
            started = time.process_time()
            for _ in range(LOOPS):
                run()
            found[name].append((time.process_time() - started) / LOOPS * 1e6)
    return found


def traffic(count: int, policy: str) -> Iterator[Decision]:
    """Decisions of 5,000 people about four permissions."""
    wanted = ("orders:list", "orders:read", "home:read", "profile:read")
    for index in range(count):
        yield Decision(
            happened_at="2027-03-01T12:00:00.000000Z",
            request=f"request-{index}",
            sequence=1,
            service="shop",
            target="route:shop/GET /orders/{order_id}",
            subject=f"user:main/{index % 5000}",
            roles=ROLES,
            permissions=(wanted[index % 4],),
            outcome="allow",
            enforced=True,
            reason="granted",
            read={"resource.owner": str(index % 5000)},
            policy=policy,
        )


def main() -> None:
    """Prints one line a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--decisions", type=int, default=1_000_000)
    arguments = parser.parse_args()
    cases = {"floor: three look-ups, one record": floor()}
    for name, case in (
        ("granted", granted),
        ("denied", denied),
        ("conditional", conditional),
        ("deny rule too", forbidden),
    ):
        cases |= {f"{name}, {roles:,} roles": case(roles) for roles in (10, 1000)}
    found = times_us(cases, arguments.rounds)
    lowest = next(iter(found.values()))
    for name, took in found.items():
        ratio = statistics.median(one / least for one, least in zip(took, lowest, strict=True))
        print(f"{name:<36} {min(took):6.2f} us  {ratio:5.2f} x the floor")
    old = document.read(settings.parse(policy_text(10), root=Path()))
    new = document.read(settings.parse(policy_text(10).replace("subject.sub", "subject.id"), root=Path()))
    count = arguments.decisions
    started = time.process_time()
    for _ in traffic(count, old.hash):
        pass
    making = time.process_time() - started
    started = time.process_time()
    told = backtest(traffic(count, old.hash), {old.hash: old.text}, new)
    took = time.process_time() - started - making
    changed = f"{told.changed:,} change"
    print(f"backtest of {count:,} decisions: {took:.1f} s beside {making:.1f} s for making them ({changed})")


if __name__ == "__main__":
    main()
