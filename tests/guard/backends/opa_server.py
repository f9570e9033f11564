"""A small server that speaks OPA's REST API for one document, on loopback; what it answers is the test's affair."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: What a policy says of an input: the body of the answer.
Policy = Callable[[dict[str, Any]], Any]


class OpaServer:
    """Answers `POST /v1/data/nomoat/allow` by `answer(input)`; bytes are sent as they are."""

    def __init__(self, answer: Policy, *, status: int = 200, after_s: float = 0.0, port: int = 0) -> None:
        self.answer, self.status, self.after_s = answer, status, after_s
        self.inputs: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.connections = 0
        #: Cuts each connection after its answer, as a proxy that ends idle ones does.
        self.ends_each = False
        #: Sends the answer a byte at a time, with such a pause.
        self.drips_s = 0.0
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                server.connections += 1

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                assert "/v1/data/nomoat/allow" == self.path
                server.inputs.append(body["input"])
                server.headers.append(dict(self.headers))
                time.sleep(server.after_s)
                said = server.answer(body["input"])
                text = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(server.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                try:
                    for one in (text,) if not server.drips_s else (bytes([byte]) for byte in text):
                        self.wfile.write(one)
                        time.sleep(server.drips_s)
                    if server.ends_each:
                        self.connection.shutdown(socket.SHUT_RDWR)
                        self.close_connection = True
                except OSError:
                    self.close_connection = True

            def log_message(self, format: str, *arguments: Any) -> None:
                """Says nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A guard that hangs up is no error of a test."""

        self._http = Server(("127.0.0.1", port), Handler)
        self.port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/data/nomoat/allow"

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def __enter__(self) -> OpaServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
