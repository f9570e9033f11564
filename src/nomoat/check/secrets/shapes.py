"""Finds secrets by the shapes that providers give them, and random text under a name that tells of a secret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from nomoat.check.model import Confidence, SecretShape
from nomoat.check.secrets.checksums import CHECKSUMS
from nomoat.check.secrets.placeholders import is_placeholder, looks_random
from nomoat.survey.python.words import WordIndex

#: `name = "value"`, `"name": "value"`, `name: value`, `NAME=value`, `name="value"` of a call.
_NAMED = re.compile(
    r"""(?<![\w.-])(?P<name>[A-Za-z_][\w.-]{0,80})["']?\s{0,9}"""
    r"""(?::\s{0,9}[A-Za-z\[\]| ]{1,40}=|:=|=>|=(?!=)|:)\s{0,9}[bru]?(?P<quote>["']?)"""
    r"""(?P<value>(?<=["'])[^"'\n]{6,300}(?=["'])|(?<!["'])[^\s"'#,;(){}\[\]]{6,300})"""
)
_WORDS = (
    "secret", "passw", "pwd", "passphrase", "api_key", "apikey", "api-key", "access_key", "access-key", "private_key",
    "encryption_key", "signing_key", "token", "bearer", "credential",
)  # fmt: skip
_TELLING = re.compile("|".join(_WORDS))
_WORD_BYTES = tuple(word.encode() for word in _WORDS)
#: Names of something around a secret: where it is, how long, of which kind.
_AROUND = re.compile(
    r"(url|uri|path|file|name|field|header|param|prefix|suffix|type|length|len|size|min|max|expir\w*|ttl|timeout|hash"
    r"|hasher|algorithm|label|hint|help|text|message|error|title|regex|pattern|format|class|backend|model|view|form|page"
    r"|template|id|ids|policy|validators?|enabled|required|count|limit|lifetime|days|seconds|minutes|scheme|column|env"
    r"|var|key_?id|public\w*|arn|ref)$", re.I
)  # fmt: skip
#: Passwords of addresses that show how one is written, and hosts that nobody may own.
_USUAL = re.compile(r"(password|passwd|passw0rd|pass|pwd|secret|token|user(name)?|root|admin|guest)\d*\Z", re.I)
_SHOWN_HOST = re.compile(r"@([\w-]+\.)*(example\.(com|org|net)|[\w-]+\.(example|invalid|test|localhost|local))\b")
_PASSWORD = re.compile(r"passw(or)?d|passwd|pwd|passphrase", re.I)
#: Names of what stands in the place of a secret: `DUMMY_SECRET`, which is hashed where there is no user.
_STANDS_IN = re.compile(r"(^|_)(dummy|fake|mock(ed)?|place_?holder|example|sample)(_|$)", re.I)
#: Keys that are sent to browsers and with each program: they name a project, and let nobody in; places in a list.
_TELLS_WHERE = re.compile(
    r"amplitude|posthog|mixpanel|segment|matomo|plausible|bugsnag|sentry|google_?analytics|publishable|site_?key"
    r"|(next|page|continuation|cursor|sync)_?(page_?)?token",
    re.I,
)
#: Values that are said otherwise: another name, a path, an address without a password, words of a sentence.
_OTHERWISE = re.compile(
    r"^(https?://[^@]*|/|\./|~/|[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$|[a-z]+:$)|^[a-z_-]+$|^[A-Z_]+$|\s|\(|^arn:|^urn:"
)


#: How far before and behind its beginning a secret is looked for; a private key, over how many characters.
_BEFORE, _BEHIND, _LONG = 300, 4_000, 12_000


class Spotted(NamedTuple):
    """A secret in a text: offsets from 0, what it is, how sure that is, the name that it stands under."""

    start: int
    end: int
    shape: SecretShape
    confidence: Confidence
    name: str


