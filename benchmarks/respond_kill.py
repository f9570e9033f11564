"""Kills `nomoat respond --auto` at any moment and counts: no step may be lost, none done twice.

    python benchmarks/respond_kill.py [--kills 200] [--seed N]

Alerts go on coming while the responder is killed with SIGKILL after a random time and started again. A process reads
blocks as a guarded worker does, a receiver counts the messages. A step that ended *unsure* waits for a person and
counts as neither.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from nomoat import settings as settings_file
from nomoat.journal.facts import Alert, Block, Evidence, timestamp
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from nomoat.respond import book, casework
from nomoat.respond.unattended import AUTOMATIC_KINDS

_SETTLED = ("done", "verified", "unsure")


class Receiver(ThreadingHTTPServer):
    """Counts what arrives, by idempotency key."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.keys: Counter[str] = Counter()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Receiver)
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.keys[self.headers["Idempotency-Key"]] += 1
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def alert(number: int) -> Alert:
    """One attacker's alert."""
    now = timestamp()
    return Alert(
        detection="object-enumeration", severity="high", summary="benchmark", subject=f"user:main/attacker{number}",
        service="shop", target="route:shop/GET /orders/{order_id}", first_event_at=now, last_event_at=now, observed=40,
        playbook="api-abuse",
    )  # fmt: skip


def run(root: Path, store: Store, kills: int, chance: random.Random) -> int:
    """Kills and starts again; gives the number of alerts."""
    environment = {**os.environ, "HOOK": (root / "hook").read_text()}
    command = [sys.executable, "-m", "nomoat", "respond", "--auto"]
    quiet = subprocess.DEVNULL
    alerts = 0
    for _ in range(kills):
        responder = subprocess.Popen(command, cwd=root, env=environment, stdout=quiet, stderr=quiet)
        # It takes about 0.2 s to start; it is killed at any moment of its life.
        ends = time.monotonic() + chance.uniform(0.1, 0.7)
        while time.monotonic() < ends:
            if chance.random() < 0.015:
                store.append([(alert(alerts), None)])
                alerts += 1
            time.sleep(0.01)
        responder.kill()
        responder.wait()
    # What is left is done in peace.
    subprocess.run(
        [*command, "--once"], cwd=root, env=environment, check=False, stdout=quiet, stderr=quiet, timeout=300
    )
    return alerts


def judge(store: Store, receiver: Receiver, alerts: int) -> dict[str, int]:
    """What became of every automatic step."""
    cases = casework.load_all(store)
    automatic = [step for step in book.find("api-abuse", None).steps if step.auto and step.kind in AUTOMATIC_KINDS]
    states = Counter(
        (fact.state if (fact := case.steps.get(step.id)) is not None else "lost")
        for case in cases
        for step in automatic
    )
    blocks = Counter(e.fact.incident for e in store.read(kinds=(Block,)) if isinstance(e.fact, Block))
    kept = Counter(
        (e.fact.incident, e.fact.name) for e in store.read(kinds=(Evidence,)) if isinstance(e.fact, Evidence)
    )
    doubled = [sum(n - 1 for n in counted.values()) for counted in (blocks, kept, receiver.keys)]
    attempts = sum(fact.state == "intent" for case in cases for _, fact in case.step_times)
    return {
        "alerts": alerts,
        "incidents": len(cases),
        "automatic steps": len(cases) * len(automatic),
        "begun again after a kill": attempts - len(cases) * len(automatic),
        "lost": sum(n for state, n in states.items() if state not in _SETTLED) + alerts - len(cases),
        "doubled: blocks, evidence, messages": sum(doubled),
        "unsure (a person decides)": states["unsure"],
    }


def main() -> int:
    """Prints one Markdown table; exit code 1 where anything was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    chosen = parser.parse_args()
    receiver = Receiver()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "hook").write_text(f"http://127.0.0.1:{receiver.server_port}/")
        (root / "nomoat.yaml").write_text(
            "format: 1\nservices: {shop: {}}\nnotify: {team: {webhook: 'env:HOOK'}}\n"
            "respond: {max_auto_blocks: 100000}\n"
        )
        store = open_store(settings_file.load(root / "nomoat.yaml").store_url)
        worker = subprocess.Popen(
            [sys.executable, "-m", "nomoat.respond.drill_worker", store.url], stdin=subprocess.PIPE
        )
        try:
            alerts = run(root, store, chosen.kills, random.Random(chosen.seed))
            found = judge(store, receiver, alerts)
            problems = len(store.verify().problems)
        finally:
            worker.kill()
            worker.wait()
            store.close()
            receiver.shutdown()
    print(f"| {datetime.now(UTC):%Y-%m-%d} Python {sys.version.split()[0]}, seed {chosen.seed} | |\n|---|---|")
    rows = {"kills (SIGKILL)": chosen.kills, **found, "problems of the chain": problems}
    rows["seconds"] = round(time.monotonic() - began)
    print("\n".join(f"| {name} | {value:,} |" for name, value in rows.items()))
    return 1 if found["lost"] or found["doubled: blocks, evidence, messages"] or problems else 0


if __name__ == "__main__":
    sys.exit(main())
