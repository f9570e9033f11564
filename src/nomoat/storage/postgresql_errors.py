"""What an error of PostgreSQL means for a person: what happened, where, what to do.

It is told by its code, never by its text.
"""

from __future__ import annotations

import psycopg

from nomoat.errors import JournalError, StorageError
from nomoat.storage.postgresql_place import Place

_VERIFY = "run `nomoat journal verify`; ask who administers the database what was changed"
_LOOK = "look at the server (does it run, does it answer from here?), at role, database, password and certificate"
_GRANTS = "grant what docs/how-to/journal-on-postgresql.md grants, or use the role that has it"
_HELD = "another session has kept it locked"
_FIND_IT = "find it: SELECT pid, query FROM pg_stat_activity WHERE wait_event_type IS NULL AND state <> 'idle'"
_READ_ONLY = "name the primary; with several hosts, add &target_session_attrs=read-write"

#: By SQLSTATE, or by its class, the first two characters (PostgreSQL, appendix A).
_MEANINGS = {
    "NM002": ("it was given up before", "try again"),
    "NM003": ("another store was put in the place of this one", "restart every process that uses it"),
    "23": ("its data contradicts itself", _VERIFY),
    "25006": ("the server is read-only, as a standby is", _READ_ONLY),
    "42501": ("this role may not", _GRANTS),
    "42": ("its tables or functions are not as nomoat made them", _VERIFY),
    "53100": ("the server's disk is full", "free some space there; then `nomoat journal prune` shortens the journal"),
    "53300": ("the server takes no more connections", "raise max_connections: each process of nomoat takes two"),
    "53": ("the server is short of memory or disk", "look at the server's log"),
    "55P03": (_HELD, _FIND_IT),
    "57014": ("the server took too long", _FIND_IT),
    "57": ("the server is stopping or starting", "wait a moment; look at the server's log"),
    "58": ("the server's disk refuses", "look at the server's log for a failing drive"),
    "XX": ("its data is damaged", "look at the server's log; put a copy back"),
}
#: The facts themselves cannot be kept: a character, a size. To try again would not help.
_DATA = ("22", "54")


class AnswerLostError(StorageError):
    """The server was lost in the middle of a write: it may be committed or not, and that is looked up later."""

    def __init__(self, cause: JournalError) -> None:
        super().__init__(cause.what, where=cause.where, fix=cause.fix)


def storage_error(error: psycopg.Error, verb: str, place: Place) -> JournalError:
    """The error that people see. JournalError where what was given cannot be kept at all."""
    code = error.sqlstate or ""
    if code[:2] in _DATA or (isinstance(error, psycopg.DataError) and not code):
        said = error.diag.message_primary or "a character or a size that PostgreSQL does not take"
        return JournalError(f"a fact cannot be written: {said}", where=place.url)
    what, fix = _MEANINGS.get(code) or _MEANINGS.get(code[:2]) or (_said(error), _LOOK)
    return StorageError(f"cannot {verb} the store: {what}", where=place.url, fix=fix)


def reached(error: psycopg.Error, place: Place) -> StorageError:
    """No connection came about. There is no code for it; libpq's words name host and role, never a password."""
    return StorageError(f"cannot open the store: {_said(error)}", where=place.url, fix=_LOOK)


def is_again(error: psycopg.Error) -> bool:
    """True where the server asks to try once more: a serialization failure, a deadlock."""
    return error.sqlstate in ("40001", "40P01")


def _said(error: psycopg.Error) -> str:
    said = error.diag.message_primary or str(error)
    return f"PostgreSQL says: {' '.join(said.split())[:500]}"


class MissingError(StorageError):
    """There is no store yet."""


def missing(place: Place) -> StorageError:
    """There is no store yet."""
    return MissingError(
        f"there is no journal in the schema '{place.schema}' yet",
        where=place.url,
        fix="make it as the role that shall own it: nomoat journal make --store postgresql://...",
    )


def not_ours(place: Place) -> StorageError:
    """Something else lives there."""
    return StorageError(
        f"the schema '{place.schema}' is no store of nomoat", where=place.url, fix="name another one: &schema=NAME"
    )


def too_new(place: Place, version: int) -> StorageError:
    """A newer nomoat made it."""
    return StorageError(
        f"this store has format {version}, newer than this nomoat knows", where=place.url, fix="upgrade nomoat"
    )


def replaced(place: Place) -> StorageError:
    """Not the one that was opened."""
    what, fix = _MEANINGS["NM003"]
    return StorageError(what, where=place.url, fix=fix)
