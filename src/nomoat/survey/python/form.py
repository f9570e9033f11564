"""The lowered form of Python source: plain tuples `(KIND, start, end, ...)`, documented here and nowhere else.

`start` and `end` are byte offsets into `Module.source` (UTF-8); an absent part is None, a list of parts a tuple.
No node nests deeper than `MAX_DEPTH`, whatever the source, so code that walks it may recurse.

Expressions, after `(KIND, start, end, `:

    NAME           id
    ATTRIBUTE      object, name
    CALL           callee, arguments, keywords             keywords: ((name, value), ...); `**x` is (None, x)
    CONSTANT       value                                   str bytes int float complex bool None Ellipsis, decoded
    FSTRING        parts, is_template                      parts: CONSTANT text, FORMATTED, or the expression itself
    FORMATTED      value, conversion, spec                 `{x!r:>{w}}`: conversion "r" or "", spec: parts as in FSTRING
    SUBSCRIPT      object, index                           `x[a, b]` has a TUPLE
    BINARY         operator, operands                      `a + b + c` is one BINARY of three: left to right
    BOOLEAN        operator, operands                      "and" "or", flat likewise
    UNARY          operator, operand                       "not" "-" "+" "~"; a negative number is a CONSTANT
    COMPARE        operands, operators                     one operand more than operators: "==" "not in" "is not" ...
    CONDITIONAL    test, body, orelse
    LAMBDA         parameters, body                        parameters as in FUNCTION
    COMPREHENSION  shape, element, value, clauses          shape "list" "set" "dict" "generator";
                                                           value is that of a dict's pair, else None;
                                                           clauses: ((target, iterable, conditions, is_async), ...)
    LIST TUPLE SET items
    DICT           items                                   ((key, value), ...); `**x` is (None, x)
    AWAIT          value
    YIELD          value                                   or None
    YIELD_FROM     value
    WALRUS         target, value                           target is a NAME
    STARRED        value
    SLICE          lower, upper, step
    PATTERN        values, captures                        of a `case`: expressions compared with, NAMEs that are bound
    UNKNOWN                                                broken, too deep, or newer than the grammar

Statements:

    ASSIGN         targets, value                          `a = b = 1` has two targets
    AUGMENTED      target, operator, value                 operator without "="
    ANNOTATED      target, annotation, value
    EXPRESSION     value
    RETURN         value
    RAISE          value, cause
    IF             branches, orelse                        branches: ((test, body), ...): if and every elif
    FOR            target, iterable, body, orelse, is_async
    WHILE          test, body, orelse
    TRY            body, handlers, orelse, final           handlers: (HANDLER, start, end, type, name, body, is_star);
                                                           name is text; several types are a TUPLE
    WITH           items, body, is_async                   items: ((expression, target), ...)
    FUNCTION       name, parameters, body, decorators, returns, is_async, qualname, name_start
    CLASS          name, bases, keywords, body, decorators, qualname, name_start
    IMPORT         names                                   ((dotted, alias), ...); alias is None without `as`
    FROM_IMPORT    module, level, names                    level counts the dots; `*` is ("*", None)
    DELETE         targets
    ASSERT         test, message
    GLOBAL NONLOCAL names                                  texts
    MATCH          subject, cases                          cases: (CASE, start, end, pattern, guard, body)
    TYPE_ALIAS     name, value                             `type X = ...`; name is text
    PASS BREAK CONTINUE
    BROKEN                                                 a region that did not parse; see `Module.broken`

`start` of FUNCTION and CLASS is at `def`, `async` or `class`; decorators are expressions with places of their own.
The body of a function may be `Deferred`: read it by `body_of`. `walk` and `children` see no difference.
Parameters are `(PARAMETER, start, end, name, kind, annotation, default)`, kind one of POSITIONAL, REGULAR, VARARGS,
KEYWORD, KWARGS.
`qualname` is Python's `__qualname__`: `Shop.orders`, `create_app.<locals>.index`.
Python 2's `print x` and `exec x` are CALLs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

#: A lowered node. Its layout depends on its kind, so mypy cannot see into it: read it through the names below.
Node: TypeAlias = tuple[Any, ...]
Body: TypeAlias = tuple[Node, ...]

#: No node nests deeper than this, expressions and statements counted together.
MAX_DEPTH = 150

(
    NAME, ATTRIBUTE, CALL, CONSTANT, FSTRING, FORMATTED, SUBSCRIPT, BINARY, BOOLEAN, UNARY, COMPARE, CONDITIONAL,
    LAMBDA, COMPREHENSION, LIST, TUPLE, SET, DICT, AWAIT, YIELD, YIELD_FROM, WALRUS, STARRED, SLICE, PATTERN, UNKNOWN,
) = range(1, 27)  # fmt: skip
(
    ASSIGN, AUGMENTED, ANNOTATED, EXPRESSION, RETURN, RAISE, IF, FOR, WHILE, TRY, WITH, FUNCTION, CLASS, IMPORT,
    FROM_IMPORT, DELETE, ASSERT, GLOBAL, NONLOCAL, MATCH, TYPE_ALIAS, PASS, BREAK, CONTINUE, BROKEN,
) = range(40, 65)  # fmt: skip
HANDLER, CASE, PARAMETER = 70, 71, 72

#: Kinds of a parameter: before `/`, plain, `*args`, after `*`, `**kwargs`.
POSITIONAL, REGULAR, VARARGS, KEYWORD, KWARGS = range(5)

#: Places in a FUNCTION.
F_NAME, F_PARAMETERS, F_BODY, F_DECORATORS, F_RETURNS, F_ASYNC, F_QUALNAME, F_NAME_START = range(3, 11)
#: Places in a CLASS.
C_NAME, C_BASES, C_KEYWORDS, C_BODY, C_DECORATORS, C_QUALNAME, C_NAME_START = range(3, 10)
#: Places in a PARAMETER.
P_NAME, P_KIND, P_ANNOTATION, P_DEFAULT = range(3, 7)

#: Kind to its name, for messages and tests.
KIND_NAMES: dict[int, str] = {
    value: name
    for name, value in list(globals().items())
    if name.isupper() and type(value) is int and value in (*range(1, 27), *range(40, 65), *range(70, 73))
    if "_" not in name[:2] and name not in ("POSITIONAL", "REGULAR", "VARARGS", "KEYWORD", "KWARGS", "MAX_DEPTH")
}


@dataclass(frozen=True, slots=True)
class Broken:
    """A region that did not parse: byte offsets, why, and whether a call or a definition may be lost in it.

    `loses` makes the region *not analysed* (the run is incomplete); without it, it is a note.
    """

    start: int
    end: int
    loses: bool
    why: str = "does not parse"


class Deferred:
    """The body of a function that is lowered when somebody asks for it."""

    __slots__ = ("_body", "_lower")

    def __init__(self, lower: Callable[[], Body]) -> None:
        self._lower: Callable[[], Body] | None = lower
        self._body: Body = ()

    @property
    def body(self) -> Body:
        """The statements."""
        if self._lower is not None:
            self._body, self._lower = self._lower(), None
        return self._body

    def __eq__(self, other: object) -> bool:
        return self.body == (other.body if isinstance(other, Deferred) else other)

    def __hash__(self) -> int:
        return hash(self.body)


def body_of(function: Node) -> Body:
    """The statements of a FUNCTION."""
    body = function[F_BODY]
    return body.body if type(body) is Deferred else body


_LEAVES = frozenset((NAME, CONSTANT))
_SCOPES = frozenset((FUNCTION, CLASS, LAMBDA))


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below, in the order of their layout (expressions, statements, handlers, cases, parameters)."""
    parts = node[3:] if node[0] != FUNCTION else _parts_of(node)
    stack = [part for part in reversed(parts) if type(part) is tuple]
    while stack:
        part = stack.pop()
        if part and type(part[0]) is int:
            yield part
        else:
            stack.extend(inner for inner in reversed(part) if type(inner) is tuple)


