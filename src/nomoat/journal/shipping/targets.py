"""Opens the receiver that `--to` names: checked before anything is sent, and nothing readable on a wire unless said so.

Takes an address and what belongs to it; gives a receiver, or raises UsageError with what would be right.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from nomoat.errors import UsageError, printable
from nomoat.journal.shipping.collector import Collector
from nomoat.journal.shipping.files import Appended, lines_of
from nomoat.journal.shipping.ports import Receiver
from nomoat.journal.shipping.syslog import STREAM_BYTES
from nomoat.journal.shipping.syslogd import TIMEOUT_S, Datagrams, Stream

#: The form that each kind of address takes first; a file takes the others too.
FORMS = {
    "http": "otlp", "https": "otlp", "file": "json",
    "tcp": "syslog", "tls": "syslog", "udp": "syslog", "unix": "syslog",
}  # fmt: skip
#: Ports where an address names none: RFC 6587 (601), RFC 5425, RFC 5426.
_PORTS = {"tcp": 601, "tls": 6514, "udp": 514}
_OPEN = ("http", "tcp", "udp")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_WHERE = "--to"


@dataclass(frozen=True, slots=True)
class Target:
    """An address and what belongs to it. `headers` may hold secrets; `insecure_because` says why a wire is readable."""

    url: str
    form: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca: str = ""
    certificate: str = ""
    certificate_key: str = ""
    insecure_because: str = ""
    enterprise: int | None = None


def open_receiver(target: Target) -> Receiver:
    """The receiver of a target, not yet connected. Raises UsageError: no address, or one that others can read along."""
    address = _address(target.url)
    form = target.form or FORMS[address.scheme]
    if form != FORMS[address.scheme] and address.scheme != "file":
        raise UsageError(
            f"{address.scheme}:// takes {FORMS[address.scheme]}, not {form}", where="--format", fix="leave --format out"
        )
    _check_options(address, target)
    if address.scheme == "file":
        return Appended(lines_of(form, enterprise=target.enterprise), Path(target.url.partition(":")[2]))
    if address.scheme in ("http", "https"):
        return Collector(address, headers=target.headers, tls=_tls(target) if address.scheme == "https" else None)
    return _syslog(address, target)


def _address(url: str) -> SplitResult:
    fix = "write https://HOST:4318/v1/logs, tls://HOST, tcp://127.0.0.1:601, unix:///dev/log or file:PATH"
    try:
        address = urlsplit(url)
        port = address.port
    except ValueError as error:
        raise UsageError(f"'{_shown(url)}' is no address", where=_WHERE, fix=fix) from error
    if address.scheme not in FORMS or not (address.hostname or address.scheme in ("file", "unix")) or port == 0:
        raise UsageError(f"'{_shown(url)}' is no address of a receiver", where=_WHERE, fix=fix)
    if address.scheme in ("file", "unix") and (address.netloc or not address.path):
        raise UsageError("this address has no path", where=_WHERE, fix="write file:PATH or unix:///dev/log")
    if address.username is not None or address.password is not None:
        raise UsageError(
            "an address holds no password", where=_WHERE, fix='write --header "Authorization=env:NAME" beside it'
        )
    return address


def _shown(url: str) -> str:
    """An address that cannot be used, without the password or the query that it may hold."""
    scheme, mark, rest = url.partition("?")[0].partition("://")
    return printable(f"{scheme}{mark}{rest.rpartition('@')[2]}")


def _check_options(address: SplitResult, target: Target) -> None:
    if target.headers and address.scheme not in ("http", "https"):
        raise UsageError("only http and https have headers", where="--header", fix="leave it out")
    for name in target.headers:
        if not _TOKEN.match(name):
            raise UsageError(f"'{name}' is no name of a header", where="--header", fix="write Authorization=env:NAME")
    if (target.ca or target.certificate or target.certificate_key) and address.scheme not in ("https", "tls"):
        raise UsageError("only https and tls have certificates", where="--ca", fix="leave --ca and --cert out")
    if target.enterprise is not None and not 0 < target.enterprise < 2**32:
        raise UsageError("this is no private enterprise number", where="--enterprise-number", fix="write the number")
    if address.scheme in _OPEN and not _is_this_machine(address.hostname) and not target.insecure_because.strip():
        raise UsageError(
            f"{address.scheme}:// is readable on the way to {printable(address.hostname or '')}", where=_WHERE,
            fix=f"use {'https' if address.scheme == 'http' else 'tls'}://, or say why not: --insecure-because TEXT",
        )  # fmt: skip


def _is_this_machine(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address((host or "").partition("%")[0]).is_loopback
    except ValueError:
        return False


def _tls(target: Target) -> ssl.SSLContext:
    """Verified, by the system's roots or by `--ca`; with a certificate of our own where one is named."""
    try:
        context = ssl.create_default_context(cafile=target.ca or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if target.certificate or target.certificate_key:
            context.load_cert_chain(target.certificate, target.certificate_key or None)
    except OSError as error:
        # ssl.SSLError is one; its text may hold what stands in the file.
        raise UsageError(
            f"the certificates cannot be used ({type(error).__name__})", where="--ca, --cert, --cert-key",
            fix="name files in PEM form that can be read",
        ) from error  # fmt: skip
    return context


def _syslog(address: SplitResult, target: Target) -> Receiver:
    name = target.url
    if address.scheme == "unix":
        return _local(address.path, target)
    host, port = address.hostname or "", address.port or _PORTS[address.scheme]
    if address.scheme == "udp":
        return Datagrams(name, lambda: _datagram_socket(host, port), enterprise=target.enterprise)
    connect: Callable[[], socket.socket] = lambda: socket.create_connection((host, port), TIMEOUT_S)  # noqa: E731
    if address.scheme == "tls":
        context, plain = _tls(target), connect
        return Stream(name, lambda: _wrapped(context, plain(), host), enterprise=target.enterprise)
    return Stream(name, connect, enterprise=target.enterprise)


def _wrapped(context: ssl.SSLContext, sock: socket.socket, host: str) -> socket.socket:
    try:
        return context.wrap_socket(sock, server_hostname=host)
    except BaseException:
        sock.close()
        raise


def _datagram_socket(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    return _connected(socket.socket(family, kind, protocol), place)


def _local(path: str, target: Target) -> Receiver:
    """The socket of this machine; which of both kinds it is, is known once it is there."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as tried:
        # One whose queue is full would hold us for ever.
        tried.settimeout(TIMEOUT_S)
        tried.connect(path)
        return Stream(
            target.url, lambda: _connected(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), path),
            enterprise=target.enterprise,
        )  # fmt: skip
    return Datagrams(
        target.url, lambda: _connected(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), path), limit=STREAM_BYTES,
        enterprise=target.enterprise,
    )  # fmt: skip


def _connected(sock: socket.socket, place: object) -> socket.socket:
    try:
        sock.settimeout(TIMEOUT_S)
        sock.connect(place)  # type: ignore[arg-type]  # a path, or host and port, as its family has it
    except BaseException:
        sock.close()
        raise
    return sock
