"""Real workers behind a real broker: what was signed runs as its caller, in each pool, also after one was killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("celery")

from nomoat.appmap import codec
from nomoat.journal.facts import Decision
from nomoat.journal.journal import open_store
from tests.guard.tasks.queued import GO, POLICY
from tests.policy.maps import map_of

KEY = "0123456789abcdef" * 2
SHOP = """\
import os
import signal
from pathlib import Path

from celery import Celery

from nomoat import guard

app = Celery("shop", broker=os.environ["BROKER"], backend=os.environ["BACKEND"])
app.conf.update(broker_connection_retry_on_startup=True, worker_hijack_root_logger=False, task_default_queue="shop-"
                + Path.cwd().parent.name, result_expires=60, worker_enable_remote_control=False)
guard.protect(app, mode="enforce")


@app.task(name="mail.send")
@guard.requires("mail:send")
def send(owner):
    guard.require("orders:read", owner=owner)
    return owner


@app.task(name="total")
def total(owners):
    return len(owners)


@app.task(name="again", bind=True, max_retries=3)
def again(self):
    guard.require("orders:read", owner="ana")
    if self.request.retries < 2:
        raise self.retry(countdown=0.1)
    return self.request.retries


@app.task(name="dies", acks_late=True, reject_on_worker_lost=True)
def dies():
    guard.require("orders:read", owner="ana")
    mark = Path("died")
    if not mark.exists():
        mark.write_text("")
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


@app.on_after_finalize.connect
def regularly(sender, **_):
    sender.add_periodic_task(0.5, send.si("ana"), name="nightly")
"""
WEB = """\
import json
import sys

from celery import chain, chord, group
from celery.result import allow_join_result
from flask import Flask, request

from nomoat import guard
from nomoat.guard import Identity
from shop_tasks import again, app, dies, send, total

web = Flask("shop")
guard.protect(web, mode="enforce", identity=lambda r: Identity("user:local/" + r.headers["X-User"], ("customer",)))
SENT = {
    "one": lambda: send.delay("ana"),
    "not mine": lambda: send.delay("ben"),
    "by name": lambda: app.send_task("mail.send", ["ana"]),
    "later": lambda: send.apply_async(("ana",), countdown=1),
    "retried": lambda: again.delay(),
    "chain": lambda: chain(send.si("ana"), send.si("ana"))(),
    "group": lambda: group(send.si("ana"), send.si("ana"))(),
    "chord": lambda: chord([send.si("ana"), send.si("ana")], total.s())(),
    "killed": lambda: dies.delay(),
}


@web.post("/go")
def go():
    sent.append(SENT[request.headers["X-What"]]())
    return "gone"


def told(result):
    try:
        return result.get(timeout=120)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


sent, said = [], {}
for what in sys.argv[1:]:
    answer = web.test_client().post("/go", headers={"X-User": "ana", "X-What": what})
    assert answer.status_code == 200, answer.data
    said[what] = told(sent[-1])
said["nobody"] = told(send.delay("ana"))
print(json.dumps(said))
"""


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server of this module's own: broker and results."""
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
        _until_open(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(10)


def _until_open(port: int) -> None:
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("it does not listen")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    (root / ".nomoat").mkdir(parents=True)
    (root / "nomoat.yaml").write_text(POLICY.replace('"file:task.key"', '"env:NOMOAT_TASK_KEY"'))
    (root / ".nomoat" / "map.json").write_text(codec.file_text(map_of(GO)))
    (root / "shop_tasks.py").write_text(SHOP)
    (root / "web.py").write_text(WEB)
    return root


def _environment(root: Path, broker: str, backend: str) -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "NOMOAT_TASK_KEY": KEY, "BROKER": broker, "BACKEND": backend}


@contextmanager
def _worker(root: Path, environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that is ended by its id, with its children."""
    command = [sys.executable, "-m", "celery", "-A", "shop_tasks", *arguments]
    with (root / "worker.log").open("wb") as log:
        worker = subprocess.Popen(command, cwd=root, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            yield worker
        finally:
            if worker.poll() is None:
                worker.terminate()
                try:
                    worker.wait(30)
                except subprocess.TimeoutExpired:
                    os.killpg(worker.pid, signal.SIGKILL)
                    worker.wait(10)


def _ask(root: Path, environment: dict[str, str], *whats: str) -> dict[str, Any]:
    command = [sys.executable, "web.py", *whats]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr + (root / "worker.log").read_text(errors="replace")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _facts(root: Path) -> list[Decision]:
    store = open_store(f"sqlite:{root}/journal.db")
    try:
        found = [one.fact for one in store.read(kinds=(Decision,)) if isinstance(one.fact, Decision)]
    finally:
        store.close()
    return [fact for fact in found if fact.target.startswith("task:")]


def _check(root: Path, said: dict[str, Any], *, killed: bool) -> None:
    assert ("ana", "ana", "ana") == (said["one"], said["by name"], said["later"])
    assert (2, "ana", ["ana", "ana"], 2) == (said["retried"], said["chain"], said["group"], said["chord"])
    assert "Denied" in said["not mine"] and "condition-false" in said["not mine"]
    assert "Denied" in said["nobody"] and "unauthenticated" in said["nobody"]
    facts = _facts(root)
    assert {"user:local/ana", "anonymous"} == {fact.subject for fact in facts}
    assert {"unauthenticated"} == {fact.reason for fact in facts if fact.subject == "anonymous"}
    if killed:
        assert "alive" == said["killed"]
        # Whoever was killed had its decisions in the journal; who took the message over, made its own.
        runs = {fact.request for fact in facts if fact.target == "task:shop/dies"}
        assert 2 == len(runs)


ALL = ("one", "not mine", "by name", "later", "retried", "chain", "group", "chord")


@pytest.mark.parametrize("pool", ["prefork", "solo", "threads"])
def test_each_pool_runs_what_was_signed(folder: Path, redis_url: str, pool: str) -> None:
    environment = _environment(folder, redis_url, redis_url)
    killed = pool == "prefork"
    with _worker(folder, environment, "worker", "-P", pool, "-c", "2", "-l", "info"):
        said = _ask(folder, environment, *ALL, *(["killed"] if killed else []))

    _check(folder, said, killed=killed)


def test_what_the_beat_sends_is_the_services_own(folder: Path, redis_url: str) -> None:
    environment = _environment(folder, redis_url, redis_url)
    (folder / "journal.db").unlink(missing_ok=True)
    with _worker(folder, environment, "worker", "-P", "solo", "-B", "-s", str(folder / "schedule"), "-l", "info"):
        ends = time.monotonic() + 90
        while not (folder / "journal.db").exists() or len(_facts(folder)) < 4:
            assert time.monotonic() < ends, (folder / "worker.log").read_text(errors="replace")
            time.sleep(0.2)

    assert {"service:shop"} == {fact.subject for fact in _facts(folder)}
    assert {"allow"} == {fact.outcome for fact in _facts(folder)}


def _rabbit() -> bool:
    with socket.socket() as one:
        one.settimeout(1)
        return one.connect_ex(("127.0.0.1", 5672)) == 0


@pytest.mark.skipif(not _rabbit(), reason="optional: no RabbitMQ listens on 127.0.0.1:5672")
def test_rabbitmq_carries_the_envelope(folder: Path, redis_url: str) -> None:
    environment = _environment(folder, "amqp://guest:guest@127.0.0.1:5672//", redis_url)
    with _worker(folder, environment, "worker", "-P", "prefork", "-c", "2", "-l", "info"):
        said = _ask(folder, environment, *ALL, "killed")

    _check(folder, said, killed=True)
