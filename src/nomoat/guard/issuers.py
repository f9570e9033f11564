"""One entry of the section `identity:` of nomoat.yaml: an issuer, what it signs with, where its keys are.

Keys are not read here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast, get_args

from nomoat import datafile
from nomoat import settings as settings_file
from nomoat.datafile import Mapping, Node, Place, Reader
from nomoat.guard import providers
from nomoat.guard.identity.kubernetes import account_of
from nomoat.guard.providers import Introspection, KeysAddress
from nomoat.settings import Loosening

#: RFC 7518, section 3.1, and RFC 8037: what guard verifies. `none` is not an algorithm.
SYMMETRIC = ("HS256", "HS384", "HS512")
ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
ALGORITHMS = (*SYMMETRIC, *ASYMMETRIC)
MAX_LEEWAY_S = 120.0
_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}\Z")
#: A name of a claim: with a dot before it, or in brackets where it has dots itself.
_NAME = re.compile(r"""\.([A-Za-z0-9_:/-]+)|\["([!#-\[\]-~]+)"\]""")
_CLAIM = re.compile(rf"claims(?:{_NAME.pattern})+\Z")
_KEYS = (
    *("issuer", "algorithms", "key", "keys", "audience", "roles", "scopes", "subject", "kind", "leeway"),
    *("no_issuer", "no_expiry", "no_audience", "ca", "refresh", "outage", "introspect", "service_names"),
)
#: Whom the subjects of an issuer are: people, services by their names, or service accounts of a cluster.
Kind: TypeAlias = Literal["user", "service", "kubernetes"]
_NAMED = re.compile(r"(?:service:)?([A-Za-z0-9][A-Za-z0-9._-]{0,127})\Z")
#: What says how keys are fetched, and nothing where they are a file.
_FETCHED = ("ca", "refresh", "outage")


@dataclass(frozen=True, slots=True)
class IssuerSettings:
    """One issuer. `roles`, `subject` and `scopes` are paths of claims.

    Its keys are behind the reference `key`, or fetched as `remote` says; or it is asked about each token.
    With `scopes`, what that claim says is all that a token may use; without the claim, that is nothing. Where there are
    `service_names`, subjects are of these services, and no others are known.
    """

    alias: str
    issuer: str | None
    algorithms: tuple[str, ...]
    key: str
    audience: str = ""
    roles: tuple[str, ...] = ()
    subject: tuple[str, ...] = ("sub",)
    kind: Kind = "user"
    leeway_s: float = 30.0
    no_expiry: Loosening | None = None
    at: str = ""
    scopes: tuple[str, ...] = ()
    remote: KeysAddress | None = None
    introspect: Introspection | None = None
    service_names: tuple[tuple[str, str], ...] = ()

    @property
    def is_symmetric(self) -> bool:
        """True where one secret signs and verifies."""
        return bool(self.algorithms) and self.algorithms[0] in SYMMETRIC

    @property
    def files(self) -> tuple[str, ...]:
        """The files that it refers to, relative to the folder of nomoat.yaml."""
        references = [self.key]
        if self.remote is not None:
            references.append(self.remote.ca)
        if self.introspect is not None:
            references += (self.introspect.client, self.introspect.secret, self.introspect.ca)
        return tuple(one.removeprefix("file:") for one in references if one.startswith("file:"))


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
    is_asked = "introspect" in fields
    algorithms = () if is_asked else _algorithms(alias, fields, place, reader)
    key = "" if is_asked else _key(alias, algorithms, fields, place, reader)
    remote = _remote(alias, issuer, key, fields, place, reader)
    introspect = _introspect(alias, fields, place, reader) if is_asked else None
    kind = reader.choice(fields.get("kind"), "kind", get_args(Kind)) or "user"
    leeway = reader.duration_s(fields.get("leeway"), "leeway")
    if leeway is not None and leeway > MAX_LEEWAY_S:
        reader.mistake(f"leeway of {alias} is over 2 minutes", fields.get("leeway") or place, "set the clocks instead")
    roles = _claim(fields.get("roles"), "roles", reader)
    subject = _claim(fields.get("subject"), "subject", reader) or ("sub",)
    scopes = _claim(fields.get("scopes"), "scopes", reader)
    audience = reader.text(fields.get("audience"), "audience") or ""
    _no_audience(alias, audience, fields, place, reader, must_say=remote is not None or is_asked)
    names = _service_names(alias, kind, fields, reader)
    if kind == "kubernetes":
        _kubernetes(alias, audience, fields, place, reader)
    no_expiry = None
    if "no_expiry" in fields:
        loosened = reader.mapping(fields.get("no_expiry"), "no_expiry", known=("because", "until"))
        no_expiry = settings_file.loosening(loosened, "no_expiry", reader, ends=True) if loosened else None
    if len(reader.problems) > before or not (algorithms or introspect is not None):
        return None
    return IssuerSettings(
        alias, issuer, algorithms, "" if remote else key, audience, roles, subject,
        cast(Kind, kind), 30.0 if leeway is None else leeway, no_expiry, str(place),
        scopes, remote, introspect, names,
    )  # fmt: skip


def _service_names(alias: str, kind: str, fields: Mapping, reader: Reader) -> tuple[tuple[str, str], ...]:
    names: list[tuple[str, str]] = []

    def one(subject: str, node: Node, place: Place) -> None:
        text = reader.text(node, f"the service of {subject}")
        found = _NAMED.match(text or "")
        if text is not None and found is None:
            reader.mistake(f"'{text}' is no name of a service", node, "service:billing")
        elif kind == "kubernetes" and account_of(subject) is None:
            reader.mistake(f"'{subject}' is no service account", place, '"system:serviceaccount:shop:billing"')
        elif found is not None:
            names.append((subject, found[1]))

    reader.each(fields.get("service_names"), "service_names", one)
    if "service_names" in fields and kind == "user":
        reader.mistake(f"{alias} names services and is of users", fields.key_places["service_names"], "kind: service")
    elif "service_names" in fields and not names:
        reader.mistake(f"{alias} names no service", fields.key_places["service_names"], "leave service_names out")
    return tuple(names)


def _kubernetes(alias: str, audience: str, fields: Mapping, place: Place, reader: Reader) -> None:
    """What every pod has by itself is for the cluster's own server: only a token for this service is a credential."""
    if not audience:
        what = f"{alias} takes the tokens that pods have for the cluster itself"
        reader.mistake(what, place, "add audience: shop, and give the pods a projected token for it")
    for name in ("subject", "no_audience", "no_expiry"):
        if name in fields:
            reader.mistake(f"a cluster's tokens have no {name}", fields.key_places[name], "leave it out")


