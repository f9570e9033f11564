"""What a value was made by: one of certain calls, through names, lists that grow, and functions of the project.

Most files have no word of what is asked for, and most programs neither; then nothing is followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from weakref import WeakKeyDictionary

from nomoat.check import names
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import Scope
from nomoat.survey.python.words import Index

_MAX_STEPS = 24
#: How far before `as` the name is looked for that gets another.
_BEFORE = 200
#: Methods that give what they are called on in another shape, or a part of it.
_HANDED_ON = frozenset(
    ("hexdigest", "digest", "encode", "decode", "lower", "upper", "strip", "rstrip", "lstrip", "hex", "join", "format",
     "replace", "split", "rsplit", "copy", "zfill", "ljust", "rjust", "title", "tobytes", "to_bytes", "partition",
     "rpartition", "removeprefix", "removesuffix", "getvalue", "tolist")
)  # fmt: skip
#: Functions that make a random value, or sign one.
_MAKES = re.compile(
    r"rand|gen|make|create|new_|sign|hmac|digest|hash|mac$|compute|calc|expected"
    r"|\A_?(code|token|pin|otp|nonce|numbers?|digits)\Z"
    r"|\A(reset|invite|verification|activation|confirmation|login|access|one_time)_(code|token|pin)\Z", re.I
)  # fmt: skip
#: Methods that put their arguments into what they are called on.
_PUT_INTO = frozenset(("append", "extend", "add", "insert", "update", "write", "appendleft"))
_DEFINED = re.compile(rb"\bdef\s+(\w+)")
#: What names are given anew: each begins with a literal, and what stands before it is looked at only where it matters.
_RENAMED = re.compile(rb"as(?<=\sas)\s+(\w+)")
_SET = re.compile(rb"=\s*(?:\w+\.)*(\w+)\b(?!\s*[(.])")
_OLD_NAME = re.compile(rb"(\w+)\s+as\Z")
_NEW_NAMES = re.compile(rb"(?:\b(\w+)[ \t]*:[^=\n]*)?\b(\w+)[ \t]*\Z|\b(\w+)[ \t]*:[^=\n]*\Z")
_mentioned: WeakKeyDictionary[Program, dict[tuple[str, ...], frozenset[str]]] = WeakKeyDictionary()


def made_by(program: Program, scope: Scope, given: Node, wanted: tuple[str, ...], *, key: str = "") -> bool:
    """Whether one of the calls gave the value, or a part of it; with `key` one whose first argument is this text."""
    files = _mentioning(program, wanted)
    if not files:
        return False
    stack: list[tuple[Scope, Node]] = [(scope, given)]
    seen = set[tuple[Scope, str]]()
    for _ in range(_MAX_STEPS):
        if not stack:
            return False
        where, root = stack.pop()
        of_others, of_dicts = set[int](), set[int]()
        for node in form.walk(root):
            if node[0] == form.CALL:
                is_named = where.module.path in files and names.called(program, where, node, wanted)
                if is_named and (not key or (node[4] and form.text_of(node[4][0]) == key)):
                    return True
                if node[3][0] == form.ATTRIBUTE and node[3][4] in ("get", "pop"):
                    of_dicts.add(id(node[3][3]))
                elif node[3][0] == form.ATTRIBUTE and node[3][4] not in _HANDED_ON:
                    # `faker.word()`: what the object was made by is not what its method gives.
                    of_others.add(id(node[3][3]))
                stack += _returned(program, where, node, files, seen)
            elif node[0] == form.SUBSCRIPT and form.text_of(node[4]) is not None:
                of_dicts.add(id(node[3]))
            elif node[0] == form.NAME and (where, node[3]) not in seen and id(node) not in of_others:
                seen.add((where, node[3]))
                given_to = _put_into(where, node[3])
                # One item of a dict that is written here tells nothing of the others.
                is_item = id(node) in of_dicts
                stack += [(where, value) for value in given_to if not (is_item and value[0] == form.DICT)]
    return False


def _mentioning(program: Program, wanted: tuple[str, ...]) -> frozenset[str]:
    """The files in which one of these names can be meant: with its first word, that of the package, and its last."""
    of_program = _mentioned.setdefault(program, {})
    known = of_program.get(wanted)
    if known is None:
        known = of_program[wanted] = mentioning(program.words, wanted)
    return known


def mentioning(index: Index, wanted: tuple[str, ...]) -> frozenset[str]:
    """The files in which one of these names can be meant."""
    found: set[str] = set()
    for words in _parts(wanted):
        holding = [set(index.files(word)) for word in words]
        found |= set.intersection(*holding) if holding else set(index.paths)
    return frozenset(found)


@lru_cache(maxsize=256)
def _parts(wanted: tuple[str, ...]) -> tuple[tuple[bytes, ...], ...]:
    found: dict[tuple[bytes, ...], None] = {}
    for name in wanted:
        package, _, word = name.partition(".")[0], "", name.rpartition(".")[2]
        found[tuple(part.encode() for part in dict.fromkeys((package, word)) if "*" not in part)] = None
    return tuple(found)


def makers(index: Index, wanted: tuple[str, ...]) -> frozenset[str]:
    """Every name by which `made_by` may follow a call to a function of the project that calls one of these.

    A name that such a function is given to counts where it, too, says that it makes something: else half the names of a
    large tree would.
    """
    found = {name for path in mentioning(index, wanted) for name in _DEFINED.findall(index.text(path))}
    names_ = new = {name for name in found if _says_so(name)}
    given: dict[str, list[tuple[bytes, bytes]]] = {}
    for _ in range(_MAX_STEPS):
        if not new:
            break
        anew: set[bytes] = set()
        for path in index.holding(new):
            if path not in given:
                given[path] = list(_given_anew(index.text(path)))
            anew |= {name for name, of in given[path] if of in new}
        new = anew - names_
        names_ |= new
    return frozenset(map(bytes.decode, names_))


def _given_anew(source: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names that are given to something, each with the name of what it is, where both say that they make something."""
    for found in _RENAMED.finditer(source):
        if _says_so(found[1]):
            old = _OLD_NAME.search(source, max(0, found.start() - _BEFORE), found.start() + 2)
            if old is not None:
                yield found[1], old[1]
    for found in _SET.finditer(source):
        # What is called gives something else than itself.
        if _says_so(found[1]):
            start = source.rfind(b"\n", 0, found.start()) + 1
            named = _NEW_NAMES.search(source, start, found.start())
            for name in named.groups() if named is not None else ():
                if name is not None and _says_so(name):
                    yield name, found[1]


