"""The section `check:` of nomoat.yaml: from which severity on it fails, and what is left out, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from nomoat.check.model import SEVERITIES
from nomoat.datafile import Reader
from nomoat.errors import SettingsError
from nomoat.journal.facts import Severity
from nomoat.settings import Settings


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """The section. What `exclude` leaves out is no incompleteness: somebody said why."""

    fail_on: Severity = "medium"
    exclude: tuple[tuple[str, str], ...] = ()


def read(settings: Settings) -> CheckSettings:
    """The section. Raises SettingsError with every mistake."""
    reader = Reader(SettingsError)
    fields = reader.mapping(settings.section("check"), "check", known=("fail_on", "exclude"))
    if fields is None:
        reader.finish()
        return CheckSettings()
    fail_on = reader.choice(fields.get("fail_on"), "fail_on", SEVERITIES) or "medium"
    exclude: list[tuple[str, str]] = []
    for node in reader.sequence(fields.get("exclude"), "exclude"):
        entry = reader.mapping(node, "an exclusion", known=("path", "because"))
        if entry is None:
            continue
        path = reader.text(entry.get("path"), "path")
        because = reader.text(entry.get("because"), "because")
        for name in ("path", "because"):
            if name not in entry:
                reader.mistake(f"an exclusion needs {name}", node)
        if path is not None and because is not None:
            exclude.append((path, because))
    reader.finish()
    return CheckSettings(cast(Severity, fail_on), tuple(exclude))
