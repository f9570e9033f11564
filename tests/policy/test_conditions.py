"""The conditions' language: what it says, what it refuses, and that it never fails otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.datafile import Place
from nomoat.errors import PolicyError
from nomoat.policy import conditions
from nomoat.policy.comparisons import ConditionFailure
from tests.policy import oracle, strategies
from tests.policy.oracle import Tree

GIVEN: Mapping[str, object] = {
    "subject.id": "user:main/ana",
    "subject.sub": "ana",
    "subject.roles": ("customer", "staff"),
    "subject.is_new": True,
    "subject.groups": ["a", "b"],
    "subject.level": 3,
    "resource.owner": "ana",
    "resource.total": 100,
    "resource.price": 1.5,
    "params.id": "4711",
    "context.hour": 5,
    "context.method": "GET",
}


def result(text: str) -> bool | ConditionFailure:
    return conditions.compile(text).evaluate(GIVEN)


@pytest.mark.parametrize(
    "text",
    [
        "true",
        "resource.owner == subject.sub",
        "resource.owner != 'ben'",
        "context.hour < 6 && context.hour >= 5",
        "resource.total > -1",
        "resource.total <= 100",
        "!(resource.owner == 'ben')",
        "!!subject.is_new",
        "subject.is_new",
        "subject.is_new == true",
        '"staff" in subject.roles',
        "!('admin' in subject.roles)",
        "subject.sub in ['ben', \"ana\"]",
        "subject.level in [1, 2, 3]",
        "'b' in subject.groups",
        "false || (true && true)",
        "true || false && false",
        "'a' < 'b'",
        r"'it\'s' == \"it's\"".replace('\\"', '"'),
        r"'\u0041' == 'A'",
        "params.id == '4711'",
        "  subject.sub\n==\t'ana'  ",
    ],
)
def test_it_holds(text: str) -> None:
    assert result(text) is True


@pytest.mark.parametrize(
    "text", ["false", "resource.owner == 'ben'", "context.hour > 5", "subject.sub in ['x']", "true && false", "!true"]
)
def test_it_does_not_hold(text: str) -> None:
    assert result(text) is False


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("resource.region == 'eu'", "resource.region"),
        ("true || resource.region == 'eu'", "resource.region"),
        ("false && resource.region == 'eu'", "resource.region"),
        ("resource.region == 'eu' || true", "resource.region"),
        ("!(subject.absent)", "subject.absent"),
        ("resource.total == resource.owner", ""),
        ("subject.is_new == resource.total", ""),
        ("resource.total == 1 || true && resource.owner == 1", ""),
        ("subject.level", ""),
        ("resource.price == 1", ""),
        ("subject.groups == resource.owner", ""),
        ("subject.is_new < subject.is_new", ""),
        ("'a' in resource.owner", ""),
        ("1 in subject.groups", ""),
        ("resource.price in [1, 2]", ""),
    ],
)
def test_it_fails_and_the_failure_is_never_absorbed(text: str, missing: str) -> None:
    found = result(text)

    assert isinstance(found, ConditionFailure)
    assert missing == found.missing
    assert found.what


def test_a_failure_cannot_be_taken_for_an_answer() -> None:
    found = result("resource.region == 'eu'")

    with pytest.raises(TypeError, match="neither true nor false"):
        bool(found)


class Region(StrEnum):
    EU = "eu"

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = StrEnum.__hash__


def test_a_member_of_an_enumeration_is_the_text_inside_it() -> None:
    condition = conditions.compile("resource.region == 'us'")

    assert condition.evaluate({"resource.region": Region.EU}) is False


MISTAKES = {
    "": (1, "empty"),
    "resource.owner = subject.sub": (16, "'='"),
    "resource.owner === 'a'": (16, "'==='"),
    "owner == 'a'": (1, "unknown name 'owner'"),
    "subject.x and subject.y": (11, "'and'"),
    "not subject.x": (1, "'not'"),
    "context.minute == 3": (1, "context.minute"),
    "resource == 'a'": (1, "alone"),
    "resource.a.b == 1": (1, "too many parts"),
    "resource.a == 1.5": (15, "whole number"),
    "resource.a == null": (15, "null"),
    "resource.a == 'x": (15, "closing quote"),
    "(resource.a == 1": (1, "never closed"),
    "resource.a == 1)": (16, "unexpected ')'"),
    "resource.a == [1]": (15, "is a list"),
    "resource.a in []": (15, "empty list"),
    "resource.a in [1, 'a']": (19, "different types"),
    "resource.a in [subject.sub]": (16, "plain values"),
    "resource.a in 'abc'": (15, "no list"),
    "subject.roles in ['a']": (1, "is a list"),
    "1 in subject.roles": (3, "list of text"),
    "context.hour == '5'": (14, "never compare"),
    "params.id == 5": (11, "never compare"),
    "true < false": (1, "no order"),
    "subject.sub && true": (1, "not true or false"),
    "1 == 1 == true": (8, "chained"),
    "!resource.a == 'x'": (1, "'!' before"),
    "matches(resource.a) == 1": (1, "no matches"),
    "resource.a == 99999999999999999999": (15, "too large"),
    "resource.a == 5u": (15, "unexpected"),
    r"resource.a == 'a\q'": (17, "unknown escape"),
    "resource.a ==": (14, "ends too early"),
    "resource.a == 1 2": (17, "unexpected '2'"),
    "resource.a ? 1 : 2": (12, "unexpected '?'"),
    "resource.a == `x`": (15, "unexpected '`'"),
    "resource.a * 1 == 2": (12, "unexpected '*'"),
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_named_with_its_column(text: str) -> None:
    column, said = MISTAKES[text]

    with pytest.raises(PolicyError) as caught:
        conditions.compile(text, place=Place("nomoat.yaml", 7, 20))

    assert f"nomoat.yaml:7:{20 + column - 1}" == caught.value.where
    assert said in caught.value.what
    assert caught.value.fix


def test_a_mistake_in_a_block_of_lines_names_line_and_character() -> None:
    with pytest.raises(PolicyError, match=r"line 2, character 4 of the condition") as caught:
        conditions.compile("true &&\n   x == 1", place=Place("nomoat.yaml", 7, 20))

    assert caught.value.where == "nomoat.yaml:7:20"


@pytest.mark.parametrize("text", ["(" * 10_000, "!" * 1500 + "true", "(" * 60 + "true" + ")" * 60, "true" * 10_000])
def test_depth_and_length_are_bounded(text: str) -> None:
    with pytest.raises(PolicyError, match=r"deeper|longer"):
        conditions.compile(text)


def test_what_it_reads_is_known_before_it_runs() -> None:
    condition = conditions.compile("resource.owner == subject.sub && resource.owner != 'x' || context.hour < 6")

    assert ("resource.owner", "subject.sub", "context.hour") == condition.reads
    assert condition.reads_resource
    assert not conditions.compile("subject.resource == 'x'").reads_resource


@given(tree=strategies.trees, attributes=strategies.attributes, resource=strategies.resources)
def test_it_means_what_the_naive_reading_means(
    tree: Tree, attributes: dict[str, object], resource: dict[str, str | int | bool] | None
) -> None:
    given_all = {**attributes, "subject.sub": "ana", "subject.roles": ("ana", "c")}
    given_all.update({f"resource.{name}": value for name, value in (resource or {}).items()})

    found = conditions.compile(oracle.written(tree)).evaluate(given_all)

    expected = oracle.holds(tree, given_all)
    assert expected == (oracle.FAILED if isinstance(found, ConditionFailure) else found)


_WORDS = [
    *("resource.a", "subject.roles", "context.hour", "params.p", "x", "true", "null", "1", "'x'", "in"),
    *("==", "!=", "<", "&&", "||", "!", "(", ")", "[", "]", ",", " ", "\n", "-", "\\", '"', ".", "&", "é"),
]
_words = st.sampled_from(_WORDS)


@given(text=st.one_of(st.text(max_size=60), st.lists(_words, max_size=14).map(" ".join), st.lists(_words).map("".join)))
def test_any_text_is_a_condition_or_a_mistake(text: str) -> None:
    try:
        condition = conditions.compile(text, place=Place("f", 1, 1))
    except PolicyError as error:
        assert error.where.startswith("f:1:")
        return

    assert condition.evaluate(GIVEN) in (True, False) or isinstance(condition.evaluate(GIVEN), ConditionFailure)
    assert conditions.compile(condition.text) == condition
