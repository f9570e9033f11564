from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, SOURCE, environment


def _loaded_by(statement: str) -> set[str]:
    script = "import json, sys; before = set(sys.modules); "
    script += f"{statement}; print(json.dumps(sorted(set(sys.modules) - before)))"
    found = subprocess.run(
        [sys.executable, "-c", script], env=environment(SOURCE), capture_output=True, text=True, check=True
    )
    return set(json.loads(found.stdout))


def test_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    found = subprocess.run(command, cwd=ROOT, env=environment(SOURCE), capture_output=True, text=True, check=False)

    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("module", ["nomoat.guard", "nomoat.policy", "nomoat.policy.decide", "nomoat.cli.main"])
def test_light_imports_stay_light(module: str) -> None:
    loaded = _loaded_by(f"import {module}")

    heavy = {"yaml", "joserfc", "cryptography", "tree_sitter", "sqlite3", "asyncio", "urllib.request", "http.client"}
    heavy |= {"psycopg", "psycopg_binary", "sqlalchemy", "django"}
    others = {f"nomoat.{name}" for name in ("check", "watch", "respond", "survey", "storage", "notify", "demo")}
    assert set() == loaded & (heavy | others)


def test_declaring_every_command_loads_nothing_heavier_than_argparse() -> None:
    loaded = _loaded_by("from nomoat.cli.main import build_parser; build_parser()")

    assert set() == loaded & {
        "yaml",
        "joserfc",
        "tree_sitter",
        "sqlite3",
        "asyncio",
        "json",
        "dataclasses",
        "nomoat.errors",
    }
