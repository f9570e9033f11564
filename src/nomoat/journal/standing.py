"""What is in force now, as changes to one small table: which facts stand, by topic and name.

Every store applies the same changes in the transaction of the facts; verification replays them from the chain and
compares, so a block that was removed from the table behind the journal's back is found.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from nomoat.errors import JournalError
from nomoat.journal.facts import Block, Checked, Elevation, Fact, Incident, Logging, Revocation, moment, timestamp

Topic = Literal["block", "revocation", "logging", "elevation", "incident", "checked"]
#: Kinds that change what stands; retention keeps them as long as they do.
STANDING_KINDS: tuple[type[Fact], ...] = (Block, Revocation, Logging, Elevation, Incident, Checked)
STANDING_NAMES = frozenset(kind.kind for kind in STANDING_KINDS)


class Standing(NamedTuple):
    """One fact that stands. `until` is a normalised time or empty; `is_open` is False for a closed incident."""

    topic: Topic
    name: str
    position: int
    until: str = ""
    is_open: bool = True


class Change(NamedTuple):
    """`put` replaces, `first` keeps what is there, `remove` takes away, `close` ends an incident."""

    how: Literal["put", "first", "remove", "close"]
    standing: Standing


def change(position: int, fact: Fact) -> Change | None:
    """What a fact changes; None for most. Raises JournalError where its `until` is no time."""
    match fact:
        case Block():
            how: Literal["put", "remove"] = "remove" if fact.lifted else "put"
            return Change(how, Standing("block", _name(fact.block), position, _time(fact.until, fact)))
        case Revocation():
            # Each stands for itself: a later one with an earlier `issued_before` must not give tokens back.
            return Change("put", Standing("revocation", str(position), position))
        case Logging():
            return Change("put", Standing("logging", _name(fact.subject), position, _time(fact.until, fact)))
        case Elevation():
            # Each stands for itself: no later one may prolong it.
            ends: Literal["put", "remove"] = "remove" if fact.lifted else "put"
            return Change(ends, Standing("elevation", _name(fact.elevation), position, _time(fact.until, fact)))
        case Incident(change="declared"):
            return Change("first", Standing("incident", str(fact.number), position))
        case Incident(change="closed"):
            return Change("close", Standing("incident", str(fact.number), position))
        case Checked():
            return Change("put", Standing("checked", _name(fact.root), position))
    return None


def apply(table: dict[tuple[str, str], Standing], made: Change) -> None:
    """One change to a table that is kept in memory."""
    standing = made.standing
    name = (standing.topic, standing.name)
    if made.how == "put":
        table[name] = standing
    elif made.how == "first":
        table.setdefault(name, standing)
    elif made.how == "remove":
        table.pop(name, None)
    elif name in table:
        table[name] = table[name]._replace(is_open=False)


def _name(text: str) -> str:
    """A name that every store can hold, also one with half a surrogate pair in it; different texts stay different."""
    return text.encode("unicode_escape").decode("ascii")


def _time(text: str, fact: Fact) -> str:
    if not text:
        return ""
    try:
        return timestamp(moment(text))
    except (ValueError, OverflowError) as error:
        raise JournalError(f"the {fact.kind} ends at '{text}', which is no time", fix="write it as RFC 3339") from error
