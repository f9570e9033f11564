"""What a test proves about the names in it: one of a constant few values, a full match, a host that is listed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nomoat.check import names
from nomoat.check.flow import sources, vocabulary
from nomoat.check.flow.taint import OF_STRUCTURES, path_of
from nomoat.check.model import Check
from nomoat.survey.python import form
from nomoat.survey.python.form import Body, Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.resolved import Resolved
from nomoat.survey.python.symbols import How, Scope

_WORD_TESTS = frozenset(("isdigit", "isalnum", "isidentifier", "isalpha", "isdecimal", "isnumeric"))
_MAX_DEPTH = 6
PATH = frozenset(("path",))
#: What a function is called that decides whether something may pass.
_ASKS = re.compile(
    r"(^|_)(is|has|can|may)?_?(safe|allowed|valid|validate|trusted|permitted|whitelisted|allow|check|verify|legal|secure|"
    r"ok|internal|private|public|local|blocked|forbidden|matches|acceptable)",
    re.I,
)
_OF_PLACES = frozenset(("url", "redirect", "path"))
#: What asks nothing of its argument.
_NO_TESTS = frozenset(("bool", "str", "len", "get", "int", "print", "isinstance", "any", "all"))
#: A pattern of one class of what is not allowed: `[^a-z0-9_]`.
_NOT_ALLOWED = re.compile(r"\[\^([\w\s.@:,/\\+-]+)\]\+?\Z")


#: The checks that rules know.
Checks = Sequence[Check]


class Proof(NamedTuple):
    """A path that a test proves clean of `kinds` (None: all); `by_source`: and all that came from the same data.

    `is_doubt`: something was asked about it that cannot be read here, so what arrives is less sure.
    """

    path: str
    kinds: frozenset[str] | None = None
    by_source: bool = False
    is_doubt: bool = False


def proved(
    program: Program, scope: Scope, test: Node, *, holds: bool, checks: Checks = (), depth: int = 0
) -> Iterator[Proof]:  # fmt: skip
    """What is known when the test holds (or does not)."""
    if depth > _MAX_DEPTH:
        return
    kind = test[0]
    if kind == form.UNARY and test[3] == "not":
        yield from proved(program, scope, test[4], holds=not holds, checks=checks, depth=depth + 1)
    elif kind == form.BOOLEAN:
        parts = [list(proved(program, scope, one, holds=holds, checks=checks, depth=depth + 1)) for one in test[4]]
        if (test[3] == "and") == holds:
            yield from (proof for part in parts for proof in part)
        elif parts:
            yield from _weakest(parts)
    elif kind == form.COMPARE and len(test[3]) == 2:
        yield from _compared(program, scope, test, holds=holds, checks=checks, depth=depth)
    elif kind == form.CALL:
        yield from _called(program, scope, test, holds=holds, checks=checks, depth=depth)
    elif kind == form.ATTRIBUTE and not holds:
        # `if urlsplit(target).netloc: refuse`: behind it target is a path of ours.
        yield from _host(scope, test)
    elif kind in (form.WALRUS, form.NAME):
        value = test[4] if kind == form.WALRUS else _bound_once(scope, test[3])
        if value is not None:
            yield from proved(program, scope, value, holds=holds, checks=checks, depth=depth + 1)
        if kind == form.NAME and not holds:
            yield from _host(scope, test)
        if kind == form.NAME:
            yield from _looked_up(scope, test[3], holds=holds)


def _weakest(ways: list[list[Proof]]) -> Iterator[Proof]:
    """What holds whichever of several ways it was: of each path that all prove something of, the least."""
    for path in dict.fromkeys(proof.path for proof in ways[0]):
        found = [[proof for proof in way if proof.path == path] for way in ways]
        if not all(found):
            continue
        of_kinds = [[proof for proof in proofs if not proof.is_doubt] for proofs in found]
        if not all(of_kinds):
            doubts = {proof.kinds for proofs in found for proof in proofs if proof.is_doubt}
            yield Proof(path, None if None in doubts else next(iter(doubts)), is_doubt=True)
            continue
        kinds: frozenset[str] | None = None
        for proofs in of_kinds:
            if any(proof.kinds is None for proof in proofs):
                continue
            here = frozenset(kind for proof in proofs for kind in proof.kinds or ())
            kinds = here if kinds is None else kinds & here
        by_source = all(proof.by_source for proofs in of_kinds for proof in proofs)
        if kinds is None or kinds:
            yield Proof(path, kinds, by_source)
        else:
            yield Proof(path, is_doubt=True)


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


#: What the answer of a test is called.
_VERDICT = re.compile(
    r"(^|_)(ok|valid|allowed|safe|error|err|errors|problem|reason|refused|match|fine|exists|known)(_|$)"
)


def _bound_once(scope: Scope, name: str) -> Node | None:
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


def _compared(
    program: Program, scope: Scope, test: Node, *, holds: bool, checks: Checks, depth: int
) -> Iterator[Proof]:
    (left, right), (operator,) = test[3], test[4]
    if operator in ("is", "is not") and right[0] == form.CONSTANT and right[3] is None:
        # `re.fullmatch(p, x) is not None`
        if holds == (operator == "is not"):
            yield from proved(program, scope, left, holds=True, checks=checks, depth=depth + 1)
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
        yield from _has_none(scope, left, right)
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
        if node[0] == form.NAME and (value := _bound_once(scope, node[3])) is not None:
            # `kind = given["kind"]`, then a test of `kind`: both names have the same value.
            same = path_of(value)
            if same is not None:
                yield Proof(same)
            yield from _host(scope, value)


def _one_path(node: Node) -> Iterator[str]:
    path = path_of(node)
    if path is not None:
        yield path


def _host(scope: Scope, node: Node) -> Iterator[Proof]:
    """`urlparse(target).netloc in HOSTS`: then target itself leads nowhere else."""
    if node[0] == form.ATTRIBUTE and node[4] in vocabulary.HOST_FIELDS and node[4] not in ("scheme", "port"):
        for path in made_of(scope, node[3]):
            yield Proof(path, vocabulary.URL_KINDS, by_source=True)


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
        value = _bound_once(scope, node[3]) if node[0] == form.NAME else None
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


def _is_common_path(scope: Scope, node: Node) -> bool:
    """`os.path.commonpath((base, path))`, which is compared with what must be around the path."""
    if node[0] == form.NAME:
        node = _bound_once(scope, node[3]) or node
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


def _has_none(scope: Scope, left: Node, right: Node) -> Iterator[Proof]:
    """What is known of a text that has no `..`, `/` or line break in it; `root in path.parents` for a resolved path."""
    text = form.text_of(left)
    path = path_of(right)
    if path is None or text is None:
        return
    if text in ("/", "\\", "../"):
        yield Proof(path, PATH if text == "/" else None, is_doubt=text != "/")
    elif text == "..":
        yield Proof(path, PATH)
    elif text in ("\n", "\r", "\r\n"):
        yield Proof(path, frozenset(("header", "log")))
    elif text == "://":
        yield Proof(path, is_doubt=True)


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
    if node[0] == form.COMPREHENSION:
        # `[column.value for column in Column]`
        return all(is_constant_few(program, scope, clause[1], depth + 1) for clause in node[6])
    if node[0] in (form.LIST, form.TUPLE, form.SET):
        return bool(node[3]) and all(_is_fixed(program, scope, item) for item in node[3])
    if node[0] == form.DICT:
        return all(key is not None and _is_fixed(program, scope, key) for key, _ in node[3])
    return False


def _is_fixed(program: Program, scope: Scope, node: Node) -> bool:
    return program.constant(scope, node) is not None


def _called(program: Program, scope: Scope, call: Node, *, holds: bool, checks: Checks, depth: int) -> Iterator[Proof]:
    callee = call[3]
    if callee[0] == form.ATTRIBUTE and holds:
        if callee[4] in _WORD_TESTS and (path := path_of(callee[3])) is not None:
            yield Proof(path)
        elif callee[4] in ("fullmatch", "match", "search") and call[4]:
            yield from _matched(program, scope, call, way=callee[4])
        elif callee[4] == "is_relative_to":
            yield from (Proof(path, PATH, by_source=True) for path in made_of(scope, callee[3]))
        elif callee[4] == "startswith" and len(call[4]) == 1:
            yield from _begins(program, scope, callee[3], call[4][0])
    elif callee[0] == form.ATTRIBUTE and callee[4] == "startswith" and call[4]:
        # Of a text that begins with one slash, not two, the host is ours.
        path, text = path_of(callee[3]), form.text_of(call[4][0])
        if path is not None and (text in ("//", "/") or call[4][0][0] == form.TUPLE):
            yield Proof(path, frozenset(("single",)) if text != "/" else frozenset(("relative",)))
    elif callee[0] == form.ATTRIBUTE and callee[4] in ("search", "match", "findall") and call[4]:
        yield from _without(program, scope, call)
    elif callee[0] == form.NAME and callee[3] == "isinstance" and holds and len(call[4]) == 2:
        found = program.resolve(scope, call[4][1])
        path = path_of(call[4][0])
        if path is not None and sources.is_converted(program, found.name, found.scope):
            yield Proof(path)
        elif path is not None and found.name.removeprefix("builtins.") in ("str", "bytes"):
            yield Proof(path, OF_STRUCTURES)
    yield from _by_function(program, scope, call, holds=holds, checks=checks, depth=depth)


def _pattern(program: Program, scope: Scope, call: Node) -> tuple[str | None, Node]:
    """The text of the pattern of a test by regular expression, and what it is applied to."""
    callee, arguments = call[3], call[4]
    on = program.resolve(scope, callee[3])
    if len(arguments) >= 2 and on.name == "re":
        pattern, subject = program.constant(scope, arguments[0]), arguments[1]
    else:
        subject = arguments[0]
        pattern = None
        if on.value is not None and on.where is not None and on.value[0] == form.CALL and on.value[4]:
            pattern = program.constant(on.where, on.value[4][0])
    return (pattern.value if pattern is not None and isinstance(pattern.value, str) else None), subject


def _matched(program: Program, scope: Scope, call: Node, *, way: str) -> Iterator[Proof]:
    pattern, subject = _pattern(program, scope, call)
    path = path_of(subject) or next(made_of(scope, subject), None)
    if path is None:
        return
    if pattern is None:
        yield Proof(path, is_doubt=True)
    elif way == "search" and not pattern.startswith(("^", r"\A")):
        return
    elif sources.is_narrow(pattern) and (way == "fullmatch" or pattern.endswith(("$", r"\Z", r"\z"))):
        yield Proof(path)
    elif _FIXED_HOST.match(pattern):
        yield Proof(path, vocabulary.URL_KINDS)


def _without(program: Program, scope: Scope, call: Node) -> Iterator[Proof]:
    """`if re.search(r"[^a-z0-9_]", name): refuse`: afterwards name has nothing else in it."""
    pattern, subject = _pattern(program, scope, call)
    path = path_of(subject)
    if path is not None and pattern is not None and _NOT_ALLOWED.match(pattern) and call[3][4] == "search":
        yield Proof(path)


def _begins(program: Program, scope: Scope, subject: Node, prefix: Node) -> Iterator[Proof]:
    path = next(made_of(scope, subject), None)
    if path is None:
        return
    if prefix[0] == form.TUPLE and all(fixes_host(form.text_of(one) or "") for one in prefix[3]):
        yield Proof(path, vocabulary.URL_KINDS)
        return
    known = program.constant(scope, prefix)
    # `str(wanted.resolve()).startswith(str(ROOT))`; that of a path which was never resolved proves nothing.
    if was_resolved(scope, path) or _resolves(subject):
        yield from (Proof(one, PATH, by_source=True) for one in made_of(scope, subject))
    elif known is None:
        yield Proof(path, is_doubt=True)
    elif isinstance(known.value, str) and fixes_host(known.value):
        yield Proof(path, vocabulary.URL_KINDS)
    elif known.value == "/":
        yield Proof(path, frozenset(("rooted",)))
    elif isinstance(known.value, str) and "://" in known.value and len(known.value) > len("https://"):
        # Without the slash the rest may still change the host, which few have thought of.
        yield Proof(path, is_doubt=True)


#: `^https://example\.org/`: begins with a host and what ends it.
_FIXED_HOST = re.compile(r"(\^|\\A)https\??://(\\\.|[\w-])+(\(:\w+\)|:\w+)?/")


def was_resolved(scope: Scope, path: str) -> bool:
    """Whether a path was made absolute, links and `..` followed, before it was tested."""
    for binding in scope.bindings.get(path.partition(".")[0], ()):
        if binding.value is not None and _resolves(binding.value):
            return True
    return False


def _resolves(node: Node) -> bool:
    words = (one[4] if one[0] == form.ATTRIBUTE else one[3] for one in form.walk(node) if one[0] in (
        form.ATTRIBUTE, form.NAME))  # fmt: skip
    return any(word in ("resolve", "realpath", "abspath", "normpath", "absolute") for word in words)


def fixes_host(prefix: str) -> bool:
    """Whether a URL that begins so leads to a host that the rest cannot change (RFC 3986, section 3)."""
    scheme, found, rest = prefix.partition("://")
    if found:
        return bool(scheme) and any(mark in rest for mark in "/?#")
    # A path of ours; `/` alone may become `//host`, and browsers read a backslash as a slash.
    return len(prefix) > 1 and not prefix.startswith(("//", "/\\", "\\")) and (prefix[0] in "/?#" or "/" in prefix)


def by_checks(
    program: Program, scope: Scope, call: Node, checks: Checks, *, answer: bool | None
) -> Iterator[Proof]:  # fmt: skip
    """What a call that rules know proves when it gives this answer; None when it only has to end without an error."""
    callee = call[3]
    word = callee[4] if callee[0] == form.ATTRIBUTE else callee[3] if callee[0] == form.NAME else ""
    for check in checks:
        if check.answers is not answer or not any(name.endswith(word) for name in check.calls):
            continue
        if names.called(program, scope, call, check.calls):
            given = (
                callee[3]
                if check.argument == "receiver" and callee[0] == form.ATTRIBUTE
                else form.argument(call, check.argument, check.at)
            )
            for path in made_of(scope, given) if given is not None else ():
                yield Proof(path, check.removes, by_source=True)


def _by_function(
    program: Program, scope: Scope, call: Node, *, holds: bool, checks: Checks, depth: int
) -> Iterator[Proof]:  # fmt: skip
    """What the answer of a function proves: one that rules know, one of the project, one that is named after a test."""
    found_by_rule = list(by_checks(program, scope, call, checks, answer=holds))
    yield from found_by_rule
    found: Resolved = program.resolve(scope, call[3])
    if found.kind == "function" and found.scope is not None and not found.alternatives:
        given = dict(passed(found.scope, call))
        proofs = _of_answers(program, found.scope, found.scope.body, holds=holds, checks=checks, depth=depth)
        for proof in proofs or ():
            argument = given.get(proof.path)
            for path in made_of(scope, argument) if argument is not None else ():
                yield proof._replace(path=path)
    elif found_by_rule:
        return
    callee = call[3]
    word = callee[4] if callee[0] == form.ATTRIBUTE else callee[3] if callee[0] == form.NAME else ""
    if word in ("compare_digest", "constant_time_compare") and holds:
        yield from _signed(scope, call)
    elif _ASKS.search(word):
        yield from _asked(scope, call, None)
    elif found.kind in ("function", "unresolved") and word not in _NO_TESTS:
        # Whoever asks something of an URL or a path may mean where it leads.
        yield from _asked(scope, call, _OF_PLACES)


def _asked(scope: Scope, call: Node, kinds: frozenset[str] | None) -> Iterator[Proof]:
    for argument in (*call[4], *(value for _, value in call[5])):
        for path in made_of(scope, argument):
            yield Proof(path, kinds, is_doubt=True)


def _signed(scope: Scope, call: Node, depth: int = 0) -> Iterator[Proof]:
    """`compare_digest(hmac.new(KEY, blob).hexdigest(), signature)`: then blob was written by us."""
    for node in form.walk(call):
        path = path_of(node) if node[0] == form.NAME else None
        if path is not None:
            yield Proof(path, by_source=True)
            value = _bound_once(scope, path)
            if value is not None and value[0] == form.CALL and depth < 1:
                yield from _signed(scope, value, depth + 1)


def _of_answers(
    program: Program, function: Scope, body: Body, *, holds: bool, checks: Checks, depth: int
) -> list[Proof] | None:
    """What every `return` whose value may be of this truth proves of the parameters; None when there is none."""
    if depth > _MAX_DEPTH:
        return []
    ways: list[list[Proof]] = []

    def walk(block: Body, known: list[Proof]) -> tuple[bool, list[Proof]]:
        """Whether the block surely ends the function, and what holds behind it."""
        for node in block:
            kind = node[0]
            if kind == form.RETURN:
                proofs = _of_returned(program, function, node[3], holds=holds, checks=checks, depth=depth)
                if proofs is not None:
                    ways.append([*known, *proofs])
                return True, known
            if kind in (form.RAISE, form.CONTINUE, form.BREAK):
                return True, known
            if kind == form.IF:
                left, known = branches(node, known)
                if left:
                    return True, known
            for inner in _inner_blocks(node):
                walk(inner, known)
        return False, known

    def branches(node: Node, known: list[Proof]) -> tuple[bool, list[Proof]]:
        rest = known
        is_left = True
        for test, block in node[3]:
            inside = [*rest, *proved(program, function, test, holds=True, checks=checks, depth=depth + 1)]
            left, _ = walk(block, inside)
            is_left = is_left and left
            outside = [*rest, *proved(program, function, test, holds=False, checks=checks, depth=depth + 1)]
            rest = outside if left else known
        if node[4] is not None:
            left, _ = walk(node[4], rest)
            return is_left and left, known if not left else rest
        return False, rest

    ended, known = walk(body, [])
    if not ended and not holds:
        ways.append(known)
    if not ways:
        return None
    return list(_weakest(ways))


def _of_returned(
    program: Program, function: Scope, value: Node | None, *, holds: bool, checks: Checks, depth: int
) -> list[Proof] | None:
    """What a returned value of this truth proves; None when it is surely of the other."""
    if value is None or value[0] == form.CONSTANT:
        return [] if bool(value is not None and value[3]) == holds else None
    return list(proved(program, function, value, holds=holds, checks=checks, depth=depth + 1))


def _inner_blocks(node: Node) -> Iterator[Body]:
    if node[0] == form.TRY:
        yield node[3]
        yield from (handler[5] for handler in node[4])
        yield from (block for block in (node[5], node[6]) if block)
    elif node[0] == form.FOR:
        yield node[5]
    elif node[0] in (form.WHILE, form.WITH):
        yield node[4]


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
