"""Laws of the conditions' language: it means what a direct reading means, CEL says the same, and it never raises."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import cel
from cel.stdlib import add_stdlib_to_context
from hypothesis import assume, event, given
from hypothesis import settings as runs
from hypothesis import strategies as st

from nomoat.errors import PolicyError
from nomoat.policy import conditions
from nomoat.policy.comparisons import ConditionFailure
from tests.policy import cel_oracle, cel_strategies
from tests.policy.cel_oracle import FAILED, Tree


def compiled(tree: Tree) -> conditions.Condition:
    """The condition of a tree; one that can never have a value is refused, and says so."""
    text = cel_oracle.text_of(tree)
    assume(len(text) <= 2000)
    try:
        return conditions.compile(text)
    except PolicyError as error:
        told = (
            "always fails",
            "deeper",
            "never compare",
            "is a list",
            "does not take",
            "no order",
            "not true or false",
        )
        assert any(words in error.what for words in told), text
        event("refused")
        assume(False)
        raise


@runs(max_examples=400)
@given(tree=cel_strategies.conditions, attributes=cel_strategies.attributes)
def test_it_means_what_a_direct_reading_means(tree: Tree, attributes: dict[str, Any]) -> None:
    condition = compiled(tree)

    found = condition.evaluate(attributes)

    expected = cel_oracle.value_of(tree, attributes)
    expected = expected if isinstance(expected, bool) else FAILED
    event(f"{type(found).__name__} {found if isinstance(found, bool) else ''}")
    assert expected == (FAILED if isinstance(found, ConditionFailure) else found), condition.text


def to_binding(attributes: dict[str, Any]) -> cel.Context:
    """Flat attributes as CEL has them: four maps."""
    spaces: dict[str, dict[str, Any]] = {space: {} for space in conditions.NAMESPACES}
    for name, value in attributes.items():
        space, _, rest = name.partition(".")
        value = datetime.fromisoformat(value) if name == "context.now" else value
        spaces[space][rest] = list(value) if isinstance(value, tuple) else value
    context = cel.Context(variables=spaces)
    add_stdlib_to_context(context)
    return context


def is_common(tree: Tree) -> bool:
    """False for what the binding does not have, or has in another way than CEL's own tests ask."""
    kind, *parts = tree
    lacks = ("ip", "cidr", "isIP", "isCIDR", "containsIP", "containsCIDR", "family")
    if parts and parts[0] in lacks:
        return False
    if kind == "method" and parts[0].startswith("get"):
        # No time zones; the milliseconds of a duration are all of it there (cel-spec: of its last second).
        return len(parts) == 2 and parts[0] != "getMilliseconds" and is_common(parts[1])
    if kind in ("function", "method") and parts[0] == "int":
        return parts[1][0] != "function" and parts[1] != ("name", "context.now") and is_common(parts[1])
    if parts[:1] == ["string"] and any(w in str(parts[1]) for w in ("duration", "timestamp", "now")):
        # It writes durations and timestamps in another way (cel-spec: 3600s, 2026-01-01T00:00:00Z).
        return False
    if "size" in parts[:1]:
        # It counts bytes there (cel-spec: code points).
        return not any("é" in str(part) for part in parts) and is_common(parts[1])
    return all(is_common(part) for part in parts if isinstance(part, tuple) and kind != "literal")


@runs(max_examples=300)
@given(tree=cel_strategies.conditions.filter(is_common), attributes=cel_strategies.attributes)
def test_where_it_gives_a_value_another_cel_gives_the_same(tree: Tree, attributes: dict[str, Any]) -> None:
    condition = compiled(tree)
    assume("é" not in str(attributes) or "size" not in condition.text)

    found = condition.evaluate(attributes)

    assume(isinstance(found, bool))
    try:
        expected = cel.evaluate(condition.text, to_binding(attributes))
    except RuntimeError as error:
        assume("Undefined variable or function" not in str(error))
        raise
    assert expected is found, condition.text


_WORDS = [
    *(
        "resource.a",
        "subject.roles",
        "subject",
        "context.now",
        "params.p",
        "x",
        "true",
        "1",
        "'x'",
        "in",
        "has(resource.a)",
    ),
    *(
        "has",
        "size",
        "timestamp",
        "duration",
        "cidr",
        "ip",
        "exists",
        "all",
        "matches",
        "getHours",
        "startsWith",
        "int",
    ),
    *("==", "!=", "<", "&&", "||", "!", "(", ")", "[", "]", ",", ".", "+", "-", " ", "?", ":", "{", "}", "*", "/", "@"),
    *('"2026-11-30T09:00:00Z"', '"1h"', '"10.0.0.0/8"', '"\\', "9223372036854775807", "r'", 'b"', "0x1", "\ud800"),
]
_values = st.one_of(cel_strategies.values, st.text(max_size=5), st.lists(st.lists(st.text(max_size=2)), max_size=2))


@runs(max_examples=400)
@given(
    words=st.lists(st.one_of(st.sampled_from(_WORDS), st.text(max_size=3)), max_size=16),
    between=st.sampled_from(("", " ")),
    value=_values,
)
def test_any_text_is_a_condition_that_never_raises_or_a_mistake(words: list[str], between: str, value: Any) -> None:
    try:
        condition = conditions.compile(between.join(words))
    except PolicyError as error:
        assert error.where.startswith("condition:1:")
        assert error.fix
        return

    found = condition.evaluate(dict.fromkeys(condition.reads, value))

    assert isinstance(found, (bool, ConditionFailure))
    assert not isinstance(found, ConditionFailure) or "raised" not in found.what


@runs(max_examples=300)
@given(tree=cel_strategies.conditions, value=st.recursive(_values, lambda inner: st.lists(inner, max_size=3)))
def test_whatever_is_handed_in_it_never_raises(tree: Tree, value: Any) -> None:
    condition = compiled(tree)

    found = condition.evaluate(dict.fromkeys(condition.reads, value))

    assert isinstance(found, (bool, ConditionFailure))
    assert not isinstance(found, ConditionFailure) or "raised" not in found.what


@given(tree=cel_strategies.conditions, attributes=cel_strategies.attributes)
def test_the_negation_of_a_failure_is_a_failure(tree: Tree, attributes: dict[str, Any]) -> None:
    condition = compiled(tree)
    negated = compiled(("!", tree))

    found, other = condition.evaluate(attributes), negated.evaluate(attributes)

    assert isinstance(found, ConditionFailure) == isinstance(other, ConditionFailure)
    assert isinstance(found, ConditionFailure) or found is not other


@given(tree=cel_strategies.conditions, attributes=cel_strategies.attributes)
def test_only_what_it_says_it_reads_makes_a_difference(tree: Tree, attributes: dict[str, Any]) -> None:
    condition = compiled(tree)
    only = {name: value for name, value in attributes.items() if name in condition.reads}

    assert condition.evaluate(attributes) == condition.evaluate(only)
