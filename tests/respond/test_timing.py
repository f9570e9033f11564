from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from nomoat import settings as settings_file
from nomoat.cli.main import main
from nomoat.journal.journal import open_store
from nomoat.respond import book, casework
from nomoat.respond.timing import Durations, means
from tests.respond.project import alert


def test_a_mean_counts_only_what_was_reached() -> None:
    found = means([Durations(10.0, None, 30.0, None), Durations(20.0, 4.0, None, None)])

    assert found == Durations(15.0, 4.0, 30.0, None)


def test_the_list_has_the_mean_times_without_false_alarms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NOMOAT_CONFIG", raising=False)
    (tmp_path / "nomoat.yaml").write_text("format: 1\nservices: {shop: {}}\n")
    with closing(open_store(settings_file.load(tmp_path / "nomoat.yaml").store_url)) as store:
        store.append([(alert(subject=f"user:main/m{number}"), None) for number in range(3)])
        casework.Intake(store, {"api-abuse": book.find("api-abuse", None)}).take()
        casework.close(store, casework.load(store, 3), by="ana", false_alarm=True)

    assert 0 == main(["incident", "list"])
    out = capsys.readouterr().out
    assert "mean of 2: detected after 0.0 s (MTTD), acknowledged not yet (MTTA)" in out
    assert "resolved not yet (MTTR)" in out
