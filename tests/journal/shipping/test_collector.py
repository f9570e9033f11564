from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from nomoat.journal.shipping import collector
from nomoat.journal.shipping.collector import Collector
from nomoat.journal.shipping.ports import RefusedError, UndeliveredError
from nomoat.journal.shipping.records import Record
from tests.journal.made import decision
from tests.journal.shipping.made import record
from tests.journal.shipping.receiving import Answer, CollectorServer, free_port

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
        (b"[]", ""),
        (b"[" * 50_000, ""),
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
