"""`nomoat guard report`: what was denied, what nobody has seen, and exit codes that say when to enforce."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from nomoat.appmap import codec
from nomoat.appmap.model import Entry, Map
from nomoat.journal.facts import Decision, Fact, Reason, Response
from nomoat.journal.journal import open_store
from tests.policy.maps import map_of, route

POLICY = """\
services: {shop: {app: "main:app"}}
roles: {customer: [orders:read]}
journal: {store: "sqlite:journal.db"}
"""


def _fact(
    request: str,
    reason: Reason,
    *,
    path: str = "GET /orders",
    status: int = 200,
    count: int = 1,
    sequence: int = 0,
    **more: Any,
) -> Decision:
    return Decision(
        request=request, sequence=sequence, service="shop", target=f"route:shop/{path}", subject="user:main/ana",
        outcome="allow" if reason == "granted" else "deny", reason=reason, status=status, count=count,
        **{"permissions": ("orders:read",), "enforced": False, **more},
    )  # fmt: skip


def _report(root: Path, facts: list[Fact], *more: str, drawn: Map | None = None) -> subprocess.CompletedProcess[str]:
    root.mkdir(exist_ok=True)
    (root / "nomoat.yaml").write_text(POLICY)
    (root / ".nomoat").mkdir()
    drawn = drawn or map_of(route("GET /orders"), route("GET /never"))
    (root / ".nomoat" / "map.json").write_text(codec.file_text(drawn))
    store = open_store(f"sqlite:{root}/journal.db")
    store.append([(fact, None) for fact in facts])
    store.close()
    return subprocess.run(
        [sys.executable, "-m", "nomoat", "guard", "report", *more],
        cwd=root, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip


def test_the_report_says_who_was_denied_what_and_why(tmp_path: Path) -> None:
    done = _report(tmp_path, [_fact("1", "granted"), _fact("2", "no-grant", count=12)])

    assert 0 == done.returncode, done.stderr
    assert "13 requests in 24h, 12 would have been denied:" in done.stdout
    assert "12  GET /orders" in done.stdout
    assert "no role of user:main/ana may orders:read" in done.stdout
    assert "Not seen yet: 1 route (nomoat guard report --unseen)" in done.stdout


def test_unseen_lists_the_routes_that_nobody_asked_for(tmp_path: Path) -> None:
    done = _report(tmp_path, [_fact("1", "granted")], "--unseen")

    assert "Not seen yet:\n  GET /never\n" in done.stdout


def test_tasks_are_told_as_routes_are(tmp_path: Path) -> None:
    drawn = replace(
        map_of(route("GET /orders")),
        entries=tuple(
            Entry(f"task:shop/{name}", "shop", "task", name, f"shop.tasks:{name}", "shop/tasks.py:3")
            for name in ("mail.send", "mail.never")
        ),
    )
    seen = _fact("1", "granted")
    sent = replace(_fact("2", "no-grant", status=0), target="task:shop/mail.send", method="TASK")
    forged = replace(sent, request="3", reason="bad-envelope", subject="anonymous")
    done = _report(tmp_path, [seen, sent, forged], "--unseen", drawn=drawn)

    assert "3 requests in 24h, 2 would have been denied:" in done.stdout
    assert "1  mail.send                        user:main/ana            no role of user:main/ana may" in done.stdout
    assert "the task's message was forged, altered or too old; the worker's log says why" in done.stdout
    assert "Not seen yet:\n  mail.never\n" in done.stdout
    assert "mail" not in _report(tmp_path / "without", [seen], "--unseen", drawn=drawn).stdout


def test_only_the_last_decision_of_a_request_counts(tmp_path: Path) -> None:
    done = _report(tmp_path, [_fact("1", "granted"), _fact("1", "condition-false", sequence=1)], "--format", "json")

    said: dict[str, Any] = json.loads(done.stdout)
    assert (1, 1, False) == (said["requests"], said["unsettled"], said["safe_to_enforce"])


def test_the_gate_is_closed_while_somebody_would_newly_be_denied(tmp_path: Path) -> None:
    done = _report(tmp_path, [_fact("1", "granted"), _fact("2", "no-grant")], "--gate")

    assert 1 == done.returncode, done.stderr


def test_the_gate_is_closed_while_nothing_was_seen(tmp_path: Path) -> None:
    done = _report(tmp_path, [], "--gate")

    assert 1 == done.returncode, done.stderr
    assert "Nothing was seen yet" in done.stdout


def test_the_gate_is_open_when_all_that_was_denied_is_settled(tmp_path: Path) -> None:
    nowhere = _fact("3", "unknown-route", path="GET *")
    done = _report(tmp_path, [_fact("1", "granted"), _fact("2", "blocked"), nowhere], "--gate")

    assert 0 == done.returncode, done.stderr


def test_a_route_that_is_served_and_on_no_map_keeps_it_closed(tmp_path: Path) -> None:
    """Enforcing would refuse it: it was made at run time, or by a package, or the map is old."""
    done = _report(tmp_path, [_fact("1", "granted"), _fact("2", "unknown-route", path="POST /v1/files")], "--gate")

    assert 1 == done.returncode
    assert "served, and the map lacks it: map --write, or unmapped: true" in done.stdout
    assert "nothing to decide about" not in done.stdout


def test_what_the_application_itself_answered_with_401_keeps_no_gate_closed(tmp_path: Path) -> None:
    write = _fact("3", "unauthenticated", path="POST /orders", status=0)
    answered = Response(request="3", service="shop", target=write.target, status=401)
    done = _report(
        tmp_path,
        [_fact("1", "granted"), _fact("2", "unauthenticated", status=401, count=30), write, answered],
        "--gate",
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "31 of these the application itself answered with 401 or 403" in done.stdout


def test_what_the_application_itself_forbade_keeps_no_gate_closed_and_what_it_served_does(tmp_path: Path) -> None:
    forbidden = _fact("2", "no-grant", status=403, count=10)
    (tmp_path / "safe").mkdir()
    (tmp_path / "not").mkdir()

    safe = _report(tmp_path / "safe", [_fact("1", "granted"), forbidden], "--gate")
    not_yet = _report(tmp_path / "not", [_fact("1", "granted"), forbidden, _fact("3", "no-grant", count=2)], "--gate")

    assert (0, 1) == (safe.returncode, not_yet.returncode), safe.stdout + not_yet.stdout
    first, settled = not_yet.stdout.split("nothing to decide about these:")
    assert "      2  GET /orders" in first
    assert "     10  GET /orders" in settled


def test_a_role_that_nobody_brought_is_said_with_where_roles_come_from(tmp_path: Path) -> None:
    asked = ("role:admin",)
    done = _report(tmp_path, [
        _fact("1", "no-grant", permissions=asked), _fact("2", "no-grant", permissions=asked, roles=("customer",))
    ])  # fmt: skip

    assert "does not have the role admin (came with no role)\n" in done.stdout
    assert "does not have the role admin\n" in done.stdout
    assert "identity= of protect(), says who has it" in done.stdout


def test_a_service_that_enforces_is_not_told_when_it_may(tmp_path: Path) -> None:
    done = _report(tmp_path, [_fact("1", "granted", enforced=True), _fact("2", "no-grant", enforced=True)])

    assert "1 were denied" in done.stdout
    assert "guard enforces; whoever is refused wrongly" in done.stdout
    assert "Safe to enforce" not in done.stdout


def test_what_the_application_served_to_nobody_keeps_the_gate_closed(tmp_path: Path) -> None:
    write = _fact("2", "unauthenticated", path="POST /orders", status=0)
    served = Response(request="2", service="shop", target=write.target, status=200)
    done = _report(tmp_path, [_fact("1", "unauthenticated", status=401), write, served], "--gate")

    assert 1 == done.returncode, done.stdout


def test_without_a_store_the_report_says_so_and_writes_none(tmp_path: Path) -> None:
    (tmp_path / "nomoat.yaml").write_text(POLICY)
    done = subprocess.run(
        [sys.executable, "-m", "nomoat", "guard", "report", "--gate"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode in (2, 3)
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "journal.db").exists()
