"""Limits: who comes too often waits, whoever else calls, in one worker or in all of them together."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from nomoat import settings
from nomoat.errors import SettingsError
from nomoat.guard import Identity
from nomoat.guard.limiting import Limiter, OwnCounts
from nomoat.guard.redis_counts import RedisCounts
from nomoat.guard.settings import read
from nomoat.journal import blocks
from nomoat.policy.limits import LimitRule
from tests.guard.calling import Answer, scope_of, serve
from tests.guard.guarded import ANA, POLICY, Guarded, last
from tests.guard.wsgi_calling import Served
from tests.policy.maps import route

BEN = Identity("user:local/ben", ("customer",))
ROUTES = (
    route("GET /export", binding=("export:read",)),
    route("POST /login", binding="public"),
    route("GET /open", binding="public"),
)


class Clock:
    """A clock that stands until it is told."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def rule(**fields: Any) -> LimitRule:
    return replace(LimitRule("client", 3, 60.0), **fields)


def limits(text: str) -> str:
    return f"{POLICY}limits: {text}\n"


# -- counting ----------------------------------------------------------------------------------------------------------


@given(
    at_most=st.integers(1, 20),
    within_s=st.sampled_from([0.5, 1.0, 7.0, 60.0, 3600.0]),
    steps=st.lists(st.floats(0, 30, allow_nan=False), min_size=1, max_size=60),
)
def test_no_more_pass_than_the_rate_allows_and_who_waits_as_told_passes(
    at_most: int, within_s: float, steps: list[float]
) -> None:
    clock = Clock()
    counts = OwnCounts(clock=clock)
    every_s, began, passed = within_s / at_most, clock.now, 0

    for step in steps:
        clock.now += step
        waits_s = counts.take("a", every_s=every_s, at_most=at_most)
        passed += waits_s == 0
        # All at once, and then at the rate: never more than this since the beginning.
        assert passed <= at_most + (clock.now - began) / every_s + 1e-3
        if waits_s:
            assert 0 < waits_s <= within_s
            clock.now += waits_s
            assert counts.take("a", every_s=every_s, at_most=at_most) == 0
            passed += 1


def test_a_flood_of_addresses_is_bounded() -> None:
    clock = Clock()
    counts = OwnCounts(clock=clock, most=100)

    for number in range(1000):
        assert counts.take(str(number), every_s=60, at_most=1) == 0

    assert len(counts._whole_at) <= 100
    # Who came last is still counted.
    assert counts.take("999", every_s=60, at_most=1) > 0


