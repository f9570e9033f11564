"""Followers as processes: killed, with receivers that are down, slow or refuse, two of one name."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from nomoat.cli.main import main
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from nomoat.journal.shipping.delivery import BATCH
from tests.journal.made import block, decision
from tests.journal.shipping.receiving import Answer, CollectorServer, SyslogServer, free_port, until
from tests.storage import server

COUNT = 3 * BATCH


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "postgresql":
        with server.schema() as served:
            yield served
    else:
        yield f"sqlite:{tmp_path / 'journal.db'}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = open_store(url)
    store.append([(decision(number), None) for number in range(COUNT)])
    yield store
    store.close()


@contextlib.contextmanager
def following(url: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "nomoat", "journal", "follow", "--store", url, *arguments]
    environment = {**os.environ, "HIDING": "0123456789abcdef0123456789abcdef"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, stdin=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str], sent: int = signal.SIGTERM) -> tuple[int, str]:
    process.send_signal(sent)
    _, said = process.communicate(timeout=30)
    return process.returncode, said


def named(to: str) -> list[str]:
    return ["--as", "siem", "--key", "env:HIDING", "--to", to]


def test_a_follower_with_a_name_goes_on_where_it_stood(url: str, store: Store) -> None:
    with CollectorServer() as collector:
        with following(url, *named(collector.url)) as process:
            assert until(lambda: len(collector.positions()) == COUNT)
            assert until(lambda: store.cursor("ship:siem") == str(COUNT))
            code, _ = ended(process)
        assert 130 == code
        store.append([(block(), None)])
        with following(url, *named(collector.url)) as process:
            assert until(lambda: len(collector.positions()) == COUNT + 1)
            ended(process, signal.SIGINT)

        assert list(range(1, COUNT + 2)) == collector.positions()
        assert "user:main" not in json.dumps(collector.requests)


def test_a_follower_that_is_killed_repeats_at_most_its_last_batch(url: str, store: Store) -> None:
    """Killed while the receiver keeps an answer back, which is when nobody can tell whether it has the batch."""
    with CollectorServer(answers=[Answer(), Answer(after_s=0.6)]) as collector:
        with following(url, *named(collector.url)) as process:
            assert until(lambda: collector.tried == 2)
            ended(process, signal.SIGKILL)
        assert str(BATCH) == store.cursor("ship:siem")
        assert until(lambda: len(collector.requests) == 2)
        with following(url, *named(collector.url)):
            assert until(lambda: store.cursor("ship:siem") == str(COUNT))

        came = collector.positions()
        assert set(range(1, COUNT + 1)) == set(came)
        assert list(range(BATCH + 1, 2 * BATCH + 1)) == sorted(one for one in set(came) if came.count(one) > 1)


def test_what_comes_while_the_receiver_is_down_waits_for_it(url: str, store: Store) -> None:
    with free_port() as port, following(url, *named(f"http://127.0.0.1:{port}/v1/logs")) as process:
        assert process.stderr is not None
        said = [process.stderr.readline() for _ in range(2)]
        assert "cannot be reached" in said[1] and "from position 1 on wait" in said[1]
        store.append([(decision(99), None)])
        with CollectorServer(port=port, answers=[Answer(503, {"Retry-After": "0"}), Answer(429)]) as collector:
            assert until(lambda: store.cursor("ship:siem") == str(COUNT + 1), within_s=60)

            assert list(range(1, COUNT + 2)) == collector.positions()
            assert "takes facts again, from position 1 on" in process.stderr.readline()


def test_the_second_follower_of_a_name_ends_and_says_so(url: str, store: Store) -> None:
    """Both have brought the first batch before either is told so: one of them moves the cursor."""
    both = threading.Event()
    held = [Answer(until=both), Answer(until=both)]
    with CollectorServer(answers=held) as collector, following(url, *named(collector.url)) as one:
        with following(url, *named(collector.url)) as two:
            assert until(lambda: collector.tried == 2)
            both.set()
            assert until(lambda: one.poll() is not None or two.poll() is not None)
            lost, left = (one, two) if one.poll() is not None else (two, one)
            _, said = lost.communicate()
            assert (3, True) == (lost.returncode, "another follower is called siem" in said)
            assert until(lambda: store.cursor("ship:siem") == str(COUNT))
            assert left.poll() is None
        assert set(range(1, COUNT + 1)) == set(collector.positions())


def test_a_receiver_that_refuses_ends_the_follower_and_the_cursor_stays(url: str, store: Store) -> None:
    with CollectorServer(answers=[Answer(), Answer(401)]) as collector:
        with following(url, *named(collector.url)) as process:
            _, said = process.communicate(timeout=30)
        assert (3, True) == (process.returncode, f"refuses the facts {BATCH + 1} to {2 * BATCH}" in said)
        assert str(BATCH) == store.cursor("ship:siem")


def test_a_part_that_was_refused_is_said_and_the_rest_goes_on(url: str, store: Store) -> None:
    partial = b'{"partialSuccess": {"rejectedLogRecords": "2", "errorMessage": "too old"}}'
    with CollectorServer(answers=[Answer(body=partial)]) as collector:
        with following(url, *named(collector.url)) as process:
            assert until(lambda: store.cursor("ship:siem") == str(COUNT))
            _, said = ended(process)
        assert f"of the facts 1 to {BATCH}: 2 records refused: too old" in said


def test_a_syslog_receiver_that_is_killed_and_started_again_misses_nothing(url: str, store: Store) -> None:
    before = SyslogServer()
    with following(url, *named(f"tcp://127.0.0.1:{before.port}")):
        assert until(lambda: store.cursor("ship:siem") == str(COUNT))
        before.close()
        store.append([(decision(1), None), (decision(2), None)])
        with SyslogServer(port=before.port) as after:
            assert until(lambda: store.cursor("ship:siem") == str(COUNT + 2))
            assert until(lambda: {COUNT + 1, COUNT + 2} <= set(after.positions()))
    assert list(range(1, COUNT + 1)) == before.positions()


def test_a_new_name_begins_with_the_first_fact_or_where_it_is_told(url: str, store: Store, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with following(
        url, "--as", "late", "--key", "env:HIDING", "--since", "2999-01-01", "--to", f"file:{out}"
    ) as process:
        assert process.stderr is not None and f"behind position {COUNT}" in process.stderr.readline()
        store.append([(decision(7), None)])
        assert until(out.exists)
    assert [str(COUNT + 1)] == [json.loads(line)["position"] for line in out.read_text().splitlines()]


def test_filters_choose_and_the_cursor_moves_over_what_they_leave_out(url: str, store: Store) -> None:
    store.append([(block(), None)])
    with CollectorServer() as collector:
        with following(url, *named(collector.url), "--subject", "user:mallory", "--plain"):
            assert until(lambda: store.cursor("ship:siem") == str(COUNT + 1))
        assert [COUNT + 1] == collector.positions()
        assert "user:main/mallory" in json.dumps(collector.requests)


@pytest.mark.parametrize("form", ["json", "otlp", "syslog"])
def test_an_export_goes_to_stdout_a_file_or_a_receiver(
    url: str, store: Store, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"

    assert 0 == main(["journal", "export", "--store", url, "--format", form, "--plain"])
    printed = capsys.readouterr().out
    assert 0 == main(["journal", "export", "--store", url, "--format", form, "--plain", "-o", str(out)])
    assert len(printed) == len(out.read_text())
    assert {"json": COUNT, "syslog": COUNT, "otlp": COUNT // BATCH}[form] == len(printed.splitlines())


def test_an_export_to_a_receiver_says_what_it_did_not_take(
    url: str, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    partial = b'{"partialSuccess": {"rejectedLogRecords": "2"}}'
    with CollectorServer(answers=[Answer(), Answer(body=partial)]) as collector:
        assert 3 == main(["journal", "export", "--store", url, "--to", collector.url])
        assert "2 records refused" in capsys.readouterr().err
        assert 0 == main(["journal", "export", "--store", url, "--to", collector.url, "--until", "2000-01-01"])


def test_hashes_are_alike_from_run_to_run_of_a_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "nomoat.yaml").write_text("")
    with contextlib.closing(open_store(f"sqlite:{tmp_path / '.nomoat/state/journal.db'}")) as store:
        store.append([(decision(), "a key")])
    texts = []
    for place in (
        ["--config", str(tmp_path / "nomoat.yaml")],
        ["--store", f"sqlite:{tmp_path}/.nomoat/state/journal.db"],
    ):
        assert 0 == main(["journal", "export", *place])
        texts.append(capsys.readouterr().out)

    assert texts[0] == texts[1]
    assert 64 < len((tmp_path / ".nomoat" / "state" / f"pseudonyms-{json.loads(texts[0])['store']}.key").read_text())


def test_a_key_of_the_settings_hides_alike_in_every_store(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIDING", "0123456789abcdef0123456789abcdef")
    subjects = []
    for name in ("one", "two"):
        config = tmp_path / f"{name}.yaml"
        config.write_text(f"journal: {{store: 'sqlite:{name}/j.db', pseudonyms: 'env:HIDING'}}\n")
        with contextlib.closing(open_store(f"sqlite:{tmp_path / name / 'j.db'}")) as store:
            store.append([(decision(), None)])
        assert 0 == main(["journal", "export", "--config", str(config)])
        subjects.append(json.loads(capsys.readouterr().out)["subject"])

    assert subjects[0] == subjects[1] and subjects[0].startswith("hidden:")
    assert [] == list(tmp_path.rglob("*.key"))


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("follow", ["--as", "a b"]),
        ("follow", ["--as", "x", "--since", "soon"]),
        ("follow", ["--to", "http://192.0.2.7/v1/logs"]),
        ("export", ["--header", "Authorization=env:HIDING"]),
        ("export", ["--ca", "x"]),
        ("export", ["--to", "http://127.0.0.1:9/v1/logs", "--header", "Authorization"]),
        ("export", ["--to", "http://127.0.0.1:9/v1/logs", "--header", "Authorization=Bearer x"]),
        ("export", ["--key", "env:NOT_SET"]),
        ("export", ["--redact", "--plain"]),
        ("export", ["--to", "file:x", "-o", "y"]),
        ("export", ["--format", "text"]),
    ],
)
def test_wrong_use_ends_before_anything_leaves(
    url: str, store: Store, command: str, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert 2 == main(["journal", command, "--store", url, *arguments])
    assert "" == capsys.readouterr().out


def test_a_name_needs_a_key_that_stays(url: str, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    if url.startswith("sqlite:"):
        return
    assert 2 == main(["journal", "follow", "--store", url, "--as", "siem"])
    assert "--key" in capsys.readouterr().err


def test_a_secret_in_an_address_is_not_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:{tmp_path / 'journal.db'}"
    with contextlib.closing(open_store(url)) as store:
        store.append([(decision(1), None)])
    with CollectorServer() as collector:
        assert 0 == main(["journal", "export", "--store", url, "--to", f"{collector.url}?token=hunter2"])
    assert ["/v1/logs?token=hunter2"] == collector.paths
    said = capsys.readouterr().err
    assert ("hunter2" in said, f"to {collector.url}" in said) == (False, True)
