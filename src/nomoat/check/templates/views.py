"""Which views render a template, and what they give it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nomoat.check.questions.requested import Requested
from nomoat.check.templates.written import Written, tables_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import How, Scope

#: Functions that render a template, by the last word of what is called.
_RENDERING = frozenset(("render_template", "render", "render_to_string", "TemplateResponse", "render_to_response"))
_ROWS = frozenset((
    "all", "first", "get", "filter", "filter_by", "one", "one_or_none", "scalar", "scalars", "fetchall", "fetchone",
    "fetchmany", "fetch", "fetchrow", "find", "find_one", "get_object_or_404", "get_or_404", "get_list_or_404",
    "execute", "order_by", "paginate", "values", "aggregate", "select",
))  # fmt: skip


class Given(NamedTuple):
    """What a template is given under a name; empty where no view here gives it."""

    at: str = ""
    words: str = ""
    is_request: bool = False
    is_fixed: bool = False
    #: Variables, classes and tables that the value is made of.
    names: tuple[str, ...] = ()


class Views:
    """The calls that render, by the end of the template's path."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.written = Written(program)
        self._calls: dict[str, list[tuple[Scope, Node]]] = {}
        for module in program.holding(_RENDERING):
            for scope in program.functions(within=module):
                for node in scope.nodes:
                    name = self._template(node)
                    if name:
                        self._calls.setdefault(name.rpartition("/")[2], []).append((scope, node))

    def give(self, path: str, name: str) -> Given:
        """What the views that render this file give it as `name`; what the caller may write counts first."""
        found: list[Given] = []
        for scope, call in self._calls.get(path.rpartition("/")[2], ()):
            if path.endswith(self._template(call)):
                found += [self._meant(scope, call, value) for value in _values(scope, call, name)]
        return max(found, key=lambda one: (one.is_request, not one.is_fixed), default=Given())

    def _template(self, node: Node) -> str:
        if node[0] != form.CALL:
            return ""
        callee = node[3]
        word = callee[4] if callee[0] == form.ATTRIBUTE else callee[3] if callee[0] == form.NAME else ""
        if word not in _RENDERING:
            return ""
        # `render(request, "page.html")`, `TemplateResponse(request, "page.html")`, `self.render("page.html")`.
        for given in (*node[4][:2], form.keyword(node, "name"), form.keyword(node, "template_name")):
            text = form.text_of(given)
            if text and "." in text:
                return text
        return ""

    def _meant(self, scope: Scope, call: Node, value: Node) -> Given:
        at = scope.module.at(call)
        requested = Requested(self._program, scope, None)
        item = next(requested.items(value), None) if not _is_made_elsewhere(scope, value) else None
        if item is not None:
            return Given(at, f"is {item.name or 'data'} of the request", is_request=True)
        if _is_fixed(self._program, scope, value):
            return Given(at, "is fixed", is_fixed=True)
        names = tuple(names_in(scope, value))
        return Given(at, "is what rows hold" if _is_of_rows(scope, value) else "is given by the view", names=names)


def _values(scope: Scope, call: Node, name: str) -> Iterator[Node]:
    """The values that a call gives under a name: by keyword, in a dict, in `locals()`."""
    for key, value in call[5]:
        if key == name:
            yield value
    for given in (*call[4], *(value for key, value in call[5] if key in ("context", None))):
        for one in _dicts(scope, given):
            yield from (value for key, value in one[3] if key is not None and form.text_of(key) == name)


def _dicts(scope: Scope, node: Node) -> Iterator[Node]:
    if node[0] == form.DICT:
        yield node
    elif node[0] == form.NAME:
        for binding in scope.bindings.get(node[3], ()):
            if binding.how is How.VALUE and binding.value is not None and binding.value[0] == form.DICT:
                yield binding.value


#: Calls that give back what they are given, as text.
_TEXTS = frozenset((
    "get", "getlist", "pop", "get_json", "str", "format", "join", "strip", "lower", "upper", "title", "replace",
    "unquote", "unquote_plus", "Markup", "mark_safe", "format_html", "get_argument", "get_query_argument",
    "get_body_argument",
))  # fmt: skip


def _is_made_elsewhere(scope: Scope, node: Node, depth: int = 0) -> bool:
    """Whether the value is what some other call gives: `rows_of(request.args)` are rows, and nothing of the request."""
    if node[0] == form.AWAIT:
        node = node[3]
    if node[0] == form.NAME and depth < 2:
        values = [one.value for one in scope.bindings.get(node[3], ()) if one.how in (How.VALUE, How.UNPACKED)]
        return bool(values) and all(one is not None and _is_made_elsewhere(scope, one, depth + 1) for one in values)
    if node[0] != form.CALL:
        return False
    word = node[3][4] if node[3][0] == form.ATTRIBUTE else node[3][3] if node[3][0] == form.NAME else ""
    is_format = word == "format" and node[3][0] == form.ATTRIBUTE
    given = [*node[4], *(value for _, value in node[5])]
    if is_format:
        return bool(given) and all(_is_of_no_text(scope, one) for one in given)
    # `Tool.objects.get(id=...)` is a row.
    return word not in _TEXTS or (word == "get" and not node[4])


def _is_of_no_text(scope: Scope, node: Node) -> bool:
    return node[0] == form.CONSTANT or (node[0] == form.NAME and _is_made_elsewhere(scope, node))


def names_in(scope: Scope, node: Node, depth: int = 0) -> Iterator[str]:
    """The names that a value is made of, also those that its variables are made of."""
    yield from tables_of(node)
    for inner in form.walk(node):
        if inner[0] == form.ATTRIBUTE:
            yield inner[4]
        elif inner[0] == form.NAME:
            yield inner[3]
            for binding in scope.bindings.get(inner[3], ()) if depth < 2 else ():
                if binding.value is not None and binding.how is not How.PARAMETER:
                    yield from names_in(scope, binding.value, depth + 1)


def _is_fixed(program: Program, scope: Scope, node: Node) -> bool:
    return node[0] == form.CONSTANT or program.constant(scope, node) is not None


def _is_of_rows(scope: Scope, node: Node, depth: int = 0) -> bool:
    for inner in form.walk(node):
        if inner[0] == form.CALL and inner[3][0] == form.ATTRIBUTE and inner[3][4] in _ROWS:
            return True
        if inner[0] == form.NAME and depth < 2:
            values = [one.value for one in scope.bindings.get(inner[3], ()) if one.how is How.VALUE]
            if any(value is not None and _is_of_rows(scope, value, depth + 1) for value in values):
                return True
    return False
