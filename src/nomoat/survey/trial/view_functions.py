"""The table in which an application keeps what answers, by endpoint: `app.view_functions[request.endpoint]`.

While routes are registered, what code sets on a function in there is noted by its endpoint; in a trial, what is there
for the endpoint of the request at hand is what answers it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nomoat.survey.trial.registry import VIEW
from nomoat.survey.trial.values import Choice, Const, Function, Thing, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.expressions import Expressions

#: The name of the attribute, of the table, and of what is under a key that is known.
VIEWS, _TABLE, _HELD = "view_functions", "view-functions", "view-functions[]"


def table() -> Value:
    """The table itself."""
    return Thing(_TABLE)


def held(run: Expressions, of: Value, key: Value) -> Value | None:
    """What is under a key; None where it is no such table, or source does not tell."""
    if not isinstance(of, Thing) or of.name != _TABLE or not isinstance(key, Const):
        return None
    if run.wires:
        return Thing(_HELD, args=(key,))
    request = run.proxies.get("request")
    named = request.named if isinstance(request, Thing) else {}
    endpoint, answering = named.get("endpoint"), named.get(VIEW)
    if not isinstance(endpoint, Const) or endpoint.value != key.value or answering is None:
        return None
    run.record.saw.add("endpoint")
    said = run.around.said_of_views.get(str(key.value), {})
    if not isinstance(answering, Function) or not said:
        return answering
    return replace(answering, attributes={**answering.attributes, **said})


def put(run: Expressions, owner: Value, key: Value, at: str) -> None:
    """Takes note that a function is put into the table, in the place of the one that was there."""
    if isinstance(owner, Thing) and owner.name == _TABLE and run.wires:
        name = str(key.value) if isinstance(key, Const) else None
        run.around.replaced_views.append((name, at))


def note(run: Expressions, owner: Value, name: str, value: Value) -> bool:
    """Takes note of what is set on a function of the table; whether it is one."""
    if not isinstance(owner, Thing) or owner.name != _HELD or not isinstance(owner.args[0], Const):
        return False
    is_sure = not run.unsure and not run.conditions
    said = run.around.said_of_views.setdefault(str(owner.args[0].value), {})
    said[name] = value if is_sure else Choice((value, Thing()))
    return True
