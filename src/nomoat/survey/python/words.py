"""Which files of a tree hold a word: each is taken apart once, so that nobody searches all sources again and again.

A word is a run of letters, digits and underscores, wherever it stands: a name, a part of a text, of a comment. Names
that are written in other letters than they are compared by are there in both (`names.as_compared`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import Protocol

from nomoat.survey.python.names import as_compared

_SPACED = bytes(
    byte if byte < 128 and (chr(byte).isalnum() or byte == 0x5F) else 0x20 for byte in range(256)
)  # What no word holds becomes a space.
_PIECES = re.compile(rb"[A-Za-z0-9_]+")
_ANY_WORD = re.compile(r"\w+")


def words_of(text: bytes) -> set[bytes]:
    """The different words of a text."""
    if text.isascii():
        return set(text.translate(_SPACED).split())
    return {word.encode() for word in _ANY_WORD.findall(text.decode("utf-8", "replace"))}


def renaming(words: Iterable[bytes]) -> re.Pattern[bytes]:
    """Finds where one of some names gets another: `name as other`. It begins with a literal, which is found fast.

    Also found is an `as` behind more than one space, whatever stands before that.
    """
    before = b"|".join(rb"(?<=\b%b\sas)" % re.escape(word) for word in words)
    return re.compile(rb"as\b(?:%b|(?<=\s\sas))" % before)


class Index(Protocol):
    """What may be asked of the words of a tree. Files are known by their paths, and given in the order of these."""

    @property
    def paths(self) -> Collection[str]:
        """All files."""

    def text(self, path: str) -> bytes:
        """The source of a file, with names as Python compares them."""

    def files(self, word: bytes) -> list[str]:
        """The files that hold a word."""

    def holding(self, words: Iterable[bytes]) -> list[str]:
        """The files that hold one of the words."""

    def matching(
        self, pattern: re.Pattern[bytes], words: Iterable[bytes] = (), *, parts: Iterable[bytes] = ()
    ) -> list[str]:
        """The files in which the expression is found.

        Where words are given, or `parts` of some (in small letters), of those files that hold one of them.
        """

    def finding(
        self, pattern: re.Pattern[bytes], words: Iterable[bytes] = (), *, parts: Iterable[bytes] = ()
    ) -> dict[str, tuple[bytes, ...]]:
        """What the one group of an expression (or all of it) is in each of those files: each text once, sorted."""

    def containing(self, part: bytes) -> list[bytes]:
        """The words of which a text (in small letters) is a part, in capital or small letters."""

    def folded(self, word: bytes) -> list[bytes]:
        """The words that are this one (in small letters), in capital or small letters."""

    def __contains__(self, word: bytes) -> bool:
        """Whether a file holds a word."""


class WordIndex:
    """Words with the files that hold them. Files are known by their paths, and given in the order of these."""

    def __init__(self, sources: Iterable[tuple[str, bytes]]) -> None:
        #: The files with their sources, with names as Python compares them.
        self.texts: dict[str, bytes] = {}
        #: Those that have names in other letters than these are compared by.
        self.rewritten: set[str] = set()
        for path, source in sorted(sources):
            text = self.texts[path] = as_compared(source)
            if text is not source:
                self.rewritten.add(path)
        self._matched: dict[tuple[object, ...], list[str]] = {}
        self._found: dict[tuple[object, ...], dict[str, tuple[bytes, ...]]] = {}
        self._files: dict[bytes, list[str]] = {}
        files = self._files
        for path in self.texts:
            for word in words_of(self.texts[path]):
                holding = files.get(word)
                if holding is None:
                    files[word] = [path]
                else:
                    holding.append(path)

    @property
    def paths(self) -> Collection[str]:
        """All files."""
        return self.texts.keys()

    def text(self, path: str) -> bytes:
        """The source of a file, with names as Python compares them."""
        return self.texts[path]

    def files(self, word: bytes) -> list[str]:
        """The files that hold a word."""
        return self._files.get(word, [])

    def holding(self, words: Iterable[bytes]) -> list[str]:
        """The files that hold one of the words."""
        found = {path for word in words for path in self._files.get(word, ())}
        return sorted(found)

    def matching(
        self, pattern: re.Pattern[bytes], words: Iterable[bytes] = (), *, parts: Iterable[bytes] = ()
    ) -> list[str]:
        """The files in which the expression is found; each is searched once for it.

        Where words are given, or `parts` of some (in small letters), of those files that hold one of them.
        """
        key = (pattern, tuple(words), tuple(parts))
        known = self._matched.get(key)
        if known is None:
            paths = self._asked_in(key[1], key[2])
            known = self._matched[key] = [path for path in paths if pattern.search(self.texts[path])]
        return known.copy()

    def finding(
        self, pattern: re.Pattern[bytes], words: Iterable[bytes] = (), *, parts: Iterable[bytes] = ()
    ) -> dict[str, tuple[bytes, ...]]:
        """What the one group of an expression (or all of it) is in each of those files: each text once, sorted."""
        key = (pattern, tuple(words), tuple(parts))
        known = self._found.get(key)
        if known is None:
            found = (
                (path, tuple(sorted(set(pattern.findall(self.texts[path]))))) for path in self._asked_in(key[1], key[2])
            )
            known = self._found[key] = {path: texts for path, texts in found if texts}
        return known.copy()

    def _asked_in(self, words: tuple[bytes, ...], parts: tuple[bytes, ...]) -> Iterable[str]:
        if not words and not parts:
            return self.texts
        return self.holding((*words, *(word for part in parts for word in self.containing(part))))

    def holding_text(self, text: bytes, *, is_folded: bool = False) -> list[str]:
        """The files that hold a text of words and what stands between them, `is_folded` whatever the case."""
        pieces = list(_PIECES.finditer(text))
        if not pieces:
            return self._searched(text, self.texts, is_folded=is_folded)
        # The longest word of it, or a part of one where the text begins or ends with it, tells most files apart.
        piece = max(pieces, key=lambda one: len(one.group()))
        given = piece.group().lower() if is_folded else piece.group()
        starts, ends = piece.start() > 0, piece.end() < len(text)
        words = self.containing(given.lower())
        written = ((word, word.lower() if is_folded else word) for word in words)
        paths = self.holding(
            word
            for word, one in written
            if given in one and (not starts or one.startswith(given)) and (not ends or one.endswith(given))
        )
        return (
            paths
            if given == (text.lower() if is_folded else text)
            else self._searched(text, paths, is_folded=is_folded)
        )

    def _searched(self, text: bytes, paths: Iterable[str], *, is_folded: bool) -> list[str]:
        if is_folded:
            return [path for path in paths if text.lower() in self.texts[path].lower()]
        return [path for path in paths if text in self.texts[path]]

    @cached_property
    def joined(self) -> bytes:
        """All words, one a line."""
        return b"\n".join(self._files)

    @cached_property
    def joined_text(self) -> str:
        """All words, one a line, as text."""
        return self.joined.decode("utf-8", "replace")

    @cached_property
    def _lowered(self) -> bytes:
        return b"\n%s\n" % self.joined.lower()

    def containing(self, part: bytes) -> list[bytes]:
        """The words of which a text (in small letters) is a part, in capital or small letters."""
        lowered, found = self._lowered, []
        place = lowered.find(part)
        while place >= 0:
            end = lowered.index(b"\n", place)
            # Small letters are as long as capital ones: only those of ASCII are changed.
            found.append(self.joined[lowered.rindex(b"\n", 0, place) : end - 1])
            place = lowered.find(part, end)
        return found

    def folded(self, word: bytes) -> list[bytes]:
        """The words that are this one (in small letters), in capital or small letters."""
        line, found = b"\n%s\n" % word, []
        place = self._lowered.find(line)
        while place >= 0:
            found.append(self.joined[place : place + len(word)])
            place = self._lowered.find(line, place + len(word))
        return found

    def __contains__(self, word: bytes) -> bool:
        return word in self._files
