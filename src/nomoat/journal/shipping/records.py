"""A fact as it leaves: redacted, with its place in its store, its level, and one line for people.

Every form (JSON lines, OpenTelemetry, syslog) is made of these records alone, so nothing leaves that `redact` has not
seen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from nomoat.journal.lines import line
from nomoat.journal.ports import Entry
from nomoat.journal.redact import Redactor
from nomoat.journal.shipping.levels import Level, level_of
from nomoat.journal.view import placed, redacted

#: Fields of a record that say where it is from: no form ever cuts them.
PLACE = ("store", "position", "recorded_at", "happened_at", "kind", "format", "idempotency_key", "blanked")


class Record(NamedTuple):
    """What leaves of one fact. `fields` is the whole of it, as JSON types."""

    position: str
    kind: str
    level: Level
    fields: Mapping[str, Any]

    @property
    def uid(self) -> str:
        """What tells it from every other record of any store: a second copy has the same."""
        return f"{self.fields['store']}/{self.position}"

    @property
    def line(self) -> str:
        """As `journal show` prints it."""
        said = {name: value for name, value in self.fields.items() if name not in PLACE}
        return line(self.position, self.fields["recorded_at"], self.kind, None if "blanked" in self.fields else said)

    def json(self) -> str:
        """One line of JSON, ASCII alone."""
        return json.dumps(self.fields)


class Recorder:
    """Makes records of the entries of one store."""

    def __init__(self, store_id: str, redact: Redactor) -> None:
        self._store_id = store_id
        self._redact = redact

    def __call__(self, entry: Entry) -> Record:
        """The record of an entry; one that retention blanked says so."""
        fields = None if entry.fact is None else redacted(entry.fact, self._redact)
        placed_ = {"store": self._store_id, **placed(entry, fields, self._redact)}
        return Record(entry.position, entry.kind, level_of(entry.fact), _whole(placed_))


def _whole(value: Any) -> Any:
    """The same with half characters replaced: receivers refuse what is no Unicode, and would have it sent for ever."""
    kind = type(value)
    if kind is str:
        if value.isascii():
            return value
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if kind is dict:
        return {_whole(name): _whole(inner) for name, inner in value.items()}
    if kind is list:
        return [_whole(inner) for inner in value]
    return value
