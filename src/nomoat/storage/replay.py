"""Replays what is in force from the facts, and tells where a store's own table says otherwise."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nomoat.errors import NomoatError
from nomoat.journal.codec import decode
from nomoat.journal.standing import Standing, apply, change


def replay(rows: Iterable[tuple[Any, ...]], replayed: dict[tuple[str, str], Standing]) -> None:
    """Applies rows (position, kind, format, happened_at, body) in their order; what cannot be read is passed by."""
    for position, kind, format_, happened_at, body in rows:
        if body is None:
            continue
        with contextlib.suppress(NomoatError):
            if (made := change(position, decode(kind, format_, happened_at, body))) is not None:
                apply(replayed, made)


def differences(replayed: Mapping[tuple[str, str], Standing], table: Iterable[Standing]) -> Iterator[str]:
    """What the table has that no fact says, and what it lacks."""
    kept = set(table)
    for one in sorted(kept ^ set(replayed.values()), key=lambda one: (str(one.position).rjust(20), repr(one))):
        how = "is in force without a fact that says so" if one in kept else "should be in force by its fact, and is not"
        yield f"position {one.position}: {one.topic} '{one.name}' {how}"
