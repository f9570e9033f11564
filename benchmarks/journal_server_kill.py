"""Kills a PostgreSQL server under its writers: nothing acknowledged may be lost, nothing doubled.

    python benchmarks/journal_server_kill.py --binaries /usr/lib/postgresql/15/bin [--as-user postgres] [--seconds 60]

Makes a server of its own in the temporary folder, on a port of this machine. Writers append facts without keys; a batch
that failed is handed over again, the same objects, until it is acknowledged. Meanwhile the server is stopped in the
middle of everything (immediate shutdown or SIGKILL), stays away for up to 7 s, and starts again.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nomoat.journal.facts import Decision
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store

_WRITER = """
import sys, time
from nomoat.errors import StorageError
from nomoat.journal.facts import Decision
from nomoat.journal.journal import open_store
url, name, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
store = open_store(url, create=False)
print("ready", flush=True)
number, ends = 0, time.monotonic() + seconds
while time.monotonic() < ends:
    facts = [(Decision(request=f"{name}-{number + part}", service=name, target="route:shop/GET /", outcome="allow",
                       subject="user:main/ana", enforced=True, reason="granted"), None) for part in range(3)]
    while True:
        try:
            store.append(facts)
            break
        except StorageError:
            print("failed", flush=True)
            time.sleep(0.05)
    number += 3
    print(number, flush=True)
"""


@dataclass
class Server:
    """A server of its own, run by a user who may (PostgreSQL refuses to be run by root)."""

    folder: Path
    binaries: Path
    user: str
    port: int

    @property
    def url(self) -> str:
        """A store in it."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres?schema=nomoat"

    def make(self) -> None:
        """An empty one."""
        if self.user:
            shutil.chown(self.folder, self.user)
        self._run(
            "initdb", "-D", str(self.folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"
        )

    def start(self) -> None:
        """Starts it, however it ended."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        log = str(self.folder / "log")
        for _ in range(50):
            if self._control("start", "-l", log, "-o", options) == 0:
                return
            time.sleep(0.2)
        raise RuntimeError(f"the server does not start: {log}")

    def stop(self, how: str) -> None:
        """`immediate` is as a crash: memory is gone, the log is replayed at the next start."""
        self._control("stop", "-m", how)

    def kill(self) -> None:
        """SIGKILL of the process above all others."""
        os.kill(int((self.folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    def _control(self, *arguments: str) -> int:
        return self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-t", "30", *arguments, check=False)

    def _run(self, name: str, *arguments: str, check: bool = True) -> int:
        command = [str(self.binaries / name), *arguments]
        quiet = subprocess.DEVNULL
        user = self.user or None
        return subprocess.run(command, stdout=quiet, stderr=quiet, user=user, check=check, cwd="/").returncode


def run(server: Server, writers: int, seconds: float, chance: random.Random) -> tuple[int, list[list[str]]]:
    """How often the server was killed, and what each writer said."""
    command = [sys.executable, "-c", _WRITER, server.url]
    started = [
        subprocess.Popen([*command, f"w{number}", str(seconds)], stdout=subprocess.PIPE, text=True)
        for number in range(writers)
    ]
    for one in started:
        assert one.stdout is not None
        one.stdout.readline()
    kills, ends = 0, time.monotonic() + seconds - 5
    while time.monotonic() < ends:
        time.sleep(chance.uniform(0.3, 1.5))
        if chance.random() < 0.5:
            server.kill()
        else:
            server.stop("immediate")
        time.sleep(chance.choice((0.0, 0.0, 1.0, 7.0)))
        server.start()
        kills += 1
    return kills, [one.communicate()[0].split() for one in started]


def judge(store: Store, said: list[list[str]]) -> tuple[int, int, int]:
    """Facts, lost ones and doubled ones."""
    counted = Counter(entry.fact.request for entry in store.read() if isinstance(entry.fact, Decision))
    reached = [max([0, *(int(word) for word in words if word.isdigit())]) for words in said]
    lost = sum(f"w{name}-{number}" not in counted for name, count in enumerate(reached) for number in range(count))
    return len(counted), lost, counted.total() - len(counted)


def main() -> int:
    """Prints one Markdown table; exit code 1 where anything was lost or doubled, or the chain does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binaries", type=Path, required=True, help="where initdb and pg_ctl are")
    parser.add_argument("--as-user", default="", help="who runs the server, where this is root")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--writers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    chosen = parser.parse_args()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), chosen.binaries, chosen.as_user, port)
        server.make()
        server.start()
        try:
            with closing(open_store(server.url)) as store:
                kills, said = run(server, chosen.writers, chosen.seconds, random.Random(chosen.seed))
                facts, lost, doubled = judge(store, said)
                problems = store.verify().problems
        finally:
            server.stop("fast")
    print(f"| {datetime.now(UTC):%Y-%m-%d} Python {sys.version.split()[0]}, seed {chosen.seed} | |\n|---|---|")
    rows = [
        ("kills of the server", kills),
        ("facts committed", facts),
        ("batches that were told to have failed, and handed over again", sum(words.count("failed") for words in said)),
        ("acknowledged and lost", lost),
        ("doubled", doubled),
        ("problems of the chain", len(problems)),
    ]
    print("\n".join(f"| {name} | {value:,} |" for name, value in rows))
    return 1 if lost or doubled or problems else 0


if __name__ == "__main__":
    sys.exit(main())
