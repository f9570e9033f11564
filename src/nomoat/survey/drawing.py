"""A drawn map with what it was drawn from, and what each file of it says by itself: lines, and what was not read.

Apart from `draw`, so that a run over a tree whose map stays as it was need not load what draws one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from nomoat.appmap.model import Map, NotRead, ordered
from nomoat.survey.python.parser import Module
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import Sources


@dataclass(frozen=True)
class Drawing:
    """A map, and the program that it was drawn from."""

    map: Map
    program: Program
    sources: Sources


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file says by itself."""

    lines: int
    not_read: tuple[NotRead, ...] = ()


def facts_of(module: Module) -> Facts:
    """What is known of a file, which is parsed for it."""
    module.parse()
    found = [NotRead(module.path, module.problem)] if module.problem else []
    found += [NotRead(module.at(one.start), one.why, analysed=not one.loses) for one in module.broken]
    return Facts(module.line_count, tuple(found))


def completed(drawn: Map, facts: Iterable[Facts], sources: Sources) -> Map:
    """A map of `draw_program`, with what each of its files says by itself."""
    every = list(facts)
    unread = [NotRead(path, why) for path, why in sources.unreadable]
    if not every and not unread:
        # A wrong folder would otherwise look like a safe application.
        unread.append(NotRead(".", "no Python file is here: is this the folder of the application?"))
    unread += [one for fact in every for one in fact.not_read]
    left_out = tuple(sorted((reason, kept.count) for reason, kept in sources.left_out.items()))
    coverage = replace(
        drawn.coverage, files=len(every), lines=sum(fact.lines for fact in every), left_out=left_out
    )  # fmt: skip
    return ordered(replace(drawn, not_read=tuple(dict.fromkeys((*drawn.not_read, *unread))), coverage=coverage))
