"""What each scope binds: every assignment, import, definition and parameter of a name, all alternatives kept.

`Scope.bindings` is found on first use, per module, class or function; resolving what they mean is `resolve`'s work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import NamedTuple, TypeAlias

from nomoat.survey.python import form
from nomoat.survey.python.form import Body, Node
from nomoat.survey.python.parser import Module

_DEFINES = re.compile(rb"\b(?:def|class)\b")


class How(Enum):
    """How a name came to be bound."""

    FUNCTION = "function"
    CLASS = "class"
    IMPORT = "import"
    VALUE = "value"  # `x = value`
    UNPACKED = "unpacked"  # `a, x = value`; `path` says which place
    ANNOTATED = "annotated"  # `x: annotation [= value]`
    PARAMETER = "parameter"
    LOOP = "loop"  # an element of `value`
    ENTERED = "entered"  # `with value as x`
    CAUGHT = "caught"  # `except value as x`
    OPAQUE = "opaque"  # a pattern, a lambda's parameter, `del`


class Imported(NamedTuple):
    """An import: the module as written, its dots, and the name taken from it (None: the module itself)."""

    module: str
    level: int
    name: str | None
    #: `import a.b` binds `a`; `import a.b as c` binds the whole.
    is_whole: bool = False


class Binding(NamedTuple):
    """One way in which a name is bound. `node` is the statement, definition or PARAMETER that does it."""

    how: How
    name: str
    node: Node
    value: Node | None = None
    annotation: Node | None = None
    imported: Imported | None = None
    path: tuple[int, ...] = ()


Bindings: TypeAlias = dict[str, list[Binding]]


@dataclass(eq=False)
class Scope:
    """A module, class or function, with what it binds. `node` is None for a module; `parent` None likewise."""

    module: Module
    node: Node | None = None
    parent: Scope | None = None

    @property
    def is_function(self) -> bool:
        """Whether this is the inside of a function."""
        return self.node is not None and self.node[0] == form.FUNCTION

    @property
    def is_class(self) -> bool:
        """Whether this is the inside of a class."""
        return self.node is not None and self.node[0] == form.CLASS

    @property
    def qualname(self) -> str:
        """The qualified name; empty for a module."""
        if self.node is None:
            return ""
        return str(self.node[form.C_QUALNAME if self.is_class else form.F_QUALNAME])

    @property
    def name(self) -> str:
        """The name of the definition; a module's is dotted."""
        return self.module.name if self.node is None else str(self.node[form.F_NAME])

    @property
    def dotted(self) -> str:
        """Module and qualified name: `shop.orders.Orders.read`."""
        return f"{self.module.name}.{self.qualname}" if self.node is not None else self.module.name

    @property
    def at(self) -> str:
        """`file:line` of the `def` or `class`; of a module, its first line."""
        return self.module.at(self.node if self.node is not None else 0)

    @property
    def parameters(self) -> tuple[Node, ...]:
        """PARAMETERs of a function; empty for the rest."""
        parameters: tuple[Node, ...] = self.node[form.F_PARAMETERS] if self.is_function and self.node else ()
        return parameters

    @property
    def decorators(self) -> tuple[Node, ...]:
        """Decorators, the outermost first."""
        if self.node is None:
            return ()
        decorators: tuple[Node, ...] = self.node[form.C_DECORATORS if self.is_class else form.F_DECORATORS]
        return decorators

    @property
    def is_method(self) -> bool:
        """Whether this is a function that stands directly in a class."""
        return self.is_function and self.parent is not None and self.parent.is_class

    @property
    def body(self) -> Body:
        """The statements of the scope."""
        if self.node is None:
            return self.module.body
        if self.node[0] == form.FUNCTION:
            return form.body_of(self.node)
        body: Body = self.node[form.C_BODY]
        return body

    def may_hold(self, written: re.Pattern[bytes]) -> bool:
        """Whether an expression is found in what is written here: where not, nobody needs to ask for the body."""
        source = self.module.source
        if self.node is None or not source.isascii():
            return self.node is not None or written.search(self.module.words) is not None
        return written.search(source, self.node[1], self.node[2]) is not None

    @property
    def enclosing_class(self) -> Scope | None:
        """The class whose method this is, or that encloses it through functions."""
        scope: Scope | None = self
        while scope is not None and not scope.is_class:
            scope = scope.parent
        return scope

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Every node that stands directly in the scope, in source order; see `form.walk_scope`."""
        return tuple(form.walk_scope(self.body))

    @cached_property
    def bindings(self) -> Bindings:
        """Name to everything that binds it here, in source order."""
        found: Bindings = {}
        if self.is_function and self.node is not None:
            _parameters(self.node[form.F_PARAMETERS], found)
        _bind_statements(self.body, found)
        if self.is_function:
            _expressions(self.nodes, found)
            for name in self.outer_names:
                found.pop(name, None)
        elif self.node is None and self.module.has_outer_names:
            _globals(self.module.source, self.body, found)
        return found

    @cached_property
    def outer_names(self) -> frozenset[str]:
        """Names that `global` or `nonlocal` takes from outside."""
        if not self.is_function or not self.module.has_outer_names:
            return frozenset()
        return frozenset(
            name
            for node in statements(self.body)
            if node[0] in (form.GLOBAL, form.NONLOCAL)
            for name in node[3]
        )  # fmt: skip

    @cached_property
    def star_imports(self) -> tuple[Imported, ...]:
        """`from x import *`, in source order."""
        return tuple(
            Imported(node[3], node[4], "*")
            for node in statements(self.body)
            if node[0] == form.FROM_IMPORT and any(name == "*" for name, _ in node[5])
        )

    @cached_property
    def children(self) -> dict[int, Scope]:
        """The scopes directly inside, by the start of their node."""
        if self.node is not None and self.node[0] == form.FUNCTION:
            # Most functions define nothing, which can be seen without lowering them.
            source, start, end = self.module.source, self.node[form.F_NAME_START], self.node[2]
            if not _DEFINES.search(source, start, end):
                return {}
        return {
            node[1]: Scope(self.module, node, self)
            for node in statements(self.body)
            if node[0] in (form.FUNCTION, form.CLASS)
        }

    def child(self, node: Node) -> Scope:
        """The scope of a definition that stands directly in this one."""
        known = self.children.get(node[1])
        return known if known is not None else Scope(self.module, node, self)


def scopes(scope: Scope) -> Iterator[Scope]:
    """The scope and all inside of it, parents first, in source order."""
    stack = [scope]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(current.children.values()))


def statements(body: Body) -> Iterator[Node]:
    """Every statement of a body and of the blocks in it, but not of definitions, in source order."""
    stack = list(reversed(body))
    while stack:
        node = stack.pop()
        yield node
        for block in reversed(list(_blocks(node))):
            stack.extend(reversed(block))


def _blocks(node: Node) -> Iterator[Body]:
    kind = node[0]
    if kind == form.IF:
        for _, body in node[3]:
            yield body
        yield node[4]
    elif kind == form.TRY:
        yield node[3]
        for handler in node[4]:
            yield handler[5]
        yield node[5]
        yield node[6]
    elif kind == form.FOR:
        yield node[5]
        yield node[6]
    elif kind == form.WHILE:
        yield node[4]
        yield node[5]
    elif kind == form.WITH:
        yield node[4]
    elif kind == form.MATCH:
        for case in node[4]:
            yield case[5]


def _bind(found: Bindings, binding: Binding) -> None:
    found.setdefault(binding.name, []).append(binding)


def _parameters(parameters: tuple[Node, ...], found: Bindings) -> None:
    for parameter in parameters:
        _bind(
            found,
            Binding(
                How.PARAMETER,
                parameter[form.P_NAME],
                parameter,
                value=parameter[form.P_DEFAULT],
                annotation=parameter[form.P_ANNOTATION],
            ),
        )


def _bind_statements(body: Body, found: Bindings) -> None:
    for node in statements(body):
        kind = node[0]
        if kind == form.FUNCTION:
            _bind(found, Binding(How.FUNCTION, node[form.F_NAME], node))
        elif kind == form.CLASS:
            _bind(found, Binding(How.CLASS, node[form.C_NAME], node))
        elif kind == form.ASSIGN:
            for target in node[3]:
                _target(found, target, node, How.VALUE, node[4])
        elif kind == form.ANNOTATED:
            if node[3][0] == form.NAME:
                _bind(found, Binding(How.ANNOTATED, node[3][3], node, value=node[5], annotation=node[4]))
        elif kind in (form.IMPORT, form.FROM_IMPORT):
            _import(found, node)
        elif kind == form.FOR:
            _target(found, node[3], node, How.LOOP, node[4])
        elif kind == form.WITH:
            for value, target in node[3]:
                if target is not None:
                    _target(found, target, node, How.ENTERED, value)
        elif kind == form.TRY:
            for handler in node[4]:
                if handler[4]:
                    _bind(found, Binding(How.CAUGHT, handler[4], handler, value=handler[3]))
        elif kind == form.TYPE_ALIAS:
            _bind(found, Binding(How.VALUE, node[3], node, value=node[4]))
        elif kind == form.MATCH:
            for case in node[4]:
                for capture in case[3][4]:
                    _bind(found, Binding(How.OPAQUE, capture[3], case))
        elif kind == form.AUGMENTED and node[3][0] == form.NAME:
            # It changes a value that is bound elsewhere: one more thing that the name may be.
            _bind(found, Binding(How.OPAQUE, node[3][3], node))


def _target(found: Bindings, target: Node, node: Node, how: How, value: Node, path: tuple[int, ...] = ()) -> None:
    kind = target[0]
    if kind == form.NAME:
        if path and how is How.VALUE:
            how = How.UNPACKED
        _bind(found, Binding(how, target[3], node, value=value, path=path))
    elif kind in (form.TUPLE, form.LIST):
        for place, item in enumerate(target[3]):
            _target(found, item, node, how, value, (*path, place))
    elif kind == form.STARRED and target[3][0] == form.NAME:
        _bind(found, Binding(How.OPAQUE, target[3][3], node))


def _import(found: Bindings, node: Node) -> None:
    if node[0] == form.IMPORT:
        for dotted, alias in node[3]:
            name = alias or dotted.partition(".")[0]
            _bind(found, Binding(How.IMPORT, name, node, imported=Imported(dotted, 0, None, alias is not None)))
        return
    for taken, alias in node[5]:
        if taken != "*":
            _bind(found, Binding(How.IMPORT, alias or taken, node, imported=Imported(node[3], node[4], taken)))


def _expressions(nodes: tuple[Node, ...], found: Bindings) -> None:
    """Names bound inside of expressions: `:=`, comprehensions, lambdas. They count only where nothing else binds."""
    inner: Bindings = {}
    for node in nodes:
        kind = node[0]
        if kind == form.WALRUS and node[3][0] == form.NAME:
            _bind(found, Binding(How.VALUE, node[3][3], node, value=node[4]))
        elif kind == form.COMPREHENSION:
            for target, iterable, _, _ in node[6]:
                _target(inner, target, node, How.LOOP, iterable)
        elif kind == form.LAMBDA:
            for parameter in node[3]:
                _bind(inner, Binding(How.OPAQUE, parameter[form.P_NAME], node))
    for name, bindings in inner.items():
        found.setdefault(name, bindings)


def _functions(source: bytes, body: Body) -> Iterator[Node]:
    """The functions of a module, those inside of others too, in which somebody may speak of `global`."""
    stack = list(reversed(body))
    while stack:
        for node in statements((stack.pop(),)):
            is_function = node[0] == form.FUNCTION
            if is_function and b"global" in source[node[1] : node[2]]:
                yield node
                stack.extend(reversed(form.body_of(node)))
            elif node[0] == form.CLASS:
                stack.extend(reversed(node[form.C_BODY]))


def _globals(source: bytes, body: Body, found: Bindings) -> None:
    """What functions bind in the module by `global`."""
    for node in _functions(source, body):
        inside = form.body_of(node)
        names = {name for inner in form.walk_scope(inside) if inner[0] == form.GLOBAL for name in inner[3]}
        if names:
            local: Bindings = {}
            _bind_statements(inside, local)
            for name in names & local.keys():
                found.setdefault(name, []).extend(local[name])
