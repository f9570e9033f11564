"""Facts for tests: any fact of any kind, and plain ones to count with."""

from __future__ import annotations

import typing
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from nomoat.journal.facts import KINDS, Block, Decision, Elevation, Fact, Logging, OpenFinding, timestamp

#: Text as attackers send it: any character, lone surrogates and controls too.
hostile_text = st.text(st.characters(exclude_categories=()), max_size=12)
times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(timestamp)
keys = st.text(max_size=20)


def decision(number: int = 0, **changes: Any) -> Decision:
    """A decision as guard makes it; `number` is its request."""
    given: dict[str, Any] = {
        "request": f"r{number}",
        "service": "shop",
        "target": "route:shop/GET /orders/{order_id}",
        "method": "GET",
        "subject": "user:main/ana",
        "params": {"order_id": str(number)},
        "outcome": "allow",
        "enforced": True,
        "reason": "granted",
    }
    return Decision(**{**given, **changes})


def block(name: str = "b1", *, value: str = "user:main/mallory", **changes: Any) -> Block:
    """A block of a subject until the next century."""
    given: dict[str, Any] = {"what": "subject", "until": "2100-01-01T00:00:00.000000Z", "because": "tests", "by": "ana"}
    return Block(block=name, value=value, **{**given, **changes})


def _values(hint: Any) -> st.SearchStrategy[Any]:
    if hint is str:
        return hostile_text
    if hint is float or hint == float | None:
        numbers = st.floats(allow_nan=False, allow_infinity=False)
        return numbers if hint is float else st.none() | numbers
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        return st.lists(_values(arguments[0]), max_size=2).map(tuple)
    if origin is not None and issubclass(dict, origin if isinstance(origin, type) else ()):
        return st.dictionaries(hostile_text, _values(arguments[1]), max_size=2)
    if hint is OpenFinding:
        return st.builds(OpenFinding, **{name: _values(of) for name, of in typing.get_type_hints(OpenFinding).items()})
    return st.from_type(hint)


def facts_of(kind: type[Fact]) -> st.SearchStrategy[Fact]:
    """Any fact of a kind, every field drawn."""
    hints = typing.get_type_hints(kind)
    drawn = {field.name: _values(hints[field.name]) for field in fields(kind)}
    drawn["happened_at"] = times
    if kind in (Block, Elevation, Logging):
        drawn["until"] = times
    return st.builds(kind, **drawn)


any_fact: st.SearchStrategy[Fact] = st.one_of([facts_of(KINDS[name]) for name in sorted(KINDS)])
