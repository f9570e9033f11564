"""CPU of a condition beside its floor and beside another CEL, and whether both say the same of random requests.

    python benchmarks/condition_speed.py [--rounds 15] [--requests 100000]

The floor of a decision is what no decider can do without: one look-up in a frozen set for each of a caller's three
roles, and building the record of the same answer. The other CEL is the Rust binding `common-expression-language`; it is
given the attributes of a request as a dict, as a request brings them, and once as a context made beforehand.
Cases take turns within a round; a ratio is the median over the rounds.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cel

from nomoat import settings
from nomoat.policy import conditions, document
from nomoat.policy.comparisons import ConditionFailure
from nomoat.policy.decide import Answer, Decider, compile_policy

LOOPS = 4_000
ROLES = ("guest", "member", "customer")
OWNED = "resource.owner == subject.sub"
TEXTS = (
    OWNED,
    'context.hour >= 6 && context.hour < 22 && "customer" in subject.roles',
    'has(resource.tenant) && resource.tenant == subject.tenant || resource.owner.startsWith("a")',
    'subject.roles.exists(r, r.startsWith("eu-")) && resource.total + 10 < 1000',
)


def decider(roles: int) -> Decider:
    """A policy of so many roles with ten permissions each, of which three are asked about."""
    others = "\n".join(
        f"  r{n}: {{includes: [guest], may: [{', '.join(f'p{n}x{k}' for k in range(10))}]}}" for n in range(roles - 3)
    )
    text = f"""\
roles:
  guest: [home:read]
  member: [profile:read]
  customer: [{{permission: orders:read, when: {OWNED}}}]
{others}
"""
    return compile_policy(document.read(settings.parse(text, root=Path())))


def floor() -> Callable[[], object]:
    """Three look-ups, and the record that the decision makes."""
    granted = frozenset(("customer",))
    names, owner = ("role:customer orders:read",), {"owner": "ana"}

    def run() -> object:
        found = [role for role in ROLES if role in granted]
        read = {"resource.owner": owner["owner"], "subject.sub": "ana"}
        return Answer("allow", "granted", names, read, None, (), "", (), names if found else ())  # type: ignore[arg-type]

    return run


def decision(roles: int) -> Callable[[], object]:
    """One decision on what a handler tells of its resource."""
    decide, owner = decider(roles).decide, {"owner": "ana"}
    return lambda: decide(subject="user:main/ana", roles=ROLES, permissions=("orders:read",), resource=owner)


def times(cases: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Microseconds of CPU of one call, for each case and round."""
    found: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, run in cases.items():
            started = time.process_time()
            for _ in range(LOOPS):
                run()
            found[name].append((time.process_time() - started) / LOOPS * 1e6)
    return found


def request(chance: random.Random) -> dict[str, Any]:
    """The attributes of a random request; some are absent, some of another type."""
    texts = ("ana", "ben", "t1", "t2", "eu-staff")
    found: dict[str, Any] = {
        "subject.sub": chance.choice(texts),
        "subject.roles": chance.sample(("guest", "customer", "eu-staff", "eu-admin"), chance.randrange(4)),
        "context.hour": chance.randrange(24),
    }
    optional: dict[str, Callable[[], Any]] = {
        "subject.tenant": lambda: chance.choice(texts),
        "resource.owner": lambda: chance.choice((*texts, 5, True)),
        "resource.tenant": lambda: chance.choice(texts),
        "resource.total": lambda: chance.choice((0, 5, 990, -3, 2**63 - 1, "7")),
    }
    found |= {name: made() for name, made in optional.items() if chance.random() < 0.85}
    return found


def nested(flat: dict[str, Any]) -> dict[str, Any]:
    """The attributes as CEL has them: one map for each namespace."""
    spaces: dict[str, Any] = {space: {} for space in conditions.NAMESPACES}
    for name, value in flat.items():
        space, _, rest = name.partition(".")
        spaces[space][rest] = value
    return spaces


