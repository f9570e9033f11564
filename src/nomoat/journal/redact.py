"""What may leave the journal: credentials never, and nobody's name where a key hides it.

Facts hold fingerprints of credentials by contract; this is the second lock, for free text (output of a command, a
note) that carries one all the same. With a key people, addresses and what they sent become keyed hashes, alike for
one key; words of a closed set and ids of the map are never touched, whatever a caller sends.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

# A JWT (RFC 7515, section 7.1) is known by its fingerprint: the digest of its signing input, as decisions carry it.
# Lengths are bounded where a text that never ends as it began would be looked through from each of its places.
_JWT = re.compile(r"\b(eyJ[A-Za-z0-9_-]{4,8192}\.[A-Za-z0-9_-]{4,})\.[A-Za-z0-9_-]*")
#: Between a word and its value, also within JSON that is text in JSON: `\"password\": \"hunter2\"`.
_IS = r"[\\\"']*\s*[:=]\s*[\\\"']*"
# What follows these words, or stands in these shapes, is a credential.
_CREDENTIALS = (
    re.compile(r"(?i)\b((?:bearer|basic|token)\s+)([A-Za-z0-9._~+/=-]{8,})"),
    # The rest of the line: of many cookies each may be the one. Whatever scheme stands before it is kept.
    re.compile(r"(?i)((?:set-)?cookie" + _IS + r")([^\r\n\"'\\]{4,})"),
    re.compile(r"(?i)(authorization" + _IS + r"(?:[a-z0-9-]{1,32}\s+)?)([^\s\\\"',;]{4,})"),
    re.compile(
        r"(?i)((?:pass(?:word|wd|phrase)?|pwd|secret|api[-_]?key|access[-_]?key|client[-_]?secret|private[-_]?key)"
        + _IS
        + r")([^\s\\\"',;&]{4,})"
    ),
    re.compile(r"(?i)(token" + _IS + r")([^\s\\\"',;&]{8,})"),
    # A password may hold an @ of its own: the last one ends it.
    re.compile(r"(?i)(\b[a-z][a-z0-9+.-]{0,31}://[^\s/:@]*:)([^\s/]+)(?=@)"),
    re.compile(
        r"()\b((?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|sk-[A-Za-z0-9_-]{16,}"
        r"|nmk_[a-z0-9-]{1,32}_[A-Za-z0-9]{49})\b"
    ),
    re.compile(r"()(-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z))", re.DOTALL),
)
#: Names whose values are credentials by themselves, whatever they look like: of a parameter, of a command's option.
_NAMED = re.compile(
    r"(?i)(?:pass(?:word|wd|phrase)?|pwd|secret|token|(?:api|access|private)[-_]?key|cookie|authorization)\Z"
)
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")
_REMEMBERED_LENGTH = 256
#: Fields that name somebody, or hold what somebody sent; a mapping among them has such values.
_PERSONAL = (
    "subject",
    "client",
    "value",
    "params",
    "read",
    "also",
    "group",
    "parameters",
    "by",
    "root",
    "key",
    "filtered",
)
#: Of what an alert is grouped by, these name nobody, and a receiver joins by them.
_NOBODY = frozenset(("service", "target", "route", "permission", "permissions", "detection", "outcome", "status"))
#: Parts of a field that name nobody: who decided instead of the policy, and its own id of that.
_PARTS = {"group": _NOBODY, "read": frozenset(("backend", "opa.decision_id"))}
#: Text that people or programs wrote: nobody can tell whom it names, so with a key it stays at home.
_WITHHELD = ("text", "output", "command", "note", "because", "receipt")
#: Text that nomoat wrote about somebody: whoever it names is hidden in it.
_SENTENCES = ("summary", "title", "source", "name", "proposals", "evidence")
#: Fields of a closed form, in which nobody stands: words of ours, ids of the map, numbers, times, digests.
_CLOSED = frozenset(
    (
        "happened_at", "map_hash", "open", "new", "gone", "not_analysed", "request", "sequence", "service", "target",
        "method", "credential", "roles", "permissions", "outcome", "enforced", "reason", "grants", "policy", "map",
        "trace", "status", "login", "count", "allowed", "withheld", "only", "of", "hash", "detection", "still",
        "severity", "first_event_at", "last_event_at", "observed", "threshold", "window_s", "facts", "playbook",
        "actions", "findings", "state", "number", "change", "playbook_hash", "alert", "role", "false_alarm",
        "incident", "step", "attempt", "unclear", "drill", "sha256", "size_bytes", "changed_before", "block", "what",
        "until", "lifted", "issued_before", "adds", "channel", "detected_s", "acknowledged_s", "contained_s",
        "resolved_s", "reached", "process", "last_seen_at", "lost", "upto", "after", "kept", "first", "last", "head",
        "elevation", "host", "port", "by_map",
    )
)  # fmt: skip
#: Kinds where such a word is nomoat's own sentence, or somebody's.
_OWN_WORDS = {"gap": ("because",), "step": ("reason",)}
_IN_SENTENCES = re.compile(
    r"\b(?:user|service):[^\s,;\"'<>()\[\]]+"  # a subject (CONTRACTS: subjects)
    r"|[A-Za-z0-9._%+-]{1,254}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"  # an address of mail
    r"|\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b"  # an address of a machine, IPv4
    r"|(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])"  # and IPv6
)


def without_credentials(text: str) -> str:
    """Text with every credential replaced by its fingerprint."""
    text = _JWT.sub(lambda found: f"[credential {_fingerprint(found.group(1))}]", text)
    for pattern in _CREDENTIALS:
        text = pattern.sub(_replaced, text)
    return text


@lru_cache(maxsize=8192)
def _looked_at(text: str) -> str:
    """The same of a short text of a fact: most are in many facts, ids of routes, subjects, words of ours."""
    return without_credentials(text)


def _fit(text: str) -> str:
    return _looked_at(text) if len(text) <= _REMEMBERED_LENGTH else without_credentials(text)


def _fitting(value: Any, name: str = "") -> Any:
    """A value of a fact without credentials; `name` is what it is called within its field."""
    if type(value) is str:
        if value and _NAMED.search(name) and not value.startswith(("[credential", "sha256:")):
            return f"[credential {_fingerprint(value)}]"
        return _fit(value)
    if isinstance(value, Mapping):
        return {inner: _fitting(one, inner) for inner, one in value.items()}
    if isinstance(value, list | tuple):
        # `--password hunter2` in two words of a command.
        before = ("", *(one if isinstance(one, str) and one[:1] == "-" else "" for one in value))
        return [_fitting(one, option) for one, option in zip(value, before, strict=False)]
    return value if value is None or isinstance(value, bool | int | float) else _each_text(value, _fit)


def _replaced(found: re.Match[str]) -> str:
    if found.group(2).startswith("[credential"):
        return found.group()
    return f"{found.group(1)}[credential {_fingerprint(found.group(2))}]"


def _fingerprint(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


class Redactor:
    """Prepares fields of facts for the outside; `key` hides people too, alike for one key and by no other."""

    def __init__(self, *, key: bytes | None = None) -> None:
        self._key = key

    @property
    def hides_people(self) -> bool:
        """True where there is a key."""
        return self._key is not None

    def __call__(self, fields: Mapping[str, Any], *, kind: str = "") -> dict[str, Any]:
        """The fields of one fact (`codec.plain`), fit to leave."""
        fit = {name: _fitting(value) for name, value in fields.items()}
        return fit if self._key is None else self._without_people(fit, _OWN_WORDS.get(kind, ()))

    def everything(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Fields of a kind that this version does not know: with a key all texts and ids as names are hidden."""
        fit = {name: _fitting(value) for name, value in fields.items()}
        if self._key is None:
            return fit
        return {name: value if name == "happened_at" else self._hidden_whole(value) for name, value in fit.items()}

    def text(self, text: str) -> str:
        """A text that is only compared (an idempotency key): with a key nothing of it is left."""
        return without_credentials(text) if self._key is None else self._hashed(text)

    def _without_people(self, fields: dict[str, Any], own: tuple[str, ...]) -> dict[str, Any]:
        hidden: dict[str, str] = {}
        for name in _PERSONAL:
            for text in _texts(_of_somebody(name, fields.get(name))):
                if text and text != "anonymous":
                    hidden[text] = self._hashed(text)
        # The longest first: one id may be the beginning of another.
        order = sorted((text for text in hidden if len(text) > 3), key=len, reverse=True)

        def sentence(text: str) -> str:
            for known in order:
                text = text.replace(known, hidden[known])
            return _IN_SENTENCES.sub(self._named, text)

        def one(name: str, value: Any) -> Any:
            if name in own:
                return _each_text(value, sentence)
            if name in _PERSONAL:
                return self._personal(name, value)
            if name in _WITHHELD:
                return _withheld(value)
            if name in _SENTENCES:
                return _each_text(value, sentence)
            # What nobody has thought about yet does not leave.
            return value if name in _CLOSED else _each_scalar(value, self._hidden)

        return {name: one(name, value) for name, value in fields.items()}

    def _personal(self, name: str, value: Any) -> Any:
        hidden = _each_scalar(_of_somebody(name, value), self._hidden)
        return {**value, **hidden} if isinstance(value, Mapping) else hidden

    def _hidden_whole(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            # A name like those of fields is one; whatever else stands there may be somebody's id.
            names = {name: name if _FIELD.match(name) else self._hidden(name) for name in value}
            return {names[name]: self._hidden_whole(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._hidden_whole(inner) for inner in value]
        return _each_scalar(value, self._hidden)

    def _named(self, found: re.Match[str]) -> str:
        text = found.group()
        is_somebody = "@" in text or text.startswith(("user:", "service:")) or _is_machine(text)
        return self._hashed(text) if is_somebody else text

    def _hidden(self, value: Any) -> Any:
        return value if value in ("", "anonymous", None) else self._hashed(str(value))

    def _hashed(self, text: str) -> str:
        assert self._key is not None
        mac = hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")
        return f"hidden:{mac.hex()[:16]}"


def _is_machine(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _of_somebody(name: str, value: Any) -> Any:
    """What of a personal field is about somebody: some have parts that are not."""
    if name in _PARTS and isinstance(value, Mapping):
        return {part: inner for part, inner in value.items() if part not in _PARTS[name]}
    return value


def _withheld(value: Any) -> Any:
    count = sum(len(text) for text in _texts(value))
    return f"[withheld: {count} characters]" if count else value


def _texts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list | tuple):
        return [text for inner in value for text in _texts(inner)]
    return [] if value is None or isinstance(value, bool) else [str(value)]


def _each_scalar(value: Any, change: Callable[[Any], Any]) -> Any:
    if type(value) is str:
        return change(value)
    if isinstance(value, Mapping):
        return {name: _each_scalar(inner, change) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_each_scalar(inner, change) for inner in value]
    return value if isinstance(value, bool) else change(value)


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    return _each_scalar(value, lambda one: change(one) if isinstance(one, str) else one)
