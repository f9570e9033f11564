"""Runs again over a tree of which some files changed: what looked at none of them, and asked nothing of which the
answer changed, was found before.

Gives the same as a run over everything, or nothing where that has to be made.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

from nomoat.appmap.model import Map
from nomoat.check import suppress
from nomoat.check.left import Left
from nomoat.check.model import Rule
from nomoat.check.parts import Finders, Part, Parts
from nomoat.check.scan import Outcome, result_of
from nomoat.check.templates.search import is_template
from nomoat.check.wanted import Wanted
from nomoat.settings import Settings
from nomoat.survey.drawing import Drawing, completed, facts_of
from nomoat.survey.python import program as programs
from nomoat.survey.python.collecting import uncollected
from nomoat.survey.python.known import KnownIndex
from nomoat.survey.python.parser import Module, Parsing
from nomoat.survey.python.program import Program
from nomoat.survey.python.reading import Text
from nomoat.survey.python.reading import read as read_file
from nomoat.survey.python.sources import Sources
from nomoat.survey.python.used import RecordedIndex, Used
from nomoat.survey.python.words import WordIndex


class ChangedError(Exception):
    """A file is not what it was when the run began."""


@uncollected()
def again(
    path: Path,
    settings: Settings,
    left: Left,
    sources: Sources,
    changed: Iterable[str],
    is_as_before: Callable[[str], bool],
    *,
    today: date,
    rules: dict[str, Rule],
) -> Outcome | None:
    """The outcome over a tree with the same files as before; None where everything is to be run.

    Args:
        path: the folder or file.
        settings: those of the run before.
        left: what that left.
        sources: the files of the tree.
        changed: those that changed since.
        is_as_before: whether another file is still as it was when `changed` was found out.
        today: the day.
        rules: those of the run before.

    Raises:
        ChangedError: a file changed meanwhile.
    """
    return _Again(path, settings, left, sources, set(changed), is_as_before, rules).run(today)


class _Again:
    def __init__(
        self,
        path: Path,
        settings: Settings,
        left: Left,
        sources: Sources,
        changed: set[str],
        is_as_before: Callable[[str], bool],
        rules: dict[str, Rule],
    ) -> None:
        self._started = time.monotonic()
        self._path, self._settings, self._rules = path, settings, rules
        self._left, self._sources = left, sources
        self._is_as_before = is_as_before
        python = set(sources.files)
        self._changed, self._texts = changed & python, changed - python
        self._read = {one: read_file(sources.root, one) for one in self._changed}
        self._index = KnownIndex(
            left.questions, sources.files, {one: text.source for one, text in self._read.items()}, self._source
        )

    def run(self, today: date) -> Outcome | None:
        """Finds anew what is to be found anew."""
        wanted = Wanted(self._rules.values())
        making, making_used = self._left.making, self._left.making_used
        if self._is_stale(making_used):
            making_used = Used()
            making = wanted.making(RecordedIndex(self._index, making_used))
            if making.makers != self._left.making.makers:
                return None
        before = self._left.parts
        todo = self._changed | {one for one, part in before.files.items() if self._is_stale(part.used)}
        small = WordIndex((one, self._text(one).source) for one in todo)
        program = self._program(wanted, dict(wanted.files(small, making)), todo)
        finders = Finders(program, self._sources, self._rules, wanted)
        finders.read(small)
        alone, map_used = self._map(program)
        is_same = alone == self._left.map
        parts = Parts(
            self._part(before.questions, is_same, lambda: finders.questions(alone)),
            self._part(before.flows, is_same, lambda: finders.flows(alone)),
            self._part(before.templates, not any(map(is_template, self._texts)), finders.templates),
            {one: part for one, part in before.files.items() if one not in todo},
            {one: part for one, part in before.texts.items() if one not in self._texts},
        )
        parts.files |= {one: finders.file(one) for one in todo}
        stale = {one for one, part in parts.texts.items() if self._is_stale(part.used)}
        parts.texts |= {one: finders.text(one) for one in stale | self._texts & set(self._sources.texts)}
        parts.files = dict(sorted(parts.files.items()))
        parts.texts = dict(sorted(parts.texts.items()))
        modules = {one: program.modules[one] for one in sorted(self._changed)}
        left = Left(
            map=alone,
            map_used=map_used,
            making=making,
            making_used=making_used,
            parts=parts,
            facts=self._left.facts | {one: facts_of(module) for one, module in modules.items()},
            allows=dict(
                sorted((self._left.allows | {one: tuple(suppress.comments(m)) for one, m in modules.items()}).items())
            ),
        )
        drawing = Drawing(completed(alone, left.facts.values(), self._sources), program, self._sources)
        result = result_of(drawing, left, self._rules, self._settings, today=today, started=self._started)
        left.ask(self._index)
        return Outcome(result, left)

    def _is_stale(self, used: Used) -> bool:
        return not (self._changed.isdisjoint(used.files) and self._index.changed.isdisjoint(used.questions))

    def _part(self, before: Part, may_stay: bool, find: Callable[[], Part]) -> Part:
        return before if may_stay and not self._is_stale(before.used) else find()

    def _map(self, program: Program) -> tuple[Map, Used]:
        """The map as it is now, without what its files say by themselves, and what it is made of."""
        alone, used = self._left.map, self._left.map_used
        # Which of the other files somebody reads for the map is not recorded: any of them may be one.
        if self._is_stale(used) or not all(map(is_template, self._texts)):
            from nomoat.survey.draw import draw_program

            used = Used()
            alone = draw_program(program.afresh(used), self._sources, path=self._path, settings=self._settings)
        return alone, used

    def _program(self, wanted: Wanted, regions: dict[str, programs.Region | None], todo: set[str]) -> Program:
        parsing = Parsing()

        def module(path: str) -> Module:
            if path in todo:
                return parsing.module(path, self._text(path), is_wanted=path in regions, holds=regions.get(path))
            return parsing.later(path, lambda: self._text(path))

        root = self._sources.root
        program = Program(
            map(module, self._sources.files), other_files=self._sources.markers, package=programs.package(root),
            root=root,
        )  # fmt: skip
        program.words = self._index
        return program

    def _text(self, path: str) -> Text:
        known = self._read.get(path)
        if known is None:
            known = self._read[path] = read_file(self._sources.root, path)
            if not self._is_as_before(path):
                raise ChangedError(path)
        return known

    def _source(self, path: str) -> bytes:
        return self._text(path).source
