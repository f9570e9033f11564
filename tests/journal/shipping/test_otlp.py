"""OTLP/JSON, judged by the protocol's own messages (opentelemetry-proto)."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat import __version__
from nomoat.journal.facts import Alert, Checked, Fact, OpenFinding, Unknown
from nomoat.journal.shipping import otlp
from nomoat.journal.shipping.records import Record
from tests.journal.made import any_fact, block, decision
from tests.journal.shipping.made import AT, STORE, record

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def parsed(text: str) -> Any:
    """The request by the official messages, ids taken as OTLP has them: the general mapping would be base64."""
    pytest.importorskip(
        "opentelemetry.proto.collector.logs.v1.logs_service_pb2", reason="opentelemetry-proto is absent"
    )
    from google.protobuf import json_format
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    body = json.loads(text)
    for log in logs_of(body):
        if "traceId" in log:
            log["traceId"] = base64.b64encode(bytes.fromhex(log["traceId"])).decode()
    return json_format.ParseDict(body, ExportLogsServiceRequest())


def logs_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    return [log for each in body["resourceLogs"] for scope in each["scopeLogs"] for log in scope["logRecords"]]


def value_of(any_value: Any) -> Any:
    """An AnyValue of the official messages, as Python has it."""
    which = any_value.WhichOneof("value")
    if which == "array_value":
        return [value_of(inner) for inner in any_value.array_value.values]
    if which == "kvlist_value":
        return {pair.key: value_of(pair.value) for pair in any_value.kvlist_value.values}
    return None if which is None else getattr(any_value, which)


def one(request: Any) -> tuple[Any, dict[str, Any]]:
    log = request.resource_logs[0].scope_logs[0].log_records[0]
    return log, {pair.key: value_of(pair.value) for pair in log.attributes}


def test_a_denied_decision_is_a_warning_of_its_service_and_joins_its_trace() -> None:
    fact = decision(
        7, outcome="deny", reason="no-grant", status=403, client="192.0.2.7", trace=TRACE, permissions=("orders:read",),
        count=3, happened_at=AT,
    )  # fmt: skip

    request = parsed(otlp.request([record(fact, 812)]))
    log, attributes = one(request)
    scope = request.resource_logs[0].scope_logs[0].scope
    resource = {pair.key: value_of(pair.value) for pair in request.resource_logs[0].resource.attributes}
    assert ({"service.name": "shop"}, "nomoat", __version__) == (resource, scope.name, scope.version)
    assert (13, "WARN", "nomoat.decision") == (log.severity_number, log.severity_text, log.event_name)
    assert (TRACE, b"") == (log.trace_id.hex(), log.span_id)
    assert 1795563665000120000 == log.time_unix_nano == log.observed_time_unix_nano
    assert "user:main/ana denied x3" in log.body.string_value
    expected = {
        "log.record.uid": f"{STORE}/812", "nomoat.store": STORE, "nomoat.position": "812", "nomoat.kind": "decision",
        "user.id": "user:main/ana", "client.address": "192.0.2.7", "http.request.method": "GET",
        "http.response.status_code": 403, "nomoat.outcome": "deny", "nomoat.reason": "no-grant", "nomoat.count": 3,
        "nomoat.params": {"order_id": "7"}, "nomoat.permissions": ["orders:read"], "nomoat.enforced": True,
        "nomoat.target": "route:shop/GET /orders/{order_id}", "nomoat.request": "r7", "nomoat.format": 1,
    }  # fmt: skip
    assert expected == {name: attributes.get(name) for name in expected}


def test_records_are_grouped_by_service_in_the_order_of_the_journal() -> None:
    facts = [decision(1), block(), decision(2, service="billing"), decision(3)]

    request = parsed(otlp.request([record(fact, number) for number, fact in enumerate(facts)]))
    found = [
        (value_of(each.resource.attributes[0].value),
         [value_of(log.attributes[0].value).rpartition("/")[2] for log in each.scope_logs[0].log_records])
        for each in request.resource_logs
    ]  # fmt: skip
    assert [("shop", ["0", "3"]), ("nomoat", ["1"]), ("billing", ["2"])] == found


@pytest.mark.parametrize("trace", ["", "0" * 32, TRACE.upper(), TRACE[:-1], "x" * 32])
def test_what_is_no_trace_id_is_left_out(trace: str) -> None:
    assert "traceId" not in logs_of(json.loads(otlp.request([record(decision(trace=trace))])))[0]


def test_a_time_that_is_none_is_left_out() -> None:
    for at in ("", "soon", "1969-12-31T23:59:59.000000Z"):
        log, _ = one(parsed(otlp.request([record(decision(happened_at=at))])))
        assert 0 == log.time_unix_nano < log.observed_time_unix_nano


def test_lists_of_objects_numbers_beyond_64_bits_and_kinds_nobody_knows_go_through() -> None:
    finding = OpenFinding("f", "sql-injection", "high", "a.py:1")
    body = {"happened_at": AT, "huge": 2**80, "least": -(2**63), "none": None, "deep": {"a": [1.5, None, False]}}
    facts: list[Fact] = [
        Checked(root="r", map_hash="m", open=(finding,)),
        Unknown(stored_kind="later", stored_format=2, body=body),
    ]

    _, checked = one(parsed(otlp.request([record(facts[0])])))
    log, unknown = one(parsed(otlp.request([record(facts[1], kind="later")])))
    assert [{"fingerprint": "f", "rule": "sql-injection", "severity": "high", "at": "a.py:1"}] == checked["nomoat.open"]
    assert (str(2**80), -(2**63), {"a": [1.5, None, False]}) == (
        unknown["nomoat.huge"], unknown["nomoat.least"], unknown["nomoat.deep"]
    )  # fmt: skip
    assert ("nomoat.later", 9) == (log.event_name, log.severity_number)


def test_a_blanked_fact_says_that_it_is_blanked() -> None:
    log, attributes = one(parsed(otlp.request([record(None)])))

    assert (True, "decision", 0) == (attributes["nomoat.blanked"], attributes["nomoat.kind"], log.time_unix_nano)


def test_by_default_nobody_is_named_in_any_part() -> None:
    alert = Alert(detection="d", severity="high", summary="user:main/ana read 40 orders", subject="user:main/ana",
                  client="192.0.2.7", first_event_at=AT, last_event_at=AT, observed=40)  # fmt: skip
    records = [record(fact, plain=False) for fact in (decision(4711, request="r", client="192.0.2.7"), alert)]

    text = otlp.request(records)
    assert [] == [named for named in ("ana", "4711", "192.0.2.7") if named in text]


@given(st.lists(any_fact, min_size=1, max_size=4), st.booleans())
def test_any_fact_is_a_request_of_the_protocol(facts: list[Fact], plain: bool) -> None:
    records: list[Record] = [record(fact, number, plain=plain) for number, fact in enumerate(facts)]

    request = parsed(otlp.request(records))
    logs = [log for each in request.resource_logs for scope in each.scope_logs for log in scope.log_records]
    assert len(facts) == len(logs)
    by_place = {value_of(log.attributes[0].value): log for log in logs}
    for record_ in records:
        log = by_place[record_.uid]
        attributes = {pair.key: value_of(pair.value) for pair in log.attributes}
        for name, value in record_.fields.items():
            if f"nomoat.{name}" in attributes and isinstance(value, str | int | list):
                # A number of more than 64 bits goes as text.
                assert attributes[f"nomoat.{name}"] in (value, str(value))
