"""What `nomoat journal show` does: choose facts, redact them, print them; `shipping` chooses by the same filters.

Takes the parsed command line; results go to stdout, talk to stderr. Nothing leaves that `redact` has not seen.
"""

from __future__ import annotations

import argparse
import json
import re
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TextIO

from nomoat.datafile import did_you_mean, duration_s
from nomoat.errors import EXIT_CLEAN, UsageError
from nomoat.journal.codec import plain
from nomoat.journal.facts import KINDS, Fact, Unknown, timestamp
from nomoat.journal.journal import open_store
from nomoat.journal.lines import line
from nomoat.journal.ports import START, Entry, Store
from nomoat.journal.redact import Redactor
from nomoat.journal.workers import seconds_from

_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?\Z")

_Print = Callable[[Entry], str]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which facts to show; an empty part lets all through."""

    kinds: tuple[type[Fact], ...] | None = None
    subject: str = ""
    target: str = ""

    def matches(self, entry: Entry) -> bool:
        """True for a fact that this filter lets through; a blanked body says nothing of anybody."""
        if not self.subject and not self.target:
            return True
        return entry.fact is not None and (
            (not self.subject or any(_is_subject(self.subject, named) for named in _subjects(entry.fact)))
            and (not self.target or _is_target(self.target, str(getattr(entry.fact, "target", ""))))
        )


def store_of(arguments: argparse.Namespace) -> Store:
    """The store that a command names, or the settings do. Raises StorageError where there is none yet."""
    if arguments.store:
        return open_store(arguments.store, create=False)
    from nomoat import settings

    return open_store(settings.load(arguments.config).store_url, create=False)


def show(arguments: argparse.Namespace) -> int:
    """The newest facts that match, oldest first."""
    if arguments.limit < 0:
        raise UsageError("--limit is below 0", fix="write 0 for all, or how many")
    chosen, printed = filter_of(arguments), _printer(arguments, arguments.format)
    with closing(store_of(arguments)) as store:
        first, last = bounds_of(store, arguments)
        if arguments.limit:
            found: Iterable[Entry] = _newest(store, chosen, first, last, arguments.limit)
        else:
            found = matching(store, chosen, first, last)
        if not _print(map(printed, found), sys.stdout):
            print("no fact of the journal is like that", file=sys.stderr)
    return EXIT_CLEAN


def matching(store: Store, chosen: Filter, first: str, last: str) -> Iterator[Entry]:
    """The facts behind `first`, up to and with `last`, that a filter lets through."""
    return filter(chosen.matches, store.read(first, kinds=chosen.kinds, upto=last))


def _newest(store: Store, chosen: Filter, first: str, last: str, limit: int) -> list[Entry]:
    """Looks backwards in growing windows: the newest facts of a long journal are found without reading it all."""
    span = max(500, limit * 2)
    low, high = int(first or 0), int(last or 0)
    while True:
        after = max(low, high - span)
        found = list(matching(store, chosen, str(after) if after else START, last))
        if len(found) >= limit or after == low:
            return found[-limit:]
        span *= 4


def bounds_of(store: Store, arguments: argparse.Namespace) -> tuple[str, str]:
    """The cursors behind `--since` and `--until`. Raises UsageError for what is no time."""
    first = store.before(time_of(arguments.since, "--since")) if arguments.since else START
    last = store.before(time_of(arguments.until, "--until")) if arguments.until else store.head().position
    return first, last or "0"


def time_of(text: str, option: str) -> str:
    """A time as typed: how long ago (1h), a time of the last day (23:30, UTC), or RFC 3339. Raises UsageError."""
    now = timestamp()
    ago_s = duration_s(text)
    try:
        if ago_s is not None:
            return seconds_from(now, -ago_s)
        if clock := _CLOCK.match(text):
            today = datetime.now(UTC)
            hour, minute, second = (int(part or 0) for part in clock.groups())
            at = today.replace(hour=hour, minute=minute, second=second, microsecond=0)
            return timestamp(at if at <= today else at - timedelta(days=1))
        if re.match(r"[0-9]{4}-", text):
            given = datetime.fromisoformat(text)
            return timestamp(given if given.tzinfo else given.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        pass
    raise UsageError(f"'{text}' is no time", where=option, fix="write 1h, 23:30 (UTC) or 2026-11-24T23:30:00Z")


def filter_of(arguments: argparse.Namespace) -> Filter:
    """The filter that a command names. Raises UsageError for what is no kind."""
    kinds: list[type[Fact]] = []
    for name in arguments.kind or ():
        kind = KINDS.get(name) or KINDS.get(name.removesuffix("s")) or (Unknown if name == Unknown.kind else None)
        if kind is None:
            raise UsageError(f"'{name}' is no kind of fact", where="--kind", fix=did_you_mean(name, KINDS))
        kinds.append(kind)
    return Filter(tuple(kinds) or None, arguments.subject or "", arguments.target or "")


def _printer(arguments: argparse.Namespace, form: str) -> _Print:
    redact = Redactor(key=secrets.token_bytes(32) if arguments.redact else None)

    def text(entry: Entry) -> str:
        fields = None if entry.fact is None else redacted(entry.fact, redact)
        return line(entry.position, entry.recorded_at, entry.kind, fields)

    return text if form == "text" else lambda entry: json.dumps(as_json(entry, redact))


def as_json(entry: Entry, redact: Redactor) -> dict[str, Any]:
    """An entry as an object: its place in the journal, then the fields of the fact, at one level."""
    return placed(entry, None if entry.fact is None else redacted(entry.fact, redact), redact)


def placed(entry: Entry, fields: Mapping[str, Any] | None, redact: Redactor) -> dict[str, Any]:
    """The same of fields that were redacted before; None where retention took them."""
    key = entry.key if entry.key is None else redact.text(entry.key)
    head: dict[str, Any] = {"position": entry.position, "recorded_at": entry.recorded_at, "kind": entry.kind}
    if entry.fact is None or fields is None:
        return {**head, "idempotency_key": key, "blanked": True}
    format_ = entry.fact.stored_format if isinstance(entry.fact, Unknown) else entry.fact.format
    return {**fields, **head, "format": format_, "idempotency_key": key}


def redacted(fact: Fact, redact: Redactor) -> dict[str, Any]:
    """The fields of a fact, fit to leave."""
    fields = plain(fact)
    return redact.everything(fields) if isinstance(fact, Unknown) else redact(fields, kind=fact.kind)


def _subjects(fact: Fact) -> Iterator[str]:
    for name in ("subject", "value", "credential", "client", "by"):
        named = getattr(fact, name, "")
        if isinstance(named, str) and named:
            yield named


def _is_subject(typed: str, stored: str) -> bool:
    """The same id, or one typed without the alias of its issuer: `user:ana` for `user:main/ana`."""
    if typed == stored:
        return True
    kind, colon, name = typed.partition(":")
    return bool(colon) and "/" not in name and stored.startswith(f"{kind}:") and stored.partition("/")[2] == name


def _is_target(typed: str, stored: str) -> bool:
    """The same id, or a route typed as its method and path alone."""
    if typed == stored:
        return True
    return " " in typed and stored.startswith("route:") and stored.partition("/")[2] == typed


def _print(lines: Iterable[str], out: TextIO) -> int:
    count = 0
    for count, one in enumerate(lines, 1):  # noqa: B007 (the count is what is wanted)
        print(one, file=out)
    return count
