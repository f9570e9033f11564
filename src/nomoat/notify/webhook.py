"""Posts a message to a web address, as plain JSON or in Slack's form.

Connections are verified, redirects are not followed, and neither address nor answer is ever printed.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import SplitResult, urlsplit

from nomoat.notify.ports import Channel, DeliveryError, Note, UnsureError


def send(note: Note, *, channel: Channel, timeout_s: float) -> str:
    """Posts once. Plain http is allowed to this machine alone.

    Raises:
        DeliveryError: it was refused before anything arrived, or the receiver said no.
        UnsureError: the connection broke after the message was sent.
    """
    address = _address(channel)
    body = json.dumps(_body(note, channel)).encode()
    connection = _connection(address, timeout_s)
    try:
        connection.connect()
    except (OSError, ValueError, http.client.HTTPException) as error:
        connection.close()
        raise _undelivered(channel, f"cannot connect ({type(error).__name__})") from error
    try:
        path = (address.path or "/") + (f"?{address.query}" if address.query else "")
        headers = {"Content-Type": "application/json", "Idempotency-Key": note.key, "User-Agent": "nomoat"}
        with _ended_after(connection, timeout_s):
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read(65_536)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise _unsure(channel, f"its answer never came ({type(error).__name__})") from error
    finally:
        connection.close()
    if answer.status >= 500 and answer.status != http.client.SERVICE_UNAVAILABLE:
        # A gateway answers so too when the receiver took the message and was slow to say it (RFC 9110, 15.6).
        raise _unsure(channel, f"it answered {answer.status}")
    if not 200 <= answer.status < 300:
        raise _undelivered(channel, f"it answered {answer.status}")
    return f"{answer.status} {answer.headers.get('x-request-id', '')}".strip()


@contextmanager
def _ended_after(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    # A timeout of a socket counts from the last byte: a receiver that drips one at a time would hold us for hours.
    sock = connection.sock

    def end() -> None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _address(channel: Channel) -> SplitResult:
    try:
        address = urlsplit(channel.target)
        address.port  # noqa: B018  it is parsed when it is asked for
    except ValueError as error:
        raise _undelivered(channel, "its address is none") from error
    if address.scheme == "https" and address.hostname:
        return address
    if address.scheme == "http" and _is_this_machine(address.hostname):
        return address
    raise _undelivered(channel, "its address must begin with https:// (http:// only on this machine)")


def _is_this_machine(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _connection(address: SplitResult, timeout_s: float) -> http.client.HTTPConnection:
    host = address.hostname or ""
    if address.scheme == "http":
        return http.client.HTTPConnection(host, address.port, timeout=timeout_s)
    return http.client.HTTPSConnection(host, address.port, timeout=timeout_s, context=ssl.create_default_context())


def _body(note: Note, channel: Channel) -> dict[str, str]:
    if channel.style == "slack":
        return {"text": f"*{_slack(note.title)}*\n{_slack(note.text)}"}
    return {"title": note.title, "text": note.text, "key": note.key}


def _slack(text: str) -> str:
    # The three characters that Slack's text format gives a meaning: without this a subject could mention everybody.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unsure(channel: Channel, why: str) -> UnsureError:
    return UnsureError(
        f"nobody can tell whether channel {channel.name} has it: {why}", where=f"notify.{channel.name}",
        fix="look into the channel; send it again by hand if it is not there",
    )  # fmt: skip


def _undelivered(channel: Channel, why: str) -> DeliveryError:
    return DeliveryError(
        f"channel {channel.name} could not be reached: {why}", where=f"notify.{channel.name}", fix="check its address"
    )
