from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.watch import events
from nomoat.watch.events import EventError

GOOD = {"happened_at": "2026-11-24T23:41:05Z", "kind": "decision", "params": {"id": 7}, "permissions": ["a"], "x": [1]}


def test_a_line_is_an_event_with_its_fields() -> None:
    event = events.from_line(json.dumps(GOOD), source="f", number=1)

    assert ("decision", ("id=7",), ("a",), (1,), ()) == (
        event.kind,
        event.values("params"),
        event.values("permissions"),
        event.values("x"),
        event.values("absent"),
    )


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"happened_at": "yesterday"}, "happened_at is no time"),
        ({"happened_at": "2026-11-24T23:41:05"}, "happened_at has no zone"),
        ({"kind": 5}, "kind is no text"),
        ({"status": -1}, "status is no whole number"),
        ({"count": True}, "count is no whole number"),
        ({"params": []}, "params is no object"),
        ({"permissions": "a"}, "permissions is no list"),
        ({"format": 2}, "format 2 is newer than this nomoat"),
    ],
)
def test_a_field_of_a_wrong_kind_is_said(change: dict[str, object], what: str) -> None:
    with pytest.raises(EventError, match=what) as caught:
        events.from_line(json.dumps(GOOD | change), source="f.jsonl", number=12)

    assert caught.value.where == "f.jsonl:12"


def test_an_enormous_line_is_refused_unread() -> None:
    with pytest.raises(EventError, match="is no event"):
        events.from_line(b"{" + b" " * events.MAX_LINE_BYTES + b"}", source="f", number=1)


@given(
    st.binary(max_size=200)
    | st.dictionaries(st.sampled_from([*GOOD, "count", "status"]), st.none() | st.integers() | st.text()).map(
        lambda found: json.dumps(found).encode()
    )
)
def test_any_line_gives_an_event_or_says_what_is_wrong(line: bytes) -> None:
    try:
        event = events.from_line(line, source="f", number=1)
    except EventError as error:
        assert error.what
    else:
        assert event.count >= 1
