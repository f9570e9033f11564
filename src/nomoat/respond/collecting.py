"""What an evidence step collects by itself: the alert, decisions, policy, map, findings, settings.

Each collector gives bytes and a note about them. What is not there is said in the note and is no failure; what was cut
is said too.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import TypeAlias

from nomoat.appmap import codec
from nomoat.errors import MapError
from nomoat.journal import codec as fact_codec
from nomoat.journal.facts import Alert, Decision, Fact, Text
from nomoat.journal.ports import START, Entry, Store
from nomoat.respond import reaching
from nomoat.respond.casework import Case
from nomoat.settings import Settings

#: How long before its first event an incident's evidence begins.
_BEFORE = timedelta(minutes=10)
_MAX_DECISIONS = 100_000
#: How long decisions are looked through while nothing is contained yet and nobody is at the keyboard.
HURRIED_S = 0.4

Kept: TypeAlias = tuple[bytes, str]


def collect(what: str, store: Store, settings: Settings, case: Case, *, hurried: bool) -> Kept:
    """What a collector of this name gives. Raises KeyError for one that is not there: `book` has checked names."""
    if what == "decisions":
        return _decisions(store, case, within_s=HURRIED_S if hurried else None)
    collectors: Mapping[str, Callable[[Store, Settings, Case], Kept]] = {
        "alert": _alert, "policy": _policy, "map": _map, "findings": _findings, "settings": _settings,
    }  # fmt: skip
    return collectors[what](store, settings, case)


def _alert(store: Store, _settings: Settings, case: Case) -> Kept:
    """The alert and the decisions behind it, by their positions: quick however busy the service is."""
    entry = store.get(case.declared.alert) if case.declared.alert else None
    if entry is None or not isinstance(entry.fact, Alert):
        return b"", "no alert is recorded"
    behind = [found for position in entry.fact.facts if (found := store.get(position)) is not None]
    return _lines([entry, *behind]), f"the alert and {len(behind)} decisions behind it"


def _decisions(store: Store, case: Case, *, within_s: float | None) -> Kept:
    """Every decision about whom the incident is about, from ten minutes before its first event on."""
    ends = None if within_s is None else time.monotonic() + within_s
    after = store.before(reaching.begins(case, before=timedelta(seconds=1) if ends is not None else _BEFORE))
    found: list[Entry] = []
    cut = ""
    for entry in store.read(after, kinds=(Decision,)):
        if isinstance(entry.fact, Decision) and reaching.is_about(case, entry.fact):
            found.append(entry)
        if len(found) >= _MAX_DECISIONS or (ends is not None and time.monotonic() > ends):
            cut = f", CUT at {entry.recorded_at}: nomoat journal export has the rest"
            break
    return _lines(found), f"{len(found):,} decisions{cut}"


def _policy(store: Store, settings: Settings, case: Case) -> Kept:
    """The policies that were in force, by the hashes that the incident's decisions carry."""
    after = store.before(reaching.begins(case))
    decisions = (entry.fact for entry in store.read(after, kinds=(Decision,), limit=2000))
    hashes = {fact.policy for fact in decisions if isinstance(fact, Decision)}
    texts = [entry.fact for entry in store.read(START, kinds=(Text,)) if isinstance(entry.fact, Text)]
    kept = [{"hash": one.hash, "text": one.text} for one in texts if one.of == "policy" and one.hash in hashes]
    return _json(kept), f"{len(kept)} policies in force"


def _map(_store: Store, settings: Settings, _case: Case) -> Kept:
    try:
        drawn = codec.load(settings.map_file)
    except MapError as error:
        return b"", f"no map ({error.what})"
    return codec.file_text(drawn).encode(), f"{len(drawn.routes)} routes"


def _findings(store: Store, _settings: Settings, case: Case) -> Kept:
    found = [asdict(one) for one in store.findings() if one.target in case.targets()]
    return _json(found), f"{len(found)} findings on the route"


def _settings(_store: Store, settings: Settings, _case: Case) -> Kept:
    if settings.path is None:
        return b"", "no nomoat.yaml"
    # Secrets in it are references by contract; references are kept, values never.
    return settings.path.read_bytes(), "nomoat.yaml as it is"


def _lines(entries: list[Entry]) -> bytes:
    return "".join(f"{json.dumps(_plain(entry, entry.fact), sort_keys=True)}\n" for entry in entries).encode()


def _plain(entry: Entry, fact: Fact | None) -> dict[str, object]:
    body = fact_codec.plain(fact) if fact is not None else {"blanked": True}
    return {"position": entry.position, "recorded_at": entry.recorded_at, "kind": entry.kind, **body}


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1, sort_keys=True).encode() + b"\n"
