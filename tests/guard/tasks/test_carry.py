"""Work that a handler leaves to others runs as its caller: decided when it runs, recorded, refused like a request."""

from __future__ import annotations

import asyncio
import functools
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import BackgroundTasks, FastAPI, Request
from flask import Flask

from nomoat import guard
from nomoat.appmap import codec
from nomoat.appmap.model import Entry
from nomoat.errors import StorageError, UsageError
from nomoat.guard import Identity
from nomoat.guard.asked import Denied
from nomoat.guard.asking import NoRequestError
from nomoat.guard.loading import Mode
from nomoat.journal.facts import Block, Decision, Revocation, timestamp
from nomoat.journal.journal import open_store
from tests.guard.guarded import ANA, POLICY, Guarded, last
from tests.guard.wsgi_calling import Served
from tests.policy.maps import map_of, route

EVE = Identity("user:local/eve", ("nothing",))
MODES = ("enforce", "audit")
GO = route("POST /go", binding="signed-in")
OPEN = POLICY + 'routes: {"POST /go": {public: true, because: "a test"}}\n'
TRACE = "0af7651916cd43dd8448eb211c80319c"
HERE = "tests.guard.tasks.test_carry"

ran: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_ran() -> Iterator[None]:
    ran.clear()
    yield
    ran.clear()


def send(owner: str = "ana") -> str:
    guard.require("orders:read", owner=owner)
    ran.append(owner)
    return owner


async def tell(owner: str = "ana") -> str:
    await asyncio.to_thread(guard.require, "orders:read", owner=owner)
    ran.append(owner)
    return owner


@guard.requires("export:read")
def export() -> None:
    ran.append("export")


@guard.requires("orders:read")
def forgetful() -> None:
    ran.append("forgetful")


def of_tasks(facts: list[Decision]) -> list[Decision]:
    return [fact for fact in facts if fact.target.startswith("task:")]


class Shop:
    """A Flask service that keeps what its handler carried, to be called when a test wants."""

    def __init__(
        self, tmp_path: Path, *, mode: Mode = "enforce", policy: str = POLICY, who: Identity | None = ANA
    ) -> None:
        app = Flask("shop")
        self.carried: list[Callable[..., Any]] = []
        self.given: Callable[..., Any] = send

        @app.post("/go")
        def go() -> str:
            self.carried.append(guard.carry(self.given))
            return "gone"

        self.served = Served(tmp_path, app, (GO,), policy=policy, mode=mode, who=who)

    def carry(self, function: Callable[..., Any] = send, **also: Any) -> Callable[..., Any]:
        self.given = function
        assert self.served.ask("POST", "/go", **also).status == 200
        return self.carried[-1]

    def append(self, *facts: Any) -> None:
        runtime = self.served.runtime
        runtime.store.append([(fact, None) for fact in facts])
        runtime.standing.look()

    def change(self, policy: str) -> None:
        (self.served.root / "nomoat.yaml").write_text(policy)
        self.served.runtime.reload()

    def facts(self) -> list[Decision]:
        """What was decided about tasks. Ends the service."""
        self.served.close()
        store = open_store(f"sqlite:{self.served.root}/journal.db")
        facts = [one.fact for one in store.read(kinds=(Decision,)) if isinstance(one.fact, Decision)]
        store.close()
        return of_tasks(facts)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Callable[..., Shop]]:
    made: list[Shop] = []

    def make(**also: Any) -> Shop:
        made.append(Shop(tmp_path, **also))
        return made[-1]

    yield make
    for one in made:
        one.served.close()


def background(handed: Callable[..., Any], *args: Any) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/go")
    def go(tasks: BackgroundTasks) -> str:
        tasks.add_task(guard.carry(handed), *args)
        return "gone"

    return app


@pytest.mark.parametrize("task", [send, tell], ids=["sync", "async"])
def test_a_background_task_asks_as_the_caller_although_the_answer_has_left(tmp_path: Path, task: Any) -> None:
    answer, facts = Guarded(tmp_path, background(task), (GO,)).ask(
        "POST", "/go", headers=[("traceparent", f"00-{TRACE}-b7ad6b7169203331-01")]
    )

    assert (200, ["ana"]) == (answer.status, ran)
    began, asked = of_tasks(facts)
    assert (f"task:shop/{HERE}.{task.__name__}", "TASK", "user:local/ana", ("customer",)) == (
        began.target, began.method, began.subject, began.roles,
    )  # fmt: skip
    assert [("allow", "signed-in", 0), ("allow", "granted", 1)] == [
        (one.outcome, one.reason, one.sequence) for one in (began, asked)
    ]
    request = next(fact for fact in facts if fact.target.startswith("route:"))
    # A run is none of the request's own decisions, and can be found from it.
    assert began.request == asked.request != request.request
    assert TRACE == began.trace == request.trace
    assert {"request": request.request} == began.also