@lru_cache(maxsize=50_000)
def _says_so(name: bytes) -> bool:
    """Whether a name says that it makes a random value, or signs one."""
    return _MAKES.search(name.decode()) is not None


def _put_into(scope: Scope, name: str) -> Iterator[Node]:
    """What a name of the scope is given, added to, or grows by."""
    bindings = scope.bindings.get(name, ())
    for binding in bindings:
        value = binding.node[5] if binding.node[0] == form.AUGMENTED else binding.value
        if value is not None:
            yield value
    grows = any(binding.value is not None and binding.value[0] in (form.LIST, form.SET) for binding in bindings)
    if grows and scope.is_function:
        for node in scope.nodes:
            if node[0] == form.CALL and node[3][0] == form.ATTRIBUTE and node[3][4] in _PUT_INTO:
                owner = node[3][3]
                if owner[0] == form.NAME and owner[3] == name:
                    yield from node[4]


def _returned(
    program: Program, scope: Scope, call: Node, files: frozenset[str], seen: set[tuple[Scope, str]]
) -> list[tuple[Scope, Node]]:
    """What a function of the project gives that the call runs, where its file mentions what is asked for.

    Only of one that says by its name that it makes something: what others give has many parts, and few of them matter.
    """
    if call[3][0] not in (form.NAME, form.ATTRIBUTE):
        return []
    word = call[3][4] if call[3][0] == form.ATTRIBUTE else call[3][3]
    if not _MAKES.search(word) or "secure" in word.lower():
        return []
    found = program.resolve(scope, call[3])
    function = found.scope
    if found.kind != "function" or function is None or function.module.path not in files or (function, "") in seen:
        return []
    seen.add((function, ""))
    return [(function, node[3]) for node in function.nodes if node[0] == form.RETURN and node[3] is not None]
