"""A server on loopback that answers with bytes as they are: what no library of a server would send."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator


def request_of(sock: socket.socket) -> bytes:
    """One request with its body; empty where the other side has gone."""
    read = b""
    while b"\r\n\r\n" not in read:
        piece = sock.recv(65_536)
        if not piece:
            return b""
        read += piece
    head, _, body = read.partition(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    while len(body) < length:
        body += sock.recv(65_536)
    return head + b"\r\n\r\n" + body


@contextlib.contextmanager
def serving(talk: Callable[[socket.socket, int], None]) -> Iterator[int]:
    """The port of a server that talks to each connection in a thread; `talk` gets its number, too."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=64)

    def run(sock: socket.socket, number: int) -> None:
        with sock, contextlib.suppress(OSError):
            talk(sock, number)

    def accept() -> None:
        number = 0
        while True:
            try:
                sock, _ = listening.accept()
            except OSError:
                return
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


def answer(body: bytes, *headers: bytes, status: bytes = b"HTTP/1.1 200 OK") -> bytes:
    """A whole answer, its length said."""
    lines = [status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
