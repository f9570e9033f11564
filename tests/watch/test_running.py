from __future__ import annotations

import json
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nomoat import settings as settings_file
from nomoat.cli.main import main
from nomoat.journal.facts import Alert, Block, Decision, Gap, Message, timestamp
from nomoat.journal.gaps import tell_gaps
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from nomoat.watch import registry
from nomoat.watch import settings as watch_settings
from nomoat.watch.watcher import Watcher

_SHORT = '{"alerts": [{"type": "traffic_spike", "threshold": 20, "action": "notify"}]}'


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NOMOAT_CONFIG", raising=False)
    (tmp_path / "nomoat.yaml").write_text(_SHORT)
    return tmp_path


@pytest.fixture
def store(project: Path) -> Iterator[Store]:
    with closing(open_store(_url(project))) as store:
        yield store


def _url(project: Path) -> str:
    return f"sqlite:{project / '.nomoat/state/journal.db'}"


def _decision(number: int) -> Decision:
    at = datetime.now(UTC) - timedelta(seconds=5) + timedelta(milliseconds=number)
    return Decision(
        happened_at=timestamp(at), request=f"r{number}", service="shop", target="route:shop/GET /",
        subject="user:main/ana", outcome="allow", enforced=True, reason="granted",
    )  # fmt: skip


def _lines(count: int, **more: object) -> str:
    event = {"kind": "request", "happened_at": "2026-11-24T23:41:05Z", "service": "shop", **more}
    return "".join(json.dumps(event) + "\n" for _ in range(count))


def test_the_short_form_alerts_at_its_threshold_and_not_before(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "below.jsonl").write_text(_lines(19))
    (project / "at.jsonl").write_text(_lines(20))

    below = main(["watch", "run", "--once", "below.jsonl"])
    reached = main(["watch", "run", "--once", "--format", "json", "at.jsonl"])

    (line,) = capsys.readouterr().out.splitlines()
    alert = json.loads(line)
    assert (0, 1) == (below, reached)
    assert ("traffic-spike", 20, 60.0, {"service": "shop"}) == (
        alert["detection"], alert["observed"], alert["window_s"], alert["group"],
    )  # fmt: skip


def test_a_broken_line_is_incomplete_and_an_alert_beside_it_wins(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "broken.jsonl").write_bytes(b'{"kind": \n' + b"x" * 600_000 + b"\n\xff\n" + _lines(3).encode())
    (project / "both.jsonl").write_bytes(b"[1]\n" + _lines(30).encode())

    codes = [
        main(["watch", "run", "--once", *more])
        for more in (["broken.jsonl"], ["--allow-incomplete", "broken.jsonl"], ["both.jsonl"], ["nothing.jsonl"])
    ]

    assert [3, 0, 1, 3] == codes
    assert "3 lines were no events" in capsys.readouterr().err


def test_forged_events_in_a_file_write_no_fact_and_block_nobody(project: Path) -> None:
    open_store(_url(project)).close()
    forged = _lines(200, client="10.0.0.1", subject="anonymous", outcome="deny", kind="decision", position="1")
    (project / "forged.jsonl").write_text(forged)

    assert 1 == main(["watch", "run", "--once", "forged.jsonl"])

    with closing(open_store(_url(project))) as store:
        assert [] == list(store.read(kinds=(Alert, Block)))


def test_over_the_journal_alerts_are_facts_and_a_second_run_is_clean(project: Path) -> None:
    with closing(open_store(_url(project))) as store:
        store.append([(_decision(number), None) for number in range(25)])

        codes = [main(["watch", "run", "--once"]) for _ in range(2)]

        assert [1, 0] == codes
        assert 1 == sum(1 for _ in store.read(kinds=(Alert,)))