def _no_issuer(alias: str, issuer: str | None, fields: Mapping, place: Place, reader: Reader) -> None:
    if "no_issuer" in fields:
        loosened = reader.mapping(fields.get("no_issuer"), "no_issuer", known=("because",))
        if loosened is not None:
            settings_file.loosening(loosened, "no_issuer", reader, ends=False)
        if issuer is not None:
            reader.mistake(f"{alias} has an issuer and says that it has none", fields.get("no_issuer") or place)
    elif issuer is None and "issuer" not in fields:
        reader.mistake(f"{alias} has no issuer", place, "add issuer: ..., or no_issuer: {because: ...}")


def _no_audience(alias: str, audience: str, fields: Mapping, place: Place, reader: Reader, *, must_say: bool) -> None:
    """A provider signs for many: without an audience, a token that another service was given would be good here."""
    if "no_audience" in fields:
        loosened = reader.mapping(fields.get("no_audience"), "no_audience", known=("because",))
        if loosened is not None:
            settings_file.loosening(loosened, "no_audience", reader, ends=False)
        if audience:
            reader.mistake(f"{alias} has an audience and says that it has none", fields.get("no_audience") or place)
    elif must_say and not audience and "audience" not in fields:
        what = f"{alias} takes the tokens of an identity provider, whoever they are for"
        reader.mistake(what, place, "add audience: ..., or no_audience: {because: ...}")


def _remote(
    alias: str, issuer: str | None, key: str, fields: Mapping, place: Place, reader: Reader
) -> KeysAddress | None:
    if providers.is_remote(key):
        return providers.read_keys(alias, issuer, fields, place, reader)
    for name in _FETCHED:
        if name in fields:
            what = f"{alias} says {name}, and fetches no keys"
            reader.mistake(what, fields.key_places[name], "keys: https://..., or keys: discover")
    return None


def _introspect(alias: str, fields: Mapping, place: Place, reader: Reader) -> Introspection | None:
    for name in ("key", "keys", "algorithms"):
        if name in fields:
            what = f"{alias} is asked about each token and has {name} as well"
            reader.mistake(what, fields.key_places[name], f"leave out introspect, or {name}")
    return providers.read_introspection(alias, fields, place, reader)


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
        fix = "env:NAME, or file:PATH" + (", or discover, or https://..." if wanted == "keys" else "")
        reader.mistake(f"{alias} has no {wanted}", place, f"add {wanted}: {fix}")
        return ""
    text = reader.text(fields.get(wanted), wanted) or ""
    if text and text.partition(":")[0] not in ("env", "file") and not (wanted == "keys" and providers.is_remote(text)):
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
    return tuple(plain or quoted for plain, quoted in _NAME.findall(text[len("claims") :]))


def _distinct(issuers: list[IssuerSettings], reader: Reader) -> None:
    seen: dict[str | None, str] = {}
    for one in issuers:
        if one.issuer in seen:
            said = f"the issuer '{one.issuer}'" if one.issuer else "an issuer without a name"
            reader.mistake(f"{said} stands twice: {seen[one.issuer]} and {one.alias}", one.at, "keep one")
        seen.setdefault(one.issuer, one.alias)
    asked = [one for one in issuers if one.introspect is not None]
    for one in asked[1:]:
        # What an opaque token names is known only to whoever gave it: it must not be shown to another.
        what = f"{one.alias} is asked about tokens, and so is {asked[0].alias}: nobody could tell whose a token is"
        reader.mistake(what, one.at, "keep one introspect")
