"""How a diff of policies looks: one sentence a change, what got weaker first, and the numbers at the end."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from nomoat.errors import printable
from nomoat.policy.diff import Change

_MARKS = {"weaker": "!", "untold": "?", "stricter": " ", "same": " "}
_TITLES = {"weaker": "weaker", "untold": "cannot be told", "stricter": "stricter", "same": "without effect"}


def diff_text(found: tuple[Change, ...], name: str, notes: tuple[str, ...]) -> str:
    """`!` is weaker, `?` cannot be told."""
    lines = [f"{_MARKS[change.verdict]}  {printable(change.what)}" for change in found]
    lines += [f"note: {printable(note)}" for note in notes]
    counts = {title: sum(change.verdict == verdict for change in found) for verdict, title in _TITLES.items()}
    numbers = ", ".join(f"{count} {title}" for title, count in counts.items() if count)
    end = f"since {printable(name)}" if numbers else f"nothing becomes allowed or denied since {printable(name)}"
    return "\n".join([*lines, f"{numbers} {end}." if numbers else f"{end}."])


def diff_json(found: tuple[Change, ...], name: str, notes: tuple[str, ...]) -> dict[str, Any]:
    """Every change with all that is known of it."""
    return {"format": 1, "since": name, "notes": list(notes), "changes": [_change(change) for change in found]}


def _change(change: Change) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(change).items()}
