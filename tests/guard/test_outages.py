"""What guard does while something it needs is missing: enforce denies or refuses to start, audit passes and says so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from nomoat import guard
from nomoat.appmap import codec
from nomoat.errors import StorageError
from nomoat.guard import Guard, Identity
from nomoat.guard.loading import Mode
from nomoat.guard.runtime import Runtime
from nomoat.journal.facts import Alert, Decision
from nomoat.journal.journal import open_store
from tests.guard.calling import Answer, scope_of, serve
from tests.guard.guarded import running
from tests.policy.maps import map_of, route

POLICY = """\
services: {shop: {app: "main:app"}}
roles: {customer: [orders:read]}
journal: {store: "sqlite:state/journal.db"}
"""
ANA = Identity("user:local/ana", ("customer",))
MODES = pytest.mark.parametrize(("mode", "status"), [("enforce", 503), ("audit", 200)])


async def _ok(_: Any) -> PlainTextResponse:
    return PlainTextResponse("served")


def _folder(root: Path, more: str = "") -> Path:
    (root / "nomoat.yaml").write_text(POLICY + more)
    (root / ".nomoat").mkdir()
    drawn = map_of(
        route("GET /orders", binding=("orders:read",)),
        route("POST /orders", binding=("orders:read",)),
        route("GET /unbound"),
    )
    (root / ".nomoat" / "map.json").write_text(codec.file_text(drawn))
    return root


def _app() -> Starlette:
    paths = [Route("/orders", _ok, methods=["GET", "POST"]), Route("/unbound", _ok), Route("/new", _ok)]
    return Starlette(routes=paths)


def _guard(root: Path, mode: Mode) -> Guard:
    return Guard(_app(), mode, config=root / "nomoat.yaml", identity=lambda _: ANA)


async def _get(app: Any, path: str = "/orders", method: str = "GET") -> Answer:
    return await serve(app, scope_of(method, path))


async def _until(holds: Callable[[], bool], within_s: float = 15.0) -> None:
    ends = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < ends, "what was waited for never came"
        await asyncio.sleep(0.05)


@asynccontextmanager
async def _loaded(root: Path, mode: Mode) -> AsyncIterator[tuple[Guard, Runtime]]:
    app = _guard(root, mode)
    try:
        assert (await _get(app)).status == 200
        assert app._starting.runtime is not None
        yield app, app._starting.runtime
    finally:
        app.close()


def _no_policy(root: Path) -> str:
    (root / "nomoat.yaml").write_text("roles: [what")
    return "nomoat.yaml"


def _no_map(root: Path) -> str:
    (root / ".nomoat" / "map.json").unlink()
    return "map.json"


def _broken_map(root: Path) -> str:
    (root / ".nomoat" / "map.json").write_bytes(b"\xff{")
    return "map.json"


def _no_store(root: Path) -> str:
    (root / "state").write_text("a file where the store's folder should be")
    return "state"


def _broken_store(root: Path) -> str:
    (root / "state").mkdir(mode=0o700)
    (root / "state" / "journal.db").write_bytes(b"no database at all" * 500)
    return "journal.db"


BREAK = pytest.mark.parametrize("damage", [_no_policy, _no_map, _broken_map, _no_store, _broken_store])


async def _start(app: Any) -> dict[str, Any]:
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        said.append(dict(message))

    await app({"type": "lifespan", "state": {}}, receive, send)
    return said[0]


@BREAK
def test_enforce_refuses_to_start_and_says_what_where_and_fix(damage: Callable[[Path], str], tmp_path: Path) -> None:
    where = damage(_folder(tmp_path))

    said = asyncio.run(_start(_guard(tmp_path, "enforce")))

    assert "lifespan.startup.failed" == said["type"]
    assert where in said["message"]
    # what (where): fix
    assert "): " in said["message"]


@BREAK
def test_audit_starts_says_so_and_passes(
    damage: Callable[[Path], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = damage(_folder(tmp_path))
    app = _guard(tmp_path, "audit")

    async def story() -> int:
        async with running(app):
            return (await _get(app)).status

    assert 200 == asyncio.run(story())
    said = capsys.readouterr().err
    assert "guard cannot decide" in said
    assert where in said


def test_without_lifespan_guard_answers_503_until_it_could_load(tmp_path: Path) -> None:
    _folder(tmp_path)
    text = (tmp_path / "nomoat.yaml").read_text()
    _no_policy(tmp_path)
    app = _guard(tmp_path, "enforce")

    async def story() -> list[int]:
        seen = [(await _get(app)).status]
        (tmp_path / "nomoat.yaml").write_text(text)
        ends = time.monotonic() + 15
        while seen[-1] != 200 and time.monotonic() < ends:
            await asyncio.sleep(0.05)
            seen.append((await _get(app)).status)
        app.close()
        return seen

    seen = asyncio.run(story())

    assert {503, 200} == set(seen)
    assert 200 == seen[-1]


@pytest.mark.parametrize("mode", ["enforce", "audit"])
def test_a_reload_that_fails_leaves_the_last_good_policy_and_alerts(mode: Mode, tmp_path: Path) -> None:
    _folder(tmp_path)

    async def story() -> int:
        async with _loaded(tmp_path, mode) as (app, runtime):
            _no_policy(tmp_path)
            store = runtime.store
            await _until(lambda: any(True for _ in store.read(kinds=(Alert,))))
            return (await _get(app)).status

    assert 200 == asyncio.run(story())
    store = open_store(f"sqlite:{tmp_path}/state/journal.db")
    alerts = [entry.fact for entry in store.read(kinds=(Alert,)) if isinstance(entry.fact, Alert)]
    decisions = [entry.fact for entry in store.read(kinds=(Decision,)) if isinstance(entry.fact, Decision)]
    store.close()
    assert "reload-failed" in [alert.detection for alert in alerts]
    assert 1 == sum(alert.detection == "reload-failed" for alert in alerts)
    assert {"allow"} == {one.outcome for one in decisions}


class _Broken:
    """A store of which one part fails, the rest being real."""

    def __init__(self, real: Any, *fails: str) -> None:
        self._real, self._fails = real, fails

    def __getattr__(self, name: str) -> Any:
        if name not in self._fails:
            return getattr(self._real, name)

        def fails(*_: Any, **__: Any) -> Any:
            raise StorageError("the disk is full", where="here", fix="make room")

        return fails


@pytest.mark.parametrize("method", ["GET", "POST"])
@MODES
def test_decisions_that_cannot_be_written_deny_in_enforce_and_are_counted_in_audit(
    mode: Mode, status: int, method: str, tmp_path: Path
) -> None:
    _folder(tmp_path)

    async def story() -> tuple[int, int]:
        async with _loaded(tmp_path, mode) as (app, runtime):
            runtime.writer._store = _Broken(runtime.store, "append")
            await _get(app)
            await _until(lambda: bool(runtime.audit.failure))
            before = runtime.unwritten
            answer = await _get(app, method=method)
            return answer.status, runtime.unwritten - before

    found, counted = asyncio.run(story())

    assert status == found
    assert counted >= 1


def test_on_journal_failure_lets_enforce_pass_until_its_end(tmp_path: Path) -> None:
    until = date.today() + timedelta(days=2)
    _folder(tmp_path, f"on_journal_failure: {{allow: true, because: a test, until: {until}}}\n")

    async def story() -> tuple[int, int]:
        async with _loaded(tmp_path, "enforce") as (app, runtime):
            runtime.standing.stop()
            runtime.standing._read_at -= 60
            answer = await _get(app, method="POST")
            return answer.status, runtime.unwritten

    found, counted = asyncio.run(story())

    assert 200 == found
    assert counted >= 1


@MODES
def test_blocks_that_cannot_be_read_for_ten_seconds_deny_in_enforce(mode: Mode, status: int, tmp_path: Path) -> None:
    _folder(tmp_path)

    async def story() -> tuple[int, int]:
        async with _loaded(tmp_path, mode) as (app, runtime):
            # As after ten seconds in which no reading succeeded.
            runtime.standing.stop()
            runtime.standing._read_at -= 10.5
            answer = await _get(app)
            return answer.status, runtime.unwritten

    found, counted = asyncio.run(story())

    assert status == found
    assert counted >= 1


@pytest.mark.parametrize(("mode", "status"), [("enforce", 403), ("audit", 200)])
@pytest.mark.parametrize(
    ("path", "reason", "target"),
    [("/unbound", "unbound-route", "route:shop/GET /unbound"), ("/new", "unknown-route", "/new")],
)
def test_a_route_that_nobody_bound_or_drew_is_denied_and_named(
    path: str, reason: str, target: str, mode: Mode, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = _guard(_folder(tmp_path), mode)

    async def story() -> int:
        async with running(app):
            return (await _get(app, path)).status

    assert status == asyncio.run(story())
    store = open_store(f"sqlite:{tmp_path}/state/journal.db")
    facts = [entry.fact for entry in store.read(kinds=(Decision,)) if isinstance(entry.fact, Decision)]
    store.close()
    assert ("deny", reason, mode == "enforce") == (facts[-1].outcome, facts[-1].reason, facts[-1].enforced)
    assert target in facts[-1].target
    if path == "/new":
        assert "/new" in capsys.readouterr().err


def test_nothing_is_read_before_the_server_starts(tmp_path: Path) -> None:
    inner = _app()

    guard.protect(inner, "enforce", config=tmp_path / "is-not-there.yaml")

    assert [] == list(tmp_path.iterdir())
