"""The section `certificates:` of nomoat.yaml: where client certificates come from, and which service each one is of.

Files with authorities are not read here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from nomoat import settings as settings_file
from nomoat.datafile import Mapping, Node, Place, Reader
from nomoat.guard.identity import spiffe
from nomoat.guard.identity.spiffe import Template

Source: TypeAlias = Literal["xfcc", "rfc9440", "header", "tls"]

_HEADER = re.compile(r"header:([A-Za-z][A-Za-z0-9-]{0,63})\Z")
_SERVICE = re.compile(r"service:([A-Za-z0-9{][A-Za-z0-9{}._-]{0,127})\Z")
_PLAIN = re.compile(r"service:([A-Za-z0-9][A-Za-z0-9._-]{0,127})\Z")
_NAME = re.compile(r"(?:dns:[A-Za-z0-9*._-]{1,253}|subject:[^\x00-\x1f]{1,512}|sha256:[0-9a-f]{64})\Z")
_KEYS = ("from", "trust_domain", "names", "ca", "elements", "underscores_dropped")
#: Headers that say something else: a certificate in one of them would be anybody's.
_TAKEN = frozenset(
    ("authorization", "cookie", "host", "x-api-key", "x-forwarded-for", "content-type", "content-length")
)


@dataclass(frozen=True, slots=True)
class CertificateSettings:
    """Client certificates. `header` (small letters) is where a proxy forwards them; empty for `tls`.

    `names` are exact: `dns:...`, `subject:...` (RFC 4514), `sha256:...` to the name of a service; `templates` are of
    SPIFFE IDs. `ca` is a reference to authorities that guard verifies by, or empty: whoever forwards has verified.
    """

    source: Source
    header: str = ""
    trust_domain: str = ""
    names: tuple[tuple[str, str], ...] = ()
    templates: tuple[Template, ...] = ()
    ca: str = ""
    elements: int | None = None
    are_underscores_dropped: bool = False
    at: str = ""

    @property
    def is_forwarded(self) -> bool:
        """True where a proxy says what it was shown."""
        return self.source != "tls"


def read(node: Node | None, reader: Reader, *, has_proxies: bool) -> CertificateSettings | None:
    """The section; None without one. `has_proxies`: there are `trusted_proxies`. Mistakes go to the reader."""
    fields = reader.mapping(node, "certificates", known=_KEYS)
    if fields is None:
        return None
    before = len(reader.problems)
    source, header = _source(fields, reader, has_proxies=has_proxies)
    domain = reader.text(fields.get("trust_domain"), "trust_domain") or ""
    if domain and not spiffe.is_trust_domain(domain):
        reader.mistake(f"'{domain}' is no trust domain", fields.get("trust_domain") or fields, "write example.org")
    names, templates = _names(fields, domain, reader)
    ca = reader.text(fields.get("ca"), "ca") or ""
    if ca and ca.partition(":")[0] not in ("env", "file"):
        reader.mistake("ca must be a reference", fields.get("ca") or fields, "write file:PATH or env:NAME")
    elements = reader.integer(fields.get("elements"), "elements", least=1, most=32)
    if elements is not None and source != "xfcc":
        reader.mistake("elements are of xfcc", fields.key_places["elements"])
    dropped = reader.mapping(fields.get("underscores_dropped"), "underscores_dropped", known=("because",))
    if dropped is not None:
        settings_file.loosening(dropped, "underscores_dropped", reader, ends=False)
    if len(reader.problems) > before:
        return None
    return CertificateSettings(
        source, header, domain, names, templates, ca, elements, dropped is not None, str(fields.place)
    )


def _source(fields: Mapping, reader: Reader, *, has_proxies: bool) -> tuple[Source, str]:
    text = reader.text(fields.get("from"), "from") or ""
    place: Node = fields.get("from") or fields
    named = _HEADER.match(text)
    if "from" not in fields or (text and named is None and text not in ("xfcc", "rfc9440", "tls")):
        reader.mistake("certificates do not say where they come from", place, "from: xfcc, rfc9440, header:NAME or tls")
    if named is not None and named[1].lower() in _TAKEN:
        reader.mistake(f"{named[1]} says something else than a certificate", place, "header:X-SSL-Client-Cert")
    if text != "tls" and text and not has_proxies:
        fix = "trusted_proxies: [the address of whoever forwards them]"
        reader.mistake("certificates are forwarded, and no proxy is trusted", place, fix)
    if named is not None:
        return "header", named[1].lower()
    headers = {"xfcc": "x-forwarded-client-cert", "rfc9440": "client-cert"}
    return cast(Source, text or "tls"), headers.get(text, "")


def _names(fields: Mapping, domain: str, reader: Reader) -> tuple[tuple[tuple[str, str], ...], tuple[Template, ...]]:
    names: list[tuple[str, str]] = []
    templates: list[Template] = []

    def one(name: str, node: Node, place: Place) -> None:
        text = reader.text(node, f"the service of {name}")
        if text is None:
            return
        if spiffe.is_claimed(name):
            service = _SERVICE.match(text)
            made = spiffe.template(name, service[1]) if service is not None else "it becomes no service:NAME"
            if isinstance(made, str):
                reader.mistake(
                    f"'{name}' names no service: {made}", place, '"spiffe://example.org/ns/a/sa/b": service:b'
                )
            elif made.trust_domain != domain:
                reader.mistake(f"'{name}' is of another trust domain", place, f"trust_domain: {made.trust_domain}")
            else:
                templates.append(made)
            return
        service = _PLAIN.match(text)
        if not _NAME.match(name) or service is None:
            fix = '"spiffe://...", "dns:...", "subject:CN=...", "sha256:...", each with service:NAME'
            reader.mistake(f"'{name}' is no name of a certificate and a service", place, fix)
        else:
            names.append((name, service[1]))

    reader.each(fields.get("names"), "names", one)
    if not names and not templates:
        reader.mistake(
            "certificates name nobody", fields.get("names") or fields, 'names: {"spiffe://...": service:NAME}'
        )
    return tuple(names), tuple(templates)
