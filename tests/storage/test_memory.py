from __future__ import annotations

import pytest

from nomoat.errors import StorageError
from nomoat.journal.journal import open_store
from nomoat.journal.ports import Store
from tests.storage.contract import Contract, decisions


class TestMemory(Contract):
    @pytest.fixture
    def store(self) -> Store:
        return open_store("memory:")

    @pytest.fixture
    def second(self) -> Store:
        return open_store("memory:")


def test_a_named_store_is_shared_within_the_process() -> None:
    open_store("memory:shared-by-name").append(decisions(1))

    assert 1 == open_store("memory:shared-by-name", create=False).head().count


@pytest.mark.parametrize("url", ["memory:", "memory:never-made"])
def test_a_store_that_was_never_made_is_not_there(url: str) -> None:
    with pytest.raises(StorageError):
        open_store(url, create=False)
