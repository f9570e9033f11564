"""Runs each rule on the examples beside it: lines marked `# expect: <id>` are to be found, and no other."""

from __future__ import annotations

import argparse
import re
import shutil
import tempfile
from datetime import date
from pathlib import Path

from nomoat import settings as settings_file
from nomoat.check import registry
from nomoat.check.scan import scan
from nomoat.check.secrets.made import fill
from nomoat.errors import EXIT_CLEAN, EXIT_FINDINGS, DataFileError, NomoatError, printable

#: Where what stands beside a rule lies while it is tried.
_PLACES = {".py": "example.py", ".html": "templates/example.html"}
_EXPECT = re.compile(r"#\s*expect:\s*([a-z0-9-]+)")


def run(arguments: argparse.Namespace) -> int:
    """Runs `nomoat rules test`."""
    if arguments.path:
        files = sorted(Path(arguments.path).rglob("*.yaml"))
        if not files:
            raise NomoatError("no rules here", where=str(arguments.path), fix="name a folder with *.yaml files")
    else:
        files = registry.files(settings_file.load().root)
    failures = 0
    for path in files:
        wrong = check(path)
        failures += bool(wrong)
        print(f"{'FAIL' if wrong else 'ok  '} {path.stem}")
        for line in wrong:
            print(f"     {printable(line)}")
    print(f"{len(files)} rules, {failures} failed")
    return EXIT_FINDINGS if failures else EXIT_CLEAN


def check(path: Path) -> list[str]:
    """What is wrong with a rule and its example; empty when all is right. The example is read, never run."""
    try:
        registry.load_one(path)
    except DataFileError as error:
        return str(error).splitlines()
    examples = {
        place: path.with_suffix(suffix) for suffix, place in _PLACES.items() if path.with_suffix(suffix).exists()
    }
    if not examples:
        return [f"{path.stem}.py is missing: lines marked `# expect: {path.stem}`, and safe twins"]
    names = {place: example.name for place, example in examples.items()}
    expected = {(place, line) for place, example in examples.items() for line in _expected(path.stem, example)}
    if not expected:
        return [f"{' and '.join(names.values())}: nothing is expected, an example must show a finding"]
    found = _found(path, examples)
    wrong = [f"{names[place]}:{line} is marked and not found" for place, line in sorted(expected - found)]
    return wrong + [f"{names[place]}:{line} is found and not marked" for place, line in sorted(found - expected)]


def _expected(rule: str, example: Path) -> set[int]:
    lines = example.read_text(encoding="utf-8").splitlines()
    return {number for number, line in enumerate(lines, 1) for name in _EXPECT.findall(line) if name == rule}


def _found(rule: Path, examples: dict[str, Path]) -> set[tuple[str, int]]:
    """The lines that the rule finds in its example, which lies alone in a folder with the rule as a user's own."""
    with tempfile.TemporaryDirectory(prefix="nomoat-rule-") as folder:
        root = Path(folder)
        own = registry.own_folder(root)
        own.mkdir(parents=True)
        shutil.copyfile(rule, own / rule.name)
        shapes = registry.load_one(rule).secrets
        for place, example in examples.items():
            (root / place).parent.mkdir(exist_ok=True)
            (root / place).write_text(fill(example.read_text(encoding="utf-8"), shapes), encoding="utf-8")
        beside = rule.with_suffix(".settings")
        if beside.exists():
            shutil.copyfile(beside, root / settings_file.FILE_NAME)
        settings = settings_file.load(root / settings_file.FILE_NAME) if beside.exists() else settings_file.empty(root)
        result = scan(root, settings, today=date.today())
        if result.not_analysed:
            where, why = result.not_analysed[0]
            raise NomoatError(f"the example could not be analysed: {why}", where=where)
        return {(f.span.path, f.span.line) for f in result.findings if f.rule == rule.stem and f.span.path in examples}
