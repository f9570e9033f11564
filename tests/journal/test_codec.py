from __future__ import annotations

import json
from dataclasses import MISSING, fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nomoat.errors import JournalError, NomoatError, StorageError
from nomoat.journal.codec import decode, encode, plain
from nomoat.journal.facts import KINDS, Block, Checked, Decision, Fact, OpenFinding, Unknown
from tests.journal.made import any_fact, block, decision, facts_of, times


def again(fact: Fact) -> Fact:
    return decode(fact.kind, fact.format, fact.happened_at, encode(fact))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_comes_back_as_it_went(kind: str) -> None:
    @settings(max_examples=15, deadline=None)
    @given(fact=facts_of(KINDS[kind]))
    def check(fact: Fact) -> None:
        assert fact == again(fact)
        assert type(fact) is type(again(fact))

    check()


@given(fact=any_fact)
@settings(max_examples=60, deadline=None)
def test_a_body_is_canonical_ascii(fact: Fact) -> None:
    body = encode(fact)

    assert body.isascii()
    assert body == json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"))
    assert body == encode(again(fact))


@given(fact=facts_of(Decision))
@settings(max_examples=150, deadline=None)
def test_the_fast_way_for_decisions_writes_what_json_writes(fact: Fact) -> None:
    defaults = {field.name: field.default for field in fields(fact) if field.default is not MISSING}
    expected = {
        name: value
        for name, value in plain(fact).items()
        # Where nothing at all is the default, an empty list says something.
        if name != "happened_at" and value != defaults.get(name, object())
        if value not in ([], {}) or defaults.get(name, 0) is None
    }

    assert json.dumps(expected, sort_keys=True, separators=(",", ":")) == encode(fact)


def test_true_and_one_stay_apart() -> None:
    fact = again(decision(read={"a": True, "b": 1, "c": "1"}))

    assert isinstance(fact, Decision)
    assert ["True", "1", "'1'"] == [repr(value) for value in fact.read.values()]


def test_fields_at_their_default_are_left_out() -> None:
    body = json.loads(encode(block()))

    assert {"block", "what", "value", "until", "because", "by"} == set(body)


def test_a_field_that_a_newer_version_added_is_ignored() -> None:
    body = json.dumps({**json.loads(encode(block())), "colour": {"new": 1}})

    assert isinstance(decode("block", 1, block().happened_at, body), Block)


def test_a_word_that_a_newer_version_added_is_kept() -> None:
    body = encode(decision()).replace('"granted"', '"granted-by-quorum"')
    fact = decode("decision", 1, "", body)

    assert isinstance(fact, Decision)
    assert ["granted-by-quorum"] == [str(fact.reason)]


@pytest.mark.parametrize(("kind", "format_"), [("later", 1), ("decision", 2)])
def test_kinds_and_formats_of_a_newer_version_become_unknown(kind: str, format_: int) -> None:
    assert Unknown(happened_at="t", stored_kind=kind, stored_format=format_, body={"a": [1]}) == decode(
        kind, format_, "t", '{"a":[1]}'
    )


@pytest.mark.parametrize(
    "body",
    [
        "", "null", "[]", "{", "{}", '{"block":1}', '{"until":[]}', "[" * 100_000, '{"lifted":1}',
        '{"block":"b","what":"subject","value":"v","because":"b","by":"b","incident":true}',
        '{"block":"b","what":"subject","value":"v","because":"b","by":"b","incident":1.5}',
    ],
)  # fmt: skip
def test_a_body_that_is_no_fact_is_an_error(body: str) -> None:
    with pytest.raises(StorageError):
        decode("block", 1, "t", body)


@given(kind=st.sampled_from([*sorted(KINDS), "later"]), body=st.text() | st.recursive(st.none(), st.lists).map(str))
def test_any_body_gives_a_fact_or_an_error_of_ours(kind: str, body: str) -> None:
    try:
        assert isinstance(decode(kind, 1, "t", body), Fact)
    except NomoatError as error:
        assert error.fix


@pytest.mark.parametrize(
    "value",
    [object(), {1: 2, "a": 3}, float("nan"), float("inf"), b"bytes", 10**5000],
    ids=lambda value: str(type(value)),
)
def test_a_value_that_cannot_be_written_is_an_error(value: object) -> None:
    with pytest.raises(JournalError):
        encode(decision(read={"x": value}))


@given(at=times)
def test_plain_shows_every_field(at: str) -> None:
    finding = OpenFinding("f", "rule", "high", "a.py:1")
    shown = plain(Checked(happened_at=at, root=".", map_hash="m", open=(finding,)))

    assert {
        "happened_at": at, "root": ".", "map_hash": "m", "new": [], "gone": [], "not_analysed": 0,
        "open": [{"fingerprint": "f", "rule": "rule", "severity": "high", "at": "a.py:1"}],
    } == shown  # fmt: skip
