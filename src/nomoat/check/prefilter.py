"""Which files a pattern can fit at all, told from the words in their bytes: most files need not be gone through.

What must stand in a file is derived from each pattern; where nothing can be derived, the pattern wants every file. A
word that source may write in another way than it reads (escapes, texts put together, other letters) is looked for so.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from nomoat.check import names, origins
from nomoat.check.model import Pattern, Rule, Test
from nomoat.check.sites import SETTERS, STORES
from nomoat.survey.python.words import Index, WordIndex

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
    end, what must stand around it), `pattern` as this matches; with `made_by` what may give a value that one of these
    calls made (`is_alone`: and nothing else is known). `on` says what kind of site the word is of, as in `Pattern`;
    it is empty where it is none.
    """

    exact: frozenset[str] = frozenset()
    folded: frozenset[str] = frozenset()
    parts: frozenset[tuple[str, bool, bool, str]] = frozenset()
    pattern: re.Pattern[str] | None = None
    made_by: tuple[str, ...] = ()
    is_alone: bool = False
    on: str = ""


@dataclass(frozen=True, slots=True)
class Clause:
    """What a file must have for a pattern to fit: a word of `site`, where the pattern fits, and one of each of `more`.

    Without `site` it may fit anywhere.
    """

    site: Wanted | None
    more: tuple[Wanted, ...] = ()


def clauses(pattern: Pattern) -> tuple[Clause, ...]:
    """One of these must hold in a file that a pattern fits."""
    more = tuple(
        wanted for test in (*pattern.tests, *pattern.others) for wanted in _of_test(test, pattern) if wanted is not None
    )
    if pattern.on in ("values", "comparisons"):
        site = _of_globs(pattern.calls, pattern.on)
        return (Clause(site, more if site is not None else _alone(more)),)
    words = names.last_words(pattern.calls)
    if any("*" in word or not word.isidentifier() for word in words):
        return (Clause(None, _alone(more)),)
    if pattern.on != "settings":
        return (Clause(Wanted(exact=words, on=pattern.on), more),)
    given = Clause(Wanted(exact=SETTERS, on="calls"), (Wanted(exact=STORES), *more))
    return Clause(Wanted(folded=frozenset(word.upper() for word in words), on="settings"), more), given


def _of_test(test: Test, pattern: Pattern) -> Iterator[Wanted | None]:
    if test.name not in ("", "*") and test.at is None and test.test not in ("absent", "not-equals", "unlike"):
        # What can only be given by its name is named.
        yield Wanted(exact=frozenset((test.name,))) if test.name.isidentifier() else None
    if test.test in ("named", "shows") and test.value is not None and _OF_WORDS.match(test.value.pattern):
        yield Wanted(pattern=test.value)
    if test.test == "made-by" and test in pattern.tests:
        yield Wanted(made_by=tuple(test.value or ()))


def _alone(more: tuple[Wanted, ...]) -> tuple[Wanted, ...]:
    return tuple(replace(one, is_alone=True) if one.made_by else one for one in more)


def _of_globs(globs: Iterable[str], on: str) -> Wanted | None:
    """The longest part of each glob that must stand in one word, and what must stand around it."""
    parts: set[tuple[str, bool, bool, str]] = set()
    for glob in globs:
        pieces = [one for one in re.finditer(r"\w+", glob.lower()) if one.group().isascii()]
        if not pieces or re.search(r"[\[\]?]", glob):
            return None
        longest = max(pieces, key=lambda one: len(one.group()))
        before, after = glob[: longest.start()], glob[longest.end() :]
        around = before.rpartition("*")[2] + longest.group() + after.partition("*")[0]
        text = around.lower() if around.isascii() and around.lower() != longest.group() else ""
        parts.add((longest.group(), before[-1:] != "*", after[:1] != "*", text))
    return Wanted(parts=frozenset(parts), on=on)


#: What may follow a word where it is what a pattern is about. A name that is called may also be handed on to another
#: name, which is then learned: so the end of a line, a comma, a bracket and `as` may follow as well.
_FOLLOWED = {
    "calls": re.compile(rb"\s*(?:[(,)\]};#\\\n]|\Z|(?:as|if|else|for|or|and|in|is|not)\b)"),
    "settings": re.compile(rb"(?!\s*\()"),
    "attributes": re.compile(rb"\s*(?:=|:|,|\)|\]|\\|#|\n)"),
    "values": re.compile(rb"[\"\'\s)\]\\]*(?:=|:|,|\(|#)"),
}
#: `@app.get`, `@method_decorator(csrf_exempt)` on one line, and names that such a thing is given.
_MARKED = re.compile(rb"\s*@|.*(?:=|\bimport\b)")
_NAMED_ANEW = re.compile(rb"\s+as\b|\s*,?\s*$", re.M)


