"""Looks for secrets in every file of a tree: Python first, then settings, manifests, scripts and notebooks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from nomoat.check.model import Confidence, Rule, SecretShape, Span, weaker
from nomoat.check.secrets import texts
from nomoat.check.secrets.shapes import Shapes, Spotted
from nomoat.survey.python import form
from nomoat.survey.python.parser import Module
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.words import WordIndex

#: Files that show how something is written: what stands in them is seldom real.
_SHOWING = re.compile(
    r"(^|/)(docs?|examples?|samples?|fixtures?|testdata|demo|cassettes|locale|translations|project_templates?"
    r"|app_templates?|project_name|app_name|scaffold(s|ing)?|skeletons?|boilerplates?)/|\.(md|rst|txt|html)$"
    r"|\.(example|sample|template|dist|tmpl|j2)(\.|$)|([._-]|(^|/))(example|sample|template)[._-]?|(^|/)(tests?|mock|fake|dummy)[_-][^/]*\.(cfg|conf|ini|ya?ml|json|toml|env|xml|sh)$"
    r"|(^|/)(dev|devel|test|demo|sample|example|sandbox)[_-]?(project|site|app|server|env)/", re.I
)  # fmt: skip
#: Translations speak of passwords and tokens on every line, and hold none.
_TEXTS_FOR_PEOPLE = re.compile(
    r"(^|/)(locales?|translations?|i18n|l10n|lang(uages?)?)/|(^|/)(strings|messages)\.json$", re.I
)
_SHOWN = 40
#: In more places of one file no secret stands.
_MOST_PLACES = 3


class FoundSecret(NamedTuple):
    """One secret: the rule, where, the line with the secret hidden, what it is and the name that it stands under."""

    rule: Rule
    span: Span
    line_text: str
    of: str
    name: str
    confidence: Confidence
    fix: str


class _Place(NamedTuple):
    """Where a secret was spotted: the line and its number, where it begins in the text, and what it is indented by."""

    number: int
    start: int
    column: int
    line: str
    spotted: Spotted


class TooLargeError(Exception):
    """A file is larger than any that holds settings."""


class SecretSearch:
    """The rules about secrets, looked for in one pass over each file."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rule_of = {shape: rule for rule in rules for shape in rule.secrets}
        self._shapes = Shapes(self._rule_of)
        self._begun: dict[str, list[SecretShape]] = {}
        self._naming: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self._rule_of)

    def read(self, index: WordIndex) -> None:
        """Takes in the words of the Python files that it will be asked for."""
        self._begun, self._naming = self._shapes.begun_within(index), self._shapes.may_name(index)

    def in_module(self, module: Module) -> Iterator[FoundSecret]:
        """The secrets of a Python file."""
        begun, names = self._begun.get(module.path, ()), module.path in self._naming
        if not begun and not names:
            return
        lines = self._shapes.naming(module.source) if names else frozenset()
        for place in self._in_file(module.path, module.source, begun, lines):
            if place.spotted.shape.pattern is not None or _is_constant(module, place):
                yield self._found(module.path, place)

    def in_text(self, root: Path, path: str) -> Iterator[FoundSecret]:
        """The secrets of another file.

        Raises:
            OSError: it cannot be read.
            TooLargeError: nobody keeps settings in such a file; it was not looked at.
        """
        if _TEXTS_FOR_PEOPLE.search(path):
            return
        with (root / path).open("rb") as stream:
            data = stream.read(texts.MAX_BYTES + 1)
        if len(data) > texts.MAX_BYTES:
            raise TooLargeError(path)
        if b"\0" not in data[:4096]:
            for place in self._in_file(path, data, self._shapes.begun_in(data), self._shapes.naming(data)):
                yield self._found(path, place)

    def _in_file(
        self, path: str, data: bytes, shapes: Sequence[SecretShape], naming: frozenset[int]
    ) -> Iterator[_Place]:
        """The secrets of a file, of these shapes and under the names on these lines."""
        if not shapes and not naming:
            return
        text = data.decode("utf-8", "replace")

        def is_shown_often(spotted: Spotted, line: str) -> bool:
            """Whether the same stands in many places: an example that is shown again and again."""
            return text.count(line[spotted.start : spotted.end]) > _MOST_PLACES

        taken: set[int] = set()
        ends = [found.start() for found in re.finditer("\n", text)]
        for spotted in self._shapes.in_text(text, shapes) if shapes else ():
            row = bisect_right(ends, spotted.start - 1)
            start = ends[row - 1] + 1 if row else 0
            end = ends[row] if row < len(ends) else len(text)
            taken.add(row + 1)
            inside = spotted._replace(start=spotted.start - start, end=min(spotted.end, end) - start)
            yield _Place(row + 1, start, 0, text[start:end], inside)
        for line in texts.lines(path, text, naming - taken):
            for spotted in self._shapes.in_line(line.text):
                start = ends[line.number - 2] + 1 if line.number > 1 else 0
                if is_shown_often(spotted, line.text):
                    spotted = spotted._replace(confidence=weaker(spotted.confidence, "low"))
                yield _Place(line.number, start, line.column, line.text, spotted)

    def _found(self, path: str, place: _Place) -> FoundSecret:
        line, spotted = place.line, place.spotted
        rule = self._rule_of[spotted.shape]
        begins, ends = place.column + spotted.start + 1, place.column + spotted.end + 1
        span = Span(path, place.number, begins, place.number, ends)
        confidence = weaker(rule.confidence, spotted.confidence)
        if TEST_FILE.search(path) or _SHOWING.search(path):
            # A checksum that fits says that it was real once, wherever it stands.
            confidence = weaker(confidence, "likely" if spotted.shape.checked == "crc32-base62" else "low")
        hidden = "*" * min(spotted.end - spotted.start, _SHOWN)
        shown = line[max(0, spotted.start - 200) : spotted.start] + hidden + line[spotted.end : spotted.end + 60]
        return FoundSecret(rule, span, shown.rstrip(), spotted.shape.of, spotted.name, confidence, spotted.shape.fix)


def _is_constant(module: Module, place: _Place) -> bool:
    """Whether what was spotted is the whole of a text in source, and no part of a comment or a docstring."""
    text = module.source.decode("utf-8", "replace")
    offset = len(text[: place.start + place.spotted.start].encode())
    size = place.spotted.end - place.spotted.start
    for node in form.walk(module.body):
        if node[0] == form.CONSTANT and node[1] <= offset < node[2] and isinstance(node[3], (str, bytes)):
            return len(node[3]) == size
    return False
