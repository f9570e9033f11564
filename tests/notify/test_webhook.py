from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from nomoat.notify import outbox, webhook
from nomoat.notify.ports import Channel, DeliveryError, Note, UnsureError
from nomoat.storage.memory import MemoryStore

NOTE = Note("INC-1", "<!everyone> & <https://evil|click>", "key-1")


@contextmanager
def _receiver(answer: bytes, *, hold: bool = False) -> Iterator[tuple[str, list[bytes]]]:
    """A receiver that takes one request after the other and answers with these bytes; `hold` keeps it open."""
    server = socket.create_server(("127.0.0.1", 0))
    got: list[bytes] = []
    ended = threading.Event()

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                request = b""
                while b"\r\n\r\n" not in request or not request.endswith(b"}"):
                    request += connection.recv(65_536)
                got.append(request)
                connection.sendall(answer)
                if hold:
                    ended.wait(10)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/hook", got
    finally:
        ended.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


def _answer(status: str) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


def test_a_message_never_goes_out_twice() -> None:
    store = MemoryStore()
    with _receiver(_answer("204 No Content")) as (url, got):
        channel = Channel("a", "webhook", url)
        states = [outbox.send(store, NOTE, channel=channel).state for _ in range(3)]

    assert (states, len(got)) == (["sent"] * 3, 1)
    assert b"Idempotency-Key: key-1" in got[0]


def test_slack_text_cannot_mention_everybody_or_carry_a_link() -> None:
    with _receiver(_answer("200 OK")) as (url, got):
        webhook.send(NOTE, channel=Channel("a", "webhook", url, "slack"), timeout_s=5)
    text = json.loads(got[0].partition(b"\r\n\r\n")[2])["text"]

    assert text == "*INC-1*\n&lt;!everyone&gt; &amp; &lt;https://evil|click&gt;"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("400 Bad Request", DeliveryError),
        ("302 Found", DeliveryError),
        ("503 Service Unavailable", DeliveryError),
        ("502 Bad Gateway", UnsureError),
        ("504 Gateway Timeout", UnsureError),
    ],
)
def test_only_a_surely_lost_message_may_be_sent_again(status: str, error: type[Exception]) -> None:
    with _receiver(_answer(status)) as (url, _), pytest.raises(error):
        webhook.send(NOTE, channel=Channel("a", "webhook", url), timeout_s=5)


def test_a_failed_message_gets_a_new_key_and_an_unsure_one_waits_for_a_person() -> None:
    store = MemoryStore()
    with _receiver(_answer("400 Bad Request")) as (url, _):
        outbox.send(store, NOTE, channel=Channel("a", "webhook", url))

    assert outbox.attempts(store, "key-1") == ("key-1-try2", 1)
    with _receiver(_answer("502 Bad Gateway")) as (url, got):
        channel = Channel("a", "webhook", url)
        again = Note("INC-1", "x", "key-1-try2")
        assert [outbox.send(store, again, channel=channel).state for _ in range(2)] == ["unsure", "unsure"]
    assert len(got) == 1
    assert outbox.attempts(store, "key-1") == ("key-1-try2", 1)


def test_a_receiver_that_never_ends_its_answer_is_left_at_the_deadline() -> None:
    held = b"HTT"
    with _receiver(held, hold=True) as (url, _), pytest.raises(UnsureError):
        webhook.send(NOTE, channel=Channel("a", "webhook", url), timeout_s=0.3)


@pytest.mark.parametrize(
    "target", ["http://example.org/secret", "ftp://x/secret", "https://", "//secret", "http://127.0.0.1:99999/secret"]
)
def test_an_unsafe_or_broken_address_is_refused_and_never_printed(target: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        webhook.send(NOTE, channel=Channel("a", "webhook", target), timeout_s=1)

    assert "secret" not in str(caught.value)
    assert "secret" not in repr(Channel("a", "webhook", target))