class Hits:
    """Where in a file the words of sites stand; everywhere, where nothing could be derived."""

    def __init__(self, source: bytes, words: Mapping[bytes, Iterable[str]] | None) -> None:
        self._source = source
        self._words: set[bytes] | None = set(words) if words is not None else None
        self._places = sorted(place for word, kinds in (words or {}).items() for place in _sites(source, word, kinds))

    @property
    def are_everywhere(self) -> bool:
        """Whether a site may stand anywhere."""
        return self._words is None

    def __bool__(self) -> bool:
        return self._words is None or bool(self._places)

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
            more = (found.start() for word in new for found in _places(self._source, word))
            self._places = sorted((*self._places, *more))


_compiled: dict[bytes, re.Pattern[bytes]] = {}


def _places(source: bytes, word: bytes) -> Iterator[re.Match[bytes]]:
    found = _compiled.get(word)
    if found is None:
        # The word first: a search for a literal is the fastest.
        found = _compiled[word] = re.compile(word + rb"(?<![A-Za-z_0-9]" + word + rb")(?![A-Za-z_0-9])")
    return found.finditer(source)


def _sites(source: bytes, word: bytes, kinds: Iterable[str]) -> Iterator[int]:
    """Where a word may be what a pattern of one of these kinds is about."""
    kinds = frozenset(kinds)
    follows = [_FOLLOWED[kind] for kind in kinds & _FOLLOWED.keys()]
    is_mark = not kinds.isdisjoint(("decorators", "answers"))
    is_any = not kinds.isdisjoint(("comparisons", "text")) or (is_mark and b"method_decorator" in source)
    for found in _places(source, word):
        start, end = found.span()
        if is_any or any(one.match(source, end) for one in follows):
            yield start
        elif is_mark:
            line = source.rfind(b"\n", 0, start) + 1
            before = _MARKED.match(source, line, start)
            if before is not None and (before.group().endswith(b"@") or _NAMED_ANEW.match(source, end)):
                yield start


@dataclass(frozen=True)
class Making:
    """What the files of a tree say of one another, for a prefilter.

    By the calls that are asked for: the names of the functions of the tree that may give what these made. What nobody
    mentions is not there.
    """

    makers: Mapping[tuple[str, ...], frozenset[str]]

    @classmethod
    def of(cls, index: Index, asked: Iterable[tuple[str, ...]], alone: Collection[tuple[str, ...]]) -> Making:
        """What the files of an index say; only for those `alone` the functions count."""
        mentioned = [one for one in sorted(asked) if origins.mentioning(index, one)]
        return cls({one: origins.makers(index, one) if one in alone else frozenset() for one in mentioned})


