"""Envoy's header, against a second reading of its grammar and against what Envoy writes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nomoat.guard.identity.model import CertificateError
from nomoat.guard.identity.xfcc import Element, parsed

Pairs = list[tuple[str, str]]


class _MalformedError(Exception):
    pass


def _oracle(text: str) -> list[Pairs]:
    """The grammar, character by character: cut at commas, semicolons and the first `=` outside of quotes."""
    if not text or any(not " " <= char <= "~" for char in text):
        raise _MalformedError
    return [[_pair(part) for part in _cut(element.lstrip(" "), ";")] for element in _cut(text, ",")]


def _cut(text: str, at: str) -> list[str]:
    parts, is_quoted, is_escaped = [""], False, False
    for char in text:
        if char == at and not is_quoted:
            parts.append("")
            continue
        parts[-1] += char
        if is_escaped:
            is_escaped = False
        elif char == "\\" and is_quoted:
            is_escaped = True
        elif char == '"':
            is_quoted = not is_quoted
    if is_quoted:
        raise _MalformedError
    return parts


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key or not key.replace("-", "").isalnum() or not key[0].isalpha():
        raise _MalformedError
    if not value.startswith('"'):
        if any(char in value for char in ' "\\'):
            raise _MalformedError
        return key.lower(), value
    if len(value) < 2 or not value.endswith('"'):
        raise _MalformedError
    plain, rest = "", value[1:-1]
    while rest:
        char, rest = rest[0], rest[1:]
        if char == '"':
            raise _MalformedError
        if char == "\\":
            if not rest:
                raise _MalformedError
            char, rest = rest[0], rest[1:]
        plain += char
    return key.lower(), plain


def _element(pairs: Pairs) -> Element:
    once = [key for key, _ in pairs if key in ("hash", "cert", "chain", "subject")]
    if len(once) != len(set(once)):
        raise _MalformedError
    of: Callable[[str], str] = lambda name: next((value for key, value in pairs if key == name), "")  # noqa: E731
    many: Callable[[str], tuple[str, ...]] = lambda name: tuple(  # noqa: E731
        value for key, value in pairs if key == name and value
    )
    return Element(of("hash"), of("cert"), of("chain"), of("subject"), many("uri"), many("dns"))


def _expected(text: str) -> tuple[Element, ...] | None:
    try:
        found = [_element(pairs) for pairs in _oracle(text)]
    except _MalformedError:
        return None
    return tuple(found) if len(found) <= 32 else None


def _ours(text: str) -> tuple[Element, ...] | None:
    try:
        return parsed(text)
    except CertificateError:
        return None


_WORDS = st.sampled_from(
    ["By=", "Hash=", "Cert=", "Subject=", "URI=", "DNS=", "uri=", "X-New=",
     '"', "\\", ",", ";", "=", " ", "a", "/", "CN=",
     "spiffe://e/a", '\\"', "\\\\", '""', ',"', '";', "\t", "\xe9", "%22"]
)  # fmt: skip


@given(words=st.lists(_WORDS, max_size=14))
@example(words=["Subject=", '"', "\\\\", '"', ";", "URI=", "a"])
@example(words=["Hash=", "a", ",", " ", "Hash=", "a"])
def test_it_reads_as_the_grammar_says(words: list[str]) -> None:
    text = "".join(words)

    assert _expected(text) == _ours(text)


@given(text=st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    assert _expected(text) == _ours(text)


_TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)


@given(
    subjects=st.lists(_TEXT, min_size=1, max_size=4),
    uris=st.lists(st.text("ab:/.=-", max_size=8), max_size=3),
    claimed=_TEXT | st.lists(_WORDS, max_size=8).map("".join),
)
def test_the_nearest_proxy_speaks_last_whatever_stands_in_front(
    subjects: list[str], uris: list[str], claimed: str
) -> None:
    """Whatever a client puts in front of what its proxy appends, the last element is the proxy's or nothing is."""
    escaped = [subject.replace("\\", "\\\\").replace('"', '\\"') for subject in subjects]
    elements = [
        ";".join(["By=spiffe://p", "Hash=ab", f'Subject="{subject}"', *(f"URI={uri}" for uri in uris)])
        for subject in escaped
    ]
    last = Element("ab", subject=subjects[-1], uris=tuple(uri for uri in uris if uri))

    found = _ours(",".join(elements))
    assert found is not None and len(subjects) == len(found) and last == found[-1]
    # A subject of a certificate begins with the name of an attribute, or is empty (RFC 4514).
    honest = f'By=spiffe://p;Hash=cd;Subject="CN={escaped[0]}";URI=spiffe://e/own'
    behind = _ours(f"{claimed},{honest}")
    assert behind is None or behind[-1] == Element("cd", subject=f"CN={subjects[0]}", uris=("spiffe://e/own",))


@pytest.mark.parametrize(
    "text",
    [
        "", ",", "Hash=a,", ",Hash=a", "Hash=a,,Hash=b", "Hash=a;", ";Hash=a", "Hash", "=a", "Hash=a;Hash=b",
        'Cert="a";cert="b"', 'Subject="a', 'Subject="a"b', 'Subject=a"b"', 'Subject="a\\"', "Hash=a b", "Hash=a\\",
        "Hash=\xe9", "Hash=a\nHash=b", "Hash=" + "a" * 65_536, ",".join(["Hash=a"] * 33), "Hash=a ,Hash=b", "Ha sh=a",
    ],
)  # fmt: skip
def test_what_is_not_well_formed_is_refused_whole(text: str) -> None:
    assert _ours(text) is None
