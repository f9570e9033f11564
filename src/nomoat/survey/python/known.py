"""An index of words as a run before left it: what was asked then is answered again, with the files that changed since.

Only a question that nobody put before makes it read the tree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeAlias

from nomoat.survey.python.names import as_compared
from nomoat.survey.python.used import Question, searching
from nomoat.survey.python.words import Index, WordIndex

#: What each file gives to the answer of a question: True, or the texts or words that were found in it. A file that
#: gives nothing is not there.
Shares: TypeAlias = dict[str, "bool | tuple[bytes, ...]"]


def shares(index: Index, question: Question) -> Shares:
    """What each file gives to the answer of a question."""
    if isinstance(index, KnownIndex):
        return index.shares(question)
    kind, text, flags, words, parts = question
    if kind == "files":
        return dict.fromkeys(index.files(text), True)
    if kind == "matching":
        return dict.fromkeys(index.matching(re.compile(text, flags), words, parts=parts), True)
    if kind == "finding":
        return dict(index.finding(re.compile(text, flags), words, parts=parts))
    found: dict[str, list[bytes]] = {}
    for word in index.containing(text) if kind == "containing" else index.folded(text):
        for path in index.files(word):
            found.setdefault(path, []).append(word)
    return {path: tuple(sorted(of)) for path, of in found.items()}


class KnownIndex:
    """The answers of a run before.

    Args:
        before: the questions of that run with what each file gave.
        paths: all files of the tree.
        texts: the files that changed since, as they are now.
        read: gives the text of any other file.
    """

    def __init__(
        self,
        before: Mapping[Question, Shares],
        paths: Collection[str],
        texts: Mapping[str, bytes],
        read: Callable[[str], bytes],
    ) -> None:
        self.paths = paths
        self._texts = WordIndex(texts.items())
        self._read = read
        self._whole: WordIndex | None = None
        #: The questions whose answer is another one than before.
        self.changed: set[Question] = set()
        self._shares: dict[Question, Shares] = {}
        for question, given in before.items():
            now = shares(self._texts, question)
            if any(given.get(path) != now.get(path) for path in self._texts.paths):
                self.changed.add(question)
                given = {path: one for path, one in given.items() if path not in self._texts.texts} | now
            self._shares[question] = given

    def shares(self, question: Question) -> Shares:
        """What each file gives to the answer of a question."""
        known = self._shares.get(question)
        if known is None:
            known = self._shares[question] = shares(self.whole, question)
        return known

    @property
    def whole(self) -> WordIndex:
        """The index of all words, which is made when it is needed."""
        if self._whole is None:
            self._whole = WordIndex((path, self.text(path)) for path in self.paths)
        return self._whole

    def text(self, path: str) -> bytes:
        """The source of a file, with names as Python compares them."""
        known = self._texts.texts.get(path)
        return as_compared(self._read(path)) if known is None else known

    def files(self, word: bytes) -> list[str]:
        """The files that hold a word."""
        return sorted(self.shares(Question("files", word)))

    def holding(self, words: Iterable[bytes]) -> list[str]:
        """The files that hold one of the words."""
        return sorted({path for word in words for path in self.shares(Question("files", word))})

    def matching(
        self, pattern: re.Pattern[bytes], words: Iterable[bytes] = (), *, parts: Iterable[bytes] = ()
    ) -> list[str]:
        """The files in which the expression is found, of those that hold one of the words or parts."""
        return sorted(self.shares(searching("matching", pattern, words, parts)))

    def finding(
        self, pattern: re.Pattern[bytes], words: Iterable[bytes] = (), *, parts: Iterable[bytes] = ()
    ) -> dict[str, tuple[bytes, ...]]:
        """What the one group of an expression (or all of it) is in each of those files."""
        given = self.shares(searching("finding", pattern, words, parts))
        return {path: one for path, one in sorted(given.items()) if isinstance(one, tuple)}

    def containing(self, part: bytes) -> list[bytes]:
        """The words of which a text (in small letters) is a part, in capital or small letters."""
        return self._words(Question("containing", part))

    def folded(self, word: bytes) -> list[bytes]:
        """The words that are this one (in small letters), in capital or small letters."""
        return self._words(Question("folded", word))

    def _words(self, question: Question) -> list[bytes]:
        given = self.shares(question).values()
        return sorted({word for words in given if isinstance(words, tuple) for word in words})

    def __contains__(self, word: bytes) -> bool:
        """Whether a file holds a word."""
        return bool(self.shares(Question("files", word)))
