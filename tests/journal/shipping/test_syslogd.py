from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from pathlib import Path

import pytest

from nomoat.journal.facts import Step
from nomoat.journal.shipping import syslogd
from nomoat.journal.shipping.ports import UndeliveredError
from nomoat.journal.shipping.records import Record
from nomoat.journal.shipping.syslogd import Stream
from nomoat.journal.shipping.targets import Target, open_receiver
from tests.journal.made import decision
from tests.journal.shipping import certificates
from tests.journal.shipping.made import record
from tests.journal.shipping.receiving import SyslogServer, free_port, serving, until


def batch(*numbers: int) -> list[Record]:
    return [record(decision(number), number) for number in numbers]


def test_messages_come_with_their_length_in_front() -> None:
    with SyslogServer() as server:
        receiver = open_receiver(Target(f"tcp://127.0.0.1:{server.port}"))

        assert ["", ""] == [receiver.take(batch(1, 2)), receiver.take(batch(3))]
        assert until(lambda: server.positions() == [1, 2, 3])
        assert server.messages[0].startswith(b"<86>1 ")
        receiver.close()


def test_over_a_new_connection_the_batch_before_comes_again() -> None:
    """What the other machine has acknowledged, its program may not have read when it was killed."""
    server = SyslogServer()
    receiver = open_receiver(Target(f"tcp://127.0.0.1:{server.port}"))
    receiver.take(batch(1, 2))
    assert until(lambda: server.positions() == [1, 2])
    server.close()

    with pytest.raises(UndeliveredError):
        receiver.take(batch(3))
    with SyslogServer(port=server.port) as again:
        receiver.take(batch(3))
        assert until(lambda: again.positions() == [1, 2, 3])
    receiver.close()


def test_a_receiver_that_reads_nothing_has_not_taken_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        port = silent.getsockname()[1]
        large = Step(incident=1, step="s", state="done", output="o" * 7000)
        receiver = syslogd.Stream("silent", lambda: socket.create_connection(("127.0.0.1", port)), timeout_s=0.3)

        with pytest.raises(UndeliveredError):
            receiver.take([record(large)] * 2000)
        receiver.close()


def test_tls_is_verified_by_name_and_authority(tmp_path: Path) -> None:
    made = certificates.make(tmp_path)
    with SyslogServer(tls=certificates.serving(made)) as server:
        receiver = open_receiver(Target(f"tls://localhost:{server.port}", ca=str(made.authority)))
        assert "" == receiver.take(batch(1))
        assert until(lambda: server.positions() == [1])
        receiver.close()
        for url, ca in (
            (f"tls://localhost:{server.port}", ""),
            (f"tls://127.0.0.1:{server.port}", str(made.authority)),
        ):
            with pytest.raises(UndeliveredError):
                open_receiver(Target(url, ca=ca)).take(batch(2))
        assert [1] == server.positions()


def test_a_certificate_of_our_own_is_shown_to_who_asks(tmp_path: Path) -> None:
    made = certificates.make(tmp_path)
    with SyslogServer(tls=certificates.serving(made, asks=True)) as server:
        url, ca = f"tls://localhost:{server.port}", str(made.authority)
        receiver = open_receiver(Target(url, ca=ca, certificate=str(made.certificate), certificate_key=str(made.key)))
        receiver.take(batch(1))

        assert until(lambda: server.positions() == [1])
        receiver.close()


def test_a_datagram_is_a_message_and_what_is_too_long_is_cut() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(20)
        receiver = open_receiver(Target(f"udp://127.0.0.1:{server.getsockname()[1]}"))
        receiver.take([record(decision(1)), record(Step(incident=1, step="s", state="done", output="o" * 60_000), 2)])

        one, two = server.recv(65_536), server.recv(65_536)
        receiver.close()
    assert "1" == json.loads(one[one.index(b"{") :])["position"]
    assert (["output"], True) == (json.loads(two[two.index(b"{") :])["cut"], len(two) <= 2048)


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM], ids=["datagram", "stream"])
def test_the_socket_of_this_machine_of_either_kind(tmp_path: Path, kind: int) -> None:
    path = str(tmp_path / "log")
    if kind == socket.SOCK_STREAM:
        with SyslogServer(path=path) as server:
            receiver = open_receiver(Target(f"unix://{path}"))
            receiver.take(batch(1))
            assert until(lambda: server.positions() == [1])
            receiver.close()
        return
    with socket.socket(socket.AF_UNIX, kind) as listening:
        listening.bind(path)
        listening.settimeout(20)
        receiver = open_receiver(Target(f"unix://{path}"))
        receiver.take(batch(1))
        assert listening.recv(65_536).startswith(b"<86>1 ")
        receiver.close()


@pytest.mark.parametrize("scheme", ["tcp", "udp"])
def test_nobody_there_is_tried_again(scheme: str) -> None:
    with free_port() as port:
        receiver = open_receiver(Target(f"{scheme}://127.0.0.1:{port}"))
        with pytest.raises(UndeliveredError, match="has not taken the batch"):
            # What comes back to a datagram is told to the next one.
            receiver.take(batch(*range(1, 50)))
        receiver.close()
    with pytest.raises(UndeliveredError):
        open_receiver(Target("unix:///no/such/socket")).take(batch(1))


def test_a_receiver_that_reads_slowly_over_tls_has_not_taken_anything(tmp_path: Path) -> None:
    """A timeout of an encrypted socket counts anew with each piece that is taken."""
    made = certificates.make(tmp_path)
    context, done = certificates.serving(made), threading.Event()

    def talk(sock: socket.socket, _: int) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with context.wrap_socket(sock, server_side=True) as encrypted:
            while not done.is_set() and encrypted.recv(2048):
                time.sleep(0.2)

    def connect() -> socket.socket:
        plain = socket.create_connection(("localhost", port), 10)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        return ssl.create_default_context(cafile=str(made.authority)).wrap_socket(plain, server_hostname="localhost")

    with serving(talk) as port:
        stream = Stream("tls://localhost", connect, timeout_s=0.5)
        much = batch(*range(1, 600))
        began = time.monotonic()
        with pytest.raises(UndeliveredError):
            stream.take(much)
        assert time.monotonic() - began < 15.0
        done.set()
        stream.close()
