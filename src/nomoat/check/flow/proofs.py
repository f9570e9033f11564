"""What a test proves about the names in it: one of a constant few values, a full match, a host that is listed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nomoat.check.flow import sources, vocabulary
from nomoat.check.flow.taint import path_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.resolved import Resolved
from nomoat.survey.python.symbols import How, Scope

_WORD_TESTS = frozenset(("isdigit", "isalnum", "isidentifier", "isalpha", "isdecimal", "isnumeric"))
_MAX_DEPTH = 6


class Proof(NamedTuple):
    """A path that a test proves clean of `kinds` (None: all); `by_source`: and all that came from the same data."""

    path: str
    kinds: frozenset[str] | None = None
    by_source: bool = False


def proved(program: Program, scope: Scope, test: Node, *, holds: bool, depth: int = 0) -> Iterator[Proof]:
    """What is known when the test holds (or does not)."""
    if depth > _MAX_DEPTH:
        return
    kind = test[0]
    if kind == form.UNARY and test[3] == "not":
        yield from proved(program, scope, test[4], holds=not holds, depth=depth + 1)
    elif kind == form.BOOLEAN:
        parts = [list(proved(program, scope, one, holds=holds, depth=depth + 1)) for one in test[4]]
        if (test[3] == "and") == holds:
            yield from (proof for part in parts for proof in part)
        elif parts:
            yield from (proof for proof in parts[0] if all(proof in part for part in parts[1:]))
    elif kind == form.COMPARE and len(test[3]) == 2:
        yield from _compared(program, scope, test, holds=holds, depth=depth)
    elif kind == form.CALL:
        yield from _called(program, scope, test, holds=holds, depth=depth)
    elif kind in (form.WALRUS, form.NAME):
        value = test[4] if kind == form.WALRUS else _bound_once(scope, test[3])
        if value is not None:
            yield from proved(program, scope, value, holds=holds, depth=depth + 1)


def _bound_once(scope: Scope, name: str) -> Node | None:
    # `is_known = sort in COLUMNS`, then `if not is_known:`
    bindings = scope.bindings.get(name, ())
    return bindings[0].value if len(bindings) == 1 and bindings[0].how is How.VALUE else None


def _compared(program: Program, scope: Scope, test: Node, *, holds: bool, depth: int) -> Iterator[Proof]:
    (left, right), (operator,) = test[3], test[4]
    if operator in ("is", "is not") and right[0] == form.CONSTANT and right[3] is None:
        # `re.fullmatch(p, x) is not None`
        if holds == (operator == "is not"):
            yield from proved(program, scope, left, holds=True, depth=depth + 1)
    elif operator in ("in", "not in") and holds == (operator == "in"):
        if is_constant_few(program, scope, right):
            yield from _one_of_few(scope, left)
        elif right[0] in (form.NAME, form.ATTRIBUTE) and left[0] == form.ATTRIBUTE:
            yield from _host(left)
    elif operator in ("==", "!=") and holds == (operator == "=="):
        for one, other in ((left, right), (right, left)):
            if program.constant(scope, other) is not None:
                yield from _one_of_few(scope, one)
                return
        if left[0] == form.ATTRIBUTE:
            yield from _host(left)


def _one_of_few(scope: Scope, node: Node) -> Iterator[Proof]:
    if node[0] == form.CALL and node[3][0] == form.ATTRIBUTE and node[3][4] in ("lower", "upper", "strip", "casefold"):
        # `sort.lower() in ("asc", "desc")`
        node = node[3][3]
    yield from _host(node)
    path = path_of(node)
    if path is not None:
        yield Proof(path)


def _host(node: Node) -> Iterator[Proof]:
    """`urlparse(target).netloc in HOSTS`: then target itself leads nowhere else."""
    if node[0] != form.ATTRIBUTE or node[4] not in vocabulary.HOST_FIELDS or node[4] in ("scheme", "port"):
        return
    of = node[3]
    if of[0] == form.CALL and of[4]:
        of = of[4][0]
    path = path_of(of)
    if path is not None:
        yield Proof(path, frozenset(("url",)), by_source=True)


def is_constant_few(program: Program, scope: Scope, node: Node) -> bool:
    """Whether something tested with `in` is a constant collection, the keys of one, or an enum."""
    if node[0] in (form.NAME, form.ATTRIBUTE):
        found = program.resolve(scope, node)
        if found.kind == "class" and found.scope is not None:
            return sources.is_converted(program, found.name, found.scope)
        if found.value is None or found.where is None or found.value is node or len(found.all) > 1:
            return False
        scope, node = found.where, found.value
    if node[0] == form.CALL:
        if node[3][0] == form.ATTRIBUTE and node[3][4] in ("keys", "values") and not node[4]:
            return is_constant_few(program, scope, node[3][3])
        if (form.dotted(node[3]) or "") in ("frozenset", "set", "tuple", "list", "dict") and len(node[4]) == 1:
            return is_constant_few(program, scope, node[4][0])
        return False
    if node[0] == form.COMPREHENSION:
        # `[column.value for column in Column]`
        return all(is_constant_few(program, scope, clause[1]) for clause in node[6])
    if node[0] in (form.LIST, form.TUPLE, form.SET):
        return bool(node[3]) and all(_is_fixed(program, scope, item) for item in node[3])
    if node[0] == form.DICT:
        return all(key is not None and _is_fixed(program, scope, key) for key, _ in node[3])
    return False


def _is_fixed(program: Program, scope: Scope, node: Node) -> bool:
    return program.constant(scope, node) is not None


def _called(program: Program, scope: Scope, call: Node, *, holds: bool, depth: int) -> Iterator[Proof]:
    callee = call[3]
    if callee[0] == form.ATTRIBUTE and holds:
        if callee[4] in _WORD_TESTS and (path := path_of(callee[3])) is not None:
            yield Proof(path)
        elif callee[4] in ("fullmatch", "match") and call[4]:
            yield from _matched(program, scope, call, is_full=callee[4] == "fullmatch")
        elif callee[4] == "is_relative_to" and (path := path_of(callee[3])) is not None:
            yield Proof(path, frozenset(("path",)))
        elif callee[4] == "startswith" and len(call[4]) == 1:
            yield from _begins(program, scope, callee[3], call[4][0])
    elif callee[0] == form.NAME and callee[3] == "isinstance" and holds and len(call[4]) == 2:
        found = program.resolve(scope, call[4][1])
        path = path_of(call[4][0])
        if path is not None and sources.is_converted(program, found.name, found.scope):
            yield Proof(path)
    yield from _by_function(program, scope, call, holds=holds, depth=depth)


def _matched(program: Program, scope: Scope, call: Node, *, is_full: bool) -> Iterator[Proof]:
    callee, arguments = call[3], call[4]
    on = program.resolve(scope, callee[3])
    if len(arguments) >= 2 and on.name == "re":
        pattern, subject = program.constant(scope, arguments[0]), arguments[1]
    else:
        subject = arguments[0]
        pattern = None
        if on.value is not None and on.where is not None and on.value[0] == form.CALL and on.value[4]:
            pattern = program.constant(on.where, on.value[4][0])
    path = path_of(subject)
    if path is None or pattern is None or not isinstance(pattern.value, str):
        return
    if sources.is_narrow(pattern.value) and (is_full or pattern.value.endswith(("$", r"\Z"))):
        yield Proof(path)


def _begins(program: Program, scope: Scope, subject: Node, prefix: Node) -> Iterator[Proof]:
    path = path_of(subject)
    if subject[0] == form.CALL and (form.dotted(subject[3]) or "") == "str" and subject[4]:
        path = path_of(subject[4][0])
    if path is None:
        return
    known = program.constant(scope, prefix)
    if known is None:
        # `str(wanted.resolve()).startswith(str(ROOT))`; that of a path which was never resolved proves nothing.
        if path and _was_resolved(scope, path):
            yield Proof(path, frozenset(("path",)))
    elif isinstance(known.value, str) and fixes_host(known.value):
        yield Proof(path, frozenset(("url",)))


def _was_resolved(scope: Scope, path: str) -> bool:
    for binding in scope.bindings.get(path.partition(".")[0], ()):
        for node in form.walk(binding.value) if binding.value is not None else ():
            if node[0] == form.ATTRIBUTE and node[4] in ("resolve", "realpath", "abspath", "normpath"):
                return True
    return False


def fixes_host(prefix: str) -> bool:
    """Whether a URL that begins so leads to a host that the rest cannot change (RFC 3986, section 3)."""
    scheme, found, rest = prefix.partition("://")
    if found:
        return bool(scheme) and any(mark in rest for mark in "/?#")
    # A path of ours; `/` alone may become `//host`, and browsers read a backslash as a slash.
    return len(prefix) > 1 and not prefix.startswith(("//", "/\\", "\\")) and (prefix[0] in "/?#" or "/" in prefix)


def _by_function(program: Program, scope: Scope, call: Node, *, holds: bool, depth: int) -> Iterator[Proof]:
    """A function of the project that only returns a test: what the test proves of its parameters."""
    found: Resolved = program.resolve(scope, call[3])
    if found.kind != "function" or found.scope is None or found.alternatives:
        return
    returned = [node for node in found.scope.nodes if node[0] == form.RETURN]
    if len(returned) != 1 or returned[0][3] is None:
        return
    given = dict(passed(found.scope, call))
    for proof in proved(program, found.scope, returned[0][3], holds=holds, depth=depth + 1):
        argument = given.get(proof.path)
        path = path_of(argument) if argument is not None else None
        if path is not None:
            yield proof._replace(path=path)


def passed(function: Scope, call: Node) -> Iterator[tuple[str, Node]]:
    """Each parameter of a function with the argument that a CALL gives it; what comes by `*` is left out."""
    parameters = [p for p in function.parameters if p[form.P_KIND] in (form.POSITIONAL, form.REGULAR)]
    decorators = {form.dotted(node) for node in function.decorators}
    if function.is_method and parameters and "staticmethod" not in decorators and call[3][0] == form.ATTRIBUTE:
        parameters = parameters[1:]
    for parameter, argument in zip(parameters, call[4], strict=False):
        if argument[0] == form.STARRED:
            break
        yield parameter[form.P_NAME], argument
    for name, value in call[5]:
        if name is not None:
            yield name, value
