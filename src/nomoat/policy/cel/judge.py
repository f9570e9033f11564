"""Judges the types of a condition as far as they are known when it is read, and works out what is constant in it.

What can never have a value (two types compared, `timestamp("yesterday")`) is a PolicyError at its place.
"""

from __future__ import annotations

from dataclasses import replace

from nomoat.policy.cel import functions
from nomoat.policy.cel.times import Timestamp
from nomoat.policy.cel.tokens import Source, Token
from nomoat.policy.cel.tree import Called, Constant, Member, Node, Overload, Read
from nomoat.policy.comparisons import FailedError, chosen

#: What an attribute may turn out to be.
_PLAIN = ("text", "number", "boolean", "list")
_ORDERED = ("text", "number", "timestamp", "duration", "")
ALWAYS_FAILS = "this always fails"
_IN_ZONE = functions.METHODS["getHours"][1]
_TAKES = {"containsIP": "ip", "containsCIDR": "cidr"}


def is_of(kind: str, parameter: str) -> bool:
    """True where a value of type `kind` is, or may turn out to be, a `parameter`."""
    return parameter in _PLAIN if not kind else kind == parameter or kind.startswith(f"{parameter} of ")


def item_type(items: Node) -> str:
    """The type of a list's items, where it is known."""
    return items.type.partition(" of ")[2]


def moved(node: Node, text: str, at: int) -> Node:
    """The same, written in parentheses."""
    return replace(node, text=text, at=at)


