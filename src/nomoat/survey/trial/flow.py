"""How a body ended, and what several ways leave behind together."""

from __future__ import annotations

from dataclasses import dataclass, field

from nomoat.survey.trial.answering import ANSWER, NONE_YET
from nomoat.survey.trial.machine import (
    Condition,
    Delayed,
    End,
)
from nomoat.survey.trial.values import (
    KEPT,
    Env,
    Value,
    joined,
)


@dataclass
class Flow:
    """How a body ended: it falls through with `env`, returns, raises, or leaves a loop."""

    env: Env | None = None
    returns: list[Value] = field(default_factory=list)
    #: Those of the returned values that are returned where a setting is not as source has it.
    rare: list[Value] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    loops: list[Env] = field(default_factory=list)
    #: Where it leaves the loop for good: then its `else` does not run.
    breaks: list[Env] = field(default_factory=list)
    #: What the rest of the body stands under, because the other way passed and ended.
    implies: Condition | None = None
    #: What the end of a body stands under, because ways before it ended.
    falls_by: tuple[Condition, ...] = ()
    #: Whether it may return where who has a credential would not come to.
    returns_nobody: bool = False

    def take(self, other: Flow) -> None:
        """Adds what the other left, but not where it falls through."""
        self.returns += other.returns
        self.rare += other.rare
        self.ends += other.ends
        self.loops += other.loops
        self.breaks += other.breaks
        self.returns_nobody = self.returns_nobody or other.returns_nobody


def merged(envs: list[Env]) -> Env | None:
    """One set of names of several."""
    if len(envs) < 2:
        return envs[0] if envs else None
    names: dict[str, Value] = {}
    for env in envs:
        for name in env.names:
            if name not in names:
                values = [one.names[name] for one in envs if name in one.names]
                if name.startswith(KEPT) and len(values) < len(envs):
                    continue  # On one of the ways nothing was kept there.
                if name == ANSWER and len(values) < len(envs):
                    values.append(NONE_YET)
                names[name] = values[0] if all(value is values[0] for value in values) else _joined(values)
    first = envs[0]
    first.names = names
    return first


def _joined(values: list[Value]) -> Value:
    return joined([value.get() if isinstance(value, Delayed) else value for value in values])
