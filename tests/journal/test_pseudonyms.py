from __future__ import annotations

import threading
from pathlib import Path

import pytest

from nomoat.errors import IncompleteError, SettingsError
from nomoat.journal import pseudonyms


def test_the_key_of_a_store_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(pseudonyms.kept(folder, store_id="a"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 8 == len(found) and 1 == len(set(found))
    assert ["pseudonyms-a.key"] == [path.name for path in folder.iterdir()]
    assert 0o600 == (folder / "pseudonyms-a.key").stat().st_mode & 0o777
    assert found[0] != pseudonyms.kept(folder, store_id="b")


def test_a_key_that_others_can_read_or_that_is_damaged_is_not_used(tmp_path: Path) -> None:
    pseudonyms.kept(tmp_path, store_id="a")
    path = tmp_path / "pseudonyms-a.key"

    for content, mode in (("", 0o600), ("short", 0o600), ("0" * 64, 0o640), ("\xff" * 64, 0o600)):
        path.write_text(content, encoding="latin-1")
        path.chmod(mode)
        with pytest.raises(IncompleteError) as raised:
            pseudonyms.kept(tmp_path, store_id="a")
        assert str(path) in raised.value.where and raised.value.fix


def test_where_no_key_can_be_kept_another_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(IncompleteError, match="cannot be kept") as raised:
        pseudonyms.kept(tmp_path / "file" / "state", store_id="a")
    assert "--key" in raised.value.fix


def test_a_key_by_reference_is_the_same_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIDING", "0123456789abcdef")
    (tmp_path / "key").write_text("0123456789abcdef\n")

    one, two = (pseudonyms.referred(reference, root=tmp_path) for reference in ("env:HIDING", "file:key"))
    assert one == two
    monkeypatch.setenv("HIDING", "hunter2")
    for reference in ("env:HIDING", "env:NOT_SET", "literal-text-of-a-key"):
        with pytest.raises(SettingsError) as raised:
            pseudonyms.referred(reference, root=tmp_path)
        assert "hunter2" not in str(raised.value)
