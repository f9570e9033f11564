"""Opens the journal of a guarded process: the one of its settings, or another while a test says so."""

from __future__ import annotations

from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from nomoat.settings import Settings

#: Stores that take the place of the configured one. Only `nomoat.guard.testing` writes here.
urls: list[str] = []


def journal(settings: Settings) -> Store:
    """The store. Raises StorageError where it cannot be opened."""
    return open_store(urls[-1] if urls else settings.store_url)
