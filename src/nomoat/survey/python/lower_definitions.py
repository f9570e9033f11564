"""Lowers what holds or names other things: bodies, definitions with their parameters, imports, patterns.

A broken region costs that region: complete statements inside it are kept where they stand.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.form import Body, Deferred, Node
from nomoat.survey.python.grammar import ERROR, KINDS
from nomoat.survey.python.lower_expressions import ExpressionLowering
from nomoat.survey.python.lower_texts import SKIPPED, Handler
from nomoat.survey.python.regions import STATEMENTS, kept_in

if TYPE_CHECKING:
    from tree_sitter import Node as Parsed

_BLOCK = frozenset(KINDS["block"])
_TYPE = KINDS["type"][0]
_PARAMETERS = KINDS["parameters"][0]
_ARGUMENTS, _DECORATOR = KINDS["argument_list"][0], KINDS["decorator"][0]
_ALIASED, _RELATIVE, _WILDCARD = (KINDS[name][0] for name in ("aliased_import", "relative_import", "wildcard_import"))
_DEFAULT, _TYPED_DEFAULT, _TYPED = (
    KINDS[name][0] for name in ("default_parameter", "typed_default_parameter", "typed_parameter")
)
_POSITIONAL_SEPARATOR, _KEYWORD_SEPARATOR = KINDS["positional_separator"][0], KINDS["keyword_separator"][0]
_LIST_SPLAT = frozenset((*KINDS["list_splat_pattern"], *KINDS["list_splat"]))
_DICT_SPLAT = frozenset((*KINDS["dictionary_splat_pattern"], *KINDS["dictionary_splat"]))
_TUPLE_PATTERN = frozenset(KINDS["tuple_pattern"])
_IDENTIFIER = KINDS["identifier"][0]
#: Lowering a function of so few bytes at once costs less than keeping a place for it.
_SMALL = 120
FUNCTIONS = frozenset(KINDS["function_definition"])
_CLASS = frozenset(KINDS["class_definition"])
_PATTERN_KINDS = {
    kind: name
    for name, kinds in KINDS.items()
    if name.endswith("_pattern") or name == "dotted_name"
    for kind in kinds
}  # fmt: skip


class DefinitionLowering(ExpressionLowering):
    """Adds definitions; `scope` is the qualified name of what is being lowered, with its dot."""

    def __init__(self) -> None:
        super().__init__()
        self.scope = ""
        #: Whether the body of a function (where it begins and ends, with its decorators) may be lowered later, and how:
        #: given its place, its qualified name with `.<locals>.` and its depth.
        self.may_wait: Callable[[int, int], bool] | None = None
        self.later: Callable[[int, str, int], Body] = lambda _start, _scope, _depth: ()

    def handlers(self) -> dict[str, Handler]:
        """Kind of the parser to the method that lowers it."""
        return super().handlers() | {
            "function_definition": self._function, "class_definition": self._class,
            "decorated_definition": self._decorated, "import_statement": self._import,
            "import_from_statement": self._from_import, "future_import_statement": self._future_import,
        }  # fmt: skip

    # -- bodies ------------------------------------------------------------------------------------------------------

    def body_of(self, nodes: list[Parsed], depth: int) -> Body:
        """The statements in the blocks among `nodes`, one after the other."""
        statements: list[Node] = []
        table = self.table
        depth += 1
        for node in nodes:
            if depth > form.MAX_DEPTH:
                statements.append(self.too_deep(node))
                continue
            if node.kind_id == ERROR:
                self.recovered(node, depth, statements)
                continue
            for child in node.named_children:
                kind = child.kind_id
                if kind in STATEMENTS:
                    statements.append(table[kind](child, depth))
                elif kind == ERROR:
                    self.recovered(child, depth, statements)
        return tuple(statements)

    def recovered(self, region: Parsed, depth: int, statements: list[Node]) -> None:
        """Takes what is whole inside of a broken region; `regions` says whether the rest of it loses something."""
        statements.extend(self.expression(child, depth) for child in kept_in(region))
        start, end = region.start_byte, region.end_byte
        statements.append((form.BROKEN, start, end))

    def split(self, node: Parsed) -> tuple[list[Parsed], list[Parsed]]:
        """The parts of a compound statement: what is no block, and its blocks."""
        head: list[Parsed] = []
        blocks: list[Parsed] = []
        for part in node.named_children:
            kind = part.kind_id
            if kind in _BLOCK or kind == ERROR:
                blocks.append(part)
            elif kind not in SKIPPED:
                head.append(part)
        return head, blocks

    # -- definitions -------------------------------------------------------------------------------------------------

    def _decorated(self, node: Parsed, depth: int) -> Node:
        decorators: list[Node] = []
        for part in self.parts(node):
            if part.kind_id == _DECORATOR:
                decorators.append(self.partly(part, self.parts(part), depth))
            elif part.kind_id in FUNCTIONS:
                return self._function(part, depth, tuple(decorators))
            elif part.kind_id in _CLASS:
                return self._class(part, depth, tuple(decorators))
        return (form.BROKEN, node.start_byte, node.end_byte)

    def _function(self, node: Parsed, depth: int, decorators: tuple[Node, ...] = ()) -> Node:
        start, end = node.start_byte, node.end_byte
        head, blocks = self.split(node)
        name, name_start = "", start
        parameters: tuple[Node, ...] = ()
        returns: Node | None = None
        for part in head:
            kind = part.kind_id
            if kind == _PARAMETERS:
                parameters = self.parameters(part, depth)
            elif kind == _TYPE:
                returns = self.expression(part, depth)
            elif kind == _IDENTIFIER and not name:
                name, name_start = self.text(part), part.start_byte
        qualname = self.scope + name
        first = decorators[0][1] if decorators else start
        inside = f"{qualname}.<locals>."
        may_wait = self.may_wait
        body: Body | Deferred
        if may_wait is not None and end - start > _SMALL and may_wait(first, end):
            body = Deferred(partial(self.later, start, inside, depth))
        else:
            # What is inside of a function is lowered with it.
            self.may_wait = None
            body = self.inside(blocks, inside, depth)
            self.may_wait = may_wait
        is_async = self.source.startswith(b"async", start)
        return (form.FUNCTION, start, end, name, parameters, body, decorators, returns, is_async, qualname, name_start)

    def inside(self, blocks: list[Parsed], scope: str, depth: int) -> Body:
        """The statements of a definition whose inner definitions are named after `scope`."""
        outer, self.scope = self.scope, scope
        body = self.body_of(blocks, depth)
        self.scope = outer
        return body

    def _class(self, node: Parsed, depth: int, decorators: tuple[Node, ...] = ()) -> Node:
        start, end = node.start_byte, node.end_byte
        head, blocks = self.split(node)
        name, name_start = "", start
        bases: tuple[Node, ...] = ()
        keywords: tuple[tuple[str | None, Node], ...] = ()
        for part in head:
            if part.kind_id == _ARGUMENTS:
                bases, keywords = self.arguments(part, depth)
            elif part.kind_id == _IDENTIFIER and not name:
                name, name_start = self.text(part), part.start_byte
        qualname = self.scope + name
        body = self.inside(blocks, f"{qualname}.", depth)
        return (form.CLASS, start, end, name, bases, keywords, body, decorators, qualname, name_start)

    def parameters(self, node: Parsed, depth: int) -> tuple[Node, ...]:
        """Parameters of a function or lambda, each with its kind."""
        lowered: list[Node] = []
        kind = form.REGULAR
        for part in self.parts(node):
            part_kind = part.kind_id
            if part_kind == _IDENTIFIER:
                start, end = part.start_byte, part.end_byte
                lowered.append((form.PARAMETER, start, end, self.names[self.source[start:end]], kind, None, None))
            elif part_kind == _POSITIONAL_SEPARATOR:
                lowered = [(*before[:4], form.POSITIONAL, *before[5:]) for before in lowered]
            elif part_kind == _KEYWORD_SEPARATOR:
                kind = form.KEYWORD
            else:
                lowered.extend(self._parameter(part, kind, depth))
                if lowered and lowered[-1][form.P_KIND] == form.VARARGS:
                    kind = form.KEYWORD
        return tuple(lowered)

    def _parameter(self, node: Parsed, kind: int, depth: int) -> list[Node]:
        start, end = node.start_byte, node.end_byte
        if depth > form.MAX_DEPTH:
            self.too_deep(node)
            return []
        annotation: Node | None = None
        default: Node | None = None
        name, node_kind = node, node.kind_id
        if node_kind in (_DEFAULT, _TYPED_DEFAULT, _TYPED):
            parts = self.parts(node)
            if not parts:
                return []
            name = parts[0]
            if node_kind != _DEFAULT:
                annotation = next((self.expression(part, depth) for part in parts[1:] if part.kind_id == _TYPE), None)
            if node_kind != _TYPED and len(parts) > 1:
                default = self.expression(parts[-1], depth)
        if name.kind_id in _TUPLE_PATTERN:
            # Python 2: `def f(a, (b, c))`; each name is a parameter, though not one that can be passed.
            return [p for part in self.parts(name) for p in self._parameter(part, kind, depth + 1)]
        if name.kind_id in _LIST_SPLAT or name.kind_id in _DICT_SPLAT:
            kind = form.VARARGS if name.kind_id in _LIST_SPLAT else form.KWARGS
            inner = self.parts(name)
            if not inner:
                return []
            name = inner[0]
        return [(form.PARAMETER, start, end, self.text(name), kind, annotation, default)]

    # -- imports -----------------------------------------------------------------------------------------------------

    def _imported(self, parts: list[Parsed]) -> tuple[tuple[str, str | None], ...]:
        names: list[tuple[str, str | None]] = []
        for part in parts:
            if part.kind_id == _WILDCARD:
                names.append(("*", None))
            elif part.kind_id == _ALIASED:
                inner = self.parts(part)
                if len(inner) == 2:
                    names.append((self._dotted_text(inner[0]), self.text(inner[1])))
            else:
                names.append((self._dotted_text(part), None))
        return tuple(names)

    def _dotted_text(self, node: Parsed) -> str:
        # Spaces, comments and continued lines may stand between the names.
        text = self.text(node)
        return text if text.replace(".", "").isidentifier() else ".".join(self.text(part) for part in self.parts(node))

    def _import(self, node: Parsed, depth: int) -> Node:
        return (form.IMPORT, node.start_byte, node.end_byte, self._imported(self.parts(node)))

    def _from_import(self, node: Parsed, depth: int) -> Node:
        start, end = node.start_byte, node.end_byte
        parts = self.parts(node)
        if not parts:
            return (form.FROM_IMPORT, start, end, "", 0, ())
        module, level = "", 0
        if parts[0].kind_id == _RELATIVE:
            inner = self.parts(parts[0])
            level = self.text(inner[0]).count(".") if inner else 1
            module = self._dotted_text(inner[1]) if len(inner) > 1 else ""
        else:
            module = self._dotted_text(parts[0])
        return (form.FROM_IMPORT, start, end, module, level, self._imported(parts[1:]))

    def _future_import(self, node: Parsed, depth: int) -> Node:
        return (form.FROM_IMPORT, node.start_byte, node.end_byte, "__future__", 0, self._imported(self.parts(node)))

    def pattern(self, clause: Parsed, head: list[Parsed], depth: int) -> Node:
        """What a pattern compares with and what it binds, without its nesting."""
        values: list[Node] = []
        captures: list[Node] = []
        stack = list(reversed(head))
        while stack:
            part = stack.pop()
            name = _PATTERN_KINDS.get(part.kind_id)
            inner = self.parts(part)
            if name == "keyword_pattern":
                stack.extend(reversed(inner[1:]))
            elif name == "as_pattern":
                captures.extend(self._captured(inner[1:], depth))
                stack.extend(reversed(inner[:1]))
            elif name == "splat_pattern" or (name == "dotted_name" and len(inner) == 1):
                captures.extend(self._captured(inner, depth))
            elif name == "class_pattern":
                values.extend(self.many(inner[:1], depth))
                stack.extend(reversed(inner[1:]))
            elif name == "complex_pattern":
                continue
            elif name is not None and name != "dotted_name":
                stack.extend(reversed(inner))
            else:
                values.append(self.expression(part, depth))
        start = head[0].start_byte if head else clause.start_byte
        end = head[-1].end_byte if head else clause.start_byte
        return (form.PATTERN, start, end, tuple(values), tuple(captures))

    def _captured(self, parts: list[Parsed], depth: int) -> list[Node]:
        lowered = self.many([part for part in parts if self.source[part.start_byte : part.end_byte] != b"_"], depth)
        return [node for node in lowered if node[0] == form.NAME]
