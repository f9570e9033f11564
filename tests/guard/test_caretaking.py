"""What a guarded process looks after beside its requests: retention, the disk of its journal, a store that moved."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from nomoat.appmap import codec
from nomoat.guard import Guard
from nomoat.journal.facts import Alert, Decision, Pruned
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from tests.guard.calling import scope_of, serve
from tests.guard.guarded import ANA, POLICY
from tests.guard.test_outages import _start
from tests.policy.maps import map_of, route

WITHIN_S = 15.0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "nomoat.yaml").write_text(POLICY)
    (tmp_path / ".nomoat").mkdir()
    drawn = map_of(route("GET /exports", binding=("export:read",)))
    (tmp_path / ".nomoat" / "map.json").write_text(codec.file_text(drawn))
    return tmp_path


@pytest.fixture
def store(root: Path) -> Iterator[Store]:
    with closing(open_store(f"sqlite:{root}/journal.db")) as opened:
        yield opened


def _keep(root: Path, retention: str) -> None:
    text = POLICY.replace('"sqlite:journal.db"}', f'"sqlite:journal.db", retention: {retention}}}')
    (root / "nomoat.yaml").write_text(text)


def _guard(root: Path) -> Guard:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_api_route("/exports", lambda: "ok", methods=["GET"])
    return Guard(app, "enforce", config=root / "nomoat.yaml", identity=lambda _: ANA)


async def _status(app: Any) -> int:
    return (await serve(app, scope_of("GET", "/exports"))).status


async def _until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < ends, "what was waited for never came"
        await asyncio.sleep(0.05)


def _run(root: Path, story: Callable[[Guard], Awaitable[None]]) -> None:
    app = _guard(root)

    async def whole() -> None:
        for _ in range(70):
            assert 200 == await _status(app)
        await story(app)

    try:
        asyncio.run(whole())
    finally:
        app.close()


def _bodies(store: Store) -> int:
    return sum(entry.fact is not None for entry in store.read(kinds=(Decision,)))


def test_the_journal_is_shortened_while_the_service_runs(root: Path, store: Store) -> None:
    async def nothing(_: Guard) -> None:
        """Facts of an earlier day."""

    async def story(app: Guard) -> None:
        await _until(lambda: any(True for _ in store.read(kinds=(Pruned,))) and _bodies(store) < 140)
        assert 200 == await _status(app)

    _run(root, nothing)
    time.sleep(1.2)
    _keep(root, "{decisions: {keep: 1s}}")
    _run(root, story)
    assert () == store.verify().problems


def test_limits_that_change_hold_without_a_restart(root: Path, store: Store) -> None:
    async def story(app: Guard) -> None:
        await asyncio.sleep(1.5)
        assert 70 == _bodies(store)
        _keep(root, "{decisions: {keep: 1s}}")
        await _until(lambda: _bodies(store) < 70)

    _run(root, story)


def test_without_limits_everything_is_kept(root: Path, store: Store) -> None:
    async def story(_: Guard) -> None:
        await asyncio.sleep(2.5)

    _run(root, story)
    assert (70, []) == (_bodies(store), list(store.read(kinds=(Pruned,))))


def test_limits_that_cannot_be_are_said_at_the_start(root: Path) -> None:
    _keep(root, "{incidents: {keep: 1d}}")

    said = asyncio.run(_start(_guard(root)))

    assert "lifespan.startup.failed" == said["type"]
    assert "incidents are always kept" in said["message"]


@pytest.mark.parametrize(("used", "alerts"), [(92, 1), (50, 0)])
def test_a_disk_that_is_nearly_full_is_an_alert_once(
    used: int, alerts: int, root: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, used, 100 - used))

    async def story(_: Guard) -> None:
        await asyncio.sleep(2.5)

    for _ in range(2):
        _run(root, story)

    found = [entry.fact for entry in store.read(kinds=(Alert,)) if isinstance(entry.fact, Alert)]
    assert ["disk-full"] * alerts == [alert.detection for alert in found]
    assert all(f"{used}% full" in alert.summary for alert in found)


def test_a_store_that_moved_in_the_file_is_said_and_the_open_one_is_kept(
    root: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    async def story(app: Guard) -> None:
        text = (root / "nomoat.yaml").read_text()
        (root / "nomoat.yaml").write_text(text.replace("sqlite:journal.db", "sqlite:elsewhere.db"))
        await _until(lambda: any(True for _ in store.read(kinds=(Alert,))))
        assert 200 == await _status(app)

    _run(root, story)
    assert 71 == _bodies(store)
    assert not (root / "elsewhere.db").exists()
    assert "restart the service" in capsys.readouterr().err