def test_without_carry_it_is_too_late_to_ask(tmp_path: Path) -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/go")
    def go(tasks: BackgroundTasks) -> str:
        tasks.add_task(send)
        return "gone"

    with pytest.raises(Denied):
        Guarded(tmp_path, app, (GO,)).ask("POST", "/go")
    assert [] == ran


def test_what_may_not_is_refused_and_recorded(tmp_path: Path) -> None:
    served = Guarded(tmp_path, background(send, "ben"), (GO,))
    with pytest.raises(Denied, match="orders:read"):
        served.ask("POST", "/go")

    assert [] == ran
    assert ("deny", "condition-false") == last(of_tasks(served.decisions()))


def test_in_audit_mode_it_runs_and_says_what_would_have_been(tmp_path: Path) -> None:
    answer, facts = Guarded(tmp_path, background(send, "ben"), (GO,), mode="audit").ask("POST", "/go")

    assert (200, ["ben"]) == (answer.status, ran)
    assert ("deny", "condition-false") == last(of_tasks(facts))
    assert not any(one.enforced for one in of_tasks(facts))


def _pool(call: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


def _thread(call: Callable[[], Any]) -> Any:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(call()))
    thread.start()
    thread.join()
    return found[0]


def _loop(call: Callable[[], Any]) -> Any:
    async def run() -> Any:
        return await asyncio.create_task(call())

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("how", "task"), [(_pool, send), (_thread, send), (_loop, tell), (_loop, functools.partial(tell, owner="ana"))]
)
def test_wherever_it_is_called(shop: Any, how: Any, task: Any) -> None:
    one = shop()

    assert "ana" == how(one.carry(task))
    assert ["allow", "allow"] == [fact.outcome for fact in one.facts()]


def test_each_call_is_a_run(shop: Any) -> None:
    one = shop()
    call = one.carry()
    call()
    call()

    assert 2 == len({fact.request for fact in one.facts()})


def test_two_runs_at_once_never_meet(shop: Any) -> None:
    one = shop()
    both = threading.Barrier(2)

    def task() -> bool:
        both.wait(5)
        found = guard.may("export:read")
        both.wait(5)
        return found

    as_ana = one.carry(task)
    one.served.who = EVE
    as_eve = one.carry(task)
    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(call) for call in (as_ana, as_eve)]

    assert [True, False] == [each.result() for each in found]


@pytest.mark.parametrize(("who", "reason"), [(ANA, "granted"), (EVE, "no-grant")])
def test_what_stands_above_the_function_is_decided_before_it_runs(shop: Any, who: Identity, reason: str) -> None:
    one = shop(who=who)
    call = one.carry(export)
    if reason == "granted":
        call()
    else:
        with pytest.raises(Denied):
            call()

    assert (["export"] if reason == "granted" else []) == ran
    (fact,) = one.facts()
    assert (("export:read",), reason) == (fact.permissions, fact.reason)


@pytest.mark.parametrize("mode", MODES)
def test_what_is_left_to_a_task_that_never_asks_is_recorded_and_raised(shop: Any, mode: Mode) -> None:
    one = shop(mode=mode)
    call = one.carry(forgetful)
    if mode == "enforce":
        with pytest.raises(Denied) as refused:
            call()
        assert "decision-missing" == refused.value.reason
    else:
        call()

    assert ["deferred", "deny"] == [fact.outcome for fact in one.facts()]


def test_and_one_that_fails_before_it_asks_says_so(shop: Any) -> None:
    @guard.requires("orders:read")
    def fails() -> None:
        raise LookupError

    one = shop()
    with pytest.raises(LookupError):
        one.carry(fails)()

    assert ("deny", "not-decided") == last(one.facts())


def test_a_denial_that_is_swallowed_stands(shop: Any) -> None:
    def swallows() -> str:
        try:
            send("ben")
        except Denied:
            return "nothing happened"
        return "sent"

    one = shop()
    with pytest.raises(Denied):
        one.carry(swallows)()

    assert ("deny", "condition-false") == last(one.facts())


