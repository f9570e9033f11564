"""Where findings stand: spans in lines and columns, the line as shown, and the code that a fingerprint is made of."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from nomoat.check.model import CONFIDENCES, Confidence, Finding, Span
from nomoat.survey.python.form import Node
from nomoat.survey.python.parser import Module

# Texts and comments of Python, as far as one needs to tell one from the other.
PIECES = re.compile(
    r"(?P<comment>#[^\n]*)|(?P<text>\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')",
    re.S,
)
# The same, and texts that end on another line: what follows their quotes is hidden too.
_HIDDEN = re.compile(PIECES.pattern[:-1] + r"|\"\"\".*|'''.*|\"[^\n]*|'[^\n]*)", re.S)
_TRAILING_COMMA = re.compile(r",(?=[)\]}])")


def span_of(module: Module, node: Node) -> Span:
    """The region of a node."""
    start, end = node[1], max(node[1], node[2])
    return Span(module.path, module.line(start), module.column(start), module.line(end), module.column(end))


def span_of_line(module: Module | None, at: str) -> Span:
    """The region of a whole line, given as `file:line`."""
    path, _, number = at.rpartition(":")
    line = int(number) if number.isdigit() else 1
    text = module.line_text(line) if module is not None else ""
    begins = len(text) - len(text.lstrip()) + 1
    return Span(path or at, line, begins, line, max(len(text.rstrip()) + 1, begins + 1))


def code_of(text: str) -> str:
    """Code without comments, spaces and trailing commas: the same however it is laid out."""
    kept = PIECES.sub(lambda found: "" if found.lastgroup == "comment" else found.group(), text)
    return _TRAILING_COMMA.sub("", "".join(kept.split()))


def masked(text: str) -> str:
    """The text with what stands between quotes hidden, as long as it was: a finding never shows a secret."""

    def hidden(found: re.Match[str]) -> str:
        piece = found.group()
        if found.lastgroup == "comment":
            return piece
        quotes = 3 if piece[:3] in ('"""', "'''") else 1
        ends = piece[-quotes:] if len(piece) >= 2 * quotes and piece.endswith(piece[:quotes]) else ""
        return piece[:quotes] + "*" * (len(piece) - quotes - len(ends)) + ends

    return _HIDDEN.sub(hidden, text)


def hidden_together(found: Iterable[Finding], hiding: frozenset[str]) -> list[Finding]:
    """The findings, with the literals hidden in each that shares a line with a finding whose literals are secrets."""
    every = list(found)
    secret = {
        (one.span.path, line)
        for one in every
        if one.rule in hiding
        for line in range(one.span.line, one.span.end_line + 1)
    }
    return [
        replace(one, line_text=masked(one.line_text), code=masked(one.code))
        if any((one.span.path, line) in secret for line in range(one.span.line, one.span.end_line + 1))
        else one
        for one in every
    ]


def told_once(found: Iterable[Finding], flows: frozenset[str]) -> list[Finding]:
    """The findings without those that a flow on the same line tells better: the fault is the same, the way is known."""
    every = list(found)
    told: dict[tuple[str, int, int], Confidence] = {}
    for one in every:
        if one.rule not in flows:
            key = (one.span.path, one.span.line, one.cwe)
            told[key] = max(told.get(key, one.confidence), one.confidence, key=CONFIDENCES.index)
    of_flows = {(one.span.path, one.span.line, one.cwe) for one in every if one.rule in flows}
    kept = [one for one in every if one.rule in flows or (one.span.path, one.span.line, one.cwe) not in of_flows]
    return [
        replace(one, confidence=max(one.confidence, sure, key=CONFIDENCES.index))
        if one.rule in flows and (sure := told.get((one.span.path, one.span.line, one.cwe))) is not None
        else one
        for one in kept
    ]


def fingerprinted(found: Iterable[Finding]) -> list[Finding]:
    """Gives each finding its fingerprint: rule, symbol (without its file), code, and which of several alike.

    Moved lines, new layout, comments and renamed files change none of these.
    """
    counted: Counter[str] = Counter()
    result = []
    for finding in sorted(found, key=lambda one: (one.span.path, one.span.line, one.span.column, one.rule)):
        base = "\x00".join((finding.rule, finding.symbol, finding.code))
        counted[base] += 1
        digest = hashlib.sha256(f"{base}\x00{counted[base]}".encode()).hexdigest()[:24]
        result.append(replace(finding, fingerprint=digest))
    return result
