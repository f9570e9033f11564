from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat import __version__
from nomoat.journal.facts import Alert, Block, Fact, Step
from nomoat.journal.shipping.syslog import DATAGRAM_BYTES, STREAM_BYTES, element, message
from tests.journal.made import any_fact, block, decision, hostile_text
from tests.journal.shipping.made import AT, STORE, record

# RFC 5424, section 6: the grammar of a message, with the names of its parts.
_VALUE = r'(?:[^"\\\]]|\\["\\\]])*'
_ELEMENT = rf'\[[!#-<>-\\^-~]{{1,32}}(?: [!#-<>-\\^-~]{{1,32}}="{_VALUE}")*\]'
GRAMMAR = re.compile(
    r"<(?P<pri>[0-9]{1,3})>1 (?P<time>-|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:\.[0-9]{1,6})?Z) "
    r"(?P<host>[!-~]{1,255}) (?P<app>[!-~]{1,48}) (?P<pid>[!-~]{1,128}) (?P<id>[!-~]{1,32}) "
    rf"(?P<data>-|(?:{_ELEMENT})+) (?P<text>\{{.*\}})\Z"
)


def parts_of(line: bytes) -> re.Match[str]:
    found = GRAMMAR.match(line.decode("ascii"))
    assert found is not None, line
    return found


def alert(severity: Any) -> Alert:
    return Alert(detection="d", severity=severity, summary="", first_event_at="", last_event_at="", observed=1)


def test_a_denied_decision_is_one_line_that_holds_the_whole_record() -> None:
    made = record(decision(7, outcome="deny", reason="no-grant", happened_at=AT), 812)

    parts = parts_of(message(made, limit=STREAM_BYTES))
    assert ("84", AT, "nomoat", str(os.getpid()), "decision") == parts.group("pri", "time", "app", "pid", "id")
    assert os.uname().nodename == parts["host"]
    assert f'[origin software="nomoat" swVersion="{__version__}"]' == parts["data"]
    assert made.fields == json.loads(parts["text"])
    assert (STORE, "812") == (json.loads(parts["text"])["store"], json.loads(parts["text"])["position"])


@pytest.mark.parametrize(
    ("fact", "priority"),
    [
        (decision(), 86),
        (decision(outcome="deferred", reason="depends-on-resource"), 86),
        (decision(outcome="deny", enforced=False, reason="no-grant"), 84),
        (decision(outcome="deny", reason="journal-unavailable"), 83),
        (decision(outcome="allow", reason="decision-late"), 83),
        (block(), 84),
        (block(lifted=True), 85),
        (Step(incident=1, step="s", state="unsure"), 83),
        (alert("low"), 85),
        (alert("medium"), 84),
        (alert("high"), 83),
        (alert("critical"), 82),
        (alert("of a newer version"), 83),
    ],
)
def test_the_priority_tells_how_grave_it_is(fact: Fact, priority: int) -> None:
    assert str(priority) == parts_of(message(record(fact), limit=STREAM_BYTES))["pri"]


def test_an_enterprise_number_adds_an_element_to_filter_by() -> None:
    made = record(decision(outcome="deny", reason="no-grant", subject='user:main/"a]b\\\n\x1b'), 812)

    parts = parts_of(message(made, limit=STREAM_BYTES, enterprise=12345))
    assert '[nomoat@12345 store="0123456789abcdef" position="812" service="shop"' in parts["data"]
    assert 'subject="user:main/\\"a\\]b\\\\\\\\n\\\\x1b"' in parts["data"]


@given(hostile_text, hostile_text)
def test_no_value_leaves_its_element(one: str, two: str) -> None:
    assert re.fullmatch(_ELEMENT, element("nomoat@12345", {"a": one, "b": two}))


def test_what_is_too_long_is_cut_where_it_is_seen() -> None:
    fact = Step(incident=7, step="keep-logs", state="done", output="o" * 5000, reason="r" * 900)

    line = message(record(fact, 9), limit=DATAGRAM_BYTES)
    body = json.loads(parts_of(line)["text"])
    assert len(line) <= DATAGRAM_BYTES
    assert (["output"], "9", "keep-logs", "r" * 900) == (body["cut"], body["position"], body["step"], body["reason"])
    assert "cut" not in json.loads(parts_of(message(record(fact, 9), limit=STREAM_BYTES))["text"])


def test_a_key_that_is_longer_than_a_datagram_leaves_its_place_alone() -> None:
    body = json.loads(parts_of(message(record(decision(), key="k" * 9000), limit=DATAGRAM_BYTES))["text"])

    assert {"store": STORE, "position": "1", "recorded_at": AT, "kind": "decision", "cut": True} == body


@given(any_fact, st.booleans(), st.sampled_from([None, 32473]))
def test_any_fact_is_a_message_of_the_grammar(fact: Fact, plain: bool, enterprise: int | None) -> None:
    line = message(record(fact, plain=plain), limit=DATAGRAM_BYTES, enterprise=enterprise)

    parts = parts_of(line)
    assert len(line) <= DATAGRAM_BYTES
    assert (STORE, "1", fact.kind) == tuple(json.loads(parts["text"])[name] for name in ("store", "position", "kind"))


def test_a_kind_and_a_time_that_are_none_leave_the_header_whole() -> None:
    made = record(replace(block(), happened_at="yesterday"), kind="a kind\n")

    parts = parts_of(message(made, limit=STREAM_BYTES))
    assert ("-", "akind") == parts.group("time", "id")
    assert isinstance(block(), Block)


@pytest.mark.parametrize("limit", [DATAGRAM_BYTES, STREAM_BYTES])
@pytest.mark.parametrize("text", ["\U0001f600" * 300, '"]\\' * 100, "\n<86>1 - - - - - - forged" * 12])
def test_what_grows_when_it_is_escaped_is_left_out_of_the_element_so_that_a_message_fits(text: str, limit: int) -> None:
    """What is longer than a receiver takes is cut by it, and the rest read as a message of its own."""
    made = record(decision(subject=text, target=text, service=text, reason="no-grant", trace=text), 812)

    line = message(made, limit=limit, enterprise=32473)
    assert (True, False) == (len(line) <= limit, b"\n" in line)
    parts = parts_of(line)
    assert ("812", True) == (json.loads(parts["text"])["position"], 'position="812"' in parts["data"])
