"""What a value was made of: the names that it is another form of, and the arguments that parameters stand for."""

from __future__ import annotations

from collections.abc import Iterator

from nomoat.check.flow.taint import path_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import How, Scope

_MAX_DEPTH = 6


def bound_once(scope: Scope, name: str) -> Node | None:
    """The only value that a name of a function is ever given; None where there are several."""
    # `is_known = sort in COLUMNS`, then `if not is_known:`
    bindings = scope.bindings.get(name, ())
    if len(bindings) != 1:
        return None
    value = bindings[0].value
    if bindings[0].how is How.UNPACKED:
        # `here, there = urlparse(a), urlparse(b)`
        for place in bindings[0].path:
            is_placed = value is not None and value[0] in (form.TUPLE, form.LIST) and place < len(value[3])
            value = value[3][place] if value is not None and is_placed else None
        return value
    return value if bindings[0].how is How.VALUE else None


#: Functions whose result is another form of their argument.
_FORMS_OF = frozenset((
    "urlparse", "urlsplit", "urljoin", "str", "Path", "PurePath", "resolve", "absolute", "realpath", "abspath", "join",
    "normpath", "joinpath", "commonpath", "commonprefix", "strip", "lower", "unquote", "URL", "expanduser", "furl",
    "normcase", "dirname", "fspath", "fsdecode", "secure_filename", "safe_join", "replace", "lstrip",
    "rstrip", "relpath",
))  # fmt: skip


def made_of(scope: Scope, node: Node, depth: int = 0) -> Iterator[str]:
    """The paths of names that a value is another form of: `target` of `urlparse(urljoin(host, target))`."""
    if depth > _MAX_DEPTH:
        return
    path = path_of(node)
    if path is not None:
        yield path
        value = bound_once(scope, node[3]) if node[0] == form.NAME else None
        if value is not None:
            yield from made_of(scope, value, depth + 1)
    elif node[0] == form.CALL:
        callee = node[3]
        word = callee[4] if callee[0] == form.ATTRIBUTE else callee[3] if callee[0] == form.NAME else ""
        if word in _FORMS_OF:
            if callee[0] == form.ATTRIBUTE:
                yield from made_of(scope, callee[3], depth + 1)
            for argument in node[4]:
                yield from made_of(scope, argument, depth + 1)
    elif node[0] in (form.BINARY, form.TUPLE, form.LIST):
        for operand in node[4] if node[0] == form.BINARY else node[3]:
            yield from made_of(scope, operand, depth + 1)
    elif node[0] == form.FSTRING:
        for part in node[3]:
            yield from made_of(scope, part[3] if part[0] == form.FORMATTED else part, depth + 1)


def was_resolved(scope: Scope, path: str) -> bool:
    """Whether a path was made absolute, links and `..` followed, before it was tested."""
    for binding in scope.bindings.get(path.partition(".")[0], ()):
        if binding.value is not None and resolves(binding.value):
            return True
    return False


def resolves(node: Node) -> bool:
    """Whether an expression makes a path absolute, links and `..` followed."""
    words = (one[4] if one[0] == form.ATTRIBUTE else one[3] for one in form.walk(node) if one[0] in (
        form.ATTRIBUTE, form.NAME))  # fmt: skip
    return any(word in ("resolve", "realpath", "abspath", "normpath", "absolute") for word in words)


def passed(function: Scope, call: Node) -> Iterator[tuple[str, Node]]:
    """Each parameter of a function with the argument that a CALL gives it; what comes by `*` is left out."""
    parameters = [p for p in function.parameters if p[form.P_KIND] in (form.POSITIONAL, form.REGULAR)]
    decorators = {form.dotted(node) for node in function.decorators}
    is_bound = call[3][0] == form.ATTRIBUTE or function.name == "__init__"
    if function.is_method and parameters and "staticmethod" not in decorators and is_bound:
        parameters = parameters[1:]
    for parameter, argument in zip(parameters, call[4], strict=False):
        if argument[0] == form.STARRED:
            break
        yield parameter[form.P_NAME], argument
    for name, value in call[5]:
        if name is not None:
            yield name, value
