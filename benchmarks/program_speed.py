"""How fast a tree becomes a program, beside bandit on the same tree in the same run; and whether it misses anything.

    python benchmarks/program_speed.py PATH [--no-bandit] [--compare]

Prints lines, CPU seconds, lines per CPU second and peak memory, each part in a process of its own. The light pass
asks of every call what it is called. `--compare` checks every definition and
call against the standard library's own parser.
"""

from __future__ import annotations

import argparse
import ast
import json
import resource
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path


def program_of(root: str) -> dict[str, float]:
    """Reads, parses and lowers the tree, then goes through every node once."""
    from nomoat.survey.python import form
    from nomoat.survey.python.program import read

    started = time.process_time()
    program, _ = read(root)
    lowered = time.process_time()
    names = 0
    for module in program.modules.values():
        for node in form.walk(module.body):
            if node[0] == form.CALL and form.dotted(node[3]) is not None:
                names += 1
    walked = time.process_time()
    return {
        "files": len(program.modules),
        "lines": sum(module.line_count for module in program.modules.values()),
        "lowered_s": lowered - started,
        "cpu_s": walked - started,
        "not_analysed": sum(module.loses for module in program.modules.values()),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def resolution_of(root: str) -> dict[str, float]:
    """The same, and then every call resolved."""
    from nomoat.survey.python.program import read

    program, _ = read(root)
    started = time.process_time()
    counted = program.resolution(program.scopes())
    return {
        "cpu_s": time.process_time() - started,
        "resolved": counted.resolved,
        "unresolved": counted.unresolved,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def bandit_of(root: str) -> dict[str, float]:
    """bandit over the same tree, all its rules, one process."""
    command = [sys.executable, "-m", "bandit", "-r", "-q", "--exit-zero", "-f", "json", "-o", "/dev/null", root]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"cpu_s": spent.ru_utime + spent.ru_stime, "memory_mb": spent.ru_maxrss / 1024}


def comparison_of(root: str) -> dict[str, float]:
    """Definitions and calls that the standard library's parser sees and the lowered form does not, file by file."""
    from nomoat.survey.python import form
    from nomoat.survey.python.program import read

    warnings.simplefilter("ignore")
    program, sources = read(root)
    counted = {"compared": 0, "different": 0, "of_these_reported": 0, "refused_by_python": 0}
    for module in program.modules.values():
        try:
            tree = list(ast.walk(ast.parse((sources.root / module.path).read_bytes())))
        except (SyntaxError, ValueError, RecursionError):
            counted["refused_by_python"] += 1
            continue
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        expected = {(node.name, node.lineno) for node in tree if isinstance(node, kinds)}
        nodes = list(form.walk(module.body))
        found = {(node[3], module.line(node[1])) for node in nodes if node[0] in (form.FUNCTION, form.CLASS)}
        calls = sum(node[0] == form.CALL for node in nodes) == sum(isinstance(node, ast.Call) for node in tree)
        counted["compared"] += 1
        if found != expected or not calls:
            counted["different"] += 1
            counted["of_these_reported"] += bool(module.broken or module.problem)
            print(f"  differs: {module.path}", file=sys.stderr)
    return {name: float(number) for name, number in counted.items()}


_PARTS: dict[str, Callable[[str], dict[str, float]]] = {
    "program": program_of,
    "resolution": resolution_of,
    "bandit": bandit_of,
    "comparison": comparison_of,
}


def measured(part: str, root: Path) -> dict[str, float]:
    """One measurement in a process of its own, so that memory is that of the part alone."""
    done = subprocess.run([sys.executable, __file__, str(root), "--part", part], check=True, stdout=subprocess.PIPE)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def row(what: str, cpu_s: float, lines: float) -> str:
    """One line of the table."""
    return f"{what:22} {cpu_s:8.1f} CPU s  {lines / cpu_s:10,.0f} lines a CPU s"


def main() -> int:
    """Measures and prints."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("path", type=Path)
    arguments.add_argument("--no-bandit", action="store_true")
    arguments.add_argument("--compare", action="store_true")
    arguments.add_argument("--part", choices=_PARTS, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.part:
        json.dump(_PARTS[given.part](str(given.path)), sys.stdout)
        return 0
    program = measured("program", given.path)
    lines = program["lines"]
    print(f"{program['files']:,.0f} files, {lines:,.0f} lines, {program['not_analysed']:.0f} not analysed whole")
    print(row("parsed and lowered", program["lowered_s"], lines))
    print(row("with a light pass", program["cpu_s"], lines), f"{program['memory_mb']:6.0f} MB")
    resolved = measured("resolution", given.path)
    share = resolved["resolved"] / max(1, resolved["resolved"] + resolved["unresolved"])
    print(row("every call resolved", resolved["cpu_s"], lines), f"{resolved['memory_mb']:6.0f} MB, {share:.1%} of them")
    if not given.no_bandit:
        bandit = measured("bandit", given.path)
        print(row("bandit", bandit["cpu_s"], lines), f"{bandit['memory_mb']:6.0f} MB")
        print(f"{bandit['cpu_s'] / program['cpu_s']:.1f} times bandit's lines a CPU second")
    if given.compare:
        print(measured("comparison", given.path))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
