"""Whether source still uses a secret that stands in a file, by the name that it stands under."""

from __future__ import annotations

import re

from nomoat.survey.python.program import Program

_MAX_PLACES = 2


def uses(program: Program, path: str, name: str) -> str:
    """`used in app.py:12` for the constant or setting `name` of the file; says so where nothing here uses it."""
    last = name.rpartition(".")[2]
    word = re.compile(rb"(?<![\w.])(?:\w+\.)*" + re.escape(last.encode()) + rb"\b")
    places: list[str] = []
    for module in program.modules.values():
        if last.encode() not in module.source:
            continue
        for number, line in enumerate(module.source.splitlines(), 1):
            if word.search(line) and not re.match(rb"\s*" + re.escape(last.encode()) + rb"\s*[:=]", line):
                places.append(f"{module.path}:{number}")
            if len(places) > _MAX_PLACES:
                break
    if not places:
        return "" if not path.endswith(".py") else "nothing in this source uses it under this name"
    more = len(places) - _MAX_PLACES
    return f"used in {', '.join(places[:_MAX_PLACES])}" + (" and elsewhere" if more > 0 else "")
