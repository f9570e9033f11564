from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nomoat.respond import execute


def _python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_command_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    code = "import subprocess, time; subprocess.Popen(['sleep', '60']); time.sleep(60)"
    ran = execute.run(_python(code), cwd=tmp_path, deadline_s=0.5)

    assert (ran.code, ran.why) == (execute.LATE, "killed: it had not ended after 0.5 s")


def test_a_command_that_floods_is_ended_and_what_is_kept_is_bounded(tmp_path: Path) -> None:
    ran = execute.run(_python("while True: print('x' * 10000)"), cwd=tmp_path)

    assert ran.code == execute.FLOODED
    assert len(ran.output) <= execute.MAX_OUTPUT_BYTES


def test_secrets_are_not_in_what_a_command_printed(tmp_path: Path) -> None:
    ran = execute.run(
        _python("print('key-of-shop-1234', 'Authorization: abcdef123456')"), cwd=tmp_path, secrets=["key-of-shop-1234"]
    )

    assert "key-of-shop" not in ran.output
    assert "abcdef123456" not in ran.output


def test_a_command_gets_nothing_of_our_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_JWT_KEY", "very-secret")

    assert "SHOP_JWT_KEY" not in execute.run(_python("import os; print(dict(os.environ))"), cwd=tmp_path).output


def test_a_program_that_is_not_there_is_a_result(tmp_path: Path) -> None:
    assert execute.run(["no-such-program"], cwd=tmp_path).code == execute.NOT_STARTED
