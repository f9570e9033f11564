"""Whether source still uses a secret that stands in a file, by the name that it stands under."""

from __future__ import annotations

import re
from weakref import WeakKeyDictionary

from nomoat.survey.python.program import Program

_MAX_PLACES = 2


_known: WeakKeyDictionary[Program, dict[str, list[str]]] = WeakKeyDictionary()


def uses(program: Program, path: str, name: str) -> str:
    """`used in app.py:12` for the constant or setting `name` of the file; says so where nothing here uses it."""
    last = name.rpartition(".")[2]
    of_program = _known.setdefault(program, {})
    places = of_program.get(last)
    if places is None:
        places = of_program[last] = _places(program, last.encode())
    if not places:
        return "" if not path.endswith(".py") else "nothing in this source uses it under this name"
    more = len(places) - _MAX_PLACES
    return f"used in {', '.join(places[:_MAX_PLACES])}" + (" and elsewhere" if more > 0 else "")


def _places(program: Program, last: bytes) -> list[str]:
    """Where the name is used, one place more than is told at most; a large tree has many names and many places."""
    word = re.compile(rb"(?<![\w.])(?:\w+\.)*" + re.escape(last) + rb"\b")
    bound = re.compile(rb"\s*" + re.escape(last) + rb"\s*[:=]")
    places: list[str] = []
    longest = max(re.findall(r"\w+", last.decode()), key=len, default="")
    for module in program.holding((longest,)):
        if last not in module.source:
            continue
        for number, line in enumerate(module.source.splitlines(), 1):
            if word.search(line) and not bound.match(line):
                places.append(f"{module.path}:{number}")
            if len(places) > _MAX_PLACES:
                return places
    return places
