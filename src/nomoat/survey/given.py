"""What a framework gives to one parameter of a handler or dependency."""

from __future__ import annotations

from dataclasses import dataclass

from nomoat.survey.trial.values import Value


@dataclass
class Given:
    """One parameter: a dependency that is asked for, or a value; and where it comes from, for the map."""

    name: str
    dependency: Value | None = None
    scopes: tuple[str, ...] = ()
    is_dependency: bool = False
    value: Value | None = None
    #: What it is called in the function, where the request calls it something else.
    parameter: str = ""
    #: What it is for a caller who sends no credential, where that is another.
    absent: Value | None = None
    place: str = ""
    type: str = ""