#: Relations of the common subset; random conditions join them.
_RELATIONS = (
    "resource.owner == subject.sub", "resource.owner != 'ana'", "resource.tenant == subject.tenant", "context.hour < 6",
    "context.hour >= 6 && context.hour < 22", "'customer' in subject.roles", "resource.owner in ['ana', 'ben']",
    "resource.total + 10 < 1000", "resource.total - 1 >= 0", "resource.owner.startsWith('a')",
    "subject.sub.endsWith('n')", "resource.tenant.contains('1')", "size(subject.roles) > 1",
    "subject.roles.exists(r, r.startsWith('eu-'))", "subject.roles.all(r, r != 'guest')", "has(resource.tenant)",
    "!has(resource.total)", "'user:' + subject.sub == 'user:ana'", "resource.total > context.hour",
)  # fmt: skip


def agreement(count: int) -> tuple[int, int, int, list[str]]:
    """Random requests under random conditions: how many agree, how many we fail, how many differ, and which."""
    chance = random.Random(20261130)
    agree = failed = 0
    differ: list[str] = []
    pairs: list[tuple[conditions.Condition, Any]] = []
    for _ in range(400):
        parts = [chance.choice(("", "!")) + f"({chance.choice(_RELATIONS)})" for _ in range(chance.randrange(1, 4))]
        text = chance.choice((" && ", " || ")).join(parts)
        pairs.append((conditions.compile(text), cel.compile(text)))
    for index in range(count):
        condition, program = pairs[index % len(pairs)]
        flat = request(chance)
        ours = condition.evaluate(flat)
        if isinstance(ours, ConditionFailure):
            failed += 1
            continue
        theirs = program.execute(nested(flat))
        if theirs is ours:
            agree += 1
        else:
            differ.append(f"{condition.text} of {flat}: ours {ours}, theirs {theirs}")
    return agree, failed, len(differ), differ


def main() -> None:
    """Prints decisions beside their floor, conditions beside the other CEL, and how many requests agree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--requests", type=int, default=100_000)
    arguments = parser.parse_args()
    flat = {
        "subject.sub": "ana", "subject.roles": ("customer", "eu-staff"), "subject.tenant": "t1",
        "resource.owner": "ana", "resource.tenant": "t1", "resource.total": 100, "context.hour": 9,
    }  # fmt: skip
    whole = nested({**flat, "subject.roles": list(flat["subject.roles"])})  # type: ignore[call-overload]  # it is a tuple
    context = cel.Context(variables=whole)
    cases: dict[str, Callable[[], object]] = {
        "floor: three look-ups, the same record": floor(),
        "decision, 10 roles, 100 permissions": decision(10),
        "decision, 1,000 roles, 10,000 permissions": decision(1000),
    }
    found = times(cases, arguments.rounds)
    lowest = found["floor: three look-ups, the same record"]
    for name, took in found.items():
        ratio = statistics.median(one / least for one, least in zip(took, lowest, strict=True))
        print(f"{name:<44} {min(took):6.2f} us  {ratio:5.2f} x the floor")
    small = {"subject.sub": "ana", "resource.owner": "ana"}
    for text in TEXTS:
        evaluate, execute = conditions.compile(text).evaluate, cel.compile(text).execute
        inputs = (small, nested(small)) if text == OWNED else (flat, whole)
        cases = {
            "ours": lambda evaluate=evaluate, given=inputs[0]: evaluate(given),  # type: ignore[misc]
            "theirs": lambda execute=execute, given=inputs[1]: execute(given),  # type: ignore[misc]
            "ready": lambda execute=execute: execute(context),  # type: ignore[misc]
        }
        found = times(cases, arguments.rounds)
        ratios = {
            name: statistics.median(other / own for other, own in zip(found[name], found["ours"], strict=True))
            for name in ("theirs", "ready")
        }
        ready = f"with a context made beforehand {min(found['ready']):.2f} us, {ratios['ready']:.1f} x"
        print(text)
        print(
            f"  ours {min(found['ours']):.2f} us; the binding {min(found['theirs']):.2f} us, "
            f"{ratios['theirs']:.1f} x; {ready}"
        )
    agree, failed, differ, named = agreement(arguments.requests)
    print(f"{arguments.requests:,} random requests: {agree:,} agree, {failed:,} fail here (CEL may absorb), ", end="")
    print(f"{differ:,} differ")
    for line in named[:10]:
        print(" ", line)


if __name__ == "__main__":
    main()
