"""Real receivers on loopback: a collector that answers as it is told, a syslog server that counts octets."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """What the collector says to one request."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    after_s: float = 0.0
    #: It is held back until this is set.
    until: threading.Event | None = None
    #: The connection is cut when the request was read, with no answer.
    cut: bool = False


class CollectorServer:
    """An OTLP/HTTP receiver. `answers` are given in turn, then 200; `requests` are those that were taken with 200."""

    def __init__(
        self, *, port: int = 0, answers: list[Answer] | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.answers = answers or []
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.tried = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                server.tried += 1
                answer = server.answers.pop(0) if server.answers else Answer()
                time.sleep(answer.after_s)
                if answer.until is not None:
                    answer.until.wait(60)
                if answer.cut:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                if answer.status == 200:
                    assert self.headers["Content-Encoding"] == "gzip"
                    server.requests.append(json.loads(gzip.decompress(body)))
                    server.headers.append(dict(self.headers))
                    server.paths.append(self.path)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, format: str, *arguments: Any) -> None:
                """Says nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._http.daemon_threads = True
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self.port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/logs"

    def positions(self) -> list[int]:
        """The positions of every record that was taken, as they came."""
        return [
            int(attribute["value"]["stringValue"])
            for request in list(self.requests)
            for each in request["resourceLogs"]
            for scope in each["scopeLogs"]
            for log in scope["logRecords"]
            for attribute in log["attributes"]
            if attribute["key"] == "nomoat.position"
        ]

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def __enter__(self) -> CollectorServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class SyslogServer:
    """A receiver of counted octets (RFC 6587) over TCP, TLS or a Unix socket; `messages` are those that came whole."""

    def __init__(self, *, port: int = 0, tls: ssl.SSLContext | None = None, path: str = "") -> None:
        self.messages: list[bytes] = []
        self._tls = tls
        self._open: list[socket.socket] = []
        if path:
            self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._listener.bind(path)
        else:
            self._listener = socket.create_server(("127.0.0.1", port))
        self._listener.listen()
        self.port = 0 if path else self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self._open.append(sock)
                threading.Thread(target=self._read, args=(sock,), daemon=True).start()

    def _read(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
                self._open.append(sock)
            with sock.makefile("rb") as stream:
                while length := b"".join(iter(lambda: stream.read(1), b" ")):
                    text = stream.read(int(length))
                    if len(text) < int(length):
                        return
                    self.messages.append(text)

    def positions(self) -> list[int]:
        return [int(json.loads(text[text.index(b"{") :])["position"]) for text in list(self.messages)]

    def close(self) -> None:
        for sock in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def __enter__(self) -> SyslogServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def until(is_so: Callable[[], bool], *, within_s: float = 30.0) -> bool:
    """Waits until something is so; False when it never was."""
    for _ in range(int(within_s / 0.02)):
        if is_so():
            return True
        time.sleep(0.02)
    return False


@contextlib.contextmanager
def free_port() -> Iterator[int]:
    """A port that nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    yield port


@contextlib.contextmanager
def serving(talk: Callable[[socket.socket, int], None]) -> Iterator[int]:
    """The port of a server that talks to each connection in a thread, in bytes; `talk` gets its number, too."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=64)

    def run(sock: socket.socket, number: int) -> None:
        with sock, contextlib.suppress(OSError):
            talk(sock, number)

    def accept() -> None:
        number = 0
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listening.accept()
                number += 1
                threading.Thread(target=run, args=(sock, number), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        # Closing alone leaves a thread in accept().
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
