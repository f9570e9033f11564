"""Makes secrets that fit a shape and open nothing, for examples and tests: none stands in any file of nomoat.

An example writes `@make: a token of GitHub@` where one is to stand.
"""

from __future__ import annotations

import base64
import json
import random
import re
import zlib
from collections.abc import Callable, Iterable
from re import _constants as codes  # type: ignore[attr-defined]  # How Python itself reads a pattern; nowhere else is it.
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from nomoat.check.model import SecretShape
from nomoat.check.secrets.checksums import base62, with_bech32

_ASKED = re.compile(r"@make: ([^@\n]+)@")
_MORE = 6


def fill(text: str, shapes: Iterable[SecretShape]) -> str:
    """The text with every `@make: ...@` replaced by what fits the shape of that name. Raises KeyError for none."""
    named = {shape.of: shape for shape in shapes}
    return _ASKED.sub(lambda found: make(named[found.group(1)], found.start()), text)


def make(shape: SecretShape, seed: int = 0) -> str:
    """A text that fits; the same for the same seed."""
    assert shape.pattern is not None
    chance = random.Random(f"{shape.of}:{seed}")  # noqa: S311  # It is to open nothing, and to be the same each time.
    special = _SPECIAL.get(shape.checked)
    return special(chance, shape) if special is not None else _of(parser.parse(shape.pattern.pattern), chance)


def _of(parsed: Any, chance: random.Random) -> str:
    return "".join(_one(code, given, chance) for code, given in parsed)


def _one(code: Any, given: Any, chance: random.Random) -> str:
    if code is codes.LITERAL:
        return chr(given)
    if code is codes.IN:
        return chance.choice(_members(given))
    if code is codes.BRANCH:
        return _of(chance.choice(given[1]), chance)
    if code is codes.SUBPATTERN:
        return _of(given[3], chance)
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
        least, most, inner = given
        count = least if most > least + _MORE * 8 else chance.randint(least, most)
        return "".join(_of(inner, chance) for _ in range(count))
    return ""  # What looks around matches nothing by itself.


def _members(given: Any) -> str:
    found = ""
    for code, value in given:
        if code is codes.LITERAL:
            found += chr(value)
        elif code is codes.RANGE:
            found += "".join(map(chr, range(value[0], value[1] + 1)))
        elif code is codes.CATEGORY:
            found += (
                "0123456789" if value is codes.CATEGORY_DIGIT else " " if value is codes.CATEGORY_SPACE else "abc123"
            )
    # Characters that a shape allows and that people would take for the end of it come last.
    return "".join(char for char in found if char.isalnum()) or found


def _with_crc(chance: random.Random, shape: SecretShape) -> str:
    assert shape.pattern is not None
    prefix, line, body = _of(parser.parse(shape.pattern.pattern), chance).rpartition("_")
    return prefix + line + body[:-_MORE] + base62(zlib.crc32(body[:-_MORE].encode()), _MORE)


def _key(chance: random.Random, _: SecretShape) -> str:
    body = b"\x30\x82\x01\x00" + chance.randbytes(256)
    return f"-----BEGIN PRIVATE KEY-----{base64.b64encode(body).decode()}-----END PRIVATE KEY-----"


def _token(chance: random.Random, _: SecretShape) -> str:
    parts = [json.dumps({"alg": "HS256"}).encode(), json.dumps({"sub": "made"}).encode(), chance.randbytes(32)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def _basic(chance: random.Random, _: SecretShape) -> str:
    return "Basic " + base64.b64encode(f"made:{chance.randbytes(8).hex()}".encode()).decode()


def _macaroon(chance: random.Random, _: SecretShape) -> str:
    inside = b"\x02\x01\x08pypi.org" + chance.randbytes(80)
    return "pypi-" + base64.urlsafe_b64encode(inside).decode().rstrip("=")


def _storage(chance: random.Random, _: SecretShape) -> str:
    return "AccountKey=" + base64.b64encode(chance.randbytes(64)).decode()


def _age(chance: random.Random, _: SecretShape) -> str:
    return with_bech32("age-secret-key-", [chance.randrange(32) for _ in range(52)]).upper()


_SPECIAL: dict[str, Callable[[random.Random, SecretShape], str]] = {
    "crc32-base62": _with_crc,
    "private-key": _key,
    "json-web-token": _token,
    "basic-credentials": _basic,
    "macaroon": _macaroon,
    "bytes-64": _storage,
    "bech32": _age,
}
