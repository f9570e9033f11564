"""Reads a condition into a typed tree, with CEL's grammar and precedence; whatever is wrong is a PolicyError.

Recursive descent: or, and, relation, sum, unary, member, primary. The first mistake ends it: conditions are one line.
Types and values are judged in `judge.py`; here stands what may follow what.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from nomoat.datafile import did_you_mean
from nomoat.errors import PolicyError, printable
from nomoat.policy.cel import functions, judge, names, tokens
from nomoat.policy.cel.tokens import INSTEAD, KEYWORDS, MAX_DEPTH, RESERVED, Source, Token
from nomoat.policy.cel.tree import Constant, Each, Given, Joined, Negation, Node, Overload, Read, Related, Variable
from nomoat.policy.comparisons import type_of

if TYPE_CHECKING:
    from nomoat.datafile import Place

_RELATIONS = ("==", "!=", "<=", ">=", "<", ">", "in")
_MACROS = ("exists", "all")


class Parser:
    """Reads one condition; `reads` has the attributes that it names, `given` those that it asks `has` of."""

    def __init__(self, text: str, place: Place | None) -> None:
        self._source = Source(text, place)
        self._depth = 0
        self._next = 0
        self._variable: str | None = None
        self._item = ""
        self._tokens = tokens.split(self._source)
        self._judge = judge.Judge(self._source)
        self.reads: dict[str, None] = {}
        self.given: dict[str, None] = {}

    def condition(self) -> Node:
        """The whole text as a tree whose value is true or false."""
        if self._peek().kind == "end":
            raise self._mistake("an empty condition", 0, "leave `when` out, or write resource.owner == subject.sub")
        found = self._judge.boolean(self._or())
        token = self._peek()
        if token.kind != "end":
            raise self._unexpected(token)
        return found

    # -- tokens --------------------------------------------------------------------------------------------------

    def _peek(self, ahead: int = 0) -> Token:
        return self._tokens[min(self._next + ahead, len(self._tokens) - 1)]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += token.kind != "end"
        return token

    def _is(self, *texts: str, ahead: int = 0) -> bool:
        token = self._peek(ahead)
        return token.kind in ("operator", "name") and token.text in texts

    def _expect(self, closing: str, opening: Token) -> None:
        if not self._is(closing):
            if self._peek().kind == "end":
                raise self._mistake(f"'{opening.text}' is never closed", opening.at, f"add {closing}")
            raise self._unexpected(self._peek())
        self._take()

    def _since(self, at: int) -> str:
        return self._source.text[at : self._peek().at].strip()

    def _deeper(self, read: Callable[[], Node]) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._too_deep(self._peek().at)
        found = read()
        self._depth -= 1
        return found

    # -- what is joined ------------------------------------------------------------------------------------------

    def _or(self) -> Node:
        return self._joined("||", self._and)

    def _and(self) -> Node:
        return self._joined("&&", self._relation)

    def _joined(self, operator: str, inner: Callable[[], Node]) -> Node:
        first = inner()
        if not self._is(operator):
            return first
        sides = [self._judge.boolean(first)]
        while self._is(operator):
            self._take()
            sides.append(self._judge.boolean(inner()))
        return Joined("boolean", self._since(first.at), first.at, _above(*sides), operator, tuple(sides))

    def _relation(self) -> Node:
        begins_negated = self._is("!")
        left = self._sum()
        if not self._is(*_RELATIONS):
            return left
        operator = self._take()
        if begins_negated:
            # CEL reads `!a == b` as `(!a) == b`; people mean `!(a == b)`. Neither is guessed.
            raise self._mistake(
                "'!' before a comparison", left.at, f"write !({left.text[1:].strip()} {operator.text} ...)"
            )
        if operator.text == "in" and self._peek().text == "subject" and not self._is(".", "[", ahead=1):
            return self._claimed(left)
        right = self._sum()
        if self._is(*_RELATIONS):
            raise self._mistake("comparisons cannot be chained", self._peek().at, "join them with &&")
        text = self._since(left.at)
        if operator.text == "in":
            return self._judge.member(operator, left, right, text)
        self._judge.comparable(operator, left, right)
        return Related("boolean", text, left.at, _above(left, right), operator.text, left, right)

    def _claimed(self, left: Node) -> Node:
        """`"https://example.com/team" in subject`: `has` for a claim whose name is none of CEL's."""
        space = self._take()
        if not isinstance(left, Constant) or left.type != "text":
            raise self._mistake(f"{left.text} in subject", space.at, 'name one claim: "https://..." in subject')
        name = f"subject.{left.value}"
        self._note(name, self.given)
        return Given("boolean", self._since(left.at), left.at, 1, name)

    def _sum(self) -> Node:
        left = self._unary()
        while self._is("+", "-"):
            operator = self._take()
            right = self._unary()
            left = self._called(operator.text, functions.OPERATORS[operator.text], (left, right), left.at)
        return left

    def _unary(self) -> Node:
        token = self._peek()
        if self._is("!"):
            self._take()
            inner = self._judge.boolean(self._deeper(self._unary))
            return Negation("boolean", self._since(token.at), token.at, _above(inner), inner)
        if self._is("-"):
            self._take()
            if self._peek().kind == "number":
                # CEL reads the sign as a part of the number: -9223372036854775808 is one.
                value = tokens.number_of(self._source, self._take(), negative=True)
                return self._member(Constant("number", self._since(token.at), token.at, 1, value))
            inner = self._deeper(self._unary)
            return self._called("-", functions.OPERATORS["negation"], (inner,), token.at)
        return self._member(self._primary())

    # -- one value -----------------------------------------------------------------------------------------------

    def _member(self, value: Node) -> Node:
        """A value and the methods that are asked of it."""
        while True:
            if self._is("."):
                dot = self._take()
                name = self._take()
                if name.kind != "name":
                    raise self._unexpected(name)
                if not self._is("("):
                    raise self._mistake(f"{value.text} has no parts", dot.at, f"'{name.text}' is no function of it")
                value = self._method(value, name)
            elif self._is("["):
                raise self._mistake(
                    "unexpected '[': lists are not read by position", self._peek().at, "ask with `in`, exists or all"
                )
            else:
                return value

    def _method(self, value: Node, name: Token) -> Node:
        if name.text in _MACROS:
            return self._each(value, name)
        overloads = functions.METHODS.get(name.text)
        if overloads is None:
            raise self._no_function(name, functions.METHODS, "method")
        return self._called(name.text, overloads, (value, *self._arguments()), value.at)

    def _arguments(self) -> tuple[Node, ...]:
        opening = self._take()
        found: list[Node] = []
        if self._is(")"):
            self._take()
            return ()
        while True:
            found.append(self._deeper(self._or))
            if not self._is(","):
                break
            self._take()
        self._expect(")", opening)
        return tuple(found)

    def _called(self, name: str, overloads: tuple[Overload, ...], arguments: tuple[Node, ...], at: int) -> Node:
        found = self._judge.called(name, overloads, arguments, at, self._since(at))
        if found.depth > MAX_DEPTH:
            raise self._too_deep(at)
        return found

    def _each(self, items: Node, name: Token) -> Node:
        opening = self._take()
        if self._variable is not None:
            raise self._mistake(f"{name.text} within exists or all", name.at, "ask one list at a time")
        self._judge.listed(items, name)
        variable = self._take()
        word = variable.text
        if variable.kind != "name" or word in RESERVED | KEYWORDS or word in names.NAMESPACES or word in INSTEAD:
            what = f"'{printable(word)}' cannot name the items of a list"
            raise self._mistake(what, variable.at, f"write {name.text}(item, ...)")
        self._expect(",", opening)
        self._variable, self._item = word, judge.item_type(items)
        self._judge.in_each = True
        body = self._judge.boolean(self._deeper(self._or))
        self._variable, self._judge.in_each = None, False
        self._expect(")", opening)
        return Each("boolean", self._since(items.at), items.at, _above(items, body), name.text, items, body)

    def _primary(self) -> Node:
        token = self._take()
        if token.kind == "name" and token.text not in ("in", "null") and token.text not in INSTEAD:
            return self._word(token)
        if token.kind in ("number", "string"):
            value = self._literal(token)
            return Constant(type_of(value), token.text, token.at, 1, value)
        if token.text == "(" and token.kind == "operator":
            inner = self._deeper(self._or)
            self._expect(")", token)
            return judge.moved(inner, self._since(token.at), token.at)
        if token.text == "[" and token.kind == "operator":
            return self._list(token)
        raise self._unexpected(token)

    def _word(self, token: Token) -> Node:
        word = token.text
        if word in ("true", "false"):
            return Constant("boolean", word, token.at, 1, word == "true")
        if word == self._variable:
            return Variable(self._item, word, token.at, 1, word)
        if word in names.NAMESPACES:
            name = self._attribute(token)
            self._note(name, self.reads)
            return Read(names.type_of(name), self._since(token.at), token.at, 1, name)
        if self._is("("):
            if word == "has":
                return self._has(token)
            if word not in functions.FUNCTIONS:
                raise self._no_function(token, functions.FUNCTIONS, "function")
            return self._called(word, functions.FUNCTIONS[word], self._arguments(), token.at)
        path = word
        while self._is(".") and self._peek(1).kind == "name":
            self._take()
            path += "." + self._take().text
        fix = f'write "{word}" for a text' if path == word else "names start with " + ", ".join(names.NAMESPACES)
        raise self._mistake(f"unknown name '{path}'", token.at, fix)

    def _has(self, token: Token) -> Node:
        opening = self._take()
        space = self._take()
        if space.kind != "name" or space.text not in names.NAMESPACES:
            raise self._mistake("has(...) asks for one attribute", space.at, "write has(resource.owner)")
        if self._is("["):
            raise self._mistake("has(...) of a text", self._peek().at, f'write "..." in {space.text}')
        name = self._attribute(space)
        self._expect(")", opening)
        self._note(name, self.given)
        return Given("boolean", self._since(token.at), token.at, 1, name)

    def _attribute(self, token: Token) -> str:
        """The flat name of an attribute; what is asked of it with `(` is left for later."""
        space, parts = token.text, list[str]()
        if self._is("[") and space == "subject":
            opening = self._take()
            name = self._take()
            if name.kind != "string":
                raise self._mistake("subject[...] takes a text", name.at, 'write subject["https://example.com/team"]')
            parts.append(tokens.text_of(self._source, name))
            self._expect("]", opening)
        while self._is(".") and self._peek(1).kind == "name" and not self._is("(", ahead=2):
            dot = self._take()
            part = self._take()
            if part.text in KEYWORDS:
                raise self._mistake(f"'{part.text}' names no attribute", part.at, "CEL keeps this word for itself")
            if parts and "[" in self._source.text[token.at : dot.at]:
                raise self._mistake(f"{self._source.text[token.at : dot.at]} has no parts", dot.at, "name one claim")
            parts.append(part.text)
        found = names.mistake(space, parts)
        if found is not None:
            raise self._mistake(found[0], token.at, found[1])
        return ".".join((space, *parts))

    def _note(self, name: str, into: dict[str, None]) -> None:
        # `reads` has every attribute, in the order of the text; what is only asked for stands in it too.
        self.reads[name] = None
        into[name] = None

    def _list(self, opening: Token) -> Node:
        values: list[str | int | bool] = []
        while True:
            token = self._take()
            if token.text == "]" and token.kind == "operator" and not values:
                raise self._mistake("an empty list holds nothing", opening.at, "name what it holds")
            if token.kind in ("number", "string"):
                values.append(self._literal(token))
            elif token.text == "-" and token.kind == "operator" and self._peek().kind == "number":
                values.append(tokens.number_of(self._source, self._take(), negative=True))
            elif token.kind == "name" and token.text in ("true", "false"):
                values.append(token.text == "true")
            elif token.kind == "name" and token.text not in INSTEAD:
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
            if self._peek().kind == "end":
                raise self._mistake("'[' is never closed", opening.at, "add ]")
            self._expect(",", opening)
        kind = f"list of {type_of(values[0])}"
        return Constant(kind, self._since(opening.at), opening.at, 1, tuple(values))

    def _literal(self, token: Token) -> str | int:
        if token.kind == "number":
            return tokens.number_of(self._source, token)
        return tokens.text_of(self._source, token)

    # -- mistakes ------------------------------------------------------------------------------------------------

    def _no_function(self, token: Token, known: Mapping[str, object], kind: str) -> PolicyError:
        word = token.text
        if word in functions.LEFT_OUT:
            return self._mistake(f"conditions have no {word}(...)", token.at, functions.LEFT_OUT[word])
        if kind == "method" and word in functions.FUNCTIONS:
            return self._mistake(f"'{word}' is no method", token.at, f"write {word}(value)")
        if kind == "function" and (word in functions.METHODS or word in _MACROS):
            return self._mistake(f"'{word}' is no function", token.at, f"write value.{word}(...)")
        hint = did_you_mean(word, list(known))
        return self._mistake(f"conditions have no {kind} {word}(...)", token.at, hint or f"known: {', '.join(known)}")

    def _unexpected(self, token: Token) -> PolicyError:
        if token.kind == "end":
            return self._mistake("the condition ends too early", token.at, "complete it")
        if token.text in INSTEAD:
            return self._mistake(f"'{token.text}' is no word of conditions", token.at, f"write {INSTEAD[token.text]}")
        if token.text == "null":
            fix = "an absent attribute fails the condition by itself; has(...) asks for it"
            return self._mistake("conditions have no null", token.at, fix)
        return self._mistake(
            f"unexpected '{printable(token.text)}'", token.at, "a name or a value stands here, or an operator"
        )

    def _too_deep(self, at: int) -> PolicyError:
        return self._mistake(f"nested deeper than {MAX_DEPTH} levels", at, "split it into several grants")

    def _mistake(self, what: str, at: int, fix: str) -> PolicyError:
        return self._source.mistake(what, at, fix)


def _above(*below: Node) -> int:
    return 1 + max(node.depth for node in below)
