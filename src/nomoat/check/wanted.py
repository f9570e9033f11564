"""Which files the patterns of rules want, and where in them: most are passed by."""

from __future__ import annotations

from collections.abc import Iterable

from nomoat.check.model import Rule
from nomoat.check.prefilter import Hits, Making, Prefilter
from nomoat.survey.python.program import Region
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.words import Index, WordIndex


class Wanted:
    """Which files the patterns of rules want, in tests and elsewhere."""

    def __init__(self, rules: Iterable[Rule], *, is_thorough: bool = False) -> None:
        self._is_thorough = is_thorough
        self.plain = [rule for rule in rules if rule.patterns]
        self.in_tests = [rule for rule in self.plain if rule.in_tests]
        self._everywhere, self._in_tests = Prefilter(self.plain), Prefilter(self.in_tests)

    def making(self, index: Index) -> Making:
        """What the files of a tree say of one another: where values are made that patterns ask for."""
        return self._everywhere.making(index)

    def files(self, index: WordIndex, making: Making | None = None) -> dict[str, Region | None]:
        """The files of a tree that patterns may fit, with where in them; None: everywhere.

        `index` may be that of some of its files, where `making` is told of all.
        """
        making = self.making(index) if making is None else making
        tests = {path for path in index.texts if TEST_FILE.search(path)}
        self._everywhere.read(index, index.texts.keys() - tests, making)
        self._in_tests.read(index, tests, making)
        hits = ((path, self.hits(path)) for path in index.texts)
        return {path: None if found.are_everywhere else found.within for path, found in hits if found is not None}

    def hits(self, path: str) -> Hits | None:
        """Where patterns may fit in a file; None where none can."""
        if self._is_thorough:
            return Hits(b"", None)
        return (self._in_tests if TEST_FILE.search(path) else self._everywhere).look(path)
