"""Whether a call is surely followed by another one: then what it claims is only looked at, and verified afterwards.

`issuer = jwt.decode(token, options={"verify_signature": False})["iss"]` chooses the key with which the same token is
verified two lines later. In an `except`, behind a branch that may be left, or of another token it is no such thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nomoat.check.flow.taint import path_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Body, Node
from nomoat.survey.python.symbols import Scope


def surely_followed(scope: Scope, call: Node, fits: Callable[[Node], bool]) -> bool:
    """Whether every way on from a CALL of the scope leads to one that `fits` and has the same first argument."""
    of = _of(call)
    if of is None or not scope.is_function:
        return False
    for rest in _rests(scope.body, call):
        for statement in rest:
            if any(one[0] == form.CALL and fits(one) and _of(one) == of for one in _surely_run(statement)):
                return True
            if any(_gives_something(node) for node in form.walk(statement)):
                return False
    return False


def _gives_something(node: Node) -> bool:
    """Whether a function ends here with anything but nothing: `if provider is None: return None` goes on with none."""
    if node[0] == form.RETURN:
        return node[3] is not None and not (node[3][0] == form.CONSTANT and node[3][3] in (None, False))
    return bool(node[0] == form.YIELD)


def _of(call: Node) -> str | None:
    given = call[4][0] if call[4] else next((value for name, value in call[5] if name in ("jwt", "token")), None)
    return path_of(given) if given is not None else None


def _rests(body: Body, call: Node) -> Iterator[Body]:
    """What is left of the block in which the call stands, then of each block around it; nothing in an `except`."""
    for place, statement in enumerate(body):
        if not statement[1] <= call[1] < statement[2]:
            continue
        if statement[0] == form.TRY and any(handler[1] <= call[1] < handler[2] for handler in statement[4]):
            return
        for inner in _blocks(statement):
            if any(one[1] <= call[1] < one[2] for one in inner):
                yield from _rests(inner, call)
        yield body[place + 1 :]


def _blocks(statement: Node) -> Iterator[Body]:
    kind = statement[0]
    if kind == form.IF:
        yield from (body for _, body in statement[3])
        if statement[4]:
            yield statement[4]
    elif kind == form.TRY:
        yield from (block for block in (statement[3], statement[5], statement[6]) if block)
    elif kind == form.WITH:
        yield statement[4]
    elif kind == form.FOR:
        yield statement[5]
    elif kind == form.WHILE:
        yield statement[4]


def _surely_run(statement: Node) -> Iterator[Node]:
    """The expressions that run whenever the statement does: not those of its branches, loops and handlers."""
    kind = statement[0]
    if kind in (form.TRY, form.WITH):
        for inner in statement[3] if kind == form.TRY else statement[4]:
            yield from _surely_run(inner)
    elif kind not in (form.IF, form.FOR, form.WHILE, form.MATCH, form.FUNCTION, form.CLASS):
        yield from form.walk(statement)
