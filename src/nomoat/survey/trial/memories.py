"""Memories: what a function has given before for the same question is what it gives.

`if key not in cache: cache[key] = f(*args)`, then `cache[key]`; or `found = cache.get(key)`, then
`if found is None: found = f(*args); cache.set(key, found)`. On trial the question is asked for the first time.
What outlives a request may have been found for somebody else, unless the function only knows what it is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.form import Body, Node
from nomoat.survey.trial.values import KEPT, Env, Function, Table, Thing, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.statements import Trial

_KEEPS = frozenset(("set", "put", "setdefault", "set_value", "__setitem__"))


def is_first_time(run: Trial, test: Node, body: Body, env: Env) -> bool:
    """Whether a test asks if a memory knows an answer that the body under it then finds and keeps."""
    asked, name = _asked_of_memory(test), _asked_of_name(test)
    if asked is None and not name:
        return False
    for memory, value in _keeping(body):
        is_asked = memory == asked or (bool(name) and _names(value, name) and _is_taken(env, name, memory))
        if is_asked and (_is_of_request(run, env, memory[0]) or _finds_alone(run, env, body)):
            return True
    return False


def _is_of_request(run: Trial, env: Env, owner: str) -> bool:
    """Whether the memory is one of the request at hand: `cache = g.answers`."""
    values = [one.value for one in env.scope.bindings.get(owner, ()) if one.value is not None]
    roots = {(form.dotted(value) or "").partition(".")[0] for value in values} | {owner.partition(".")[0]} - {owner}
    found = [run.lookup(env, root) for root in roots if root]
    held = [run.proxied(one) for one in found]
    return any(isinstance(one, Thing) and one.name == "request.state" and not one.trail for one in held)


def _finds_alone(run: Trial, env: Env, body: Body) -> bool:
    """Whether what is kept is found by a function that was decorated, and that asks for nothing it is not given."""
    calls = [node[4] for node in body if node[0] == form.ASSIGN and node[4][0] == form.CALL]
    names = [call[3][3] for call in calls if call[3][0] == form.NAME]
    outer = env.scope.parent
    given = {one[form.P_NAME] for one in outer.parameters} if outer is not None and outer.is_function else set()
    found = [run.lookup(env, name) for name in names if name in given]
    scopes = [one.scope for one in found if isinstance(one, Function) and one.scope is not None]
    return bool(scopes) and not any(run.around.asks_who(scope) or run.around.may_turn_away(scope) for scope in scopes)


def may_know(env: Env, test: Node, table: Value) -> bool:
    """Whether a test asks for a key of a table that outlives the call, and into which the function itself puts keys."""
    if not isinstance(table, Table) or test[4][0] not in ("in", "not in") or test[3][0][0] == form.CONSTANT:
        return False
    owner = test[3][1]
    if owner[0] != form.NAME or not env.scope.is_function or owner[3] in env.scope.bindings:
        return False
    targets = [one for node in env.scope.nodes if node[0] == form.ASSIGN for one in node[3]]
    return any(one[0] == form.SUBSCRIPT and one[3][0] == form.NAME and one[3][3] == owner[3] for one in targets)


def keep(env: Env, target: Node, value: Value) -> None:
    """Takes note of what is kept, for who asks for it under the same names: `cache[key]`."""
    memory = _memory(target)
    if memory is not None:
        env.names[f"{KEPT} {memory}"] = value


def kept(env: Env, node: Node) -> Value | None:
    """What was just kept under the same names."""
    memory = _memory(node)
    return env.names.get(f"{KEPT} {memory}") if memory is not None else None


Memory = tuple[str, str]


def _memory(node: Node) -> Memory | None:
    """The name of what keeps and that of the key."""
    if node[0] != form.SUBSCRIPT:
        return None
    owner, key = form.dotted(node[3]), form.dotted(node[4])
    return (owner, key) if owner and key else None


def _asked_of_memory(test: Node) -> Memory | None:
    """`key not in cache`"""
    if test[0] != form.COMPARE or tuple(test[4]) != ("not in",):
        return None
    key, owner = (form.dotted(one) for one in test[3])
    return (owner, key) if owner and key else None


def _asked_of_name(test: Node) -> str:
    """`found is None`, `found is MISSING`, `not found`"""
    asked = None
    if test[0] == form.COMPARE and tuple(test[4]) in (("is",), ("==",)):
        asked = test[3][0]
    elif test[0] == form.UNARY and test[3] == "not":
        asked = test[4]
    return str(asked[3]) if asked is not None and asked[0] == form.NAME else ""


def _keeping(body: Body) -> list[tuple[Memory, Node]]:
    """Where a body keeps something: under what, and what."""
    found: list[tuple[Memory, Node]] = []
    for node in body:
        if node[0] == form.ASSIGN:
            found += [(memory, node[4]) for one in node[3] if (memory := _memory(one)) is not None]
        elif node[0] == form.EXPRESSION and node[3][0] == form.CALL:
            call = node[3]
            owner = form.dotted(call[3]) or ""
            key = form.dotted(call[4][0]) if len(call[4]) > 1 else None
            if owner.rpartition(".")[2] in _KEEPS and key:
                found.append(((owner.rpartition(".")[0], key), call[4][1]))
    return found


def _names(value: Node, name: str) -> bool:
    return bool(value[0] == form.NAME and value[3] == name)


def _is_taken(env: Env, name: str, memory: Memory) -> bool:
    """Whether a name of the function was bound to what the memory gave: `found = cache.get(key, MISSING)`."""
    values = [one.value for one in env.scope.bindings.get(name, ()) if one.value is not None]
    return any(_asks(value, memory) for value in values)


def _asks(value: Node, memory: Memory) -> bool:
    if value[0] == form.SUBSCRIPT:
        return _memory(value) == memory
    if value[0] != form.CALL or not value[4]:
        return False
    owner, _, method = (form.dotted(value[3]) or "").rpartition(".")
    return method == "get" and (owner, form.dotted(value[4][0])) == memory
