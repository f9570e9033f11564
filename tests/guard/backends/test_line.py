"""A server that means harm, or stumbles: no answer is ever taken for that of another question, and none takes long."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from nomoat.guard.backends import line
from nomoat.guard.backends.opa import Opa
from nomoat.guard.backends.settings import OpaSettings
from nomoat.policy.decide import Answer
from tests.guard.backends.opa_server import OpaServer
from tests.guard.backends.raw_server import answer, request_of
from tests.journal.shipping.receiving import serving

YES, NO = answer(b'{"result": true}'), answer(b'{"result": false}')


def opa(port: int, tmp_path: Path, *, timeout_s: float = 2.0, **given: Any) -> Opa:
    return Opa(OpaSettings(f"http://127.0.0.1:{port}/v1/data/a", timeout_s, **given), service="shop", root=tmp_path)


def ask(backend: Opa, subject: str = "user:a/b", **given: Any) -> Answer:
    return backend.decide(subject=subject, roles=(), permissions=("p",), attributes={}, **given)


def chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + end


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (chunked(b'{"result"', b": true}"), "granted"),
        (chunked(b'{"result"', b": true}", end=b""), "backend-unavailable"),
        (chunked(b'{"result": true}', end=b"zz\r\n"), "backend-unavailable"),
        (b'HTTP/1.0 200 OK\r\n\r\n{"result": true}', "granted"),
        (b'HTTP/1.0 200 OK\r\n\r\n{"result": tru', "backend-unavailable"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"result": true}', "backend-unavailable"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{"result": true}', "granted"),
        (b'{"result": true}', "backend-unavailable"),
        (b'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b{"result": true}', "backend-unavailable"),
        (answer(b'{"result": true}', b"X: " + b"a" * 70_000), "backend-unavailable"),
        (answer(b'{"result": true}', *[b"X: a"] * 200), "backend-unavailable"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + YES, "granted"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000, "backend-unavailable"),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" + YES, "backend-unavailable"),
        (answer(b"", b"Location: /v1/data/other", status=b"HTTP/1.1 307 Temporary Redirect"), "backend-unavailable"),
        (answer(b'{"result": true}', status=b"HTTP/1.1 999 Odd"), "backend-unavailable"),
        (answer(b'{"\\u0072esult": true}'), "granted"),
        (answer(b'{"result": "true"}'), "backend-unavailable"),
        (answer(b'{"Result": true}'), "no-grant"),
        (answer('{"result": true}'.encode("utf-16")), "backend-unavailable"),
        (answer(b'\xef\xbb\xbf{"result": true}'), "backend-unavailable"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_a_hostile_server_says_allows_only_when_it_is_whole_and_true(
    tmp_path: Path, said: bytes, expected: str
) -> None:
    def talk(sock: socket.socket, _: int) -> None:
        request_of(sock)
        sock.sendall(said)

    with serving(talk) as port:
        backend = opa(port, tmp_path)
        assert expected == ask(backend).reason
        backend.close()


@pytest.mark.parametrize(
    "first",
    [
        NO + YES,
        answer(b'{"result": false}', status=b"HTTP/1.1 103 Early Hints") + YES,
        b"HTTP/1.1 103 Early Hints\r\n\r\n" + YES,
        b"HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n" + YES,
        chunked(b'{"result": false}') + YES,
    ],
    ids=["two", "early-with-body", "early", "no-content", "chunked"],
)
@pytest.mark.parametrize("pause_s", [0.0, 0.05], ids=["at once", "later"])
def test_an_answer_too_many_is_not_that_of_the_next_question(tmp_path: Path, first: bytes, pause_s: float) -> None:
    """Else one caller is let in by what was said of another."""

    def talk(sock: socket.socket, number: int) -> None:
        while request_of(sock):
            if number > 1:
                sock.sendall(NO)
                continue
            cut = len(first) - len(YES)
            sock.sendall(first[:cut])
            time.sleep(pause_s)
            sock.sendall(first[cut:])

    with serving(talk) as port:
        backend = opa(port, tmp_path)
        assert "deny" == ask(backend, "user:a/one").outcome
        time.sleep(2 * pause_s + 0.05)
        assert ("deny", "no-grant") == ask(backend, "user:a/two")[:2]
        backend.close()


def test_after_an_answer_that_came_too_late_the_next_question_has_its_own(tmp_path: Path) -> None:
    def talk(sock: socket.socket, number: int) -> None:
        while request_of(sock):
            time.sleep(0.3 if number == 1 else 0.0)
            sock.sendall(YES if number == 1 else NO)

    with serving(talk) as port:
        backend = opa(port, tmp_path, timeout_s=0.1)
        assert "backend-unavailable" == ask(backend).reason
        time.sleep(0.3)
        assert "no-grant" == ask(backend).reason
        backend.close()


def test_a_server_that_reads_slowly_holds_nobody(tmp_path: Path) -> None:
    done = threading.Event()

    def talk(sock: socket.socket, _: int) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        while not done.is_set() and sock.recv(256):
            time.sleep(0.01)

    with serving(talk) as port:
        backend = opa(port, tmp_path, timeout_s=0.3)
        began = time.monotonic()
        assert "backend-unavailable" == ask(backend, resource={"text": "a" * 8_000_000}).reason
        assert time.monotonic() - began < 20.0
        done.set()
        backend.close()


def test_looking_a_name_up_is_bounded_too_and_costs_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    looked, go_on = [], threading.Event()
    known = socket.getaddrinfo

    def slow(host: str, port: int, *given: Any, **named: Any) -> Any:
        looked.append(host)
        go_on.wait(10)
        return known("127.0.0.1", port, *given, **named)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    lookup = line._Lookup("opa.example.test", 443)
    began = time.monotonic()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            lookup.places(time.monotonic() + 0.05)
    assert (True, ["opa.example.test"]) == (time.monotonic() - began < 5.0, looked)

    go_on.set()
    assert "127.0.0.1" == lookup.places(time.monotonic() + 5)[0][4][0]


def test_plain_http_never_leaves_this_machine_whatever_a_name_leads_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def elsewhere(host: str, port: int, *given: Any, **named: Any) -> Any:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("192.0.2.7", port))]

    monkeypatch.setattr(socket, "getaddrinfo", elsewhere)
    backend = Opa(OpaSettings("http://localhost:1/v1/data/a", 2.0), service="shop", root=tmp_path)
    began = time.monotonic()
    assert ("backend-unavailable", True) == (ask(backend).reason, time.monotonic() - began < 10.0)
    assert "localhost" in asked
    backend.close()


def test_a_child_uses_no_connection_of_its_parent_and_waits_for_no_lock_of_it(tmp_path: Path) -> None:
    """On one connection parent and child read each other's answers; a lock that was held stays held for ever."""
    with OpaServer(lambda document: {"result": document["sub"] == "parent"}) as server:
        backend = Opa(OpaSettings(server.url, 5.0), service="shop", root=tmp_path)
        assert "allow" == ask(backend, "user:a/parent").outcome
        here, waiting = backend._lines._open.get(), backend._waiting.get()
        with here.lock, waiting._lock:
            child = os.fork()
            if child == 0:
                outcomes: list[str] = []
                threads = [
                    threading.Thread(target=lambda: outcomes.append(ask(backend, "user:a/child").outcome))
                    for _ in range(8)
                ]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join(20)
                os._exit(0 if outcomes == ["deny"] * 8 else 1)
        _, status = os.waitpid(child, 0)
        assert (0, "allow") == (os.waitstatus_to_exitcode(status), ask(backend, "user:a/parent").outcome)
        assert "allow" == ask(backend, "user:a/parent").outcome
        backend.close()


