"""Tables that make what is asked for and not there: `views = defaultdict(list)`, `views[name].append(view)`.

While routes are registered, what was made stays; of a table that requests fill nothing else is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nomoat.survey.trial.keys import is_hashable
from nomoat.survey.trial.values import Const, Env, Table, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls
    from nomoat.survey.trial.expressions import Expressions


@dataclass(eq=False)
class DefaultTable(Table):
    """A table with what makes an entry that is missing."""

    factory: Value | None = None
    at: str = ""
    env: Env | None = None


def _made(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    if not run.wires or not args or named or len(args) > 2:
        return None
    given = args[1] if len(args) > 1 else None
    if given is not None and not isinstance(given, Table):
        return None
    entries = dict(given.entries) if given is not None else {}
    return DefaultTable(entries, is_whole=False, factory=args[0], at=at, env=env)


def missing(run: Expressions, table: Value, key: Value) -> Value | None:
    """What such a table makes for a key that it does not have yet."""
    if not run.wires or not isinstance(table, DefaultTable) or not isinstance(key, Const):
        return None
    if table.factory is None or table.env is None or not is_hashable(key.value) or key.value in table.entries:
        return None
    found = run.call(table.factory, (), {}, table.at, table.env)
    table.put(key.value, found, is_sure=not run.unsure)
    return found


SPECIAL = {"collections.defaultdict": _made}
