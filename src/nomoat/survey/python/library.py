"""What packages outside of a surveyed tree do to a caller: a few lines of Python for each, read like the tree itself.

A file in `survey/library/` stands for the module of its name; what it does not define is only known by its dotted name.
The files are read, never run.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from nomoat.survey.python.parser import Module, parse

FOLDER = Path(__file__).parent.parent / "library"


@cache
def _files() -> dict[str, Path]:
    """Dotted name to file."""
    found: dict[str, Path] = {}
    for path in FOLDER.rglob("*.py"):
        parts = list(path.relative_to(FOLDER).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        found[".".join(parts)] = path
    return found


@cache
def described(dotted: str) -> Module | None:
    """The module of this name, where the library describes it."""
    path = _files().get(dotted)
    if path is None:
        return None
    module = parse(path.read_bytes(), f"<{dotted}>")
    module.name, module.is_library = dotted, True
    return module
