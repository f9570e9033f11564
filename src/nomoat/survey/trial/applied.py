"""Tables that an application keeps for those who ask the request for it: `request.app["sessions"].get(token)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.survey.trial.registry import Registry
from nomoat.survey.trial.values import Items, Table, Thing, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.expressions import Expressions


#: What stands for a part of a request that tells nothing of who calls, such as its application.
_PART = "request.nothing"


def held(run: Expressions, of: Value, key: Value) -> Value | None:
    """The table or list under a key of the application at hand; None for all else, which may be set otherwise."""
    if run.wires or not isinstance(of, Thing) or of.name != _PART:
        return None
    application = run.application or run.around.application
    kept = application.kept(key) if isinstance(application, Registry) else None
    return kept if isinstance(kept, (Table, Items)) else None
