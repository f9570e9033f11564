"""What a run leaves for the next one over the same tree, and how that is written: which parts of it still hold.

As JSON: paths and questions once each, everywhere else their numbers. What nobody needs is not written: a file in which
nothing was found, and for which nothing but itself was looked at, is not there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from nomoat.appmap import codec
from nomoat.appmap.model import Map, NotRead
from nomoat.check.model import Span, finding_of
from nomoat.check.parts import Part, Parts
from nomoat.check.prefilter import Making
from nomoat.check.suppress import Allow
from nomoat.survey.drawing import Facts
from nomoat.survey.python.known import Shares, shares
from nomoat.survey.python.used import Question, Used
from nomoat.survey.python.words import Index


@dataclass
class Left:
    """All that a run found, with what each part of it was made of."""

    #: The map, without what its files say by themselves.
    map: Map
    map_used: Used
    making: Making
    making_used: Used
    parts: Parts
    facts: dict[str, Facts]
    allows: dict[str, tuple[Allow, ...]]
    #: The questions that were put to the index, with what each file gave.
    questions: Mapping[Question, Shares] = field(default_factory=dict)

    @property
    def is_sound(self) -> bool:
        """Whether every rule came to its end: what failed once is tried again."""
        return not any(part.failed for part in self.parts.every())

    def ask(self, index: Index) -> None:
        """Takes in the answers of an index to all questions that were put to it."""
        every = {question for used in self.used() for question in used.questions}
        self.questions = {question: shares(index, question) for question in sorted(every)}

    def used(self) -> Iterable[Used]:
        """What the parts were made of."""
        return (self.map_used, self.making_used, *(part.used for part in self.parts.every()))


# -- writing ---------------------------------------------------------------------------------------------------------


class _Numbers:
    """Paths and questions by their numbers."""

    def __init__(self, paths: Iterable[str], questions: Iterable[Question]) -> None:
        self.paths = {path: number for number, path in enumerate(paths)}
        self.questions = {question: number for number, question in enumerate(questions)}

    def used(self, used: Used) -> list[list[int]]:
        """What an answer was made of; descriptions of packages and folders are none of the files."""
        files = sorted(self.paths[path] for path in used.files if path in self.paths)
        return [files, sorted(self.questions[question] for question in used.questions)]

    def part(self, part: Part) -> list[Any]:
        """A part, as `_part` reads it."""
        return [
            self.used(part.used), [asdict(one) for one in part.findings], [asdict(one) for one in part.secrets],
            part.not_analysed, part.is_too_large,
        ]  # fmt: skip


def written(left: Left, paths: list[str]) -> dict[str, Any]:
    """What was left, as JSON. `paths` are the Python files."""
    numbers = _Numbers(paths, left.questions)
    parts = left.parts
    return {
        "paths": paths,
        "lines": [left.facts[path].lines for path in paths],
        "not_read": {
            path: [[one.at, one.why, one.analysed] for one in facts.not_read]
            for path, facts in left.facts.items() if facts.not_read
        },
        "allows": {path: [_allow(one) for one in allows] for path, allows in left.allows.items() if allows},
        "questions": [_question(one, given, numbers.paths) for one, given in left.questions.items()],
        "map": json.dumps(codec.full(left.map)),
        "map_used": numbers.used(left.map_used),
        "making": [[list(of), sorted(makers)] for of, makers in left.making.makers.items()],
        "making_used": numbers.used(left.making_used),
        "tree": [numbers.part(one) for one in (parts.questions, parts.flows, parts.templates)],
        "files": {path: numbers.part(one) for path, one in parts.files.items() if not _is_plain(path, one)},
        "texts": {path: numbers.part(one) for path, one in parts.texts.items() if not _is_plain(path, one)},
    }  # fmt: skip


def _is_plain(path: str, part: Part) -> bool:
    has_found = part.findings or part.secrets or part.not_analysed or part.is_too_large
    return not has_found and not part.used.questions and part.used.files <= {path}


def _allow(allow: Allow) -> dict[str, Any]:
    until = allow.until.isoformat() if allow.until is not None else None
    return {**asdict(allow), "covers": sorted(allow.covers), "until": until}


def _question(question: Question, given: Shares, numbers: Mapping[str, int]) -> list[Any]:
    kind, text, flags, words, parts = question
    shares: Any = sorted(numbers[path] for path in given)
    if kind not in ("files", "matching"):
        shares = {numbers[path]: list(map(_read_bytes, one)) for path, one in given.items() if isinstance(one, tuple)}
    return [kind, _read_bytes(text), flags, list(map(_read_bytes, words)), list(map(_read_bytes, parts)), shares]


def _read_bytes(data: bytes) -> str:
    return data.decode("latin-1")


# -- reading ---------------------------------------------------------------------------------------------------------


def read(document: dict[str, Any]) -> Left:
    """What `written` wrote.

    Raises:
        KeyError, TypeError, ValueError, IndexError, MapError: it is something else.
    """
    paths: list[str] = document["paths"]
    questions = [_as_question(one, paths) for one in document["questions"]]
    names = [one for one, _ in questions]

    def used(numbers: list[list[int]]) -> Used:
        return Used({paths[one] for one in numbers[0]}, {names[one] for one in numbers[1]})

    def part(given: list[Any]) -> Part:
        found, secrets = ([finding_of(one) for one in some] for some in given[1:3])
        return Part(used(given[0]), found, secrets, [(at, why) for at, why in given[3]], given[4])

    questions_, flows, templates = (part(one) for one in document["tree"])
    unread = {path: tuple(NotRead(*one) for one in some) for path, some in document["not_read"].items()}
    return Left(
        map=codec.loads(document["map"]),
        map_used=used(document["map_used"]),
        making=Making({tuple(of): frozenset(makers) for of, makers in document["making"]}),
        making_used=used(document["making_used"]),
        parts=Parts(
            questions_,
            flows,
            templates,
            {path: part(one) for path, one in document["files"].items()},
            {path: part(one) for path, one in document["texts"].items()},
        ),
        facts={
            path: Facts(lines, unread.get(path, ())) for path, lines in zip(paths, document["lines"], strict=True)
        },
        allows={path: tuple(map(_as_allow, some)) for path, some in document["allows"].items()},
        questions=dict(questions),
    )  # fmt: skip


def _as_allow(document: dict[str, Any]) -> Allow:
    until = document["until"]
    return Allow(
        **{
            **document,
            "span": Span(**document["span"]),
            "covers": frozenset(document["covers"]),
            "until": date.fromisoformat(until) if until is not None else None,
        }
    )


def _as_question(document: list[Any], paths: list[str]) -> tuple[Question, Shares]:
    kind, text, flags, words, parts, given = document
    question = Question(kind, _as_bytes(text), flags, tuple(map(_as_bytes, words)), tuple(map(_as_bytes, parts)))
    if kind in ("files", "matching"):
        return question, {paths[one]: True for one in given}
    return question, {paths[int(one)]: tuple(map(_as_bytes, texts)) for one, texts in given.items()}


def _as_bytes(text: str) -> bytes:
    return text.encode("latin-1")
