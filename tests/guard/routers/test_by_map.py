"""Routers that guard never asks: whatever one of them dispatches to a route, that route's own demand has allowed."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nomoat.appmap import codec, ids
from nomoat.appmap.model import Route
from nomoat.guard import Identity, WSGIGuard
from nomoat.guard.testing import journal_in_memory
from tests.guard.routers import strange
from tests.guard.routers.strange import Table
from tests.guard.wsgi_calling import call, environ_of
from tests.policy.maps import map_of, route

POLICY = """\
services: {shop: {app: "main:app"}}
roles: {reader: [read], owner: [{permission: own, when: params.x0 == subject.sub}]}
journal: {store: "sqlite:journal.db"}
"""
METHODS = ("GET", "GET", "HEAD", "POST", "DELETE")
SEGMENTS = ("a", "b", "{x}", "{x}", "{x:int}", "{x:path}", "a{x}", "A", "é", "1", "{x:uuid}", "{x}.b")
BINDINGS: tuple[Any, ...] = ("public", "public", "signed-in", ("read",), ("write",), ("own",), ("own",), None)
UUID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
FILLED = {
    "": ("a", "b", "1", "ana", "A", "e%CC%81", "x.b", "%C3%A9"), "int": ("1", "01", "2", "%D9%A1"),
    "path": ("a", "a/b", "", "1/a", "ana"), "uuid": (UUID, UUID.upper()),
}  # fmt: skip
ODD = (
    lambda path: path + "/", lambda path: path.rstrip("/"), str.upper, lambda path: path.replace("/", "//", 1),
    lambda path: "/b/.." + path, lambda path: path + "/.", lambda path: path + ";x", lambda path: path + "%0A",
    lambda path: path.replace("a", "%2561"), lambda path: path.replace("a", "%EF%BD%81"), lambda path: path + "%20",
    lambda path: path[:1] + path[1:].replace("/", "%5C"), lambda path: path[:1] + path[1:].replace("/", "%252F"),
    lambda path: path.replace("/a", "/a%00"), lambda path: path[1:], lambda path: path.replace("1", "%EF%BC%91"),
    lambda path: path + "?_method=DELETE", lambda path: path + "?a=1;_Method=post",
)  # fmt: skip
HEADERS = (("X-HTTP-Method-Override", "DELETE"), ("X-Original-URL", "/a"), ("X-Original-URL", "/A/b"))
WHO = (None, Identity("user:local/eve"), Identity("user:local/1", ("owner",)), Identity("user:local/ana", ("owner",)),
       Identity("user:local/ana", ("reader",)))  # fmt: skip


def table_of(chance: Random) -> Table:
    """Routes that overlap, as those of a careless application do."""
    found: dict[tuple[str, str], Any] = {}
    for _ in range(chance.randint(2, 7)):
        segments = [chance.choice(SEGMENTS) for _ in range(chance.choice((1, 1, 2, 2, 3)))]
        path = "/" + "/".join(one.replace("{x", f"{{x{n}") for n, one in enumerate(segments))
        found[chance.choice(METHODS), path + chance.choice(("", "", "/"))] = chance.choice(BINDINGS)
    if chance.random() < 0.6:
        found[chance.choice(METHODS), "/{x0:path}"] = chance.choice(("public", "signed-in"))
    keys = {(method, ids.path_key(path)): (method, path, binding) for (method, path), binding in found.items()}
    return list(keys.values())


def request_of(chance: Random, table: Table) -> tuple[str, str, list[tuple[str, str]], str]:
    """One that some route is meant by, and often made odd: method, target, headers, what it is mounted at."""
    method, path, _ = chance.choice(table)
    target = re.sub(r"\{\w+(?::(\w+))?\}", lambda found: chance.choice(FILLED[found.group(1) or ""]), path)
    target = target.replace("é", "%C3%A9")
    for _ in range(chance.choice((0, 0, 0, 1, 1, 2))):
        target = chance.choice(ODD)(target)
    method = chance.choice((method, method, method, "HEAD", "get", *METHODS))
    headers = [chance.choice(HEADERS)] if chance.random() < 0.1 else []
    return method, target, headers, chance.choice(("", "", "", "/a"))


def allows(binding: Any, params: dict[str, str], who: Identity | None) -> bool:
    """What a route's own demand says of a caller, by hand."""
    if binding == "public":
        return True
    if binding is None or who is None:
        return False
    if binding == "signed-in":
        return True
    granted = {"read": "reader" in who.roles, "own": "owner" in who.roles and params.get("x0") == who.subject[11:]}
    return granted.get(binding[0], False)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(chance=st.randoms(use_true_random=False))
def test_what_a_router_dispatches_its_own_demand_has_allowed(chance: Random) -> None:
    table = table_of(chance)
    ran: list[tuple[int, dict[str, str]]] = []
    routers = [make(table, ran) for make in strange.ROUTERS]
    behind: list[Any] = [None]
    with guarded(lambda *given: behind[0](*given), table) as (app, callers):
        for _ in range(40):
            method, target, headers, script = request_of(chance, table)
            callers.append(chance.choice(WHO))
            for router, make in zip(routers, strange.ROUTERS, strict=True):
                behind[0] = router
                ran.clear()

                call(app, environ_of(method, target, headers, script=script))

                for number, params in ran:
                    asked = (make.__name__, method, target, headers, table[number], params, callers[-1])
                    assert allows(table[number][2], params, callers[-1]), asked


class guarded:  # noqa: N801  it is read as a verb
    """An application behind guard, that goes by a map of a table."""

    def __init__(self, app: Any, table: Table) -> None:
        self._app, self._table = app, table
        self._folder = tempfile.TemporaryDirectory()
        self._in_memory = journal_in_memory()
        self._callers: list[Identity | None] = [None]

    def __enter__(self) -> tuple[WSGIGuard, list[Identity | None]]:
        root = Path(self._folder.name)
        rules = {f"{m} {p}": "{public: true, because: x}" for m, p, b in self._table if b == "public"}
        lines = [f'  "{name}": {demand}' for name, demand in rules.items()]
        (root / "nomoat.yaml").write_text(
            POLICY + ("routes:\n" + "\n".join(lines) + "\n" if lines else ""), encoding="utf-8"
        )
        (root / ".nomoat").mkdir()
        (root / ".nomoat" / "map.json").write_text(codec.file_text(map_of(*map(_route, self._table))), encoding="utf-8")
        self._in_memory.__enter__()
        self._guard = WSGIGuard(self._app, "enforce", config=root / "nomoat.yaml", identity=lambda _: self._callers[-1])
        return self._guard, self._callers

    def __exit__(self, *_: object) -> None:
        self._guard.close()
        self._in_memory.__exit__(None, None, None)
        self._folder.cleanup()


def _route(one: tuple[str, str, Any]) -> Route:
    method, path, binding = one
    source = None if binding == "public" else binding
    asks = source if isinstance(source, tuple) else ()
    return route(f"{method} {path}", binding=source, verdict="guarded" if source else "unguarded", requires=asks)
