"""Connections to one server that stay open between questions; each question ends at a moment that was set before.

Takes a body, gives the status and body of the answer. Safe to use from several threads: each takes a connection of its
own, at most `MOST` at once.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import os
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult

#: Connections at once; whoever finds none in time is not answered.
MOST = 16
MAX_BYTES = 64 * 1024
_MAX_HEAD_BYTES = 64 * 1024


class Lines:
    """The connections of one process."""

    def __init__(self, address: SplitResult, *, headers: Mapping[str, str], context: ssl.SSLContext | None) -> None:
        self._address = address
        self._headers = headers
        self._context = context
        self._is_closed = False
        self._begin()

    def _begin(self) -> None:
        """As if never used, for this process: what a parent had open is the parent's."""
        self._pid = os.getpid()
        self._free = threading.BoundedSemaphore(MOST)
        self._idle: list[_Line] = []
        self._lock = threading.Lock()

    def post(self, body: bytes, *, ends: float) -> tuple[int, bytes]:
        """Posts and reads the whole answer before a moment of `time.monotonic`. Raises OSError, HTTPException."""
        if self._pid != os.getpid():
            self._begin()
        if not self._free.acquire(timeout=_left(ends)):
            raise TimeoutError("every connection is taken")
        try:
            return self._posted(body, ends)
        finally:
            self._free.release()

    def close(self) -> None:
        """Ends the connections; those in use end with their question."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for line in idle:
            line.close()

    def _posted(self, body: bytes, ends: float) -> tuple[int, bytes]:
        with self._lock:
            line = self._idle.pop() if self._idle else None
        if line is not None:
            try:
                return self._ask(line, body, ends)
            except (ConnectionError, http.client.RemoteDisconnected):
                # The server has closed what was idle. A question changes nothing, so it is asked once more.
                _left(ends)
        return self._ask(_Line(self._address, self._context, ends), body, ends)

    def _ask(self, line: _Line, body: bytes, ends: float) -> tuple[int, bytes]:
        try:
            status, answer, stays = line.ask(body, self._headers, ends)
        except BaseException:
            line.close()
            raise
        with self._lock:
            stays = stays and not self._is_closed
            if stays:
                self._idle.append(line)
        if not stays:
            line.close()
        return status, answer


class _Line:
    """One connection."""

    def __init__(self, address: SplitResult, context: ssl.SSLContext | None, ends: float) -> None:
        host, port = address.hostname or "", address.port or (80 if context is None else 443)
        self._path = address.path
        self._socket = socket.create_connection((host, port), _left(ends))
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context is not None:
                self._socket = context.wrap_socket(self._socket, server_hostname=host, do_handshake_on_connect=False)
                self._socket.settimeout(_left(ends))
                self._socket.do_handshake()
        except BaseException:
            self._socket.close()
            raise
        self._timed = _Timed(self._socket)
        self._http = http.client.HTTPConnection(host, port)
        self._http.sock = self._timed

    def ask(self, body: bytes, headers: Mapping[str, str], ends: float) -> tuple[int, bytes, bool]:
        """Status and body of the answer, and whether the connection can be used again."""
        self._timed.ends = ends
        self._timed.left_bytes = MAX_BYTES + _MAX_HEAD_BYTES
        self._http.request("POST", self._path, body, dict(headers))
        answer = self._http.getresponse()
        text = answer.read(MAX_BYTES + 1)
        if len(text) > MAX_BYTES:
            raise http.client.HTTPException("its answer is too large")
        if answer.length:
            raise http.client.HTTPException("its answer broke off")
        return answer.status, text, answer.isclosed() and not answer.will_close

    def close(self) -> None:
        """Ends it."""
        with contextlib.suppress(OSError):
            self._socket.close()


class _Timed:
    """A socket whose every wait ends at one moment: a timeout alone counts anew with each byte that drips."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self.ends = 0.0
        self.left_bytes = 0

    def sendall(self, data: bytes) -> None:
        self._line.settimeout(_left(self.ends))
        self._line.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self))

    def take(self, buffer: Any) -> int:
        if self.left_bytes <= 0:
            raise http.client.HTTPException("its answer is too large")
        self._line.settimeout(_left(self.ends))
        count = self._line.recv_into(buffer, min(len(buffer), self.left_bytes))
        self.left_bytes -= count
        return count

    def close(self) -> None:
        """Whoever opened it closes it."""


class _Reader(io.RawIOBase):
    def __init__(self, timed: _Timed) -> None:
        self._timed = timed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._timed.take(buffer)


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError("it did not answer in time")
    return left
