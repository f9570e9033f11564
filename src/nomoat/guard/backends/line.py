"""Connections to one server that stay open between questions; each question ends at a moment that was set before.

Takes a body, gives the status and body of the answer. Safe to use from several threads: each takes a connection of its
own, at most `MOST` at once. A connection on which anything came that is not of its last answer is never used again: it
would be taken for the answer to another question.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import ipaddress
import select
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any
from urllib.parse import SplitResult

from nomoat.guard import providers
from nomoat.guard.backends.asking import OfProcess

#: Connections at once; whoever finds none in time is not answered.
MOST = 16
MAX_BYTES = 64 * 1024
_MAX_HEAD_BYTES = 64 * 1024
#: Of a long body so much is sent before the time is looked at again.
_PIECE_BYTES = 16 * 1024
_Places = list[Any]


class _Open:
    """What one process has open."""

    def __init__(self, host: str, port: int) -> None:
        self.free = threading.BoundedSemaphore(MOST)
        self.lock = threading.Lock()
        self.idle: list[_Line] = []
        self.lookup = _Lookup(host, port)


class Lines:
    """The connections to one server; each process has its own."""

    def __init__(self, address: SplitResult, *, headers: Mapping[str, str], context: ssl.SSLContext | None) -> None:
        self._host, self._port = address.hostname or "", address.port or (80 if context is None else 443)
        self._path = address.path
        self._headers = headers
        self._context = context
        self._is_closed = False
        self._open = OfProcess(lambda: _Open(self._host, self._port))

    def post(self, body: bytes, *, ends: float) -> tuple[int, bytes]:
        """Posts and reads the whole answer before a moment of `time.monotonic`. Raises OSError, HTTPException."""
        here = self._open.get()
        if not here.free.acquire(timeout=_left(ends)):
            raise TimeoutError("every connection is taken")
        try:
            return self._posted(here, body, ends)
        finally:
            here.free.release()

    def close(self) -> None:
        """Ends the connections; those in use end with their question."""
        here = self._open.get()
        with here.lock:
            self._is_closed = True
            idle, here.idle = here.idle, []
        for line in idle:
            line.close()

    def _posted(self, here: _Open, body: bytes, ends: float) -> tuple[int, bytes]:
        while (line := self._idle(here)) is not None:
            if not line.is_quiet():
                line.close()
                continue
            try:
                return self._ask(here, line, body, ends)
            except (ConnectionError, ssl.SSLEOFError):
                # The server has closed what was idle. A question changes nothing, so it is asked once more.
                _left(ends)
                break
        return self._ask(here, self._connected(here, ends), body, ends)

    def _idle(self, here: _Open) -> _Line | None:
        with here.lock:
            return here.idle.pop() if here.idle else None

    def _connected(self, here: _Open, ends: float) -> _Line:
        """Each address of the host in turn, all in time: one that is silent leaves time for the others."""
        failed: OSError | None = None
        places = here.lookup.places(ends)
        for tried, (family, kind, protocol, _, place) in enumerate(places):
            if self._context is None and not providers.is_this_machine(str(place[0])):
                failed = OSError("plain http leads to another machine")
                continue
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(_left(ends) / (len(places) - tried))
                sock.connect(place)
                return _Line(sock, self._host, self._port, self._path, self._context, ends)
            except ssl.SSLError:
                raise
            except OSError as error:
                failed = error
                sock.close()
        raise failed or OSError("it has no address")

    def _ask(self, here: _Open, line: _Line, body: bytes, ends: float) -> tuple[int, bytes]:
        try:
            status, answer, stays = line.ask(body, self._headers, ends)
        except BaseException:
            line.close()
            raise
        with here.lock:
            stays = stays and not self._is_closed
            if stays:
                here.idle.append(line)
        if not stays:
            line.close()
        return status, answer


class _Lookup:
    """The addresses of a host. Looking up has no bound of its own: a thread does it, and nobody waits for longer.

    One at a time: a resolver that does not answer costs one thread, however many ask.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._lock = threading.Lock()
        self._running: Future[_Places] | None = None

    def places(self, ends: float) -> _Places:
        """As `getaddrinfo` has them. Raises OSError, also where it takes too long."""
        with contextlib.suppress(ValueError):
            return socket.getaddrinfo(str(ipaddress.ip_address(self._host)), self._port, type=socket.SOCK_STREAM)
        with self._lock:
            running = self._running
            if running is None:
                running = self._running = Future()
                threading.Thread(target=self._run, args=(running,), name="nomoat-guard-lookup", daemon=True).start()
        return running.result(_left(ends))

    def _run(self, running: Future[_Places]) -> None:
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except (OSError, ValueError) as error:
            # ValueError: a name that cannot be written for the resolver.
            self._running = None
            running.set_exception(error)
        else:
            self._running = None
            running.set_result(found)


class _Line:
    """One connection."""

    def __init__(
        self, sock: socket.socket, host: str, port: int, path: str, context: ssl.SSLContext | None, ends: float
    ) -> None:
        """Takes a socket that is connected, and encrypts it; closes it where that fails."""
        self._path = path
        self._socket = sock
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context is not None:
                self._socket = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
                self._socket.settimeout(_left(ends))
                self._socket.do_handshake()
        except BaseException:
            self._socket.close()
            raise
        self._timed = _Timed(self._socket)
        self._http = http.client.HTTPConnection(host, port)
        self._http.sock = self._timed
        # It must never open one by itself: that one would have neither encryption nor an end.
        self._http.auto_open = 0

    def ask(self, body: bytes, headers: Mapping[str, str], ends: float) -> tuple[int, bytes, bool]:
        """Status and body of the answer, and whether the connection can be used again."""
        self._timed.ends = ends
        self._timed.left_bytes = MAX_BYTES + _MAX_HEAD_BYTES
        self._timed.rest_bytes = 0
        self._http.request("POST", self._path, body, dict(headers))
        answer = self._http.getresponse()
        text = answer.read(MAX_BYTES + 1)
        if len(text) > MAX_BYTES:
            raise http.client.HTTPException("its answer is too large")
        if answer.length:
            raise http.client.HTTPException("its answer broke off")
        # An answer below 200 announces another one (RFC 9110, section 15.2), which is still to come.
        is_over = answer.isclosed() and answer.status >= http.client.OK
        return answer.status, text, is_over and not answer.will_close and not self._timed.rest_bytes

    def is_quiet(self) -> bool:
        """True while nothing came since the last answer; whatever does, and its end too, is no answer to the next."""
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return False
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return not poll.poll(0)

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
        #: What was read behind the end of the last answer.
        self.rest_bytes = 0

    def sendall(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            self._line.settimeout(_left(self.ends))
            view = view[self._line.send(view[:_PIECE_BYTES]) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        return _Buffered(_Reader(self), self)

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
        self.is_over = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return 0 if self.is_over else self._timed.take(buffer)


class _Buffered(io.BufferedReader):
    """Tells, when it is closed, how much it holds that nobody has read."""

    def __init__(self, raw: _Reader, timed: _Timed) -> None:
        super().__init__(raw)
        self._reader, self._timed = raw, timed

    def close(self) -> None:
        if not self.closed:
            self._reader.is_over = True
            self._timed.rest_bytes = len(self.peek(1))
        super().close()


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError("it did not answer in time")
    return left
