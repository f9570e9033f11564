"""The example of two services: each request is decided by who makes it, and told of in one journal by one trace."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from nomoat.journal.facts import Decision, Outbound
from nomoat.journal.journal import open_store

pytest.importorskip("uvicorn")
EXAMPLE = Path(__file__).parents[2] / "examples" / "mesh"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def _port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Mesh:
    """Both services, each a process of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns("keys", "state", "__pycache__"))
        self.run(sys.executable, "make_keys.py")
        self.ports = {"shop": _port(), "billing": _port()}
        environment = {
            **os.environ,
            "NOMOAT_CONFIG": str(root / "nomoat.yaml"),
            "SHOP_URL": f"http://127.0.0.1:{self.ports['shop']}",
            "BILLING_TOKEN": self.token("billing"),
        }
        self.processes = [
            subprocess.Popen(
                [sys.executable, "-m", "uvicorn", f"{name}.main:app", "--port", str(port), "--log-level", "warning"],
                cwd=root, env=environment,
            )
            for name, port in self.ports.items()
        ]  # fmt: skip
        for name in self.ports:
            self._wait_for(name)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(words, cwd=self.root, capture_output=True, text=True, timeout=120, check=False)

    def nomoat(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "nomoat", *words)

    def token(self, name: str) -> str:
        return (self.root / "keys" / f"{name}.token").read_text()

    def ask(self, service: str, method: str, path: str, who: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token(who)}", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
        url = f"http://127.0.0.1:{self.ports[service]}{path}"
        return httpx.request(method, url, headers=headers, timeout=30, trust_env=False)

    def _wait_for(self, name: str) -> None:
        for _ in range(300):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", self.ports[name])) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError(f"{name} did not start")

    def close(self) -> None:
        for one in self.processes:
            one.terminate()
        for one in self.processes:
            one.wait(20)


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    found = Mesh(tmp_path_factory.mktemp("mesh") / "mesh")
    yield found
    found.close()


def test_map_and_policy_are_of_one_mind(mesh: Mesh) -> None:
    assert mesh.nomoat("map", "--check").returncode == 0
    checked = mesh.nomoat("policy", "check")
    assert (checked.returncode, "0 errors, 0 warnings" in checked.stdout) == (0, True), checked.stdout


def test_nothing_is_wrong_with_it(mesh: Mesh) -> None:
    checked = mesh.nomoat("check", ".")

    assert checked.returncode == 0, checked.stdout


def test_an_invoice_is_made_by_a_clerk_and_asked_for_by_a_service(mesh: Mesh) -> None:
    answer = mesh.ask("billing", "POST", "/invoices/1", "ana")

    assert (201, {"invoice": 1, "total": 12}) == (answer.status_code, answer.json())
    time.sleep(0.5)
    store = open_store(f"sqlite:{mesh.root}/.nomoat/state/journal.db")
    facts = [entry.fact for entry in store.read(kinds=(Decision, Outbound))]
    store.close()
    of_trace = {(one.subject, one.target) for one in facts if isinstance(one, Decision) and one.trace == TRACE}
    assert {
        ("user:main/ana", "route:billing/POST /invoices/{order_id}"),
        ("service:billing", "route:shop/GET /orders/{order_id}"),
    } <= of_trace
    assert {("declared", mesh.ports["shop"])} == {(one.reason, one.port) for one in facts if isinstance(one, Outbound)}


@pytest.mark.parametrize(
    ("service", "method", "path", "who", "status"),
    [
        ("shop", "GET", "/orders/1", "ana", 200),
        ("shop", "GET", "/orders/2", "ana", 403),
        ("shop", "GET", "/orders/2", "billing", 200),
        ("shop", "GET", "/orders/1", "night", 403),
        ("billing", "POST", "/invoices/1", "night", 403),
        # What one service may do at another it may not do at home.
        ("billing", "POST", "/invoices/1", "billing", 403),
        ("billing", "POST", "/invoices/3", "ana", 422),
    ],
)
def test_everybody_gets_what_the_policy_says(
    mesh: Mesh, service: str, method: str, path: str, who: str, status: int
) -> None:
    assert status == mesh.ask(service, method, path, who).status_code


def test_a_service_that_is_blocked_is_refused_within_a_second(mesh: Mesh) -> None:
    blocked = mesh.nomoat("block", "service:billing", "--because", "a test", "--for", "5m")
    assert blocked.returncode == 0, blocked.stdout + blocked.stderr

    assert 502 == mesh.ask("billing", "POST", "/invoices/1", "ana").status_code

    mesh.nomoat("unblock", "service:billing", "--because", "a test")
    assert 201 == mesh.ask("billing", "POST", "/invoices/1", "ana").status_code
