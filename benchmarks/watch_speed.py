"""How fast watch reads: events a second through all shipped detections, in order and a little out of order.

    python benchmarks/watch_speed.py [--events 100000]

Prints one Markdown table. Events of several workers come out of order by some milliseconds all the time.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from datetime import UTC, datetime

from nomoat.watch import registry
from nomoat.watch.engine import Engine
from nomoat.watch.events import Event


def made(count: int, *, subjects: int, shuffled_s: float, seed: int = 7) -> list[Event]:
    """Events at 2,000 a second; each may be behind by up to `shuffled_s`."""
    chance = random.Random(seed)
    began = 1_700_000_000.0
    found = []
    for number in range(count):
        at_s = began + number / 2000 - chance.uniform(0, shuffled_s)
        found.append(
            Event(
                at_s=at_s, happened_at="2026-11-24T23:41:05.000000Z", kind="decision", service="shop",
                route="route:shop/GET /orders/{order_id}", params={"order_id": str(number)},
                subject=f"user:main/{chance.randrange(subjects)}", client="192.0.2.7", permissions=("orders:read",),
                outcome=chance.choice(("allow", "allow", "allow", "deny")), reason="granted", source="journal/shop",
            )
        )  # fmt: skip
    return found


def measure(events: list[Event]) -> tuple[float, int]:
    """Events a second, and alerts."""
    engine = Engine(registry.load(None))
    began = time.perf_counter()
    alerts = sum(fact.kind == "alert" for event in events for fact in engine.feed(event))
    return len(events) / (time.perf_counter() - began), alerts


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000)
    count = parser.parse_args().events
    print(f"| {datetime.now(UTC):%Y-%m-%d} Python {sys.version.split()[0]} | |\n|---|---|")
    for name, subjects, shuffled_s in (
        ("in order, 1,000 callers", 1000, 0.0),
        ("out of order by up to 50 ms, 1,000 callers", 1000, 0.05),
        ("out of order by up to 30 s, 1,000 callers", 1000, 30.0),
        ("in order, a new caller each time", 10**9, 0.0),
    ):
        rate, alerts = measure(made(count, subjects=subjects, shuffled_s=shuffled_s))
        print(f"| {name} | {rate:,.0f} events/s, {alerts:,} alerts |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
