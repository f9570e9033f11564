"""SPIFFE IDs, read strictly, and the services that they are of.

Source: SPIFFE-ID, sections 2.1 to 2.3; X.509-SVID, sections 2, 3.1 and 5.2.
"""

from __future__ import annotations

import re
from typing import NamedTuple

SCHEME = "spiffe://"
_MAX_LENGTH, _MAX_DOMAIN = 2048, 255
_DOMAIN = re.compile(rf"[a-z0-9._-]{{1,{_MAX_DOMAIN}}}\Z")
_SEGMENT = re.compile(r"[A-Za-z0-9._-]+\Z")
_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}\Z")
#: What stands for one placeholder: no dots, for they separate the parts of a service's name, and no two IDs become one.
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")
_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")


class SpiffeId(NamedTuple):
    """An ID of a workload: at least one segment of a path."""

    trust_domain: str
    segments: tuple[str, ...]


class Template(NamedTuple):
    """IDs of one form and the service that each is of: `spiffe://example.org/ns/{ns}/sa/{sa}`, `{ns}.{sa}`."""

    trust_domain: str
    segments: tuple[str, ...]
    service: str

    def service_of(self, found: SpiffeId) -> str | None:
        """The service's name; None where the ID is of another form."""
        if found.trust_domain != self.trust_domain or len(found.segments) != len(self.segments):
            return None
        parts: dict[str, str] = {}
        for wanted, segment in zip(self.segments, found.segments, strict=True):
            place = _PLACE.match(wanted)
            if place is None and wanted != segment:
                return None
            if place is not None and not _PART.match(segment):
                return None
            if place is not None:
                parts[place[1]] = segment
        return ".".join(parts[place[1]] if (place := _PLACE.match(part)) else part for part in self.service.split("."))


def is_claimed(uri: str) -> bool:
    """True for a URI that wants to be a SPIFFE ID, however it is spelled."""
    return uri[: len("spiffe:")].lower() == "spiffe:"


def is_trust_domain(text: str) -> bool:
    """True for a name of a trust domain."""
    return _DOMAIN.match(text) is not None


def parsed(text: str) -> SpiffeId | None:
    """The ID of a workload; None for anything else: another spelling, an escape, an empty segment, dots, no path."""
    if len(text) > _MAX_LENGTH or not text.startswith(SCHEME):
        return None
    domain, *segments = text[len(SCHEME) :].split("/")
    if not _DOMAIN.match(domain) or not segments:
        return None
    if not all(_SEGMENT.match(one) and one not in (".", "..") for one in segments):
        return None
    return SpiffeId(domain, tuple(segments))


def template(text: str, service: str) -> Template | str:
    """A template, or what is wrong with it. An ID without placeholders is a template of itself."""
    places = re.findall(r"\{[^}]*\}", text)
    plain = parsed(re.sub(r"\{[a-z][a-z0-9_]*\}", "x", text))
    if plain is None:
        return "it is no SPIFFE ID of a workload"
    segments = tuple(text[len(SCHEME) :].split("/")[1:])
    if any("{" in one and not _PLACE.match(one) for one in segments) or "{" in text.split("/")[2]:
        return "a placeholder is a whole segment of its path"
    parts = service.split(".")
    if any("{" in part and not _PLACE.match(part) for part in parts):
        return "in the service's name, dots separate the placeholders"
    # Else two IDs would be one service.
    used = [part for part in parts if _PLACE.match(part)]
    if sorted(used) != sorted(places) or len(set(used)) != len(used):
        return "each placeholder stands once in the ID and once in the service's name"
    if not _SERVICE.match(".".join("x" if _PLACE.match(part) else part for part in parts)):
        return "what it becomes is no service's name"
    return Template(plain.trust_domain, segments, service)
