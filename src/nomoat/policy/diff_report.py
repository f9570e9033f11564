"""How a diff of policies looks: one sentence a change, what got weaker first, and the numbers at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from nomoat.errors import printable
from nomoat.policy.diff import Change, listed

#: As many changes alike are told together, and as many permissions are named then.
_MANY, _MOST = 4, 20
_MARKS = {"weaker": "!", "untold": "?", "stricter": " ", "same": " "}
_TITLES = {"weaker": "weaker", "untold": "cannot be told", "stricter": "stricter", "same": "without effect"}


def diff_text(found: tuple[Change, ...], name: str, notes: tuple[str, ...]) -> str:
    """`!` is weaker, `?` cannot be told."""
    lines = [f"{_MARKS[verdict]}  {printable(what)}" for verdict, what in _told(found)]
    lines += [f"note: {printable(note)}" for note in notes]
    counts = {title: sum(change.verdict == verdict for change in found) for verdict, title in _TITLES.items()}
    numbers = ", ".join(f"{count} {title}" for title, count in counts.items() if count)
    end = f"since {printable(name)}" if numbers else f"nothing becomes allowed or denied since {printable(name)}"
    return "\n".join([*lines, f"{numbers} {end}." if numbers else f"{end}."])


def _told(found: tuple[Change, ...]) -> Iterator[tuple[str, str]]:
    """A sentence for each change; what one line of a file did to many permissions alike is told in one."""
    groups: dict[tuple[object, ...], list[Change]] = {}
    for number, change in enumerate(found):
        is_plain = change.kind == "grant" and "never" in (change.before, change.after)
        alike = (change.who, change.before, change.after, change.via, change.service) if is_plain else (number,)
        groups.setdefault((change.verdict, *alike), []).append(change)
    for same in groups.values():
        if len(same) < _MANY:
            yield from ((change.verdict, change.what) for change in same)
            continue
        first = same[0]
        does = f"call {first.service} with " if first.service else ""
        does += listed([change.target for change in same], most=_MOST)
        condition = "" if first.after in ("always", "never") else f" {first.after.removeprefix('always, ')}"
        now = "no longer" if first.after == "never" else "now"
        yield first.verdict, f"{listed(first.who)} may {now} {does}{condition} ({first.via})"


def diff_json(found: tuple[Change, ...], name: str, notes: tuple[str, ...]) -> dict[str, Any]:
    """Every change with all that is known of it."""
    return {"format": 1, "since": name, "notes": list(notes), "changes": [_change(change) for change in found]}


def _change(change: Change) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(change).items()}
