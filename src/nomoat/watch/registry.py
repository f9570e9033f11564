"""Finds detections: the shipped folder, then the user's `.nomoat/detections/`. The file's stem is the id."""

from __future__ import annotations

from pathlib import Path

from nomoat.errors import DataFileError, Problem
from nomoat.watch import sigma
from nomoat.watch.model import Detection

SHIPPED = Path(__file__).parent / "detections"


def own_folder(root: Path) -> Path:
    """Where a project keeps its own detections."""
    return root / ".nomoat" / "detections"


def files(root: Path | None) -> list[Path]:
    """Every detection file, shipped ones first; a user's file of the same name replaces the shipped one."""
    found = {path.stem: path for path in sorted(SHIPPED.glob("*.yaml"))}
    if root is not None and own_folder(root).is_dir():
        found |= {path.stem: path for path in sorted(own_folder(root).glob("*.yaml"))}
    return list(found.values())


def identifiers(root: Path | None) -> list[str]:
    """The ids of all detections."""
    return [path.stem for path in files(root)]


def load(root: Path | None) -> list[Detection]:
    """Every detection. Raises DataFileError with the mistakes of all files."""
    found: list[Detection] = []
    problems: list[Problem] = []
    for path in files(root):
        try:
            found.append(sigma.load(path))
        except DataFileError as error:
            problems += error.problems
    if problems:
        raise DataFileError("mistakes", problems=problems)
    return found
