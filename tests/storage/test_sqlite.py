from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from tests.storage.contract import Contract


class TestSQLite(Contract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        store = open_store(f"sqlite:{tmp_path / 'state' / 'journal.db'}")
        yield store
        store.close()

    @pytest.fixture
    def second(self, tmp_path: Path) -> Iterator[Store]:
        store = open_store(f"sqlite:{tmp_path / 'second.db'}")
        yield store
        store.close()
