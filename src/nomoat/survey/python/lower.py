"""Turns a parsed file into the lowered form, statement by statement.

One `Lowering` serves many files: `lower(source, root)` gives the body of a module and the regions that did not parse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from nomoat.survey.python import form
from nomoat.survey.python.form import Body, Broken, Node
from nomoat.survey.python.grammar import KINDS
from nomoat.survey.python.lower_definitions import FUNCTIONS, DefinitionLowering
from nomoat.survey.python.lower_texts import Handler
from nomoat.survey.python.regions import broken

if TYPE_CHECKING:
    from tree_sitter import Node as Parsed

#: The statements of a file or function, and what of it did not parse.
Reading: TypeAlias = tuple[Body, tuple[Broken, ...]]
#: Whether the body of a function between two places may wait; and who lowers it: place, scope and depth.
Waiting: TypeAlias = tuple[Callable[[int, int], bool], Callable[[int, str, int], Body]]

_ELIF, _ELSE, _EXCEPT, _FINALLY = (
    KINDS[name][0] for name in ("elif_clause", "else_clause", "except_clause", "finally_clause")
)
_AS_PATTERN = frozenset(KINDS["as_pattern"])
_TYPE, _ASSIGNMENT, _AUGMENTED = KINDS["type"][0], KINDS["assignment"][0], KINDS["augmented_assignment"][0]
_EXPRESSION_LIST, _CASE, _IF_CLAUSE = (KINDS[name][0] for name in ("expression_list", "case_clause", "if_clause"))
_ENDS_OPEN = frozenset((*KINDS["conditional_expression"], *KINDS["lambda"]))
_WRAPPED = frozenset((*KINDS["parenthesized_expression"], *KINDS["tuple"]))


class Lowering(DefinitionLowering):
    """Lowers whole files, one after the other."""

    def lower(self, source: bytes, root: Parsed, *, waiting: Waiting | None = None) -> Reading:
        """The module's statements, and the regions that did not parse, in source order.

        `waiting` says which bodies of functions may be lowered later, and by whom (`function_body`).
        """
        self.source, self.scope, self.broken = source, "", []
        self.may_wait, self.later = waiting if waiting is not None else (None, self.later)
        body = self.body_of([root], 0)
        if root.has_error:
            self.broken.extend(broken(source, root))
        return body, tuple(sorted(set(self.broken), key=lambda region: (region.start, region.end)))

    def function_body(self, source: bytes, root: Parsed, start: int, scope: str, depth: int) -> Reading:
        """The statements of the function that begins at `start`, and the regions in it that are not understood."""
        self.source, self.broken, self.may_wait = source, [], None
        found = root.descendant_for_byte_range(start, start + 1)
        while found is not None and not (found.kind_id in FUNCTIONS and found.start_byte == start):
            found = found.parent
        body = self.inside(self.split(found)[1], scope, depth) if found is not None else ()
        return body, tuple(self.broken)

    def handlers(self) -> dict[str, Handler]:
        """Kind of the parser to the method that lowers it."""
        return super().handlers() | {
            "expression_statement": self._expression_statement, "assignment": self._assignment,
            "augmented_assignment": self._augmented, "return_statement": self._return, "raise_statement": self._raise,
            "if_statement": self._if, "for_statement": self._for, "while_statement": self._while,
            "try_statement": self._try, "with_statement": self._with, "delete_statement": self._delete,
            "assert_statement": self._assert, "global_statement": self._global, "nonlocal_statement": self._nonlocal,
            "match_statement": self._match, "type_alias_statement": self._type_alias, "pass_statement": self._pass,
            "break_statement": self._break, "continue_statement": self._continue, "print_statement": self._print,
            "exec_statement": self._print,
        }  # fmt: skip

    # -- simple statements -------------------------------------------------------------------------------------------

    def _expression_statement(self, node: Parsed, depth: int) -> Node:
        parts = self.expected(node, 1)
        if len(parts) == 1:
            kind = parts[0].kind_id
            if kind in (_ASSIGNMENT, _AUGMENTED):
                return self.table[kind](parts[0], depth)
            return (form.EXPRESSION, node.start_byte, node.end_byte, self.table[kind](parts[0], depth + 1))
        return (form.EXPRESSION, node.start_byte, node.end_byte, self.partly(node, parts, depth))

    def _assignment(self, node: Parsed, depth: int) -> Node:
        start, end = node.start_byte, node.end_byte
        targets: list[Node] = []
        parts = self.expected(node, 2)
        while True:
            if len(parts) < 2:
                return (form.EXPRESSION, start, end, self.partly(node, parts, depth))
            target = self.expression(parts[0], depth)
            if parts[1].kind_id == _TYPE:
                value = self.expression(parts[2], depth) if len(parts) > 2 else None
                return (form.ANNOTATED, start, end, target, self.expression(parts[1], depth), value)
            targets.append(target)
            if parts[1].kind_id != _ASSIGNMENT:
                return (form.ASSIGN, start, end, tuple(targets), self.expression(parts[1], depth))
            parts = self.expected(parts[1], 2)

    def _augmented(self, node: Parsed, depth: int) -> Node:
        parts = self.parts(node)
        if len(parts) != 2:
            return (form.EXPRESSION, node.start_byte, node.end_byte, self.partly(node, parts, depth))
        target, value = self.many(parts, depth)
        return (form.AUGMENTED, node.start_byte, node.end_byte, target, self._between(node)[:-1], value)

    def _return(self, node: Parsed, depth: int) -> Node:
        parts = self.expected(node, 1)
        value = self.partly(node, parts, depth) if parts else None
        return (form.RETURN, node.start_byte, node.end_byte, value)

    def _raise(self, node: Parsed, depth: int) -> Node:
        parts = self.parts(node)
        # Python 2: `raise Error, "text"`.
        if parts and parts[0].kind_id == _EXPRESSION_LIST:
            parts = self.parts(parts[0])[:2]
        value = self.expression(parts[0], depth) if parts else None
        cause = self.expression(parts[1], depth) if len(parts) > 1 else None
        return (form.RAISE, node.start_byte, node.end_byte, value, cause)

    def _delete(self, node: Parsed, depth: int) -> Node:
        parts = self.parts(node)
        if len(parts) == 1 and parts[0].kind_id == _EXPRESSION_LIST:
            parts = self.parts(parts[0])
        return (form.DELETE, node.start_byte, node.end_byte, self.many(parts, depth))

    def _assert(self, node: Parsed, depth: int) -> Node:
        parts = self.many(self.parts(node)[:2], depth)
        test = parts[0] if parts else (form.UNKNOWN, node.start_byte, node.end_byte)
        return (form.ASSERT, node.start_byte, node.end_byte, test, parts[1] if len(parts) > 1 else None)

    def _global(self, node: Parsed, depth: int) -> Node:
        return (form.GLOBAL, node.start_byte, node.end_byte, tuple(self.text(part) for part in self.parts(node)))

    def _nonlocal(self, node: Parsed, depth: int) -> Node:
        return (form.NONLOCAL, node.start_byte, node.end_byte, tuple(self.text(part) for part in self.parts(node)))

    def _type_alias(self, node: Parsed, depth: int) -> Node:
        parts = self.parts(node)
        if len(parts) != 2:
            return (form.EXPRESSION, node.start_byte, node.end_byte, self.partly(node, parts, depth))
        name, value = self.many(parts, depth)
        after = node.start_byte + 4
        opening = after + len(self.source[after : after + 100]) - len(self.source[after : after + 100].lstrip())
        if self.source.startswith(b"(", opening):
            # `type(self).count = 0`, which the grammar takes for an alias.
            target = _called(name, (form.NAME, node.start_byte, after, "type"), opening)
            return (form.ASSIGN, node.start_byte, node.end_byte, (target,), value)
        while name[0] == form.SUBSCRIPT:
            name = name[3]
        return (form.TYPE_ALIAS, node.start_byte, node.end_byte, form.dotted(name) or "", value)

    def _pass(self, node: Parsed, depth: int) -> Node:
        return (form.PASS, node.start_byte, node.end_byte)

    def _break(self, node: Parsed, depth: int) -> Node:
        return (form.BREAK, node.start_byte, node.end_byte)

    def _continue(self, node: Parsed, depth: int) -> Node:
        return (form.CONTINUE, node.start_byte, node.end_byte)

    def _print(self, node: Parsed, depth: int) -> Node:
        # Python 2's `print a, b` and `exec code in scope`, as the calls they became.
        start, end = node.start_byte, node.end_byte
        word = "print" if self.source.startswith(b"print", start) else "exec"
        callee = (form.NAME, start, start + len(word), word)
        return (form.EXPRESSION, start, end, (form.CALL, start, end, callee, self.many(self.parts(node), depth), ()))

    def _else(self, clauses: list[Parsed], kind: int, depth: int) -> Body:
        for clause in clauses:
            if clause.kind_id == kind:
                return self.body_of(self.split(clause)[1], depth)
        return ()

    # -- compound statements -----------------------------------------------------------------------------------------

    def _if(self, node: Parsed, depth: int) -> Node:
        head, blocks = self.split(node)
        branches: list[tuple[Node, Body]] = []
        if head and head[0].kind_id not in (_ELIF, _ELSE):
            branches.append((self.expression(head[0], depth), self.body_of(blocks, depth)))
        for clause in head:
            if clause.kind_id == _ELIF:
                test, inner = self.split(clause)
                branches.append((self.partly(clause, test, depth), self.body_of(inner, depth)))
        return (form.IF, node.start_byte, node.end_byte, tuple(branches), self._else(head, _ELSE, depth))

    def _for(self, node: Parsed, depth: int) -> Node:
        start, end = node.start_byte, node.end_byte
        head, blocks = self.split(node)
        unknown = (form.UNKNOWN, start, start)
        target = self.expression(head[0], depth) if head else unknown
        iterable = self.expression(head[1], depth) if len(head) > 1 else unknown
        is_async = self.source.startswith(b"async", start)
        body = self.body_of(blocks, depth)
        return (form.FOR, start, end, target, iterable, body, self._else(head, _ELSE, depth), is_async)

    def _while(self, node: Parsed, depth: int) -> Node:
        head, blocks = self.split(node)
        test = self.partly(node, head[:1], depth)
        body = self.body_of(blocks, depth)
        return (form.WHILE, node.start_byte, node.end_byte, test, body, self._else(head, _ELSE, depth))

    def _try(self, node: Parsed, depth: int) -> Node:
        clauses, blocks = self.split(node)
        handlers = tuple(self._handler(clause, depth) for clause in clauses if clause.kind_id == _EXCEPT)
        body = self.body_of(blocks, depth)
        orelse, final = self._else(clauses, _ELSE, depth), self._else(clauses, _FINALLY, depth)
        return (form.TRY, node.start_byte, node.end_byte, body, handlers, orelse, final)

    def _handler(self, clause: Parsed, depth: int) -> Node:
        start, end = clause.start_byte, clause.end_byte
        head, blocks = self.split(clause)
        name: str | None = None
        if len(head) == 1 and head[0].kind_id in _AS_PATTERN:
            head = self.parts(head[0])
            name = self.text(head.pop()) if len(head) > 1 else None
        caught = self.partly(clause, head, depth) if head else None
        is_star = self.source[start + 6 : start + 12].lstrip().startswith(b"*")
        return (form.HANDLER, start, end, caught, name, self.body_of(blocks, depth), is_star)

    def _with(self, node: Parsed, depth: int) -> Node:
        start, end = node.start_byte, node.end_byte
        head, blocks = self.split(node)
        items: list[tuple[Node, Node | None]] = []
        for item in self._managers(head[0]) if head else ():
            named = self._named(item)
            inner = self.parts(named) if named is not None else []
            target = self.expression(inner[1], depth) if len(inner) > 1 else None
            items.append((self.expression(item, depth), target))
        return (
            form.WITH,
            start,
            end,
            tuple(items),
            self.body_of(blocks, depth),
            self.source.startswith(b"async", start),
        )

    def _named(self, item: Parsed) -> Parsed | None:
        # In `a if b else c as d` and `lambda: a as d` the parser hangs the name on the last part.
        while item.kind_id not in _AS_PATTERN:
            inner = self.parts(item)
            if item.kind_id not in _ENDS_OPEN or not inner:
                return None
            item = inner[-1]
        return item

    def _managers(self, clause: Parsed) -> list[Parsed]:
        # `with (a as b, c):` is at times a tuple or a parenthesis to the parser, with the names inside.
        found: list[Parsed] = []
        for item in self.parts(clause):
            inner = self.parts(item)
            while len(inner) == 1 and inner[0].kind_id in _WRAPPED:
                within = self.parts(inner[0])
                if not any(self._named(part) is not None for part in within):
                    break
                inner = within
            found.extend(inner)
        return found

    def _match(self, node: Parsed, depth: int) -> Node:
        head, blocks = self.split(node)
        cases: list[Node] = []
        for block in blocks:
            cases.extend(self._case(clause, depth) for clause in self.parts(block) if clause.kind_id == _CASE)
        return (form.MATCH, node.start_byte, node.end_byte, self.partly(node, head, depth), tuple(cases))

    def _case(self, clause: Parsed, depth: int) -> Node:
        head, blocks = self.split(clause)
        guard: Node | None = None
        if head and head[-1].kind_id == _IF_CLAUSE:
            inner = self.parts(head.pop())
            guard = self.expression(inner[0], depth) if inner else None
        pattern = self.pattern(clause, head, depth)
        return (form.CASE, clause.start_byte, clause.end_byte, pattern, guard, self.body_of(blocks, depth))


def _called(node: Node, callee: Node, opening: int) -> Node:
    """A chain of attributes and items whose first part is what stood in parentheses, now with `callee` called on it."""
    chain: list[Node] = []
    while node[0] in (form.ATTRIBUTE, form.SUBSCRIPT) and node[1] <= opening:
        chain.append(node)
        node = node[3]
    built: Node = (form.CALL, callee[1], node[2] + 1, callee, (node,), ())
    for link in reversed(chain):
        built = (link[0], callee[1], link[2], built, *link[4:])
    return built
