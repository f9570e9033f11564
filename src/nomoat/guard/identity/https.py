"""One request to an identity provider, and its one answer: verified, bounded in time and in size.

No redirect is followed and no proxy of the environment is used: the address in nomoat.yaml is the one that is asked.
Only this module and what uses it load the network; they are imported where an issuer needs them.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from nomoat.errors import NomoatError
from nomoat.guard import providers

MAX_BYTES = 256 * 1024
#: The head of an answer, besides its body.
_MAX_HEAD_BYTES = 64 * 1024
Fault: TypeAlias = Literal["unreachable", "certificate", "late", "refused", "malformed"]


class ProviderError(NomoatError):
    """An identity provider gave nothing that can be used. `fault` says of what kind that is."""

    def __init__(self, fault: Fault, what: str, *, where: str, fix: str) -> None:
        super().__init__(what, where=where, fix=fix)
        self.fault = fault


class Answer(NamedTuple):
    """A whole answer of status 200. `max_age_s` and `date_s` (seconds since 1970) are None where it does not say."""

    body: bytes
    max_age_s: float | None
    date_s: float | None


class Line:
    """Asks one request at a time; `cut` ends the one that is under way, from any thread."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._context = context
        self._socket: socket.socket | None = None
        self._is_cut = False

    def ask(
        self, url: str, *, deadline_s: float, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Asks with GET, or with POST where there is a body. Raises ProviderError.

        Args:
            url: https, or http to this machine.
            deadline_s: how long all of it may take, from now.
            body: a form (`application/x-www-form-urlencoded`).
            headers: further ones.
        """
        ends = time.monotonic() + deadline_s
        try:
            return self._asked(url, ends, body, headers or {})
        except ssl.SSLCertVerificationError as error:
            fix = "give the certificate that signed it: ca: file:PATH; or check the name in the address"
            raise ProviderError(
                "certificate", f"its certificate is not trusted ({error.verify_message})", where=url, fix=fix
            ) from error
        except TimeoutError as error:
            fix = "look whether it is up, and reached from this machine"
            raise ProviderError("late", "it did not answer in time", where=url, fix=fix) from error
        except (OSError, EOFError) as error:
            said = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
            fix = "look whether it is up, and reached from this machine (proxies of the environment are not used)"
            raise ProviderError("unreachable", f"it cannot be reached ({said})", where=url, fix=fix) from error
        except (http.client.HTTPException, ValueError) as error:
            fix = "look whether the address is right"
            raise ProviderError(
                "malformed", f"its answer is no HTTP ({type(error).__name__})", where=url, fix=fix
            ) from error
        finally:
            self._hang_up()

    def cut(self) -> None:
        """Ends what is under way; nothing can be asked any more."""
        self._is_cut = True
        line = self._socket
        if line is not None:
            with contextlib.suppress(OSError):
                # Not the method of an encrypted socket: that takes itself apart under the thread which reads from it.
                socket.socket.shutdown(line, socket.SHUT_RDWR)

    def _hang_up(self) -> None:
        line, self._socket = self._socket, None
        if line is not None:
            with contextlib.suppress(OSError):
                line.close()

    def _asked(self, url: str, ends: float, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        parts = providers.address(url)
        host, is_plain = parts.hostname or "", parts.scheme == "http"
        port = parts.port or (80 if is_plain else 443)
        self._connect(host, port, ends, is_plain=is_plain)
        assert self._socket is not None
        connection = http.client.HTTPConnection(host, port)
        connection.sock = _Timed(self._socket, ends)
        sent = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "nomoat",
            "Connection": "close",
        }
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        if not is_plain and port == 443:
            sent["Host"] = f"[{host}]" if ":" in host else host
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET" if body is None else "POST", path, body, {**sent, **headers})
        return _answer(connection.getresponse(), url)

    def _connect(self, host: str, port: int, ends: float, *, is_plain: bool) -> None:
        """Each address of the host in turn, all within the deadline: one that is silent leaves time for the others."""
        failed: OSError | None = None
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        for tried, (family, kind, protocol, _, address) in enumerate(found):
            if is_plain and not providers.is_this_machine(str(address[0])):
                failed = OSError("plain http leads to another machine")
                continue
            line = socket.socket(family, kind, protocol)
            self._socket = line
            try:
                self._check_goes_on()
                line.settimeout(_left(ends) / (len(found) - tried))
                line.connect(address)
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if not is_plain:
                    self._encrypt(line, host, ends)
                self._check_goes_on()
                return
            except ssl.SSLError:
                self._hang_up()
                raise
            except OSError as error:
                failed = error
                self._hang_up()
        raise failed or OSError("it has no address")

    def _encrypt(self, line: socket.socket, host: str, ends: float) -> None:
        context = self._context or ssl.create_default_context()
        encrypted = context.wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
        self._socket = encrypted
        encrypted.settimeout(_left(ends))
        encrypted.do_handshake()

    def _check_goes_on(self) -> None:
        if self._is_cut:
            raise OSError("it was ended")


class _Timed:
    """A socket whose every wait ends at one moment: a timeout alone counts anew with each byte that drips."""

    def __init__(self, line: socket.socket, ends: float) -> None:
        self._line = line
        self._ends = ends

    def sendall(self, data: bytes) -> None:
        self._line.settimeout(_left(self._ends))
        self._line.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._line, self._ends))

    def close(self) -> None:
        """Whoever opened it closes it."""


class _Reader(io.RawIOBase):
    def __init__(self, line: socket.socket, ends: float) -> None:
        self._line = line
        self._ends = ends
        self._left_bytes = MAX_BYTES + _MAX_HEAD_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._left_bytes <= 0:
            raise http.client.HTTPException("its answer is too large")
        self._line.settimeout(_left(self._ends))
        count = self._line.recv_into(buffer, min(len(buffer), self._left_bytes))
        self._left_bytes -= count
        return count


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _answer(response: http.client.HTTPResponse, url: str) -> Answer:
    if response.status != 200:
        raise _refused(response.status, url)
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ProviderError(
            "malformed", "its answer is compressed", where=url, fix="nothing asked it to be: turn that off"
        )
    raw = response.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        fix = "look whether the address is right"
        raise ProviderError("malformed", f"its answer is over {MAX_BYTES // 1024} KB", where=url, fix=fix)
    if response.length:
        raise ProviderError("malformed", "its answer broke off", where=url, fix="look at what stands between")
    return Answer(raw, _max_age_s(response), _date_s(response))


def _refused(status: int, url: str) -> ProviderError:
    if 300 <= status < 400:
        fix = "redirects are not followed: write the address that it leads to"
        return ProviderError("refused", f"it answered {status}, a redirect", where=url, fix=fix)
    fix = "look at the provider" if status >= 500 else "look whether the address is right"
    if status in (401, 403):
        fix = "check client and secret, and what this client may do at the provider"
    return ProviderError("refused", f"it answered {status}", where=url, fix=fix)


def _max_age_s(response: http.client.HTTPResponse) -> float | None:
    """How long the answer is fresh from now on (RFC 9111, section 4.2)."""
    for word in response.headers.get("Cache-Control", "").lower().split(","):
        name, _, value = word.strip().partition("=")
        if name == "max-age" and value.isdecimal() and len(value) < 12:
            return max(0.0, float(value) - _age_s(response))
    return None


def _age_s(response: http.client.HTTPResponse) -> float:
    """How long a cache between us has kept the answer (RFC 9111, section 5.1)."""
    age = response.headers.get("Age", "")
    return float(age) if age.isdecimal() and len(age) < 12 else 0.0


def _date_s(response: http.client.HTTPResponse) -> float | None:
    try:
        return parsedate_to_datetime(response.headers.get("Date", "")).timestamp() + _age_s(response)
    except (ValueError, TypeError, OverflowError):
        return None
