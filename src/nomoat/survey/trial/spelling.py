"""How texts are spelled: as a pattern, and, for descriptions of packages that make paths of names, a class's name with
dashes and a function's parameters.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.trial.values import Const, Env, Function, Items, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls

_WORD = re.compile(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z0-9])(?=[A-Z])")
#: Parameters of a function that are given by their place or by their name.
_BY_PLACE = (form.POSITIONAL, form.REGULAR)
_CONVERTERS = {"int": "int", "float": "float", "str": "string", "UUID": "uuid", "uuid.UUID": "uuid"}


def _dashed(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`"OrderItems"` as `"order-items"`."""
    name = args[0] if args else None
    if not isinstance(name, Const) or not isinstance(name.value, str):
        return None
    return Const(_WORD.sub("-", name.value).lower())


def _path_parameters(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`<int:number>` for each parameter of a function that has no default, but those that are named beside it."""
    function = args[0] if args else None
    seen: list[Function] = []
    while isinstance(function, Function) and function.wraps is not None and function not in seen:
        seen.append(function)
        function = function.wraps
    if not isinstance(function, Function) or function.scope is None:
        return None
    without = args[1].values if len(args) > 1 and isinstance(args[1], Items) else []
    left_out = {"self", *(one.value for one in without if isinstance(one, Const))}
    found: list[Value] = []
    for one in function.scope.parameters:
        if one[form.P_KIND] in _BY_PLACE and one[form.P_NAME] not in left_out and one[form.P_DEFAULT] is None:
            kind = _CONVERTERS.get(form.dotted(one[form.P_ANNOTATION]) or "") if one[form.P_ANNOTATION] else None
            found.append(Const(f"<{kind}:{one[form.P_NAME]}>" if kind else f"<{one[form.P_NAME]}>"))
    return Items(found)


def _escaped(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`re.escape("media/")`."""
    text = args[0] if args else None
    is_text = isinstance(text, Const) and isinstance(text.value, str)
    return Const(re.escape(str(text.value)), text.marks) if is_text and isinstance(text, Const) else None


SPECIAL = {"re.escape": _escaped, "nomoat.survey.dashed": _dashed, "nomoat.survey.path_parameters": _path_parameters}
