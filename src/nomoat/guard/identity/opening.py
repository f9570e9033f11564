"""Makes what tells whom bearer tokens name, of the issuers of nomoat.yaml: keys read or fetched, or who is asked.

The network is loaded only where an issuer needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from nomoat import settings as settings_file
from nomoat.errors import SettingsError
from nomoat.guard.identity import keys
from nomoat.guard.identity.cache import Bearers
from nomoat.guard.identity.keys import KeySource
from nomoat.guard.identity.tokens import Verifier
from nomoat.guard.issuers import IssuerSettings

if TYPE_CHECKING:
    from nomoat.guard.identity.introspection import Introspector
    from nomoat.guard.identity.keyring import Keyring
    from nomoat.guard.identity.remote import Remote


def bearers(
    issuers: Iterable[IssuerSettings], *, root: Path, say: Callable[[str], None], before: Bearers | None = None
) -> Bearers:
    """All issuers of one state of nomoat.yaml; nothing is fetched before its `start`.

    Args:
        issuers: the settings.
        root: the folder of nomoat.yaml.
        say: tells a person what is wrong, the same not too often.
        before: those of the state before. Keys that are fetched from the same place stay in force.

    Raises:
        SettingsError: keys, secrets or certificates cannot be read.
    """
    sources: list[tuple[IssuerSettings, KeySource]] = []
    keyrings: list[Keyring] = []
    asked: Introspector | None = None
    for one in issuers:
        if one.introspect is not None:
            asked = introspector(one, root=root, say=say)
        elif one.remote is not None:
            keyrings.append(_keyring(one, root, say, before))
            sources.append((one, keyrings[-1]))
        else:
            sources.append((one, keys.load(one, root=root)))
    return Bearers(Verifier(sources), keyrings=keyrings, introspector=asked)


def remote(settings: IssuerSettings, *, root: Path) -> Remote:
    """What fetches the keys of an issuer. Raises SettingsError."""
    from nomoat.guard.identity.remote import Remote

    assert settings.remote is not None
    ca = _certificates(settings.remote.ca, root, settings)
    try:
        return Remote(settings, ca)
    except (OSError, ValueError) as error:
        raise _no_certificates(settings) from error


def introspector(settings: IssuerSettings, *, root: Path, say: Callable[[str], None]) -> Introspector:
    """What asks an issuer about tokens. Raises SettingsError."""
    import ssl

    from nomoat.guard.identity.https import Line
    from nomoat.guard.identity.introspection import Introspector

    asked = settings.introspect
    assert asked is not None
    where = f"identity.{settings.alias}.introspect"
    client, secret = (settings_file.secret(one, root=root, where=where) for one in (asked.client, asked.secret))
    try:
        context = ssl.create_default_context(cadata=_certificates(asked.ca, root, settings) or None)
    except (OSError, ValueError) as error:
        raise _no_certificates(settings) from error
    return Introspector(settings, client, secret, line=lambda: Line(context), say=say)


def _keyring(settings: IssuerSettings, root: Path, say: Callable[[str], None], before: Bearers | None) -> Keyring:
    from nomoat.guard.identity.keyring import Keyring

    fresh = Keyring(settings, remote(settings, root=root), say=say)
    known = before.keyrings.get(settings.issuer) if before is not None else None
    return known if known is not None and known.is_like(fresh) else fresh


def _certificates(reference: str, root: Path, settings: IssuerSettings) -> str:
    return settings_file.secret(reference, root=root, where=f"identity.{settings.alias}.ca") if reference else ""


def _no_certificates(settings: IssuerSettings) -> SettingsError:
    return SettingsError(
        "the certificates cannot be read", where=f"identity.{settings.alias}.ca",
        fix="give certificates in PEM: -----BEGIN CERTIFICATE-----",
    )  # fmt: skip