def walk(root: Node | Body) -> Iterator[Node]:
    """The node (or each of a body) and everything below it, parents first, in source order, without recursion."""
    if not root:
        return
    stack: list[Any] = [root]
    pop, push = stack.pop, stack.append
    while stack:
        node = pop()
        kind = node[0]
        if type(kind) is int:
            yield node
            if kind in _LEAVES:
                continue
            parts = node[:2:-1] if kind != FUNCTION else _parts_of(node)[::-1]
        else:
            parts = node[::-1]
        for part in parts:
            if type(part) is tuple and part:
                push(part)


def _parts_of(function: Node) -> tuple[Any, ...]:
    return (*function[3:F_BODY], body_of(function), *function[F_BODY + 1 :])


def walk_scope(body: Body) -> Iterator[Node]:
    """Like `walk`, but does not enter the bodies of functions, lambdas and classes (they themselves are given)."""
    if not body:
        return
    stack: list[Any] = [body]
    pop, push = stack.pop, stack.append
    while stack:
        node = pop()
        kind = node[0]
        if type(kind) is int:
            yield node
            if kind in _LEAVES:
                continue
            parts = _outer_parts(node) if kind in _SCOPES else node[:2:-1]
        else:
            parts = node[::-1]
        for part in parts:
            if type(part) is tuple and part:
                push(part)