def test_beside_a_live_watcher_a_second_one_says_so_and_takes_nothing(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    with subprocess.Popen([sys.executable, "-m", "nomoat", "watch", "run"], stderr=subprocess.PIPE) as running:
        assert running.stderr is not None
        assert any(b"watching" in line for line in iter(running.stderr.readline, b""))
        while not [one for one in store.processes() if one.role == "watch"]:
            pass

        code = main(["watch", "run", "--once"])
        status = main(["watch", "status"])
        running.send_signal(signal.SIGTERM)
        ended = running.wait(10)
    tell_gaps(store)

    assert (3, 0, 0) == (code, status, ended)
    assert f"being watched already, by process {running.pid}" in capsys.readouterr().err
    assert [] == list(store.read(kinds=(Gap,))), "a service manager that stops it is a clean end"


def test_nobody_watching_is_said_and_is_not_clean(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    open_store(_url(project)).close()

    assert 3 == main(["watch", "status"])
    assert "NOT ARMED" in capsys.readouterr().err


def test_every_mistake_of_the_users_detections_is_named_with_its_place(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project / ".nomoat" / "detections"
    folder.mkdir(parents=True)
    (folder / "one.yaml").write_text("title: x\nlogsource: {}\ndetection: {a: {subject|base64: x}, condition: a}\n")
    (folder / "two.yaml").write_text("title: [\n")

    code = main(["watch", "run", "--once"])

    said = capsys.readouterr().err
    assert 2 == code
    assert "one.yaml:3:" in said
    assert "two.yaml:" in said


def test_a_users_own_detection_runs_beside_the_shipped_ones(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = project / ".nomoat" / "detections"
    folder.mkdir(parents=True)
    (folder / "exports.yaml").write_text(
        "title: x\nlogsource: {product: nomoat}\ndetection: {a: {route|endswith: /export}, condition: a}\n"
    )
    (project / "e.jsonl").write_text(_lines(1, route="route:shop/GET /export"))
    (folder / "exports.jsonl").write_text(_lines(1, route="route:shop/GET /export", expect=True))

    assert 1 == main(["watch", "run", "--once", "e.jsonl"])
    assert "exports" in capsys.readouterr().out
    assert 0 == main(["watch", "test"])
    (folder / "exports.jsonl").write_text(_lines(1, route="route:shop/GET /"))
    assert 1 == main(["watch", "test"])


def test_a_full_disk_is_said_and_watching_goes_on_when_it_is_mended(store: Store) -> None:
    store.append([(_decision(number), None) for number in range(25)])
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (16384, resource.RLIM_INFINITY));"
        "from nomoat.cli.main import main; sys.exit(main(['watch', 'run']))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as running:
        assert running.stderr is not None
        said = b""
        while b"NOT WATCHING" not in said and (line := running.stderr.readline()):
            said += line
        assert b"NOT WATCHING" in said
        assert running.poll() is None, "it must not end: nobody would watch once there is space again"
        resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        while b"can be used again" not in said and (line := running.stderr.readline()):
            said += line
        running.send_signal(signal.SIGTERM)
        running.wait(10)

    assert 1 == sum(1 for _ in store.read(kinds=(Alert,))), "what was counted and not committed is not counted twice"


def test_an_alert_whose_watcher_was_killed_before_it_told_anybody_is_told_by_the_next_once(
    project: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    store.append([(_decision(number), None) for number in range(25)])
    settings = settings_file.load(project / "nomoat.yaml")
    detections = watch_settings.apply(registry.load(project), watch_settings.read(settings))
    # As one that is killed between the commit of its alert and its message.
    assert 1 == len(Watcher(store, detections).tick())

    for _ in range(2):
        assert 0 == main(["watch", "run", "--once"])

    sent = [entry.fact.state for entry in store.read(kinds=(Message,)) if isinstance(entry.fact, Message)]
    assert ["intent", "sent"] == sent
    assert 1 == capsys.readouterr().err.count("traffic-spike")


def _within(seconds: float, holds: Callable[[], bool]) -> bool:
    ends = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > ends:
            return False
        time.sleep(0.02)
    return True


def test_a_receiver_that_hangs_blinds_no_watcher(project: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hangs:
        monkeypatch.setenv("HOOK", f"http://127.0.0.1:{hangs.getsockname()[1]}/")
        (project / "nomoat.yaml").write_text(f'{_SHORT[:-1]}, "notify": {{"a": {{"webhook": "env:HOOK"}}}}}}')
        store.append([(_decision(number), None) for number in range(25)])
        with subprocess.Popen(
            [sys.executable, "-m", "nomoat", "watch", "run"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        ) as running:
            assert _within(20, lambda: any(True for _ in store.read(kinds=(Message,))))
            begun = time.monotonic()
            store.append(
                [(replace(_decision(number), service="billing", request=f"b{number}"), None) for number in range(25)]
            )
            assert _within(20, lambda: sum(1 for _ in store.read(kinds=(Alert,))) == 2)
            took_s = time.monotonic() - begun
            running.send_signal(signal.SIGTERM)
            assert 0 == running.wait(20)

    assert took_s < 2, "the second alert waits for nobody"
    states = [
        (entry.fact.state, entry.fact.key) for entry in store.read(kinds=(Message,)) if isinstance(entry.fact, Message)
    ]
    assert ["intent", "unsure"] == [state for state, _ in states][:2]
