"""Envoy's `X-Forwarded-Client-Cert`: one element for each proxy, the nearest last.

Envoy escapes quotes within quoted values and nothing else, and writes URIs as they are: what is not well formed from
its first to its last character is refused whole, for its end may be somebody's own.
Source: Envoy, HTTP header manipulation, x-forwarded-client-cert.
"""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

from nomoat.guard.identity.model import CertificateError

MAX_BYTES = 64 * 1024
MAX_ELEMENTS = 32
_PRINTABLE = re.compile(r"[\x20-\x7e]+\Z")
_KEY = re.compile(r"([A-Za-z][A-Za-z0-9-]*)=")
_PLAIN = re.compile(r'[^\s",;\\]*')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")
#: These say what the certificate is, and stand once.
_ONCE = ("hash", "cert", "chain", "subject")


class Element(NamedTuple):
    """What one proxy says of the certificate that it was shown; empty where it does not say."""

    hash: str = ""
    cert: str = ""
    chain: str = ""
    subject: str = ""
    uris: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()


def parsed(text: str) -> tuple[Element, ...]:
    """The elements of a header. Raises CertificateError: it is not well formed."""
    if len(text) > MAX_BYTES or not _PRINTABLE.match(text):
        _refuse("it is empty, huge or not ASCII")
    elements: list[Element] = []
    at = 0
    while True:
        at = len(text) - len(text[at:].lstrip(" "))
        pairs, at = _pairs(text, at)
        elements.append(_element(pairs))
        if at == len(text):
            return tuple(elements)
        if len(elements) == MAX_ELEMENTS:
            _refuse("it has too many elements")
        at += 1


def _pairs(text: str, at: int) -> tuple[list[tuple[str, str]], int]:
    """The keys (in small letters) and values of the element that begins at `at`, and where it ends."""
    pairs: list[tuple[str, str]] = []
    while True:
        key = _KEY.match(text, at)
        if key is None:
            _refuse("a key is missing")
        at = key.end()
        quoted = _QUOTED.match(text, at)
        plain = _PLAIN.match(text, at)
        assert plain is not None
        value = _ESCAPED.sub(r"\1", quoted[1]) if quoted is not None else plain[0]
        at = quoted.end() if quoted is not None else plain.end()
        pairs.append((key[1].lower(), value))
        if at == len(text) or text[at] == ",":
            return pairs, at
        if text[at] != ";":
            _refuse("something stands behind a value")
        at += 1


def _element(pairs: list[tuple[str, str]]) -> Element:
    found: dict[str, str] = {}
    for key, value in pairs:
        if key in _ONCE:
            if key in found:
                _refuse(f"{key} stands twice in an element")
            found[key] = value
    return Element(
        **found,
        # Envoy writes `URI=` for a certificate without one.
        uris=tuple(value for key, value in pairs if key == "uri" and value),
        dns=tuple(value for key, value in pairs if key == "dns" and value),
    )


def _refuse(why: str) -> NoReturn:
    raise CertificateError(f"a forwarded client certificate is refused: {why}")
