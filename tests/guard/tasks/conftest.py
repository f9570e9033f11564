"""What guards in this process is what the test itself has started: others may have left some that is not collected."""

from __future__ import annotations

import weakref

import pytest

from nomoat.guard import starting


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "_all", weakref.WeakSet())
