"""Conditions of grants and deny rules: a small, closed, type-checked subset of CEL, compiled to closures.

Text goes in, a `Condition` comes out, or a `PolicyError` with line and column; its value is True, False or a failure.
Nothing is coerced, nothing short-circuits: an absent attribute or a comparison of two types fails the whole condition.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from nomoat.errors import PolicyError, printable
from nomoat.policy.comparisons import (
    Attributes,
    ConditionFailure,
    FailedError,
    Operand,
    Run,
    any_of,
    attribute,
    checked_boolean,
    constant,
    contains,
    equal,
    every,
    ordered,
    type_of,
    unequal,
)

if TYPE_CHECKING:
    from nomoat.datafile import Place


MAX_LENGTH = 2000
MAX_DEPTH = 40

#: What each namespace holds. `subject` takes any claim beside its own names; `resource` and `params` take any name.
CONTEXT: Mapping[str, str] = {"hour": "number", "client": "text", "method": "text"}
_SUBJECT: Mapping[str, str] = {"id": "text", "sub": "text", "roles": "list of text"}
NAMESPACES = ("subject", "resource", "params", "context")


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition. `reads` has each attribute it names, in the order of the text."""

    text: str
    reads: tuple[str, ...]
    reads_resource: bool
    _run: Run = field(repr=False, compare=False)

    def evaluate(self, attributes: Attributes) -> bool | ConditionFailure:
        """True, False, or why neither. Attributes are flat: `{"subject.sub": "ana", "resource.owner": "ben"}`."""
        try:
            return self._run(attributes) is True
        except FailedError as failed:
            return failed.failure


def compile(text: str, *, place: Place | None = None) -> Condition:
    """The condition in `text`; `place` is where its first character stands in a file. Raises PolicyError."""
    parser = _Parser(text, place)
    run = parser.condition()
    reads = tuple(dict.fromkeys(parser.reads))
    return Condition(text.strip(), reads, any(name.startswith("resource.") for name in reads), run)


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


# Longest first. Everything that other languages write instead is a token too, so that the mistake can name the fix.
_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)"
    r"|(?P<float>-?[0-9]+\.[0-9]+|-?[0-9]+[eE][0-9]+)"
    r"|(?P<number>-?[0-9]+)(?![A-Za-z_0-9.])"
    r"""|(?P<string>"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*')"""
    r"|(?P<wrong>===|!==|<>|=~)"
    r"|(?P<operator>==|!=|<=|>=|&&|\|\||[<>!()\[\],])"
)
_RELATIONS = ("==", "!=", "<=", ">=", "<", ">", "in")
_INSTEAD = {
    "=": "==", "===": "==", "!==": "!=", "<>": "!=", "&": "&&", "|": "||", "and": "&&", "AND": "&&", "or": "||",
    "OR": "||", "not": "!", "NOT": "!", "is": "==", "True": "true", "False": "false",
}  # fmt: skip
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "'": "'"}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)")


