"""A decision written by its form is letter by letter the decision written whole."""

from __future__ import annotations

import inspect
from dataclasses import fields, replace
from typing import Any

from hypothesis import given

from nomoat.journal import codec
from nomoat.journal.codec import EncodedDecision
from nomoat.journal.facts import Decision
from nomoat.journal.forms import DecisionForm
from nomoat.storage.memory import MemoryStore
from tests.journal.made import facts_of

#: What a form never writes: these fields are at their default in each decision that is made before a handler.
LEFT_OUT = {"sequence", "count", "allowed", "withheld", "filtered", "also"}


def parameters(function: Any) -> set[str]:
    return set(inspect.signature(function).parameters) - {"self"}


def written(decision: Decision) -> EncodedDecision:
    form = DecisionForm(**{name: getattr(decision, name) for name in parameters(DecisionForm.__init__)})
    return form.fact(**{name: getattr(decision, name) for name in parameters(DecisionForm.fact)})


def test_each_field_of_a_decision_is_written_or_named_here_as_left_out() -> None:
    by_form, by_request = parameters(DecisionForm.__init__), parameters(DecisionForm.fact)

    assert not by_form & by_request
    assert by_form | by_request | LEFT_OUT == {field.name for field in fields(Decision)}


@given(drawn=facts_of(Decision))
def test_the_body_is_that_of_the_whole_decision(drawn: Any) -> None:
    defaults = {field.name: field.default for field in fields(Decision) if field.name in LEFT_OUT - {"also"}}
    decision = replace(drawn, **defaults, also={})

    encoded = written(decision)

    assert encoded.body == codec.encode(decision) == codec.encode(encoded)
    assert encoded.happened_at == decision.happened_at


@given(drawn=facts_of(Decision))
def test_one_form_writes_many_requests(drawn: Any) -> None:
    first = replace(drawn, sequence=0, count=1, allowed=0, withheld=0, filtered=(), also={})
    second = replace(first, request="other", client="192.0.2.1", params={"b": "2", "a": "1"}, status=404, trace="")
    form = DecisionForm(**{name: getattr(first, name) for name in parameters(DecisionForm.__init__)})

    bodies = [form.fact(**{name: getattr(one, name) for name in parameters(DecisionForm.fact)}).body
              for one in (first, second, first)]  # fmt: skip

    assert bodies == [codec.encode(first), codec.encode(second), codec.encode(first)]


def test_a_store_gives_back_the_decision() -> None:
    decision = Decision(
        request="r", service="shop", target="route:shop/GET /x", subject="anonymous", outcome="allow", enforced=True,
        reason="public", status=200,
    )  # fmt: skip
    store = MemoryStore("memory:")

    store.append([(written(decision), None)])

    (entry,) = store.read()
    assert entry.fact == decision
    assert not store.verify().problems
