"""How fast a tree is mapped and checked, cold, beside bandit on the same tree in the same run; and the memory of both.

    python benchmarks/scan_speed.py PATH [--bandit PYTHON] [--runs N]

PYTHON is an interpreter that has bandit (default: this one). Each part is a process of its own; CPU seconds are
those of the operating system for the process and its children, so start-up counts, too; memory is that of the largest
process; of several runs the median is told. Then, on a copy: again with nothing changed, with one file edited (one
after the other, at random), and parts of 50,000 lines and their doubles.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_MINE = (0, 1, 3)
#: Lines of the smallest part that shows how time grows.
_LEAST = 50_000
#: Files that are edited, one after the other.
_EDITED = 15


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


def told(what: str, lines: int, runs: list[tuple[float, float, float]]) -> float:
    """Prints the median of some runs; gives its lines a CPU second."""
    cpu_s, clock_s, memory_mb = (statistics.median(one) for one in zip(*runs, strict=True))
    print(
        f"{what:20} {cpu_s:8.2f} CPU s {clock_s:8.2f} s {lines / cpu_s:10,.0f} lines a CPU s {memory_mb:8,.0f} MB",
        flush=True,
    )
    return lines / cpu_s


def again(command: list[str], root: Path, lines: int) -> None:
    """The same tree once more: with nothing changed, and with one file edited."""
    spent([*command, str(root)], accepted=_MINE)
    told("nothing changed", lines, [spent([*command, str(root)], accepted=_MINE) for _ in range(3)])
    runs = []
    for edited in random.Random(2).sample(sorted(root.rglob("*.py")), _EDITED):
        edited.write_bytes(edited.read_bytes() + b"\n\nx = 1\n")
        time.sleep(0.2)
        runs.append(spent([*command, str(root)], accepted=_MINE))
    told("one file edited", lines, runs)
    told("the slowest of these", lines, [max(runs, key=lambda one: one[1])])


def growth(command: list[str], root: Path, most: int, folder: Path) -> None:
    """Parts of the tree, each twice as large as the one before."""
    files = sorted(root.rglob("*.py"))
    random.Random(1).shuffle(files)
    sizes = {path: path.read_bytes().count(b"\n") for path in files}
    wanted = _LEAST
    while wanted <= most:
        part, lines = folder / str(wanted), 0
        for path in files:
            if lines >= wanted:
                break
            lines += sizes[path]
            to = part / path.relative_to(root)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to)
        told(f"{lines:,} lines", lines, [spent([*command, "--no-cache", str(part)], accepted=_MINE) for _ in range(3)])
        wanted *= 2


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--bandit", metavar="PYTHON", default=sys.executable)
    parser.add_argument("--runs", type=int, default=1)
    given = parser.parse_args()
    # Whoever installed it has it compiled.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    files, lines = lines_of(given.path)
    print(
        f"{given.path.name}: {files:,} files, {lines:,} lines;"
        f" Python {platform.python_version()}, {os.cpu_count()} CPUs"
    )
    nomoat = [sys.executable, "-m", "nomoat"]
    bandit = [given.bandit, "-m", "bandit", "-r", "-q", "--exit-zero", "-f", "json", "-o", os.devnull]
    parts = (
        ("map", [*nomoat, "map"], _MINE), ("check", [*nomoat, "check", "--no-cache"], _MINE), ("bandit", bandit, (0,))
    )  # fmt: skip
    speeds: dict[str, float] = {}
    for what, command, accepted in parts:
        runs = [spent([*command, str(given.path)], accepted=accepted) for _ in range(given.runs)]
        speeds[what] = told(what, lines, runs)
    print(f"check: {speeds['check'] / speeds['bandit']:.1f} times bandit's lines a CPU second")
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_CACHE_HOME"] = str(Path(name) / "cache")
        copied = Path(shutil.copytree(given.path, Path(name) / "tree"))
        # What changed just now is not remembered.
        time.sleep(1)
        again([*nomoat, "check"], copied, lines)
        growth([*nomoat, "check"], copied, lines, Path(name) / "parts")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
