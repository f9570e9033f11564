"""Loops that change the paths of what a router has: `for route in router.routes: route.path = f"{route.path}/"`.

A router may be copied where it is included, by the version: what is changed of it afterwards is changed there, or not.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.trial.machine import ExhaustedError, RaisedError
from nomoat.survey.trial.registry import Registry
from nomoat.survey.trial.values import Class, Const, Object

if TYPE_CHECKING:
    from nomoat.survey.python.form import Body, Node
    from nomoat.survey.trial.statements import Trial
    from nomoat.survey.trial.values import Env

#: What a path is changed into; None where that cannot be read.
Rewrites = Callable[[str], str | None]


def note(run: Trial, node: Node, env: Env) -> bool:
    """Takes note of such a loop; whether it is one."""
    source, element = node[4], node[3]
    if not run.wires or source[0] != form.ATTRIBUTE or source[4] != "routes" or element[0] != form.NAME:
        return False
    if not any(_sets_path(one, element[3]) for one in form.walk_scope(node[5])):
        return False
    router = run.evaluate(env, source[3])
    if not isinstance(router, Registry):
        return False
    router.rewritten.append((len(router.entries), partial(_rewritten, run, node, env.copy()), run.at(env, node)))
    return True


def _sets_path(node: Node, name: str) -> bool:
    return node[0] == form.ASSIGN and any(form.dotted(one) == f"{name}.path" for one in node[3])


def _rewritten(run: Trial, node: Node, env: Env, path: str) -> str | None:
    """What the body of a loop makes of the path of one route."""
    cls = run.by_name("nomoat_route.Route")
    body = _of_routes(node[5], node[3][3])
    if not isinstance(cls, Class) or any(map(_asks_kind, form.walk_scope(body))):
        return None
    inside = env.copy()
    route = Object(cls, {"path": Const(path)}, is_fresh=True)
    run.assign(inside, node[3], route)
    try:
        run.run(body, inside)
    except (RaisedError, ExhaustedError):
        return None
    found = route.attributes.get("path")
    return found.value if isinstance(found, Const) and isinstance(found.value, str) and not found.marks else None


def _of_routes(body: Body, name: str) -> Body:
    """What is done with each route: all of it, or what stands in `if isinstance(route, APIRoute):`."""
    only = body[0] if len(body) == 1 and body[0][0] == form.IF else None
    test = only[3][0][0] if only is not None and len(only[3]) == 1 and not only[4] else None
    if only is None or test is None or not _asks_kind(test) or form.dotted(test[4][0]) != name:
        return body
    return tuple(only[3][0][1])


def _asks_kind(node: Node) -> bool:
    return node[0] == form.CALL and form.dotted(node[3]) == "isinstance" and bool(node[4])
