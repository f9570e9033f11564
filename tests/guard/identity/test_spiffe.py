"""SPIFFE IDs: what is one, and that no two of them become one service."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nomoat.guard.identity import spiffe
from nomoat.guard.identity.spiffe import SpiffeId, Template


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("spiffe://example.org/ns/shop/sa/billing", SpiffeId("example.org", ("ns", "shop", "sa", "billing"))),
        ("spiffe://a_b-c.1/X.Y_z-0", SpiffeId("a_b-c.1", ("X.Y_z-0",))),
        ("spiffe://example.org/...", SpiffeId("example.org", ("...",))),
        (f"spiffe://{'a' * 255}/b", SpiffeId("a" * 255, ("b",))),
    ],
)
def test_the_id_of_a_workload_is_read(text: str, expected: SpiffeId) -> None:
    assert expected == spiffe.parsed(text)


HOSTILE = [
    "", "spiffe://", "spiffe:///a", "spiffe://example.org", "spiffe://example.org/", "spiffe://example.org/a/",
    "spiffe://example.org//a", "spiffe://example.org/a/../b", "spiffe://example.org/./a", "spiffe://example.org/a%2fb",
    "spiffe://example.org/a?b", "spiffe://example.org/a#b", "spiffe://example.org:443/a", "spiffe://u@example.org/a",
    "SPIFFE://example.org/a", "Spiffe://example.org/a", "spiffe://Example.org/a", "spiffe://example.org/a\n",
    "spiffe://example.org/a b", "spiffe://example.org/\u0430", "spiffe://ex\u0430mple.org/a", "https://example.org/a",
    "spiffe:/example.org/a", "spiffe:example.org/a", " spiffe://example.org/a", "spiffe://example.org\\a",
    f"spiffe://{'a' * 256}/b", f"spiffe://example.org/{'a' * 2048}", "spiffe://example.org/a,b", "spiffe://[::1]/a",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_no_id_of_a_workload_is_nothing(text: str) -> None:
    assert spiffe.parsed(text) is None


def _template(text: str, service: str) -> Template:
    made = spiffe.template(text, service)
    assert isinstance(made, Template), made
    return made


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("spiffe://example.org/ns/shop/sa/billing", "shop.billing"),
        ("spiffe://example.org/ns/shop/sa/a_b-c", "shop.a_b-c"),
        ("spiffe://example.org/ns/shop/sa/bill.ing", None), ("spiffe://example.org/ns/s.h/sa/billing", None),
        ("spiffe://example.org/ns/shop/sa/-a", None), ("spiffe://other.org/ns/shop/sa/billing", None),
        ("spiffe://example.org/NS/shop/sa/billing", None), ("spiffe://example.org/ns/shop/sa/billing/x", None),
        ("spiffe://example.org/ns/shop/sa", None),
    ],
)  # fmt: skip
def test_a_template_takes_ids_of_its_form_alone(text: str, expected: str | None) -> None:
    found = spiffe.parsed(text)

    assert found is not None
    assert expected == _template("spiffe://example.org/ns/{ns}/sa/{sa}", "{ns}.{sa}").service_of(found)


def test_an_id_without_placeholders_is_matched_whole() -> None:
    exact = _template("spiffe://example.org/ns/shop/sa/bill.ing", "billing")

    assert ["billing", None] == [
        exact.service_of(SpiffeId("example.org", ("ns", "shop", "sa", last))) for last in ("bill.ing", "billing")
    ]


@pytest.mark.parametrize(
    ("text", "service", "wrong"),
    [
        ("spiffe://example.org/ns/{ns}/sa/{sa}", "{sa}", "each placeholder"),
        ("spiffe://example.org/ns/{ns}/sa/{ns}", "{ns}", "each placeholder"),
        ("spiffe://example.org/ns/{ns}", "{ns}.{ns}", "each placeholder"),
        ("spiffe://example.org/ns/a", "{ns}", "each placeholder"),
        ("spiffe://example.org/ns/{ns}/{sa}", "{ns}-{sa}", "in the service's name"),
        ("spiffe://example.org/ns/{ns}/{sa}", "{ns}{sa}", "in the service's name"),
        ("spiffe://example.org/ns/x{ns}", "{ns}", "a placeholder is a whole segment"),
        ("spiffe://{domain}/ns/a", "{domain}", "a placeholder is a whole segment"),
        ("spiffe://example.org/ns/{NS}", "a", "it is no SPIFFE ID"),
        ("SPIFFE://example.org/ns/a", "a", "it is no SPIFFE ID"),
        ("spiffe://example.org", "a", "it is no SPIFFE ID"),
        ("spiffe://example.org/a", ".a", "what it becomes"),
        ("spiffe://example.org/a", "a/b", "what it becomes"),
    ],
)
def test_a_template_by_which_two_ids_could_be_one_is_none(text: str, service: str, wrong: str) -> None:
    made = spiffe.template(text, service)

    assert isinstance(made, str) and made.startswith(wrong)


_SEGMENTS = st.text("ab.-_0", min_size=1, max_size=4)


@given(first=st.tuples(_SEGMENTS, _SEGMENTS), second=st.tuples(_SEGMENTS, _SEGMENTS))
def test_no_two_ids_become_one_service(first: tuple[str, str], second: tuple[str, str]) -> None:
    assume(first != second)
    made = _template("spiffe://example.org/{a}/{b}", "{a}.{b}")

    found = [made.service_of(SpiffeId("example.org", one)) for one in (first, second)]
    assert found[0] != found[1] or found == [None, None]


@given(text=st.text())
def test_any_text_is_an_id_or_nothing(text: str) -> None:
    for one in (text, f"spiffe://{text}", f"spiffe://example.org/{text}"):
        found = spiffe.parsed(one)
        assert found is None or one == f"spiffe://{found.trust_domain}/{'/'.join(found.segments)}"
