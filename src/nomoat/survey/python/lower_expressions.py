"""Turns the parser's expression nodes into the lowered form: attributes, calls, operators, displays, types.

The hottest of them (attribute, call, arguments) go through the table themselves instead of through `expression`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.form import ATTRIBUTE, CALL, CONSTANT, MAX_DEPTH, TUPLE, UNKNOWN, Node
from nomoat.survey.python.grammar import ERROR, KINDS
from nomoat.survey.python.lower_texts import SKIPPED, Handler, TextLowering

if TYPE_CHECKING:
    from tree_sitter import Node as Parsed

_ARGUMENTS = frozenset(KINDS["argument_list"])
_KEYWORD_ARGUMENT = frozenset(KINDS["keyword_argument"])
_SPLAT = frozenset(KINDS["dictionary_splat"])
_PARENTHESES = frozenset(KINDS["parenthesized_expression"])
_FOR_IN, _IF_CLAUSE = KINDS["for_in_clause"][0], KINDS["if_clause"][0]
_LAMBDA_PARAMETERS = KINDS["lambda_parameters"][0]
_LEFT_OUT = SKIPPED | {ERROR}


#: Expressions that begin with another one.
_BEGIN_WITH = frozenset((form.CALL, form.ATTRIBUTE, form.SUBSCRIPT, form.BINARY))


class ExpressionLowering(TextLowering):
    """Adds expressions."""

    def handlers(self) -> dict[str, Handler]:
        """Kind of the parser to the method that lowers it."""
        return super().handlers() | {
            "attribute": self._attribute, "call": self._call,


            "subscript": self._subscript, "binary_operator": self._binary,
            "boolean_operator": self._boolean, "not_operator": self._not, "unary_operator": self._unary,
            "comparison_operator": self._compare, "conditional_expression": self._conditional, "lambda": self._lambda,
            "list_comprehension": self._comprehension, "set_comprehension": self._comprehension,
            "dictionary_comprehension": self._comprehension, "generator_expression": self._comprehension,
            "list": self._list, "tuple": self._tuple, "set": self._set, "dictionary": self._dictionary,
            "expression_list": self._tuple, "pattern_list": self._tuple, "tuple_pattern": self._tuple,
            "list_pattern": self._list, "await": self._await, "yield": self._yield, "named_expression": self._walrus,
            "list_splat": self._starred, "list_splat_pattern": self._starred, "parenthesized_list_splat": self._inner,
            "slice": self._slice, "parenthesized_expression": self._inner, "as_pattern_target": self._inner,
            "as_pattern": self._as_value,
            "dotted_name": self._dotted_name, "type": self._inner, "generic_type": self._generic_type,
            "union_type": self._union_type, "member_type": self._member_type, "splat_type": self._starred,
            "constrained_type": self._first, "chevron": self._inner,
        }  # fmt: skip

    def _dotted_name(self, node: Parsed, depth: int) -> Node:
        parts = self.parts(node)
        if not parts:
            return (UNKNOWN, node.start_byte, node.end_byte)
        lowered = self._name(parts[0], depth)
        for part in parts[1:]:
            lowered = (ATTRIBUTE, node.start_byte, part.end_byte, lowered, self.text(part))
        return lowered

    def _attribute(self, node: Parsed, depth: int) -> Node:
        parts = node.named_children
        if len(parts) != 2 or depth > MAX_DEPTH:
            parts = self.parts(node)
            if len(parts) != 2 or depth > MAX_DEPTH:
                return self.partly(node, parts, depth)
        value, name = parts
        end = name.end_byte
        lowered = self.table[value.kind_id](value, depth + 1)
        return (ATTRIBUTE, node.start_byte, end, lowered, self.names[self.source[name.start_byte : end]])

    def _call(self, node: Parsed, depth: int) -> Node:
        parts = node.named_children
        if len(parts) != 2 or depth > MAX_DEPTH:
            parts = self.parts(node)
            if len(parts) != 2 or depth > MAX_DEPTH:
                return self.partly(node, parts, depth)
        called, given = parts
        callee = self.table[called.kind_id](called, depth + 1)
        if given.kind_id in _ARGUMENTS:
            positional, keywords = self.arguments(given, depth)
        else:
            positional, keywords = (self.expression(given, depth),), ()
        return (CALL, node.start_byte, node.end_byte, callee, positional, keywords)

    def arguments(self, node: Parsed, depth: int) -> tuple[tuple[Node, ...], tuple[tuple[str | None, Node], ...]]:
        """Positional and keyword arguments of an argument list."""
        positional: list[Node] = []
        keywords: list[tuple[str | None, Node]] = []
        table, inner_depth = self.table, depth + 1
        for child in node.named_children:
            kind = child.kind_id
            if kind in _LEFT_OUT:
                continue
            if kind in _KEYWORD_ARGUMENT:
                parts = self.expected(child, 2)
                if len(parts) == 2:
                    keywords.append((self.text(parts[0]), table[parts[1].kind_id](parts[1], inner_depth)))
            elif kind in _SPLAT:
                parts = self.parts(child)
                if parts:
                    keywords.append((None, self.expression(parts[0], depth)))
            else:
                positional.append(table[kind](child, inner_depth))
        return tuple(positional), tuple(keywords)

    # -- operators ---------------------------------------------------------------------------------------------------

    def _between(self, node: Parsed) -> str:
        # The operator is the one child without a name; a comment may stand beside it.
        for child in node.children:
            if not child.is_named:
                return self.text(child)
        return ""

    def _binary(self, node: Parsed, depth: int) -> Node:
        return self._chain(node, depth, form.BINARY)

    def _boolean(self, node: Parsed, depth: int) -> Node:
        return self._chain(node, depth, form.BOOLEAN)

    def _chain(self, node: Parsed, depth: int, kind: int) -> Node:
        # `a + b + c` leans to the left as deep as it is long; it is taken apart in a loop and becomes one flat node.
        start, end = node.start_byte, node.end_byte
        operator = self._between(node)
        kind_id = node.kind_id
        operands: list[Parsed] = []
        parts = self.expected(node, 2)
        while len(parts) == 2:
            operands.append(parts[1])
            left = parts[0]
            if operator == "**" or left.kind_id != kind_id or self._between(left) != operator:
                operands.append(left)
                break
            parts = self.expected(left, 2)
        else:
            operands.extend(reversed(parts))
        operands.reverse()
        return (kind, start, end, operator, self.many(operands, depth))

    def _not(self, node: Parsed, depth: int) -> Node:
        parts = self.parts(node)
        if len(parts) != 1:
            return self.partly(node, parts, depth)
        return (form.UNARY, node.start_byte, node.end_byte, "not", self.expression(parts[0], depth))

    def _unary(self, node: Parsed, depth: int) -> Node:
        parts = self.parts(node)
        if len(parts) != 1:
            return self.partly(node, parts, depth)
        start, end = node.start_byte, node.end_byte
        operator = self.source[start : start + 1].decode("latin-1")
        operand = self.expression(parts[0], depth)
        if operator == "-" and operand[0] == CONSTANT and type(operand[3]) in (int, float, complex):
            return (CONSTANT, start, end, -operand[3])
        return (form.UNARY, start, end, operator, operand)

    def _compare(self, node: Parsed, depth: int) -> Node:
        operands = self.many(self.expected(node, 2), depth)
        # `is  not` may be written with any space between.
        operators = tuple([" ".join(self.text(child).split()) for child in node.children if not child.is_named])
        if len(operators) != len(operands) - 1:
            return (TUPLE, node.start_byte, node.end_byte, operands)
        return (form.COMPARE, node.start_byte, node.end_byte, operands, operators)

    def _conditional(self, node: Parsed, depth: int) -> Node:
        parts = self.parts(node)
        if len(parts) != 3:
            return self.partly(node, parts, depth)
        body, test, orelse = self.many(parts, depth)
        return (form.CONDITIONAL, node.start_byte, node.end_byte, test, body, orelse)

    # -- displays, comprehensions, the rest --------------------------------------------------------------------------

    def _lambda(self, node: Parsed, depth: int) -> Node:
        parts = self.parts(node)
        parameters: tuple[Node, ...] = ()
        if parts and parts[0].kind_id == _LAMBDA_PARAMETERS:
            parameters = self.parameters(parts.pop(0), depth)
        body = self.partly(node, parts, depth)
        return (form.LAMBDA, node.start_byte, node.end_byte, parameters, body)

    def parameters(self, node: Parsed, depth: int) -> tuple[Node, ...]:
        """Parameters of a function or lambda."""
        raise NotImplementedError

    def _list(self, node: Parsed, depth: int) -> Node:
        return (form.LIST, node.start_byte, node.end_byte, _starred_whole(self.many(self.parts(node), depth)))

    def _tuple(self, node: Parsed, depth: int) -> Node:
        return (TUPLE, node.start_byte, node.end_byte, self.many(self.parts(node), depth))

    def _set(self, node: Parsed, depth: int) -> Node:
        return (form.SET, node.start_byte, node.end_byte, _starred_whole(self.many(self.parts(node), depth)))

    def _dictionary(self, node: Parsed, depth: int) -> Node:
        items: list[tuple[Node | None, Node]] = []
        for child in self.parts(node):
            parts = self.expected(child, 2)
            if child.kind_id in _SPLAT and parts:
                items.append((None, self.expression(parts[0], depth)))
            elif len(parts) == 2:
                items.append((self.expression(parts[0], depth), self.expression(parts[1], depth)))
        return (form.DICT, node.start_byte, node.end_byte, tuple(items))

    _SHAPES = {
        kind: shape
        for name, shape in (
            ("list_comprehension", "list"), ("set_comprehension", "set"), ("dictionary_comprehension", "dict"),
            ("generator_expression", "generator"),
        )
        for kind in KINDS[name]
    }  # fmt: skip

    def _comprehension(self, node: Parsed, depth: int) -> Node:
        parts = self.parts(node)
        shape = self._SHAPES[node.kind_id]
        if not parts:
            return (UNKNOWN, node.start_byte, node.end_byte)
        value: Node | None = None
        pair = self.parts(parts[0]) if shape == "dict" else []
        if len(pair) == 2:
            element, value = self.many(pair, depth)
        else:
            element = self.expression(parts[0], depth)
        clauses: list[tuple[Node, Node, tuple[Node, ...], bool]] = []
        for part in parts[1:]:
            inner = self.parts(part)
            if part.kind_id == _FOR_IN and len(inner) >= 2:
                sources = self.many(inner[1:], depth)
                source = sources[0] if len(sources) == 1 else (TUPLE, sources[0][1], sources[-1][2], sources)
                is_async = self.source.startswith(b"async", part.start_byte)
                clauses.append((self.expression(inner[0], depth), source, (), is_async))
            elif part.kind_id == _IF_CLAUSE and clauses and inner:
                target, source, conditions, is_async = clauses[-1]
                clauses[-1] = (target, source, (*conditions, self.expression(inner[0], depth)), is_async)
        return (form.COMPREHENSION, node.start_byte, node.end_byte, shape, element, value, tuple(clauses))

    def _await(self, node: Parsed, depth: int) -> Node:
        return (form.AWAIT, node.start_byte, node.end_byte, self.partly(node, self.parts(node), depth))

    def _yield(self, node: Parsed, depth: int) -> Node:
        parts = self.parts(node)
        start, end = node.start_byte, node.end_byte
        if not parts:
            return (form.YIELD, start, end, None)
        kind = form.YIELD_FROM if b"from" in self.source[start : parts[0].start_byte] else form.YIELD
        return (kind, start, end, self.partly(node, parts, depth))

    def _walrus(self, node: Parsed, depth: int) -> Node:
        parts = self.parts(node)
        if len(parts) != 2:
            return self.partly(node, parts, depth)
        target, value = self.many(parts, depth)
        return (form.WALRUS, node.start_byte, node.end_byte, target, value)

    def _starred(self, node: Parsed, depth: int) -> Node:
        return (form.STARRED, node.start_byte, node.end_byte, self.partly(node, self.parts(node), depth))

    def _inner(self, node: Parsed, depth: int) -> Node:
        # Parentheses may be nested ten thousand deep and mean nothing: a loop, no recursion.
        parts = self.expected(node, 1)
        if len(parts) == 1 and depth <= MAX_DEPTH:
            kind = parts[0].kind_id
            if kind not in _PARENTHESES:
                return self.table[kind](parts[0], depth + 1)
        while len(parts) == 1 and parts[0].kind_id in _PARENTHESES:
            parts = self.expected(parts[0], 1)
        return self.partly(node, parts, depth)

    def _first(self, node: Parsed, depth: int) -> Node:
        parts = self.parts(node)
        return self.partly(node, parts[:1], depth)

    def _as_value(self, node: Parsed, depth: int) -> Node:
        # What is bound to the name; the statement around it takes the name itself.
        parts = self.parts(node)
        return self.expression(parts[0], depth) if parts else self.partly(node, parts, depth)

    def _subscript(self, node: Parsed, depth: int) -> Node:
        parts = self.expected(node, 2)
        if len(parts) < 2:
            return self.partly(node, parts, depth)
        start, end = node.start_byte, node.end_byte
        value = self.expression(parts[0], depth)
        # `x[a,]` is indexed with a tuple of one.
        several = len(parts) > 2 or self.source[parts[-1].end_byte : end - 1].strip() == b","
        if several:
            index: Node = (TUPLE, parts[1].start_byte, parts[-1].end_byte, self.many(parts[1:], depth))
        else:
            index = self.expression(parts[1], depth)
        return (form.SUBSCRIPT, start, end, value, index)

    def _slice(self, node: Parsed, depth: int) -> Node:
        found: list[Node | None] = [None, None, None]
        place = 0
        for child in node.children:
            if child.is_named:
                if child.kind_id not in SKIPPED and child.kind_id != ERROR:
                    found[min(place, 2)] = self.expression(child, depth)
            else:
                place += 1
        return (form.SLICE, node.start_byte, node.end_byte, *found)

    def _generic_type(self, node: Parsed, depth: int) -> Node:
        parts = self.parts(node)
        if len(parts) != 2:
            return self.partly(node, parts, depth)
        start, end = node.start_byte, node.end_byte
        value = self.expression(parts[0], depth)
        inner = self.many(self.parts(parts[1]), depth)
        if len(inner) == 1:
            return (form.SUBSCRIPT, start, end, value, inner[0])
        return (form.SUBSCRIPT, start, end, value, (TUPLE, parts[1].start_byte + 1, end - 1, inner))

    def _union_type(self, node: Parsed, depth: int) -> Node:
        return (form.BINARY, node.start_byte, node.end_byte, "|", self.many(self.parts(node), depth))

    def _member_type(self, node: Parsed, depth: int) -> Node:
        return self._attribute(node, depth)


def _starred_whole(items: tuple[Node, ...]) -> tuple[Node, ...]:
    """`[*urls()]`: of a single item the grammar has the star at the name alone, where it is of the whole."""
    if len(items) != 1 or items[0][0] not in _BEGIN_WITH:
        return items
    ways: list[Node] = []
    inner = items[0]
    while inner[0] in _BEGIN_WITH:
        ways.append(inner)
        inner = inner[4][0] if inner[0] == form.BINARY else inner[3]
    if inner[0] != form.STARRED:
        return items
    found: Node = inner[3]
    for kind, _, end, *rest in reversed(ways):
        if kind == form.BINARY:
            operator, operands = rest
            found = (kind, found[1], end, operator, (found, *operands[1:]))
        else:
            found = (kind, found[1], end, found, *rest[1:])
    return ((form.STARRED, items[0][1], items[0][2], found),)
