"""Two real workers of uvicorn: a block reaches both, and kill -9 of one loses no committed decision of a write."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from nomoat.appmap import codec
from nomoat.journal import blocks
from nomoat.journal.facts import Decision
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from tests.policy.maps import map_of, route
from tests.storage import server

SERVICE = """\
import os
from fastapi import FastAPI
from nomoat.guard import Identity, protect
app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

@app.post("/orders")
def order() -> int:
    return os.getpid()

protect(app, "enforce", identity=lambda _: Identity("user:local/ana", ("customer",)))
"""
POLICY = """\
services: {shop: {app: "served:app"}}
roles: {customer: [orders:write]}
"""
WITHIN_S = 30.0


def _until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < ends, "what was waited for never came"
        time.sleep(0.05)


def _post(port: int) -> tuple[int, str]:
    """Status and body; 0 where nobody answered."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        try:
            connection.request("POST", "/orders")
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "postgresql":
        with server.schema() as served:
            yield served
    else:
        yield f"sqlite:{tmp_path}/journal.db"


@pytest.fixture
def port(url: str, tmp_path: Path) -> Iterator[int]:
    (tmp_path / "served.py").write_text(SERVICE)
    (tmp_path / "nomoat.yaml").write_text(f'{POLICY}journal: {{store: "{url}"}}\n')
    (tmp_path / ".nomoat").mkdir()
    drawn = map_of(route("POST /orders", binding=("orders:write",)))
    (tmp_path / ".nomoat" / "map.json").write_text(codec.file_text(drawn))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = int(free.getsockname()[1])
    command = [sys.executable, "-m", "uvicorn", "served:app", "--workers", "2", "--port", str(number)]
    with (tmp_path / "log").open("wb") as log:
        serving = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log)
        try:
            _until(lambda: _post(number)[0] == 200)
            yield number
        finally:
            serving.terminate()
            try:
                serving.wait(20)
            except subprocess.TimeoutExpired:
                serving.kill()
                serving.wait()


def _live(store: Store) -> int:
    return blocks.workers(store, "0").live


def test_a_block_reaches_both_workers_and_kill_loses_no_committed_write(port: int, url: str) -> None:
    with closing(open_store(url)) as store:
        _until(lambda: _live(store) == 2)
        answers = [_post(port) for _ in range(40)]
        os.kill(int(answers[-1][1]), signal.SIGKILL)
        kept = sum(isinstance(entry.fact, Decision) for entry in store.read(kinds=(Decision,)))
        _until(lambda: _post(port)[0] == 200)
        _until(lambda: _live(store) == 2)
        placed = blocks.place(store, "user:local/ana", for_s=600, because="x", by="test")
        verdict, found = blocks.verify(store, placed.position, deadline_s=WITHIN_S)
        refused = {_post(port)[0] for _ in range(20)}
        whole = store.verify()

    assert {200} == {status for status, _ in answers}
    # The one that found the server up is kept too.
    assert kept > len(answers)
    assert ("verified", 0) == (verdict, found.behind)
    assert {403} == refused
    assert whole.problems == ()