def _block() -> Block:
    until = timestamp(datetime.now(UTC) + timedelta(hours=1))
    return Block(block="b1", what="subject", value=ANA.subject, until=until, because="x", by="y")


@pytest.mark.parametrize("mode", MODES)
def test_whoever_is_blocked_meanwhile_is_refused_in_both_modes(shop: Any, mode: Mode) -> None:
    one = shop(mode=mode)
    call = one.carry()
    one.append(_block())
    with pytest.raises(Denied) as refused:
        call()

    assert ("blocked", []) == (refused.value.reason, ran)
    (fact,) = one.facts()
    assert ("deny", "blocked", True) == (fact.outcome, fact.reason, fact.enforced)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("ask", ["require", "only", "filter", "may"])
def test_and_so_is_one_whose_task_is_running(shop: Any, mode: Mode, ask: str) -> None:
    one = shop(mode=mode)

    def task() -> None:
        send()
        one.append(_block())
        if ask == "require":
            send()
        elif ask == "only":
            guard.only("orders:read", [{"owner": "ana"}], owner="owner")
        elif ask == "filter":
            from sqlalchemy import Column, String

            guard.filter("orders:read", owner=Column("owner", String))
        else:
            assert not guard.may("orders:read", owner="ana")
            send()

    with pytest.raises(Denied) as refused:
        one.carry(task)()

    assert ("blocked", ["ana"]) == (refused.value.reason, ran)
    assert ("deny", "blocked") == last(one.facts())


def test_a_revoked_credential_runs_nothing(shop: Any) -> None:
    one = shop(who=replace(ANA, credential="sha256:11", jti="j1"))
    calls = [one.carry(), one.carry()]
    one.append(Revocation(what="jti", value="j1", because="x", by="y"))
    for call in calls:
        with pytest.raises(Denied) as refused:
            call()
        assert "revoked" == refused.value.reason
    assert [] == ran


def test_the_policy_in_force_when_it_runs_decides(shop: Any) -> None:
    one = shop()
    call = one.carry(export)
    call()
    one.change(POLICY.replace("    - {permission: export:read}\n", ""))
    with pytest.raises(Denied):
        call()

    facts = one.facts()
    assert ["granted", "no-grant"] == [fact.reason for fact in facts]
    assert 2 == len({fact.policy for fact in facts})


def test_a_credential_stays_limited(shop: Any) -> None:
    one = shop(who=replace(ANA, only=frozenset(("orders:read",))))
    with pytest.raises(Denied):
        one.carry(export)()

    (fact,) = one.facts()
    assert (("orders:read",), "out-of-scope") == (fact.only, fact.reason)


@pytest.mark.parametrize("mode", MODES)
def test_nobody_stays_nobody(shop: Any, mode: Mode) -> None:
    one = shop(who=None, mode=mode, policy=OPEN)
    call = one.carry(lambda: ran.append("x"))
    if mode == "enforce":
        with pytest.raises(Denied):
            call()
    else:
        call()

    assert (["x"] if mode == "audit" else []) == ran
    assert [("deny", "unauthenticated", "anonymous")] == [(f.outcome, f.reason, f.subject) for f in one.facts()]


def test_what_the_handler_decided_does_not_leak_in(tmp_path: Path) -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/go/{owner}")
    def go(owner: str, tasks: BackgroundTasks) -> str:
        guard.require("orders:read", owner="ana")
        tasks.add_task(guard.carry(send), "ben")
        return "gone"

    served = Guarded(tmp_path, app, (route("POST /go/{owner}", binding="signed-in"),))
    with pytest.raises(Denied):
        served.ask("POST", "/go/ana")
    assert all(not fact.params for fact in of_tasks(served.decisions()))


def test_a_task_hands_on_as_its_own_caller(shop: Any) -> None:
    one = shop()

    def outer() -> None:
        guard.carry(send)()

    one.carry(outer)()

    assert {"user:local/ana"} == {fact.subject for fact in one.facts()}
    assert ["ana"] == ran


def test_the_request_can_be_said(tmp_path: Path) -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/go")
    async def go(request: Request) -> str:
        found: list[Any] = []
        # A thread of its own has no context: nothing but the request says who calls.
        thread = threading.Thread(target=lambda: found.append(guard.carry(send, request=request)))
        thread.start()
        thread.join()
        return str(await asyncio.to_thread(found[0]))

    answer, _ = Guarded(tmp_path, app, (GO,)).ask("POST", "/go")

    assert (200, ["ana"]) == (answer.status, ran)


