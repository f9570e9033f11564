"""Blocks of a `with` whose manager is a function that yields: what it does before and after stands around the block.

Where routes are registered, so that a block finds what its manager has set, and what follows finds it put back:
`with routes.below("/users"): routes.add(...)`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.trial.flow import Flow
from nomoat.survey.trial.values import Env, Function, Value

if TYPE_CHECKING:
    from nomoat.survey.python.symbols import Scope
    from nomoat.survey.trial.exceptions import Exceptions

_MANAGES = frozenset(("contextmanager", "contextlib.contextmanager"))


@dataclass(eq=False)
class Block:
    """A block that waits for its manager to yield."""

    manager: Scope
    run: Callable[[Value], Flow]
    #: How it ended; empty while it waits.
    ended: list[Flow] = field(default_factory=list)


def managed(run: Exceptions, node: Node, env: Env) -> Flow | None:
    """How a `with` ends whose first manager is a function of the tree that yields once; None where it is another."""
    (given, target), *further = node[3]
    manager = _manager(run, given, env)
    if manager is None:
        return None
    inner = (*node[:3], tuple(further), *node[4:]) if further else None

    def body(value: Value) -> Flow:
        if target is not None:
            run.assign(env, target, value)
        return run.run((inner,) if inner is not None else node[4], env)

    block = Block(manager, body)
    run.blocks.append(block)
    try:
        value = run.evaluate(env, given)
    finally:
        if block in run.blocks:
            run.blocks.remove(block)
    return block.ended[0] if block.ended else body(value)


def _manager(run: Exceptions, given: Node, env: Env) -> Scope | None:
    if given[0] != form.CALL:
        return None
    callee = run.evaluate(env, given[3])
    scope = callee.scope if isinstance(callee, Function) and not callee.outer else None
    if scope is None or scope in run.path or not run.around.is_generator(scope):
        return None
    return scope if any(form.dotted(one) in _MANAGES for one in scope.decorators) else None


def entered(run: Exceptions, env: Env, value: Value) -> bool:
    """Runs the block that waits for the manager which yields here; False where none does."""
    block = run.blocks[-1] if run.blocks else None
    if block is None or block.manager is not env.scope:
        return False
    run.blocks.pop()
    block.ended.append(block.run(value))
    return True
