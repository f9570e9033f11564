"""What may leave the journal: credentials never, and on request nobody's name either.

Facts hold fingerprints of credentials by contract; this is the second lock, for free text (output of a command, a
note) that carries one all the same.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from typing import Any

# A JWT (RFC 7515, section 7.1) is known by its fingerprint: the digest of its signing input, as decisions carry it.
_JWT = re.compile(r"\b(eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,})\.[A-Za-z0-9_-]*")
# What follows these words, or stands in these shapes, is a credential.
_CREDENTIALS = (
    re.compile(r"(?i)\b((?:bearer|basic|token)\s+)([A-Za-z0-9._~+/=-]{8,})"),
    re.compile(
        r"(?i)((?:pass(?:word|wd)?|secret|api[-_]?key|access[-_]?key|client[-_]?secret|auth[-_]?token|private[-_]?key"
        r"|set-cookie|cookie)[\"']?\s*[:=]\s*[\"']?)([^\s\"',;]{4,})"
    ),
    re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s/:@]*:)([^\s/@]+)(?=@)"),
    re.compile(
        r"()\b((?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|sk-[A-Za-z0-9_-]{16,}"
        r"|nmk_[a-z0-9-]{1,32}_[A-Za-z0-9]{49})\b"
    ),
    re.compile(r"()(-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z))", re.DOTALL),
)
#: Fields that name somebody, or hold what somebody sent; a mapping among them has such values.
_PERSONAL = ("subject", "client", "value", "params", "read", "also", "group", "parameters", "by")


def without_credentials(text: str) -> str:
    """Text with every credential replaced by its fingerprint."""
    text = _JWT.sub(lambda found: f"[credential {_fingerprint(found.group(1))}]", text)
    for pattern in _CREDENTIALS:
        text = pattern.sub(_replaced, text)
    return text


def _replaced(found: re.Match[str]) -> str:
    if found.group(2).startswith("[credential"):
        return found.group()
    return f"{found.group(1)}[credential {_fingerprint(found.group(2))}]"


def _fingerprint(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


class Redactor:
    """Prepares fields of facts for the outside; `key` hides people too, alike within one export and nowhere else."""

    def __init__(self, *, key: bytes | None = None) -> None:
        self._key = key

    def __call__(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of one fact (`codec.plain`), fit to leave."""
        fit = {name: _each_text(value, without_credentials) for name, value in fields.items()}
        return fit if self._key is None else self._without_people(fit)

    def _without_people(self, fields: dict[str, Any]) -> dict[str, Any]:
        hidden: dict[str, str] = {}
        for name in _PERSONAL:
            for text in _texts(fields.get(name)):
                if text and text != "anonymous":
                    hidden[text] = self._hashed(text)
        # The longest first: one id may be the beginning of another.
        order = sorted((text for text in hidden if len(text) > 3), key=len, reverse=True)

        def elsewhere(text: str) -> str:
            for known in order:
                text = text.replace(known, hidden[known])
            return text

        return {
            name: _each_scalar(value, lambda one: hidden.get(str(one), one)) if name in _PERSONAL
            else _each_text(value, elsewhere)
            for name, value in fields.items()
        }  # fmt: skip

    def _hashed(self, text: str) -> str:
        assert self._key is not None
        mac = hmac.new(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return f"hidden:{mac.hexdigest()[:16]}"


def _texts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list | tuple):
        return [text for inner in value for text in _texts(inner)]
    return [] if value is None or isinstance(value, bool) else [str(value)]


def _each_scalar(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, Mapping):
        return {name: _each_scalar(inner, change) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_each_scalar(inner, change) for inner in value]
    return value if isinstance(value, bool) else change(value)


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    return _each_scalar(value, lambda one: change(one) if isinstance(one, str) else one)
