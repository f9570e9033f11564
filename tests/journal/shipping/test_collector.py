from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from nomoat.journal.shipping import collector
from nomoat.journal.shipping.collector import Collector
from nomoat.journal.shipping.ports import RefusedError, UndeliveredError
from nomoat.journal.shipping.records import Record
from tests.journal.made import decision
from tests.journal.shipping import certificates
from tests.journal.shipping.made import record
from tests.journal.shipping.receiving import Answer, CollectorServer, free_port, serving

NOT_OF_IT = "its answer is none of this protocol, so who took them is not known: check the address"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[CollectorServer]:
    with CollectorServer() as running:
        yield running


def batch(count: int = 3) -> list[Record]:
    return [record(decision(number), number) for number in range(1, count + 1)]


_OPEN: list[Collector] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while _OPEN:
        _OPEN.pop().close()


def to(server: CollectorServer, *, timeout_s: float = 10.0) -> Collector:
    headers = {"Authorization": "Bearer t"}
    _OPEN.append(Collector(urlsplit(server.url), headers=headers, clock=lambda: NOW, timeout_s=timeout_s))
    return _OPEN[-1]


def test_batches_go_over_one_connection_with_what_the_receiver_asks_for(server: CollectorServer) -> None:
    receiver = to(server)

    assert ["", ""] == [receiver.take(batch()), receiver.take(batch(1))]
    receiver.close()
    assert [1, 2, 3, 1] == server.positions()
    assert ["/v1/logs"] * 2 == server.paths
    assert ("application/json", "Bearer t") == (server.headers[0]["Content-Type"], server.headers[0]["Authorization"])


@pytest.mark.parametrize(
    ("answer", "wait_s"),
    [
        (Answer(429, {"Retry-After": "7"}), 7.0),
        (Answer(503, {"Retry-After": "Tue, 24 Nov 2026 12:00:30 GMT"}), 30.0),
        (Answer(503, {"Retry-After": "Tue, 24 Nov 2026 11:00:00 GMT"}), 0.0),
        (Answer(503, {"Retry-After": "999999"}), collector.LONGEST_WAIT_S),
        (Answer(503, {"Retry-After": "soon"}), None),
        (Answer(502), None),
        (Answer(504), None),
        (Answer(500), None),
        (Answer(408), None),
        (Answer(cut=True), None),
    ],
)
def test_what_may_pass_is_tried_again_when_the_receiver_says(
    server: CollectorServer, answer: Answer, wait_s: float | None
) -> None:
    server.answers = [answer]
    receiver = to(server)

    with pytest.raises(UndeliveredError) as raised:
        receiver.take(batch())
    assert wait_s == raised.value.retry_after_s
    assert "" == receiver.take(batch())
    receiver.close()
    assert [1, 2, 3] == server.positions()


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 415])
def test_what_will_never_pass_is_said_with_the_receiver_s_words(server: CollectorServer, status: int) -> None:
    server.answers = [Answer(status, {"Location": "http://127.0.0.1:1/"}, b'{"message": "no \\u001b[31m such"}')]

    with pytest.raises(RefusedError) as raised:
        to(server).take(batch())
    assert f"the facts 1 to 3: it answered {status}: no \\x1b[31m such" in str(raised.value)
    assert 1 == server.tried


def test_what_is_too_large_goes_in_halves(server: CollectorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.answers = [Answer(413), Answer(), Answer(413)]

    assert "" == to(server).take(batch(5))
    assert [1, 2, 3, 4, 5] == server.positions()
    assert [2, 1, 2] == [len(str(request).split("nomoat.position")) - 1 for request in server.requests]

    server.answers = [Answer(413)]
    with pytest.raises(RefusedError):
        to(server).take(batch(1))
    server.requests.clear()
    monkeypatch.setattr(collector, "REQUEST_BYTES", 3000)
    assert "" == to(server).take(batch(4))
    assert ([1, 2, 3, 4], True) == (server.positions(), len(server.requests) > 1)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"partialSuccess": {"rejectedLogRecords": "2", "errorMessage": "too old"}}', "2 records refused: too old"),
        (b'{"partialSuccess": {"rejectedLogRecords": 1}}', "1 records refused: it does not say why"),
        (b'{"partialSuccess": {"errorMessage": "slow down"}}', "0 records refused: slow down"),
        (b'{"partialSuccess": {}}', ""),
        (b'{"partialSuccess": 7}', ""),
        (b"", ""),
        (b"[]", NOT_OF_IT),
        (b"[" * 50_000, NOT_OF_IT),
    ],
)
def test_a_part_that_was_refused_is_told(server: CollectorServer, body: bytes, said: str) -> None:
    server.answers = [Answer(body=body)]

    assert said == to(server).take(batch())