class _Parser:
    """Recursive descent: or, and, relation, unary, operand. Every mistake ends it: conditions are one line."""

    def __init__(self, text: str, place: Place | None) -> None:
        self._text = text
        self._place = place
        self._depth = 0
        self.reads: list[str] = []
        if len(text) > MAX_LENGTH:
            raise self._mistake(f"a condition longer than {MAX_LENGTH} characters", 0, "split it into several grants")
        self._tokens = self._split()
        self._next = 0

    def condition(self) -> Run:
        if self._peek().kind == "end":
            raise self._mistake("an empty condition", 0, "leave `when` out, or write resource.owner == subject.sub")
        run = self._boolean(self._or())
        token = self._peek()
        if token.kind != "end":
            raise self._unexpected(token)
        return run

    def _split(self) -> list[_Token]:
        tokens: list[_Token] = []
        at = 0
        while at < len(self._text):
            found = _TOKEN.match(self._text, at)
            if found is None or found.lastgroup == "wrong":
                raise self._unreadable(found.group() if found else self._text[at], at)
            if found.lastgroup == "float":
                raise self._mistake(f"{found.group()} is no whole number", at, "conditions know whole numbers only")
            if found.lastgroup != "space":
                assert found.lastgroup is not None
                tokens.append(_Token(found.lastgroup, found.group(), at))
            at = found.end()
        return [*tokens, _Token("end", "", len(self._text))]

    def _unreadable(self, text: str, at: int) -> PolicyError:
        if text in "\"'":
            return self._mistake("a text without its closing quote", at, f"close it with {text}")
        if text in _INSTEAD:
            return self._mistake(f"'{text}' is no operator of conditions", at, f"write {_INSTEAD[text]}")
        fix = "whole numbers only, without letters" if text.isdigit() or text == "-" else ""
        return self._mistake(f"unexpected '{printable(text)}'", at, fix or "use == != < <= > >= in && || ! ( )")

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        self._next += token.kind != "end"
        return token

    def _is(self, *texts: str) -> bool:
        token = self._peek()
        return token.kind in ("operator", "name") and token.text in texts

    def _or(self) -> Operand:
        return self._joined("||", self._and, any_of)

    def _and(self) -> Operand:
        return self._joined("&&", self._relation, every)

    def _joined(self, operator: str, inner: Callable[[], Operand], join: Callable[[tuple[Run, ...]], Run]) -> Operand:
        first = inner()
        if not self._is(operator):
            return first
        runs = [self._boolean(first)]
        while self._is(operator):
            self._take()
            runs.append(self._boolean(inner()))
        return Operand(join(tuple(runs)), "boolean", self._since(first.at), first.at)

    def _relation(self) -> Operand:
        left = self._unary()
        if not self._is(*_RELATIONS):
            return left
        operator = self._take()
        if left.negated:
            # CEL reads `!a == b` as `(!a) == b`; people mean `!(a == b)`. Neither is guessed.
            raise self._mistake(
                "'!' before a comparison", left.at, f"write !({left.text[1:].strip()} {operator.text} ...)"
            )
        right = self._unary()
        if self._is(*_RELATIONS):
            raise self._mistake("comparisons cannot be chained", self._peek().at, "join them with &&")
        run = self._compared(operator, left, right)
        return Operand(run, "boolean", self._since(left.at), left.at)

    def _compared(self, operator: _Token, left: Operand, right: Operand) -> Run:
        if operator.text == "in":
            return self._contained(operator, left, right)
        for side in (left, right):
            if side.type.startswith("list"):
                raise self._mistake(
                    f"{side.text} is a list", side.at, 'ask for one item with `in`: "a" in subject.roles'
                )
        if left.type and right.type and left.type != right.type:
            raise self._mistake(
                f"{left.text} is a {left.type}, {right.text} a {right.type}: they never compare",
                operator.at,
                "compare values of one type; text stands in quotes",
            )
        if operator.text in ("==", "!="):
            return equal(left, right) if operator.text == "==" else unequal(left, right)
        for side in (left, right):
            if side.type == "boolean":
                raise self._mistake(f"{side.text} is true or false and has no order", side.at, "compare it with ==")
        return ordered(operator.text, left, right)

    def _contained(self, operator: _Token, left: Operand, right: Operand) -> Run:
        if right.type and not right.type.startswith("list"):
            raise self._mistake(f"{right.text} is no list", right.at, 'write one: ["a", "b"], or subject.roles')
        if left.type.startswith("list"):
            raise self._mistake(f"{left.text} is a list", left.at, "`in` asks for one item")
        if left.type and right.type and right.type != f"list of {left.type}":
            raise self._mistake(
                f"{left.text} is a {left.type}, {right.text} a {right.type}", operator.at, "one type only"
            )
        return contains(left, right)

    def _unary(self) -> Operand:
        token = self._peek()
        if not self._is("!"):
            return self._operand()
        self._take()
        with_inner = self._deeper(self._unary)
        inner = self._boolean(with_inner)
        return Operand(lambda a: not inner(a), "boolean", self._since(token.at), token.at, negated=True)

    def _deeper(self, read: Callable[[], Operand]) -> Operand:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._mistake(
                f"nested deeper than {MAX_DEPTH} levels", self._peek().at, "split it into several grants"
            )
        found = read()
        self._depth -= 1
        return found

    def _operand(self) -> Operand:
        token = self._take()
        if token.kind == "name" and token.text not in ("in", "null") and token.text not in _INSTEAD:
            return self._name(token)
        if token.kind in ("number", "string"):
            value = self._literal(token)
            return Operand(constant(value), type_of(value), token.text, token.at)
        if token.text == "(":
            inner = self._deeper(self._or)
            self._expect(")", token)
            return inner._replace(text=self._since(token.at), at=token.at, negated=False)
        if token.text == "[":
            return self._list(token)
        raise self._unexpected(token)

    def _expect(self, closing: str, opening: _Token) -> None:
        if not self._is(closing):
            if self._peek().kind == "end":
                raise self._mistake(f"'{opening.text}' is never closed", opening.at, f"add {closing}")
            raise self._unexpected(self._peek())
        self._take()

    def _name(self, token: _Token) -> Operand:
        if token.text in ("true", "false"):
            return Operand(constant(token.text == "true"), "boolean", token.text, token.at)
        kind = self._type_of_name(token)
        self.reads.append(token.text)
        return Operand(attribute(token.text), kind, token.text, token.at)

    def _type_of_name(self, token: _Token) -> str:
        parts = token.text.split(".")
        space = parts[0]
        if self._is("("):
            raise self._mistake(f"conditions have no functions: {token.text}(...)", token.at, "use operators only")
        if space not in NAMESPACES:
            raise self._mistake(
                f"unknown name '{token.text}'",
                token.at,
                f'write "{token.text}" for a text' if len(parts) == 1 else "names start with " + _listed(NAMESPACES),
            )
        if len(parts) == 1:
            raise self._mistake(
                f"'{space}' alone is no value", token.at, f"name an attribute: {space}.{_EXAMPLE[space]}"
            )
        if len(parts) > 2 and space != "subject":
            raise self._mistake(f"'{token.text}' has too many parts", token.at, f"write {space}.{parts[1]}")
        if space == "context" and parts[1] not in CONTEXT:
            raise self._mistake(f"unknown name '{token.text}'", token.at, "context has " + _listed(tuple(CONTEXT)))
        if space == "params":
            return "text"
        known = CONTEXT if space == "context" else _SUBJECT if space == "subject" else {}
        return known.get(".".join(parts[1:]), "")

    def _list(self, opening: _Token) -> Operand:
        values: list[str | int | bool] = []
        while True:
            token = self._take()
            if token.text == "]" and token.kind == "operator" and not values:
                raise self._mistake("an empty list holds nothing", opening.at, "name what it holds")
            if token.kind in ("number", "string"):
                values.append(self._literal(token))
            elif token.kind == "name" and token.text in ("true", "false"):
                values.append(token.text == "true")
            elif token.kind == "name":
                raise self._mistake(f"'{token.text}' in a list: lists hold plain values", token.at, 'write ["a", "b"]')
            elif token.kind == "end":
                raise self._mistake("'[' is never closed", opening.at, "add ]")
            else:
                raise self._unexpected(token)
            if type_of(values[-1]) != type_of(values[0]):
                raise self._mistake("a list of different types", token.at, "keep one type in a list")
            if self._is("]"):
                self._take()
                break
            self._expect(",", opening)
        kept = tuple(values)
        return Operand(lambda _: kept, f"list of {type_of(kept[0])}", self._since(opening.at), opening.at)

    def _literal(self, token: _Token) -> str | int:
        if token.kind == "number":
            value = int(token.text) if len(token.text) < 25 else 1 << 64
            # CEL's int: 64 bits, signed.
            if not -(1 << 63) <= value < 1 << 63:
                raise self._mistake(f"{token.text[:30]} is too large", token.at, "numbers have 64 bits")
            return value

        def unescaped(found: re.Match[str]) -> str:
            code = found.group(1)
            if len(code) == 5 and not 0xD800 <= int(code[1:], 16) <= 0xDFFF:
                return chr(int(code[1:], 16))
            if code not in _ESCAPES:
                raise self._mistake(f"unknown escape '\\{code}'", token.at + 1 + found.start(), "double the backslash")
            return _ESCAPES[code]

        return _ESCAPE.sub(unescaped, token.text[1:-1])

    def _boolean(self, operand: Operand) -> Run:
        if operand.type == "boolean":
            return operand.run
        if operand.type:
            raise self._mistake(f"{operand.text} is a {operand.type}, not true or false", operand.at, "compare it")
        return checked_boolean(operand)

    def _since(self, at: int) -> str:
        return self._text[at : self._peek().at].strip()

    def _unexpected(self, token: _Token) -> PolicyError:
        if token.kind == "end":
            return self._mistake("the condition ends too early", token.at, "complete it")
        if token.text in _INSTEAD:
            return self._mistake(f"'{token.text}' is no word of conditions", token.at, f"write {_INSTEAD[token.text]}")
        if token.text == "null":
            return self._mistake(
                "conditions have no null", token.at, "an absent attribute fails the condition by itself"
            )
        return self._mistake(
            f"unexpected '{printable(token.text)}'", token.at, "a name or a value stands here, or an operator"
        )

    def _mistake(self, what: str, at: int, fix: str) -> PolicyError:
        place = self._place
        if place is None:
            where = f"condition:1:{at + 1}"
        elif "\n" in self._text.rstrip():
            # A block of lines: its indentation is not known here, so the place is the value's own.
            line, column = self._text.count("\n", 0, at) + 1, at - self._text.rfind("\n", 0, at)
            where, what = str(place), f"{what} (line {line}, character {column} of the condition)"
        else:
            where = f"{place.file}:{place.line}:{place.column + at}"
        return PolicyError(what, where=where, fix=fix)


_EXAMPLE = {"subject": "sub", "resource": "owner", "params": "order_id", "context": "hour"}


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)
