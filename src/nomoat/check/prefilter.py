"""Which files a pattern can fit at all, told from the words in their bytes: most files need not be gone through.

What must stand in a file is derived from each pattern; where nothing can be derived, the pattern wants every file. A
word that source may write in another way than it reads (escapes, texts put together, other letters) is looked for so.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nomoat.check import names, origins
from nomoat.check.model import Pattern, Rule, Test
from nomoat.check.sites import SETTERS, STORES
from nomoat.survey.python.program import Program
from nomoat.survey.python.words import WordIndex

# An escape that may be a letter of a word, and texts that are joined in the middle of one. Each begins with a literal,
# which is what makes a search fast.
_ESCAPED = re.compile(
    rb"\\(?:x[3-7][0-9a-fA-F]|u00[0-9a-fA-F]{2}|u[fF][fF]|U000[0-9a-fA-F]|N\{|0?[67][0-7]|1[0-7][0-7])"
)
_CONTINUED = re.compile(rb"\\\n(?<=\w\\\n)\w")
_JOINED = tuple(
    re.compile(quote + rb"(?<=\w.)[\"']*\s*(?:(?:\#[^\n]*|\\)\n\s*)*[bBrRuUfFtT]{0,2}[\"']+\w")
    for quote in (b'"', b"'")
)
#: Letters that are not ASCII and that are like one which is, where capital and small letters are the same.
_FOLDED = tuple(letter.encode() for letter in "\u0130\u0131\u017f\u212a")
#: A regular expression of these parts alone can only match within one word.
_OF_WORDS = re.compile(r"(?:\(\?i\))?(?:\(\?:|\\b|[\w|()?^$])*\Z")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Words, one of which must stand in a file.

    `exact` as they are, `folded` in capital or small letters, `parts` as a part of one (text, at its start, at its
    end), `pattern` as this matches.
    """

    exact: frozenset[str] = frozenset()
    folded: frozenset[str] = frozenset()
    parts: frozenset[tuple[str, bool, bool]] = frozenset()
    pattern: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """What a file must have for a pattern to fit: a word of `site`, where the pattern fits, and one of each of `more`.

    Without `site` it may fit anywhere; with `made_by` only where a value may come of one of these calls.
    """

    site: Wanted | None
    more: tuple[Wanted, ...] = ()
    made_by: tuple[str, ...] = ()


def clauses(pattern: Pattern) -> tuple[Clause, ...]:
    """One of these must hold in a file that a pattern fits."""
    more = tuple(
        wanted for test in (*pattern.tests, *pattern.others) for wanted in _of_test(test, pattern) if wanted is not None
    )
    made_by = next((tuple(test.value or ()) for test in pattern.tests if test.test == "made-by"), ())
    if pattern.on in ("values", "comparisons"):
        return (Clause(_of_globs(pattern.calls), more, made_by),)
    words = names.last_words(pattern.calls)
    if any("*" in word or not word.isidentifier() for word in words):
        return (Clause(None, more, made_by),)
    if pattern.on != "settings":
        return (Clause(Wanted(exact=words), more),)
    given = Clause(Wanted(exact=SETTERS), (Wanted(exact=STORES), *more))
    return Clause(Wanted(folded=frozenset(word.upper() for word in words)), more), given


def _of_test(test: Test, pattern: Pattern) -> Iterator[Wanted | None]:
    if test.name not in ("", "*") and test.at is None and test.test not in ("absent", "not-equals"):
        # What can only be given by its name is named.
        yield Wanted(exact=frozenset((test.name,))) if test.name.isidentifier() else None
    if test.test in ("named", "shows") and test.value is not None and _OF_WORDS.match(test.value.pattern):
        yield Wanted(pattern=test.value)


