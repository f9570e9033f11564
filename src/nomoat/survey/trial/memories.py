"""Memories: what a function has given before for the same question is what it gives.

`if key not in cache: cache[key] = f(*args)`, then `cache[key]`; or `found = cache.get(key)`, then
`if found is None: found = f(*args); cache.set(key, found)`. On trial the question is asked for the first time.
What outlives a request may have been found for somebody else, unless the function only knows what it is given.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nomoat.survey import kept as kept_
from nomoat.survey.python import form
from nomoat.survey.python.form import Body, Node
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial.values import KEPT, Class, Const, Env, Function, Table, Thing, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.statements import Trial

#: What is found by who calls is no memory.
_OF_WHO = frozenset(("caller", "signature"))
_KEEPS = frozenset(("set", "put", "setdefault", "set_value", "__setitem__"))


def is_first_time(run: Trial, test: Node, body: Body, env: Env) -> bool:
    """Whether a test asks if a memory knows an answer that the body under it then finds and keeps."""
    if _is_made_once(run, test, body, env):
        return True
    asked, name = _asked_of_memory(test), _asked_of_name(test)
    if asked is None and not name:
        return False
    for memory, value in _keeping(body):
        is_asked = memory == asked or (bool(name) and _names(value, name) and _is_taken(env, name, memory))
        if is_asked and (_is_of_request(run, env, memory[0]) or _finds_alone(run, env, body)):
            return True
    return False


def _is_made_once(run: Trial, test: Node, body: Body, env: Env) -> bool:
    """Whether what nothing else sets is made here once it is asked for: `if cls._one is None: cls._one = Store()`."""
    asked = _asked_if_there(test)
    held = form.dotted(asked) if asked is not None else None
    if asked is None or held is None:
        return False
    makes = any(
        node[0] == form.ASSIGN and node[4][0] == form.CALL and held in map(form.dotted, node[3]) for node in body
    )
    if not makes or run.evaluate(env, asked).tags & _OF_WHO:
        return False
    if asked[0] == form.ATTRIBUTE:
        owner = run.evaluate(env, asked[3])
        is_alone = kept_.alone_keeps(run.program, env.scope, asked[4]) or (
            isinstance(owner, Class) and _alone_keeps(run, env.scope, owner.scope, asked[4])
        )
        if is_alone:
            env.names[KEPT] = Const(held)
        return is_alone
    setting = [one for one in run.program.functions(within=env.scope.module) if held in one.outer_names]
    return setting == [env.scope]


def _alone_keeps(run: Trial, scope: Scope, cls: Scope, name: str) -> bool:
    """Whether a function alone sets an attribute of a class, whatever others of that name there are."""
    if cls.node is None or scope.node is None:
        return False
    by_name = re.compile(rb"\b%s\.%s\s*(?::[^=\n]+)?=(?!=)" % (cls.name.encode(), re.escape(name.encode())))
    by_self = re.compile(rb"\b(?:cls|self|__class__|type\(self\))\.%s\s*(?::[^=\n]+)?=(?!=)" % re.escape(name.encode()))
    first, last = cls.node[1], cls.node[2]
    places = [
        (path, found.start())
        for path in run.program.words.matching(by_name, (cls.name.encode(), name.encode()))
        for found in by_name.finditer(run.program.modules[path].source)
    ]
    places += [(cls.module.path, found.start()) for found in by_self.finditer(cls.module.source, first, last)]
    return all(path == scope.module.path and scope.node[1] <= at < scope.node[2] for path, at in places)


def _asked_if_there(test: Node) -> Node | None:
    """`held is None`, `not held`: what is asked whether it is there yet."""
    if test[0] == form.COMPARE and tuple(test[4]) in (("is",), ("==",)):
        is_nothing = test[3][1][0] == form.CONSTANT and test[3][1][3] is None
        return test[3][0] if is_nothing and test[3][0][0] in (form.NAME, form.ATTRIBUTE) else None
    is_not = test[0] == form.UNARY and test[3] == "not" and test[4][0] in (form.NAME, form.ATTRIBUTE)
    return test[4] if is_not else None


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


def made(env: Env, target: Node, value: Value) -> None:
    """Takes note of what was made where nothing was, for who asks for it under the same name: `cls._one = Store()`."""
    once = env.names.get(KEPT)
    if isinstance(once, Const) and once.value == form.dotted(target):
        env.names[f"{KEPT} {once.value}"] = value


def once_made(env: Env, node: Node) -> Value | None:
    """What was just made under the same name."""
    once = env.names.get(KEPT)
    return (
        env.names.get(f"{KEPT} {once.value}") if isinstance(once, Const) and once.value == form.dotted(node) else None
    )


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
