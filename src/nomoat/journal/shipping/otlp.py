"""Facts as OpenTelemetry logs: an ExportLogsServiceRequest in the JSON encoding of OTLP.

Takes records, gives one request. 64-bit numbers are text, trace ids are hexadecimal, names are in lowerCamelCase.

Source: OpenTelemetry, logs data model; OTLP specification 1.9, "JSON Protobuf encoding".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from nomoat import __version__
from nomoat.journal.facts import moment
from nomoat.journal.shipping.records import PLACE, Record

#: Decisions in the words of the semantic conventions too, so that they join spans and other logs.
_CONVENTIONS = {
    "subject": "user.id",
    "client": "client.address",
    "method": "http.request.method",
    "status": "http.response.status_code",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TRACE = re.compile(r"(?!0{32})[0-9a-f]{32}\Z")
_LARGEST = 2**63


def request(records: Sequence[Record]) -> str:
    """One request with these records, grouped by the service that they are about, each group in the journal's order."""
    services: dict[str, list[Record]] = {}
    for record in records:
        services.setdefault(_service(record), []).append(record)
    return json.dumps({"resourceLogs": [_of_service(*each) for each in services.items()]}, separators=(",", ":"))


def _service(record: Record) -> str:
    service = record.fields.get("service")
    return service if isinstance(service, str) and service else "nomoat"


def _of_service(service: str, records: Sequence[Record]) -> dict[str, Any]:
    return {
        "resource": {"attributes": _attributes({"service.name": service})},
        "scopeLogs": [{"scope": {"name": "nomoat", "version": __version__}, "logRecords": [_log(r) for r in records]}],
    }


def _log(record: Record) -> dict[str, Any]:
    fields = record.fields
    given = {
        "timeUnixNano": _nanoseconds(fields.get("happened_at")),
        "observedTimeUnixNano": _nanoseconds(fields.get("recorded_at")),
        "severityNumber": record.level.number,
        "severityText": record.level.word,
        "eventName": f"nomoat.{record.kind}",
        "body": {"stringValue": record.line.strip()},
        "attributes": _attributes(_named(record)),
        "traceId": fields.get("trace") if _TRACE.match(str(fields.get("trace"))) else None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _named(record: Record) -> dict[str, Any]:
    """The fields under names of their own; what is empty says nothing and is left out."""
    found: dict[str, Any] = {"log.record.uid": record.uid}
    if record.kind == "decision":
        found |= {_CONVENTIONS[name]: record.fields[name] for name in _CONVENTIONS if record.fields.get(name)}
    # When it happened and was recorded are fields of the log record itself.
    times = ("happened_at", "recorded_at")
    names = [*(name for name in PLACE if name not in times), *(n for n in record.fields if n not in PLACE)]
    values = ((name, record.fields.get(name)) for name in names)
    return found | {f"nomoat.{name}": value for name, value in values if value not in (None, "", [], {})}


def _attributes(named: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in named.items()]


def _value(value: Any) -> dict[str, Any]:
    """An AnyValue: `{}` is the empty one."""
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int) and -_LARGEST <= value < _LARGEST:
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, Mapping):
        return {"kvlistValue": {"values": _attributes(value)}}
    if isinstance(value, list | tuple):
        return {"arrayValue": {"values": [_value(inner) for inner in value]}}
    return {"stringValue": str(value)}


def _nanoseconds(text: Any) -> str | None:
    """Nanoseconds since 1970 as text; None for what is no time, or one before."""
    try:
        microseconds = (moment(text) - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, AttributeError, OverflowError):
        return None
    return str(microseconds * 1000) if microseconds >= 0 else None