def test_idle_connections_that_the_server_closed_are_not_used(tmp_path: Path) -> None:
    with OpaServer(lambda _: {"result": True}) as server:
        server.after_s = 0.1
        backend = Opa(OpaSettings(server.url, 5.0), service="shop", root=tmp_path)
        threads = [threading.Thread(target=ask, args=(backend,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        server.after_s = 0.0
        for idle in backend._lines._open.get().idle:
            idle._socket.shutdown(socket.SHUT_RDWR)
        assert "allow" == ask(backend).outcome
        backend.close()


@pytest.mark.parametrize("decision_id", ["\ud800", "a\nb", 7, None, ["a"], "a" * 5000])
def test_an_id_that_no_journal_takes_is_left_out_and_the_answer_holds(tmp_path: Path, decision_id: object) -> None:
    with OpaServer(lambda _: {"result": True, "decision_id": decision_id}) as server:
        backend = Opa(OpaSettings(server.url, 5.0), service="shop", root=tmp_path)
        found = ask(backend)
        backend.close()

    assert "allow" == found.outcome
    said = found.read.get("opa.decision_id", "")
    assert isinstance(said, str) and len(said) < 1000 and said.isprintable()


def test_what_a_server_says_is_no_part_of_what_a_log_says(tmp_path: Path) -> None:
    def talk(sock: socket.socket, _: int) -> None:
        request_of(sock)
        sock.sendall(b"hunter2 and\x1b[31m a line\r\n\r\n")

    with serving(talk) as port:
        backend = opa(port, tmp_path)
        assert "backend-unavailable" == ask(backend).reason
        assert ("hunter2" in backend.trouble, "BadStatusLine" in backend.trouble) == (False, True)
        backend.close()


def test_half_a_character_denies_because_it_would_be_read_as_another_one(tmp_path: Path) -> None:
    """OPA reads `\\ud800` and `\\ufffd` as the same text: whoever is called so would own what the other one owns."""
    with OpaServer(lambda document: {"result": document["sub"] == "\ufffd"}) as server:
        backend = Opa(OpaSettings(server.url, 5.0), service="shop", root=tmp_path)
        assert ("allow", "backend-unavailable") == (
            ask(backend, "user:a/\ufffd").outcome, ask(backend, "user:a/\ud800").reason
        )  # fmt: skip
        assert 1 == len(server.inputs)
        backend.close()


@pytest.mark.parametrize("raised", [RuntimeError("can't start new thread"), MemoryError(), AssertionError()])
def test_whatever_goes_wrong_denies_and_never_raises(tmp_path: Path, raised: Exception) -> None:
    backend = opa(1, tmp_path)

    def fail(*_: object) -> Any:
        raise raised

    backend._ask = fail
    assert ("deny", "backend-unavailable") == ask(backend)[:2]
    assert type(raised).__name__ in backend.trouble