def test_outside_of_a_request_there_is_nobody_to_run_as() -> None:
    with pytest.raises(NoRequestError):
        guard.carry(send)


def test_where_nothing_guards_no_service_is_known_either() -> None:
    # A process of its own: here another test may have left a guard that is not collected yet.
    program = "from nomoat import guard\nwith guard.as_service():\n    guard.carry(print)\n"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "NoRequestError" in ended.stderr
    assert "which service" in ended.stderr


def _many() -> Iterator[int]:
    yield 1


@pytest.mark.parametrize("what", [None, "text", Shop, _many])
def test_what_cannot_be_called_and_be_done_is_a_mistake(what: Any) -> None:
    with pytest.raises(UsageError):
        guard.carry(what)


@pytest.mark.parametrize("module", [HERE, "tasks.test_carry", f"src.{HERE}"])
def test_the_task_has_the_id_that_the_map_has_for_it(shop: Any, module: str) -> None:
    one = shop()
    drawn = replace(
        map_of(GO),
        entries=(Entry("task:shop/mail.send", "shop", "task", "mail.send", f"{module}:send", "shop/mail.py:3"),),
    )
    call = one.carry()
    (one.served.root / ".nomoat" / "map.json").write_text(codec.file_text(drawn))
    one.served.runtime.reload()
    call()

    assert {"task:shop/mail.send"} == {fact.target for fact in one.facts()}


SELF = POLICY + "calls: [{from: shop, to: shop, may: [export:read]}]\n"


def test_the_service_itself_where_the_code_says_so(tmp_path: Path) -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/go")
    def go(tasks: BackgroundTasks) -> str:
        with guard.as_service():
            tasks.add_task(guard.carry(export))
        tasks.add_task(guard.carry(send))
        return "gone"

    answer, facts = Guarded(tmp_path, app, (GO,), policy=SELF).ask("POST", "/go")

    assert (200, ["export", "ana"]) == (answer.status, ran)
    assert ["service:shop", "user:local/ana", "user:local/ana"] == [fact.subject for fact in of_tasks(facts)]


def test_a_task_inside_has_its_own_caller(shop: Any) -> None:
    one = shop(policy=SELF)

    def outer() -> None:
        guard.carry(lambda: None)()

    as_ana = one.carry(outer)
    with guard.as_service():
        as_ana()
        guard.carry(export)()

    assert ["user:local/ana", "user:local/ana", "service:shop"] == [fact.subject for fact in one.facts()]


def test_a_request_inside_has_its_own_caller(shop: Any) -> None:
    one = shop(policy=SELF)
    with guard.as_service():
        one.carry()()

    assert {"user:local/ana"} == {fact.subject for fact in one.facts()}


class _Full:
    """A store on a full disk; all but the writing is real."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def append(self, *_: Any, **__: Any) -> Any:
        raise StorageError("the disk is full", where="here", fix="make room")


def test_a_denial_is_the_same_in_another_process() -> None:
    again = pickle.loads(pickle.dumps(Denied("orders:read", "no-grant")))

    assert ("orders:read", "no-grant", str(Denied("orders:read", "no-grant"))) == (
        again.permission, again.reason, str(again),
    )  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
def test_a_decision_that_cannot_be_written_runs_nothing_in_enforce(shop: Any, mode: Mode) -> None:
    one = shop(mode=mode)
    calls = [one.carry(lambda: ran.append("x")) for _ in range(2)]
    writer = one.served.runtime.writer
    real, writer._store = writer._store, _Full(writer._store)
    for call in calls:
        if mode == "enforce":
            with pytest.raises(Denied) as refused:
                call()
            assert "journal-unavailable" == refused.value.reason
        else:
            call()
    writer._store = real

    assert ([] if mode == "enforce" else ["x", "x"]) == ran


def test_blocks_that_nobody_knows_stop_a_task_that_is_running(shop: Any) -> None:
    one = shop()

    def task() -> None:
        send()
        standing = one.served.runtime.standing
        standing.stop()
        standing._read_at -= 60
        send()

    with pytest.raises(Denied) as refused:
        one.carry(task)()

    assert ("blocks-unavailable", ["ana"]) == (refused.value.reason, ran)


def test_where_audit_could_not_decide_the_request_its_tasks_run(tmp_path: Path) -> None:
    served = Guarded(tmp_path, background(lambda: ran.append("x")), (GO,), mode="audit", policy="roles: [what")
    answer, facts = served.ask("POST", "/go")

    assert (200, ["x"], []) == (answer.status, ran, facts)
