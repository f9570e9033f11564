"""Runs each rule on the example beside it: `<id>.py`, lines marked `# expect: <id>`, safe twins unmarked."""

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
    example = path.with_suffix(".py")
    if not example.exists():
        return [f"{example.name} is missing: lines marked `# expect: {path.stem}`, and safe twins"]
    lines = example.read_text(encoding="utf-8").splitlines()
    expected = {n for n, line in enumerate(lines, 1) for name in _EXPECT.findall(line) if name == path.stem}
    if not expected:
        return [f"{example.name} expects nothing: an example must show a finding"]
    found = _found(path, example)
    wrong = [f"{example.name}:{line} is marked and not found" for line in sorted(expected - found)]
    return wrong + [f"{example.name}:{line} is found and not marked" for line in sorted(found - expected)]


def _found(rule: Path, example: Path) -> set[int]:
    """The lines that the rule finds in its example, which lies alone in a folder with the rule as a user's own."""
    with tempfile.TemporaryDirectory(prefix="nomoat-rule-") as folder:
        root = Path(folder)
        own = registry.own_folder(root)
        own.mkdir(parents=True)
        shutil.copyfile(rule, own / rule.name)
        shapes = registry.load_one(rule).secrets
        (root / "example.py").write_text(fill(example.read_text(encoding="utf-8"), shapes), encoding="utf-8")
        beside = example.with_suffix(".settings")
        if beside.exists():
            shutil.copyfile(beside, root / settings_file.FILE_NAME)
        settings = settings_file.load(root / settings_file.FILE_NAME) if beside.exists() else settings_file.empty(root)
        result = scan(root, settings, today=date.today())
        if result.not_analysed:
            where, why = result.not_analysed[0]
            raise NomoatError(f"the example could not be analysed: {why}", where=where)
        return {f.span.line for f in result.findings if f.rule == rule.stem and f.span.path == "example.py"}
