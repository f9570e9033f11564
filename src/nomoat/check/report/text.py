"""A result as people read it: each finding with its code, why, and fix; the summary says what was not looked at."""

from __future__ import annotations

from collections import Counter

from nomoat.check.model import CONFIDENCES, Confidence, Finding, Result
from nomoat.errors import printable

_WORD = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}


def render(result: Result, *, confidence: Confidence) -> str:
    """The whole report. Findings below `confidence` are counted and not shown."""
    shown = [f for f in result.findings if f.suppressed is None and _reaches(f, confidence)]
    parts = [_finding(finding, result) for finding in shown if finding.severity != "low"]
    notes = [_note(finding) for finding in shown if finding.severity == "low"]
    if notes:
        parts.append("\n".join(notes) + "\n")
    for where, why in result.not_analysed:
        parts.append(f"not analysed: {printable(where)}: {printable(why)}\n")
    return "\n".join([*parts, _summary(result, shown)])


def _reaches(finding: Finding, confidence: Confidence) -> bool:
    return CONFIDENCES.index(finding.confidence) >= CONFIDENCES.index(confidence)


def _finding(finding: Finding, result: Result) -> str:
    sure = "" if finding.confidence == "sure" else f" ({finding.confidence})"
    lines = [f"{_WORD[finding.severity]}[{finding.rule}]{sure}: {printable(finding.message)}"]
    lines += _frame(finding)
    for span, words in finding.steps[1:]:
        lines.append(f"   = {printable(words)}  ({printable(str(span))})")
    lines.append(f"   = why: {printable(_one_line(finding.why))}")
    known = f"more: nomoat explain {finding.rule}" if finding.rule in result.rules else ""
    lines.append(f"   = fix: {printable(_one_line(finding.fix))}" + (f"     {known}" if known else ""))
    return "\n".join(lines) + "\n"


def _note(finding: Finding) -> str:
    """One line: a note is a question to think about, and must not hide what is wrong behind pages of it."""
    sure = "" if finding.confidence == "sure" else f" ({finding.confidence})"
    where = f"{printable(finding.span.path)}:{finding.span.line}"
    return f"note[{finding.rule}]{sure}: {printable(_one_line(finding.message))}  ({where})"


def _frame(finding: Finding) -> list[str]:
    span, gutter = finding.span, len(str(finding.span.line))
    lines = [f"{' ' * gutter}--> {printable(span.path)}:{span.line}"]
    if not finding.line_text.strip():
        return lines
    text = printable(finding.line_text.replace("\t", " "), limit=160)
    end = span.end_column if span.end_line == span.line else len(finding.line_text) + 1
    marks = max(1, min(end, len(text) + 1) - span.column)
    lines.append(f"{' ' * gutter} |")
    lines.append(f"{span.line} | {text}")
    label = f" {printable(_one_line(finding.label))}" if finding.label else ""
    lines.append(f"{' ' * gutter} | {' ' * (span.column - 1)}{'^' * marks}{label}")
    lines.append(f"{' ' * gutter} |")
    return lines


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _summary(result: Result, shown: list[Finding]) -> str:
    counted = Counter(_WORD[finding.severity] for finding in shown)
    said = [_count(counted[word], word) for word in ("error", "warning", "note") if counted[word]] or ["Nothing found"]
    line = f"{', '.join(said)}.  {_count(result.routes, 'route')}"
    line += f" ({result.unknown_routes} not known)" if result.unknown_routes else ""
    told = ", nothing has changed since the last run" if result.is_remembered else ""
    line += f", {_count(result.files, 'file')}, {result.seconds:.1f} s{told}."
    hidden = sum(1 for f in result.findings if f.suppressed is None) - len(shown)
    suppressed = sum(1 for f in result.findings if f.suppressed is not None)
    if hidden:
        line += f"  {hidden} less sure: --confidence low."
    if suppressed:
        line += f"  {suppressed} suppressed."
    if result.not_analysed:
        line += f"  NOT COMPLETE: {_count(len(result.not_analysed), 'place')} not analysed."
    else:
        line += "  Everything was analysed."
    left = ", ".join(f"{number} {reason}" for reason, number in sorted(result.left_out.items()))
    return f"{line}\nleft out: {left}\n" if left else f"{line}\n"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