def test_threads_do_not_slip_through() -> None:
    counts = OwnCounts()
    passed: list[float] = []

    def knock() -> None:
        passed.extend(counts.take("a", every_s=1000, at_most=50) for _ in range(50))

    threads = [threading.Thread(target=knock) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert passed.count(0) == 50


@pytest.mark.parametrize(
    ("by", "first", "second", "is_same"),
    [
        ("client", ("192.0.2.1", "user:a"), ("192.0.2.1", "user:b"), True),
        ("client", ("192.0.2.1", "user:a"), ("192.0.2.2", "user:a"), False),
        # A subscriber has a whole /64 of IPv6.
        ("client", ("2001:db8::1", "user:a"), ("2001:db8::ffff:1", "user:a"), True),
        ("client", ("2001:db8::1", "user:a"), ("2001:db8:0:1::1", "user:a"), False),
        ("client", ("", "user:a"), ("", "user:b"), True),
        ("subject", ("192.0.2.1", "user:a"), ("192.0.2.2", "user:a"), True),
        ("subject", ("192.0.2.1", "user:a"), ("192.0.2.1", "user:b"), False),
        ("subject", ("192.0.2.1", "anonymous"), ("192.0.2.2", "anonymous"), False),
        ("subject", ("192.0.2.1", "anonymous"), ("192.0.2.1", "anonymous"), True),
        ("route", ("192.0.2.1", "user:a"), ("192.0.2.2", "user:b"), True),
    ],
)
def test_who_is_counted_as_one(by: Any, first: tuple[str, str], second: tuple[str, str], is_same: bool) -> None:
    limiter = Limiter(own=OwnCounts(), shared=None, say=print)
    rules = [rule(by=by, at_most=1)]

    assert limiter.over(rules, target="route:shop/GET /a", client=first[0], subject=first[1]) is None
    over = limiter.over(rules, target="route:shop/GET /a", client=second[0], subject=second[1])

    assert (over is not None) == is_same
    assert over is None or over.retry_after_s == 60


# -- a guarded application ---------------------------------------------------------------------------------------------


def application() -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/export")
    def export() -> str:
        return "all"

    @app.post("/login", status_code=401)
    def login() -> str:
        return "wrong password"

    @app.get("/open")
    def open_() -> str:
        return "open"

    return app


class Asking:
    """Several requests to one guarded application."""

    def __init__(self, root: Path, text: str, *requests: tuple[str, dict[str, Any]], **options: Any) -> None:
        self.guarded = Guarded(root, application(), ROUTES, policy=limits(text), **options)
        self._requests = requests

    def answers(self) -> list[Answer]:
        async def asked(app: Any) -> list[Answer]:
            found = []
            for target, also in self._requests:
                method, _, path = target.partition(" ")
                found.append(await serve(app, scope_of(method, path, **also)))
            return found

        answers: list[Answer] = self.guarded._run(asked)
        return answers

    def statuses(self) -> list[int]:
        return [answer.status for answer in self.answers()]


LOGIN = '{rules: [{route: "POST /login", by: client, at_most: 3, within: 1m}]}'


def test_signing_in_is_tried_so_often_and_no_more(tmp_path: Path) -> None:
    asking = Asking(tmp_path, LOGIN, *[("POST /login", {})] * 5, ("POST /login", {"client": "192.0.2.9"}))
    answers = asking.answers()

    assert [401, 401, 401, 429, 429, 401] == [answer.status for answer in answers]
    headers = dict(answers[3].headers)
    assert (headers[b"content-type"], 1 <= int(headers[b"retry-after"]) <= 20) == (b"application/problem+json", True)
    assert b"wrong" not in answers[3].body
    facts = [fact for fact in asking.guarded.decisions() if fact.reason == "rate-limited"]
    assert [("deny", True, 429)] * 2 == [(fact.outcome, fact.enforced, fact.status) for fact in facts]


def test_other_routes_go_on(tmp_path: Path) -> None:
    requests: list[tuple[str, dict[str, Any]]] = [*[("POST /login", {})] * 4, ("GET /export", {}), ("GET /open", {})]

    assert [401, 401, 401, 429, 200, 200] == Asking(tmp_path, LOGIN, *requests).statuses()


def test_a_limit_of_every_route_counts_what_nobody_serves_too(tmp_path: Path) -> None:
    text = "{rules: [{by: client, at_most: 3, within: 1h}]}"
    requests: list[tuple[str, dict[str, Any]]] = [
        (f"GET /{name}", {}) for name in ("wp-admin", ".env", "export", "open", "wp-admin")
    ]

    assert [404, 404, 200, 429, 429] == Asking(tmp_path, text, *requests).statuses()


def test_a_limit_of_a_permission(tmp_path: Path) -> None:
    text = "{rules: [{permission: export:read, by: subject, at_most: 1, within: 1h}]}"
    requests: list[tuple[str, dict[str, Any]]] = [
        ("GET /export", {}),
        ("GET /export", {"client": "192.0.2.7"}),
        ("GET /open", {}),
    ]

    assert [200, 429, 200] == Asking(tmp_path, text, *requests).statuses()


def test_in_audit_mode_everybody_passes_and_the_journal_says_who_would_not(tmp_path: Path) -> None:
    asking = Asking(tmp_path, LOGIN, *[("POST /login", {})] * 4, mode="audit")

    assert [401] * 4 == asking.statuses()
    facts = asking.guarded.decisions()
    assert ("deny", "rate-limited") == last(facts[-1:])
    assert not facts[-1].enforced


def test_who_is_blocked_hears_nothing_of_limits(tmp_path: Path) -> None:
    def block(store: Any) -> None:
        blocks.place(store, "user:local/ana", for_s=60, because="a test", by="somebody", never_block=())

    asking = Asking(tmp_path, LOGIN, *[("POST /login", {})] * 5, prepare=block)

    assert [403] * 5 == asking.statuses()


def test_flask_says_when_to_come_again(tmp_path: Path) -> None:
    app = Flask(__name__)
    app.add_url_rule("/open", "open", lambda: "open")
    served = Served(tmp_path, app, ROUTES[2:], policy=limits("{rules: [{by: client, at_most: 1, within: 1h}]}"))
    try:
        first, second = served.ask("GET", "/open"), served.ask("GET", "/open")
    finally:
        served.close()

    assert (200, 429) == (first.status, second.status)
    assert 3590 < int(next(value for name, value in second.headers if name.lower() in (b"retry-after",)))


# -- the section -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{rules: [{by: client, at_most: 3}]}", "has no within"),
        ("{rules: [{by: client, within: 1m}]}", "has no at_most"),
        ("{rules: [{at_most: 3, within: 1m}]}", "has no by"),
        ("{rules: [{by: address, at_most: 3, within: 1m}]}", "address"),
        ("{rules: [{by: client, at_most: 0, within: 1m}]}", "at_most"),
        ("{rules: [{by: client, at_most: 3, within: 30d}]}", "a week"),
        ("{rules: [{by: client, at_most: 3, within: 0s}]}", "within"),
        ('{rules: [{route: "/login", by: client, at_most: 3, within: 1m}]}', "is no route"),
        (
            '{rules: [{route: "GET /a", permission: b, by: client, at_most: 3, within: 1m}]}',
            "route or of a permission",
        ),
        ("{shared: redis://localhost, rules: []}", "must be a reference"),
        ("{rule: []}", "rule"),
    ],
)
def test_each_mistake_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "nomoat.yaml").write_text(limits(text))

    with pytest.raises(SettingsError, match=said):
        read(settings.load(tmp_path / "nomoat.yaml"))


