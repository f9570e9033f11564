"""CPU of one decision beside its floor, and whether it stays flat from 10 roles to 1,000; then of a backtest.

    python benchmarks/decision_speed.py [--rounds 7] [--decisions 1000000]

The floor is what no decider can do without: one look-up in a frozen set for each of a caller's three roles, and
building the record of the answer. Everything runs in one process; best of the rounds, and ratios to the floor.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from nomoat import settings
from nomoat.journal.facts import Decision
from nomoat.policy import document
from nomoat.policy.backtest import backtest
from nomoat.policy.decide import Answer, Decider, compile_policy

LOOPS = 20_000
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


def conditional(roles: int) -> Callable[[], object]:
    """A condition on what the handler tells."""
    decide = decider(roles).decide
    owner = {"owner": "ana"}
    return lambda: decide(subject="user:main/ana", roles=ROLES, permissions=("orders:read",), resource=owner)


def best_us(run: Callable[[], object], rounds: int) -> float:
    """Microseconds of CPU of one call."""
    times = []
    for _ in range(rounds):
        started = time.process_time()
        for _ in range(LOOPS):
            run()
        times.append(time.process_time() - started)
    return min(times) / LOOPS * 1e6


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
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--decisions", type=int, default=1_000_000)
    arguments = parser.parse_args()
    cases = {"floor: three look-ups, one record": floor()}
    for name, case in (("granted", granted), ("denied", denied), ("conditional", conditional)):
        cases |= {f"{name}, {roles:,} roles": case(roles) for roles in (10, 1000)}
    lowest = 0.0
    for name, run in cases.items():
        us = best_us(run, arguments.rounds)
        lowest = lowest or us
        print(f"{name:<36} {us:6.2f} us  {us / lowest:5.2f} x the floor")
    old = document.read(settings.parse(policy_text(10), root=Path()))
    new = document.read(settings.parse(policy_text(10).replace("subject.sub", "subject.id"), root=Path()))
    count = arguments.decisions
    started = time.process_time()
    for _ in traffic(count, old.hash):
        pass
    making = time.process_time() - started
    started = time.process_time()
    found = backtest(traffic(count, old.hash), {old.hash: old.text}, new)
    took = time.process_time() - started - making
    changed = f"{found.changed:,} change"
    print(f"backtest of {count:,} decisions: {took:.1f} s beside {making:.1f} s for making them ({changed})")


if __name__ == "__main__":
    main()
