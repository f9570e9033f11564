"""Runs `nomoat policy diff`: reads both sides, compares, prints."""

from __future__ import annotations

import argparse

from nomoat.errors import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE, UsageError
from nomoat.policy import before, diff
from nomoat.policy.actions import print_as, settings_of
from nomoat.policy.diff_report import diff_json, diff_text


def diff_action(arguments: argparse.Namespace) -> int:
    """Says what becomes allowed or denied; weaker is 1, and what cannot be told alone is 3."""
    if arguments.revision is not None and arguments.against:
        raise UsageError("a revision and --against FILE are two different questions", fix="ask one of them")
    now = settings_of(arguments.config)
    if arguments.against:
        sides = before.of_file(now, arguments.against)
    else:
        sides = before.of_revision(now, "HEAD" if arguments.revision is None else arguments.revision)
    found = diff.compare(sides.before, sides.after)
    shown = diff_json(found, sides.name, sides.notes)
    print_as(arguments.format, shown, diff_text(found, sides.name, sides.notes))
    verdicts = {change.verdict for change in found}
    if "weaker" in verdicts:
        return EXIT_FINDINGS
    return EXIT_INCOMPLETE if "untold" in verdicts or not sides.has_map else EXIT_CLEAN
