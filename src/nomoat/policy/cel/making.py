"""Makes one Python function of a condition's tree: node by node, never from text; constants are handed in as they are.

The function takes the flat attributes and gives True, False or a ConditionFailure. Every value is checked where it is
read, and both sides of `&&` and `||` run, except to the right of a `has(...)` that has decided (`_joined`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias, assert_never

from nomoat.policy import comparisons
from nomoat.policy.cel.tree import (
    AnyNode,
    Called,
    Constant,
    Each,
    Given,
    Joined,
    Member,
    Negation,
    Node,
    Read,
    Related,
    Variable,
)
from nomoat.policy.comparisons import Attributes, ConditionFailure, FailedError

Run: TypeAlias = Callable[[Attributes], bool | ConditionFailure]
Check: TypeAlias = Callable[[Any, str], Any]

_ATTRIBUTES = "attributes"
#: Every node has to stand somewhere.
_AT: dict[str, Any] = {"lineno": 1, "col_offset": 0}
#: Python 3.12.0 insists on it; 3.11 does not know it.
_NO_TYPES: dict[str, Any] = {"type_params": []}
_ITEM = "item"
_COMPARISONS: dict[str, type[ast.cmpop]] = {
    "==": ast.Eq, "!=": ast.NotEq, "<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE
}  # fmt: skip
_OF_ANY = {
    "==": comparisons.equal,
    "!=": comparisons.unequal,
    "<": comparisons.below,
    "<=": comparisons.at_most,
    ">": comparisons.above,
    ">=": comparisons.at_least,
}
_CHECKS: dict[str, Check] = {
    "text": comparisons.as_text,
    "number": comparisons.as_number,
    "boolean": comparisons.as_boolean,
    "timestamp": comparisons.as_timestamp,
    "list": comparisons.listed,
}
_EXACT = {"text": str, "boolean": bool, "number": int}


def made(tree: Node) -> Run:
    """The function of a whole condition."""
    found: Run = _function(tree, "boolean")
    return found


@lru_cache(maxsize=4096)
def made_value(part: Node) -> Callable[[Attributes], Any]:
    """The function of a part of a condition: it gives the part's value, of whatever type, or a ConditionFailure.

    What stands inside the body of `exists` or `all` is no such part.
    """
    return _function(part, "")


def _function(tree: Node, wanted: str) -> Callable[[Attributes], Any]:
    maker = _Maker()
    body = maker.value(tree, wanted)
    handlers = [
        _handler(maker, KeyError, maker.call(comparisons.absent, _name("error"))),
        _handler(maker, FailedError, ast.Attribute(_name("error"), "failure", ast.Load(), **_AT)),
        _handler(maker, Exception, maker.call(comparisons.raised, _name("error"))),
    ]
    function = ast.FunctionDef(
        name="condition",
        args=_parameters(_ATTRIBUTES),
        body=[ast.Try(body=[ast.Return(body, **_AT)], handlers=handlers, orelse=[], finalbody=[], **_AT)],
        decorator_list=[],
        **_NO_TYPES,
        **_AT,
    )
    module = ast.Module([function], type_ignores=[])
    space = {"__builtins__": {}, **maker.constants}
    exec(compile(module, "<condition>", "exec"), space)  # noqa: S102  built above out of checked nodes, not from text
    found: Callable[[Attributes], Any] = space["condition"]
    return found


class _Maker:
    """Turns nodes into expressions; `constants` holds every value and function that they use, by made-up names."""

    def __init__(self) -> None:
        self.constants: dict[str, Any] = {}
        self._held = 0
        self._in_each = False

    def constant(self, value: object) -> ast.expr:
        """A value, handed to the function as it is."""
        name = f"c{len(self.constants)}"
        self.constants[name] = value
        return _name(name)

    def call(self, function: Callable[..., Any], *arguments: ast.expr) -> ast.expr:
        """A call of one of our own functions."""
        return ast.Call(self.constant(function), list(arguments), [], **_AT)

    def value(self, node: Node, wanted: str, check: Check | None = None) -> ast.expr:
        """The value of a node, checked (by `check`) to be of the type `wanted`; empty: of whatever type it is."""
        assert isinstance(node, AnyNode)
        match node:
            case Constant():
                return self.constant(node.value)
            case Read():
                return self._read(node, wanted, check)
            case Variable():
                return self._item(node, wanted, check)
            case Given():
                return self.call(comparisons.present, _name(_ATTRIBUTES), self.constant(node.name))
            case Negation():
                return ast.UnaryOp(ast.Not(), self.value(node.inner, "boolean"), **_AT)
            case Joined():
                return self._joined(node)
            case Related():
                return self._related(node)
            case Member():
                return self._member(node)
            case Called():
                return self._checked(self._called(node), node, wanted, check)
            case Each():
                return self._each(node)
            case _:
                assert_never(node)

    def _read(self, node: Read, wanted: str, check: Check | None) -> ast.expr:
        value = ast.Subscript(_name(_ATTRIBUTES), self.constant(node.name), ast.Load(), **_AT)
        kind = wanted or node.type
        if self._in_each and kind in ("", "text"):
            return self.call(
                comparisons.as_short_text if kind else comparisons.as_short, value, self.constant(node.text)
            )
        if not kind:
            return value
        check = check or _CHECKS[kind.partition(" ")[0]]
        if kind not in _EXACT:
            return self.call(check, value, self.constant(node.text))
        held = f"v{self._held}"
        self._held += 1
        kept = ast.NamedExpr(ast.Name(held, ast.Store(), **_AT), value, **_AT)
        return self._exact(kept, held, kind, check, node)

    def _exact(self, value: ast.expr, name: str, kind: str, check: Check, node: Node) -> ast.expr:
        """The usual case without a call: `name if type(value) is str else check(name, text)`."""
        usual: ast.expr = ast.Compare(self.call(type, value), [ast.Is()], [self.constant(_EXACT[kind])], **_AT)
        if kind == "number":
            bounds = (self.constant(-comparisons.LARGEST), self.constant(comparisons.LARGEST))
            inside = ast.Compare(bounds[0], [ast.LtE(), ast.Lt()], [_name(name), bounds[1]], **_AT)
            usual = ast.BoolOp(ast.And(), [usual, inside], **_AT)
        return ast.IfExp(usual, _name(name), self.call(check, _name(name), self.constant(node.text)), **_AT)

    def _item(self, node: Variable, wanted: str, check: Check | None) -> ast.expr:
        kind = wanted or node.type
        if not kind:
            return _name(_ITEM)
        check = check or _CHECKS[kind.partition(" ")[0]]
        if kind in _EXACT:
            return self._exact(_name(_ITEM), _ITEM, kind, check, node)
        return self.call(check, _name(_ITEM), self.constant(node.text))

    def _checked(self, value: ast.expr, node: Node, wanted: str, check: Check | None) -> ast.expr:
        if not wanted or node.type == wanted:
            return value
        return self.call(check or _CHECKS[wanted.partition(" ")[0]], value, self.constant(node.text))

    def _joined(self, node: Joined) -> ast.expr:
        """Sides that all run, joined by `&` or `|`; to the right of a guard stands only what it leaves open."""
        both, lazily = (ast.BitAnd, ast.And) if node.operator == "&&" else (ast.BitOr, ast.Or)
        groups: list[tuple[ast.expr | None, list[ast.expr]]] = [(None, [])]
        for side in node.sides:
            if is_guard(side):
                groups.append((self.value(side, "boolean"), []))
            else:
                groups[-1][1].append(self.value(side, "boolean"))
        result: ast.expr | None = None
        for guard, sides in reversed(groups):
            strict = [*sides, result] if result is not None else sides
            rest = _balanced(both, strict) if strict else None
            if guard is None:
                result = rest
            else:
                result = guard if rest is None else ast.BoolOp(lazily(), [guard, rest], **_AT)
        assert result is not None
        return result

    def _related(self, node: Related) -> ast.expr:
        kind = node.left.type or node.right.type
        if kind:
            texts = (node.left.text, node.right.text)
            left = self.value(node.left, kind, None if node.left.type else comparisons.beside(kind, *texts, side=0))
            right = self.value(node.right, kind, None if node.right.type else comparisons.beside(kind, *texts, side=1))
            return ast.Compare(left, [_COMPARISONS[node.operator]()], [right], **_AT)
        written = (self.constant(node.left.text), self.constant(node.right.text))
        return self.call(_OF_ANY[node.operator], self.value(node.left, ""), self.value(node.right, ""), *written)

    def _member(self, node: Member) -> ast.expr:
        left, right = node.left, node.right
        kind = right.type.partition(" of ")[2]
        if isinstance(right, Constant):
            return ast.Compare(self.value(left, kind), [ast.In()], [self.constant(frozenset(right.value))], **_AT)
        texts = (self.constant(left.text), self.constant(right.text))
        return self.call(comparisons.within, self.value(left, kind), self.value(right, right.type), *texts)

    def _called(self, node: Called) -> ast.expr:
        if len(node.overloads) == 1:
            overload = node.overloads[0]
            run = overload.run if overload.is_total else comparisons.called(overload.run, node.text)
            pairs = zip(node.arguments, overload.parameters, strict=True)
            return self.call(run, *(self.value(argument, parameter) for argument, parameter in pairs))
        texts = tuple(argument.text for argument in node.arguments)
        run = comparisons.chosen(node.overloads, node.text, texts)
        return self.call(run, *(self.value(argument, argument.type) for argument in node.arguments))

    def _each(self, node: Each) -> ast.expr:
        function = comparisons.exists if node.macro == "exists" else comparisons.holds_for_all
        items = self.value(node.items, "list")
        self._in_each = True
        body = self.value(node.body, "boolean")
        self._in_each = False
        return self.call(function, items, ast.Lambda(_parameters(_ITEM), body, **_AT), self.constant(node.items.text))


def is_guard(node: Node) -> bool:
    """True for `has(...)` and `!has(...)` as a whole side."""
    return isinstance(node, Given) or (isinstance(node, Negation) and isinstance(node.inner, Given))


def _balanced(operator: type[ast.operator], sides: list[ast.expr]) -> ast.expr:
    """All sides, from left to right, no deeper than it has to be."""
    if len(sides) == 1:
        return sides[0]
    half = len(sides) // 2
    return ast.BinOp(_balanced(operator, sides[:half]), operator(), _balanced(operator, sides[half:]), **_AT)


def _name(name: str) -> ast.expr:
    return ast.Name(name, ast.Load(), **_AT)


def _parameters(*names: str) -> ast.arguments:
    return ast.arguments(
        posonlyargs=[], args=[ast.arg(name, **_AT) for name in names], kwonlyargs=[], kw_defaults=[], defaults=[]
    )


def _handler(maker: _Maker, kind: type[Exception], answer: ast.expr) -> ast.ExceptHandler:
    return ast.ExceptHandler(type=maker.constant(kind), name="error", body=[ast.Return(answer, **_AT)], **_AT)
