"""What handlers ask guard for, on a real application with a real journal: the contract's words, one by one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import BackgroundTasks, FastAPI, Request, Response, WebSocket
from fastapi.responses import StreamingResponse

from nomoat import guard
from nomoat.guard.asking import NoRequestError
from nomoat.guard.loading import Mode
from nomoat.journal import blocks
from tests.guard.guarded import POLICY, Guarded, last
from tests.policy.maps import route

READ = route("GET /orders", binding=("orders:read",), requires=("orders:read",))


def _app(handler: Callable[..., Any], *, method: str = "GET") -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_api_route("/orders", handler, methods=[method], response_model=None)
    return app


def _guarded(root: Path, handler: Callable[..., Any], mode: Mode = "enforce") -> Guarded:
    return Guarded(root, _app(handler), (READ,), mode=mode)


def _swallow() -> dict[str, str]:
    with contextlib.suppress(guard.Denied):
        guard.require("orders:read", owner="ben")
    return {"secret": "of ben"}


def test_a_denied_require_is_sticky_though_the_handler_swallows_it(tmp_path: Path) -> None:
    answer, facts = _guarded(tmp_path, _swallow).ask("GET", "/orders")

    assert (403, ("deny", "condition-false")) == (answer.status, last(facts))
    assert b"ben" not in answer.body


def test_a_denied_require_also_replaces_an_error_of_the_handler(tmp_path: Path) -> None:
    def handler() -> Response:
        _swallow()
        return Response("of ben", status_code=418)

    answer, _ = _guarded(tmp_path, handler).ask("GET", "/orders")

    assert (403, False) == (answer.status, b"ben" in answer.body)


def _sync(owner: str) -> Callable[[], Any]:
    def handler() -> str:
        guard.require("orders:read", owner=owner)
        return "ok"

    return handler


def _thread(owner: str) -> Callable[[], Any]:
    async def handler() -> str:
        await asyncio.to_thread(guard.require, "orders:read", owner=owner)
        return "ok"

    return handler


def _bare_thread(owner: str) -> Callable[[Request], Any]:
    async def handler(request: Request) -> str:
        # An executor carries no context variables along: the request is handed over.
        ask = lambda: guard.require("orders:read", request=request, owner=owner)  # noqa: E731
        await asyncio.get_running_loop().run_in_executor(None, ask)
        return "ok"

    # The class is not known by name inside a closure, so FastAPI is told what the parameter is.
    handler.__annotations__["request"] = Request
    return handler


@pytest.mark.parametrize("make", [_sync, _thread, _bare_thread])
@pytest.mark.parametrize(("owner", "expected"), [("ana", (200, "allow")), ("ben", (403, "deny"))])
def test_require_decides_in_every_thread(
    make: Callable[[str], Any], owner: str, expected: tuple[int, str], tmp_path: Path
) -> None:
    answer, facts = _guarded(tmp_path, make(owner)).ask("GET", "/orders")

    assert expected == (answer.status, last(facts)[0])
    assert [0, 1] == sorted(fact.sequence for fact in facts)
    assert 1 == len({fact.request for fact in facts})


def test_require_after_the_answer_raises_and_is_recorded_late(tmp_path: Path) -> None:
    def handler(tasks: BackgroundTasks) -> str:
        guard.require("orders:read", owner="ana")
        tasks.add_task(guard.require, "orders:read", owner="ana")
        return "ok"

    guarded = _guarded(tmp_path, handler)
    with pytest.raises(guard.Denied):
        guarded.ask("GET", "/orders")

    assert ("deny", "decision-late") == last(guarded.decisions())


def test_a_stream_whose_late_denial_is_swallowed_is_broken_off(tmp_path: Path) -> None:
    sent: list[str] = []

    async def handler() -> StreamingResponse:
        guard.require("orders:read", owner="ana")

        async def rows() -> Any:
            yield "first"
            try:
                guard.require("orders:read", owner="ben")
            except guard.Denied:
                sent.append("swallowed")
            yield "second"
            sent.append("second left")

        return StreamingResponse(rows())

    guarded = _guarded(tmp_path, handler)
    # Older versions of the framework send a stream in a task group, which wraps what is raised in it.
    with pytest.raises((guard.Denied, ExceptionGroup)) as raised:
        guarded.ask("GET", "/orders")

    error = raised.value.exceptions[0] if isinstance(raised.value, ExceptionGroup) else raised.value
    assert isinstance(error, guard.Denied)
    assert (["swallowed"], ("deny", "decision-late")) == (sent, last(guarded.decisions()))


@pytest.mark.parametrize("ask", [guard.require, guard.may])
def test_outside_of_a_request_every_question_raises(ask: Callable[..., Any]) -> None:
    with pytest.raises(NoRequestError):
        ask("orders:read", owner="ana")
    with pytest.raises(NoRequestError):
        guard.only("orders:read", [], owner="owner")


@pytest.mark.parametrize("owner", ["ana", "ben"])
def test_may_never_counts(owner: str, tmp_path: Path) -> None:
    told: list[bool] = []

    def handler() -> str:
        told.append(guard.may("orders:read", owner=owner))
        return "ok"

    answer, facts = _guarded(tmp_path, handler).ask("GET", "/orders")

    assert (403, ("deny", "decision-missing"), [owner == "ana"]) == (answer.status, last(facts), told)
    assert {"orders:read"} == {name for fact in facts for name in fact.permissions}


@pytest.mark.parametrize("value", [1.5, None, b"ana", ["ana"], object(), 1 << 63, -(10**5000)], ids=lambda _: "")
def test_an_attribute_that_nothing_can_compare_is_an_error_of_the_condition(value: object, tmp_path: Path) -> None:
    def handler() -> str:
        with contextlib.suppress(Exception):
            guard.require("orders:read", owner=value)  # type: ignore[arg-type]  # what a careless handler does
        return "ok"

    answer, facts = _guarded(tmp_path, handler).ask("GET", "/orders")

    assert (403, ("deny", "condition-error")) == (answer.status, last(facts))


@pytest.mark.parametrize("value", [7, True])
def test_comparing_different_types_is_an_error_of_the_condition(value: int, tmp_path: Path) -> None:
    def handler() -> str:
        guard.require("orders:read", owner=value)
        return "ok"

    answer, facts = _guarded(tmp_path, handler).ask("GET", "/orders")

    assert (403, ("deny", "condition-error")) == (answer.status, last(facts))


@pytest.mark.parametrize(("names", "status"), [(("orders:read",), 403), (("orders:read", "orders:write"), 200)])
def test_every_deferred_permission_is_decided_by_its_name(names: tuple[str, ...], status: int, tmp_path: Path) -> None:
    def handler() -> str:
        for name in names:
            guard.require(name, owner="ana")
        return "ok"

    both = ("orders:read", "orders:write")
    answer, facts = Guarded(tmp_path, _app(handler), (route("GET /orders", binding=both, requires=both),)).ask(
        "GET", "/orders"
    )

    assert status == answer.status
    assert ("allow", "granted") == last(facts) if status == 200 else ("deny", "decision-missing") == last(facts)


def test_a_decision_about_another_permission_is_none_about_the_deferred_one(tmp_path: Path) -> None:
    def handler() -> str:
        guard.require("export:read")
        return "ok"

    answer, facts = _guarded(tmp_path, handler).ask("GET", "/orders")

    assert (403, ("deny", "decision-missing")) == (answer.status, last(facts))


@pytest.mark.parametrize("status", [400, 404, 500])
def test_an_error_without_a_decision_passes_and_is_recorded(status: int, tmp_path: Path) -> None:
    def handler() -> Response:
        return Response("as it is", status_code=status, headers={"x-kept": "yes"})

    answer, facts = _guarded(tmp_path, handler).ask("GET", "/orders")

    assert (status, b"as it is", "yes") == (answer.status, answer.body, answer.header("x-kept"))
    assert ("deny", "not-decided") == last(facts)


@pytest.mark.parametrize("protects", [False, True])
def test_a_handler_that_fails_before_it_decides_is_recorded_as_not_decided(protects: bool, tmp_path: Path) -> None:
    def handler() -> str:
        raise ZeroDivisionError

    guarded = _guarded(tmp_path, handler)
    guarded.protects = protects
    with pytest.raises(ZeroDivisionError):
        guarded.ask("GET", "/orders")

    fact = max(guarded.decisions(), key=lambda one: one.sequence)
    assert ("deny", "not-decided", 500) == (fact.outcome, fact.reason, fact.status)


@pytest.mark.parametrize("status", [200, 204, 303])
def test_an_answer_without_a_decision_is_replaced_with_its_headers_and_cookies(status: int, tmp_path: Path) -> None:
    def handler() -> Response:
        answer = Response(status_code=status, headers={"location": "/ben", "etag": '"ben"'})
        answer.set_cookie("session", "ben")
        return answer

    answer, facts = _guarded(tmp_path, handler).ask("GET", "/orders")

    assert (403, ("deny", "decision-missing")) == (answer.status, last(facts))
    assert {b"content-type", b"content-length", b"cache-control"} == {name for name, _ in answer.headers}


DECIDED = POLICY + 'routes: {"POST /orders": {permission: orders:write, decided_in: handler, because: read by hand}}\n'


@pytest.mark.parametrize(
    ("requires", "policy", "ran"),
    [((), POLICY, False), (("orders:read",), POLICY, False), (("orders:write",), POLICY, True), ((), DECIDED, True)],
)
def test_a_write_that_its_handler_never_decides_is_refused_before_it(
    requires: tuple[str, ...], policy: str, ran: bool, tmp_path: Path
) -> None:
    calls: list[str] = []

    def handler() -> str:
        calls.append("ran")
        guard.require("orders:write", owner="ana")
        return "ok"

    drawn = route("POST /orders", binding=("orders:write",), requires=requires)
    answer, facts = Guarded(tmp_path, _app(handler, method="POST"), (drawn,), policy=policy).ask("POST", "/orders")

    assert ((200, ["ran"]) if ran else (403, [])) == (answer.status, calls)
    assert last(facts)[1] == ("granted" if ran else "undecided-before-write")


def test_a_deferred_websocket_is_refused_at_its_handshake(tmp_path: Path) -> None:
    ran: list[str] = []
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    async def feed(socket: WebSocket) -> None:
        ran.append("ran")
        await socket.accept()

    app.add_api_websocket_route("/feed", feed)
    drawn = route("WS /feed", binding=("orders:read",), requires=("orders:read",))
    sent, facts = Guarded(tmp_path, app, (drawn,)).connect("/feed")

    assert ([], [{"type": "websocket.close", "code": 1008}]) == (ran, sent)
    assert ("deny", "depends-on-resource") == last(facts)


def _blocked(store: Any) -> None:
    blocks.place(store, "192.0.2.1", for_s=3600, because="INC-1", by="ana")


@pytest.mark.parametrize("mode", ["audit", "enforce"])
def test_a_block_refuses_on_public_routes_and_never_says_why(mode: Mode, tmp_path: Path) -> None:
    def handler() -> str:
        return "ok"

    drawn = route("GET /orders", binding="public")
    policy = POLICY + 'routes: {"GET /orders": {public: true, because: a shop window}}\n'
    guarded = Guarded(tmp_path, _app(handler), (drawn,), policy=policy, mode=mode, who=None, prepare=_blocked)
    answer, facts = guarded.ask("GET", "/orders")

    assert (403, ("deny", "blocked"), True) == (answer.status, last(facts), facts[-1].enforced)
    assert b"INC-1" not in answer.body and b"block" not in answer.body


def test_only_gives_what_is_allowed_and_counts_as_the_decision(tmp_path: Path) -> None:
    def handler() -> list[dict[str, str]]:
        return guard.only("orders:read", [{"by": "ana"}, {"by": "ben"}, {"by": "ana"}], owner="by")

    answer, facts = _guarded(tmp_path, handler).ask("GET", "/orders")
    fact = max(facts, key=lambda one: one.sequence)

    assert (200, [{"by": "ana"}, {"by": "ana"}]) == (answer.status, answer.json())
    assert (2, 1, 2) == (fact.allowed, fact.withheld, len(facts))


LONG = "a" * 64


@pytest.mark.parametrize(
    ("asked", "status"),
    [(LONG, 200), (LONG + "b", 403), (LONG + "/", 404), ("a" * 63, 403), ("a" * 2000, 403)],
)
def test_a_condition_reads_a_path_parameter_whole(asked: str, status: int, tmp_path: Path) -> None:
    def handler(number: str) -> str:
        return number

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.add_api_route("/orders/{number}", handler)
    policy = POLICY.replace(
        "- {permission: export:read}", '- {permission: me:read, when: "params.number == subject.sub"}'
    )
    who = guard.Identity(f"user:local/{LONG}", ("customer",))
    guarded = Guarded(tmp_path, app, (route("GET /orders/{number}", binding=("me:read",)),), policy=policy, who=who)
    answer, facts = guarded.ask("GET", f"/orders/{asked}")

    assert status == answer.status
    assert all(len(value) <= 64 for fact in facts for value in fact.params.values())
