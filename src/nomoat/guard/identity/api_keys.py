"""API keys: `nmk_<id>_<secret>`, known by their SHA-256, which stands in nomoat.yaml and is reviewed as the policy is.

The secret is 256 random bits in base 62 and six characters of its CRC-32: a typo, or half of a key, is told apart
without a look-up, and whoever scans for secrets knows a real one. In the journal a key goes by its hash.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from nomoat.guard.api_keys import ApiKey
from nomoat.guard.identity.bearer import authorization
from nomoat.guard.identity.model import Identity, TokenError

PREFIX = "nmk_"
HEADER = b"x-api-key"
#: A longer header is refused before anything looks at it: no key has as many characters.
MAX_BYTES = 256
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_BYTES = 32
#: 62 ** 43 is more than 2 ** 256.
_SECRET_LENGTH, _SUM_LENGTH = 43, 6
_KEY = re.compile(rf"nmk_([a-z0-9-]+)_([0-9A-Za-z]{{{_SECRET_LENGTH}}})([0-9A-Za-z]{{{_SUM_LENGTH}}})\Z")
#: What a key of an id that nobody has is compared with: that takes as long as for any other.
_NOBODYS = "0" * 64
#: A clock that stands so far before the making of a key is wrong, and says nothing of its end.
_CLOCK_S = 86_400.0


def new(key_id: str) -> str:
    """A new key of an id (`api_keys.is_id`): 256 random bits of the operating system."""
    secret = _base62(int.from_bytes(secrets.token_bytes(_SECRET_BYTES), "big"), _SECRET_LENGTH)
    return f"{PREFIX}{key_id}_{secret}{_sum(secret)}"


def digest(key: str) -> str:
    """The SHA-256 of a whole key, as 64 hexadecimal digits."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def shown(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """What the one `X-API-Key` header holds; None without one.

    Raises TokenError: two of them, one beside an `Authorization`, or one that is empty, huge or not ASCII.
    """
    found = [value for name, value in headers if name == HEADER]
    if not found:
        return None
    if len(found) > 1 or authorization(headers) is not None:
        _refuse("there is another credential beside it")
    text = found[0].strip(b" \t")
    if not text or len(text) > MAX_BYTES:
        _refuse("it is empty or huge")
    try:
        return text.decode("ascii")
    except UnicodeDecodeError:
        _refuse("it is not ASCII")


class ApiKeys:
    """Whom the keys of a file name. Safe between threads."""

    def __init__(self, keys: Iterable[ApiKey]) -> None:
        self._known = {one.id: (one, _identity(one), _ends_at(one)) for one in keys}
        self._ended: set[str] = set()

    def identify(self, key: str, *, now: float) -> Identity:
        """The identity behind a key; `now` in seconds since 1970. Raises TokenError.

        A key that has ended here once has ended, also when the clock is set back.
        """
        parts = _KEY.match(key)
        if parts is None or _sum(parts[2]) != parts[3]:
            _refuse("it is not whole")
        known = self._known.get(parts[1])
        is_same = hmac.compare_digest(digest(key), known[0].sha256 if known is not None else _NOBODYS)
        if known is None or not is_same:
            _refuse("nobody has it")
        settings, identity, ends_at = known
        if now >= ends_at:
            self._ended.add(settings.id)
        if settings.id in self._ended:
            _refuse("it has ended")
        if now < settings.made_at - _CLOCK_S:
            _refuse("the clock stands before it was made")
        return identity


def _identity(settings: ApiKey) -> Identity:
    return Identity(
        subject=settings.subject,
        roles=settings.roles,
        credential=settings.fingerprint,
        issued_at=settings.made_at,
        only=settings.only,
    )


def _ends_at(settings: ApiKey) -> float:
    """The end of its last day, UTC."""
    day = datetime(settings.until.year, settings.until.month, settings.until.day, tzinfo=UTC)
    return day.timestamp() + timedelta(days=1).total_seconds()


def _sum(secret: str) -> str:
    """The checksum that GitHub and npm use, too: CRC-32 in base 62."""
    return _base62(zlib.crc32(secret.encode("ascii")), _SUM_LENGTH)


def _base62(number: int, width: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, len(_DIGITS))
        digits = _DIGITS[rest] + digits
    return digits.rjust(width, _DIGITS[0])


def _refuse(why: str) -> NoReturn:
    raise TokenError(f"an API key is refused: {why}")
