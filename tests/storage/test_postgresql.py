from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from tests.storage import server
from tests.storage.contract import Contract


class TestPostgreSQL(Contract):
    @pytest.fixture
    def store(self) -> Iterator[Store]:
        with server.schema() as url, closing(open_store(url)) as store:
            yield store

    @pytest.fixture
    def second(self) -> Iterator[Store]:
        with server.schema() as url, closing(open_store(url)) as store:
            yield store
