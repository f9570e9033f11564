"""One line of text for each fact, as `nomoat journal show` prints it.

Every kind has its own words; a kind that this version does not know is shown as it is stored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from nomoat.errors import printable

_LIMIT = 400


def line(position: str, recorded_at: str, kind: str, fields: Mapping[str, Any] | None) -> str:
    """Position, time, kind, and what the fact says; safe for a terminal. `fields` is None for a blanked body."""
    if fields is None:
        said = "(taken away by retention)"
    elif kind in _WORDS:
        said = _WORDS[kind](_Fields(fields))
    else:
        rest = {name: value for name, value in fields.items() if name != "happened_at"}
        said = f"(not known to this version) {json.dumps(rest, ensure_ascii=False)}"
    text = " ".join(said.split())
    return printable(f"{position:>7}  {recorded_at[:10]} {recorded_at[11:23]}Z  {kind:<10} {text}", limit=_LIMIT)


class _Fields(dict[str, Any]):
    """Fields of a fact; one that an older version did not write is empty."""

    def __missing__(self, name: str) -> Any:
        return ""


def _decision(of: _Fields) -> str:
    would = "" if of["enforced"] else " (audit: it passed)" if of["outcome"] == "deny" else " (audit)"
    outcome = {"allow": "allowed", "deny": "denied", "deferred": "deferred"}.get(of["outcome"], of["outcome"])
    times = f" x{of['count']}" if of["count"] != 1 else ""
    status = f" -> {of['status']}" if of["status"] else ""
    params = "".join(f" {name}={value}" for name, value in (of["params"] or {}).items())
    why = f"{of['reason']}{': ' + ', '.join(of['grants']) if of['grants'] else ''}"
    return f"{of['subject']} {outcome}{would}{times} {of['target']}{params}{status} ({why})"


def _incident(of: _Fields) -> str:
    more = {"role": f" {of['role']}", "closed": " (false alarm)" if of["false_alarm"] else ""}.get(of["change"], "")
    by = f" by {of['by']}" if of["by"] else ""
    return f"INC-{of['number']} {of['change']}{more}{by} {of['severity']} {of['title']} {of['subject']} {of['note']}"


def _step(of: _Fields) -> str:
    again = f" attempt {of['attempt']}" if of["attempt"] not in ("", 1) else ""
    return f"{_of_incident(of)}{of['step']}{again}: {of['state']} {_by(of)} {of['reason']}"


def _block(of: _Fields) -> str:
    if of["lifted"]:
        return f"{of['value']} lifted {_by(of)}: {of['because']}"
    return f"{of['what']} {of['value']} until {of['until'] or 'lifted'} {_by(of)}: {of['because']}"


def _revocation(of: _Fields) -> str:
    before = f" issued before {of['issued_before']}" if of["issued_before"] else ""
    return f"{of['what']} {of['value']}{before} {_by(of)}: {of['because']}"


def _checked(of: _Fields) -> str:
    left = f", {of['not_analysed']} not analysed" if of["not_analysed"] else ""
    return f"{of['root']}: {len(of['open'])} open, {len(of['new'])} new, {len(of['gone'])} gone{left}"


def _alert(of: _Fields) -> str:
    return f"{of['severity']} {of['detection']} {of['subject'] or of['client']} {of['target']}: {of['summary']}"


def _first_use(of: _Fields) -> str:
    when = "still uses" if of["still"] else "used for the first time:"
    return f"{of['by']} {when} {of['of']} ({of['detection']})"


def _review(of: _Fields) -> str:
    named = (("detected", "detected_s"), ("acknowledged", "acknowledged_s"), ("contained", "contained_s"))
    spans = [f"{word} after {of[name]:.0f} s" for word, name in named if isinstance(of[name], int | float)]
    return f"INC-{of['incident']} {', '.join(spans)}; reached {of['reached']}"


def _by(of: _Fields) -> str:
    return f"by {of['by']}" if of["by"] else ""


def _of_incident(of: _Fields) -> str:
    return f"INC-{of['incident']} " if of["incident"] else ""


_WORDS: dict[str, Callable[[_Fields], str]] = {
    "checked": _checked,
    "decision": _decision,
    "response": lambda of: f"{of['target']} -> {of['status']} (request {of['request']})",
    "text": lambda of: f"{of['of']} {of['hash']}, {len(of['text'])} characters",
    "first-use": _first_use,
    "alert": _alert,
    "episode": lambda of: f"{of['detection']} {of['state']} {' '.join(map(str, (of['group'] or {}).values()))}",
    "incident": _incident,
    "step": _step,
    "evidence": lambda of: f"{_of_incident(of)}{of['name']} {of['size_bytes']} bytes sha256:{of['sha256']} {_by(of)}",
    "block": _block,
    "revocation": _revocation,
    "elevation": lambda of: (
        f"break-glass {of['role']} for {of['subject']} {'ended' if of['lifted'] else 'until ' + of['until']} "
        f"{_by(of)}: {of['because']}"
    ),
    "logging": lambda of: f"{of['subject']} until {of['until']}: {', '.join(of['adds'])} {_by(of)}: {of['because']}",
    "message": lambda of: f"{_of_incident(of)}{of['channel']} {of['state']}: {of['text']}",
    "review": _review,
    "gap": lambda of: f"{of['service']} process {of['process']}: {of['because']}{_lost(of)}",
    "outbound": lambda of: (
        f"{of['service']} called {of['host']}:{of['port']}{_times(of)}: {of['outcome']} ({of['reason']}) {of['target']}"
    ),
    "pruned": lambda of: f"{of['count']} bodies of {of['of']} up to position {of['upto']}",
    "sealed": lambda of: f"facts {of['first']} to {of['last']} ({of['count']})",
}


def _times(of: _Fields) -> str:
    return f" x{of['count']}" if of["count"] not in ("", 1) else ""


def _lost(of: _Fields) -> str:
    return f" ({of['lost']} lost)" if of["lost"] else ""
