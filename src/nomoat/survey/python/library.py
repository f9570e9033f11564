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
def _files() -> dict[str, Path | None]:
    """Dotted name to file; None for a package of which only inner modules are described."""
    found: dict[str, Path | None] = {}
    for path in FOLDER.rglob("*.py"):
        parts = list(path.relative_to(FOLDER).with_suffix("").parts)
        found[".".join(parts)] = path
    for dotted in list(found):
        while "." in dotted:
            dotted = dotted.rpartition(".")[0]
            found.setdefault(dotted, None)
    return found


@cache
def described(dotted: str) -> Module | None:
    """The module of this name, where the library describes it."""
    if dotted not in _files():
        return None
    path = _files()[dotted]
    module = parse(path.read_bytes() if path is not None else b"", f"<{dotted}>")
    module.name, module.is_library = dotted, True
    return module
