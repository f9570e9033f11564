"""Facts as syslog messages: RFC 5424, the whole record as JSON in the message.

Takes a record, gives one line of ASCII. What is longer than a receiver must take is cut visibly: the longest fields go
first, the JSON stays JSON, and `cut` names what the journal has and the message has not.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any

from nomoat import __version__
from nomoat.journal.facts import moment, timestamp
from nomoat.journal.shipping.records import PLACE, Record

#: Security and authorization messages, authpriv (RFC 5424, section 6.2.1).
FACILITY = 10
#: Receivers take at least this much by datagrams (RFC 5426, section 3.2: SHOULD).
DATAGRAM_BYTES = 2048
#: And so much by streams: what rsyslog and syslog-ng take unless they are told otherwise.
STREAM_BYTES = 8192
_LONGEST_VALUE = 255
#: What filters of a receiver ask for; in a structured element of its own where somebody has a number for it.
_ELEMENT = ("store", "position", "service", "subject", "target", "outcome", "reason", "severity", "trace")
_ESCAPED = re.compile(r'(["\\\]])')


def message(record: Record, *, limit: int, enterprise: int | None = None) -> bytes:
    """One message of at most `limit` bytes.

    `enterprise` is a private enterprise number: whoever has one gets the element `nomoat@NUMBER`. Without it the
    structured data are the registered `origin` alone, as a number may only be used by whom it was given to.
    """
    head = f"<{FACILITY * 8 + record.level}>1 {_time(record)} {_host()} nomoat {os.getpid()} {_word(record.kind, 32)}"
    data = element("origin", {"software": "nomoat", "swVersion": __version__})
    if enterprise is not None:
        named = {name: str(record.fields[name]) for name in _ELEMENT if record.fields.get(name)}
        # What a caller sends grows when it is escaped: the message itself has the whole of it, and must have room.
        data += _element_within(f"nomoat@{enterprise}", named, (limit - len(head)) // 2)
    start = f"{head} {data} "
    return (start + _fitting(record.fields, limit - len(start))).encode("ascii")


def element(name: str, parameters: Mapping[str, str]) -> str:
    """A structured data element; quotes, backslashes and closing brackets are escaped (RFC 5424, section 6.3.3)."""
    values = "".join(f' {name}="{_escape(value)}"' for name, value in parameters.items())
    return f"[{name}{values}]"


def _element_within(name: str, parameters: dict[str, str], room: int) -> str:
    """An element of at most `room` characters: the longest values are left out, first."""
    while len(written := element(name, parameters)) > room and parameters:
        del parameters[max(parameters, key=lambda one: len(_escape(parameters[one])))]
    return written if parameters else ""


def _escape(value: str) -> str:
    # What is not ASCII, or is a control character, is shown: a line stays a line, whatever a caller sent.
    shown = "".join(one if " " <= one <= "~" else ascii(one)[1:-1] for one in value[:_LONGEST_VALUE])
    return _ESCAPED.sub(r"\\\1", shown)


def _fitting(fields: Mapping[str, Any], room: int) -> str:
    """The fields as JSON of at most `room` characters, the longest taken away first."""
    left, cut = dict(fields), []
    text = json.dumps(left)
    sizes = sorted(
        ((len(json.dumps(value)), name) for name, value in fields.items() if name not in PLACE), reverse=True
    )
    for _, name in sizes:
        if len(text) <= room:
            break
        del left[name]
        cut.append(name)
        text = json.dumps({**left, "cut": cut})
    if len(text) > room:
        # An idempotency key alone, or the names of very many fields, may be longer than the room.
        place = {name: left[name] for name in ("store", "position", "recorded_at", "kind") if name in left}
        text = json.dumps({**place, "cut": True})
    return text


def _time(record: Record) -> str:
    try:
        return timestamp(moment(str(record.fields.get("happened_at"))))
    except (ValueError, OverflowError):
        return "-"


def _host() -> str:
    return _word(os.uname().nodename, 255)


def _word(text: str, limit: int) -> str:
    """A field of the header: printable ASCII without spaces, `-` where nothing is left."""
    return "".join(one for one in text if "!" <= one <= "~")[:limit] or "-"
