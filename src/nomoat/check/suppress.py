"""Suppressions in source: `# nomoat: allow <rule> until 2027-01-31, <reason>`, on the line, above it or at a decorator.

One that is expired, malformed or covers nothing is a finding itself; unused counts only where its rule ran.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from nomoat.check.model import Finding, Span
from nomoat.check.places import PIECES
from nomoat.journal.facts import Severity
from nomoat.survey.python.parser import Module

_COMMENT = re.compile(r"#\s*nomoat:(.*)$")
_ALLOW = re.compile(r"\s*allow\s+([a-z0-9-]+)\s+until\s+(\d{4}-\d{2}-\d{2})\s*,\s*(\S.*?)\s*$")


@dataclass(frozen=True, slots=True)
class Allow:
    """One comment. `covers` are the lines it speaks of; `mistake` says why it cannot be read, when it cannot."""

    span: Span
    line_text: str
    rule: str
    until: date | None
    reason: str
    covers: frozenset[int]
    mistake: str = ""

    @property
    def at(self) -> str:
        """`file:line`."""
        return str(self.span)

    def is_expired(self, today: date) -> bool:
        """True from the day after its end."""
        return self.until is not None and today > self.until


def comments(module: Module) -> Iterator[Allow]:
    """Every suppression comment of a file; the words in a text are none."""
    if b"nomoat:" not in module.source:
        return
    text = module.source.decode("utf-8", "replace")
    for found in PIECES.finditer(text):
        if found.lastgroup != "comment" or "nomoat:" not in found.group():
            continue
        words = _COMMENT.match(found.group().rstrip())
        if words is None:
            continue
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        yield _read(module, line, column, words)


def _read(module: Module, line: int, column: int, words: re.Match[str]) -> Allow:
    text = module.line_text(line)
    span = Span(module.path, line, column, line, column + len(words.group()))
    found = _ALLOW.match(words.group(1))
    covers = _covered(module, line, text[: column - 1])
    if found is None:
        return Allow(span, text, "", None, "", covers, "it is not `allow RULE until YYYY-MM-DD, REASON`")
    try:
        until = datetime.strptime(found.group(2), "%Y-%m-%d").date()
    except ValueError:
        return Allow(span, text, found.group(1), None, "", covers, f"{found.group(2)} is no day")
    return Allow(span, text, found.group(1), until, found.group(3), covers)


def _covered(module: Module, line: int, before: str) -> frozenset[int]:
    covers = {line}
    is_alone = not before.strip()
    if is_alone or before.lstrip().startswith("@"):
        # Alone on its line it speaks of what follows; at a decorator of everything down to the definition.
        below = line + 1
        while below <= module.line_count and module.line_text(below).lstrip().startswith(("#", "@")):
            covers.add(below)
            below += 1
        covers.add(below)
    return frozenset(covers)


def covering(allows: Iterable[Allow], finding: Finding, decorators: range) -> Allow | None:
    """The comment that covers a finding: on one of its lines, above it, or at a decorator of the same definition."""
    lines = {*range(finding.span.line, finding.span.end_line + 1), *decorators}
    for one in allows:
        if one.span.path == finding.span.path and one.rule == finding.rule and not one.mistake and lines & one.covers:
            return one
    return None


_SEVERITY: dict[str, Severity] = {
    "malformed-suppression": "medium",
    "expired-suppression": "medium",
    "unused-suppression": "low",
}
_WHY = {
    "malformed-suppression": "somebody meant to make an exception, and it is not in force",
    "expired-suppression": "the exception was made for a time, and that is over",
    "unused-suppression": "an exception that covers nothing hides the next finding there",
}
_FIX = {
    "malformed-suppression": "# nomoat: allow RULE until 2027-01-31, REASON",
    "expired-suppression": "mend what it covers, or decide again and write a new date",
    "unused-suppression": "remove the comment",
}
#: The rules about suppressions; they have no file, as they are part of the engine.
RULES = tuple(_SEVERITY)


def finding_about(allow: Allow, rule: str, message: str) -> Finding:
    """A finding about a comment itself."""
    return Finding(
        rule, _SEVERITY[rule], "sure", message, _WHY[rule], _FIX[rule], allow.span, allow.line_text,
        symbol=allow.rule, code=allow.reason or allow.line_text.strip(),
    )  # fmt: skip


def explained(rule: str) -> tuple[str, str, str] | None:
    """Severity, why and fix of a rule about suppressions; None for any other."""
    return (_SEVERITY[rule], _WHY[rule], _FIX[rule]) if rule in _SEVERITY else None
