"""What an issuer's entry in nomoat.yaml says of its identity provider: where keys are served, or who is asked.

    keys: discover                          OpenID Connect Discovery 1.0
    keys: https://id.example.test/jwks      RFC 7517, section 5
    introspect: {url: ..., client: ..., secret: ...}    RFC 7662

Nothing is fetched here.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from nomoat.datafile import Mapping, Node, Place, Reader

DISCOVER = "discover"
MIN_REFRESH_S, MAX_REFRESH_S = 60.0, 86_400.0
MAX_OUTAGE_S = 86_400.0
MAX_CACHE_S = 60.0
_PRINTABLE = re.compile(r"[!-~]+\Z")


@dataclass(frozen=True, slots=True)
class KeysAddress:
    """Where an issuer's keys are fetched. No `url`: it is discovered from the issuer's name."""

    url: str = ""
    #: Reference to the certificates that are trusted, instead of the system's.
    ca: str = ""
    #: How often they are fetched where the provider does not say.
    refresh_s: float = 600.0
    #: How long the last good ones are used after they were last fetched.
    outage_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class Introspection:
    """Who is asked about each token. `client`, `secret` and `ca` are references."""

    url: str
    client: str
    secret: str
    ca: str = ""
    #: How long an answer is believed.
    cache_s: float = 30.0


def address(text: str) -> SplitResult:
    """The parts of an address that may be asked: https, or http to this machine alone. Raises ValueError: why not."""
    if not _PRINTABLE.match(text):
        raise ValueError("it holds a space, or what is no ASCII")
    parts = urlsplit(text)
    if parts.port == 0 or not parts.hostname:
        raise ValueError("it names no host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("it holds a user or a password")
    if parts.fragment or "#" in text:
        raise ValueError("it holds a fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_this_machine(parts.hostname)):
        raise ValueError("it must begin with https:// (http:// only to this machine)")
    return parts


def is_this_machine(host: str) -> bool:
    """True for a name or address of the machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_remote(keys: str) -> bool:
    """True where `keys:` names a provider and no reference."""
    return keys == DISCOVER or keys.partition(":")[0] in ("http", "https")


def read_keys(alias: str, issuer: str | None, fields: Mapping, place: Place, reader: Reader) -> KeysAddress:
    """`keys:` with `ca`, `refresh` and `outage`."""
    node = fields.get("keys")
    text = reader.text(node, "keys") or ""
    if text == DISCOVER:
        if issuer is None or not _is_discoverable(issuer):
            fix = "write keys: https://... with the address of its keys"
            reader.mistake(f"{alias} has no issuer that is an https address without a query", node or place, fix)
        text = ""
    else:
        _check_address(alias, "keys", text, node or place, reader)
    refresh = reader.duration_s(fields.get("refresh"), "refresh")
    outage = reader.duration_s(fields.get("outage"), "outage")
    found = KeysAddress(
        text, _ca(fields, reader), 600.0 if refresh is None else refresh, 3600.0 if outage is None else outage
    )
    if not MIN_REFRESH_S <= found.refresh_s <= MAX_REFRESH_S:
        reader.mistake(f"refresh of {alias} is not between 1m and 24h", fields.get("refresh") or place, "refresh: 10m")
    if found.outage_s > MAX_OUTAGE_S:
        what = f"outage of {alias} is over 24h: keys that were withdrawn would be good so long"
        reader.mistake(what, fields.get("outage") or place, "outage: 1h")
    elif found.outage_s < 2 * found.refresh_s:
        what = f"outage of {alias} is shorter than two times refresh: one failure would refuse its tokens"
        reader.mistake(what, fields.get("outage") or fields.get("refresh") or place, "outage: 1h")
    return found


def read_introspection(alias: str, fields: Mapping, place: Place, reader: Reader) -> Introspection | None:
    """`introspect:`."""
    known = ("url", "client", "secret", "ca", "cache")
    inner = reader.mapping(fields.get("introspect"), f"introspect of {alias}", known=known)
    if inner is None:
        return None
    for name in ("url", "client", "secret"):
        if name not in inner:
            reader.mistake(f"introspect of {alias} has no {name}", inner, f"add {name}: ...")
    url = reader.text(inner.get("url"), "url") or ""
    if url:
        _check_address(alias, "introspect", url, inner.get("url") or inner, reader)
    client = _reference(inner, "client", ("env", "file"), reader)
    secret = _reference(inner, "secret", ("env", "file"), reader)
    cache = reader.duration_s(inner.get("cache"), "cache")
    if cache is not None and cache > MAX_CACHE_S:
        what = f"cache of {alias} is over 1 minute: a token that was withdrawn would be good so long"
        reader.mistake(what, inner.get("cache") or inner, "cache: 30s")
    return Introspection(url, client, secret, _ca(inner, reader), 30.0 if cache is None else cache)


def _is_discoverable(issuer: str) -> bool:
    """OpenID Connect Discovery 1.0, section 3: an https address without query and fragment."""
    try:
        return not address(issuer).query and not issuer.endswith("?")
    except ValueError:
        return False


def _check_address(alias: str, what: str, text: str, at: Place | Node, reader: Reader) -> None:
    try:
        address(text)
    except ValueError as error:
        # `urlsplit` quotes what it cannot read, and a password may stand in it.
        why = str(error) if str(error).startswith("it ") else "it is none"
        reader.mistake(f"the address of {what} of {alias} cannot be asked: {why}", at, "write https://HOST/PATH")


def _ca(fields: Mapping, reader: Reader) -> str:
    return _reference(fields, "ca", ("file",), reader)


def _reference(fields: Mapping, name: str, schemes: tuple[str, ...], reader: Reader) -> str:
    text = reader.text(fields.get(name), name) or ""
    if text and text.partition(":")[0] not in schemes:
        fix = "write " + " or ".join(f"{scheme}:{'NAME' if scheme == 'env' else 'PATH'}" for scheme in schemes)
        reader.mistake(f"{name} must be a reference, never the value itself", fields.get(name) or fields, fix)
        return ""
    return text
