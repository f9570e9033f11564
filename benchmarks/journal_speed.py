"""How fast the journal is: facts appended by one and by eight processes, single commits, reading, verifying, retention.

    python benchmarks/journal_speed.py [--processes 1 8] [--facts 160000] [--batch 500] [--folder DIR] [--store URL]

Prints one Markdown table; with `--store postgresql://...`, that server beside SQLite, in a schema of its own that is
dropped at the end. The bar: at least 20,000 facts a second in total, appended in batches.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path

from nomoat.journal import retention
from nomoat.journal.facts import Block, Decision, Fact
from nomoat.journal.journal import open_store
from nomoat.journal.writer import Writer

BAR = 20_000


@contextmanager
def schema_of_its_own(server: str) -> Iterator[str]:
    """The URL of a store that is not made yet, in a database of a server; dropped at the end."""
    import psycopg

    name = f"nomoat_benchmark_{uuid.uuid4().hex[:8]}"
    try:
        yield f"{server}?schema={name}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP SCHEMA IF EXISTS "{name}" CASCADE')


def a_decision(number: int) -> Decision:
    """A decision as guard writes it, with every field that a real one has."""
    return Decision(
        request=f"{number:032x}",
        service="shop",
        target="route:shop/GET /orders/{order_id}",
        method="GET",
        subject="user:main/ana",
        credential="ab" * 32,
        roles=("customer",),
        params={"order_id": str(number)},
        permissions=("orders:read",),
        outcome="allow",
        enforced=True,
        reason="granted",
        grants=("customer may orders:read",),
        policy="sha256:" + "9f" * 32,
        map="sha256:" + "41" * 32,
        client="203.0.113.9",
        status=200,
    )


def append_batches(url: str, facts: int, batch: int, ready: Barrier) -> None:
    """One process of the measurement; facts are made before the clock starts."""
    store = open_store(url)
    made: list[list[tuple[Fact, str | None]]] = [
        [(a_decision(number), None) for number in range(start, start + batch)] for start in range(0, facts, batch)
    ]
    ready.wait()
    for facts_of_batch in made:
        store.append(facts_of_batch)
    ready.wait()
    store.close()


def measure_processes(url: str, processes: int, facts: int, batch: int) -> float:
    """Facts a second, in total."""
    open_store(url).close()
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(processes + 1)
    arguments = (url, facts, batch, ready)
    children = [context.Process(target=append_batches, args=arguments) for _ in range(processes)]
    for child in children:
        child.start()
    ready.wait()
    began = time.perf_counter()
    ready.wait()
    took_s = time.perf_counter() - began
    for child in children:
        child.join()
    return processes * facts / took_s


def measure_commits(url: str, count: int, *, durable: bool) -> tuple[float, float]:
    """Median and 99th percentile of one fact through the committing writer, in milliseconds."""
    store = open_store(url)
    writer = Writer(store, role="benchmark")
    writer.start()
    spans = []
    for number in range(count):
        fact = (a_decision(number), None)
        began = time.perf_counter()
        writer.commit([fact], durable=durable)
        spans.append((time.perf_counter() - began) * 1000)
    writer.close()
    store.close()
    return statistics.median(spans), statistics.quantiles(spans, n=100)[98]


def measure_enqueue(url: str, count: int) -> tuple[float, float]:
    """Microseconds of CPU of one `enqueue` in the caller, and of the whole way to the store for each fact."""
    store = open_store(url)
    writer = Writer(store, role="benchmark", capacity=count)
    writer.start()
    facts = [a_decision(number) for number in range(count)]
    whole, own = time.process_time(), 0.0
    for fact in facts:
        began = time.thread_time()
        writer.enqueue(fact)
        own += time.thread_time() - began
    writer.flush()
    spent = time.process_time() - whole
    writer.close()
    store.close()
    return own / count * 1e6, spent / count * 1e6


def measure_reading(url: str) -> tuple[float, float, float]:
    """Facts a second read and verified, and milliseconds of one look for blocks."""
    store = open_store(url)
    count = store.head().count
    began = time.perf_counter()
    read = sum(1 for _ in store.read())
    read_s = time.perf_counter() - began
    began = time.perf_counter()
    found = store.verify()
    verify_s = time.perf_counter() - began
    assert read == count == found.facts
    assert not found.problems, found.problems
    after = store.head().position
    began = time.perf_counter()
    for _ in range(500):
        list(store.read(after, kinds=(Block,)))
    look_ms = (time.perf_counter() - began) / 500 * 1000
    store.close()
    return count / read_s, count / verify_s, look_ms


def measure_retention(url: str) -> tuple[float, float]:
    """Facts a second that retention takes away and seals, and milliseconds of its longest piece."""
    store = open_store(url)
    limited = {"decision": retention.Limit(keep_s=0)}
    result, longest_s, is_writing = retention.Result(), 0.0, False
    began = last = time.perf_counter()
    for _ in retention.pieces(store, limited, result):
        now = time.perf_counter()
        # Looking for what is old only reads; it holds no lock, and comes before the first piece.
        longest_s = max(longest_s, now - last) if is_writing else 0.0
        is_writing = True
        last = time.perf_counter()
    took_s = time.perf_counter() - began
    assert not store.verify().problems
    store.close()
    return result.blanked["decision"][0] / took_s, longest_s * 1000


def measure(url: str, chosen: argparse.Namespace) -> dict[str, str]:
    """Everything about one store, by what it is."""
    rows: dict[str, str] = {}
    total = 0.0
    for processes in chosen.processes:
        each = chosen.facts // processes // chosen.batch * chosen.batch
        rate = measure_processes(url, processes, each, chosen.batch)
        rows[f"appended by {processes} processes in batches of {chosen.batch}"] = f"{rate:,.0f} facts/s"
        total = max(total, rate)
    with closing(open_store(url)) as store:
        size = store.usage().size_bytes / store.head().count
    read, verified, look_ms = measure_reading(url)
    middle, late = measure_commits(url, 3000, durable=False)
    full_middle, full_late = measure_commits(url, 500, durable=True)
    caller_us, whole_us = measure_enqueue(url, 20_000)
    pruned, piece_ms = measure_retention(url)
    rows |= {
        "size on disk": f"{size:,.0f} bytes a decision",
        "one commit through the writer": f"{middle:.2f} ms median, {late:.2f} ms p99",
        "one durable commit (full sync)": f"{full_middle:.2f} ms median, {full_late:.2f} ms p99",
        "enqueue, CPU in the caller": f"{caller_us:.1f} us",
        "enqueue, CPU of all threads, under load": f"{whole_us:.1f} us a fact",
        "read": f"{read:,.0f} facts/s",
        "verified": f"{verified:,.0f} facts/s",
        "one look for new blocks": f"{look_ms:.3f} ms",
        "taken away by retention": f"{pruned:,.0f} facts/s, longest piece {piece_ms:.0f} ms",
    }
    if total < BAR:
        print(f"{url}: below the bar of {BAR:,} facts/s", file=sys.stderr)
    return rows


def main() -> int:
    """Prints the table; what is below the bar is said."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--facts", type=int, default=160_000, help="facts of each measurement, of all processes")
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--folder", help="where the SQLite store is made (default: the temporary folder)")
    parser.add_argument("--store", help="a server beside SQLite: postgresql://user@host/database")
    chosen = parser.parse_args()
    columns = {}
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        columns["SQLite"] = measure(f"sqlite:{Path(folder) / 'journal.db'}", chosen)
    if chosen.store:
        with schema_of_its_own(chosen.store) as url:
            columns["PostgreSQL"] = measure(url, chosen)
    print(f"| {datetime.now(UTC):%Y-%m-%d} Python {sys.version.split()[0]} | {' | '.join(columns)} |")
    print("|---" * (1 + len(columns)) + "|")
    for name in columns["SQLite"]:
        print(f"| {name} | {' | '.join(column[name] for column in columns.values())} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