class Prefilter:
    """Tells of the files of a tree what the patterns of rules want in them."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        #: One bit for each different set of words; a clause is the bits that it needs.
        self._bits: dict[Wanted, int] = {}
        every = [clause for rule in rules for pattern in rule.patterns for clause in clauses(pattern)]
        self._needs = list(dict.fromkeys((self._bit(clause.site), self._all(clause)) for clause in every))
        self._on = {bit: wanted.on for wanted, bit in self._bits.items() if wanted.on}
        self._kinds_of: dict[int, frozenset[str]] = {}
        self._opened: dict[int, list[tuple[int, int]]] = {}
        self._index: WordIndex | None = None
        #: What each file has, and which of the words that sites are about.
        self._has: dict[str, int] = {}
        self._here: dict[str, list[tuple[bytes, int, bool]]] = {}
        self._known: dict[str, Hits | None] = {}

    def _bit(self, wanted: Wanted | None) -> int:
        return self._bits.setdefault(wanted, 1 << len(self._bits)) if wanted is not None else 0

    def _all(self, clause: Clause) -> int:
        bits = self._bit(clause.site)
        for wanted in clause.more:
            bits |= self._bit(wanted)
        return bits

    def making(self, index: Index) -> Making:
        """What the files of a tree say of one another."""
        asked = {wanted.made_by for wanted in self._bits if wanted.made_by}
        return Making.of(index, asked, {wanted.made_by for wanted in self._bits if wanted.is_alone})

    def read(self, index: WordIndex, paths: Iterable[str], making: Making) -> None:
        """Takes in the words of a tree; `paths` are the files that it will be asked for."""
        self._index = index
        self._has = dict.fromkeys(paths, 0)
        sites = sum(self._on)
        for word, bits, files, is_whole in _wanted_words(self._bits, index):
            for path in files:
                if path in self._has:
                    self._has[path] |= bits
                    if bits & sites:
                        self._here.setdefault(path, []).append((word, bits & sites, is_whole))
        for wanted, bit in self._bits.items():
            if wanted.made_by:
                self._give(bit, self._made(index, wanted, making))
        self._match_words(index)

    def _made(self, index: WordIndex, wanted: Wanted, making: Making) -> Iterable[str]:
        """The files in which a value may be made by what a pattern asks for."""
        makers = making.makers.get(wanted.made_by)
        if makers is None or not wanted.is_alone:
            # Functions of other files may make it; to find out which costs more than to go through few sites.
            return self._has if makers is not None else ()
        return (*origins.mentioning(index, wanted.made_by), *index.holding(map(str.encode, makers)))

    def _give(self, bit: int, paths: Iterable[str]) -> None:
        for path in paths:
            if path in self._has:
                self._has[path] |= bit

    def _match_words(self, index: WordIndex) -> None:
        """Sets the bits of expressions, of those that may decide for a file."""
        slow = {bit: wanted.pattern for wanted, bit in self._bits.items() if wanted.pattern is not None}
        asked = 0
        for has in set(self._has.values()):
            for _, bits in self._open(has | sum(slow)):
                asked |= bits
        for bit, pattern in slow.items():
            for word in _matching(pattern, index) if bit & asked else ():
                self._give(bit, index.files(word))

    def look(self, path: str) -> Hits | None:
        """Where patterns may fit in a file; None where none can."""
        if path not in self._has or self._index is None or not self._needs:
            return None
        if path not in self._known:
            self._known[path] = self._look(path, self._index) or None
        return self._known[path]

    def _look(self, path: str, index: WordIndex) -> Hits | None:
        source = index.texts[path]
        if _is_hidden(source):
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
        words: dict[bytes, set[str]] = {}
        for word, bits, is_whole in self._here.get(path, ()):
            if bits & sites:
                words.setdefault(word, set()).update(self._kinds(bits & sites) if is_whole else ("text",))
        return Hits(source, words)

    def _kinds(self, bits: int) -> frozenset[str]:
        """The kinds of the sites that these bits are of."""
        known = self._kinds_of.get(bits)
        if known is None:
            known = self._kinds_of[bits] = frozenset(on for bit, on in self._on.items() if bit & bits)
        return known

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
    text, end = index.joined_text, -1
    is_folded = bool(pattern.flags & re.IGNORECASE)
    # Small letters are searched for in small letters, which is much faster than whatever the case; a class of
    # characters, of which `lower` would make another, is no part of such an expression.
    written = pattern.pattern.removeprefix("(?i)").lower() if is_folded else pattern.pattern
    # All are searched at once, one a line; parts of which an expression may consist never go over the end of one.
    for found in re.compile(written, re.MULTILINE).finditer(text.lower() if is_folded else text):
        if found.start() > end:
            end = text.find("\n", found.start())
            end = len(text) if end < 0 else end
            yield text[text.rfind("\n", 0, found.start()) + 1 : end].encode()


def _wanted_words(bits: dict[Wanted, int], index: WordIndex) -> Iterator[tuple[bytes, int, Iterable[str], bool]]:
    """The words of a tree that anybody wants by themselves, with the bits of who does, in which files, and whether it
    is all that is wanted: `control` stands for `access-control-allow-origin`.
    """
    found: dict[bytes, int] = {}
    folded: dict[bytes, int] = {}
    parts: dict[tuple[bytes, str], list[tuple[bool, bool, int]]] = {}
    for wanted, bit in bits.items():
        for one in map(str.encode, wanted.exact):
            if one in index:
                found[one] = found.get(one, 0) | bit
        for one in (name.lower().encode() for name in wanted.folded):
            folded[one] = folded.get(one, 0) | bit
        for part, at_start, at_end, text in wanted.parts:
            parts.setdefault((part.encode(), text), []).append((at_start, at_end, bit))
    for small, bit in folded.items():
        for word in index.folded(small):
            found[word] = found.get(word, 0) | bit
    for (piece, text), places in parts.items():
        files = set(index.holding_text(text.encode(), is_folded=True)) if text else None
        for word in index.containing(piece):
            lower, bit = word.lower(), 0
            for at_start, at_end, own in places:
                if (not at_start or lower.startswith(piece)) and (not at_end or lower.endswith(piece)):
                    bit |= own
            if bit and files is None:
                found[word] = found.get(word, 0) | bit
            elif bit and files:
                yield word, bit, [path for path in index.files(word) if path in files], False
    yield from ((word, bit, index.files(word), True) for word, bit in found.items())
