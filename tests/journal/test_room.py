from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from nomoat.journal.room import Room, room_for


def test_the_disk_is_the_one_of_the_store_also_before_it_is_made(tmp_path: Path) -> None:
    room = room_for(f"sqlite:{tmp_path}/not/made/yet.db")

    found = os.statvfs(tmp_path)
    assert room is not None
    assert pytest.approx(found.f_bavail * found.f_frsize, rel=0.1) == room.free_bytes
    assert 0 <= room.share <= 1


@pytest.mark.parametrize("url", ["memory:", "postgresql://db/journal"])
def test_a_store_that_is_no_file_here_has_no_disk(url: str) -> None:
    assert room_for(url) is None


@pytest.mark.parametrize(("share", "expected"), [(0.899, False), (0.9, True), (1.0, True)])
def test_from_ninety_percent_on_it_is_nearly_gone(share: float, expected: bool) -> None:
    assert expected == Room(share, 1).is_nearly_gone


def test_what_is_kept_back_for_the_system_is_not_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # 5 of 100 are kept back: to everybody else the disk is full.
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 95, 0))

    assert Room(1.0, 0) == room_for(f"sqlite:{tmp_path}/journal.db")
