"""Sends syslog messages: over TCP and TLS with counted octets, over UDP, to the socket of this machine.

Syslog has no answers. A batch over a stream counts as taken when the receiver's machine has acknowledged every byte and
the connection still stands; a datagram counts as taken when it was sent.

Source: RFC 6587, section 3.4.1; RFC 5425; RFC 5426.
"""

from __future__ import annotations

import array
import fcntl
import socket
import ssl
import termios
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from nomoat.errors import printable
from nomoat.journal.shipping.ports import UndeliveredError
from nomoat.journal.shipping.records import Record
from nomoat.journal.shipping.syslog import DATAGRAM_BYTES, STREAM_BYTES, message

TIMEOUT_S = 10.0
_LOOK_S = 0.005
_PIECE_BYTES = 16 * 1024


class Stream:
    """A receiver behind TCP, TLS or a Unix stream; each message with its length in front."""

    def __init__(
        self,
        name: str,
        connect: Callable[[], socket.socket],
        *,
        enterprise: int | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._name = printable(name)
        self._connect = connect
        self._enterprise = enterprise
        self._timeout_s = timeout_s
        self._sock: socket.socket | None = None
        #: What was sent last over a connection that may be lost since: bytes that were acknowledged may be unread.
        self._last = b""

    @property
    def name(self) -> str:
        """Its address."""
        return self._name

    def take(self, batch: Sequence[Record]) -> str:
        """Sends a batch and waits until the other machine has it; over a new connection the batch before, too."""
        frames = b"".join(self._frame(record) for record in batch)
        try:
            if self._sock is not None and _is_gone(self._sock):
                self.close()
            if self._sock is None:
                self._sock = self._connect()
                self._sock.settimeout(self._timeout_s)
                frames = self._last + frames
            until = time.monotonic() + self._timeout_s
            _send(self._sock, frames, until)
            self._wait_until_taken(self._sock, until)
        except (OSError, ValueError) as error:
            self.close()
            raise _undelivered(self._name, error) from error
        self._last = b"".join(self._frame(record) for record in batch)
        return ""

    def close(self) -> None:
        """Ends the connection."""
        sock, self._sock = self._sock, None
        if sock is not None:
            with suppress(OSError):
                sock.close()

    def _frame(self, record: Record) -> bytes:
        text = message(record, limit=STREAM_BYTES, enterprise=self._enterprise)
        return b"%d %b" % (len(text), text)

    def _wait_until_taken(self, sock: socket.socket, until: float) -> None:
        while _unacknowledged(sock):
            if _is_gone(sock) or time.monotonic() > until:
                raise TimeoutError("the receiver does not take what was sent")
            time.sleep(_LOOK_S)
        if _is_gone(sock):
            raise ConnectionResetError("the receiver has closed the connection")


class Datagrams:
    """A receiver behind UDP or a Unix datagram socket, like /dev/log; each message is a datagram."""

    def __init__(
        self,
        name: str,
        connect: Callable[[], socket.socket],
        *,
        limit: int = DATAGRAM_BYTES,
        enterprise: int | None = None,
    ) -> None:
        self._name = printable(name)
        self._connect = connect
        self._limit = limit
        self._enterprise = enterprise
        self._sock: socket.socket | None = None

    @property
    def name(self) -> str:
        """Its address."""
        return self._name

    def take(self, batch: Sequence[Record]) -> str:
        """Sends a datagram a record; nobody says whether one arrived."""
        try:
            if self._sock is None:
                self._sock = self._connect()
                self._sock.settimeout(TIMEOUT_S)
            for record in batch:
                self._sock.send(message(record, limit=self._limit, enterprise=self._enterprise))
        except (OSError, ValueError) as error:
            self.close()
            raise _undelivered(self._name, error) from error
        return ""

    def close(self) -> None:
        """Ends the connection."""
        sock, self._sock = self._sock, None
        if sock is not None:
            sock.close()


def _undelivered(name: str, error: Exception) -> UndeliveredError:
    why = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else type(error).__name__
    return UndeliveredError(
        f"the syslog receiver has not taken the batch ({why})", where=name, fix="check that it runs, and its address"
    )


def _send(sock: socket.socket, frames: bytes, until: float) -> None:
    """All of it before a moment: over TLS a timeout counts anew with each piece that a slow receiver takes."""
    view = memoryview(frames)
    while view:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the receiver does not take what was sent")
        sock.settimeout(left)
        view = view[sock.send(view[:_PIECE_BYTES]) :]


def _unacknowledged(sock: socket.socket) -> int:
    """Bytes that the other machine has not acknowledged yet (tcp(7), SIOCOUTQ)."""
    waiting = array.array("i", [0])
    fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, waiting)
    return waiting[0]


def _is_gone(sock: socket.socket) -> bool:
    """True for a connection that the other side has ended; a syslog receiver has nothing else to say."""
    sock.setblocking(False)
    try:
        return sock.recv(4096) == b""
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return False
    except OSError:
        return True
    finally:
        with suppress(OSError):
            sock.settimeout(TIMEOUT_S)
