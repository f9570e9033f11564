"""Objects that one part of a program sets on another that cannot be followed, and that the rest of it finds there.

`core.http = Server(core)` in the part that makes the application, `core.http.register_view(View)` in a hundred others:
whoever calls them gives them `core`, and source does not show who. An attribute that is only ever given one object that
holds an application is that object.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.trial.registry import Registry
from nomoat.survey.trial.values import Object, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.machine import Machine


def keep(run: Machine, name: str, value: Value) -> None:
    """Takes note of what is set under a name on something of which nothing is known."""
    run.around.published.setdefault(name, []).append(value)


def only(run: Machine, name: str) -> Value | None:
    """The one object with an application in it that was set under this name; None where there is none, or another."""
    kept = run.around.published.get(name)
    if not kept:
        return None
    first = kept[0]
    is_one = all(one is first or (isinstance(one, Object) and _at(one) == _at(first)) for one in kept)
    return first if is_one and _application(first) is not None else None


def names(run: Machine) -> list[str]:
    """The names under which such an object can be found, and that no code which has not run sets otherwise."""
    return sorted(
        name for name in run.around.published if only(run, name) is not None and not _is_set_elsewhere(run, name)
    )


def _is_set_elsewhere(run: Machine, name: str) -> bool:
    """Whether a module that nothing has run sets it, too, on something but an object of its own."""
    sets = re.compile(rf"(?<!\bself)\.{re.escape(name)}[ \t]*=(?!=)".encode())
    found = run.program.words.matching(sets, (name.encode(),))
    return any(path not in run.around.started and not TEST_FILE.search(path) for path in found)


def _application(value: Value) -> Registry | None:
    """The application that an object is, or keeps."""
    if isinstance(value, Registry):
        return value if value.kind.is_application else None
    kept = value.attributes.values() if isinstance(value, Object) else ()
    return next((one for one in kept if isinstance(one, Registry) and one.kind.is_application), None)


def _at(value: Value) -> tuple[str, object]:
    """Where it was made, and of which class: what runs twice makes it twice."""
    return getattr(value, "at", ""), getattr(getattr(value, "cls", None), "scope", None)
