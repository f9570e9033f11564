"""What a server that answers with bytes as they are needs: a request read, an answer written."""

from __future__ import annotations

import socket


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


def answer(body: bytes, *headers: bytes, status: bytes = b"HTTP/1.1 200 OK") -> bytes:
    """A whole answer, its length said."""
    lines = [status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
