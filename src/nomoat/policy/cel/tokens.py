"""Splits the text of a condition into tokens, each with its place; a character that starts none is a PolicyError."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from nomoat.errors import PolicyError, printable

if TYPE_CHECKING:
    from nomoat.datafile import Place

MAX_LENGTH = 2000
MAX_DEPTH = 40

#: What other languages write, and what stands here instead.
INSTEAD = {
    "=": "==", "===": "==", "!==": "!=", "<>": "!=", "&": "&&", "|": "||", "and": "&&", "AND": "&&", "or": "||",
    "OR": "||", "not": "!", "NOT": "!", "is": "==", "True": "true", "False": "false",
}  # fmt: skip
#: Words that CEL keeps for itself (langdef.md, "Syntax"): none of them names a value.
RESERVED = frozenset(
    ("as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
     "namespace", "return", "var", "void", "while")
)  # fmt: skip
KEYWORDS = frozenset(("true", "false", "null", "in"))
#: What CEL has and conditions do not: what to write instead.
_LEFT_OUT = {
    "?": "write (a && b) || (!a && c)",
    "*": "conditions add and subtract only",
    "/": "conditions add and subtract only",
    "%": "conditions add and subtract only",
    "{": "there are no maps: name an attribute of its own",
    "}": "there are no maps: name an attribute of its own",
    ":": "there are no maps and no ? : in conditions",
}


class Token(NamedTuple):
    """`kind` is name, number, string, operator or end; `at` where its first character stands, from 0."""

    kind: str
    text: str
    at: int


class Source(NamedTuple):
    """The text of a condition, and where it stands in a file."""

    text: str
    place: Place | None

    def mistake(self, what: str, at: int, fix: str) -> PolicyError:
        """What is wrong with the text at a place, and what to write."""
        place, text = self.place, self.text
        if place is None:
            where = f"condition:1:{at + 1}"
        elif "\n" in text.rstrip():
            # A block of lines: its indentation is not known here, so the place is the value's own.
            line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
            where, what = str(place), f"{what} (line {line}, character {column} of the condition)"
        else:
            where = f"{place.file}:{place.line}:{place.column + at}"
        return PolicyError(what, where=where, fix=fix)


# Longest first. What other languages write instead is a token too, so that the mistake can name the fix.
_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    r"""|(?P<prefixed>(?:[rR][bB]?|[bB][rR]?)["'])"""
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<float>[0-9]+\.[0-9]+|[0-9]+[eE][0-9]+|\.[0-9]+)"
    r"|(?P<number>[0-9]+)(?![A-Za-z_0-9.])"
    r"""|(?P<tripled>\"\"\"|''')"""
    r"""|(?P<string>"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*')"""
    r"|(?P<wrong>===|!==|<>|=~)"
    r"|(?P<operator>==|!=|<=|>=|&&|\|\||[<>!()\[\],.+-])"
)


def split(source: Source) -> list[Token]:
    """The tokens of a condition, an `end` after them."""
    text = source.text
    if len(text) > MAX_LENGTH:
        raise source.mistake(f"a condition longer than {MAX_LENGTH} characters", 0, "split it into several grants")
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup == "wrong":
            raise _unreadable(source, found.group() if found else text[at], at)
        kind = found.lastgroup
        assert kind is not None
        if kind in ("float", "prefixed", "tripled"):
            raise _left_out(source, kind, found.group(), at)
        if kind != "space":
            tokens.append(Token(kind, found.group(), at))
        at = found.end()
    return [*tokens, Token("end", "", len(text))]


def _left_out(source: Source, kind: str, text: str, at: int) -> PolicyError:
    if kind == "float":
        return source.mistake(f"{text[:30]} is no whole number", at, "conditions know whole numbers only")
    if kind == "tripled":
        return source.mistake("a text in three quotes", at, "write it in single or double quotes")
    what = "bytes" if "b" in text.lower() else "raw texts"
    return source.mistake(f"conditions have no {what} ({text[:-1]}...)", at, "leave the letter out, double backslashes")


def _unreadable(source: Source, text: str, at: int) -> PolicyError:
    if text in "\"'":
        return source.mistake("a text without its closing quote", at, f"close it with {text}")
    if text in INSTEAD:
        return source.mistake(f"'{text}' is no operator of conditions", at, f"write {INSTEAD[text]}")
    fix = "whole numbers only, without letters" if text.isdigit() else _LEFT_OUT.get(text, "")
    return source.mistake(f"unexpected '{printable(text)}'", at, fix or "use == != < <= > >= in && || ! + - ( )")


_ESCAPES = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"', "'": "'",
    "?": "?", "`": "`",
}  # fmt: skip
_ESCAPE = re.compile(
    r"\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))", re.DOTALL | re.ASCII
)


def text_of(source: Source, token: Token) -> str:
    """What a text in quotes says."""

    def unescaped(found: re.Match[str]) -> str:
        hexadecimal = found.group(1) or found.group(2) or found.group(3)
        if hexadecimal or found.group(4):
            code = int(hexadecimal, 16) if hexadecimal else int(found.group(4), 8)
            if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF:
                return chr(code)
        elif found.group(5) in _ESCAPES:
            return _ESCAPES[found.group(5)]
        at = token.at + 1 + found.start()
        raise source.mistake(f"unknown escape '{printable(found.group())}'", at, "double the backslash")

    return _ESCAPE.sub(unescaped, token.text[1:-1])


def number_of(source: Source, token: Token, *, negative: bool = False) -> int:
    """A whole number of 64 bits, as CEL's int is."""
    value = int(token.text) if len(token.text) < 25 else 1 << 64
    value = -value if negative else value
    if not -(1 << 63) <= value < 1 << 63:
        raise source.mistake(f"{token.text[:30]} is too large", token.at, "numbers have 64 bits")
    return value
