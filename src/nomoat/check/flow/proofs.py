"""What a test proves about the names in it: one of a constant few values, a full match, a host that is listed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.check.flow import sources, vocabulary
from nomoat.check.flow.answers import by_function
from nomoat.check.flow.origins import bound_once, made_of
from nomoat.check.flow.proof import PATH, Checks, Proof, weakest
from nomoat.check.flow.taint import OF_STRUCTURES, path_of
from nomoat.check.flow.texts import begins, has_none, matched, without
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import How, Scope

_WORD_TESTS = frozenset(("isdigit", "isalnum", "isidentifier", "isalpha", "isdecimal", "isnumeric"))
_MAX_DEPTH = 6
#: What is the same in another form: `str(path) in listed`.
_TURNING = frozenset(("str", "Path", "PurePath"))


def proved(
    program: Program, scope: Scope, test: Node, *, holds: bool, checks: Checks = (), depth: int = 0
) -> Iterator[Proof]:  # fmt: skip
    """What is known when the test holds (or does not)."""
    if depth > _MAX_DEPTH:
        return
    kind = test[0]
    if kind in (form.NAME, form.ATTRIBUTE, form.SUBSCRIPT) and not holds and (path := path_of(test)) is not None:
        # `not target or is_ours(target)`: nothing of the caller is in what is empty.
        yield Proof(path)
    if kind == form.UNARY and test[3] == "not":
        yield from proved(program, scope, test[4], holds=not holds, checks=checks, depth=depth + 1)
    elif kind == form.BOOLEAN:
        parts = [list(proved(program, scope, one, holds=holds, checks=checks, depth=depth + 1)) for one in test[4]]
        if (test[3] == "and") == holds:
            yield from (proof for part in parts for proof in part)
        elif parts:
            yield from weakest(parts)
    elif kind == form.COMPARE and len(test[3]) == 2:
        yield from _compared(program, scope, test, holds=holds, checks=checks, depth=depth)
    elif kind == form.CALL:
        yield from _called(program, scope, test, holds=holds, checks=checks, depth=depth)
    elif kind == form.ATTRIBUTE and test[4] in _OF_ADDRESSES:
        if holds == (test[4] == "is_global"):
            yield from (Proof(path, vocabulary.URL_KINDS, is_doubt=True) for path in _looked_at(scope, test[3]))
    elif kind == form.ATTRIBUTE and not holds:
        # `if urlsplit(target).netloc: refuse`: behind it target is a path of ours.
        yield from _host(scope, test)
    elif kind in (form.WALRUS, form.NAME):
        value = test[4] if kind == form.WALRUS else bound_once(scope, test[3])
        if value is not None:
            yield from proved(program, scope, value, holds=holds, checks=checks, depth=depth + 1)
        if kind == form.NAME and not holds:
            yield from _host(scope, test)
        if kind == form.NAME:
            yield from _looked_up(scope, test[3], holds=holds)


def _looked_up(scope: Scope, name: str, *, holds: bool) -> Iterator[Proof]:
    """`is_fine, why = look_at(url)`, `tag = tags.get(key)`: what was asked about is known, or was tested there."""
    bindings = list(scope.bindings.get(name, ()))
    call = bindings[0].value if len(bindings) == 1 else None
    if call is not None and call[0] == form.AWAIT:
        call = call[3]
    if call is None or call[0] != form.CALL:
        return
    is_look_up = call[3][0] == form.ATTRIBUTE and call[3][4] == "get" and len(call[4]) == 1
    if (is_look_up and holds) or bindings[0].how is How.UNPACKED or _VERDICT.search(name):
        for argument in call[4]:
            path = path_of(argument)
            if path is not None:
                yield Proof(path, is_doubt=True)


#: What an address says of itself; whether it is still that of the host when it is called, nobody asks.
_OF_ADDRESSES = frozenset(
    ("is_global", "is_private", "is_loopback", "is_link_local", "is_reserved", "is_multicast", "is_unspecified")
)


def _looked_at(scope: Scope, node: Node, depth: int = 0) -> Iterator[str]:
    """What an address was found by: `ip_address(gethostbyname(urlparse(url).hostname))`."""
    for inner in form.walk(node):
        if inner[0] in (form.NAME, form.ATTRIBUTE) and (path := path_of(inner)) is not None:
            yield path
        value = bound_once(scope, inner[3]) if inner[0] == form.NAME and depth < _MAX_DEPTH else None
        if value is not None:
            yield from _looked_at(scope, value, depth + 1)


#: What the answer of a test is called.
_VERDICT = re.compile(
    r"(^|_)(ok|valid|allowed|safe|error|err|errors|problem|reason|refused|match|fine|exists|known)(_|$)"
)


def _compared(
    program: Program, scope: Scope, test: Node, *, holds: bool, checks: Checks, depth: int
) -> Iterator[Proof]:
    (left, right), (operator,) = test[3], test[4]
    if operator in ("is", "is not") and right[0] == form.CONSTANT and right[3] is None:
        # `re.fullmatch(p, x) is not None`
        if holds == (operator == "is not"):
            yield from proved(program, scope, left, holds=True, checks=checks, depth=depth + 1)
        elif (path := path_of(left)) is not None:
            yield Proof(path)
    elif operator in ("in", "not in") and holds == (operator == "in"):
        if right[0] == form.ATTRIBUTE and right[4] == "parents":
            # `FOLDER in path.parents`
            yield from (Proof(path, PATH, by_source=True) for path in made_of(scope, right[3]))
        elif is_constant_few(program, scope, right):
            yield from _one_of_few(scope, left)
        elif right[0] in (form.NAME, form.ATTRIBUTE) and left[0] == form.ATTRIBUTE:
            yield from _host(scope, left)
        elif right[0] in (form.NAME, form.ATTRIBUTE, form.SUBSCRIPT, form.CALL, form.COMPREHENSION):
            # Some collection that cannot be read here, perhaps of what is allowed.
            yield from (Proof(path, is_doubt=True) for path in _one_path(left))
    elif operator in ("in", "not in") and holds == (operator == "not in"):
        yield from has_none(scope, left, right)
    elif operator in ("==", "!=") and holds == (operator == "=="):
        for one, other in ((left, right), (right, left)):
            if program.constant(scope, other) is not None:
                yield from _one_of_few(scope, one)
                return
            if _is_common_path(scope, one):
                yield from (Proof(path, PATH, by_source=True) for path in made_of(scope, one))
                return
            if _is_base_name(one) and path_of(other) is not None:
                yield Proof(path_of(other) or "", PATH)
                return
        for one in (left, right):
            if one[0] == form.ATTRIBUTE:
                yield from _host(scope, one)


def _one_of_few(scope: Scope, node: Node) -> Iterator[Proof]:
    if node[0] == form.CALL and node[3][0] == form.ATTRIBUTE and node[3][4] in ("lower", "upper", "strip", "casefold"):
        # `sort.lower() in ("asc", "desc")`
        node = node[3][3]
    if _is_common_path(scope, node):
        yield from (Proof(path, PATH, by_source=True) for path in made_of(scope, node))
        return
    yield from _host(scope, node)
    path = path_of(node)
    if path is not None:
        yield Proof(path)
        if node[0] == form.NAME and (value := bound_once(scope, node[3])) is not None:
            # `kind = given["kind"]`, then a test of `kind`: both names have the same value.
            same = path_of(value)
            if same is not None:
                yield Proof(same)
            yield from _host(scope, value)


def _one_path(node: Node) -> Iterator[str]:
    is_turned = node[0] == form.CALL and node[3][0] == form.NAME and node[3][3] in _TURNING and len(node[4]) == 1
    path = path_of(node[4][0] if is_turned else node)
    if path is not None:
        yield path


def _host(scope: Scope, node: Node) -> Iterator[Proof]:
    """`urlparse(target).netloc in HOSTS`: then target itself leads nowhere else."""
    if node[0] == form.ATTRIBUTE and node[4] in vocabulary.HOST_FIELDS and node[4] not in ("scheme", "port"):
        for path in made_of(scope, node[3]):
            yield Proof(path, vocabulary.URL_KINDS, by_source=True)


def _is_common_path(scope: Scope, node: Node) -> bool:
    """`os.path.commonpath((base, path))`, which is compared with what must be around the path."""
    if node[0] == form.NAME:
        node = bound_once(scope, node[3]) or node
    if node[0] == form.ATTRIBUTE:
        return bool(node[4] == "parent")
    if node[0] != form.CALL:
        return False
    word = (form.dotted(node[3]) or "").rpartition(".")[2]
    return word in ("commonpath", "commonprefix", "dirname")


def _is_base_name(node: Node) -> bool:
    """`os.path.basename(name) == name`, `secure_filename(name) == name`."""
    if node[0] == form.ATTRIBUTE:
        return bool(node[4] == "name") and node[3][0] == form.CALL
    word = (form.dotted(node[3]) or "").rpartition(".")[2] if node[0] == form.CALL else ""
    return word in ("basename", "secure_filename", "get_valid_filename")


def is_constant_few(program: Program, scope: Scope, node: Node, depth: int = 0) -> bool:
    """Whether something tested with `in` is a constant collection, the keys of one, or an enum."""
    if depth > _MAX_DEPTH:
        # `names = [name for name in names]`
        return False
    if node[0] in (form.NAME, form.ATTRIBUTE):
        found = program.resolve(scope, node)
        if found.kind == "class" and found.scope is not None:
            return sources.is_converted(program, found.name, found.scope)
        if found.value is None or found.where is None or found.value is node or len(found.all) > 1:
            return False
        scope, node = found.where, found.value
    if node[0] == form.CALL:
        if node[3][0] == form.ATTRIBUTE and node[3][4] in ("keys", "values") and not node[4]:
            return is_constant_few(program, scope, node[3][3], depth + 1)
        if (form.dotted(node[3]) or "") in ("frozenset", "set", "tuple", "list", "dict") and len(node[4]) == 1:
            return is_constant_few(program, scope, node[4][0], depth + 1)
        return False
    if node[0] == form.CONSTANT:
        # A part of a constant text.
        return isinstance(node[3], (str, bytes)) and bool(node[3])
    if node[0] == form.COMPREHENSION:
        # `[column.value for column in Column]`
        return all(is_constant_few(program, scope, clause[1], depth + 1) for clause in node[6])
    if node[0] in (form.LIST, form.TUPLE, form.SET):
        return bool(node[3]) and all(_is_fixed(program, scope, item) for item in node[3])
    if node[0] == form.DICT:
        return all(key is not None and _is_fixed(program, scope, key) for key, _ in node[3])
    return False


def _of_each(program: Program, scope: Scope, node: Node, *, holds: bool, checks: Checks, depth: int) -> Iterator[Proof]:
    """`all(c in LETTERS for c in name)`: what is true of each part is true of the whole."""
    if node[0] != form.COMPREHENSION or len(node[6]) != 1 or node[6][0][2] or node[6][0][0][0] != form.NAME:
        return
    path, part = path_of(node[6][0][1]), node[6][0][0][3]
    for proof in proved(program, scope, node[4], holds=holds, checks=checks, depth=depth + 1):
        if path is not None and proof.path == part:
            yield proof._replace(path=path)


def _is_fixed(program: Program, scope: Scope, node: Node) -> bool:
    return program.constant(scope, node) is not None


def _called(program: Program, scope: Scope, call: Node, *, holds: bool, checks: Checks, depth: int) -> Iterator[Proof]:
    callee = call[3]
    if callee[0] == form.ATTRIBUTE and holds:
        if callee[4] in _WORD_TESTS and (path := path_of(callee[3])) is not None:
            yield Proof(path)
        elif callee[4] in ("fullmatch", "match", "search") and call[4]:
            yield from matched(program, scope, call, way=callee[4])
        elif callee[4] == "is_relative_to":
            yield from (Proof(path, PATH, by_source=True) for path in made_of(scope, callee[3]))
        elif callee[4] == "startswith" and len(call[4]) == 1:
            yield from begins(program, scope, callee[3], call[4][0])
    elif callee[0] == form.ATTRIBUTE and callee[4] == "startswith" and call[4]:
        # Of a text that begins with one slash, not two, the host is ours.
        path, text = path_of(callee[3]), form.text_of(call[4][0])
        if path is not None and (text in ("//", "/") or call[4][0][0] == form.TUPLE):
            yield Proof(path, frozenset(("single",)) if text != "/" else frozenset(("relative",)))
    elif callee[0] == form.ATTRIBUTE and callee[4] in ("search", "match", "findall") and call[4]:
        yield from without(program, scope, call)
    elif callee[0] == form.NAME and callee[3] in ("all", "any") and holds == (callee[3] == "all") and call[4]:
        yield from _of_each(program, scope, call[4][0], holds=holds, checks=checks, depth=depth)
    elif callee[0] == form.NAME and callee[3] == "isinstance" and holds and len(call[4]) == 2:
        found = program.resolve(scope, call[4][1])
        path = path_of(call[4][0])
        if path is not None and sources.is_converted(program, found.name, found.scope):
            yield Proof(path)
        elif path is not None and found.name.startswith("django.core.files.uploadedfile."):
            # Django cuts the name of an upload down to its last part.
            yield Proof(path, PATH)
        elif path is not None and found.name.removeprefix("builtins.") in ("str", "bytes"):
            yield Proof(path, OF_STRUCTURES)
    yield from by_function(program, scope, call, holds=holds, checks=checks, prove=proved, depth=depth)