def _outer_parts(node: Node) -> tuple[Any, ...]:
    # What of a definition is evaluated outside of it, last first.
    if node[0] == FUNCTION:
        return (node[F_RETURNS], node[F_DECORATORS], node[F_PARAMETERS])
    if node[0] == CLASS:
        return (node[C_DECORATORS], node[C_KEYWORDS], node[C_BASES])
    return (node[3],)


def dotted(node: Node) -> str | None:
    """`a.b.c` of a NAME or a chain of ATTRIBUTEs over a NAME; None for everything else."""
    names: list[str] = []
    while node[0] == ATTRIBUTE:
        names.append(node[4])
        node = node[3]
    if node[0] != NAME:
        return None
    names.append(node[3])
    return ".".join(reversed(names))


def keyword(call: Node, name: str) -> Node | None:
    """The value of a keyword argument of a CALL; None where it is absent."""
    return next((value for key, value in call[5] if key == name), None)


def argument(call: Node, name: str, position: int | None = None) -> Node | None:
    """The argument of a CALL by keyword or position; None when absent or hidden behind `*args` before it."""
    found = keyword(call, name)
    if found is not None or position is None:
        return found
    positional = call[4]
    if position >= len(positional) or any(given[0] == STARRED for given in positional[: position + 1]):
        return None
    value: Node = positional[position]
    return value


def text_of(node: Node | None) -> str | None:
    """The value of a text CONSTANT; None for everything else."""
    if node is not None and node[0] == CONSTANT and type(node[3]) is str:
        return node[3]
    return None


def string_parts(node: Node) -> tuple[Node, ...] | None:
    """What a built-up text consists of, in order: f-string, `+`, `%`, `.format(...)`; None when it is not one.

    Parts are CONSTANT texts and the expressions put in between; what `%` and `format` put in follows the template.
    """
    kind = node[0]
    if kind == CONSTANT:
        return (node,) if isinstance(node[3], (str, bytes)) else None
    if kind == FSTRING:
        return tuple(part[3] if part[0] == FORMATTED else part for part in node[3])
    if kind == BINARY and node[3] == "+":
        nested = [string_parts(operand) for operand in node[4]]
        if not any(nested):
            return None
        return tuple(
            part for operand, inner in zip(node[4], nested, strict=True) for part in (inner if inner else (operand,))
        )
    if kind == BINARY and node[3] == "%":
        template = string_parts(node[4][0])
        if template is None:
            return None
        return template + tuple(given for operand in node[4][1:] for given in _given(operand))
    if kind == CALL and node[3][0] == ATTRIBUTE and node[3][4] == "format":
        template = string_parts(node[3][3])
        if template is None:
            return None
        return template + tuple(node[4]) + tuple(value for _, value in node[5])
    return None


def _given(operand: Node) -> tuple[Node, ...]:
    if operand[0] == TUPLE:
        return tuple(operand[3])
    if operand[0] == DICT:
        return tuple(value for _, value in operand[3])
    return (operand,)
