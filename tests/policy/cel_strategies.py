"""Random conditions of every type the language has, and attributes for them: right, wrong, absent, odd."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.policy.cel_oracle import Tree

TEXTS = ("ana", "Ana", "", "eu-west", "eu-", "7", "-12", "é", "10.1.2.3", "2001:db8::1", "10.0.0.0/8", "007")
NUMBERS = (0, 1, -1, 5, 7, 2**63 - 1, -(2**63))
MOMENTS = ("2026-11-30T09:00:00Z", "2026-03-29T00:59:59.123456Z", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59.5+01:00")
SPANS = ("1h", "90m", "-3s", "0s", "2000000h")
ZONES = ("Europe/Berlin", "America/St_Johns", "+05:45", "-02:30", "UTC")
NETWORKS = ("10.0.0.0/8", "10.1.2.3/32", "0.0.0.0/0", "2001:db8::/32")

_OPEN = ("resource.owner", "resource.total", "subject.region", "subject.groups")
_scalars: SearchStrategy[Any] = st.one_of(st.sampled_from(TEXTS), st.sampled_from(NUMBERS), st.booleans())
_odd: SearchStrategy[Any] = st.sampled_from((2**63, 10**30, 1.5, None, b"x"))
_lists = st.one_of(st.lists(st.sampled_from(TEXTS), max_size=3), st.lists(st.one_of(_scalars, _odd), max_size=3)).map(
    tuple
)
values: SearchStrategy[Any] = st.one_of(_scalars, _scalars, _lists, _odd)

#: What a decision can be handed; now and then also of the wrong type, which no caller of ours does.
attributes: SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(_OPEN, values),
        "params.id": st.one_of(st.sampled_from(TEXTS), st.sampled_from(TEXTS), values),
        "subject.sub": st.one_of(st.just("ana"), st.just("ana"), values),
        "subject.roles": st.one_of(st.just(("ana", "eu-west")), _lists, values),
        "context.hour": st.one_of(st.integers(0, 23), st.integers(0, 23), values),
        "context.now": st.sampled_from(MOMENTS),
    },
)


def _literal(value: object) -> Tree:
    return ("literal", value)


_dynamic = st.sampled_from(_OPEN).map(lambda name: ("name", name))
_a_list = st.sampled_from(("subject.roles", "subject.groups")).map(lambda name: ("name", name))


def _texts(inner: SearchStrategy[Tree]) -> SearchStrategy[Tree]:
    return st.one_of(
        st.sampled_from(TEXTS).map(_literal),
        st.sampled_from(("params.id", "subject.sub")).map(lambda name: ("name", name)),
        _dynamic,
        st.tuples(st.just("+"), inner, inner),
        st.tuples(st.just("method"), st.sampled_from(("lowerAscii", "upperAscii")), inner),
    )


texts: SearchStrategy[Tree] = st.deferred(lambda: _texts(texts))
moments: SearchStrategy[Tree] = st.deferred(lambda: _moments)
spans: SearchStrategy[Tree] = st.deferred(lambda: _spans)
numbers: SearchStrategy[Tree] = st.deferred(lambda: _numbers)
_made_texts = st.one_of(
    texts,
    texts,
    st.one_of(numbers, moments, spans).map(lambda inner: ("function", "string", inner)),
)
_moments: SearchStrategy[Tree] = st.one_of(
    st.sampled_from(MOMENTS).map(lambda text: ("function", "timestamp", _literal(text))),
    st.just(("name", "context.now")),
    st.tuples(st.sampled_from("+-"), moments, spans),
)
_spans: SearchStrategy[Tree] = st.one_of(
    st.sampled_from(SPANS).map(lambda text: ("function", "duration", _literal(text))),
    st.tuples(st.sampled_from("+-"), spans, spans),
    st.tuples(st.just("-"), moments, moments),
)
_PARTS = (
    "getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getHours", "getMinutes",
    "getSeconds", "getMilliseconds",
)  # fmt: skip
_numbers: SearchStrategy[Tree] = st.one_of(
    st.sampled_from(NUMBERS).map(_literal),
    st.just(("name", "context.hour")),
    _dynamic,
    st.tuples(st.sampled_from("+-"), numbers, numbers),
    st.tuples(st.just("-x"), numbers),
    st.tuples(st.sampled_from(("function", "method")), st.just("size"), st.one_of(texts, _a_list)),
    st.tuples(st.just("function"), st.just("int"), st.one_of(texts, numbers, moments)),
    st.tuples(st.just("method"), st.sampled_from(_PARTS), moments),
    st.tuples(st.just("method"), st.sampled_from(_PARTS), moments, st.sampled_from(ZONES).map(_literal)),
    st.tuples(st.just("method"), st.sampled_from(_PARTS[6:]), spans),
    st.tuples(st.just("method"), st.just("family"), texts.map(lambda inner: ("function", "ip", inner))),
)
_cidrs = st.sampled_from(NETWORKS).map(lambda text: ("function", "cidr", _literal(text)))
_equal = st.sampled_from(("==", "!="))
_order = st.sampled_from(("==", "!=", "<", "<=", ">", ">="))
_item: SearchStrategy[Tree] = st.just(("item", "x"))
_bodies: SearchStrategy[Tree] = st.one_of(
    st.tuples(_order, _item, st.one_of(texts, numbers)),
    st.tuples(st.just("method"), st.sampled_from(("startsWith", "endsWith", "contains")), _item, texts),
    st.tuples(st.just("method"), st.just("startsWith"), texts, _item),
    st.tuples(_order, st.tuples(st.just("method"), st.just("size"), _item), numbers),
    _item,
)
_relations: SearchStrategy[Tree] = st.one_of(
    st.tuples(_order, _made_texts, _made_texts),
    st.tuples(_order, numbers, numbers),
    st.tuples(_order, moments, moments),
    st.tuples(_order, spans, spans),
    st.tuples(_equal, _dynamic, st.booleans().map(_literal)),
    st.tuples(st.just("in"), texts, _a_list),
    st.tuples(st.just("in"), texts, st.just(_literal(("ana", "eu-")))),
    st.tuples(st.just("in"), numbers, st.just(_literal((1, -1, 7)))),
    st.tuples(st.just("method"), st.sampled_from(("startsWith", "endsWith", "contains")), texts, texts),
    st.tuples(st.just("each"), st.sampled_from(("exists", "all")), _a_list, _bodies),
    st.tuples(st.just("method"), st.just("containsIP"), _cidrs, texts),
    st.tuples(st.just("method"), st.just("containsCIDR"), _cidrs, texts),
    st.tuples(st.just("function"), st.sampled_from(("isIP", "isCIDR")), texts),
    _dynamic,
    st.booleans().map(_literal),
)
has: SearchStrategy[Tree] = st.sampled_from((*_OPEN, "params.id", "context.now")).map(lambda name: ("has", name))
_guards = st.one_of(has, has.map(lambda inner: ("!", inner)))
conditions: SearchStrategy[Tree] = st.recursive(
    st.one_of(_relations, _guards),
    lambda inner: st.one_of(
        st.tuples(st.just("!"), inner),
        st.tuples(st.sampled_from(("&&", "||")), inner, inner),
        st.tuples(st.sampled_from(("&&", "||")), _guards, inner, inner),
        st.tuples(st.sampled_from(("&&", "||")), inner, _guards, inner),
    ),
    max_leaves=4,
)
