"""CPU that guard adds to a request: the bare route of a framework beside the same route guarded, in one process.

    python benchmarks/guard_overhead.py [--framework fastapi|flask] [--rounds 9] [--requests 2000] [--routes 10 300]

Each request carries a JWT that was seen before (warm cache), is decided on by a permission of the policy, and its
decision is written to a real SQLite journal. The applications are called as a server calls them, without one; bare and
guarded rounds alternate. CPU is that of the whole process, so the thread that commits is in it. Medians of the rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import io
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from flask import Flask
from joserfc import jwt
from joserfc.jwk import OctKey

from nomoat import settings
from nomoat.appmap import codec
from nomoat.guard import protect
from nomoat.survey.draw import draw

BAR_US = 25.0
KEY = secrets.token_hex(32)
POLICY = """\
format: 1
services: {shop: {}}
identity:
  main: {issuer: bench, algorithms: [HS256], key: "file:key.txt", audience: shop, roles: claims.roles}
roles: {customer: [orders:read]}
routes:
"""


def handler(order_id: int) -> dict[str, int]:
    """What the service does: next to nothing, so that guard is what is measured."""
    return {"order": order_id}


def application(routes: int) -> FastAPI:
    """A FastAPI application with so many routes of one shape; the last one is asked for."""
    app = FastAPI(openapi_url=None)
    for number in range(routes):

        async def read(order_id: int) -> dict[str, int]:
            return handler(order_id)

        app.add_api_route(f"/orders{number}/{{order_id}}", read, methods=["GET"])
    return app


def flask_application(routes: int) -> Flask:
    """The same of Flask."""
    app = Flask("bench", static_folder=None)
    for number in range(routes):
        app.add_url_rule(f"/orders{number}/<int:order_id>", f"read{number}", handler)
    return app


SOURCES = {
    "fastapi": (
        "from fastapi import FastAPI\napp = FastAPI(openapi_url=None)\n",
        '@app.get("/orders{number}/{{order_id}}")\nasync def read{number}(order_id: int):\n    return {{}}\n',
    ),
    "flask": (
        "from flask import Flask\napp = Flask('bench', static_folder=None)\n",
        '@app.get("/orders{number}/<int:order_id>")\ndef read{number}(order_id):\n    return {{}}\n',
    ),
}


def project(root: Path, routes: int, framework: str) -> Path:
    """nomoat.yaml and the map of that application."""
    lines = "".join(f'  "GET /orders{number}/{{order_id}}": orders:read\n' for number in range(routes))
    (root / "nomoat.yaml").write_text(POLICY + lines)
    (root / "key.txt").write_text(KEY)
    head, each = SOURCES[framework]
    (root / "main.py").write_text(head + "".join(each.format(number=number) for number in range(routes)))
    (root / ".nomoat").mkdir()
    (root / ".nomoat" / "map.json").write_text(
        codec.file_text(draw(root, settings=settings.load(root / "nomoat.yaml")).map)
    )
    return root / "nomoat.yaml"


def token() -> str:
    """A token of one customer."""
    now = int(time.time())
    claims = {"iss": "bench", "sub": "ana", "aud": "shop", "roles": ["customer"], "iat": now, "exp": now + 3600}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(KEY))


def scope(routes: int, order: int, bearer: str) -> dict[str, Any]:
    """One request as uvicorn hands it over."""
    path = f"/orders{routes - 1}/{order}"
    return {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(b"host", b"shop"), (b"authorization", b"Bearer " + bearer.encode())],
        "client": ("127.0.0.1", 40000), "server": ("127.0.0.1", 8000), "state": {},
    }  # fmt: skip


async def receive() -> dict[str, Any]:
    """No body."""
    return {"type": "http.request", "body": b"", "more_body": False}


async def round_of(app: Any, scopes: Iterator[dict[str, Any]]) -> float:
    """CPU of one round in microseconds a request. Raises AssertionError where one was not answered with 200.

    Each scope is made when its request comes and is gone with it, as in a server: what is kept would cost both sides
    the memory of all requests at once.
    """
    statuses: list[int] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    gc.collect()
    started = time.process_time()
    for one in scopes:
        await app(one, receive, send)
    spent = time.process_time() - started
    assert statuses and set(statuses) == {200}, statuses[:3]
    return spent / len(statuses) * 1e6


@contextlib.asynccontextmanager
async def started(app: Any) -> AsyncIterator[None]:
    """The application between its start-up and its shutdown, as a server runs it."""
    to_app: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    from_app: asyncio.Queue[Any] = asyncio.Queue()
    running = asyncio.create_task(app({"type": "lifespan", "asgi": {"version": "3.0"}}, to_app.get, from_app.put))
    for event in ("startup", "shutdown"):
        await to_app.put({"type": f"lifespan.{event}"})
        answer = await from_app.get()
        assert answer["type"] == f"lifespan.{event}.complete", answer
        if event == "startup":
            yield
    await running


async def measure(routes: int, *, rounds: int, requests: int) -> tuple[list[float], list[float]]:
    """CPU a request, bare and guarded, one figure a round."""
    bare, guarded = application(routes), application(routes)
    bearer = token()
    spent: tuple[list[float], list[float]] = ([], [])
    with tempfile.TemporaryDirectory() as folder:
        protect(guarded, mode="enforce", config=project(Path(folder), routes, "fastapi"))
        async with started(guarded):
            for number in range(rounds + 1):
                for app, into in zip((bare, guarded), spent, strict=True):
                    took = await round_of(app, (scope(routes, order, bearer) for order in range(requests)))
                    if number:  # The first round warms caches up.
                        into.append(took)
    return spent


def environ(routes: int, order: int, bearer: str) -> dict[str, Any]:
    """One request as a WSGI server hands it over."""
    return {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": f"/orders{routes - 1}/{order}", "QUERY_STRING": "",
        "SERVER_NAME": "shop", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "shop", "HTTP_AUTHORIZATION": f"Bearer {bearer}", "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr, "wsgi.multithread": True,
        "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip


def flask_round(app: Any, environs: Iterator[dict[str, Any]]) -> float:
    """CPU of one round in microseconds a request. Raises AssertionError where one was not answered with 200."""
    statuses: list[str] = []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        statuses.append(status[:3])

    gc.collect()
    began = time.process_time()
    for one in environs:
        parts = app(one, start_response)
        b"".join(parts)
        parts.close()
    spent = time.process_time() - began
    assert statuses and set(statuses) == {"200"}, statuses[:3]
    return spent / len(statuses) * 1e6


def measure_flask(routes: int, *, rounds: int, requests: int) -> tuple[list[float], list[float]]:
    """CPU a request, bare and guarded, one figure a round."""
    bare, guarded = flask_application(routes), flask_application(routes)
    bearer = token()
    spent: tuple[list[float], list[float]] = ([], [])
    with tempfile.TemporaryDirectory() as folder:
        protect(guarded, mode="enforce", config=project(Path(folder), routes, "flask"))
        for number in range(rounds + 1):
            for app, into in zip((bare, guarded), spent, strict=True):
                took = flask_round(app, (environ(routes, order, bearer) for order in range(requests)))
                if number:  # The first round warms caches up.
                    into.append(took)
        guarded.wsgi_app.starting.close()  # type: ignore[attr-defined]
    return spent


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--framework", choices=("fastapi", "flask"), default="fastapi")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--routes", type=int, nargs="+", default=[10, 300])
    arguments = parser.parse_args()
    for routes in arguments.routes:
        sizes = {"rounds": arguments.rounds, "requests": arguments.requests}
        if arguments.framework == "flask":
            bare, guarded = measure_flask(routes, **sizes)
        else:
            bare, guarded = asyncio.run(measure(routes, **sizes))
        added = statistics.median(two - one for one, two in zip(bare, guarded, strict=True))
        print(
            f"{routes:>4} routes: bare {statistics.median(bare):6.1f} us, guarded {statistics.median(guarded):6.1f} us,"
            f" guard adds {added:5.1f} us a request (bar {BAR_US:.0f})"
        )


if __name__ == "__main__":
    main()
