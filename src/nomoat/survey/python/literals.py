"""Values of Python's literals, decoded without running anything.

Text of a token goes in, the value comes out; a literal that Python would refuse gives a best guess, never an error.
"""

from __future__ import annotations

import re
import unicodedata

#: A number longer than this is not decoded: converting it is quadratic, and no program means it as a value.
_MAX_DIGITS = 400

# Python's reference, "Escape sequences".
_ESCAPE = re.compile(
    r"\\(\r\n|[\\'\"abfnrtv\r\n]|[0-7]{1,3}|x[0-9a-fA-F]{2}|N\{[^}]*\}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})"
)
_BYTES_ESCAPE = re.compile(rb"\\(\r\n|[\\'\"abfnrtv\r\n]|[0-7]{1,3}|x[0-9a-fA-F]{2})")
_SIMPLE = {
    "\\": "\\", "'": "'", '"': '"', "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\n": "", "\r": "", "\r\n": "",
}  # fmt: skip


def text(raw: bytes) -> str:
    """The text between the quotes of a plain string literal."""
    decoded = raw.decode("utf-8", "replace")
    return _ESCAPE.sub(_unescaped, decoded) if "\\" in decoded else decoded


def binary(raw: bytes) -> bytes:
    """The bytes between the quotes of a bytes literal."""
    return _BYTES_ESCAPE.sub(_unescaped_bytes, raw) if b"\\" in raw else raw


def _unescaped(found: re.Match[str]) -> str:
    code = found.group(1)
    simple = _SIMPLE.get(code)
    if simple is not None:
        return simple
    first = code[0]
    if first == "N":
        try:
            return unicodedata.lookup(code[2:-1])
        except KeyError:
            return found.group()
    number = int(code[1:], 16) if first in "xuU" else int(code, 8)
    return chr(number) if number <= 0x10FFFF else found.group()


def _unescaped_bytes(found: re.Match[bytes]) -> bytes:
    code = found.group(1).decode("ascii")
    simple = _SIMPLE.get(code)
    if simple is not None:
        return simple.encode("ascii")
    return bytes(((int(code[1:], 16) if code[0] == "x" else int(code, 8)) & 0xFF,))


def integer(raw: str) -> int | complex | None:
    """The value of an integer token, Python 2's `10L` and `0777` too; None when it is absurdly long."""
    digits = raw.replace("_", "").lower()
    if len(digits) > _MAX_DIGITS:
        return None
    try:
        if digits.endswith("j"):
            return complex(digits)
        digits = digits.rstrip("l")
        if len(digits) > 1 and digits[0] == "0" and digits.isdigit():
            return int(digits, 8) if digits.strip("0") else 0
        return int(digits, 0)
    except ValueError:
        return None


def decimal(raw: str) -> float | complex | None:
    """The value of a float or imaginary token; None when it is not one."""
    digits = raw.replace("_", "").lower()
    if len(digits) > _MAX_DIGITS:
        return None
    try:
        return complex(digits) if digits.endswith("j") else float(digits)
    except ValueError:
        return None
