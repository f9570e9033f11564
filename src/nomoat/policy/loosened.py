"""Every secure default that nomoat.yaml loosens, on one page: what, why, until when.

A loosening says `because:`, whatever section it stands in, so it is found by that word: a new one is on the page by
itself. Deny rules and API keys say `because:` too, and loosen nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from urllib.parse import parse_qs, urlsplit

from nomoat.datafile import Mapping, Node, Place, Sequence, Value
from nomoat.errors import printable
from nomoat.settings import Settings

#: Sections in which `because:` loosens nothing: it explains what is refused, or what a key is for.
_EXPLAINED = frozenset(("deny", "separate", "step_up", "api_keys"))
#: What stands beside the reason and says nothing of what is loosened.
_BESIDE = frozenset(("because", "until", "login"))


@dataclass(frozen=True, slots=True)
class Loosened:
    """One loosened default. `until` is empty where the contract asks for no end; `is_over` from the day after it."""

    what: str
    because: str
    until: str
    is_over: bool
    at: str


def loosened(settings: Settings, *, today: date | None = None) -> tuple[Loosened, ...]:
    """All of them: what is over first, then by end, then what has none; those of one reason together."""
    day = today or date.today()
    found: list[Loosened] = []
    for name, node in settings.document.entries.items():
        if name not in _EXPLAINED:
            found += _within(node, name, day)
    return tuple(sorted(found, key=lambda one: (not one.is_over, one.until or "9999", one.because)))


def _within(node: Node, path: str, today: date) -> Iterator[Loosened]:
    if isinstance(node, Mapping):
        if "because" in node:
            yield _one(path, _said(node), _text(node.get("because")), _text(node.get("until")), node.place, today)
            return
        for key, inner in node.entries.items():
            yield from _within(inner, f"{path}: {key}", today)
    elif isinstance(node, Sequence):
        for inner in node:
            yield from _within(inner, path, today)
    elif isinstance(node.data, str) and "because=" in node.data:
        # The URL of a store says so in its own way.
        options = parse_qs(urlsplit(node.data).query)
        said = ", ".join(f"{name}={options[name][0]}" for name in ("sslmode",) if name in options)
        because, until = (options.get(name, [""])[0] for name in ("because", "until"))
        yield _one(path, said, because, until, node.place, today)


def _one(path: str, said: str, because: str, until: str, place: Place, today: date) -> Loosened:
    return Loosened(f"{path}: {said}" if said else path, because, until, _is_over(until, today), str(place))


def _said(fields: Mapping) -> str:
    """What is loosened, as the file says it: `public: true`."""
    return ", ".join(f"{key}: {_text(value)}" for key, value in fields.entries.items() if key not in _BESIDE)


def _text(node: Node | None) -> str:
    if not isinstance(node, Value):
        return "..." if node is not None else ""
    return str(node.data).lower() if isinstance(node.data, bool) else str(node.data)


def _is_over(until: str, today: date) -> bool:
    """A date that nobody can read is over: whoever trusts it finds out here."""
    if not until:
        return False
    try:
        return today > date.fromisoformat(until)
    except ValueError:
        return True


def as_text(found: tuple[Loosened, ...]) -> str:
    """By end and reason: what, and where it stands."""
    if not found:
        return "no secure default is loosened"
    count = f"{len(found)} secure default{'s are' if len(found) > 1 else ' is'} loosened"
    over = sum(one.is_over for one in found)
    lines = [f"{count}, {over} of them past {'its' if over == 1 else 'their'} end" if over else count]
    for (end, because), group in groupby(found, key=lambda one: (_end(one), one.because)):
        lines.append(f"{end}: {printable(because)}")
        lines += [f"  {printable(one.what)}  ({printable(one.at)})" for one in group]
    return "\n".join(lines)


def _end(one: Loosened) -> str:
    if one.is_over:
        return f"over since {one.until}"
    return f"until {one.until}" if one.until else "no end"


def as_json(found: tuple[Loosened, ...]) -> dict[str, Any]:
    """The same for programs; `until` is null where there is no end."""
    return {
        "format": 1,
        "loosened": [
            {"what": one.what, "because": one.because, "until": one.until or None, "over": one.is_over, "at": one.at}
            for one in found
        ],
    }
