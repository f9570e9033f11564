"""The section `api_keys:` of nomoat.yaml: the hash of each key, whom it names, what it may at most, when it ends.

A hash stands in the file and not behind a reference: of 256 random bits nobody finds the key, and a review sees who is
let in. The key itself is written nowhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from nomoat import settings as settings_file
from nomoat.datafile import Mapping, Node, Place, Reader
from nomoat.policy.subjects import KEYS

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?\Z")
_HASH = re.compile(r"sha256:([0-9a-f]{64})\Z")
_SUBJECT = re.compile(
    rf"(service:[A-Za-z0-9][A-Za-z0-9._-]{{0,127}}|user:{KEYS}/[A-Za-z0-9][A-Za-z0-9._@+-]{{0,127}})\Z"
)
_KEYS = ("hash", "subject", "roles", "only", "until", "made", "because")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key. `sha256` is of the whole key, 64 hexadecimal digits; `until` its last day (UTC).

    `made_at` (seconds since 1970; 0: not said) is when: a revocation of its subject before that leaves it alone. `only`
    are the permissions that it may use at most; None: whatever the policy grants its subject.
    """

    id: str
    sha256: str
    subject: str
    until: date
    roles: tuple[str, ...] = ()
    only: frozenset[str] | None = None
    made_at: float = 0
    at: str = ""

    @property
    def fingerprint(self) -> str:
        """The credential as decisions and revocations name it: as the file does."""
        return f"sha256:{self.sha256}"


def is_id(text: str) -> bool:
    """True for what may name a key: 32 small letters, digits and dashes at most."""
    return _ID.match(text) is not None


def is_subject(text: str) -> bool:
    """True for whom a key may name: a service, or a user of the alias `keys`, never one of an issuer."""
    return _SUBJECT.match(text) is not None


def read(node: Node | None, reader: Reader) -> tuple[ApiKey, ...]:
    """The keys of the section; mistakes go to the reader, and never hold what stands as a hash."""
    found: list[ApiKey] = []

    def one(key_id: str, fields: Node, place: Place) -> None:
        key = _key(key_id, fields, place, reader)
        if key is not None:
            twin = next((other.id for other in found if other.sha256 == key.sha256), None)
            if twin is not None:
                reader.mistake(f"the keys {twin} and {key_id} have one hash", place, "make a key for each: new-key")
            found.append(key)

    reader.each(node, "api_keys", one)
    return tuple(found)


def _key(key_id: str, node: Node, place: Place, reader: Reader) -> ApiKey | None:
    fields = reader.mapping(node, f"the key {key_id}", known=_KEYS)
    if fields is None:
        return None
    before = len(reader.problems)
    if not is_id(key_id):
        reader.mistake(f"'{key_id}' is no id of a key", place, "use up to 32 small letters, digits and dashes")
    sha256 = _hash(key_id, fields, place, reader)
    subject = _subject(key_id, fields, place, reader)
    roles = reader.texts(fields.get("roles"), "roles")
    only = _only(key_id, fields, reader)
    until = settings_file.calendar_date(fields.get("until"), f"until of {key_id}", reader)
    if "until" not in fields:
        reader.mistake(f"the key {key_id} never ends", place, "add until: 2027-03-31")
    made_at = _made(key_id, fields, reader)
    reader.text(fields.get("because"), "because")
    if len(reader.problems) > before or until is None:
        return None
    return ApiKey(key_id, sha256, subject, until, roles, only, made_at, str(place))


def _hash(key_id: str, fields: Mapping, place: Place, reader: Reader) -> str:
    node = fields.get("hash")
    text = reader.text(node, f"hash of {key_id}") or ""
    found = _HASH.match(text)
    if found is not None:
        return found[1]
    if text.startswith("nmk_"):
        reader.mistake(
            f"the key {key_id} itself stands in the file", node or place,
            "it is known now to all who read the file: make a new one with nomoat guard new-key, and write its hash",
        )  # fmt: skip
    elif node is None or text:
        reader.mistake(f"the key {key_id} has no hash", node or place, "nomoat guard new-key makes a key and its lines")
    return ""


def _subject(key_id: str, fields: Mapping, place: Place, reader: Reader) -> str:
    text = reader.text(fields.get("subject"), f"subject of {key_id}")
    if text is not None and not is_subject(text):
        reader.mistake(
            f"a key cannot name '{text}'", fields.get("subject") or place, f"write service:NAME or user:{KEYS}/NAME"
        )
    elif "subject" not in fields:
        reader.mistake(f"the key {key_id} names nobody", place, f"add subject: service:NAME, or user:{KEYS}/NAME")
    return text or ""


def _only(key_id: str, fields: Mapping, reader: Reader) -> frozenset[str] | None:
    if "only" not in fields:
        return None
    names = reader.texts(fields.get("only"), "only")
    if any("*" in name for name in names):
        reader.mistake(f"the key {key_id} is limited to a star", fields.key_places["only"], "name each permission")
    return frozenset(names)


def _made(key_id: str, fields: Mapping, reader: Reader) -> float:
    node = fields.get("made")
    text = reader.text(node, f"made of {key_id}")
    if text is None or node is None:
        return 0
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        reader.mistake(f"made '{text}' is no time", node, "write it as 2026-11-30T14:20:00Z")
        return 0
