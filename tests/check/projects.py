"""Small projects written to a folder and checked as the command checks them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from nomoat import settings as settings_file
from nomoat.check.model import Finding, Result
from nomoat.check.scan import scan

TODAY = date(2026, 11, 24)


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Writes the files; text is dedented."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).lstrip("\n").encode())
    return root


def result_of(root: Path, files: Mapping[str, str | bytes], *, today: date = TODAY) -> Result:
    """The result of checking a folder with these files in it."""
    write(root, files)
    settings = settings_file.load(root / "nomoat.yaml") if "nomoat.yaml" in files else settings_file.empty(root)
    return scan(root, settings, today=today)


def findings_of(root: Path, rule: str, source: str) -> list[Finding]:
    """What one rule finds in one file."""
    return [finding for finding in result_of(root, {"app.py": source}).findings if finding.rule == rule]


def lines_of(root: Path, rule: str, source: str) -> list[int]:
    """The lines that one rule finds in one file."""
    return sorted(finding.span.line for finding in findings_of(root, rule, source))
