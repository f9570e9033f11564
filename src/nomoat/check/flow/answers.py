"""What the answer of a call proves: of one that rules know, one of the project, one that is named after a test."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

from nomoat.check import names
from nomoat.check.flow.origins import bound_once, made_of, passed
from nomoat.check.flow.proof import Checks, Proof, weakest
from nomoat.check.flow.taint import path_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Body, Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.resolved import Resolved
from nomoat.survey.python.symbols import Scope

_MAX_DEPTH = 6
#: What tells what a test proves, `proofs.proved`.
Prove: TypeAlias = Callable[..., Iterator[Proof]]
#: What a function is called that decides whether something may pass.
_ASKS = re.compile(
    r"(^|_)(is|has|can|may)?_?(safe|allowed|valid|validate|trusted|permitted|whitelisted|allow|check|verify|legal|secure|"
    r"ok|internal|private|public|local|blocked|forbidden|matches|acceptable)",
    re.I,
)
_OF_PLACES = frozenset(("url", "redirect", "path"))
#: What asks nothing of its argument.
_NO_TESTS = frozenset(("bool", "str", "len", "get", "int", "print", "isinstance", "any", "all"))


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


def by_function(
    program: Program, scope: Scope, call: Node, *, holds: bool, checks: Checks, prove: Prove, depth: int
) -> Iterator[Proof]:  # fmt: skip
    """What the answer of a function proves: one that rules know, one of the project, one that is named after a test."""
    found_by_rule = list(by_checks(program, scope, call, checks, answer=holds))
    yield from found_by_rule
    found: Resolved = program.resolve(scope, call[3])
    if found.kind == "function" and found.scope is not None and not found.alternatives:
        given = dict(passed(found.scope, call))
        proofs = _of_answers(
            program, found.scope, found.scope.body, holds=holds, checks=checks, prove=prove, depth=depth
        )
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
            value = bound_once(scope, path)
            if value is not None and value[0] == form.CALL and depth < 1:
                yield from _signed(scope, value, depth + 1)


def _of_answers(
    program: Program, function: Scope, body: Body, *, holds: bool, checks: Checks, prove: Prove, depth: int
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
                proofs = _of_returned(program, function, node[3], holds=holds, checks=checks, prove=prove, depth=depth)
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
            inside = [*rest, *prove(program, function, test, holds=True, checks=checks, depth=depth + 1)]
            left, _ = walk(block, inside)
            is_left = is_left and left
            outside = [*rest, *prove(program, function, test, holds=False, checks=checks, depth=depth + 1)]
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
    return list(weakest(ways))


def _of_returned(
    program: Program, function: Scope, value: Node | None, *, holds: bool, checks: Checks, prove: Prove, depth: int
) -> list[Proof] | None:
    """What a returned value of this truth proves; None when it is surely of the other."""
    if value is None or value[0] == form.CONSTANT:
        return [] if bool(value is not None and value[3]) == holds else None
    return list(prove(program, function, value, holds=holds, checks=checks, depth=depth + 1))


def _inner_blocks(node: Node) -> Iterator[Body]:
    if node[0] == form.TRY:
        yield node[3]
        yield from (handler[5] for handler in node[4])
        yield from (block for block in (node[5], node[6]) if block)
    elif node[0] == form.FOR:
        yield node[5]
    elif node[0] in (form.WHILE, form.WITH):
        yield node[4]
