"""Tests of a call's arguments, and of values: what source fixes, what stands in a literal, what it was made by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from nomoat.check import instances, literals, names
from nomoat.check.backtracking import doubles
from nomoat.check.evaluated import Evaluated, evaluate
from nomoat.check.model import Test, TestKind
from nomoat.check.origins import made_by
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import How, Scope

#: Names of values that open nothing.
_SHAM = re.compile(r"dummy|fake|placeholder|unchanged|not_changed|sentinel", re.I)


def all_hold(program: Program, scope: Scope, subject: Node, tests: Iterable[Test]) -> bool:
    """Whether every test holds for a CALL of the scope, or for a value where a test names no argument."""
    return all(_holds(program, scope, subject, test) for test in tests)


def may_hold(call: Node, tests: Iterable[Test]) -> bool:
    """False where a CALL fails a test as it is written: nothing needs to be resolved for that."""
    return not any(_fails_as_written(call, test) for test in tests)


def _fails_as_written(call: Node, test: Test) -> bool:
    if test.name == "*" or not test.name:
        return False
    given = form.argument(call, test.name, test.at)
    if test.test == "absent":
        return given is not None or _is_open(call)
    return given is None and test.test not in ("not-equals", "unlike")


def depends(program: Program, scope: Scope, subject: Node, tests: Iterable[Test]) -> bool:
    """Whether a setting or a caller may still change a value that the tests looked at."""
    for test in tests:
        given = _given(subject, test) if test.test in _OF_VALUES else None
        where: Scope = scope
        if given is not None and test.test == "item":
            where, given = _item_of(program, scope, given, test.key)
        known = evaluate(program, where, given) if given is not None else None
        if known is not None and known.settings:
            return True
    return False


def _given(subject: Node, test: Test) -> Node | None:
    if not test.name:
        return subject
    return form.argument(subject, test.name, test.at) if subject[0] == form.CALL else None


def _holds(program: Program, scope: Scope, call: Node, test: Test) -> bool:
    if test.name == "*":
        every = (*call[4], *(value for _, value in call[5])) if call[0] == form.CALL else ()
        return any(_TESTS[test.test](program, scope, one, test) for one in every)
    if test.name and call[0] != form.CALL:
        # A decorator without parentheses: nothing is given.
        return test.test == "absent"
    given = _given(call, test)
    if test.test == "absent":
        return given is None and not _is_open(call)
    if given is None:
        # What is not given is not equal to anything, unless it may come by `**kwargs`.
        return test.test == "unlike" or (test.test == "not-equals" and not _is_open(call))
    return _TESTS[test.test](program, scope, given, test)


def stands_at(program: Program, scope: Scope, call: Node, tests: Iterable[Test]) -> str:
    """Where the value that a test of literals found stands in source, when that is elsewhere than in the call."""
    for test in tests:
        given = _given(call, test) if test.test in ("literal", "default") else None
        made = instances.given_to(program, scope, given) if given is not None and given[0] == form.ATTRIBUTE else None
        where, node = made if made is not None else (scope, given)
        if node is None:
            continue
        found = program.resolve(where, node) if node[0] in (form.NAME, form.ATTRIBUTE) else None
        if found is not None and found.value is not None and found.where is not None:
            where, node = found.where, found.value
        at = where.module.at(node)
        return at if at != scope.module.at(call) else ""
    return ""


def _is_open(call: Node) -> bool:
    """True when arguments come by `*args` or `**kwargs`: what is absent cannot be told."""
    return any(name is None for name, _ in call[5]) or any(given[0] == form.STARRED for given in call[4])


def _literal(program: Program, scope: Scope, given: Node, test: Test) -> bool:
    if test.key:
        # The secret part of a key that is written as a dict: `{"kty": "oct", "k": "..."}`.
        where, value = _item_of(program, scope, given, test.key)
        return value is not None and _literal(program, where, value, replace(test, key=""))
    if given[0] in (form.NAME, form.ATTRIBUTE) and _SHAM.search(given[-1]):
        return False
    known = literals.known(program, scope, given)
    return known is not None and known.is_set and not known.settings and literals.is_secret(known.value)


def _is(known: Evaluated | None, wanted: object) -> bool:
    """Whether it is this value, of the same type; one of several where a list is wanted."""
    if known is None or not known.is_set:
        return False
    several = wanted if isinstance(wanted, tuple) else (wanted,)
    return any(known.value == one and type(known.value) is type(one) for one in several)


def _equals(program: Program, scope: Scope, given: Node, test: Test) -> bool:
    return _is(evaluate(program, scope, given), test.value)


def _truthy(program: Program, scope: Scope, given: Node, _test: Test) -> bool:
    known = evaluate(program, scope, given)
    return known is not None and known.is_set and bool(known.value)


def _falsy(program: Program, scope: Scope, given: Node, _test: Test) -> bool:
    known = evaluate(program, scope, given)
    return known is not None and known.is_set and not known.value


def _below(program: Program, scope: Scope, given: Node, test: Test) -> bool:
    known = evaluate(program, scope, given)
    is_number = known is not None and type(known.value) in (int, float)
    return is_number and known is not None and known.value < test.value


def _has_bits(program: Program, scope: Scope, given: Node, test: Test) -> bool:
    known = evaluate(program, scope, given)
    return known is not None and type(known.value) is int and bool(known.value & test.value)


def _fixed(program: Program, scope: Scope, given: Node, _test: Test) -> bool:
    """Bytes, text or a number that is the same in every run: `b"0" * 16`, `bytes(16)`, `bytes.fromhex("...")`."""
    known = evaluate(program, scope, given)
    return known is not None and known.is_set and not known.settings and known.value not in (None, True, False, "", b"")


def _matches(program: Program, scope: Scope, given: Node, test: Test) -> bool:
    known = evaluate(program, scope, given)
    pattern: re.Pattern[str] | None = test.value
    if known is None or pattern is None:
        return False
    several = known.value if isinstance(known.value, tuple) else (known.value,)
    return any(isinstance(one, str) and pattern.search(one) is not None for one in several)


def _begins(program: Program, scope: Scope, given: Node, test: Test) -> bool:
    """Whether what source fixes of the beginning of a text matches: of `"/tmp/report-" + name`, `f"/tmp/{name}"`.

    Of a list, its first text counts.
    """
    pattern: re.Pattern[str] | None = test.value
    where, node = scope, given
    for _ in range(_MAX_PARTS):
        where, node = _behind(program, where, node)
        parts = form.string_parts(node)
        if parts:
            node = parts[0]
        elif node[0] in (form.LIST, form.TUPLE) and node[3]:
            node = node[3][0]
        elif node[0] == form.CALL and form.dotted(node[3]) in ("os.path.join", "path.join", "join", "str") and node[4]:
            node = node[4][0]
        else:
            break
    text = form.text_of(node)
    known = evaluate(program, where, node) if text is None else None
    text = known.value if known is not None and isinstance(known.value, str) else text
    return text is not None and pattern is not None and pattern.search(text) is not None


def _doubles(program: Program, scope: Scope, given: Node, test: Test) -> bool:
    """A regular expression that takes twice as long for each character more; `key: whole` where all must match."""
    known = evaluate(program, scope, given)
    value = known.value if known is not None and known.is_set else None
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return isinstance(text, str) and doubles(text, is_whole=test.key == "whole")


def _lacks(program: Program, scope: Scope, given: Node, test: Test) -> bool:
    """A list that source writes in full, without this value."""
    known = evaluate(program, scope, given)
    return known is not None and isinstance(known.value, tuple) and test.value not in known.value


def _item_absent(program: Program, scope: Scope, given: Node, test: Test) -> bool:
    """A dict that source writes in full, without this key; what may be added to it later is not in full."""
    where, node = _behind(program, scope, given)
    if node[0] == form.DICT:
        keys = [form.text_of(key) if key is not None else None for key, _ in node[3]]
    elif node[0] == form.CALL and form.dotted(node[3]) == "dict" and not node[4]:
        keys = [name for name, _ in node[5]]
    else:
        return False
    if None in keys or test.key in keys:
        return False
    return given[0] != form.NAME or not _is_changed(where, given[3])


def _is_changed(scope: Scope, name: str) -> bool:
    """Whether an item of a dict is set, or a method of it called, after it was made."""
    for node in scope.nodes:
        if node[0] == form.SUBSCRIPT and node[3][:1] == (form.NAME,) and node[3][3] == name:
            return True
        is_method = node[0] == form.CALL and node[3][0] == form.ATTRIBUTE and node[3][3][:1] == (form.NAME,)
        if is_method and node[3][3][3] == name:
            return True
        if node[0] == form.AUGMENTED and node[3][0] == form.NAME and node[3][3] == name:
            return True
    return False


def _default(program: Program, scope: Scope, given: Node, _test: Test) -> bool:
    return literals.stands_in(program, scope, given)


def _set_later(program: Program, scope: Scope, given: Node, test: Test) -> bool:
    """`options["verify_signature"] = False` in the same scope."""
    for node in scope.nodes if given[0] == form.NAME else ():
        for target in node[3] if node[0] == form.ASSIGN else ():
            if target[0] != form.SUBSCRIPT or target[3][:1] != (form.NAME,) or target[3][3] != given[3]:
                continue
            if form.text_of(target[4]) == test.key and _is(evaluate(program, scope, node[4]), test.value):
                return True
    return False


def _item(program: Program, scope: Scope, given: Node, test: Test) -> bool:
    if _set_later(program, scope, given, test):
        return True
    where, value = _item_of(program, scope, given, test.key)
    if value is None:
        return False
    known = evaluate(program, where, value)
    inner = known.value if known is not None and isinstance(known.value, tuple) else ()
    return _is(known, test.value) or any(_is(Evaluated(one), test.value) for one in inner)


def _item_varies(program: Program, scope: Scope, given: Node, test: Test) -> bool:
    """`{"verify_signature": not debug}`: source does not fix it, so something else decides."""
    where, value = _item_of(program, scope, given, test.key)
    return value is not None and program.constant(where, value) is None


def _item_of(program: Program, scope: Scope, given: Node, key: str) -> tuple[Scope, Node | None]:
    where, node = _behind(program, scope, given)
    if node[0] == form.DICT:
        pairs = [(form.text_of(name), value) for name, value in node[3] if name is not None]
    elif node[0] == form.CALL and form.dotted(node[3]) == "dict":
        pairs = list(node[5])
    else:
        return where, None
    found = next((value for name, value in pairs if name == key), None)
    if found is None:
        # `{"/*": {"origins": "*"}}`
        within = (_item_of(program, where, value, key)[1] for _, value in pairs if value[0] == form.DICT)
        found = next((value for value in within if value is not None), None)
    return where, found


def _contains(program: Program, scope: Scope, given: Node, test: Test) -> bool:
    where, node = _behind(program, scope, given)
    items = node[3] if node[0] in (form.LIST, form.TUPLE, form.SET) else (node,)
    several = test.value if isinstance(test.value, tuple) else (test.value,)
    wanted = {str(one).lower() for one in several}
    for item in items:
        known = evaluate(program, where, item)
        if known is None:
            continue
        inner = known.value if isinstance(known.value, tuple) else (known.value,)
        if any(isinstance(one, str) and one.lower() in wanted for one in inner):
            return True
    return False


def _behind(program: Program, scope: Scope, node: Node) -> tuple[Scope, Node]:
    """The literal behind a name, where source has one."""
    if node[0] in (form.NAME, form.ATTRIBUTE):
        found = program.resolve(scope, node)
        if found.value is not None and found.where is not None and len(found.all) == 1:
            return found.where, found.value
    return scope, node


def _not_named(program: Program, scope: Scope, given: Node, test: Test) -> bool:
    return not _named(program, scope, given, test)


def _named(_program: Program, _scope: Scope, given: Node, test: Test) -> bool:
    pattern: re.Pattern[str] | None = test.value
    if pattern is None:
        return False
    for node in form.walk(given):
        if node[0] == form.CALL and node[3][0] == form.NAME:
            continue
        word = node[4] if node[0] == form.ATTRIBUTE else node[3] if node[0] == form.NAME else form.text_of(node)
        if isinstance(word, str) and pattern.search(word):
            return True
    return False


def _made_by(program: Program, scope: Scope, given: Node, test: Test) -> bool:
    """With `key` only by a call whose first argument is this text: `token.split(".")`."""
    return made_by(program, scope, given, tuple(test.value or ()), key=test.key)


def _means(program: Program, scope: Scope, given: Node, test: Test) -> bool:
    """A constant, class or function of this name, or an object of the class."""
    if given[0] == form.CALL:
        given = given[3]
    return given[0] in (form.NAME, form.ATTRIBUTE) and names.means(program, scope, given, tuple(test.value or ()))


#: How many names and calls are followed to the beginning of a text.
_MAX_PARTS = 6
#: What hands on the values below it, so that they can be read in the whole.
_SHOWING = frozenset(
    (form.FSTRING, form.FORMATTED, form.BINARY, form.TUPLE, form.LIST, form.CONDITIONAL, form.STARRED, form.AWAIT)
)  # fmt: skip
#: What a name may stand for: a part of a request or a record, not what is calculated of it.
_PARTS = frozenset((form.SUBSCRIPT, form.CALL, form.AWAIT))
#: Names of names: `CONF_API_KEY = "api_key"`.
_OF_FIELDS = re.compile(r"(CONF|ATTR|FIELD|KEY|ENV|OPT|PARAM|SETTING|CONFIG|HEADER)_[A-Z_]+\Z")
_SHOWING_CALLS = frozenset(
    (
        "format",
        "str",
        "repr",
        "join",
        "get_secret_value",
        "encode",
        "decode",
        "bytes",
        "to_bytes",
        "force_bytes",
        "smart_bytes",
        "to_native",
        "b",
    )
)


def _shows(_program: Program, scope: Scope, given: Node, test: Test) -> bool:
    """Whether the value of something so named can be read in it: a variable, an attribute, an item; not `len(it)`."""
    pattern: re.Pattern[str] | None = test.value
    stack, seen = [given], set[str]()
    while stack and pattern is not None:
        node = stack.pop()
        kind = node[0]
        word: str | None = None
        if kind in _SHOWING:
            stack.extend(form.children(node))
        elif kind == form.DICT:
            stack.extend(value for _, value in node[3])
        elif kind == form.NAME:
            word = node[3]
            if word not in seen and scope.is_function:
                # `given = request.form["password"]`
                seen.add(node[3])
                bound = [one.value for one in scope.bindings.get(node[3], ()) if one.how is How.VALUE]
                stack.extend(value for value in bound if value is not None and value[0] in _PARTS)
        elif kind == form.ATTRIBUTE:
            word = node[4]
        elif kind == form.SUBSCRIPT:
            word = form.text_of(node[4])
        elif kind == form.CALL:
            called = node[3][4] if node[3][0] == form.ATTRIBUTE else node[3][3] if node[3][0] == form.NAME else ""
            if called in ("get", "pop", "getlist") and node[4]:
                word = form.text_of(node[4][0])
            elif called in ("encode", "decode") and node[3][0] == form.ATTRIBUTE:
                # `text.encode()`; what `jwt.decode(token, key)` gives are the claims, and not the token.
                stack.append(node[3][3])
            elif called in _SHOWING_CALLS:
                stack.extend((*node[4], *(value for _, value in node[5])))
                stack.extend((node[3][3],) if node[3][0] == form.ATTRIBUTE else ())
        if word is not None and pattern.search(word) and not _OF_FIELDS.match(word):
            return True
    return False


def _not_made_by(program: Program, scope: Scope, given: Node, test: Test) -> bool:
    return not _made_by(program, scope, given, test)


def _present(_program: Program, _scope: Scope, _given: Node, _test: Test) -> bool:
    return True


def _not_literal(program: Program, scope: Scope, given: Node, _test: Test) -> bool:
    return evaluate(program, scope, given) is None


def _not_equals(program: Program, scope: Scope, given: Node, test: Test) -> bool:
    known = evaluate(program, scope, given)
    return known is not None and known.is_set and not _is(known, test.value)


def _unlike(program: Program, scope: Scope, given: Node, test: Test) -> bool:
    return not _is(evaluate(program, scope, given), test.value)


#: Tests of what a value is, which a setting may change; those of secrets tell a default from a literal themselves.
_OF_VALUES = frozenset(
    ("equals", "not-equals", "contains", "item", "below", "has-bits", "matches", "falsy", "truthy")
)  # fmt: skip


_TESTS: Mapping[TestKind, Callable[[Program, Scope, Node, Test], bool]] = {
    "literal": _literal,
    "not-literal": _not_literal,
    "default": _default,
    "equals": _equals,
    "not-equals": _not_equals,
    "unlike": _unlike,
    "present": _present,
    "contains": _contains,
    "item": _item,
    "item-varies": _item_varies,
    "named": _named,
    "made-by": _made_by,
    "means": _means,
    "shows": _shows,
    "not-made-by": _not_made_by,
    "not-named": _not_named,
    "item-absent": _item_absent,
    "lacks": _lacks,
    "below": _below,
    "has-bits": _has_bits,
    "fixed": _fixed,
    "matches": _matches,
    "begins": _begins,
    "doubles": _doubles,
    "falsy": _falsy,
    "truthy": _truthy,
}
