"""What `"{}?{}".format(one, other)` is put together of, part by part, as an f-string says it."""

from __future__ import annotations

import string

from nomoat.survey.python import form
from nomoat.survey.python.form import Node


def put_in_place(call: Node, template: str) -> tuple[Node, ...] | None:
    """The constant text and the arguments of a call of `format`, in order; None where their places cannot be told."""
    if any(one[0] == form.STARRED for one in call[4]) or any(name is None for name, _ in call[5]):
        return None
    named = {name: value for name, value in call[5] if name is not None}
    parts: list[Node] = []
    try:
        fields = list(string.Formatter().parse(template))
    except ValueError:
        return None
    for place, (text, field, _, _) in enumerate(fields):
        if text:
            parts.append((form.CONSTANT, call[3][1], call[3][2], text))
        if field is None:
            continue
        # `{0.name}` and `{rows[0]}` are a part of an argument.
        name = field.partition(".")[0].partition("[")[0]
        before = sum(other is not None for _, other, _, _ in fields[:place])
        number = int(name) if name.isdigit() else before if not name else None
        value = named.get(name) if number is None else call[4][number] if number < len(call[4]) else None
        if value is None:
            return None
        parts.append(value)
    return tuple(parts)
