from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import CAPABILITIES, PACKAGE, ROOT, SURFACES, environment, module_names


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_every_other_package_works_without(capability: str, tmp_path: Path) -> None:
    source = tmp_path / "src"
    shutil.copytree(PACKAGE, source / "nomoat", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.rmtree(source / "nomoat" / capability)
    modules = [name for name in module_names(without=(capability, *SURFACES)) if name != "nomoat.__main__"]
    script = f"import importlib, nomoat\nassert nomoat.__file__.startswith({str(source)!r})\n"
    script += f"for name in {modules!r}: importlib.import_module(name)\n"

    imported = subprocess.run(
        [sys.executable, "-c", script], env=environment(source), capture_output=True, text=True, check=False
    )
    assert imported.returncode == 0, imported.stderr

    skipped = [f"--ignore=tests/{name}" for name in (capability, "architecture", "journeys", *SURFACES)]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *skipped, "tests"]
    collected = subprocess.run(command, cwd=ROOT, env=environment(source), capture_output=True, text=True, check=False)
    assert collected.returncode == 0, collected.stdout[-3000:] + collected.stderr[-3000:]
