"""Takes the bearer token out of a request's headers."""

from __future__ import annotations

from collections.abc import Iterable

from nomoat.guard.identity.model import TokenError

#: A longer token is refused before anything looks at it.
MAX_BYTES = 16 * 1024


def authorization(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """The one `Authorization` header; None without one. Raises TokenError: two of them."""
    found: bytes | None = None
    for name, value in headers:
        if name == b"authorization":
            if found is not None:
                raise TokenError("two Authorization headers")
            found = value
    return found


def bearer_token(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The token of the one `Authorization: Bearer` header (RFC 6750, section 2.1); None without one.

    Raises TokenError: two such headers, a malformed or huge one.
    """
    found = authorization(headers)
    return None if found is None else token_of(found)


def token_of(found: bytes) -> str | None:
    """The token of an `Authorization` header; None where it is of another scheme. Raises TokenError."""
    scheme, _, rest = found.partition(b" ")
    if scheme.lower() != b"bearer":
        return None
    token = rest.strip(b" ")
    if not token or len(token) > MAX_BYTES:
        raise TokenError("an empty or huge bearer token")
    if b"," in token or b" " in token or b"\t" in token:
        raise TokenError("a malformed bearer token")
    try:
        return token.decode("ascii")
    except UnicodeDecodeError:
        raise TokenError("a bearer token that is not ASCII") from None
