from __future__ import annotations

import pytest

from nomoat.errors import SettingsError
from nomoat.journal.journal import open_store


@pytest.mark.parametrize("url", ["", "journal.db", "/var/journal.db", "SQLite:x", "../x:y", "os.path:x", ":x"])
def test_text_that_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        open_store(url)

    assert ("journal.store", "write sqlite:PATH or postgresql://...") == (caught.value.where, caught.value.fix)


@pytest.mark.parametrize("url", ["oracle:x", "sqlite2:x"])
def test_a_store_that_nobody_wrote_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="no store is called"):
        open_store(url)
