"""One entry of the section `identity:` of nomoat.yaml: an issuer, what it signs with, where its keys are.

Keys are not read here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast

from nomoat import datafile
from nomoat import settings as settings_file
from nomoat.datafile import Mapping, Node, Place, Reader
from nomoat.settings import Loosening

#: RFC 7518, section 3.1, and RFC 8037: what guard verifies. `none` is not an algorithm.
SYMMETRIC = ("HS256", "HS384", "HS512")
ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
ALGORITHMS = (*SYMMETRIC, *ASYMMETRIC)
MAX_LEEWAY_S = 120.0
_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}\Z")
_CLAIM = re.compile(r"claims(\.[A-Za-z0-9_:/-]+)+\Z")
_KEYS = (
    *("issuer", "algorithms", "key", "keys", "audience", "roles", "scopes", "subject", "kind", "leeway"),
    *("no_issuer", "no_expiry"),
)


@dataclass(frozen=True, slots=True)
class IssuerSettings:
    """One issuer. `key` is a reference to its secret or keys; `roles`, `subject` and `scopes` are paths of claims.

    Where `scopes` are named, what that claim says is all that a token may use; without the claim, that is nothing.
    """

    alias: str
    issuer: str | None
    algorithms: tuple[str, ...]
    key: str
    audience: str = ""
    roles: tuple[str, ...] = ()
    subject: tuple[str, ...] = ("sub",)
    kind: Literal["user", "service"] = "user"
    leeway_s: float = 30.0
    no_expiry: Loosening | None = None
    at: str = ""
    scopes: tuple[str, ...] = ()

    @property
    def is_symmetric(self) -> bool:
        """True where one secret signs and verifies."""
        return self.algorithms[0] in SYMMETRIC


def read(node: Node | None, reader: Reader) -> tuple[IssuerSettings, ...]:
    """The issuers of the section; mistakes go to the reader."""
    issuers: list[IssuerSettings] = []

    def one(alias: str, node: Node, place: Place) -> None:
        found = _issuer(alias, node, place, reader)
        if found is not None:
            issuers.append(found)

    reader.each(node, "identity", one)
    _distinct(issuers, reader)
    return tuple(issuers)


def _issuer(alias: str, node: Node, place: Place, reader: Reader) -> IssuerSettings | None:
    fields = reader.mapping(node, f"issuer {alias}", known=_KEYS)
    if fields is None:
        return None
    if not _ALIAS.match(alias):
        reader.mistake(f"'{alias}' is no alias", place, "use letters, digits, dots and dashes")
    before = len(reader.problems)
    issuer = reader.text(fields.get("issuer"), "issuer")
    _no_issuer(alias, issuer, fields, place, reader)
    algorithms = _algorithms(alias, fields, place, reader)
    key = _key(alias, algorithms, fields, place, reader)
    kind = reader.choice(fields.get("kind"), "kind", ("user", "service")) or "user"
    leeway = reader.duration_s(fields.get("leeway"), "leeway")
    if leeway is not None and leeway > MAX_LEEWAY_S:
        reader.mistake(f"leeway of {alias} is over 2 minutes", fields.get("leeway") or place, "set the clocks instead")
    roles = _claim(fields.get("roles"), "roles", reader)
    subject = _claim(fields.get("subject"), "subject", reader) or ("sub",)
    audience = reader.text(fields.get("audience"), "audience") or ""
    no_expiry = None
    if "no_expiry" in fields:
        loosened = reader.mapping(fields.get("no_expiry"), "no_expiry", known=("because", "until"))
        no_expiry = settings_file.loosening(loosened, "no_expiry", reader, ends=True) if loosened else None
    if len(reader.problems) > before or not algorithms:
        return None
    return IssuerSettings(
        alias, issuer, algorithms, key, audience, roles, subject, cast(Literal["user", "service"], kind),
        30.0 if leeway is None else leeway, no_expiry, str(place), _claim(fields.get("scopes"), "scopes", reader),
    )  # fmt: skip


def _no_issuer(alias: str, issuer: str | None, fields: Mapping, place: Place, reader: Reader) -> None:
    if "no_issuer" in fields:
        loosened = reader.mapping(fields.get("no_issuer"), "no_issuer", known=("because",))
        if loosened is not None:
            settings_file.loosening(loosened, "no_issuer", reader, ends=False)
        if issuer is not None:
            reader.mistake(f"{alias} has an issuer and says that it has none", fields.get("no_issuer") or place)
    elif issuer is None and "issuer" not in fields:
        reader.mistake(f"{alias} has no issuer", place, "add issuer: ..., or no_issuer: {because: ...}")


def _algorithms(alias: str, fields: Mapping, place: Place, reader: Reader) -> tuple[str, ...]:
    node = fields.get("algorithms")
    found = reader.texts(node, "algorithms")
    if not found:
        reader.mistake(f"{alias} pins no algorithm", node or place, "algorithms: [RS256]")
    for name in found:
        if name not in ALGORITHMS:
            reader.mistake(f"unknown algorithm '{name}'", node or place, datafile.did_you_mean(name, ALGORITHMS))
    if {name in SYMMETRIC for name in found} == {True, False}:
        reader.mistake(
            f"{alias} mixes secrets and public keys",
            node or place,
            "write two issuers: a public key must never be a secret",
        )
    return found if all(name in ALGORITHMS for name in found) else ()


def _key(alias: str, algorithms: tuple[str, ...], fields: Mapping, place: Place, reader: Reader) -> str:
    if not algorithms:
        return ""
    wanted, other = ("key", "keys") if algorithms[0] in SYMMETRIC else ("keys", "key")
    if other in fields:
        said = "a secret is `key:`" if wanted == "key" else "public keys are `keys:`"
        reader.mistake(f"{alias}: {said} for {algorithms[0]}", fields.key_places[other])
        return ""
    if wanted not in fields:
        reader.mistake(f"{alias} has no {wanted}", place, f"add {wanted}: env:NAME, or file:PATH")
        return ""
    text = reader.text(fields.get(wanted), wanted) or ""
    if text and text.partition(":")[0] not in ("env", "file"):
        reader.mistake(
            f"{wanted} of {alias} must be a reference, never the value itself",
            fields.get(wanted) or place,
            "write env:NAME or file:PATH",
        )
    return text


def _claim(node: Node | None, what: str, reader: Reader) -> tuple[str, ...]:
    text = reader.text(node, what)
    if text is None or node is None:
        return ()
    if not _CLAIM.match(text):
        reader.mistake(f"{what} '{text}' is no path of a claim", node, "write claims.roles")
        return ()
    return tuple(text.split(".")[1:])


def _distinct(issuers: list[IssuerSettings], reader: Reader) -> None:
    seen: dict[str | None, str] = {}
    for one in issuers:
        if one.issuer in seen:
            said = f"the issuer '{one.issuer}'" if one.issuer else "an issuer without a name"
            reader.mistake(f"{said} stands twice: {seen[one.issuer]} and {one.alias}", one.at, "keep one")
        seen.setdefault(one.issuer, one.alias)
