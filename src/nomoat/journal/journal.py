"""Opens a store by its URL: `sqlite:PATH`, `postgresql://...`, `memory:`.

The adapter is loaded by the URL's scheme from `nomoat.storage`: the one dynamic import of nomoat, so that no capability
imports storage and a new store is one new module.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import cast

from nomoat.errors import SettingsError
from nomoat.journal.ports import Store

_SCHEME = re.compile(r"[a-z][a-z0-9]*\Z")


def is_there(url: str) -> bool:
    """False where a store would have to be made first; what cannot be looked at is there, and opening it says why."""
    scheme, _, rest = url.partition(":")
    if scheme != "sqlite":
        return True
    try:
        Path(rest).stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def open_store(url: str, *, create: bool = True) -> Store:
    """The store behind a URL. `create=False` raises StorageError where there is none yet.

    Raises SettingsError for text that names no store at all: that is wrong use, and nothing to try again.

    Each storage module has `open_store(url: str, *, create: bool) -> Store`.
    """
    scheme, colon, _ = url.partition(":")
    if not colon or not _SCHEME.match(scheme):
        raise SettingsError(
            f"'{scheme}' is no URL of a store", where="journal.store", fix="write sqlite:PATH or postgresql://..."
        )
    try:
        adapter = importlib.import_module(f"nomoat.storage.{scheme}")
    except ModuleNotFoundError as error:
        if error.name != f"nomoat.storage.{scheme}":
            raise
        raise SettingsError(
            f"no store is called '{scheme}'", where="journal.store", fix="use sqlite, postgresql or memory"
        ) from error
    return cast(Store, adapter.open_store(url, create=create))
