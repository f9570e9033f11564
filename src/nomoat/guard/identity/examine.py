"""Looks at identity providers of nomoat.yaml once, as a start would, and says in words what stands in the way.

Asks over the network; nothing is decided by what it finds.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from nomoat.errors import NomoatError
from nomoat.guard.identity import opening
from nomoat.guard.identity.https import ProviderError
from nomoat.guard.identity.keys import fits
from nomoat.guard.identity.remote import Fetched
from nomoat.guard.issuers import IssuerSettings


class Finding(NamedTuple):
    """What was found of one issuer; `mend` says what to do, and is empty where all is well."""

    found: str
    mend: str = ""


def examine(issuers: Iterable[IssuerSettings], root: Path) -> Iterator[Finding]:
    """Each of the issuers whose keys are fetched, or who is asked; `root` is the folder of nomoat.yaml."""
    for one in issuers:
        try:
            if one.remote is not None:
                yield from _keys(one, opening.remote(one, root=root).fetch())
            elif one.introspect is not None:
                yield from _asked(one, root)
        except ProviderError as error:
            yield Finding(f"{one.alias}: {error.what} ({error.where})", error.fix)
        except NomoatError as error:
            yield Finding(f"{one.alias}: {error.what}", error.fix)


def _keys(one: IssuerSettings, fetched: Fetched) -> Iterator[Finding]:
    found = fetched.found
    count = f"{len(found.keys)} key{'s' if len(found.keys) > 1 else ''} of its provider fit {', '.join(one.algorithms)}"
    yield Finding(f"{one.alias}: {count}" + (f"; {found.others} more are for something else" if found.others else ""))
    for algorithm in one.algorithms:
        if not any(key.algorithm in ("", algorithm) and fits(algorithm, key.key) for key in found.keys):
            mend = f"leave {algorithm} out of algorithms, where the provider does not sign so"
            yield Finding(f"{one.alias}: no key of its provider fits {algorithm}", mend)
    for name in found.exposed:
        yield Finding(
            f"{one.alias}: its provider shows the private part of key {name}: everybody can sign with it",
            "tell who runs the provider; guard does not use that key",
        )
    ahead_s = 0.0 if fetched.date_s is None else fetched.date_s - time.time()
    if abs(ahead_s) > max(one.leeway_s, 1.0):
        which = "ahead of" if ahead_s > 0 else "behind"
        yield Finding(
            f"{one.alias}: its provider's clock is {abs(ahead_s):.0f} s {which} this machine's, and leeway is "
            f"{one.leeway_s:.0f} s: good tokens are refused",
            "set this machine's clock by a time server",
        )


def _asked(one: IssuerSettings, root: Path) -> Iterator[Finding]:
    """A token that nobody gave must not be active: whoever says so of any token says nothing."""
    asks = opening.introspector(one, root=root, say=lambda _: None)
    if asks.ask_once(secrets.token_urlsafe(32)).get("active") is False:
        yield Finding(f"{one.alias}: it answers about tokens")
    else:
        yield Finding(f"{one.alias}: it calls a made-up token active", "nobody may trust what it says: look at it")