def _of_globs(globs: Iterable[str]) -> Wanted | None:
    """The longest part of each glob that must stand in one word."""
    parts: set[tuple[str, bool, bool]] = set()
    for glob in globs:
        pieces = [one for one in re.finditer(r"\w+", glob.lower()) if one.group().isascii()]
        if not pieces or re.search(r"[\[\]?]", glob):
            return None
        longest = max(pieces, key=lambda one: len(one.group()))
        before, after = glob[: longest.start()], glob[longest.end() :]
        parts.add((longest.group(), before[-1:] != "*", after[:1] != "*"))
    return Wanted(parts=frozenset(parts))


class Hits:
    """Where in a file the words of sites stand; everywhere, where nothing could be derived."""

    def __init__(self, source: bytes, words: frozenset[bytes] | None) -> None:
        self._source = source
        self._words: set[bytes] | None = set(words) if words is not None else None
        self._places = sorted(place for word in words or () for place in _places(source, word))

    def within(self, start: int, end: int) -> bool:
        """Whether a site may stand in a region."""
        if self._words is None:
            return True
        at = bisect_left(self._places, start)
        return at < len(self._places) and self._places[at] < end

    def learn(self, aliases: dict[str, str]) -> None:
        """Takes in names that stand for others: `from jwt import decode as read`."""
        if self._words is None:
            return
        new = {name.encode() for name, taken in aliases.items() if taken.encode() in self._words} - self._words
        if new:
            self._words |= new
            self._places = sorted((*self._places, *(place for word in new for place in _places(self._source, word))))


_compiled: dict[bytes, re.Pattern[bytes]] = {}


def _places(source: bytes, word: bytes) -> Iterator[int]:
    found = _compiled.get(word)
    if found is None:
        # The word first: a search for a literal is the fastest.
        found = _compiled[word] = re.compile(word + rb"(?<![A-Za-z_0-9]" + word + rb")(?![A-Za-z_0-9])")
    return (one.start() for one in found.finditer(source))


