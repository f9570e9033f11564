"""What packages outside of a surveyed tree do to a caller: a few lines of Python for each, read like the tree itself.

A file in `survey/library/` stands for the module of its name; what it does not define is only known by its dotted name.
The files are read, never run.
"""

from __future__ import annotations

import re
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


#: Folders in which a tree carries copies of packages along.
_CARRIED = frozenset(
    ("vendor", "_vendor", "vendored", "_vendored", "third_party", "thirdparty", "_thirdparty", "extern")
)


def carried_along(dotted: str) -> str:
    """The package of which a module of the tree is a copy, by the folder it is in; empty where it is none.

    `shop.vendor.flask_principal` is `flask_principal`.
    """
    parts = dotted.split(".")
    places = [place for place, part in enumerate(parts) if part in _CARRIED]
    return ".".join(parts[places[-1] + 1 :]) if places else ""


@cache
def described(dotted: str) -> Module | None:
    """The module of this name, where the library describes it."""
    if dotted not in _files():
        return None
    path = _files()[dotted]
    module = parse(path.read_bytes() if path is not None else b"", f"<{dotted}>")
    module.name, module.is_library = dotted, True
    return module


@cache
def importing(pattern: re.Pattern[bytes]) -> tuple[str, ...]:
    """The packages of which a description imports what an expression finds, sorted."""
    found = {
        dotted.partition(".")[0]
        for dotted, path in _files().items()
        if path is not None and pattern.search(path.read_bytes())
    }
    return tuple(sorted(found))