class Shapes:
    """The shapes of many rules; only those of which a text holds a beginning are looked for in it."""

    def __init__(self, shapes: Iterable[SecretShape]) -> None:
        every = tuple(shapes)
        self._shapes = tuple(one for one in every if one.pattern is not None)
        self._starts = tuple((one, tuple(start.encode() for start in one.starts)) for one in self._shapes)
        self._named = next((one for one in every if one.pattern is None), None)

    def begun_in(self, data: bytes) -> tuple[SecretShape, ...]:
        """The shapes of which a file holds a beginning."""
        return tuple(shape for shape, starts in self._starts if any(start in data for start in starts))

    def begun_within(self, index: WordIndex) -> dict[str, list[SecretShape]]:
        """By file the shapes of which it holds a beginning, as `begun_in` gives them."""
        found: dict[str, list[SecretShape]] = {}
        for shape, starts in self._starts:
            files = {path for start in starts for path in index.holding_text(start)}
            for path in files:
                found.setdefault(path, []).append(shape)
        return found

    def may_name(self, index: WordIndex) -> frozenset[str]:
        """The files in which a name may tell of a secret."""
        return frozenset(path for word in _WORD_BYTES for path in index.holding_text(word, is_folded=True))

    def in_text(self, text: str, shapes: Iterable[SecretShape] | None = None) -> Iterator[Spotted]:
        """The secrets of providers in a text, each once, in the order of the shapes (all, unless they are given)."""
        taken: list[tuple[int, int]] = []
        for shape in self._shapes if shapes is None else shapes:
            if shape.pattern is None:
                continue
            for found in _around(shape, text):
                start, end = found.span("value") if "value" in shape.pattern.groupindex else found.span()
                if not any(a < end and start < b for a, b in taken) and _is_real(shape, found):
                    taken.append((start, end))
                    yield Spotted(start, end, shape, shape.confidence, _name_before(text, start))

    def naming(self, data: bytes) -> frozenset[int]:
        """Numbers of the lines (from 1) on which a name tells of a secret."""
        if self._named is None:
            return frozenset()
        lowered, places = data.lower(), []
        for word in _WORD_BYTES:
            place = lowered.find(word)
            while place >= 0:
                places.append(place)
                # One a line is enough.
                end = lowered.find(b"\n", place)
                place = lowered.find(word, end) if end >= 0 else -1
        found, number, before = set(), 1, 0
        for place in sorted(places):
            number += lowered.count(b"\n", before, place)
            before = place
            found.add(number)
        return frozenset(found)

    def in_line(self, line: str) -> Iterator[Spotted]:
        """The texts of a line that stand under a name that tells of a secret."""
        if self._named is None or len(line) > _BEHIND or not _TELLING.search(line.lower()):
            return
        for found in _NAMED.finditer(line):
            name, value = found["name"], found["value"].rstrip()
            last = name.rpartition(".")[2]
            if not _TELLING.search(last.lower()) or _AROUND.search(last):
                continue
            confidence = _how_sure(last, value)
            if confidence is not None and (found["quote"] or confidence == "sure"):
                start = found.start("value")
                yield Spotted(start, start + len(value), self._named, confidence, name)


def _around(shape: SecretShape, text: str) -> Iterator[re.Match[str]]:
    """Where a shape fits, looked for on the lines alone that hold one of its beginnings."""
    assert shape.pattern is not None
    for begin in shape.starts:
        place = text.find(begin)
        while place >= 0:
            first = max(text.rfind("\n", 0, place) + 1, place - _BEFORE)
            end = text.find("\n", place)
            last = min(len(text) if end < 0 else end, place + _BEHIND)
            # A private key goes over many lines.
            yield from shape.pattern.finditer(text, first, place + _LONG if begin.startswith("-----") else last)
            place = text.find(begin, last)


def _how_sure(name: str, value: str) -> Confidence | None:
    """How sure it is that the value of a name is a secret; None where it is none."""
    if (
        is_placeholder(value)
        or _OTHERWISE.search(value)
        or value.lower() in name.lower()
        or name.lower() in value.lower()
    ):
        return None
    if _STANDS_IN.search(name) or _TELLS_WHERE.search(name):
        return "low"
    if looks_random(value):
        return "sure"
    is_mixed = re.search(r"[a-z]", value, re.I) and re.search(r"[^a-z_]", value, re.I)
    return "likely" if _PASSWORD.search(name) and is_mixed else None


def _is_real(shape: SecretShape, found: re.Match[str]) -> bool:
    value = found["value"] if "value" in found.re.groupindex else found.group()
    check = CHECKSUMS.get(shape.checked)
    if check is not None:
        return check(value)
    secret = value
    for start in shape.starts:
        secret = secret.removeprefix(start)
    return not is_placeholder(secret) and not _USUAL.match(value) and not _SHOWN_HOST.search(found.group())


def _name_before(text: str, start: int) -> str:
    """`STRIPE_KEY` of `STRIPE_KEY = "sk_live_..."`; empty where the secret stands under no name."""
    line = text[text.rfind("\n", 0, start) + 1 : start]
    found = re.search(r"([A-Za-z_][\w.-]*)[\"']?\s*(?::|=>?)\s*[bru]?[\"'\\]{0,4}\Z", line[-200:])
    return found.group(1) if found is not None else ""