def test_nobody_there_and_an_answer_that_drips_are_both_tried_again(server: CollectorServer) -> None:
    with free_port() as port, pytest.raises(UndeliveredError, match="cannot be reached"):
        Collector(urlsplit(f"http://127.0.0.1:{port}/v1/logs")).take(batch())

    server.answers = [Answer(after_s=3.0)]
    receiver = to(server, timeout_s=0.2)
    with pytest.raises(UndeliveredError):
        receiver.take(batch())
    assert "" == receiver.take(batch())


def test_an_answer_without_end_is_not_read_to_its_end(server: CollectorServer) -> None:
    server.answers = [Answer(body=b" " * 200_000)]
    receiver = to(server)

    assert ["", ""] == [receiver.take(batch()), receiver.take(batch())]


def test_an_answer_that_broke_off_is_no_answer(server: CollectorServer) -> None:
    """What was refused of the batch stood in the part that did not come."""
    body = b'{"partialSuccess": {"rejectedLogRecords": "2"}}'

    def talk(sock: socket.socket, _: int) -> None:
        sock.recv(65_536)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:20])

    with serving(talk) as port:
        receiver = Collector(urlsplit(f"http://127.0.0.1:{port}/v1/logs"))
        with pytest.raises(UndeliveredError):
            receiver.take(batch())
        receiver.close()


@pytest.mark.parametrize("body", [b"<html>Sign in to this network</html>", b"[]", b"true", b"{" * 70_000])
def test_whoever_answers_something_else_is_not_believed_to_have_it(server: CollectorServer, body: bytes) -> None:
    server.answers = [Answer(body=body)]

    assert "who took them is not known" in to(server).take(batch())


@pytest.mark.parametrize("body", [b"", b"{}", b" \n", b'{"partialSuccess": {}}'])
def test_an_empty_answer_is_one(server: CollectorServer, body: bytes) -> None:
    server.answers = [Answer(body=body)]

    assert "" == to(server).take(batch())


def test_an_early_answer_is_not_that_of_the_next_batch() -> None:
    def talk(sock: socket.socket, number: int) -> None:
        while sock.recv(65_536):
            early = b"HTTP/1.1 103 Early Hints\r\n\r\n" if number == 1 else b""
            sock.sendall(early + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with serving(talk) as port:
        receiver = Collector(urlsplit(f"http://127.0.0.1:{port}/v1/logs"))
        with pytest.raises(UndeliveredError):
            receiver.take(batch(1))
        assert (None, "") == (receiver._connection, receiver.take(batch(1)))
        receiver.close()


@pytest.mark.parametrize("status", [200, 400, 503])
def test_a_receiver_that_quotes_our_header_is_not_quoted(server: CollectorServer, status: int) -> None:
    body = (
        b'{"message": "no: Bearer hunter2!", "partialSuccess": {"rejectedLogRecords": 1, "errorMessage": "hunter2!"}}'
    )
    server.answers = [Answer(status, body=body)]
    receiver = Collector(urlsplit(server.url), headers={"Authorization": "Bearer hunter2!"})

    try:
        said = receiver.take(batch())
    except (RefusedError, UndeliveredError) as error:
        said = str(error)
    receiver.close()
    assert ("hunter2" in said, "[hidden]" in said) == (False, True)


def test_a_connection_that_is_ended_stays_encrypted_for_who_still_writes(tmp_path: Path) -> None:
    """Taking the encryption away first would have the rest of a batch readable on the wire."""
    made = certificates.make(tmp_path)
    with CollectorServer(tls=certificates.serving(made)) as running:
        address = urlsplit(f"https://localhost:{running.port}/v1/logs")
        receiver = Collector(address, tls=ssl.create_default_context(cafile=str(made.authority)))
        assert "" == receiver.take(batch(1))
        connection = receiver._connection
        assert connection is not None
        encrypted = connection.sock
        assert isinstance(encrypted, ssl.SSLSocket)
        with collector._ended_after(connection, 0.01):
            time.sleep(0.1)
        assert encrypted.version() is not None
        receiver.close()
