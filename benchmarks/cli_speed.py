"""CPU of `nomoat --help` and `--version` beside bare `python -c pass`: at most 3.5 times it.

    python benchmarks/cli_speed.py [--runs 20]

User and system CPU of whole processes, run in turn, medians and their ratio.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "nomoat --version": [sys.executable, "-m", "nomoat", "--version"],
    "nomoat --help": [sys.executable, "-m", "nomoat", "--help"],
}


def cpu_s(command: list[str]) -> float:
    """CPU seconds of one run."""
    # The bytecode is cached, as it is for everybody who installed with pip.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Prints one line a command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    for command in COMMANDS.values():
        cpu_s(command)
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs):
        for name, command in COMMANDS.items():
            times[name].append(cpu_s(command))
    floor = statistics.median(times["python -c pass"])
    for name, found in times.items():
        median = statistics.median(found)
        print(f"{name:18} {median * 1000:6.1f} ms CPU   {median / floor:4.2f} x   (median of {runs})")


if __name__ == "__main__":
    main()
