"""How fast a tree is mapped and checked, cold, beside bandit on the same tree in the same run; and the memory of both.

    python benchmarks/scan_speed.py PATH [--bandit PYTHON]

PYTHON is an interpreter that has bandit (default: this one). Each part is a process of its own; CPU seconds are
those of the operating system for the process and its children, so start-up counts, too.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

_MINE = (0, 1, 3)


def spent(command: list[str], *, accepted: tuple[int, ...]) -> tuple[float, float, float]:
    """CPU seconds, seconds of the clock and peak memory in MB of a command.

    Raises:
        SystemExit: it ended with a code that is not accepted.
    """
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in accepted:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - started, usage.ru_maxrss / 1024


def lines_of(root: Path) -> tuple[int, int]:
    """Files and lines that nomoat reads."""
    command = [sys.executable, "-m", "nomoat", "map", str(root), "--format", "json", "--allow-incomplete"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    coverage = json.loads(done.stdout)["coverage"]
    return coverage["files"], coverage["lines"]


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--bandit", metavar="PYTHON", default=sys.executable)
    given = parser.parse_args()
    files, lines = lines_of(given.path)
    print(
        f"{given.path.name}: {files:,} files, {lines:,} lines;"
        f" Python {platform.python_version()}, {os.cpu_count()} CPUs"
    )
    nomoat = [sys.executable, "-m", "nomoat"]
    bandit = [given.bandit, "-m", "bandit", "-r", "-q", "--exit-zero", "-f", "json", "-o", os.devnull]
    parts = (("map", [*nomoat, "map"], _MINE), ("check", [*nomoat, "check"], _MINE), ("bandit", bandit, (0,)))
    speeds: dict[str, float] = {}
    for what, command, accepted in parts:
        cpu_s, clock_s, memory_mb = spent([*command, str(given.path)], accepted=accepted)
        speeds[what] = lines / cpu_s
        print(f"{what:8} {cpu_s:8.1f} CPU s {clock_s:8.1f} s {lines / cpu_s:10,.0f} lines a CPU s {memory_mb:8,.0f} MB")
    print(f"check: {speeds['check'] / speeds['bandit']:.1f} times bandit's lines a CPU second")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
