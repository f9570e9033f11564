from __future__ import annotations

import json
from pathlib import Path

import pytest

from nomoat import datafile
from nomoat.errors import DataFileError
from nomoat.watch import examples, registry, sigma


@pytest.mark.parametrize("path", registry.files(None), ids=lambda path: path.stem)
def test_a_detection_alerts_on_what_its_example_marks_and_on_nothing_else(path: Path) -> None:
    assert [] == examples.check(path)


@pytest.mark.parametrize("path", registry.files(None), ids=lambda path: path.stem)
def test_an_example_that_is_marked_wrongly_fails(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / path.name
    copy.write_text(path.read_text())
    lines = [json.loads(line) for line in path.with_suffix(".jsonl").read_text().splitlines()]
    for line in lines:
        line["expect"] = not line.get("expect", False)
    copy.with_suffix(".jsonl").write_text("\n".join(json.dumps(line) for line in lines))

    assert examples.check(copy)


def _mistakes(text: str) -> list[str]:
    with pytest.raises(DataFileError) as caught:
        sigma.read(datafile.parse(text, name="d.yaml"), id="a-detection")
    return [f"{problem.where}: {problem.what}" for problem in caught.value.problems]


def test_what_is_not_supported_is_named_with_its_place() -> None:
    found = _mistakes(
        "title: x\nlogsource: {product: nomoat}\nlvel: high\n"
        "detection:\n  a: {kind|base64: x}\n  b: {client|cidr: nowhere}\n  c: [words]\n"
        "  condition: a and d\n  timeframe: 5m\n"
        "correlation: {type: temporal, timespan: soon}\n"
    )

    assert [
        "d.yaml:3:1: unknown key 'lvel' in a detection",
        "d.yaml:5:7: the modifier 'base64' is not supported",
        "d.yaml:6:20: 'nowhere' is no network",
        "d.yaml:7:7: searching for words without a field is not supported",
        "d.yaml:8:14: no selection is called 'd'",
        "d.yaml:9:3: timeframe is not supported",
    ] == [line for line in found if "correlation" not in line and "timespan" not in line]
    assert "d.yaml:10:21: unknown type of correlation 'temporal'" in found
    assert "d.yaml:10:41: timespan 'soon' is no duration" in found


def test_a_pattern_that_could_run_for_ever_is_refused() -> None:
    found = _mistakes('title: x\nlogsource: {}\ndetection: {a: {subject|re: "(a+)+$"}, condition: a}')

    assert ["d.yaml:3:29: this pattern can take for ever on hostile text"] == found


def test_a_detection_of_a_newer_format_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "later.yaml"
    file.write_text("title: x\nformat: 2\nlogsource: {}\ndetection: {a: {kind: x}, condition: a}\n")

    with pytest.raises(DataFileError, match="format 2 is newer than this nomoat") as caught:
        sigma.load(file)

    assert caught.value.problems[0].where.endswith("later.yaml:2:9")
