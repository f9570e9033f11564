"""`nomoat block`, `unblock`, `revoke` as somebody types them; what must not be blocked is refused with its fix."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nomoat.journal.facts import Revocation, timestamp
from nomoat.journal.journal import open_store
from nomoat.journal.ports import State

POLICY = """\
services: {shop: {app: "main:app"}}
roles: {customer: [orders:read]}
journal: {store: "sqlite:journal.db"}
never_block: [user:main/ana, 198.51.100.0/24, "2001:db8:1::1"]
trusted_proxies: [203.0.113.7]
"""
TOKEN = "sha256:" + "4f" * 32


def _nomoat(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    (root / "nomoat.yaml").write_text(POLICY)
    return subprocess.run(
        [sys.executable, "-m", "nomoat", *words],
        cwd=root, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip


def _state(root: Path) -> State:
    store = open_store(f"sqlite:{root}/journal.db")
    state = store.state(now=timestamp())
    store.close()
    return state


@pytest.mark.parametrize(
    ("whom", "what", "value"),
    [
        ("user:main/mallory", "subject", "user:main/mallory"),
        ("service:billing", "subject", "service:billing"),
        ("anonymous", "subject", "anonymous"),
        (f"token:{TOKEN}", "credential", TOKEN),
        ("192.0.2.9", "client", "192.0.2.9"),
        ("192.0.0.0/16", "client", "192.0.0.0/16"),
        ("2001:db9::/32", "client", "2001:db9::/32"),
    ],
)
def test_a_block_stands_until_it_is_lifted(whom: str, what: str, value: str, tmp_path: Path) -> None:
    placed = _nomoat(tmp_path, "block", whom, "--for", "1h", "--because", "it reads all orders")
    (block,) = _state(tmp_path).blocks
    lifted = _nomoat(tmp_path, "unblock", whom, "--because", "it was a load test")

    assert (0, 0) == (placed.returncode, lifted.returncode), placed.stderr + lifted.stderr
    assert (what, value, "it reads all orders") == (block.what, block.value, block.because)
    assert f"blocked {value} until" in placed.stdout
    assert f"undo: nomoat unblock {whom}" in placed.stderr
    # Nobody is told that workers have it when none lives.
    assert "no guarded worker is live" in placed.stderr
    assert () == _state(tmp_path).blocks


@pytest.mark.parametrize("whom", ["user:main/ana", "198.51.100.77", "198.51.0.0/16", "2001:db8:1::1", "203.0.113.7"])
def test_what_is_never_blocked_is_refused(whom: str, tmp_path: Path) -> None:
    done = _nomoat(tmp_path, "block", whom, "--because", "x")

    assert 2 == done.returncode
    assert "is never blocked" in done.stderr
    assert "fix: " in done.stderr
    assert () == _state(tmp_path).blocks


@pytest.mark.parametrize(
    ("whom", "widest"), [("192.0.0.0/15", "/16"), ("0.0.0.0/0", "/16"), ("2001:da8::/31", "/32"), ("::/0", "/32")]
)
def test_a_network_wider_than_anybody_may_block_is_refused(whom: str, widest: str, tmp_path: Path) -> None:
    done = _nomoat(tmp_path, "block", whom, "--because", "x")

    assert 2 == done.returncode
    assert "too wide to block" in done.stderr
    assert f"fix: name {widest} or smaller" in done.stderr
    assert () == _state(tmp_path).blocks


@pytest.mark.parametrize("whom", ["mallory", "user:", "user:main/", "service:", "token:abc", "300.1.1.1", ""])
def test_what_names_nobody_is_refused_with_what_would(whom: str, tmp_path: Path) -> None:
    done = _nomoat(tmp_path, "block", whom, "--because", "x")

    assert 2 == done.returncode
    assert "names nobody" in done.stderr
    assert "user:ALIAS/NAME" in done.stderr


@pytest.mark.parametrize("duration", ["soon", "0s", "31d", "-1h"])
def test_a_block_always_ends(duration: str, tmp_path: Path) -> None:
    done = _nomoat(tmp_path, "block", "user:main/mallory", f"--for={duration}", "--because", "x")

    assert 2 == done.returncode
    assert "fix: " in done.stderr
    assert () == _state(tmp_path).blocks


@pytest.mark.parametrize(
    ("name", "what", "value"),
    [
        ("user:main/mallory", "subject", "user:main/mallory"),
        (f"token:{TOKEN}", "credential", TOKEN),
        ("jti:one-token", "jti", "one-token"),
    ],
)
def test_revoke_is_written_with_why(name: str, what: str, value: str, tmp_path: Path) -> None:
    done = _nomoat(tmp_path, "revoke", name, "--because", "stolen")
    (found,) = _state(tmp_path).revocations

    assert 0 == done.returncode, done.stderr
    assert isinstance(found, Revocation)
    assert (what, value, "stolen") == (found.what, found.value, found.because)
    assert bool(found.issued_before) == (what == "subject")


@pytest.mark.parametrize("name", ["anonymous", "192.0.2.9", "mallory"])
def test_who_has_no_tokens_cannot_be_revoked(name: str, tmp_path: Path) -> None:
    assert 2 == _nomoat(tmp_path, "revoke", name, "--because", "x").returncode


def test_unblocking_somebody_who_is_not_blocked_says_so(tmp_path: Path) -> None:
    _nomoat(tmp_path, "block", "user:main/mallory", "--because", "x")
    done = _nomoat(tmp_path, "unblock", "user:main/other", "--because", "x")

    assert 2 == done.returncode
    assert "is not blocked" in done.stderr
    assert 1 == len(_state(tmp_path).blocks)


ISSUERS = 'identity:\n  main: {issuer: a, algorithms: [HS256], key: "env:A"}\n'
MORE = ISSUERS + '  partners: {issuer: b, algorithms: [HS256], key: "env:B"}\n'


def _with(root: Path, more: str, *words: str) -> subprocess.CompletedProcess[str]:
    (root / "other.yaml").write_text(POLICY.replace("user:main/ana", "user:ana") + more)
    return _nomoat(root, *words, "--config", "other.yaml")


@pytest.mark.parametrize("command", ["block", "revoke"])
def test_the_issuer_may_be_left_out_where_there_is_one(command: str, tmp_path: Path) -> None:
    done = _with(tmp_path, ISSUERS, command, "user:mallory", "--because", "x")
    state = _state(tmp_path)

    assert 0 == done.returncode, done.stderr
    assert ["user:main/mallory"] == [getattr(one, "value", "") for one in (*state.blocks, *state.revocations)]
    assert "user:main/mallory" in done.stdout


def test_a_block_is_lifted_by_the_name_it_was_placed_by(tmp_path: Path) -> None:
    _with(tmp_path, ISSUERS, "block", "user:mallory", "--because", "x")

    assert 0 == _with(tmp_path, ISSUERS, "unblock", "user:mallory", "--because", "x").returncode
    assert () == _state(tmp_path).blocks


@pytest.mark.parametrize("command", ["block", "unblock", "revoke"])
def test_with_several_issuers_it_must_be_said_which(command: str, tmp_path: Path) -> None:
    done = _with(tmp_path, MORE, command, "user:mallory", "--because", "x")

    assert 2 == done.returncode
    assert "user:main/mallory or user:partners/mallory" in done.stderr


def test_an_issuer_that_nobody_knows_is_said(tmp_path: Path) -> None:
    done = _with(tmp_path, ISSUERS, "block", "user:mian/mallory", "--because", "x")

    assert 0 == done.returncode
    assert "note: no issuer of nomoat.yaml is called 'mian': known: main" in done.stderr


def test_who_is_listed_without_an_issuer_is_never_blocked_under_any(tmp_path: Path) -> None:
    done = _with(tmp_path, MORE, "block", "user:partners/ana", "--because", "x")

    assert 2 == done.returncode
    assert "is never blocked (user:ana)" in done.stderr
    assert 0 == _with(tmp_path, MORE, "block", "user:partners/diana", "--because", "x").returncode


@pytest.mark.parametrize("words", [("block", "192.0.2.9"), ("unblock", "192.0.2.9"), ("revoke", "jti:one")])
@pytest.mark.parametrize("because", ["", "  "])
def test_nothing_is_done_without_a_reason(words: tuple[str, str], because: str, tmp_path: Path) -> None:
    done = _nomoat(tmp_path, *words, "--because", because)

    assert 2 == done.returncode
    assert "nothing says why" in done.stderr
    assert not (tmp_path / "journal.db").exists()


@pytest.mark.parametrize("name", ["jti:", "token:sha256:zz", "nobody"])
def test_revoke_says_what_it_takes(name: str, tmp_path: Path) -> None:
    done = _nomoat(tmp_path, "revoke", name, "--because", "x")

    assert 2 == done.returncode
    assert "jti:ID" in done.stderr and "--> revoke" in done.stderr
