from __future__ import annotations

import contextlib
import socket
import time
from pathlib import Path

import pytest

from nomoat.errors import UsageError
from nomoat.journal.shipping import targets
from nomoat.journal.shipping.targets import Target, open_receiver
from tests.journal.made import decision
from tests.journal.shipping.made import record


@pytest.mark.parametrize(
    "url",
    [
        "https://collector.example.com:4318/v1/logs",
        "http://127.0.0.1:4318/v1/logs",
        "http://[::1]:4318/v1/logs",
        "http://localhost:4318/v1/logs",
        "tls://logs.example.com",
        "tcp://127.0.0.1",
        "udp://127.0.0.1:5514",
        "unix:///no/such/socket",
        "file:out.jsonl",
    ],
)
def test_an_address_that_may_be_used_opens_without_a_word(url: str) -> None:
    open_receiver(Target(url)).close()


@pytest.mark.parametrize(
    "target",
    [
        Target("collector:4318"),
        Target("ftp://127.0.0.1/"),
        Target("https://"),
        Target("https://x:notaport/"),
        Target("tls://x:0"),
        Target("unix:"),
        Target("file://host/path"),
        Target("https://ana:secret@collector.example.com/v1/logs"),
        Target("http://collector.example.com:4318/v1/logs"),
        Target("http://127.0.0.1.example.com:4318/v1/logs"),
        Target("tcp://logs.example.com:601"),
        Target("udp://192.0.2.7"),
        Target("udp://192.0.2.7", insecure_because="  "),
        Target("tls://logs.example.com", form="otlp"),
        Target("https://collector.example.com/v1/logs", form="json"),
        Target("tls://logs.example.com", headers={"Authorization": "x"}),
        Target("https://collector.example.com/v1/logs", headers={"a b": "x"}),
        Target("tcp://127.0.0.1:601", ca="ca.pem"),
        Target("tls://logs.example.com", ca="/no/such/file"),
        Target("tls://logs.example.com", enterprise=0),
    ],
    ids=lambda target: target.url,
)
def test_what_is_wrong_or_readable_on_the_way_is_refused_with_a_way_out(target: Target) -> None:
    with pytest.raises(UsageError) as raised:
        open_receiver(target)
    assert raised.value.fix
    assert "secret" not in str(raised.value)


def test_a_readable_way_needs_a_reason() -> None:
    open_receiver(Target("tcp://logs.example.com:601", insecure_because="a wire of one rack")).close()


def test_a_secret_header_is_no_part_of_what_is_printed() -> None:
    assert "hunter2" not in repr(Target("https://c.example.com/v1/logs", headers={"Authorization": "hunter2"}))


def test_a_file_is_appended_to_by_lines_that_are_never_joined(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text('{"half":')
    receiver = open_receiver(Target(f"file:{path}"))

    receiver.take([record(decision(1), 1)])
    path.rename(tmp_path / "rotated")
    receiver.take([record(decision(2), 2)])
    lines = (tmp_path / "rotated").read_text().splitlines()
    assert (2, True, 1, 0o600) == (
        len(lines), '"position": "1"' in lines[1], len(path.read_text().splitlines()), path.stat().st_mode & 0o777
    )  # fmt: skip


def test_a_file_that_cannot_be_written_or_is_a_link_is_tried_again(tmp_path: Path) -> None:
    from nomoat.journal.shipping.ports import UndeliveredError

    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("no/such/folder", "link"):
        with pytest.raises(UndeliveredError):
            open_receiver(Target(f"file:{tmp_path / name}")).take([record(decision())])


@pytest.mark.parametrize(
    "url", ["ftp://ana:hunter2@127.0.0.1/", "https://ana:hunter2@x:port/", "http://ana:hunter2@[/", "x://h?t=hunter2"]
)
def test_a_password_in_an_address_that_is_none_is_not_printed(url: str) -> None:
    with pytest.raises(UsageError) as raised:
        open_receiver(Target(url))
    assert "hunter2" not in str(raised.value)


def test_a_socket_whose_queue_is_full_holds_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "TIMEOUT_S", 0.2)
    path = str(tmp_path / "log")
    with contextlib.ExitStack() as open_:
        listening = open_.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        listening.bind(path)
        listening.listen(0)
        for _ in range(3):
            waiting = open_.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(path)
        began = time.monotonic()
        open_receiver(Target(f"unix://{path}")).close()
        assert time.monotonic() - began < 10.0