class Prefilter:
    """Tells of the files of a tree what the patterns of rules want in them."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        every = [clause for rule in rules for pattern in rule.patterns for clause in clauses(pattern)]
        self._made = tuple(dict.fromkeys(one.made_by for one in every if one.site is None and one.made_by))
        wanting = [one for one in every if one.site is not None or not one.made_by]
        #: One bit for each different set of words; a clause is the bits that it needs.
        self._bits: dict[Wanted, int] = {}
        self._needs = list(dict.fromkeys((self._bit(clause.site), self._all(clause)) for clause in wanting))
        self._slow = {bit: wanted.pattern for wanted, bit in self._bits.items() if wanted.pattern is not None}
        self._opened: dict[int, list[tuple[int, int]]] = {}
        self._index: WordIndex | None = None
        #: What each file has, and which of the words that anybody wants.
        self._has: dict[str, int] = {}
        self._here: dict[str, list[tuple[bytes, int]]] = {}
        #: Files that are gone through as a whole, and those that mention what patterns ask a value to be made by.
        self._whole: set[str] = set()
        self._mentioning: set[str] = set()
        self._known: dict[str, Hits | None] = {}

    def _bit(self, wanted: Wanted | None) -> int:
        return self._bits.setdefault(wanted, 1 << len(self._bits)) if wanted is not None else 0

    def _all(self, clause: Clause) -> int:
        bits = self._bit(clause.site)
        for wanted in clause.more:
            bits |= self._bit(wanted)
        return bits

    def read(self, index: WordIndex, paths: Iterable[str]) -> None:
        """Takes in the words of a tree; `paths` are the files that it will be asked for."""
        self._index = index
        self._has = dict.fromkeys(paths, 0)
        if not self._needs and not self._made:
            return
        for word, bits in _wanted_words(self._bits, index).items():
            for path in index.files(word):
                if path in self._has:
                    self._has[path] |= bits
                    self._here.setdefault(path, []).append((word, bits))
        self._match_words(index)
        self._mentioning = {path for made_by in self._made for path in origins.mentioning(index, made_by)}

    def _match_words(self, index: WordIndex) -> None:
        """Sets the bits of expressions, of those that may decide for a file."""
        slow = sum(self._slow)
        asked = 0
        for has in set(self._has.values()):
            for _, bits in self._open(has | slow):
                asked |= bits
        matched = 0
        for bit, pattern in self._slow.items():
            if not bit & asked:
                continue
            matched |= bit
            for word in _matching(pattern, index):
                for path in index.files(word):
                    if path in self._has:
                        self._has[path] |= bit

    def learn(self, program: Program) -> None:
        """Takes in which functions of a program make what patterns ask for; before that only their own files do."""
        found = {name for made_by in self._made for name in origins.makers(program, made_by)}
        if found and self._index is not None:
            self._whole.update(self._index.holding(name.encode() for name in found))

    def look(self, path: str) -> Hits | None:
        """Where patterns may fit in a file; None where none can."""
        if path not in self._has or self._index is None or not (self._needs or self._made):
            return None
        if path in self._whole:
            return Hits(self._index.texts[path], None)
        if path not in self._known:
            self._known[path] = self._look(path, self._index)
        return self._known[path]

    def _look(self, path: str, index: WordIndex) -> Hits | None:
        source = index.texts[path]
        if path in self._mentioning or _is_hidden(source):
            return Hits(source, None)
        open_ = self._open(self._has[path])
        if not open_:
            return None
        # Where a name is written in other letters than it is compared by, places in the source are not those of words.
        if not all(site for site, _ in open_) or path in index.rewritten:
            return Hits(source, None)
        sites = 0
        for site, _ in open_:
            sites |= site
        return Hits(source, frozenset(word for word, bits in self._here.get(path, ()) if bits & sites))

    def _open(self, has: int) -> list[tuple[int, int]]:
        """The clauses that hold where these bits do."""
        known = self._opened.get(has)
        if known is None:
            known = self._opened[has] = [(site, bits) for site, bits in self._needs if bits & has == bits]
        return known


def _is_hidden(source: bytes) -> bool:
    """Whether a text may be a word that its source does not show."""
    if b"\\" in source and (_ESCAPED.search(source) or _CONTINUED.search(source)):
        return True
    if not source.isascii() and any(letter in source for letter in _FOLDED):
        return True
    return any(joined.search(source) for joined in _JOINED)


def _matching(pattern: re.Pattern[str], index: WordIndex) -> Iterator[bytes]:
    """The words in which an expression is found."""
    text, end = index.joined.decode("utf-8", "replace"), -1
    # All are searched at once, one a line; parts of which an expression may consist never go over the end of one.
    for found in re.compile(pattern.pattern, pattern.flags | re.MULTILINE).finditer(text):
        if found.start() > end:
            end = text.find("\n", found.start())
            end = len(text) if end < 0 else end
            yield text[text.rfind("\n", 0, found.start()) + 1 : end].encode()


def _wanted_words(bits: dict[Wanted, int], index: WordIndex) -> dict[bytes, int]:
    """The words of a tree that anybody wants by themselves, each with the bits of who does."""
    found: dict[bytes, int] = {}
    folded: dict[bytes, int] = {}
    parts: dict[bytes, list[tuple[bool, bool, int]]] = {}
    for wanted, bit in bits.items():
        for one in map(str.encode, wanted.exact):
            if one in index:
                found[one] = found.get(one, 0) | bit
        for one in (name.lower().encode() for name in wanted.folded):
            folded[one] = folded.get(one, 0) | bit
        for part, at_start, at_end in wanted.parts:
            parts.setdefault(part.encode(), []).append((at_start, at_end, bit))
    for small, bit in folded.items():
        for word in index.folded(small):
            found[word] = found.get(word, 0) | bit
    for piece, places in parts.items():
        for word in index.containing(piece):
            lower = word.lower()
            for at_start, at_end, bit in places:
                if (not at_start or lower.startswith(piece)) and (not at_end or lower.endswith(piece)):
                    found[word] = found.get(word, 0) | bit
    return found
