from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat import datafile
from nomoat.datafile import Mapping, Reader
from nomoat.errors import DataFileError


def _plain(text: str) -> object:
    return datafile.plain(datafile.parse(text, name="t.yaml"))


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a: yes", {"a": "yes"}),
        ("a: no", {"a": "no"}),
        ("a: on", {"a": "on"}),
        ("a: true", {"a": True}),
        ("a: 012", {"a": 12}),
        ("a: 0o17", {"a": 15}),
        ("a: 12:30:45", {"a": "12:30:45"}),
        ("a: 2026-11-24", {"a": "2026-11-24"}),
        ('a: "5"', {"a": "5"}),
        ("a: 1e3", {"a": 1000.0}),
        ("a: ~", {"a": None}),
        ("404: x", {"404": "x"}),
        ("", None),
        ('{"a":\t[1, "b"]}', {"a": [1, "b"]}),
    ],
)
def test_scalars_follow_yaml_1_2(text: str, data: object) -> None:
    assert data == _plain(text)


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        ("a: 1\na: 2", "the key 'a' stands twice (first in line 1)", "t.yaml:2:1"),
        ("x: !!python/object/apply:os.system [id]", "the tag tag:yaml.org", "t.yaml:1:4"),
        ("a: &x 1\nb: {<<: *x}", "`<<` merges", "t.yaml:2:5"),
        ("a: *nobody", "*nobody is not defined", "t.yaml:1:4"),
        ("&a [*a]", "*a contains itself", "t.yaml:1:5"),
        ("a: [1", "not valid YAML", "t.yaml:"),
        ("--- 1\n--- 2", "a second document", "t.yaml:2:1"),
        ("[" * 100 + "]" * 100, "nested deeper", "t.yaml:1:65"),
        ("? [a]\n: b", "a key must be text", "t.yaml:1:3"),
    ],
)
def test_what_is_not_strict_yaml_is_an_error_at_its_place(text: str, what: str, where: str) -> None:
    with pytest.raises(DataFileError) as caught:
        _plain(text)

    assert caught.value.what.startswith(what) or caught.value.problems[-1].what.startswith(what)
    assert caught.value.problems[-1].where.startswith(where)


def test_every_mistake_of_a_file_is_reported_at_once() -> None:
    with pytest.raises(DataFileError) as caught:
        _plain("a: 1\na: 2\nb: !x 1\n<<: {}")

    assert ["t.yaml:2:1", "t.yaml:3:4", "t.yaml:4:1"] == [problem.where for problem in caught.value.problems]


def test_a_bomb_of_aliases_ends_in_an_error() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]

    with pytest.raises(DataFileError, match="more than"):
        _plain("\n".join(lines))


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_bytes(b"a" * (datafile.MAX_BYTES + 1))

    with pytest.raises(DataFileError, match="larger than 4 MB"):
        datafile.load(path)


def test_a_file_that_is_not_utf_8_says_in_which_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"a: 1\nb: \xe9\n")

    with pytest.raises(DataFileError) as caught:
        datafile.load(path)

    assert f"{path}:2:1" == caught.value.where


def test_an_absent_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="No such file"):
        datafile.load(tmp_path / "absent.yaml")


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(_json, st.sampled_from([None, 1, "\t"]))
def test_json_is_yaml(value: object, indent: int | str | None) -> None:
    document = {"value": value}

    assert document == _plain(json.dumps(document, indent=indent))


@given(st.binary(max_size=200) | st.text(alphabet="{}[]:,&*!?-|>'\"#% \n\tab1~<", max_size=80).map(str.encode))
def test_any_bytes_give_a_document_or_a_data_file_error(raw: bytes) -> None:
    try:
        node = datafile.parse(raw, name="t")
    except DataFileError as error:
        assert error.problems
    else:
        assert node.place.line >= 1


def test_a_reader_collects_every_mistake_in_the_order_of_the_file() -> None:
    node = datafile.parse("nmae: x\nage: old\nkind: cat\nwait: soon", name="t.yaml")
    reader = Reader()
    fields = reader.mapping(node, "a pet", known=("name", "age", "kind", "wait"))
    assert isinstance(fields, Mapping)
    reader.duration_s(fields.get("wait"), "wait")
    reader.choice(fields.get("kind"), "kind", ("cats", "dogs"))
    reader.integer(fields.get("age"), "age", least=0)

    with pytest.raises(DataFileError) as caught:
        reader.finish()

    assert [
        ("unknown key 'nmae' in a pet", "did you mean 'name'?"),
        ("age must be a whole number from 0", ""),
        ("unknown kind 'cat'", "did you mean 'cats'?"),
        ("wait 'soon' is no duration", "write a number and ms, s, m, h, d or w: 30s, 15m, 7d"),
    ] == [(problem.what, problem.fix) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("30s", 30), ("1.5h", 5400), ("7d", 604800), ("7", None)]
)
def test_durations(text: str, seconds: float | None) -> None:
    assert seconds == datafile.duration_s(text)


@pytest.mark.parametrize("text", ["9" * 5000 + "d", "9" * 400 + "ms", "400000000000d", "1001000d"])
def test_what_no_time_can_be_moved_by_is_no_duration(text: str) -> None:
    assert datafile.duration_s(text) is None


@pytest.mark.parametrize("text", ["365000d", "0s", "52000w"])
def test_a_thousand_years_are_a_duration(text: str) -> None:
    seconds = datafile.duration_s(text)

    assert seconds is not None
    assert datetime(2026, 1, 1) + timedelta(seconds=seconds) > datetime(2026, 1, 1) - timedelta(seconds=seconds + 1)
