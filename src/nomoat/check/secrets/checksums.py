"""What a secret of some providers says about itself: a checksum, or something inside that must be readable.

Each takes the whole text that a shape matched and says whether it can be real.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Callable, Mapping

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_PEM = re.compile(r"-----BEGIN [A-Z ]+-----(.*?)-----END", re.S)


def crc32_base62(text: str) -> bool:
    """GitHub and npm: the last six characters are the CRC-32 of those behind the prefix, in base 62."""
    body = text.rpartition("_")[2]
    return base62(zlib.crc32(body[:-6].encode())) == body[-6:]


def base62(number: int, width: int = 6) -> str:
    """A number in base 62, with zeros in front."""
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = _BASE62[rest] + digits
    return digits.rjust(width, "0")


def json_web_token(text: str) -> bool:
    """The first part is the JSON of a header that names its algorithm."""
    header = _decoded(text.partition(".")[0])
    try:
        return header is not None and bool(json.loads(header).get("alg"))
    except (ValueError, AttributeError):
        return False


def basic_credentials(text: str) -> bool:
    """`Basic ` and, in base 64, a name and a password with a colon between."""
    decoded = _decoded(text.split()[-1])
    try:
        name, colon, password = (decoded or b"").decode("utf-8").partition(":")
    except UnicodeDecodeError:
        return False
    return bool(colon) and name.isprintable() and password.isprintable() and len(password) >= 4


def macaroon(text: str) -> bool:
    """PyPI: behind the prefix stands a macaroon of pypi.org."""
    decoded = _decoded(text.removeprefix("pypi-"))
    return decoded is not None and b"pypi.org" in decoded[:32]


def private_key(text: str) -> bool:
    """PEM: the base 64 is a structure as long as it says; a key of OpenSSH begins with its own word."""
    found = _PEM.search(text)
    # Written over several texts of source, it has quotes, escapes and signs of addition between its lines.
    body = re.sub(r"[\"']\s*\+\s*[\"']|\\[nr]|[\s\"',\\]", "", found.group(1)) if found is not None else ""
    decoded = _decoded(body)
    if decoded is None or len(decoded) < 40:
        return False
    if decoded.startswith(b"openssh-key-v1"):
        return True
    if "PGP" in text[:40]:
        return True
    if decoded[0] != 0x30:
        return False
    size, more = decoded[1], 0
    if size & 0x80:
        more = size & 0x7F
        size = int.from_bytes(decoded[2 : 2 + more], "big")
    return abs(len(decoded) - (2 + more + size)) <= 3


def bech32(text: str) -> bool:
    """age: the checksum of Bech32 over prefix and data."""
    prefix, _, data = text.lower().rpartition("1")
    return all(char in _BECH32 for char in data) and _polymod(prefix, [_BECH32.index(char) for char in data]) == 1


def with_bech32(prefix: str, data: list[int]) -> str:
    """The text of numbers below 32 behind a prefix, with its checksum."""
    rest = _polymod(prefix, [*data, 0, 0, 0, 0, 0, 0]) ^ 1
    return f"{prefix}1" + "".join(_BECH32[one] for one in (*data, *((rest >> 5 * (5 - i)) & 31 for i in range(6))))


def _polymod(prefix: str, data: list[int]) -> int:
    check = 1
    for value in [*(ord(char) >> 5 for char in prefix), 0, *(ord(char) & 31 for char in prefix), *data]:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for place in range(5):
            check ^= _GENERATOR[place] if (top >> place) & 1 else 0
    return check


def bytes_64(text: str) -> bool:
    """A key of an Azure storage account: 64 bytes in base 64."""
    decoded = _decoded(re.split(r"[=;](?=[A-Za-z0-9+/]{86}==)", text)[-1])
    return decoded is not None and len(decoded) == 64


def _decoded(text: str) -> bytes | None:
    plain = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


CHECKSUMS: Mapping[str, Callable[[str], bool]] = {
    "crc32-base62": crc32_base62,
    "json-web-token": json_web_token,
    "basic-credentials": basic_credentials,
    "macaroon": macaroon,
    "private-key": private_key,
    "bech32": bech32,
    "bytes-64": bytes_64,
}
