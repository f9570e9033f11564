"""Stored values in HTML: what a route writes into a column, and another puts into a page as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from nomoat.appmap.model import Route
from nomoat.check.questions.asking import Answer, Asked, Place
from nomoat.check.questions.words import last_word, name_of
from nomoat.check.templates.views import names_in
from nomoat.check.templates.written import Written
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import How, Scope

_TAG = re.compile(r"<\s*/?\s*[a-zA-Z!]")
#: What takes text for HTML as it is.
_AS_HTML = frozenset((
    "markupsafe.Markup", "flask.Markup", "jinja2.Markup", "django.utils.safestring.mark_safe",
    "django.utils.safestring.SafeString",
))  # fmt: skip
_ANSWERS = frozenset(("Response", "HTMLResponse", "HttpResponse", "make_response"))
_ROWS = re.compile(
    r"(get|first|one|one_or_none|scalar|scalars|find_one|find|fetchone|fetchrow|get_or_404|first_or_404|all|filter|filter_by"
    r"|get_object_or_404|fetchall|fetch)\Z"
)  # fmt: skip


#: Columns that hold any text, what changes a text in places, and what takes tags out of it.
_TEXT = re.compile(r"\b(TextField|CharField|Text|String|Unicode|UnicodeText)\b")
_MAX_HELPERS = 2
_SHAPES = frozenset(("replace", "strip", "rstrip", "lstrip", "title", "capitalize", "upper", "lower"))
_CLEANS = re.compile(r"escape|clean|bleach|sanitiz|sanitis|strip_tags|nh3|purify|markdown|linebreaks|urlize", re.I)


def stored_markup(asked: Asked) -> Iterator[Answer]:
    """Routes whose page has a value in it as it is, of a column into which another puts what it was sent."""
    written: Written | None = None
    for route in asked.routes:
        handler = asked.handler(route)
        if handler is None:
            continue
        for node, value in _shown(asked, handler):
            if written is None:
                written = Written(asked.registrations.program)
            column = str(value[4]) if value[0] == form.ATTRIBUTE else form.text_of(value[4]) or ""
            at = written.at(column, names_in(handler, value[3]))
            if at:
                yield _answer(route, handler, node, column, at)
    yield from _of_models(asked, written or Written(asked.registrations.program))


def _of_models(asked: Asked, written: Written) -> Iterator[Answer]:
    """Methods of rows that give a text column as HTML: `return mark_safe("<p>" + self.body + "</p>")`."""
    program = asked.registrations.program
    for path in program.words.holding((b"mark_safe", b"Markup", b"SafeString")):
        if TEST_FILE.search(path):
            continue
        for cls in program.classes(within=program.modules[path]):
            if not asked.is_row(cls):
                continue
            for method in cls.children.values():
                if method.is_function and not any(map(_cleans, method.nodes)):
                    yield from _in_method(asked, cls, method, written)


def _in_method(asked: Asked, cls: Scope, method: Scope, written: Written) -> Iterator[Answer]:
    for node in method.nodes:
        if node[0] != form.CALL or len(node[4]) != 1 or node[5]:
            continue
        given = node[4][0]
        parts = list(_parts(given)) if form.string_parts(given) else [given]
        column = next(
            (name for name in map(partial(_own_text, cls), parts) if name and written.at(name, [cls.name])), ""
        )
        if column and asked.registrations.program.resolve(method, node[3]).name in _AS_HTML:
            yield Answer(
                None,
                f"{cls.name}.{method.name} gives {column} as HTML as it is",
                f"what is written into {column} ({written.at(column, [cls.name])}) is marked as safe",
                "", f"escape it: format_html with {{}} for {column}, or clean it with a list of tags", "likely",
                Place(method.module, node),
            )  # fmt: skip


def _own_text(cls: Scope, node: Node) -> str:
    """The text column of its own row that an expression is, changed in places at most."""
    while node[0] == form.CALL and node[3][0] == form.ATTRIBUTE and node[3][4] in _SHAPES:
        node = node[3][3]
    if node[0] != form.ATTRIBUTE or node[3][0] != form.NAME or node[3][3] != "self":
        return ""
    name = str(node[4])
    for one in cls.bindings.get(name, ()):
        if one.value is not None and one.value[0] == form.CALL:
            said = cls.module.text(one.value)
            return name if _TEXT.search(said) and "choices" not in said else ""
    return ""


def _cleans(node: Node) -> bool:
    return node[0] == form.CALL and bool(_CLEANS.search(last_word(node)))


def _answer(route: Route, handler: Scope, node: Node, column: str, at: str) -> Answer:
    return Answer(
        route,
        f"{name_of(route)} puts {column} into its page as it is",
        f"anybody who may call writes {column} ({at})",
        "", f"escape it: markupsafe.escape({column}), or render a template that escapes", "sure",
        Place(handler.module, node),
    )  # fmt: skip


def _shown(asked: Asked, handler: Scope) -> Iterator[tuple[Node, Node]]:
    """Places of a handler where a column of a row becomes HTML, each with the column."""
    program = asked.registrations.program
    for node in form.walk_scope(handler.body):
        if node[0] == form.CALL and len(node[4]) == 1 and not node[5]:
            # A text that is put together first is no more escaped than what stands there alone.
            given = [one for one in (node[4][0], *_parts(node[4][0])) if _is_column(asked, handler, one)]
            if given and program.resolve(handler, node[3]).name in _AS_HTML:
                yield node, given[0]
                continue
        answer = _page(node)
        if answer is None:
            continue
        parts = list(_parts(answer))
        if any(part[0] == form.CONSTANT and isinstance(part[3], str) and _TAG.search(part[3]) for part in parts):
            yield from ((answer, part) for part in parts if _is_column(asked, handler, part))


def _page(node: Node) -> Node | None:
    """What a statement or call sends as a page: the text that is returned, what `Response(...)` is given."""
    if node[0] == form.RETURN:
        return node[3]  # type: ignore[no-any-return]
    if node[0] == form.CALL and last_word(node) in _ANSWERS and node[4]:
        is_html = all(
            key not in ("mimetype", "content_type", "media_type") or "html" in (form.text_of(value) or "html")
            for key, value in node[5]
        )
        return node[4][0] if is_html else None
    return None


def _parts(node: Node) -> Iterator[Node]:
    """The parts of a text that is put together: constants, and what is put in as it is."""
    if node[0] == form.TUPLE and node[3]:
        yield from _parts(node[3][0])
        return
    parts = form.string_parts(node)
    for part in parts if parts is not None else ():
        inner = part[3] if part[0] == form.FORMATTED else part
        if inner is not part or inner[0] != form.BINARY:
            yield inner
        else:
            yield from _parts(inner)


def _is_column(asked: Asked, handler: Scope, node: Node) -> bool:
    """`note.body`, `lesson["body"]`, where the name stands for a row that was looked up."""
    if node[0] not in (form.ATTRIBUTE, form.SUBSCRIPT) or node[3][0] != form.NAME:
        return False
    return _is_row(asked, handler, node[3][3])


def _is_row(asked: Asked, scope: Scope, name: str, depth: int = 0) -> bool:
    """Whether a name stands for a row that was looked up, here or in a function of the tree that gives it."""
    for binding in scope.bindings.get(name, ()):
        value = binding.value if binding.how in (How.VALUE, How.UNPACKED) else None
        while value is not None and value[0] == form.AWAIT:
            value = value[3]
        if value is None or value[0] != form.CALL:
            continue
        if _ROWS.search(last_word(value)):
            return True
        helper = asked.registrations.program.resolve(scope, value[3]).scope if depth < _MAX_HELPERS else None
        if helper is not None and helper.is_function and not helper.module.is_library:
            returned = [one[3] for one in form.walk_scope(helper.body) if one[0] == form.RETURN and one[3] is not None]
            names = [one[3] for one in returned if one[0] == form.NAME]
            if names and any(_is_row(asked, helper, one, depth + 1) for one in names):
                return True
    return False