class Judge:
    """Judges one condition; `in_each` is set while the body of `exists` or `all` is read."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.in_each = False

    def boolean(self, node: Node) -> Node:
        """The node itself, where it may be true or false."""
        if node.type not in ("boolean", ""):
            raise self._source.mistake(f"{node.text} is a {node.type}, not true or false", node.at, "compare it")
        return node

    def comparable(self, operator: Token, left: Node, right: Node) -> None:
        """Refuses a comparison that can never be made."""
        for side in (left, right):
            if side.type.startswith("list"):
                fix = 'ask for one item with `in`: "a" in subject.roles'
                raise self._source.mistake(f"{side.text} is a list", side.at, fix)
        if not self._agree(left.type, right.type):
            what = f"{left.text} is {_a(left.type)}, {right.text} {_a(right.type)}: they never compare"
            if not (left.type and right.type):
                unknown, known = (right, left) if left.type else (left, right)
                what = f"{unknown.text} is no {known.type} by itself: they never compare"
            raise self._source.mistake(what, operator.at, _conversion(left, right))
        if operator.text in ("==", "!="):
            return
        for side in (left, right):
            if side.type == "boolean":
                what = f"{side.text} is true or false and has no order"
                raise self._source.mistake(what, side.at, "compare it with ==")
            if side.type not in _ORDERED:
                raise self._source.mistake(f"{side.text} has no order", side.at, "compare it with ==")

    def member(self, operator: Token, left: Node, right: Node, text: str) -> Node:
        """`left in right`."""
        if right.type and not right.type.startswith("list"):
            raise self._source.mistake(f"{right.text} is no list", right.at, 'write one: ["a", "b"], or subject.roles')
        if left.type.startswith("list"):
            raise self._source.mistake(f"{left.text} is a list", left.at, "`in` asks for one item")
        wanted = item_type(right)
        if not self._agree(left.type, wanted):
            what = f"{left.text} is {_a(left.type)}, {right.text} {_a(right.type or 'list')}"
            raise self._source.mistake(what, operator.at, "one type only")
        if self.in_each and isinstance(right, Read):
            # One list within another would be more work than what is handed in is long.
            raise self._source.mistake(f"in {right.text} within exists or all", operator.at, "ask one list at a time")
        return Member("boolean", text, left.at, 1 + max(left.depth, right.depth), left, right)

    def listed(self, items: Node, name: Token) -> None:
        """Refuses `exists` and `all` of what is no list."""
        if items.type and not items.type.startswith("list"):
            raise self._source.mistake(f"{items.text} is no list", items.at, f"ask {name.text} of subject.roles")

    def called(
        self, name: str, overloads: tuple[Overload, ...], arguments: tuple[Node, ...], at: int, text: str
    ) -> Node:
        """A function with its arguments; a constant, where all of them are."""
        fitting = tuple(one for one in overloads if _fits(one, arguments))
        if not fitting:
            raise self._unfit(name, overloads, arguments, at, text)
        results = {one.result for one in fitting}
        depth = 1 + max(argument.depth for argument in arguments)
        if all(isinstance(argument, Constant) for argument in arguments):
            values = [argument.value for argument in arguments if isinstance(argument, Constant)]
            return Constant(results.pop(), text, at, 1, self._worked_out(fitting[0], values, text, at))
        for argument in arguments[1:]:
            self._check_literal(name, argument)
        result = results.pop() if len(results) == 1 else ""
        return Called(result, text, at, depth, name, fitting, arguments)

    def _check_literal(self, name: str, argument: Node) -> None:
        """Refuses a time zone or an address that is none, wherever it stands in the text."""
        if not isinstance(argument, Constant) or argument.type != "text":
            return
        if name.startswith("get"):
            self._worked_out(_IN_ZONE, [Timestamp(0), argument.value], argument.text, argument.at)
        elif name in _TAKES:
            overload = functions.FUNCTIONS[_TAKES[name]][0]
            self._worked_out(overload, [argument.value], argument.text, argument.at)

    def _worked_out(self, overload: Overload, values: list[object], text: str, at: int) -> object:
        try:
            return chosen((overload,), text, tuple(text for _ in values))(*values)
        except FailedError as error:
            what = error.failure.what.removeprefix(f"{text}: ")
            raise self._source.mistake(f"{text[:60]}: {ALWAYS_FAILS}: {what}", at, "write another value") from None

    def _unfit(
        self, name: str, overloads: tuple[Overload, ...], arguments: tuple[Node, ...], at: int, text: str
    ) -> Exception:
        counts = sorted({len(one.parameters) for one in overloads})
        if len(arguments) not in counts:
            what = f"{name} takes {' or '.join(map(str, counts))} values, its own among them, not {len(arguments)}"
            return self._source.mistake(what, at, f"see {name} in docs/reference/policy.md")
        kinds = " and ".join(f"{one.text[:60]} is {_a(one.type)}" for one in arguments if one.type)
        what = f"{name} does not take this: {kinds or text}"
        takes = [" and ".join(map(_a, one.parameters)) for one in overloads if len(one.parameters) == len(arguments)]
        return self._source.mistake(what, at, _hint(name, arguments) or f"it takes {', or '.join(takes)}")

    def _agree(self, left: str, right: str) -> bool:
        if left and right:
            return left == right
        return is_of("", left or right or "text")


def _fits(overload: Overload, arguments: tuple[Node, ...]) -> bool:
    return len(overload.parameters) == len(arguments) and all(
        is_of(argument.type, parameter) for argument, parameter in zip(arguments, overload.parameters, strict=True)
    )


_CONVERSIONS = {"timestamp": "timestamp", "duration": "duration", "ip": "ip", "cidr": "cidr"}


def _conversion(left: Node, right: Node) -> str:
    for one, other in ((left, right), (right, left)):
        if one.type in _CONVERSIONS and other.type in ("text", ""):
            return f"write {one.type}({other.text})"
    return "compare values of one type; text stands in quotes"


def _hint(name: str, arguments: tuple[Node, ...]) -> str:
    if len(arguments) == 2 and name in ("+", "-") and {"timestamp", "duration"} & {one.type for one in arguments}:
        found = _conversion(*arguments)
        return found if found.startswith("write") else ""
    return ""


def _a(kind: str) -> str:
    return f"{'an' if kind[:1] == 'i' else 'a'} {kind}" if kind else "anything"
