"""What the tour prints of a command, whole enough to be read and never broken where it is code."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.demo.project import Project
from nomoat.demo.stage import Stage


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setenv("COLUMNS", "60")
    return Stage(Project(tmp_path, {}, {}))


def test_sentences_are_broken_at_spaces_and_code_is_not(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    code = "    41 | " + "x = call(y) " * 8
    stage._print("denied: " + "a word " * 12 + "\n" + code + "\n+" + "z " * 40, 40)

    lines = capsys.readouterr().out.splitlines()
    assert [code.strip()] == [line.strip() for line in lines if "|" in line]
    assert [84] == [len(line) for line in lines if line.startswith("    +")]
    assert all(len(line) <= 60 for line in lines if "word" in line)


def test_a_cut_never_hides_only_the_last_lines(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage._print("\n".join(f"line {number}" for number in range(13)) + "\nthe sum", 12)
    assert capsys.readouterr().out.rstrip().endswith("the sum")

    stage._print("\n".join(f"line {number}" for number in range(40)), 12)
    assert "... 28 more lines" in capsys.readouterr().out
