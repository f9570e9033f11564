"""The door of the PostgreSQL store, `postgresql://user@host:port/database?schema=nomoat`: many hosts, one journal.

Loads the driver (the extra `postgres`) and the store itself only when one is opened.
"""

from __future__ import annotations

from nomoat.errors import StorageError
from nomoat.journal.ports import Store
from nomoat.storage import postgresql_place


def open_store(url: str, *, create: bool = True) -> Store:
    """The store in a schema of a database; made when it is not there and `create` says so.

    Raises SettingsError for a URL that is none, or that would let somebody in between read along.
    """
    place = postgresql_place.read(url)
    try:
        from nomoat.storage.postgresql_store import PostgreSQLStore
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("psycopg", "psycopg_binary"):
            raise
        raise StorageError(
            "a store in PostgreSQL needs the driver psycopg 3, which is not installed here",
            where=place.url,
            fix="pip install 'nomoat[postgres]'",
        ) from error
    return PostgreSQLStore(place, create=create)
