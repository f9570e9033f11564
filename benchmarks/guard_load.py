"""Requests a second under full load: a FastAPI service bare and guarded, behind a real server on loopback.

    python benchmarks/guard_load.py [--server uvicorn|granian] [--rounds 5] [--seconds 3] [--connections 16]

One worker each, both running all the time; rounds take turns, so that both meet the machine as it is. Each request
carries a JWT that was seen before and is decided on by a permission; decisions go to a real SQLite journal. The load
comes from this process, over connections that are kept. A ratio is the median over the rounds. granian is not among the
requirements: pip install granian.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from guard_overhead import application, project, token

BAR = 0.80
ROUTES = 10
#: Which of the two a server process serves.
_WHICH = "NOMOAT_BENCH_GUARDED"
_START_S = 60.0


def made() -> Any:
    """The application that a server process serves."""
    app = application(ROUTES)
    if os.environ[_WHICH] == "1":
        from nomoat.guard import protect

        protect(app, mode="enforce")
    return app


class _Caller(asyncio.Protocol):
    """One connection: asks, reads the whole answer, asks again."""

    def __init__(self, request: bytes, ends: float, done: asyncio.Future[int]) -> None:
        self._request, self._ends, self._done = request, ends, done
        self._read = b""
        self._answered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Goes on once an answer is whole. Its length stands in its head."""
        self._read += data
        head, found, body = self._read.partition(b"\r\n\r\n")
        if not found:
            return
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        if len(body) < int(length[15:]):
            return
        if b" 200 " not in head[:16]:
            self._end(RuntimeError(f"not answered with 200: {head[:40]!r}"))
            return
        self._read = b""
        self._answered += 1
        if time.monotonic() >= self._ends:
            self._end(None)
        else:
            self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        """The server closed it: nothing more comes."""
        if not self._done.done():
            self._done.set_exception(exc or ConnectionError("the server closed a connection"))

    def _end(self, error: Exception | None) -> None:
        if not self._done.done():
            if error is None:
                self._done.set_result(self._answered)
            else:
                self._done.set_exception(error)
        self._transport.close()


async def load(port: int, bearer: str, *, seconds: float, connections: int) -> float:
    """Answers a second. Raises where one is not 200."""
    loop = asyncio.get_running_loop()
    request = f"GET /orders{ROUTES - 1}/7 HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {bearer}\r\n\r\n".encode()
    began = time.monotonic()
    futures: list[asyncio.Future[int]] = [loop.create_future() for _ in range(connections)]
    for future in futures:
        await loop.create_connection(lambda f=future: _Caller(request, began + seconds, f), "127.0.0.1", port)  # type: ignore[misc]
    return sum(await asyncio.gather(*futures)) / (time.monotonic() - began)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def served(server: str, port: int, *, is_guarded: bool, config: Path) -> subprocess.Popen[bytes]:
    """A server process that answers."""
    words = {
        "uvicorn": ["uvicorn", "guard_load:made", "--factory", "--no-access-log", "--log-level", "warning"],
        "granian": ["granian", "guard_load:made", "--factory", "--interface", "asgi", "--workers", "1"],
    }[server]
    environment = {**os.environ, _WHICH: str(int(is_guarded)), "NOMOAT_CONFIG": str(config)}
    process = subprocess.Popen(
        [sys.executable, "-m", *words, "--host", "127.0.0.1", "--port", str(port)],
        cwd=Path(__file__).parent, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    ends = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < ends:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return process
    process.kill()
    raise SystemExit(f"{server} did not start")


async def compared(
    ports: tuple[int, int], *, rounds: int, seconds: float, connections: int
) -> list[tuple[float, float]]:
    """Bare and guarded answers a second, a pair a round."""
    bearer = token()
    found = []
    for number in range(rounds + 1):
        bare, guarded = [await load(port, bearer, seconds=seconds, connections=connections) for port in ports]
        if number:  # The first round warms caches up.
            found.append((bare, guarded))
    return found


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", choices=("uvicorn", "granian"), default="uvicorn")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", type=int, default=16)
    arguments = parser.parse_args()
    if importlib.util.find_spec(arguments.server) is None:
        raise SystemExit(f"{arguments.server} is not here: pip install {arguments.server}")
    with tempfile.TemporaryDirectory() as folder:
        config = project(Path(folder), ROUTES, "fastapi")
        ports = free_port(), free_port()
        processes = [
            served(arguments.server, port, is_guarded=bool(number), config=config) for number, port in enumerate(ports)
        ]
        try:
            sizes = {"rounds": arguments.rounds, "connections": arguments.connections}
            found = asyncio.run(compared(ports, seconds=arguments.seconds, **sizes))
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(20)
    bare, guarded = (statistics.median(pair[side] for pair in found) for side in (0, 1))
    ratio = statistics.median(two / one for one, two in found)
    print(
        f"{arguments.server}: bare {bare:,.0f} requests/s, guarded {guarded:,.0f} requests/s,"
        f" ratio {ratio:.2f} (bar {BAR:.2f})"
    )


if __name__ == "__main__":
    main()
