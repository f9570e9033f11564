"""doctor asks whoever decides instead of the policy, once, in time, and says what, where and how to mend it."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from nomoat.cli.doctor import Row, examine
from nomoat.guard.backends import examine as examining
from tests.guard.backends.opa_server import OpaServer

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "ask-opa.md"
ROLES = """\
services: {{shop: {{}}}}
roles:
  customer: [orders:list, {{permission: orders:read, when: resource.owner == subject.sub}}]
  admin: [orders:list, orders:refund]
backend: {{{backend}}}
"""


def looked_at(tmp_path: Path, backend: str) -> Row:
    (tmp_path / "nomoat.yaml").write_text(ROLES.format(backend=backend))
    (row,) = [row for row in examine(str(tmp_path / "nomoat.yaml")) if row.subject == "backend"]
    return row


def asked(tmp_path: Path, server: OpaServer, *, timeout: str = "2s") -> Row:
    return looked_at(tmp_path, f'opa: {{url: "{server.url}", timeout: {timeout}}}')


def as_the_file(document: dict[str, Any]) -> Any:
    return {"result": document["roles"] in (["customer"], ["admin"])}


def test_one_that_answers_as_the_file_does_is_well(tmp_path: Path) -> None:
    with OpaServer(as_the_file) as server:
        row = asked(tmp_path, server)
        assert ("ok", "") == (row.state, row.mend)
        assert re.fullmatch(
            re.escape(f"OPA ({server.url}) answers after ") + r"\d+ ms, and denies a caller without a role; "
            "3 grants of roles: as this file has them",
            row.found,
        )
        assert {"user:nomoat/doctor"} == {one["subject"] for one in server.inputs}


@pytest.mark.parametrize(
    ("said", "state", "found"),
    [
        ({"result": True}, "mend", "allows what nobody is granted to a caller without a role"),
        ({}, "mend", "has no such document, or one without a value: each request is denied"),
        ({"result": {"allow": False}}, "mend", "neither true nor false (dict): each request is denied"),
        ({"result": "deferred"}, "mend", "neither true nor false (str): each request is denied"),
        (
            {"result": False},
            "note",
            "does not allow what roles: grants: admin orders:list, admin orders:refund, customer",
        ),
        (b"<html>", "mend", "gives no answer: no JSON"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_with_a_way_out(tmp_path: Path, said: Any, state: str, found: str) -> None:
    with OpaServer(lambda _: said) as server:
        row = asked(tmp_path, server)

    assert (state, True, True) == (row.state, found in row.found, bool(row.mend))


def test_a_policy_that_says_nothing_to_a_stranger_and_allows_what_it_grants_is_there(tmp_path: Path) -> None:
    with OpaServer(lambda document: {"result": True} if document["roles"] else {}) as server:
        assert "ok" == asked(tmp_path, server).state


def test_one_that_is_away_or_late_is_told_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with OpaServer(as_the_file, after_s=2.0) as server:
        began = time.monotonic()
        row = asked(tmp_path, server, timeout="100ms")
    assert ("mend", True) == (row.state, "gives no answer: it did not answer in time" in row.found)
    row = looked_at(tmp_path, f'opa: {{url: "{server.url}"}}')
    assert ("mend", True) == (row.state, "gives no answer: ConnectionRefusedError" in row.found)
    assert "503" in row.mend
    assert time.monotonic() - began < 30

    monkeypatch.setattr(examining, "LONGEST_S", 0.0)
    with OpaServer(as_the_file) as server:
        asked(tmp_path, server)
        assert 1 == len(server.inputs)


def test_rego_in_the_process_is_asked_too(tmp_path: Path) -> None:
    pytest.importorskip("regopy", reason="regopy is absent")
    found = re.search(r"```rego\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    (tmp_path / "policy.rego").write_text(found.group(1))
    row = looked_at(tmp_path, "rego: {module: policy.rego, timeout: 2s}")
    assert ("ok", True) == (row.state, "Rego (policy.rego) answers after" in row.found)

    (tmp_path / "policy.rego").write_text("package nomoat\nallow := ")
    row = looked_at(tmp_path, "rego: {module: policy.rego}")
    assert ("mend", True) == (row.state, "no Rego that can be compiled" in row.found)


def test_without_a_backend_nobody_is_asked(tmp_path: Path) -> None:
    (tmp_path / "nomoat.yaml").write_text("services: {shop: {}}\nbackend: native\n")

    assert [] == [row for row in examine(str(tmp_path / "nomoat.yaml")) if row.subject == "backend"]
