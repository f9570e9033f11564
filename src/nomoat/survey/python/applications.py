"""What is kept on an application for its handlers: `app["users"] = UserStore(pool)`, `app.state.users = ...`.

Or `Application(state=State({"users": ...}))`.

Takes the parsed program; says what stands under a key of an application, by every assignment of that key in the tree.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.resolved import Resolved, merged
from nomoat.survey.python.sources import TEST_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nomoat.survey.python.form import Node
    from nomoat.survey.python.resolve import Resolver
    from nomoat.survey.python.symbols import Scope

_NAMES = frozenset(("app", "application", "_app", "config_dict"))
_KEPT = re.compile(rb"\b_?app(?:lication)?(?:\[[\w.\"']+\]|\.state\.\w+)\s*(?::[^=\n]{1,80})?=(?!=)")
_WORDS = (b"app", b"application", b"_app")
_GIVEN = re.compile(rb"\bstate\s*=\s*(?:\w+\.)?State\(\s*\{")
_KEYS = frozenset(("aiohttp.web.AppKey", "aiohttp.web_app.AppKey", "aiohttp.helpers.AppKey"))
_MAX_ALTERNATIVES = 4


class KeptOnApplications:
    """Answers for one program."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._found: dict[str, Resolved | None] = {}

    @cached_property
    def _kept(self) -> dict[str, list[tuple[Scope, Node]]]:
        program = self._resolver.program
        found: dict[str, list[tuple[Scope, Node]]] = {}
        for path in program.words.matching(_KEPT, _WORDS):
            if TEST_FILE.search(path):
                continue
            for scope in program.scopes(within=program.modules[path]):
                for node in scope.nodes if scope.may_hold(_KEPT) else ():
                    for target in node[3] if node[0] == form.ASSIGN else ():
                        key = _key(target)
                        if key:
                            found.setdefault(key, []).append((scope, node[4]))
        for path in program.words.matching(_GIVEN, (b"State",)):
            if TEST_FILE.search(path):
                continue
            for scope in program.scopes(within=program.modules[path]):
                for node in form.walk_scope(scope.body) if scope.may_hold(_GIVEN) else ():
                    for key, value in _given(node):
                        found.setdefault(f"state.{key}", []).append((scope, value))
        return found

    def held(self, scope: Scope, node: Node) -> Resolved | None:
        """What an expression like `request.app["users"]` or `app.state.users` stands for; None where nothing tells."""
        key = _key(node)
        if not key:
            return None
        if node[0] == form.SUBSCRIPT and node[4][0] != form.CONSTANT:
            declared = self._declared(scope, node[4])
            if declared is not None:
                return declared
        if key not in self._found:
            # A value that is made of what it is asked for has no answer of its own.
            self._found[key] = None
            given = self._kept.get(key, ())[:_MAX_ALTERNATIVES]
            answer = merged([self._resolver.resolve(where, value) for where, value in given]) if given else None
            self._found[key] = answer if answer is not None and answer.is_resolved else None
        return self._found[key]

    def _declared(self, scope: Scope, key: Node) -> Resolved | None:
        """`web.AppKey("users", UserStore)` says what stands under it."""
        made = self._resolver.resolve(scope, key)
        call = made.value
        if made.name not in _KEYS or call is None or call[0] != form.CALL or made.where is None or len(call[4]) < 2:
            return None
        found = self._resolver.annotations.instance(made.where, call[4][1])
        return found if found.is_resolved else None


def _key(node: Node) -> str:
    """The key under which something is kept on an application; empty where it is not."""
    if node[0] == form.SUBSCRIPT and is_application(node[3]):
        text = form.text_of(node[4])
        return text if text is not None else (form.dotted(node[4]) or "").rpartition(".")[2]
    if node[0] == form.ATTRIBUTE and node[3][0] == form.ATTRIBUTE and node[3][4] == "state":
        return f"state.{node[4]}" if is_application(node[3][3]) else ""
    return ""


def _given(node: Node) -> Iterator[tuple[str, Node]]:
    """What an application is given with its state: `state=State({"users": UserStore(pool)})`."""
    if node[0] != form.CALL or form.dotted(node[3]) is None:
        return
    made = next((value for name, value in node[5] if name == "state" and value[0] == form.CALL), None)
    first = made[4][0] if made is not None and made[4] else None
    for key, value in first[3] if first is not None and first[0] == form.DICT else ():
        text = form.text_of(key) if key is not None else None
        if text is not None:
            yield text, value


def is_application(node: Node) -> bool:
    """Whether an expression is called like an application: `app`, `request.app`, `self.request.app`."""
    return (node[3] if node[0] == form.NAME else node[4] if node[0] == form.ATTRIBUTE else "") in _NAMES
