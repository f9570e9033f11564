"""Kills writers at any moment and counts: nothing acknowledged may be lost, nothing doubled.

    python benchmarks/journal_kill.py [--kills 200] [--writers 2] [--folder DIR] [--store postgresql://user@host/database]

Each writer appends numbered facts (keyed, some durable, some through the committing writer) and acknowledges on a
pipe. It is killed with SIGKILL after a random time; the next one first tries its last, unacknowledged batch again.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from journal_speed import schema_of_its_own

from nomoat.journal.facts import Decision, Gap
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store

_WRITER = """
import random, sys
from nomoat.journal.facts import Decision
from nomoat.journal.journal import open_store
from nomoat.journal.writer import Writer
url, name, first = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = open_store(url)
writer = Writer(store, role="benchmark", service=name)
writer.start()
number = first
print("ready", flush=True)
while True:
    size = random.choice((1, 1, 3, 20))
    names = [f"{name}-{number + index}" for index in range(size)]
    facts = [(Decision(request=one, service=name, target="route:shop/GET /", subject="user:main/ana", outcome="allow",
                       enforced=True, reason="granted"), one) for one in names]
    durable = random.random() < 0.1
    if random.random() < 0.5:
        writer.commit(facts, durable=durable)
    else:
        store.append(facts, durable=durable)
    number += size
    print(number, flush=True)
"""


@dataclass
class Series:
    """One writer after the other under one name. `acknowledged` is the number of its next fact."""

    url: str
    name: str
    acknowledged: int = 0
    kills: int = 0
    process: subprocess.Popen[bytes] | None = None
    _rest: bytes = field(default=b"", repr=False)

    def start(self) -> None:
        """The next writer; it begins with what was not acknowledged, under the same keys."""
        command = [sys.executable, "-c", _WRITER, self.url, self.name, str(self.acknowledged)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)

    def listen(self) -> None:
        """Takes what was acknowledged so far."""
        assert self.process is not None and self.process.stdout is not None
        while select.select([self.process.stdout], [], [], 0)[0]:
            read = os.read(self.process.stdout.fileno(), 65536)
            if not read:
                return
            *lines, self._rest = (self._rest + read).split(b"\n")
            for line in lines:
                if line.isdigit():
                    self.acknowledged = int(line)

    def kill(self) -> None:
        """Kills the writer and takes its last words."""
        assert self.process is not None and self.process.stdout is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.listen()
        self._rest = b""
        self.process.stdout.close()
        self.kills += 1


def run(url: str, kills: int, writers: int, seed: int, most_s: float) -> list[Series]:
    """Kills until it is enough; the writers run beside one another."""
    chance = random.Random(seed)
    series = [Series(url, f"w{number}") for number in range(writers)]
    for one in series:
        one.start()
    while sum(one.kills for one in series) < kills:
        victim = chance.choice(series)
        # A writer takes about 0.2 s to start; it is killed at any moment of its life, the start too.
        deadline = time.monotonic() + chance.uniform(0.0, most_s)
        while time.monotonic() < deadline:
            time.sleep(0.01)
            for one in series:
                one.listen()
        victim.kill()
        victim.start()
    for one in series:
        one.kill()
    return series


def judge(store: Store, series: list[Series]) -> tuple[int, int, int, int]:
    """Facts, lost ones, doubled ones, and those that were committed and not yet acknowledged."""
    counted = Counter(entry.fact.request for entry in store.read() if isinstance(entry.fact, Decision))
    lost = sum(f"{one.name}-{number}" not in counted for one in series for number in range(one.acknowledged))
    doubled = sum(count - 1 for count in counted.values())
    beyond = len(counted) - sum(one.acknowledged for one in series) + lost
    return len(counted), lost, doubled, beyond


def main() -> int:
    """Prints one Markdown table; exit code 1 where anything was lost or doubled, or the chain does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--writers", type=int, default=2)
    parser.add_argument("--most-s", type=float, default=0.6, help="the longest time between two kills")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--folder", help="where the store is made (default: the temporary folder)")
    parser.add_argument("--store", help="a server instead: postgresql://user@host/database; a schema of its own")
    chosen = parser.parse_args()
    with contextlib.ExitStack() as ended:
        if chosen.store:
            url = ended.enter_context(schema_of_its_own(chosen.store))
        else:
            folder = ended.enter_context(tempfile.TemporaryDirectory(dir=chosen.folder))
            url = f"sqlite:{Path(folder) / 'journal.db'}"
        began = time.monotonic()
        series = run(url, chosen.kills, chosen.writers, chosen.seed, chosen.most_s)
        store = open_store(url, create=False)
        facts, lost, doubled, beyond = judge(store, series)
        problems = store.verify().problems
        gaps = sum(1 for _ in store.read(kinds=(Gap,)))
        store.close()
    print(f"| {datetime.now(UTC):%Y-%m-%d} Python {sys.version.split()[0]}, seed {chosen.seed} | |\n|---|---|")
    rows = [
        ("kills (SIGKILL)", sum(one.kills for one in series)),
        ("facts committed", facts),
        ("acknowledged and lost", lost),
        ("doubled", doubled),
        ("committed at the end, not yet acknowledged", beyond),
        ("gaps told by the next start", gaps),
        ("problems of the chain", len(problems)),
        ("seconds", round(time.monotonic() - began)),
    ]
    print("\n".join(f"| {name} | {value:,} |" for name, value in rows))
    return 1 if lost or doubled or problems else 0


if __name__ == "__main__":
    sys.exit(main())
