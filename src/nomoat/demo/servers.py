"""Starts and stops what the demo runs: the two services under uvicorn, and a receiver of messages. Loopback only."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from nomoat.demo import leash
from nomoat.demo.project import Project
from nomoat.errors import IncompleteError

_START_DEADLINE_S = 30.0


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Service:
    """A running service: its URL, its process (uvicorn's parent of two workers) and the file of its output."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self) -> None:
        """Ends it and its workers, gently first."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        # Workers share the process group; whatever is left of it ends here.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        if self.process.stdin is not None:
            self.process.stdin.close()


def start(project: Project, name: str, port: int, *, workers: int = 2) -> Service:
    """One service of the project under uvicorn, ready to answer. Raises IncompleteError with the end of its log."""
    log = project.root / f"{name}.log"
    command = [
        sys.executable, "-m", "uvicorn", f"{name}.main:app", "--host", "127.0.0.1", "--port", str(port),
        "--workers", str(workers), "--log-level", "warning", "--no-access-log",
    ]  # fmt: skip
    with log.open("ab") as output:
        process = subprocess.Popen(
            leash.command(*command),
            cwd=project.root,
            env=project.environment(),
            stdout=output,
            stderr=output,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
    service = Service(name, f"http://127.0.0.1:{port}", process, log)
    try:
        _await_health(service)
    except BaseException:
        service.stop()
        raise
    return service


def _await_health(service: Service) -> None:
    deadline = time.monotonic() + _START_DEADLINE_S
    while time.monotonic() < deadline:
        if service.process.poll() is not None:
            break
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{service.url}/health", timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.05)
    lines = service.log.read_text(encoding="utf-8", errors="replace").splitlines()
    raise IncompleteError(
        f"{service.name} did not start: {' | '.join(lines[-6:]) or 'it said nothing'}",
        where=str(service.log),
        fix="read the log; nomoat doctor says what is missing",
    )


@dataclass(slots=True)
class Receiver:
    """A local web server that keeps every message it gets, as the team's chat room would."""

    url: str = ""
    messages: list[dict[str, object]] = field(default_factory=list)
    _server: ThreadingHTTPServer | None = None

    def open(self) -> Receiver:
        """Begins to listen."""
        messages = self.messages

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = min(int(self.headers.get("content-length") or 0), 1_000_000)
                with contextlib.suppress(ValueError):
                    messages.append(json.loads(self.rfile.read(length)))
                self.send_response(200)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_arguments: object) -> None:
                """Says nothing: the tour prints what arrived."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/security"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def close(self) -> None:
        """Stops listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
