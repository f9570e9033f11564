"""Checks a signature by joserfc's algorithms, of a token that is already taken apart.

`joserfc.jws.deserialize_compact` would take it apart a second time, which costs more than the check itself for HS256.
What it asks of the header and of the key beside the signature is asked here as well.
Source: RFC 7515, section 5.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from joserfc.jwk import Key


class Algorithm(Protocol):
    """One of RFC 7518, as joserfc has them."""

    def check_key(self, key: Any) -> None:
        """Raises JoseError: the key is for another use, of another kind, or for another algorithm."""

    def verify(self, msg: bytes, sig: bytes, key: Any) -> bool:
        """True where the key signed it. Raises JoseError, ValueError: the key must not verify, or cannot."""


def algorithm_of(header: Mapping[str, Any], name: str) -> Algorithm | None:
    """The algorithm, for a header that has known members of the right types alone; None: it has others."""
    from joserfc import jws
    from joserfc.errors import JoseError

    registry = jws.JWSRegistry(algorithms=[name])
    try:
        registry.check_header(dict(header))
        return registry.get_alg(name)
    except JoseError:
        return None


def is_signed(signing_input: bytes, signature: bytes, by: Algorithm, key: Key) -> bool:
    """True where this key may verify with this algorithm, and did sign it."""
    from joserfc.errors import JoseError

    try:
        by.check_key(key)
        return by.verify(signing_input, signature, key)
    except (JoseError, ValueError, TypeError):
        return False
