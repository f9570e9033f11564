"""Where the files of rules are: shipped ones, and those of a project."""

from __future__ import annotations

from pathlib import Path

SHIPPED = Path(__file__).parent / "rules"


def own_folder(root: Path) -> Path:
    """Where a project keeps its own rules."""
    return root / ".nomoat" / "rules"


def files(root: Path | None) -> list[Path]:
    """Every rule file, by id; a user's rule of a shipped name replaces it."""
    found = {path.stem: path for path in sorted(SHIPPED.rglob("*.yaml"))}
    if root is not None and own_folder(root).is_dir():
        found |= {path.stem: path for path in sorted(own_folder(root).rglob("*.yaml"))}
    return [found[name] for name in sorted(found)]
