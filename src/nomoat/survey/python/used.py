"""What an answer was made of: the files that were looked into, and the questions that were put to the index of words.

Whoever keeps an answer keeps these beside it, and knows when it has to be found anew. Which files there are is not
part of it: where one came or went, nothing that was kept is used.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from nomoat.survey.python.parser import Module
from nomoat.survey.python.words import Index


class Question(NamedTuple):
    """One question to an index: the method that was asked, with what.

    `kind` is the name of the method; `text` the word, the part or the expression; `flags` those of the expression;
    `words` and `parts` what a file must hold one of.
    """

    kind: str
    text: bytes
    flags: int = 0
    words: tuple[bytes, ...] = ()
    parts: tuple[bytes, ...] = ()


def searching(kind: str, pattern: re.Pattern[bytes], words: Iterable[bytes], parts: Iterable[bytes]) -> Question:
    """The question after an expression."""
    return Question(kind, pattern.pattern, pattern.flags, tuple(sorted(set(words))), tuple(sorted(set(parts))))


@dataclass
class Used:
    """The record of one answer."""

    #: The paths of the files that were looked into.
    files: set[str] = field(default_factory=set)
    questions: set[Question] = field(default_factory=set)
    #: Every file was looked into.
    is_everything: bool = False

    def add(self, other: Used) -> None:
        """Takes in what another answer was made of, which this one was made of."""
        self.files |= other.files
        self.questions |= other.questions
        self.is_everything |= other.is_everything


class RecordedModules(Mapping[str, Module]):
    """The modules of a tree by their paths; whoever takes one has looked into it.

    Their paths alone say nothing of what is in them.
    """

    def __init__(self, modules: Mapping[str, Module], used: Used) -> None:
        self._modules = modules
        self._used = used

    def __getitem__(self, path: str) -> Module:
        module = self._modules[path]
        self._used.files.add(path)
        return module

    def get(self, path: str, default: Any = None) -> Any:
        """The module; the default where there is none."""
        return self[path] if path in self._modules else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)

    def __contains__(self, path: object) -> bool:
        return path in self._modules


class RecordedIndex:
    """An index that remembers what it was asked."""

    def __init__(self, index: Index, used: Used) -> None:
        self._index = index
        self._used = used

    @property
    def paths(self) -> Collection[str]:
        """All files."""
        return self._index.paths

    def text(self, path: str) -> bytes:
        """The source of a file, which was looked into then."""
        self._used.files.add(path)
        return self._index.text(path)

    def files(self, word: bytes) -> list[str]:
        """The files that hold a word."""
        self._used.questions.add(Question("files", word))
        return self._index.files(word)

    def holding(self, words: Iterable[bytes]) -> list[str]:
        """The files that hold one of the words."""
        return sorted({path for word in words for path in self.files(word)})

    def matching(
        self, pattern: re.Pattern[bytes], words: Iterable[bytes] = (), *, parts: Iterable[bytes] = ()
    ) -> list[str]:
        """The files in which the expression is found, of those that hold one of the words or parts."""
        question = searching("matching", pattern, words, parts)
        self._used.questions.add(question)
        return self._index.matching(pattern, question.words, parts=question.parts)

    def finding(
        self, pattern: re.Pattern[bytes], words: Iterable[bytes] = (), *, parts: Iterable[bytes] = ()
    ) -> dict[str, tuple[bytes, ...]]:
        """What the one group of an expression (or all of it) is in each of those files."""
        question = searching("finding", pattern, words, parts)
        self._used.questions.add(question)
        return self._index.finding(pattern, question.words, parts=question.parts)

    def containing(self, part: bytes) -> list[bytes]:
        """The words of which a text is a part."""
        self._used.questions.add(Question("containing", part))
        return self._index.containing(part)

    def folded(self, word: bytes) -> list[bytes]:
        """The words that are this one, in capital or small letters."""
        self._used.questions.add(Question("folded", word))
        return self._index.folded(word)

    def __contains__(self, word: bytes) -> bool:
        return bool(self.files(word))
