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
from nomoat.survey.python.names import as_compared
from nomoat.survey.python.program import Program

_WORD = re.compile(rb"[A-Za-z_0-9]+")
_ANY_WORD = re.compile(r"\w+")
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
    """Looks through files for what the patterns of rules want; remembers what it found by path."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        every = [clause for rule in rules for pattern in rule.patterns for clause in clauses(pattern)]
        self._made = tuple(dict.fromkeys(one.made_by for one in every if one.site is None and one.made_by))
        #: Names of functions of the project that may give what such a clause is about.
        self._makers: re.Pattern[bytes] | None = None
        wanting = [one for one in every if one.site is not None or not one.made_by]
        #: One bit for each different set of words; a clause is the bits that it needs.
        self._bits: dict[Wanted, int] = {}
        self._needs = list(dict.fromkeys((self._bit(clause.site), self._all(clause)) for clause in wanting))
        self._slow = [
            (_Matching(wanted.pattern), bit) for wanted, bit in self._bits.items() if wanted.pattern is not None
        ]
        self._slow_bits = sum(bit for _, bit in self._slow)
        self._words = _Bits(self._bits)
        self._known: dict[str, Hits | None] = {}

    def _bit(self, wanted: Wanted | None) -> int:
        return self._bits.setdefault(wanted, 1 << len(self._bits)) if wanted is not None else 0

    def _all(self, clause: Clause) -> int:
        bits = self._bit(clause.site)
        for wanted in clause.more:
            bits |= self._bit(wanted)
        return bits

    def learn(self, program: Program) -> None:
        """Takes in which functions of a program make what patterns ask for; before that only their own files do."""
        found = {name for made_by in self._made for name in origins.makers(program, made_by)}
        if found:
            self._makers = re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, found)))})\b".encode())

    def look(self, path: str, source: bytes) -> Hits | None:
        """Where patterns may fit in a file; None where none can."""
        if path not in self._known:
            self._known[path] = self._look(source)
        if self._makers is not None and self._makers.search(as_compared(source)):
            return Hits(source, None)
        return self._known[path]

    def _look(self, source: bytes) -> Hits | None:
        if not self._needs and not self._made:
            return None
        if _is_hidden(source) or any(origins.mentions(as_compared(source), made_by) for made_by in self._made):
            return Hits(source, None)
        found = set(_WORD.findall(source)) if source.isascii() else _unlike(source)
        here = self._words.of(found)
        has = 0
        for bits in set(here.values()):
            has |= bits
        open_ = self._open(has | self._slow_bits)
        if open_ and self._slow:
            asked = 0
            for _, bits in open_:
                asked |= bits
            for slow, bit in self._slow:
                if bit & asked and slow.fits(found):
                    has |= bit
            open_ = self._open(has)
        if not open_:
            return None
        if not all(site for site, _ in open_) or as_compared(source) is not source:
            return Hits(source, None)
        sites = 0
        for site, _ in open_:
            sites |= site
        return Hits(source, frozenset(word for word, bits in here.items() if bits & sites))

    def _open(self, has: int) -> list[tuple[int, int]]:
        """The clauses that hold where these bits do."""
        return [(site, bits) for site, bits in self._needs if bits & has == bits]


def _is_hidden(source: bytes) -> bool:
    """Whether a text may be a word that its source does not show."""
    if b"\\" in source and (_ESCAPED.search(source) or _CONTINUED.search(source)):
        return True
    if not source.isascii() and any(letter in source for letter in _FOLDED):
        return True
    return any(joined.search(source) for joined in _JOINED)


def _unlike(source: bytes) -> set[bytes]:
    """The words of a file that is not ASCII: as it writes them, and as Python compares them."""
    return {word.encode() for word in _ANY_WORD.findall(as_compared(source).decode("utf-8", "replace"))}


class _Matching:
    """The words that a regular expression matches; each is compared once."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        # Many words are searched at once, one a line.
        self._pattern = re.compile(f"^.*?(?:{pattern.pattern.removeprefix('(?i)')}).*$", pattern.flags | re.MULTILINE)
        self._seen: set[bytes] = set()
        self._matched: set[bytes] = set()

    def fits(self, words: set[bytes]) -> bool:
        """Whether one of the words of a file matches."""
        new = words - self._seen
        if new:
            self._seen |= new
            text = b"\n".join(new).decode()
            self._matched.update(found.group().encode() for found in self._pattern.finditer(text))
        return not self._matched.isdisjoint(words)


class _Bits:
    """For each word the sets of wanted words that it is in; a word is looked at once, however many files have it."""

    def __init__(self, bits: dict[Wanted, int]) -> None:
        self._exact: dict[bytes, int] = {}
        self._folded: dict[bytes, int] = {}
        self._parts: dict[bytes, list[tuple[bool, bool, int]]] = {}
        for wanted, bit in bits.items():
            for word in wanted.exact:
                self._exact[word.encode()] = self._exact.get(word.encode(), 0) | bit
            for word in wanted.folded:
                low = word.lower().encode()
                self._folded[low] = self._folded.get(low, 0) | bit
            for part, at_start, at_end in wanted.parts:
                self._parts.setdefault(part.encode(), []).append((at_start, at_end, bit))
        self._seen: set[bytes] = set()
        self._wanted: dict[bytes, int] = {}

    def of(self, words: set[bytes]) -> dict[bytes, int]:
        """Those of the words that anybody wants, each with its bits."""
        new = words - self._seen
        if new:
            self._seen |= new
            self._learn(list(new))
        wanted = self._wanted
        return {word: wanted[word] for word in wanted.keys() & words} if wanted else {}

    def _learn(self, new: list[bytes]) -> None:
        text = b"\n".join(new).lower()
        low = text.split(b"\n")
        for word in self._exact.keys() & new:
            self._want(word, self._exact[word])
        if not self._folded.keys().isdisjoint(low):
            for word, small in zip(new, low, strict=True):
                self._want(word, self._folded.get(small, 0))
        for part, places in self._parts.items():
            if part not in text:
                continue
            for word, small in zip(new, low, strict=True):
                if part in small:
                    for at_start, at_end, bit in places:
                        if (not at_start or small.startswith(part)) and (not at_end or small.endswith(part)):
                            self._want(word, bit)

    def _want(self, word: bytes, bits: int) -> None:
        if bits:
            self._wanted[word] = self._wanted.get(word, 0) | bits
