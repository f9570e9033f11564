"""One answer to a question about map and policy: what `nomoat policy check` prints and `nomoat check` finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Observation:
    """One answer. `target` is a map id, or `role:<name>`; `at` is `file:line` where one is known."""

    id: str
    level: Level
    target: str
    what: str
    at: str = ""
    fix: str = ""
