"""The source tree as the architecture tests see it."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "nomoat"
CAPABILITIES = ("check", "guard", "watch", "respond")
#: Surfaces put capabilities together: that is their job, so they may break without one.
SURFACES = ("cli", "demo")


def is_content(path: Path) -> bool:
    """Examples beside rules and models, and the demo's shop, are inputs and no code of nomoat's."""
    inner = path.relative_to(PACKAGE).parts if path.is_relative_to(PACKAGE) else ()
    return (
        inner[:2]
        in (("check", "rules"), ("survey", "frameworks"), ("survey", "stores"), ("survey", "library"), ("demo", "shop"))
        or "fixtures" in path.parts
    )


def python_files(*folders: Path) -> list[Path]:
    """Every Python file of ours below the folders."""
    return sorted(path for folder in folders for path in folder.rglob("*.py") if not is_content(path))


def module_names(*, without: tuple[str, ...] = ()) -> list[str]:
    """Every module of the package, but those of the packages `without` and scripts meant to be run."""
    names = []
    for path in python_files(PACKAGE):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        if len(parts) > 1 and parts[1] in without:
            continue
        names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names


def environment(source: Path) -> dict[str, str]:
    """The environment of a child that imports nomoat from `source`."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(source), str(ROOT / "tests" / "loopback")))}