def test_a_route_that_is_on_no_map_is_a_mistake(tmp_path: Path) -> None:
    text = '{rules: [{route: "POST /logn", by: client, at_most: 3, within: 1m}]}'

    assert [503] == Asking(tmp_path, text, ("POST /login", {})).statuses()


# -- together, in a real Redis -----------------------------------------------------------------------------------------


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server of this module's own, so that it can be stopped."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no redis-server is installed")
    port = _free_port()
    server = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""],
        cwd=tmp_path_factory.mktemp("redis"),
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(100):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(10)


def test_workers_count_together(redis_url: str) -> None:
    workers = [Limiter(own=OwnCounts(), shared=RedisCounts(redis_url), say=print) for _ in range(3)]
    rules = [rule(by="route", at_most=5, within_s=600.0, permission=uuid.uuid4().hex)]

    overs = [
        workers[number % 3].over(rules, target="route:shop/GET /a", client="", subject="anonymous")
        for number in range(9)
    ]

    assert [False] * 5 + [True] * 4 == [over is not None for over in overs]
    assert all(over is None or 100 <= over.retry_after_s <= 121 for over in overs)
    for worker in workers:
        worker.close()


def test_what_is_counted_is_gone_by_itself_and_names_nobody(redis_url: str) -> None:
    import redis

    counts = RedisCounts(redis_url)
    counts.take("user:main/ana", every_s=0.2, at_most=2)
    client = redis.Redis.from_url(redis_url)
    names = [name for name in client.scan_iter("*") if client.pttl(name) <= 250]

    assert len(names) == 1
    assert b"ana" not in names[0]
    time.sleep(0.4)
    assert client.get(names[0]) is None
    client.close()
    counts.close()


def test_while_redis_is_gone_each_worker_counts_its_own_and_says_so(tmp_path: Path) -> None:
    os.environ["LIMITS_TEST"] = f"redis://127.0.0.1:{_free_port()}/0"
    text = '{shared: "env:LIMITS_TEST", rules: [{by: client, at_most: 2, within: 1h}]}'
    try:
        statuses = Asking(tmp_path, text, *[("GET /open", {})] * 4).statuses()
    finally:
        del os.environ["LIMITS_TEST"]

    assert [200, 200, 429, 429] == statuses


def test_a_guarded_application_counts_in_redis(tmp_path: Path, redis_url: str) -> None:
    os.environ["LIMITS_TEST"] = redis_url
    text = '{shared: "env:LIMITS_TEST", rules: [{route: "GET /open", by: client, at_most: 2, within: 1h}]}'
    try:
        # Each call is a process of its own that remembers nothing.
        statuses = [status for _ in range(3) for status in Asking(tmp_path, text, ("GET /open", {})).statuses()]
    finally:
        del os.environ["LIMITS_TEST"]

    assert [200, 200, 429] == statuses


@pytest.mark.parametrize("who", [ANA, BEN])
def test_an_address_that_is_none_is_named(who: Identity) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        RedisCounts("mysql://somewhere")
