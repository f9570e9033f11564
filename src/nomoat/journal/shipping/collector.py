"""Posts batches to an OpenTelemetry collector: OTLP over HTTP, JSON, gzip.

Connections are verified, kept open, ended when an answer takes too long; redirects are not followed. A batch that is
too large for the receiver goes in halves.

Source: OTLP specification 1.9, "OTLP/HTTP Response" and "OTLP/HTTP Throttling".
"""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult

from nomoat.errors import printable
from nomoat.journal.shipping import otlp
from nomoat.journal.shipping.ports import RefusedError, UndeliveredError
from nomoat.journal.shipping.records import Record

TIMEOUT_S = 10.0
#: Collectors take 20 MiB unless they are told otherwise; an answer is small.
REQUEST_BYTES = 4_000_000
_ANSWER_BYTES = 65_536
#: A receiver that asks for more than this is asked again all the same.
LONGEST_WAIT_S = 300.0
# The protocol names 429, 502, 503 and 504, and would have every other batch thrown away. Nothing of a journal is
# thrown away for a fault of the receiver: records have an id of their own, so one that comes twice is told.
_AGAIN = frozenset((408, 425, 429))
_TOO_LARGE = 413


class Collector:
    """A receiver at an address like https://collector:4318/v1/logs."""

    def __init__(
        self,
        address: SplitResult,
        *,
        headers: Mapping[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        timeout_s: float = TIMEOUT_S,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._address = address
        self._headers = {
            "Content-Type": "application/json", "Content-Encoding": "gzip", "User-Agent": "nomoat", **(headers or {}),
        }  # fmt: skip
        words = {word for value in (headers or {}).values() for word in (value, value.rpartition(" ")[2])}
        self._secrets = sorted((printable(word) for word in words if len(word) > 3), key=len, reverse=True)
        self._tls = tls
        self._timeout_s = timeout_s
        self._clock = clock
        self._connection: http.client.HTTPConnection | None = None

    @property
    def name(self) -> str:
        """Its address, without a query: one may hold a secret."""
        return printable(f"{self._address.scheme}://{self._address.netloc}{self._address.path}")

    def take(self, batch: Sequence[Record]) -> str:
        """Posts a batch, in halves where it is too large."""
        body = otlp.request(batch).encode("ascii")
        if len(body) > REQUEST_BYTES and len(batch) > 1:
            return self._in_halves(batch)
        status, headers, answer = self._post(gzip.compress(body, 5))
        if 200 <= status < 300:
            return self._without_headers(_complaint(answer))
        if status == _TOO_LARGE and len(batch) > 1:
            return self._in_halves(batch)
        said = f"it answered {status}{self._words(answer)}"
        # Below 200 the answer is still to come, on a connection that is not used again.
        if status in _AGAIN or status >= 500 or status < 200:
            raise UndeliveredError(
                f"the collector has not taken the batch: {said}", where=self.name,
                retry_after_s=_retry_after_s(headers.get("retry-after"), now=self._clock()),
            )  # fmt: skip
        raise RefusedError(
            f"the collector refuses the facts {batch[0].position} to {batch[-1].position}: {said}", where=self.name,
            fix="check the address (it ends in /v1/logs) and --header",
        )  # fmt: skip

    def close(self) -> None:
        """Ends the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _in_halves(self, batch: Sequence[Record]) -> str:
        half = len(batch) // 2
        return "; ".join(filter(None, (self.take(batch[:half]), self.take(batch[half:]))))

    def _post(self, body: bytes) -> tuple[int, http.client.HTTPMessage, bytes]:
        try:
            connection = self._connected()
            path = (self._address.path or "/") + (f"?{self._address.query}" if self._address.query else "")
            with _ended_after(connection, self._timeout_s):
                connection.request("POST", path, body, self._headers)
                answer = connection.getresponse()
                said = answer.read(_ANSWER_BYTES)
                # What is longer is no answer of this protocol, and would be taken for the next one.
                is_over = answer.isclosed() and answer.status >= 200
                if answer.length and len(said) < _ANSWER_BYTES:
                    # Of a batch that was taken, what was refused may stand in the part that did not come.
                    raise http.client.IncompleteRead(said)
        except (OSError, ValueError, http.client.HTTPException) as error:
            self.close()
            why = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else type(error).__name__
            raise UndeliveredError(
                f"the collector cannot be reached ({why})", where=self.name, fix="check that it runs, and its address"
            ) from error
        if answer.will_close or not is_over:
            self.close()
        return answer.status, answer.headers, said

    def _words(self, answer: bytes) -> str:
        said = _member(answer, "message")
        return f": {self._without_headers(printable(said, limit=300))}" if isinstance(said, str) and said else ""

    def _without_headers(self, text: str) -> str:
        """What a receiver says, without what `--header` holds: one that quotes it would have it printed."""
        for value in self._secrets:
            text = text.replace(value, "[hidden]")
        return text

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            host, port = self._address.hostname or "", self._address.port
            if self._tls is None:
                made = http.client.HTTPConnection(host, port, timeout=self._timeout_s)
            else:
                made = http.client.HTTPSConnection(host, port, timeout=self._timeout_s, context=self._tls)
            made.connect()
            self._connection = made
        return self._connection


@contextmanager
def _ended_after(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    # A timeout of a socket counts from the last byte: a receiver that drips one at a time would hold us for hours.
    sock = connection.sock

    def end() -> None:
        with suppress(OSError):
            # Not the method of an encrypted socket: that takes itself apart under the thread which writes to it, and
            # what that one sends next would be readable on the wire.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _complaint(answer: bytes) -> str:
    """What a receiver says of records that it did not take, of a batch that it did: they are not to be sent again."""
    if answer.strip() and not isinstance(_parsed(answer), dict):
        return "its answer is none of this protocol, so who took them is not known: check the address"
    partial = _member(answer, "partialSuccess")
    if not isinstance(partial, dict):
        return ""
    rejected, said = str(partial.get("rejectedLogRecords") or 0), str(partial.get("errorMessage") or "")
    if rejected == "0" and not said:
        return ""
    return printable(f"{rejected} records refused: {said or 'it does not say why'}", limit=300)


def _member(answer: bytes, name: str) -> object:
    body = _parsed(answer)
    return body.get(name) if isinstance(body, dict) else None


def _parsed(answer: bytes) -> object:
    try:
        return json.loads(answer)
    except (ValueError, RecursionError):
        return None


def _retry_after_s(text: str | None, *, now: datetime) -> float | None:
    """Seconds of a Retry-After: a number or a date (RFC 9110, section 10.2.3)."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_WAIT_S)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    return min(max(seconds, 0.0), LONGEST_WAIT_S)
